"""Truth tables of the rules that are off unless asked for."""

from dataclasses import replace

import pandas as pd
import pytest
from rows import Point, Rule, kept_rows
from tiny import tiny_case
from tiny_more import with_columns

from sandgrid.errors import InputError
from sandgrid.optimize.case import Case
from sandgrid.optimize.columns import list_columns
from sandgrid.optimize.compilation import compile_problem
from sandgrid.optimize.constraints import (
    capacity,
    compactness,
    limits,
    power,
    quotas,
    treatment,
)

CASE = with_columns(tiny_case(0))
QUICK, SLOW = "start[P1,quick,off_site,2025]", "start[P1,slow,off_site,2024]"
OPTIONAL = {
    "industry_share",
    "water",
    "working_capital",
    "person_days_season",
    "straw_season",
    "water_season",
    "quota",
    "least_share",
    "most_share",
    "reach",
    "border_in",
    "border_out",
}


def _settings(case: Case, **changes: object) -> Case:
    return replace(case, settings=replace(case.settings, **changes))


def _limited(resource: str, limit: float, season: str = "", year: int = 2025) -> Case:
    row = {"resource": [resource], "district_id": [""], "year": [year], "season": [season]}
    return replace(CASE, limits=pd.DataFrame({**row, "limit": [limit]}))


def _quota(quantity: str, scope: str, scope_id: str, **sides: float) -> Case:
    row = {"quantity": [quantity], "scope": [scope], "scope_id": [scope_id], "year": [2025]}
    none = dict.fromkeys(["minimum", "maximum", "minimum_share", "maximum_share"], float("nan"))
    case = replace(CASE, quotas=pd.DataFrame({**row, **none, **sides}))
    return _settings(case, wage_cny_per_day=100.0)


NEAR = replace(
    _settings(CASE, within_reach=True),
    reaches=pd.DataFrame({"parcel_id": ["P4", "P4"], "site_id": ["S1", "S2"]}),
)
PRICED = replace(
    _settings(CASE, perimeter_cny_per_m=10.0),
    borders=pd.DataFrame({"parcel_id": ["P1"], "other_id": ["P2"], "length_m": [100.0]}),
)
AREA = CASE.parcels.set_index("parcel_id")["treat_ha"]
LEND = _settings(_limited("working_capital_cny", 1.0), repaid_after_years=1)
COST = CASE.treat_options.set_index(["parcel_id", "sequence_id", "place"])
SLOW_COST = COST.loc[("P1", "slow", "off_site")]

