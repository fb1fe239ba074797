"""A floor on village wages moves the optimum, and what it costs is reported."""

from pathlib import Path

import pytest

from sandgrid.pipeline import FloorPrice, price_floor
from sandgrid.scenario import load_scenario

WORLD = Path(__file__).parents[1] / "audit" / "world.toml"
FLOOR_CNY = 1_400_000.0


@pytest.fixture(scope="module")
def priced() -> FloorPrice:
    scenario = load_scenario(WORLD)
    quotas = [quota.model_dump(exclude_none=True) for quota in scenario.quotas]
    floor = {"quantity": "wages_cny", "district": "150524", "year": 2026, "minimum": FLOOR_CNY}
    return price_floor(scenario, {"quotas": [*quotas, floor]})


@pytest.mark.slow
@pytest.mark.end_to_end
def test_a_floor_on_wages_moves_the_plan_and_is_met(priced: FloorPrice) -> None:
    wage = 200.0
    rows = []
    for plan in (priced.without, priced.within):
        works = plan.treatments.merge(
            plan.treat_options, on=["parcel_id", "sequence_id", "place"], validate="m:1"
        )
        ha = works["area_centimu"] / 1500
        in_time = [
            (ha * works[f"person_days_per_ha_{k}"]).where(works["year"] + k <= 2026, 0.0).sum()
            for k in range(3)
        ]
        rows.append(wage * sum(in_time))
    assert rows[0] < FLOOR_CNY
    assert rows[1] >= FLOOR_CNY - 200


@pytest.mark.slow
@pytest.mark.end_to_end
def test_the_price_of_the_floor_lies_between_its_bounds(priced: FloorPrice) -> None:
    table = priced.table
    assert table.loc["wages_cny", "difference"] > 0
    assert table.loc["person_days", "difference"] > 0
    assert priced.price_cny == table.loc["objective_cny", "difference"]
    assert priced.least_cny <= priced.price_cny <= priced.most_cny
    assert priced.most_cny > 0
