"""The result depends on nothing but rules and layers: no tile, thread or machine shows in it."""

from collections.abc import Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from typing import Any

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage

from sandgrid.errors import InputError
from sandgrid.land import Eligibility, Rule, find_eligibility
from sandgrid.land.exclusions import Condition
from sandgrid.land.patches import find_small_patches
from sandgrid.land.sweeping import in_order
from sandgrid.layers.stack import Layers
from sandgrid.layers.tiles import Tile, cut_tiles
from tests.land.conftest import LOCAL, make_world

PRIMES = (5, 7, 11, 13, 17, 19, 23, 29, 31)
SHAPE = (29, 37)


def some_world(seed: int) -> Layers:
    """Return random layers with gaps, features that cross many tiles, and a ragged area."""
    rng = np.random.default_rng(seed)
    land = rng.integers(0, 3, SHAPE)
    land[rng.random(SHAPE) < 0.05] = 255
    rain = rng.uniform(300, 500, SHAPE)
    rain[rng.random(SHAPE) < 0.05] = np.nan
    dots = rng.uniform(-500, 4200, (8, 2))
    water = [shapely.Point(*dot).buffer(rng.uniform(20, 700)) for dot in dots[:3]]
    roads = [shapely.LineString(dots[[a, b, c]]) for a, b, c in ((0, 1, 2), (3, 4, 5), (5, 6, 7))]
    return make_world(
        SHAPE,
        land=land,
        rain=rain,
        dem=rng.normal(0, 8, SHAPE).cumsum(axis=0).cumsum(axis=1) / 9,
        water=gpd.GeoDataFrame(geometry=water, crs=LOCAL),
        roads=gpd.GeoDataFrame(geometry=roads, crs=LOCAL),
        area=[shapely.Point(1800, 1400).buffer(1700), shapely.box(0, 0, 600, 900)],
    )


def some_rules(setback_m: float = 400.0) -> tuple[Rule, ...]:
    texts = {"zh": "规", "en": "rule"}
    dry = (Condition("rain", low=400.0),)
    return (
        Rule("a", 0, ("pv", "wind"), "class_in", "land", classes=("1",), **texts),
        Rule("b", 1, ("pv",), "range", "rain", low=330.0, **texts),
        Rule("c", 2, ("pv", "treatment"), "slope", "dem", high=4.0, **texts),
        Rule("d", 3, ("wind",), "setback", "water", distance_m=setback_m, **texts),
        Rule("e", 4, ("pv",), "setback", "roads", distance_m=70.0, only_where=dry, **texts),
        Rule("f", 5, ("pv",), "inside", "water", **texts),
        Rule("g", 6, ("pv", "treatment"), "minimum_patch", "", minimum_ha=9.0, **texts),
        Rule("h", 7, ("pv",), "minimum_patch", "", minimum_ha=100.0, **texts),
    )


def same(one: Eligibility, other: Eligibility) -> bool:
    return all(
        values.tobytes() == other.reasons[use].tobytes() for use, values in one.reasons.items()
    )


@settings(max_examples=15)
@given(
    seed=st.integers(0, 5),
    rows=st.sampled_from(PRIMES),
    cols=st.sampled_from(PRIMES),
    setback=st.sampled_from([90.0, 400.0, 1500.0]),
)
def test_tiles_do_not_show(seed: int, rows: int, cols: int, setback: float) -> None:
    """Prime sides cut features anywhere; 1,500 m reaches over several tiles of 5 to 13 cells."""
    layers, rules = some_world(seed), some_rules(setback)
    whole = find_eligibility(rules, layers, tile_cells=SHAPE)
    assert same(whole, find_eligibility(rules, layers, tile_cells=(rows, cols)))


def test_the_world_of_these_tests_has_something_to_show() -> None:
    found = find_eligibility(some_rules(), some_world(1), tile_cells=SHAPE)
    bits = {use: np.bitwise_or.reduce(values.ravel()) for use, values in found.reasons.items()}
    assert bits["pv"] & 0xFF == 0b11110111
    assert bits["wind"] & 0xFF == 0b1001
    assert bits["treatment"] & 0xFF == 0b100
    assert all(found.mask(use).any() and bits[use] >> 31 for use in bits)
    assert bits["pv"] >> 30 & 1


