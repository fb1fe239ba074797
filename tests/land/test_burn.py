"""A zone covers exactly the cells whose centre lies within the distance."""

import numpy as np
import pytest
import shapely
from affine import Affine
from hypothesis import example, given, settings
from hypothesis import strategies as st
from odc.geo.geobox import GeoBox
from rasterio.features import rasterize
from shapely.geometry.base import BaseGeometry

from sandgrid.land.burn import crossings, zone
from sandgrid.layers.tiles import cut_tiles

GEOBOX = GeoBox((23, 31), Affine(100, 0, -300, 0, -100, 1900), "EPSG:32651")
ROWS = 23
X = -300 + (np.arange(31) + 0.5) * 100
Y = 1900 - (np.arange(23) + 0.5) * 100
CENTRES = shapely.points(*np.meshgrid(X, Y))

place = st.tuples(st.integers(-600, 3000), st.integers(-700, 2200))
points = place.map(shapely.Point)
lines = st.lists(place, min_size=2, max_size=6, unique=True).map(shapely.LineString)
polygons = st.tuples(place, st.integers(10, 900), st.integers(3, 9), st.floats(0, 6)).map(
    lambda p: shapely.Polygon(
        [
            (p[0][0] + p[1] * np.cos(p[3] + a), p[0][1] + 0.6 * p[1] * np.sin(p[3] + a))
            for a in np.linspace(0, 2 * np.pi, p[2], endpoint=False)
        ]
    )
)
features = st.lists(st.one_of(points, lines, polygons), min_size=1, max_size=4)


@settings(max_examples=60)
@given(shapes=features, distance=st.sampled_from([0.001, 49.9, 50.0, 100.0, 150.0, 333.3, 1000.0]))
@example(shapes=[shapely.LineString([(0, 0), (0, 1500)])], distance=150.0)
@example(shapes=[shapely.Point(50, 50)], distance=100.0)
@example(shapes=[shapely.Point(50, 50)], distance=500.0)
def test_a_setback_covers_exactly_the_centres_within_the_distance(
    shapes: list[BaseGeometry], distance: float
) -> None:
    array = np.array(shapes, dtype=object)
    covered = zone(array, np.full(len(array), distance), GEOBOX).covered()
    told = np.zeros(CENTRES.shape, bool)
    for shape in shapes:
        told |= shapely.dwithin(CENTRES, shape, distance)
    assert covered.tolist() == told.tolist()


def test_a_bent_line_is_exact_too() -> None:
    """GEOS fills shallow bends of a line before it draws the buffer; the zone must not."""
    bends = np.column_stack([np.linspace(0, 2500, 200), 900 + 9 * np.sin(np.arange(200) * 1.9)])
    line = np.array([shapely.LineString(bends)], dtype=object)
    fine = GeoBox((230, 310), Affine(10, 0, -300, 0, -10, 1900), "EPSG:32651")
    covered = zone(line, np.array([800.0]), fine).covered()
    x, y = np.meshgrid(-300 + (np.arange(310) + 0.5) * 10, 1900 - (np.arange(230) + 0.5) * 10)
    assert np.array_equal(covered, shapely.dwithin(shapely.points(x, y), line[0], 800.0))


@settings(max_examples=60)
@given(st.lists(polygons, min_size=1, max_size=5), st.floats(0.01, 0.99))
def test_polygons_cover_the_centres_inside_them(shapes: list[BaseGeometry], shift: float) -> None:
    array = shapely.transform(np.array(shapes, dtype=object), lambda xy: xy + shift)
    covered = crossings(array, GEOBOX).covered(ROWS)
    told = np.zeros(CENTRES.shape, bool)
    near = np.zeros(CENTRES.shape, bool)
    for shape in array:
        told |= shapely.contains(shape, CENTRES)
        near |= shapely.dwithin(CENTRES, shape.boundary, 1e-6)
    assert np.array_equal(covered[~near], told[~near])


