"""Work packages: every step once, near land, one crew's season, sums to 0.01 mu."""

from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from sandgrid.people import People, describe_people
from sandgrid.people.grouping import group_pieces, neighbours
from tests.people import world


@pytest.fixture(scope="module")
def people() -> People:
    return world.people()


def test_packages_close_with_parcels_to_a_hundredth_of_a_mu(people: People) -> None:
    treated = world.plan().treatments
    counted = people.package_parts[people.package_parts["counts"]]
    by_parcel = counted.groupby("parcel_id")["area_centimu"].sum()
    assert by_parcel.to_dict() == treated.groupby("parcel_id")["area_centimu"].sum().to_dict()
    assert people.packages["counted_centimu"].sum() == treated["area_centimu"].sum()
    assert counted["treatment_id"].is_unique
    assert not people.package_parts.duplicated(["treatment_id", "measure", "repair"]).any()


def test_packages_close_with_days_straw_and_money(people: People) -> None:
    made = world.plan()
    for name in ("person_days", "straw_t"):
        whole = made.treatments[name].sum()
        assert people.packages[name].sum() == pytest.approx(whole, abs=1e-3)
        assert people.package_parts[name].sum() == pytest.approx(whole, abs=1e-3)
    spent = made.costs.loc[made.costs["item"] == "treatment", "amount_cny"].sum()
    assert people.packages["cost_cny"].sum() == people.package_parts["cost_cny"].sum() == spent


def test_a_package_has_one_implementer_one_year_one_season(people: People) -> None:
    rows = people.packages.set_index("package_id")
    assert rows.index.is_unique
    steps = people.package_parts.merge(
        pd.DataFrame(world.plan().treatments)[["treatment_id", "year", "sequence_id"]],
        on="treatment_id",
    )
    assert not (rows["season"] == "spring").loc[rows["year"] == 2024].any()  # after 30 June
    shrubs = steps[
        (steps["measure"] == "shrub") & ~steps["repair"] & (steps["sequence_id"] == "straw_shrub")
    ]
    assert (shrubs["package_id"].map(rows["year"]) == shrubs["year"] + 1).all()
    on_site = world.plan().treatments.query("place == 'on_site'")["treatment_id"]
    inside = people.package_parts[people.package_parts["treatment_id"].isin(on_site)]
    assert set(inside["package_id"].map(rows["implementer_kind"])) == {"developer"}


def test_no_package_takes_more_than_its_crews_and_machines_can_do(people: People) -> None:
    rows = people.packages
    most = rows["season"].map({"spring": 60, "summer": 50, "autumn": 60})
    assert (rows["days"] <= most + 1e-9).all()
    assert (rows["person_days"] <= rows["crews"] * 40 * rows["days"] + 0.1).all()
    alone = rows[rows["crews"] > 1]
    assert (alone["parcels"] == 1).all()
    assert (pd.to_datetime(rows["start_date"]) > pd.Timestamp("2024-06-30")).all()
    assert (rows["end_date"] >= rows["start_date"]).all()
    assert (rows["acceptance_date"] > rows["end_date"]).all()


def test_one_package_in_the_head(people: People) -> None:
    """P6 in 2024: shrubs have no later season, so they go into what is left of the summer."""
    shrub = people.package_parts.query(
        "parcel_id == 'P000006' and measure == 'shrub' and not repair"
    ).iloc[0]
    row = people.packages.set_index("package_id").loc[shrub["package_id"]]
    assert (row["season"], row["start_date"]) == ("summer", "2024-07-01")
    # 1,500 mu x 1 d / 40 people = 37.5 of 50 days, of the 62 days from 1 July to 31 August
    assert row["days"] == pytest.approx(37.5)
    assert row["crews"] == 1
    assert date.fromisoformat(row["end_date"]) == date(2024, 8, 16)
    assert row["survival_min"] == 0.70


def test_a_named_person_is_responsible() -> None:
    made = world.plan()
    record = {**made.scenario, "people": {"responsible": {"乙村集体": "巴特尔"}}}
    rows = describe_people(replace(made, scenario=record)).packages
    named = rows.groupby("implementer")["responsible"].agg(set)
    assert named["乙村集体"] == {"巴特尔"}
    assert named["甲村集体"] == {""}


@given(
    st.lists(
        st.tuples(st.integers(0, 12), st.integers(0, 12), st.floats(0.01, 1.4)),
        min_size=1,
        max_size=20,
        unique_by=lambda place: place[:2],
    )
)
def test_groups_hang_together_and_fit(places: list[tuple[int, int, float]]) -> None:
    boxes = np.array([shapely.box(x, y, x + 1, y + 1) for x, y, _ in places], dtype=object)
    near = neighbours(boxes, 0.5)
    loads = np.array([[load] for _, _, load in places])
    groups = group_pieces(near, loads)
    assert sorted(k for group in groups for k in group) == list(range(len(places)))
    for group in groups:
        assert len(group) == 1 or loads[group].sum() <= 1 + 1e-6
        assert shapely.union_all(shapely.buffer(boxes[group], 0.26)).geom_type == "Polygon"
