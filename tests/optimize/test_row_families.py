"""Truth tables: for each rule, points that keep it and points that break it."""

from dataclasses import replace

import pytest
from rows import Point, Rule, kept_rows
from tiny import tiny_case

from sandgrid.optimize.case import Case
from sandgrid.optimize.columns import list_columns
from sandgrid.optimize.compilation import RULES
from sandgrid.optimize.constraints import capacity, land, power, sites, treatment


def _settings(case: Case, **changes: object) -> Case:
    return replace(case, settings=replace(case.settings, **changes))


CASE = tiny_case(0)
LOCKED = _settings(CASE, locked_in_parcels=("P4",), locked_in_sites=("S1",))
P = {
    parcel: CASE.parcels.set_index("parcel_id").loc[parcel] for parcel in CASE.parcels["parcel_id"]
}

TABLE: list[tuple[str, Case, Rule, Point, str, bool]] = [
    (
        "10 MW stand after one block",
        CASE,
        capacity.built_total,
        {"build[S1,pv,H1,2024]": 1, "built_mw[pv,2024]": 10, "built_mw[pv,2025]": 10},
        "built_total[pv,2025]",
        True,
    ),
    (
        "what is built is not forgotten",
        CASE,
        capacity.built_total,
        {"build[S1,pv,H1,2024]": 1, "built_mw[pv,2024]": 10},
        "built_total[pv,2025]",
        False,
    ),
    (
        "20 MW meet the total of 2024",
        CASE,
        capacity.capacity,
        {"built_mw[pv,2024]": 20},
        "capacity[total,2024]",
        True,
    ),
    (
        "19 MW do not",
        CASE,
        capacity.capacity,
        {"built_mw[pv,2024]": 19},
        "capacity[total,2024]",
        False,
    ),
    (
        "wind does not meet a PV target",
        CASE,
        capacity.capacity,
        {"built_mw[wind,2025]": 99},
        "capacity[pv,2025]",
        False,
    ),
    (
        "10 ha carry 10 MW of PV",
        CASE,
        capacity.obligation,
        {"counted_ha[2024]": 10, "built_mw[pv,2024]": 10},
        "obligation[2024]",
        True,
    ),
    (
        "10 ha do not carry 10 MW of wind",
        CASE,
        capacity.obligation,
        {"counted_ha[2024]": 10, "built_mw[wind,2024]": 10},
        "obligation[2024]",
        False,
    ),
    (
        "works count at once",
        CASE,
        treatment.counted_total,
        {"counted_ha[2024]": 4},
        "counted_total[2024]",
        True,
    ),
    (
        "a slow sequence counts a year later",
        CASE,
        treatment.counted_total,
        {"start[P1,slow,off_site,2024]": 3, "counted_ha[2024]": 4, "counted_ha[2025]": 7},
        "counted_total[2025]",
        True,
    ),
    (
        "not in its own year",
        CASE,
        treatment.counted_total,
        {"start[P1,slow,off_site,2024]": 3, "counted_ha[2024]": 7},
        "counted_total[2024]",
        False,
    ),
    ("12 ha meet 2024", CASE, treatment.treated, {"counted_ha[2024]": 12}, "treated[2024]", True),
    ("11.9 ha do not", CASE, treatment.treated, {"counted_ha[2024]": 11.9}, "treated[2024]", False),
    (
        "fences hold half, works among them",
        _settings(CASE, max_share_enclosure=0.5),
        treatment.enclosure_share,
        {"start[P4,fence,off_site,2024]": 6, "counted_ha[2025]": 20},
        "enclosure_share[2025]",
        True,
    ),
    (
        "but no more",
        _settings(CASE, max_share_enclosure=0.5),
        treatment.enclosure_share,
        {"start[P4,fence,off_site,2024]": 6.1, "counted_ha[2025]": 20},
        "enclosure_share[2025]",
        False,
    ),
    (
        "6 of 10 new ha on mobile sand",
        _settings(CASE, min_share_mobile_semi_fixed=0.6),
        treatment.core_share,
        {"start[P1,quick,off_site,2024]": 6, "start[P4,fence,off_site,2024]": 4},
        "core_share[2025]",
        True,
    ),
    (
        "5 of 10 are too few",
        _settings(CASE, min_share_mobile_semi_fixed=0.6),
        treatment.core_share,
        {"start[P1,quick,off_site,2024]": 5, "start[P4,fence,off_site,2024]": 5},
        "core_share[2025]",
        False,
    ),
    (
        "fence retains 2 t/ha",
        _settings(CASE, min_new_soil_t=10.0),
        treatment.least_soil,
        {"start[P4,fence,off_site,2024]": 5},
        "least_soil[2025]",
        True,
    ),
    (
        "4 ha retain too little",
        _settings(CASE, min_new_soil_t=10.0),
        treatment.least_soil,
        {"start[P4,fence,off_site,2024]": 4},
        "least_soil[2025]",
        False,
    ),
    (
        "a parcel is treated once",
        CASE,
        land.parcel_land,
        {"start[P1,quick,off_site,2024]": P["P1"].treat_ha, "start[P1,slow,on_site,2024]": 0.1},
        "parcel_land[P1]",
        False,
    ),
    (
        "all of it may be",
        CASE,
        land.parcel_land,
        {"start[P1,quick,off_site,2024]": P["P1"].treat_ha},
        "parcel_land[P1]",
        True,
    ),
    ("a locked-in parcel is treated whole", LOCKED, land.parcel_land, {}, "parcel_land[P4]", False),
    (
        "on-site land is what lies in PV land",
        CASE,
        land.on_site_land,
        {"start[P1,quick,on_site,2024]": P["P1"].on_site_ha + 0.1},
        "on_site_land[P1]",
        False,
    ),
    (
        "PV and treatment share 90 ha",
        CASE,
        land.land,
        {
            "build[S1,pv,H1,2024]": 3,
            "start[P1,quick,off_site,2024]": 20,
            "start[P2,quick,off_site,2024]": 10,
        },
        "land[S1,pv+treat]",
        True,
    ),
    (
        "not 91",
        CASE,
        land.land,
        {
            "build[S1,pv,H1,2024]": 3,
            "start[P1,quick,off_site,2024]": 20,
            "start[P2,quick,off_site,2024]": 11,
        },
        "land[S1,pv+treat]",
        False,
    ),
    (
        "on-site treatment does not take land again",
        CASE,
        land.land,
        {"build[S1,pv,H1,2024]": 3, "start[P1,quick,on_site,2024]": 80},
        "land[S1,pv+treat]",
        True,
    ),
    (
        "12 ha under a block of 20",
        CASE,
        land.on_site,
        {"build[S1,pv,H1,2024]": 1, "start[P1,quick,on_site,2024]": 12},
        "on_site[S1]",
        True,
    ),
    (
        "wind has no panels",
        CASE,
        land.on_site,
        {"build[S1,wind,H1,2024]": 1, "start[P1,quick,on_site,2024]": 1},
        "on_site[S1]",
        False,
    ),
    (
        "late on-site land lies under late plants",
        CASE,
        land.acceptance,
        {"build[S1,pv,H1,2024]": 1, "start[P1,slow,on_site,2024]": 1},
        "acceptance[S1,2025]",
        False,
    ),
    (
        "a plant of that year will do",
        CASE,
        land.acceptance,
        {"build[S1,pv,H1,2025]": 1, "start[P1,slow,on_site,2024]": 12},
        "acceptance[S1,2025]",
        True,
    ),
    (
        "a site feeds one hub",
        CASE,
        sites.one_hub,
        {"feeds[S1,H1]": 1, "feeds[S1,H2]": 1},
        "one_hub[S1]",
        False,
    ),
    ("or none", CASE, sites.one_hub, {}, "one_hub[S1]", True),
    ("a locked-in site feeds one", LOCKED, sites.one_hub, {}, "one_hub[S1]", False),
    (
        "no block towards another hub",
        CASE,
        sites.site_hub,
        {"build[S1,pv,H2,2024]": 1, "feeds[S1,H1]": 1},
        "site_hub[S1,pv,H2]",
        False,
    ),
    (
        "20 MW are enough",
        _settings(CASE, min_site_mw=20.0),
        sites.least_site,
        {"build[S1,pv,H1,2024]": 2, "feeds[S1,H1]": 1},
        "least_site[S1,H1]",
        True,
    ),
    (
        "10 MW are not",
        _settings(CASE, min_site_mw=20.0),
        sites.least_site,
        {"build[S1,pv,H1,2024]": 1, "feeds[S1,H1]": 1},
        "least_site[S1,H1]",
        False,
    ),
    (
        "no site before its station",
        CASE,
        sites.site_station,
        {"build[S1,pv,H1,2024]": 1, "station[H1,2025]": 1},
        "site_station[S1,pv,H1,2024]",
        False,
    ),
    (
        "hub totals add up",
        CASE,
        power.hub_total,
        {"build[S1,pv,H1,2024]": 2, "hub_mw[H1,2024]": 20, "hub_mw[H1,2025]": 20},
        "hub_total[H1,2025]",
        True,
    ),
    (
        "all flows out",
        CASE,
        power.hub_flow,
        {"hub_mw[H1,2024]": 20, "flow[H1,T1,2024]": 15, "flow[H1,T2,2024]": 5},
        "hub_flow[H1,2024]",
        True,
    ),
    (
        "26 MW need two circuits of 25",
        CASE,
        power.circuit_capacity,
        {"flow[H1,T1,2024]": 26, "circuits[H1-T1-a,2024]": 1},
        "circuit_capacity[H1,T1,2024]",
        False,
    ),
    (
        "headroom is 60",
        CASE,
        power.headroom,
        {"flow[H1,T2,2024]": 30, "flow[H2,T2,2024]": 31},
        "headroom[T2,2024]",
        False,
    ),
    (
        "80 with the reinforcement",
        CASE,
        power.headroom,
        {"flow[H1,T1,2025]": 80, "reinforced[T1,2025]": 1},
        "headroom[T1,2025]",
        True,
    ),
    (
        "three circuits need a bay more",
        CASE,
        power.bays,
        {"circuits[H1-T2-a,2024]": 1, "circuits[H2-T2-b,2024]": 2},
        "bays[T2,2024]",
        False,
    ),
    (
        "which may be bought",
        CASE,
        power.bays,
        {"circuits[H1-T2-a,2024]": 1, "circuits[H2-T2-b,2024]": 2, "extra_bays[T2,2024]": 1},
        "bays[T2,2024]",
        True,
    ),
    (
        "no MW without a station",
        CASE,
        power.station_capacity,
        {"hub_mw[H1,2024]": 1},
        "station_capacity[H1,2024]",
        False,
    ),
    (
        "a station carries its least",
        _settings(CASE, min_hub_mw=40.0),
        power.least_hub,
        {"hub_mw[H1,2025]": 39, "station[H1,2025]": 1},
        "least_hub[H1]",
        False,
    ),
    (
        "a circuit stays",
        CASE,
        power.stays,
        {"circuits[H1-T1-a,2024]": 1},
        "stays[circuits:H1-T1-a,2025]",
        False,
    ),
]