def test_holes_and_parts_are_left_out_and_taken_in() -> None:
    ring = shapely.box(0, 0, 1000, 1000) - shapely.box(300, 300, 700, 700)
    both = shapely.MultiPolygon([ring, shapely.box(1500, 0, 1700, 200)])
    covered = crossings(np.array([both], dtype=object), GEOBOX).covered(ROWS)
    assert covered.sum() == 100 - 16 + 4
    over = np.array([both, shapely.box(400, 400, 500, 500)], dtype=object)
    assert crossings(over, GEOBOX).covered(ROWS).sum() == 100 - 16 + 4 + 1


@given(st.integers(1, 30), st.integers(0, 99))
def test_neighbours_share_out_the_cells(cut: int, seed: int) -> None:
    """An edge right through cell centres gives each centre to one side only."""
    x = -300 + cut * 100 - 50.0
    rng = np.random.default_rng(seed)
    bend = [(x, 1900), (x, 1000), (x + rng.choice([-100.0, 0, 37]), 650.0), (x, -400)]
    west = shapely.Polygon([(-300, 1900), *bend, (-300, -400)])
    east = shapely.Polygon([(2800, 1900), *bend, (2800, -400)])
    sides = [crossings(np.array([part]), GEOBOX).covered(ROWS) for part in (west, east)]
    assert (sides[0] ^ sides[1]).all()


def test_agrees_with_gdal_by_cell_centre() -> None:
    rng = np.random.default_rng(5)
    shapes = [
        shapely.Point(*xy).buffer(r)
        for xy, r in zip(rng.uniform(-500, 2500, (40, 2)), rng.uniform(30, 400, 40), strict=True)
    ]
    told = rasterize(shapes, out_shape=(23, 31), transform=GEOBOX.affine).astype(bool)
    assert np.array_equal(crossings(np.array(shapes), GEOBOX).covered(ROWS), told)


@pytest.mark.parametrize("side", [(1, 40), (2, 3), (7, 11), (23, 1), (5, 31)])
def test_tiles_are_seamless(side: tuple[int, int]) -> None:
    rng = np.random.default_rng(7)
    shapes = np.array([shapely.Point(*xy).buffer(150) for xy in rng.uniform(0, 2000, (9, 2))])
    area = zone(shapes, np.full(9, 120.0), GEOBOX)
    told = area.covered()
    assert told.any()
    for tile in cut_tiles(GEOBOX, side):
        assert np.array_equal(area.part(tile).covered(), tile.of(told))


def test_nothing_covers_nothing() -> None:
    none = np.array([], dtype=object)
    assert not zone(none, np.array([]), GEOBOX).covered().any()
    far = np.array([shapely.box(9000, 9000, 9100, 9100)], dtype=object)
    assert not zone(far, np.array([0.0]), GEOBOX).covered().any()


def test_half_a_cell_of_shift_changes_the_cells() -> None:
    box = np.array([shapely.box(0, 0, 500, 500)], dtype=object)
    moved = shapely.transform(box, lambda xy: xy + 60)
    one, other = (crossings(part, GEOBOX).covered(ROWS) for part in (box, moved))
    assert one.sum() == other.sum() == 25
    assert (one != other).sum() == 2 * 9


@pytest.mark.parametrize("sides", [16, 19, 22, 23, 24, 30])
@pytest.mark.parametrize("distance", [37.0, 500.0])
def test_shallow_corners_are_exact_too(sides: int, distance: float) -> None:
    """GEOS turns a corner of up to one and a half of its steps by one chord."""
    angles = np.linspace(0.1, 0.1 + 2 * np.pi, sides, endpoint=False)
    ring = np.column_stack([1200 + 700 * np.cos(angles), 800 + 700 * np.sin(angles)])
    shape = np.array([shapely.Polygon(ring)], dtype=object)
    fine = GeoBox((290, 310), Affine(10, 0, -300, 0, -10, 2250), "EPSG:32651")
    covered = zone(shape, np.array([distance]), fine).covered()
    x, y = np.meshgrid(-300 + (np.arange(310) + 0.5) * 10, 2250 - (np.arange(290) + 0.5) * 10)
    assert np.array_equal(covered, shapely.dwithin(shapely.points(x, y), shape[0], distance))
