"""What holds for every plan that SandGrid writes."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from .folders import read_table

PROOF_KEYS = (
    "status", "reproducible", "objective_cny", "bound_cny", "gap_cny", "gap", "treatment_gap",
    "gap_of_choice", "outlay_cny", "greedy_objective_cny",
)  # fmt: skip
TOTAL_KEYS = (
    "capacity_mw", "treated_mu", "treated_mu_by_class", "treated_mu_by_sequence", "on_site_mu",
    "energy_gwh_per_year", "cost_cny",
)  # fmt: skip
OTHER_KEYS = (
    "schema_version", "scenario", "milestones", "districts", "substations", "binding", "audit",
    "layers", "shortfalls", "repairs", "inputs", "placeholders",
)  # fmt: skip
GAINS = ("energy_value", "soil_value")
LARGEST_GAP = 0.02
LARGEST_TREATMENT_GAP = 1e-4
UNIT_MW = 6.25


def check_plan_json(figures: Mapping[str, Any]) -> None:
    """Hold plan.json to its contract: keys, audit, proof and milestones."""
    missing = {*PROOF_KEYS, *TOTAL_KEYS, *OTHER_KEYS} - set(figures)
    assert not missing
    assert figures["status"] == "optimal"
    assert figures["reproducible"] is True
    assert figures["audit"]["passed"] is True
    assert len(figures["audit"]["checks"]) >= 40
    check_proof(figures)
    check_milestones(figures["milestones"])


def check_proof(figures: Mapping[str, Any]) -> None:
    objective, bound = figures["objective_cny"], figures["bound_cny"]
    assert figures["gap_cny"] == objective - bound
    assert figures["gap"] == pytest.approx(figures["gap_cny"] / figures["outlay_cny"])
    assert 0 <= figures["gap"] <= LARGEST_GAP
    assert 0 <= figures["treatment_gap"] <= LARGEST_TREATMENT_GAP
    greedy = figures["greedy_objective_cny"]
    assert objective <= greedy
    assert figures["gap_of_choice"] == pytest.approx((objective - bound) / (greedy - bound))


def check_milestones(milestones: list[Mapping[str, Any]]) -> None:
    """Hold every year to its targets, its obligation, and at most one unit too much."""
    for row in milestones:
        assert row["met"] is True
        for what in ("capacity", "pv", "wind"):
            assert row[f"{what}_mw"] >= row[f"{what}_target_mw"]
        assert row["treated_mu"] >= row["treated_target_mu"]
        assert row["treated_mu"] >= row["obligation_mu"]
        assert row["obligation_mu"] == pytest.approx(120 * row["pv_mw"] + 200 * row["wind_mw"])
        if row["capacity_target_mw"]:
            assert row["capacity_mw"] - row["capacity_target_mw"] <= UNIT_MW


def check_totals(folder: Path, figures: Mapping[str, Any]) -> None:
    """Hold the totals to sums over the layers of plan.gpkg, to the last kW, 0.01 mu and CNY."""
    builds, costs = read_table(folder, "builds"), read_table(folder, "costs")
    for key, chosen in {"total": builds, **dict(list(builds.groupby("technology")))}.items():
        assert figures["capacity_mw"][key] == chosen["capacity_kw"].sum() / 1000
    check_land(folder, figures)
    present = costs.groupby("item")["present_cny"].sum().to_dict()
    assert {k: v for k, v in figures["cost_cny"].items() if v or k in present} == present
    gains = sum(present.get(item, 0) for item in GAINS)
    assert figures["outlay_cny"] == sum(present.values()) - gains
    assert figures["objective_cny"] == figures["outlay_cny"] - gains


def check_land(folder: Path, figures: Mapping[str, Any]) -> None:
    last = figures["milestones"][-1]["year"]
    names = ["sequence_id", "dune_class", "count_year", "area_centimu"]
    new, works = (read_table(folder, layer)[names] for layer in ("treatments", "works"))
    counted = pd.concat([new, works])
    counted = counted[counted["count_year"] <= last]
    assert figures["treated_mu"] == counted["area_centimu"].sum() / 100
    assert figures["works_mu"] == works["area_centimu"].sum() / 100
    for key, column in (("class", "dune_class"), ("sequence", "sequence_id")):
        sums = counted.groupby(column)["area_centimu"].sum() / 100
        assert figures[f"treated_mu_by_{key}"] == sums.to_dict()


def check_drawings(folder: Path) -> None:
    """Hold what is drawn to what is counted."""
    builds = read_table(folder, "builds").groupby("technology")["capacity_kw"].sum()
    for layer, technology in (("turbines", "wind"), ("pv_blocks", "pv")):
        assert read_table(folder, layer)["capacity_kw"].sum() == builds[technology]
    use = read_table(folder, "parcel_use")
    assert use["treated_centimu"].sum() == read_table(folder, "treatments")["area_centimu"].sum()
    assert use["pv_kw"].sum() == builds["pv"]
    assert use["wind_kw"].sum() == builds["wind"]
