"""The mix follows from prices: what is chosen flips at the computed break-even."""

from dataclasses import fields
from datetime import date

import pandas as pd
import pytest

from sandgrid.optimize.case import CASE_TABLES, Case, CaseSettings, empty_case_table
from sandgrid.optimize.treatment import solve_treatment
from sandgrid.options import drop_dominated
from sandgrid.params import Parameters, default_parameters
from sandgrid.treatment import list_treatments, read_sequences

RATE = 0.065
MOBILE = {
    "parcel_id": "P000001", "site_id": "", "district_id": "D", "collective_id": "",
    "dune_class": "mobile", "cover": 0.05, "slope_deg": 2.0, "rain_mm": 420.0, "access_km": 0.5,
    "treat_ha": 100.0, "on_site_ha": 0.0, "erodibility": 0.6, "erosion_t_per_ha": 300.0,
    "shelter_per_ha": 0.001,
}  # fmt: skip
SEMI_FIXED = {**MOBILE, "dune_class": "semi_fixed", "cover": 0.20, "erosion_t_per_ha": 100.0}


def options_of(parcel: dict[str, object], parameters: Parameters) -> pd.DataFrame:
    parcels = pd.DataFrame([parcel])
    return drop_dominated(list_treatments(parcels, parameters, as_of=date(2024, 2, 28)))


def chosen(parcel: dict[str, object], parameters: Parameters) -> set[str]:
    """Return the sequences of the cheapest plan that treats the parcel whole by 2024."""
    tables = {f.name: empty_case_table(f.name) for f in fields(Case) if f.name in CASE_TABLES}
    tables["parcels"] = pd.DataFrame([parcel])[list(CASE_TABLES["parcels"].kinds)]
    options = options_of(parcel, parameters)
    tables["treat_options"] = options[list(CASE_TABLES["treat_options"].kinds)]
    tables["treated_targets"] = pd.DataFrame({"target_ha": [100.0], "year": [2024]})
    case = Case(
        years=(2024,), base_year=2024, discount_rate=RATE, settings=CaseSettings(), **tables
    )
    texts = dict.fromkeys(("site_id", "technology", "hub_id"), "str")
    kinds = {**texts, "year": "int64", "units": "int64"}
    builds = pd.DataFrame(columns=list(kinds)).astype(kinds)
    land = pd.DataFrame({"parcel_id": ["P000001"], "off_site_ha": [100.0], "on_site_ha": [0.0]})
    found = solve_treatment(case, builds, land)
    assert found.status == "optimal"
    return set(found.treatments["sequence_id"])


def present_cost(sequence: str, parameters: Parameters) -> float:
    by_id = {s.sequence_id: s for s in read_sequences(parameters)}
    return sum(
        by_id[sequence].need("cost_cny", offset) / (1 + RATE) ** offset for offset in range(3)
    )


def break_even(measure: str, used: str, other: str) -> float:
    """Price of a measure at which two sequences cost the same: cost is linear in it."""
    key = f"measure.{measure}.cost_cny_per_mu"
    free, one = (
        present_cost(used, default_parameters().with_values({key: price}, "test"))
        for price in (0.0, 1.0)
    )
    return (present_cost(other, default_parameters()) - free) / (one - free)


@pytest.mark.parametrize(
    ("parcel", "measure", "used", "other"),
    [
        (MOBILE, "willow_barrier", "willow_aerial", "straw_mech_grass"),
        (SEMI_FIXED, "grass_seed", "grass", "shrub"),
    ],
)
def test_the_choice_flips_at_the_break_even(
    parcel: dict[str, object], measure: str, used: str, other: str
) -> None:
    price = break_even(measure, used, other)
    key = f"measure.{measure}.cost_cny_per_mu"
    assert default_parameters().number(key) < price
    for factor, expected in ((0.999, used), (1.001, other)):
        priced = default_parameters().with_values({key: price * factor}, "test")
        assert chosen(parcel, priced) == {expected}
