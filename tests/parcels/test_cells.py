"""Exact shares of cells, and polygons cut out of them."""

import numpy as np
import pytest
import shapely
from affine import Affine
from exactextract import exact_extract
from hypothesis import given, settings
from hypothesis import strategies as st
from odc.geo.geobox import GeoBox

from sandgrid.errors import InputError
from sandgrid.parcels.cells import cell_shares, dissolve, eligible_part, polygons_only
from tests.parcels.worlds import CRS, geobox_of


def shapes(*geometries: shapely.Geometry) -> np.ndarray:
    return np.array(geometries, dtype=object)


def test_a_whole_cell_and_a_quarter_of_one() -> None:
    shares = cell_shares(
        shapes(shapely.box(0, 100, 100, 200), shapely.box(150, 0, 200, 50)), geobox_of(2, 2)
    )
    assert shares.geometry.tolist() == [0, 1]
    assert shares.cell.tolist() == [0, 3]
    assert shares.share.tolist() == [1.0, 0.25]


def test_a_triangle_holds_half_of_its_diagonal_cells() -> None:
    triangle = shapely.Polygon([(0, 0), (300, 0), (0, 300)])
    shares = cell_shares(shapes(triangle), geobox_of(3, 3))
    found = dict(zip(shares.cell.tolist(), shares.share.round(12).tolist(), strict=True))
    assert found == {0: 0.5, 3: 1.0, 4: 0.5, 6: 1.0, 7: 1.0, 8: 0.5}


def test_a_hole_is_left_out() -> None:
    ring = shapely.box(0, 0, 300, 300).difference(shapely.box(100, 100, 200, 200))
    shares = cell_shares(shapes(ring), geobox_of(3, 3))
    assert 4 not in shares.cell
    assert shares.total().tolist() == [8.0]


def test_parts_of_a_multipolygon_add_up() -> None:
    both = shapely.union_all([shapely.box(0, 0, 50, 100), shapely.box(60, 0, 100, 100)])
    assert cell_shares(shapes(both), geobox_of(1, 1)).share.round(12).tolist() == [0.9]


def test_what_lies_outside_the_geobox_counts_for_nothing() -> None:
    shares = cell_shares(shapes(shapely.box(-500, -500, 50, 600)), geobox_of(2, 2))
    assert shares.cell.tolist() == [0, 2]
    assert shares.share.tolist() == [0.5, 0.5]


def test_no_geometry_and_an_empty_one() -> None:
    assert len(cell_shares(shapes(), geobox_of(1, 1)).cell) == 0
    assert cell_shares(shapes(shapely.Polygon()), geobox_of(1, 1)).total().tolist() == [0.0]


def test_orientation_does_not_matter() -> None:
    box = shapely.box(20, 30, 170, 160)
    turned = box.reverse()
    one, other = (cell_shares(shapes(shape), geobox_of(2, 2)) for shape in (box, turned))
    assert one.share.tolist() == other.share.tolist()


def test_a_turned_geobox_is_refused() -> None:
    turned = GeoBox((2, 2), Affine(98, 17, 0, 17, -98, 200), CRS)
    with pytest.raises(InputError, match="north-up squares"):
        cell_shares(shapes(shapely.box(0, 0, 1, 1)), turned)


def wobbly(seed: int, count: int) -> np.ndarray:
    """Return star-shaped polygons that cut many cells."""
    rng = np.random.default_rng(seed)
    angles = np.linspace(0, 2 * np.pi, 40, endpoint=False)
    centres = rng.uniform(200, 1800, (count, 2))
    radii = rng.uniform(20, 400, (count, 40))
    around = np.stack([np.cos(angles), np.sin(angles)], axis=-1)
    return shapely.polygons(centres[:, None, :] + radii[:, :, None] * around)


@settings(max_examples=25)
@given(seed=st.integers(0, 10_000))
def test_shares_add_up_to_the_area(seed: int) -> None:
    polygons = wobbly(seed, 5)
    inside = shapely.intersection(polygons, shapely.box(0, 0, 2000, 2000))
    shares = cell_shares(polygons, geobox_of(20, 20))
    assert shares.total() * shares.cell_m2 == pytest.approx(shapely.area(inside), rel=1e-12)
    assert (shares.share > 0).all()
    assert (shares.share <= 1).all()


def test_a_level_edge_through_cells_leaves_none_of_them_out() -> None:
    low, high = shapely.box(0, 0, 400, 140), shapely.box(0, 160, 400, 200)
    for shape, told in ((low, 0.4), (high, 0.4), (shapely.union_all([low, high]), 0.8)):
        shares = cell_shares(shapes(shape), geobox_of(2, 4))
        assert shares.share[shares.cell < 4].tolist() == pytest.approx([told] * 4)


