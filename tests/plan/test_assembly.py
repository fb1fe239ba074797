"""The plan of the six parcels, counted by hand and audited from its files."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import shapely

from sandgrid.audit import audit_plan
from sandgrid.plan import Plan, compare_plans
from sandgrid.tables import conform_table
from tests.plan import world

GAINS = ["energy_value", "soil_value"]


def test_every_table_keeps_to_its_contract(plan: Plan) -> None:
    for name, table in plan.tables.items():
        pd.testing.assert_frame_equal(pd.DataFrame(conform_table(table, name)), pd.DataFrame(table))


def test_treated_land_is_whole_and_counted_by_hand(plan: Plan) -> None:
    rows = plan.treatments.groupby(["parcel_id", "sequence_id"])["area_centimu"].sum()
    assert rows.to_dict() == {
        ("P000001", "straw_underpanel"): 30_000,
        ("P000003", "straw_shrub"): 60_300,
        ("P000004", "grass"): 15_500,
        ("P000005", "straw_shrub"): 90_186,
        ("P000005", "willow_shrub"): 30_300,
        ("P000006", "shrub_enclosure"): 150_000,
    }


def test_drawn_land_is_what_counts_and_lies_apart(plan: Plan) -> None:
    drawn = plan.treatments.geometry.area * 1500 / 10_000
    assert (np.abs(drawn - plan.treatments["area_centimu"]) <= 1).all()
    whole = shapely.union_all(plan.treatments.geometry.to_numpy()).area
    assert whole == pytest.approx(plan.treatments.geometry.area.sum(), abs=0.1)


def test_a_parcel_taken_whole_keeps_its_shape(plan: Plan) -> None:
    whole = plan.treatments[plan.treatments["parcel_id"] == "P000006"].geometry.iloc[0]
    assert whole.equals(world.square(6))


def test_on_site_land_lies_under_panels_accepted_by_its_deadline(plan: Plan) -> None:
    for row in plan.treatments[plan.treatments["place"] == "on_site"].itertuples():
        accepted = plan.pv_blocks["year"] + 1 == row.deadline_year
        blocks = plan.pv_blocks[accepted & (plan.pv_blocks["site_id"] == row.site_id)]
        assert row.geometry.difference(blocks.union_all()).area < 0.01
        assert row.count_year <= row.deadline_year


def test_milestones_are_met(plan: Plan) -> None:
    rows = plan.milestones.set_index("year")
    assert rows.loc[2024, ["capacity_kw", "treated_centimu"]].tolist() == [40_000, 360_486]
    assert rows.loc[2025, ["pv_kw", "wind_kw", "treated_centimu"]].tolist() == [
        110_000, 15_000, 406_286,
    ]  # fmt: skip
    assert rows.loc[2025, "obligation_centimu"] == 1100 * 120 + 150 * 200
    assert rows["met"].all()


def test_costs_are_whole_and_discounted(plan: Plan) -> None:
    rows = plan.costs.set_index(["row_id", "object", "item", "year"])
    assert rows.loc[("H001", "station", "connection", 2024), "present_cny"].item() == 50_000_000
    later = rows.loc[("T2", "reinforcement", "connection", 2025)]
    assert later["amount_cny"].item() == 60_000_000
    assert later["present_cny"].item() == pytest.approx(60_000_000 / 1.065, abs=1)


def test_sums_of_rounded_rows_are_the_rounded_sums(plan: Plan) -> None:
    rows = plan.costs[plan.costs["item"] == "generation"]
    exact = {2024: 4 * 40_100_000.25, 2025: 10 * 40_100_000.25}
    assert rows.groupby("year")["amount_cny"].sum().to_dict() == {
        year: round(value) for year, value in exact.items()
    }


def test_rows_carry_their_share_of_the_outlay(plan: Plan) -> None:
    outlay = plan.costs[~plan.costs["item"].isin(GAINS)]["present_cny"].sum()
    extras = plan.costs[plan.costs["object"].isin(["bay", "reinforcement"])]["present_cny"].sum()
    named = ("builds", "treatments", "trunks", "stations")
    rows = sum(plan.tables[name]["cost_cny"].sum() for name in named)
    assert rows + extras == outlay == plan.proof.outlay_cny == plan.districts["cost_cny"].sum()


def test_parcels_are_charged_what_sites_take(plan: Plan) -> None:
    use, builds = plan.site_use, plan.builds
    for name in ("gross_centimu", "capacity_kw"):
        found = use.groupby(["site_id", "technology"])[name].sum()
        assert found.equals(builds.groupby(["site_id", "technology"])[name].sum())
    lease = plan.costs.loc[plan.costs["item"] == "lease", "present_cny"].sum()
    assert use["lease_cny"].sum() == plan.parcel_use["lease_cny"].sum() == lease


def test_each_parcel_says_what_it_is_used_for(plan: Plan) -> None:
    kinds = dict(zip(plan.parcel_use["parcel_id"], plan.parcel_use["kind"], strict=True))
    assert kinds == {
        "P000001": "hybrid+treatment",
        "P000002": "pv",
        "P000003": "treatment",
        "P000004": "hybrid+treatment",
        "P000005": "treatment",
        "P000006": "treatment",
    }


def test_proof_is_that_of_the_counted_plan(plan: Plan) -> None:
    proof = plan.proof
    assert proof.objective_cny == proof.outlay_cny - plan.totals.cost_cny["energy_value"]
    assert proof.gap_cny == proof.objective_cny - 20_000_000
    assert proof.gap == proof.gap_cny / proof.outlay_cny
    assert proof.gap_of_choice == proof.gap_cny / 70_000_000


def test_figures_can_be_written_as_json(plan: Plan) -> None:
    text = json.dumps(plan.figures(), ensure_ascii=False)
    assert json.loads(text)["capacity_mw"] == {"total": 125.0, "pv": 110.0, "wind": 15.0}


def test_totals_add_up(plan: Plan) -> None:
    totals = plan.totals
    assert totals.treated_mu == 4062.86
    assert sum(totals.treated_mu_by_class.values()) == pytest.approx(totals.treated_mu)
    assert sum(totals.treated_mu_by_sequence.values()) == pytest.approx(totals.treated_mu)
    assert sum(row["treated_mu"] for row in totals.districts) == pytest.approx(totals.treated_mu)


def test_the_same_input_makes_the_same_plan(plan: Plan) -> None:
    again = world.plan()
    for name, table in plan.tables.items():
        assert table.equals(again.tables[name]), name


def test_a_plan_shows_itself_in_both_languages(plan: Plan) -> None:
    assert repr(plan).splitlines()[0].startswith("plan six-parcels: proven, outlay ")
    assert "达标" in plan.summary("zh").to_string()
    assert plan.headline("zh").startswith("方案 six-parcels")
    assert plan._repr_html_().startswith("<p><b>plan six-parcels")


def test_a_name_with_markup_is_shown_as_text(plan: Plan) -> None:
    hostile = replace(plan, scenario={"name": "<script>alert(1)</script>"})
    assert "<script>" not in hostile._repr_html_()


def test_a_plan_compared_with_itself_does_not_differ(plan: Plan) -> None:
    same = compare_plans(plan, plan)
    assert (same.table["difference"] == 0).all()
    assert same.parcels_added == same.sites_dropped == ()
    assert "six-parcels against six-parcels" in repr(same)
    assert "差值" in same.summary("zh").columns


def test_a_comparison_names_what_came_and_went(plan: Plan) -> None:
    fewer = replace(plan, treatments=plan.treatments[plan.treatments["parcel_id"] != "P000006"])
    change = compare_plans(plan, fewer)
    assert change.parcels_dropped == ("P000006",)
    row = change.table.set_index("key").loc["treated_mu"]
    assert row["difference"] == pytest.approx(-1500)


def test_the_written_plan_passes_its_audit(written: Path) -> None:
    report = audit_plan(written)
    assert report.passed, report.failed


def test_borders_cost_by_how_much_more_of_one_side_is_treated(plan: Plan) -> None:
    """Seven borders of 1 km between the six, and one or two of each to other land."""
    priced = world.plan({"programme.perimeter_price_cny_per_m": 2.0})
    costs = priced.costs[priced.costs["item"] == "perimeter"].set_index("row_id")
    area = plan.parcels.set_index("parcel_id")["treat_ha"] * 1500
    treated = plan.treatments.groupby("parcel_id")["area_centimu"].sum()
    share = {name: treated.get(name, 0) / area[name] for name in area.index}
    pairs = [(1, 2), (2, 3), (4, 5), (5, 6), (1, 4), (2, 5), (3, 6)]
    names = [(f"P{one:06d}", f"P{two:06d}") for one, two in pairs]
    owed = {f"{a}-{b}": 2_000 * abs(share[a] - share[b]) for a, b in names}
    rim = {name: 1 if name in ("P000002", "P000005") else 2 for name in area.index}
    owed |= {name: 2_000 * rim[name] * share[name] for name in area.index}
    assert set(costs.index) == {name for name, amount in owed.items() if amount > 0}
    assert all(abs(costs.loc[name, "amount_cny"] - owed[name]) < 1 for name in costs.index)
    assert set(costs["year"]) == {2025}
    figures, before = priced.figures(), plan.figures()
    assert figures["cost_cny"]["perimeter"] == costs["present_cny"].sum() > 0
    assert "perimeter" not in before["cost_cny"]
    assert figures["outlay_cny"] - before["outlay_cny"] == figures["cost_cny"]["perimeter"]
    assert figures["objective_cny"] - before["objective_cny"] == figures["cost_cny"]["perimeter"]
