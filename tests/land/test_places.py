"""What is said of a place is what the whole grid says of it, though little of it is judged."""

from collections.abc import Callable
from functools import cache
from typing import Any

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from sandgrid.land import (
    Eligibility,
    Rule,
    eligibility,
    explain_point,
    find_eligibility,
    judge_point,
    places,
)
from sandgrid.land.judging import Task, judge_tile
from sandgrid.layers.stack import Layers
from tests.land.test_tiles import SHAPE, some_rules, some_world

TILE = (7, 11)
TEXTS = {"zh": "规", "en": "rule"}


@pytest.fixture(autouse=True, scope="module")
def _small_tiles() -> Any:
    """Let the usual tile be far smaller than the grid, the setbacks and the patches."""
    with pytest.MonkeyPatch.context() as patch:
        for module in (eligibility, places):
            patch.setattr(module, "usual_tile", lambda: TILE)
        yield


def every_kind(setback_m: float) -> tuple[Rule, ...]:
    """Return rules on cells, features, parts of cells, pilot land, weights and patches."""
    only = ("treatment:tree_pine",)
    return (
        *some_rules(setback_m)[:6],
        Rule("i", 8, ("pv",), "setback", "roads", distance_m=30.0, fractional=True, **TEXTS),
        Rule("j", 9, ("pv",), "range", "rain", low=400.0, effect="weigh", weight=0.5, **TEXTS),
        Rule("k", 10, ("wind",), "setback", "water", distance_m=90.0, effect="include", **TEXTS),
        Rule("l", 11, ("wind",), "boundary", "area", distance_m=120.0, **TEXTS),
        *some_rules(setback_m)[6:],
        Rule("n", 13, only, "class_in", "land", classes=("0", "1"), **TEXTS),
        Rule("m", 12, only, "minimum_patch", "", minimum_ha=30.0, **TEXTS),
    )


@cache
def whole_world(setback_m: float) -> tuple[tuple[Rule, ...], Layers, Eligibility]:
    """Return rules, layers, and every cell judged."""
    layers, rules = some_world(1), every_kind(setback_m)
    return rules, layers, find_eligibility(rules, layers)


@settings(max_examples=20)
@given(
    setback=st.sampled_from([400.0, 1500.0]),
    row=st.integers(0, SHAPE[0] - 1),
    col=st.integers(0, SHAPE[1] - 1),
)
def test_a_place_is_told_as_the_whole_tells_it(setback: float, row: int, col: int) -> None:
    """1,500 m is more than two tiles; 100 ha are more cells than a tile has."""
    rules, layers, whole = whole_world(setback)
    x, y = 100 * (col + 0.5), 100 * (SHAPE[0] - row - 0.5)
    assert judge_point(rules, layers, x, y) == explain_point(whole, x, y)


def test_this_world_has_places_of_every_kind() -> None:
    _, _, whole = whole_world(400.0)
    told = [
        answer
        for row in range(SHAPE[0])
        for col in range(SHAPE[1])
        for answer in explain_point(whole, 100 * (col + 0.5), 100 * (row + 0.5))
    ]
    assert {rule.id for answer in told for rule in answer.rules} >= set("abcdefhlmn")
    assert any(answer.overruled for answer in told)
    assert any(0 < answer.share < 1 for answer in told)
    assert any(answer.unknown for answer in told)


def test_outside_the_grid_there_is_nothing_to_judge() -> None:
    rules, layers, whole = whole_world(400.0)
    for x, y in ((-1.0, 50.0), (1e6, 1e6)):
        assert judge_point(rules, layers, x, y) == explain_point(whole, x, y)
        assert judge_point(rules, layers, x, y)[0].outside


@pytest.fixture
def judged(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Return a list that takes the cells of each window that is judged."""
    seen: list[int] = []

    def noted(task: Task) -> Any:
        seen.append(task.tile.cells)
        return judge_tile(task)

    monkeypatch.setattr(places, "judge_tile", noted)
    return seen


def long_strip(world: Callable[..., Layers], cells: int) -> Layers:
    """Return a grid of 40 columns with land in the first so many cells of its third row."""
    land = np.full((9, 40), 2)
    land[2, :cells] = 1
    return world(land.shape, land=land)


@pytest.mark.parametrize(("cells", "against"), [(24, ["patch"]), (25, []), (40, [])])
def test_a_patch_is_followed_beyond_the_tile_as_far_as_it_takes(
    world: Callable[..., Layers], judged: list[int], cells: int, against: list[str]
) -> None:
    """25 ha are 25 cells in a row, over three tiles of 11 columns."""
    land = Rule("land", 0, ("pv",), "class_not_in", "land", classes=("1",), **TEXTS)
    patch = Rule("patch", 1, ("pv",), "minimum_patch", "", minimum_ha=25.0, **TEXTS)
    layers = long_strip(world, cells)
    assert [rule.id for rule in judge_point((land, patch), layers, 50, 650)[0].rules] == against
    assert judged[0] == TILE[0] * TILE[1]
    assert len(judged) > 1
    judged.clear()
    told = judge_point((land, patch), layers, 50, 50)[0]
    assert [rule.id for rule in told.rules] == ["land"]
    assert judged == [2 * TILE[1]], "a patch rule does not bear on land that is taken already"


def test_a_measure_that_only_a_patch_rule_or_a_pilot_zone_names_is_judged(
    world: Callable[..., Layers],
) -> None:
    measure = "treatment:tree_pine"
    land = Rule("land", 0, ("treatment",), "class_in", "land", classes=("2",), **TEXTS)
    patch = Rule("patch", 1, (measure,), "minimum_patch", "", minimum_ha=3.0, **TEXTS)
    pilot = Rule("pilot", 2, (measure,), "inside", "pilot", effect="include", **TEXTS)
    zone = gpd.GeoDataFrame(geometry=[shapely.box(200, 0, 300, 100)])
    layers = world((1, 6), land=np.array([[1, 1, 2, 1, 2, 1]]), pilot=zone)
    told = {"treatment": [0, 0, 1, 0, 1, 0], measure: [0, 0, 1, 2, 1, 2]}
    strict = find_eligibility((land, patch), layers)
    assert strict.reasons["treatment"].tolist() == [told["treatment"]]
    assert strict.reasons[measure].tolist() == [[2, 2, 1, 2, 1, 2]]
    found = find_eligibility((land, pilot, patch), layers)
    assert found.reasons[measure].tolist() == [[0, 0, 0, 0, 1, 2]]
    assert found.overruled[measure].tolist() == [[0, 0, 1, 0, 0, 0]]