@given(
    boxes=st.lists(st.tuples(*(st.integers(0, 40) for _ in range(4))), min_size=1, max_size=5),
    taken=st.tuples(*(st.integers(0, 40) for _ in range(4))),
)
def test_shares_of_level_and_upright_edges_are_those_of_each_cell(
    boxes: list[tuple[int, ...]], taken: tuple[int, ...]
) -> None:
    """Edges lie on cells' sides and within cells, all level or upright; cell by cell."""
    whole = shapely.union_all([_box(*box) for box in boxes]).difference(_box(*taken))
    shape, geobox = polygons_only(shapes(whole))[0], geobox_of(4, 4)
    shares = cell_shares(shapes(shape), geobox)
    found = np.zeros(16)
    found[shares.cell] = shares.share
    rows, cols = np.divmod(np.arange(16), 4)
    cells = shapely.box(cols * 100, 300 - rows * 100, cols * 100 + 100, 400 - rows * 100)
    assert found == pytest.approx(shapely.area(shapely.intersection(cells, shape)) / 10_000)


def _box(x: int, y: int, wide: int, high: int) -> shapely.Polygon:
    return shapely.box(10 * x, 10 * y, 10 * (x + wide + 1), 10 * (y + high + 1))


def test_shares_equal_those_of_exactextract() -> None:
    import geopandas as gpd  # noqa: PLC0415
    from exactextract.raster import NumPyRasterSource  # noqa: PLC0415

    polygons = wobbly(3, 30)
    shares = cell_shares(polygons, geobox_of(20, 20))
    frame = gpd.GeoDataFrame(geometry=polygons, crs=CRS)
    raster = NumPyRasterSource(np.zeros((20, 20)), 0, 0, 2000, 2000, srs_wkt=frame.crs.to_wkt())
    oracle = exact_extract(raster, frame, ["cell_id", "coverage"], output="pandas")
    for number in range(len(polygons)):
        rows = shares.geometry == number
        theirs = dict(zip(oracle["cell_id"][number], oracle["coverage"][number], strict=True))
        ours = dict(zip(shares.cell[rows], shares.share[rows], strict=True))
        assert set(ours) == {cell for cell, share in theirs.items() if share > 0}
        assert all(abs(share - theirs[cell]) < 1e-6 for cell, share in ours.items())


@settings(max_examples=25)
@given(seed=st.integers(0, 10_000))
def test_the_eligible_part_is_the_polygon_inside_the_cells(seed: int) -> None:
    polygons, geobox = wobbly(seed, 6), geobox_of(20, 20)
    mask = np.random.default_rng(seed).random((20, 20)) < 0.6
    shares = cell_shares(polygons, geobox)
    parts = eligible_part(polygons, mask, geobox=geobox, shares=shares)
    area = shares.total(mask.ravel()[shares.cell].astype(float)) * shares.cell_m2
    assert shapely.area(parts) == pytest.approx(area, abs=1e-6)
    assert shapely.is_valid(parts).all()
    assert shapely.covers(shapely.buffer(polygons, 1e-6), parts).all()


def test_a_polygon_of_eligible_cells_stays_as_it_is() -> None:
    triangle = shapely.Polygon([(0, 0), (200, 0), (0, 200)])
    geobox = geobox_of(2, 2)
    shares = cell_shares(shapes(triangle), geobox)
    mask = np.array([[True, False], [True, True]])
    assert eligible_part(shapes(triangle), mask, geobox=geobox, shares=shares)[0].equals(triangle)
    none = eligible_part(shapes(triangle), ~np.ones((2, 2), bool), geobox=geobox, shares=shares)
    assert none[0].is_empty


def test_dissolve_joins_the_parts_of_each_owner() -> None:
    left, right, far = shapely.box(0, 0, 1, 1), shapely.box(1, 0, 2, 1), shapely.box(5, 0, 6, 1)
    joined = dissolve(shapes(left, right, far), np.array([3, 3, 8]))
    assert shapely.area(joined).tolist() == [2.0, 1.0]


def test_points_and_lines_of_an_overlay_are_dropped() -> None:
    mixed = shapely.GeometryCollection([shapely.box(0, 0, 1, 1), shapely.Point(5, 5)])
    assert polygons_only(shapes(mixed))[0].equals(shapely.box(0, 0, 1, 1))
    assert polygons_only(shapes(shapely.Point(0, 0)))[0].is_empty