TABLE: list[tuple[str, Case, Rule, Point, str, bool]] = [
    (
        "half of new land serves an industry",
        _settings(CASE, min_share_industry=0.5),
        treatment.industry_share,
        {QUICK: 5, SLOW: 5},
        "industry_share[2025]",
        True,
    ),
    (
        "less than half does not do",
        _settings(CASE, min_share_industry=0.5),
        treatment.industry_share,
        {QUICK: 5.1, SLOW: 5},
        "industry_share[2025]",
        False,
    ),
    (
        "500 m3 water 5 ha",
        _limited("water_m3", 500.0),
        limits.water,
        {QUICK: 5},
        "water[2025]",
        True,
    ),
    (
        "the second year of a sequence is thirsty too",
        _limited("water_m3", 500.0),
        limits.water,
        {QUICK: 5, SLOW: 0.1},
        "water[2025]",
        False,
    ),
    (
        "work for spring or autumn does not press on spring alone",
        _limited("person_days", 0.0, "spring"),
        limits.person_days_season,
        {QUICK: 9},
        "person_days_season[spring,2025]",
        True,
    ),
    (
        "work for spring only does",
        _limited("person_days", 9.9, "spring", 2024),
        limits.person_days_season,
        {SLOW: 1},
        "person_days_season[spring,2024]",
        False,
    ),
    (
        "money of last year is repaid",
        replace(LEND, limits=LEND.limits.assign(limit=SLOW_COST["cost_cny_per_ha_1"])),
        limits.working_capital,
        {SLOW: 1},
        "working_capital[2025]",
        True,
    ),
    (
        "with two years to wait it is not",
        _settings(
            replace(LEND, limits=LEND.limits.assign(limit=SLOW_COST["cost_cny_per_ha_1"])),
            repaid_after_years=2,
        ),
        limits.working_capital,
        {SLOW: 1},
        "working_capital[2025]",
        False,
    ),
    (
        "wages of both years reach the village: 25 d at 100",
        _quota("wages_cny", "collective", "C1", minimum=2500.0),
        quotas.quota,
        {SLOW: 1},
        "quota[C1,wages_cny,2025]",
        True,
    ),
    (
        "work after the last year pays nobody yet",
        _quota("wages_cny", "collective", "C1", minimum=2501.0),
        quotas.quota,
        {QUICK: 1},
        "quota[C1,wages_cny,2025]",
        False,
    ),
    (
        "a programme may ask for energy",
        _quota("energy_mwh", "programme", "", minimum=20_000.0),
        quotas.quota,
        {"build[S1,pv,H1,2024]": 1, "build[S2,pv,H1,2025]": 1},
        "quota[,energy_mwh,2025]",
        True,
    ),
    (
        "industry counts only its own land",
        _quota("industry_ha", "programme", "", minimum=1.0),
        quotas.quota,
        {QUICK: 5},
        "quota[,industry_ha,2025]",
        False,
    ),
    (
        "a district with half of the capacity has its share",
        _quota("capacity_mw", "district", "D1", minimum_share=0.5),
        quotas.least_share,
        {"build[S1,pv,H1,2024]": 1, "build[S2,pv,H1,2025]": 1},
        "least_share[D1,capacity_mw,2025]",
        True,
    ),
    (
        "and not more than 40 %",
        _quota("capacity_mw", "district", "D1", maximum_share=0.4),
        quotas.most_share,
        {"build[S1,pv,H1,2024]": 1, "build[S2,pv,H1,2025]": 1},
        "most_share[D1,capacity_mw,2025]",
        False,
    ),
    (
        "4 ha of works count for their district: 4 of 4 + 6",
        _quota("treated_ha", "district", "D1", maximum_share=0.4),
        quotas.most_share,
        {"start[P3,quick,off_site,2024]": 6},
        "most_share[D1,treated_ha,2025]",
        True,
    ),
    (
        "works of D1 carry 4 MW of PV there",
        _settings(CASE, obligation_scope="district"),
        capacity.obligation,
        {"build[S2,pv,H1,2024]": 1},
        "obligation[D1,2024]",
        True,
    ),
    (
        "but nothing in D2",
        _settings(CASE, obligation_scope="district"),
        capacity.obligation,
        {"build[S2,pv,H1,2024]": 1},
        "obligation[D2,2024]",
        False,
    ),
    (
        "by hub the district of the hub bears it",
        _settings(CASE, obligation_scope="hub"),
        capacity.obligation,
        {"build[S2,pv,H1,2024]": 1},
        "obligation[D1,2024]",
        False,
    ),
    (
        "20 MW of PV and 15 of wind send 20 + 0.2 x 15",
        _settings(CASE, hybrid_coincidence=0.2),
        power.hub_flow,
        {
            "build[S1,pv,H1,2024]": 2,
            "build[S1,wind,H1,2024]": 1,
            "flow[H1,T1,2024]": 23,
        },
        "hub_flow[H1,pv,2024]",
        True,
    ),
    (
        "and not 22",
        _settings(CASE, hybrid_coincidence=0.2),
        power.hub_flow,
        {
            "build[S1,pv,H1,2024]": 2,
            "build[S1,wind,H1,2024]": 1,
            "flow[H1,T1,2024]": 22,
        },
        "hub_flow[H1,pv,2024]",
        False,
    ),
    (
        "a fence near a used site",
        NEAR,
        compactness.reach,
        {"start[P4,fence,off_site,2024]": 3, "feeds[S2,H1]": 1},
        "reach[P4]",
        True,
    ),
    (
        "a fence far from any",
        NEAR,
        compactness.reach,
        {"start[P4,fence,off_site,2024]": 3},
        "reach[P4]",
        False,
    ),
    (
        "one treated whole beside one untouched has a whole border",
        PRICED,
        compactness.border_in,
        {"start[P1,quick,off_site,2024]": AREA["P1"], "edge[P1,P2]": 0.9},
        "border_in[P1,P2]",
        False,
    ),
    (
        "both treated have none",
        PRICED,
        compactness.border_in,
        {
            "start[P1,quick,off_site,2024]": AREA["P1"],
            "start[P2,quick,off_site,2024]": AREA["P2"],
        },
        "border_in[P1,P2]",
        True,
    ),
    (
        "nor does it matter which of the two is treated",
        PRICED,
        compactness.border_out,
        {"start[P2,quick,off_site,2024]": AREA["P2"]},
        "border_out[P1,P2]",
        False,
    ),
]


@pytest.mark.parametrize(
    ("case", "rule", "point", "row", "kept"),
    [entry[1:] for entry in TABLE],
    ids=[entry[0] for entry in TABLE],
)
def test_optional_rule(case: Case, rule: Rule, point: Point, row: str, kept: object) -> None:
    assert kept_rows(case, rule, point)[row] == kept


def test_optional_rules_are_off() -> None:
    assert not OPTIONAL & set(compile_problem(CASE).rows["family"])
    assert not len(list_columns(CASE).edge)


@pytest.mark.parametrize(
    ("table", "column", "value"),
    [
        ("limits", "season", "winter"),
        ("quotas", "quantity", "gold"),
        ("treat_options", "seasons_0", "spring winter"),
    ],
)
def test_unknown_words_are_refused(table: str, column: str, value: str) -> None:
    case = _quota("soil_t", "programme", "", minimum=1.0) if table == "quotas" else CASE
    case = _limited("water_m3", 1.0) if table == "limits" else case
    with pytest.raises(InputError, match=value.rsplit(maxsplit=1)[-1]):
        replace(case, **{table: getattr(case, table).assign(**{column: value})})


def test_sites_may_span_collectives_so_their_capacity_has_no_collective() -> None:
    with pytest.raises(InputError, match="C1"):
        _quota("energy_mwh", "collective", "C1", minimum=1.0)