@pytest.mark.parametrize("threads", [1, 2, 5])
def test_threads_do_not_show(threads: int) -> None:
    layers, rules = some_world(1), some_rules()
    whole = find_eligibility(rules, layers, tile_cells=SHAPE)
    with ThreadPoolExecutor(threads) as pool:
        assert same(whole, find_eligibility(rules, layers, executor=pool, tile_cells=(7, 11)))
        assert pool.submit(abs, -1).result() == 1, "the caller's executor is left open"


@pytest.fixture(scope="module")
def cluster() -> Iterator[Executor]:
    """Give the executor of a local Dask cluster whose worker is another process."""
    distributed = pytest.importorskip("distributed")
    with (
        distributed.LocalCluster(
            n_workers=1, threads_per_worker=2, processes=True, dashboard_address=None
        ) as started,
        distributed.Client(started) as client,
    ):
        yield client.get_executor()


def test_a_cluster_does_not_show(cluster: Executor) -> None:
    layers, rules = some_world(1), some_rules(1500.0)
    whole = find_eligibility(rules, layers, tile_cells=SHAPE)
    assert same(whole, find_eligibility(rules, layers, executor=cluster, tile_cells=(13, 17)))


def test_what_goes_wrong_on_a_cluster_is_told_here(cluster: Executor) -> None:
    rule = Rule("a", 0, ("pv",), "class_in", "land", "规", "rule", classes=("77",))
    with pytest.raises(InputError, match="code 77 is not in the code table"):
        find_eligibility((rule,), some_world(0), executor=cluster)


@settings(max_examples=30)
@given(
    seed=st.integers(0, 999),
    share=st.sampled_from([0.2, 0.4, 0.6, 0.9]),
    side=st.tuples(st.sampled_from(PRIMES), st.sampled_from(PRIMES)),
    least=st.integers(1, 40),
)
def test_patches_are_those_of_the_whole(
    seed: int, share: float, side: tuple[int, int], least: int
) -> None:
    land = np.random.default_rng(seed).random(SHAPE) < share
    labels, _ = ndimage.label(land, structure=np.ones((3, 3)))
    told = land & (np.bincount(labels.ravel())[labels] < least)
    assert np.array_equal(small_land(land, side, least), told)


def small_land(land: Any, side: tuple[int, int], least: int) -> Any:
    tiles = list(cut_tiles(make_world(land.shape).geobox, side))
    found = np.zeros(land.shape, bool)
    with ThreadPoolExecutor(2) as pool:
        parts = find_small_patches(lambda tile: tile.of(land), tiles, lambda n: n < least, pool)
        for tile, small in parts:
            tile.of(found)[...] = small
    return found


def test_a_patch_winds_through_four_tiles_by_their_corner() -> None:
    land = np.array([[1, 0, 0, 1], [0, 1, 0, 0], [0, 0, 1, 0], [1, 0, 0, 1]], bool)
    assert small_land(land, (2, 2), 4).tolist() == [
        [False, False, False, True],
        [False, False, False, False],
        [False, False, False, False],
        [True, False, False, False],
    ]


def test_tiles_share_out_the_grid() -> None:
    geobox = make_world(SHAPE).geobox
    held = np.zeros(SHAPE, int)
    for tile in cut_tiles(geobox, (5, 8)):
        tile.of(held)[...] += 1
        assert tile.of(held).size == tile.cells
    assert (held == 1).all()
    assert Tile.whole(geobox).shape == SHAPE


def test_no_more_work_is_taken_up_than_there_is_room_for() -> None:
    taken, most = [], 0
    with ThreadPoolExecutor(2) as pool:
        for number, answer in enumerate(
            in_order(abs, (taken.append(n) or n for n in range(20)), pool, ahead=3)
        ):
            assert answer == number
            most = max(most, len(taken) - number)
    assert len(taken) == 20
    assert most <= 3
