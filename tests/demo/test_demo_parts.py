"""Small worlds for the parts of the generator."""

import math

import numpy as np
import pyproj
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from sandgrid.demo.arithmetic import exact_exp, project, unproject
from sandgrid.demo.grids import Grid, burn
from sandgrid.demo.landscape import top_cells
from sandgrid.demo.mosaic import connected_patches, lattice_cells, patch_polygons
from sandgrid.demo.networks import link_towards
from sandgrid.demo.noise import hash_unit, smooth_noise
from sandgrid.demo.shapes import irregular_disc, winding_line
from sandgrid.demo.writing import ANALYSIS_CRS, GEOGRAPHIC_CRS

GRID = Grid(0, 2_400, 200, 12, 12)


def test_projection_agrees_with_proj() -> None:
    lon, lat = np.meshgrid(np.linspace(119, 124, 41), np.linspace(42, 46, 41))
    official = pyproj.Transformer.from_crs(GEOGRAPHIC_CRS, ANALYSIS_CRS, always_xy=True)
    x, y = official.transform(lon, lat)
    own = project(lon, lat)
    assert np.abs(own[0] - x).max() < 1e-6
    assert np.abs(own[1] - y).max() < 1e-6
    back = unproject(x, y)
    assert np.abs(back[0] - lon).max() < 1e-12
    assert np.abs(back[1] - lat).max() < 1e-12


@given(st.floats(-60, 5))
def test_exponential(x: float) -> None:
    assert exact_exp(np.array([x]))[0] == pytest.approx(math.exp(x), rel=1e-10)


def test_hash_is_fixed_and_even() -> None:
    assert hash_unit(np.array([12]), np.array([-7]), seed=3)[0] == pytest.approx(
        0.82066183, abs=1e-8
    )
    values = hash_unit(np.arange(200)[None, :], np.arange(200)[:, None], seed=9)
    assert values.mean() == pytest.approx(0.5, abs=0.01)
    assert np.histogram(values, bins=10, range=(0, 1))[0].min() > 3_700


def test_noise_does_not_depend_on_the_block() -> None:
    x, y = np.arange(40) * 100.0, np.arange(30) * 100.0
    whole = smooth_noise(x, y, wavelength_m=700, seed=5)
    part = smooth_noise(x[10:20], y[5:9], wavelength_m=700, seed=5)
    assert (whole[5:9, 10:20] == part).all()
    assert np.abs(whole).max() < 1.6


def test_top_cells_takes_the_first_of_equals() -> None:
    chosen = top_cells(np.zeros((2, 2)), np.ones((2, 2), dtype=bool), 2)
    assert chosen.tolist() == [[True, True], [False, False]]


def test_two_patches_share_their_border() -> None:
    key = np.where(np.arange(12)[None, :] < 6, 1, 2) * np.ones((12, 1), dtype=np.int64)
    label = connected_patches(key, least_cells=2)
    numbers, polygons = patch_polygons(label, GRID, tolerance_m=1.0, seed=4)
    assert numbers.tolist() == [1, 2]
    assert shapely.coverage_is_valid(polygons)
    assert polygons[0].intersection(polygons[1]).length > 1_800


@given(st.integers(0, 10_000))
def test_patches_never_overlap(seed: int) -> None:
    pieces = lattice_cells(GRID, 700.0, seed=seed)
    hole = hash_unit(np.arange(12)[None, :], np.arange(12)[:, None], seed=seed) < 0.15
    label = connected_patches(np.where(hole, 0, pieces), least_cells=3)
    if label.max() == 0:
        return
    numbers, polygons = patch_polygons(label, GRID, tolerance_m=60.0, seed=seed)
    assert shapely.is_valid(polygons).all()
    assert shapely.coverage_is_valid(polygons)
    assert (shapely.get_coordinates(polygons) % 1 == 0).all()
    cells = np.bincount(label[label > 0], minlength=numbers[-1] + 1)[numbers]
    assert shapely.area(polygons).sum() == pytest.approx(cells.sum() * 40_000, rel=0.25)


def test_small_patches_join_their_neighbour() -> None:
    key = np.ones((12, 12), dtype=np.int64)
    key[5, 5] = 2
    assert connected_patches(key, least_cells=3).max() == 1


def test_burn_later_stands_over_earlier() -> None:
    boxes = np.array([shapely.box(0, 0, 2_400, 2_400), shapely.box(0, 0, 400, 400)])
    burnt = burn(boxes, np.array([1, 2]), GRID)
    assert (burnt == 2).sum() == 4
    assert (burnt == 1).sum() == 140
    assert burn(boxes[:0], np.array([], dtype=np.int64), GRID).sum() == 0


@given(st.integers(2, 40), st.integers(0, 1_000))
def test_links_form_a_tree(count: int, seed: int) -> None:
    number = np.arange(count)
    points = np.column_stack(
        [np.rint(1e5 * hash_unit(number, np.array(k), seed=seed)) for k in (0, 1)]
    )
    parent = link_towards(points, 0)
    assert parent[0] == -1
    for k in range(1, count):
        steps, node = 0, k
        while node != 0:
            node, steps = int(parent[node]), steps + 1
            assert steps <= count


def test_winding_line_passes_its_points() -> None:
    line = winding_line([[0, 0], [8_000, 0], [8_000, 6_000]], seed=1, sway=0.1, least_m=1_000)
    for point in ((0, 0), (8_000, 0), (8_000, 6_000)):
        assert point in list(line.coords)
    assert line.is_simple


def test_discs_lie_within_their_reach() -> None:
    disc = irregular_disc(5_000, 5_000, 1_000, seed=2)
    assert disc.is_valid
    assert shapely.hausdorff_distance(disc, shapely.Point(5_000, 5_000)) <= 1_251
