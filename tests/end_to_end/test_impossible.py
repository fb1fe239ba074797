"""Targets that cannot be met: what is short, by how much, when, and what would help."""

import pytest

from sandgrid.pipeline import Result, run_scenario

from .conftest import stated
from .folders import LOG, MANIFEST, file_names, listed_hashes, read_json, true_hashes

pytestmark = pytest.mark.end_to_end
ANSWER = ["map.html", "plan.json", "scenario.json"]


SMALL = {
    "targets.capacity_mw": {2025: 60, 2026: 1500},
    "area.bbox_deg": [121.45, 42.5, 121.57, 42.59],
}
SCENARIOS = [
    stated("mini-20km").with_(SMALL),
    pytest.param(stated("kulun-impossible"), marks=pytest.mark.slow),
]


@pytest.fixture(scope="module", params=SCENARIOS, ids=["ten-km", "kulun"])
def impossible(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Result:
    return run_scenario(request.param, tmp_path_factory.mktemp("short") / "plan")


def test_it_ends_with_four_and_no_plan(impossible: Result) -> None:
    assert impossible.exit_code == 4
    assert impossible.plan is None
    assert impossible.figures["status"] == "infeasible"


def test_only_the_answer_is_written(impossible: Result) -> None:
    assert file_names(impossible.folder) == sorted([*ANSWER, MANIFEST, LOG])
    assert list(listed_hashes(impossible.folder)) == ANSWER
    assert listed_hashes(impossible.folder) == true_hashes(impossible.folder)


def test_there_are_no_totals(impossible: Result) -> None:
    figures = read_json(impossible.folder, "plan.json")
    assert figures["status"] == "infeasible"
    for key in ("capacity_mw", "treated_mu", "objective_cny", "milestones"):
        assert key not in figures


def test_it_says_what_is_short_and_what_would_help(impossible: Result) -> None:
    figures = read_json(impossible.folder, "plan.json")
    assert {item["year"] for item in figures["shortfalls"]} == {2026}
    for item in figures["shortfalls"]:
        assert 0 < item["amount"] <= item["needed"]
        assert "2026" in item["en"]
        assert "2026" in item["zh"]
    assert figures["repairs"]
    for item in figures["repairs"]:
        assert item["amount"] > 0
        assert item["zh"]
        assert item["en"]
    assert figures["limits"]


def test_the_map_tells_it_in_the_same_words(impossible: Result) -> None:
    page = (impossible.folder / "map.html").read_bytes()
    assert page.startswith(b"<!")
    assert len(page) > 50_000