@pytest.mark.parametrize(
    ("case", "rule", "point", "row", "expected"), [t[1:] for t in TABLE], ids=[t[0] for t in TABLE]
)
def test_truth_table(case: Case, rule: Rule, point: Point, row: str, expected: object) -> None:
    assert kept_rows(case, rule, point)[row] == expected


def test_tightening_rows_never_cut_whole_plans() -> None:
    columns = list_columns(CASE)
    whole = {
        "build[S1,pv,H1,2024]": 2,
        "feeds[S1,H1]": 1,
        "station[H1,2024]": 1,
        "station[H1,2025]": 1,
        "circuits[H1-T1-a,2024]": 1,
        "circuits[H1-T1-a,2025]": 1,
        "flow[H1,T1,2024]": 20,
        "flow[H1,T1,2025]": 20,
    }
    for rule in (
        power.flow_station,
        power.station_circuit,
        sites.feeds_station,
        sites.site_station,
    ):
        assert all(kept_rows(CASE, rule, whole).values())
    assert len(columns.uses) == 0


def test_implied_land_rows_are_left_out() -> None:
    roomy = CASE.sites.assign(
        pv_wind_ha=200.0, pv_treat_ha=200.0, wind_treat_ha=200.0, any_ha=300.0
    )
    case = replace(CASE, sites=roomy)
    names = land.land(case, list_columns(case)).names
    assert all("+" not in name for name in names)


def test_every_rule_has_a_name_of_its_own() -> None:
    columns = list_columns(CASE)
    families = [rule(CASE, columns).family for rule in RULES]
    assert len(set(families)) == len(families)


def test_least_units_is_all_or_nothing() -> None:
    case = replace(CASE, build_options=CASE.build_options.assign(units_min=[2, 1, 1, 1, 1, 1]))
    option = "S1,pv,H1"
    one = {f"build[{option},2024]": 1, f"uses[{option}]": 1}
    assert not kept_rows(case, sites.least_units, one)[f"least_units[{option}]"]
    assert not kept_rows(case, sites.most_units, {f"build[{option},2024]": 1})[
        f"most_units[{option}]"
    ]
    two = {f"build[{option},2024]": 1, f"build[{option},2025]": 1, f"uses[{option}]": 1}
    assert kept_rows(case, sites.least_units, two)[f"least_units[{option}]"]
