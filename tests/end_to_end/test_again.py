"""A small area planned again: the same question the same bytes, another question another plan."""

from pathlib import Path

import pytest

from sandgrid.pipeline import Result, compare_folders, run_scenario

from .conftest import stated
from .figures import check_plan_json, check_totals
from .folders import MANIFEST, listed_hashes, read_table, true_hashes

pytestmark = pytest.mark.end_to_end
ASKED_MU = 50_000


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> Result:
    return run_scenario(stated("mini-20km"), tmp_path_factory.mktemp("first") / "plan")


@pytest.fixture(scope="module")
def variant(tmp_path_factory: pytest.TempPathFactory) -> Result:
    """Return the plan for more treated land."""
    scenario = stated("mini-20km").with_({"targets.treated_mu.2026": ASKED_MU, "export.sheets": 0})
    return run_scenario(scenario, tmp_path_factory.mktemp("variant") / "plan")


def test_a_second_run_writes_the_same_bytes(first: Result, tmp_path: Path) -> None:
    again = run_scenario(stated("mini-20km"), tmp_path / "plan")
    one, other = (true_hashes(folder) for folder in (first.folder, again.folder))
    assert [name for name in one if other.get(name) != one[name]] == []
    for name in (MANIFEST, *listed_hashes(first.folder)):
        assert (again.folder / name).read_bytes() == (first.folder / name).read_bytes()


def test_another_target_gives_another_plan(first: Result, variant: Result) -> None:
    check_plan_json(variant.figures)
    check_totals(variant.folder, variant.figures)
    assert variant.figures["treated_mu"] >= ASKED_MU > first.figures["treated_mu"]
    assert variant.figures["scenario"]["sha256"] != first.figures["scenario"]["sha256"]


def test_two_plans_are_set_side_by_side(first: Result, variant: Result) -> None:
    compared = compare_folders(first.folder, variant.folder)
    table = compared.table.set_index("key")
    more = variant.figures["treated_mu"] - first.figures["treated_mu"]
    assert table.loc["treated_mu", "difference"] == pytest.approx(more)
    treated = [set(read_table(r.folder, "treatments")["parcel_id"]) for r in (first, variant)]
    assert set(compared.parcels_added) == treated[1] - treated[0]
    assert set(compared.parcels_dropped) == treated[0] - treated[1]
    assert compared.parcels_added or compared.parcels_dropped
