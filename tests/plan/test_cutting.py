"""Straight cuts: exact areas, nothing lost, nothing twice."""

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from sandgrid.errors import InputError
from sandgrid.plan.blocks import cut_blocks
from sandgrid.plan.cutting import Axis, bisect_polygon, cut_place, only_polygons, split_area
from sandgrid.plan.pieces import M2_PER_CENTIMU, cut_pieces


def patchwork(cells: list[bool], side_m: float = 100.0) -> shapely.Geometry:
    """Return the union of some cells of a 6 x 6 raster, with a round hole in the middle."""
    boxes = [
        shapely.box(i % 6 * side_m, i // 6 * side_m, (i % 6 + 1) * side_m, (i // 6 + 1) * side_m)
        for i, kept in enumerate(cells)
        if kept
    ]
    return only_polygons(shapely.union_all(boxes).difference(shapely.Point(300, 300).buffer(70)))


lands = st.lists(st.booleans(), min_size=36, max_size=36).map(patchwork)
shares = st.floats(min_value=0.01, max_value=0.99)


@given(lands, shares, st.sampled_from(["low", "high"]))
def test_a_cut_takes_exactly_the_area_and_loses_nothing(
    land: shapely.Geometry, share: float, side: str
) -> None:
    part, rest = split_area(land, land.area * share, from_high=side == "high")
    assert part.area == pytest.approx(land.area * share, abs=1e-3)
    assert part.area + rest.area == pytest.approx(land.area, abs=1e-3)
    assert part.intersection(rest).area < 1e-6
    assert part.difference(land).area < 1e-6


@given(lands, st.integers(min_value=1, max_value=9))
def test_bisection_makes_equal_parts_that_do_not_overlap(
    land: shapely.Geometry, count: int
) -> None:
    parts = bisect_polygon(land, count, toward=(0.0, 0.0))
    assert len(parts) == count
    assert np.allclose(shapely.area(parts), land.area / count, atol=1e-3)
    assert shapely.union_all(parts).area == pytest.approx(land.area, abs=1e-2)


@given(lands, st.integers(min_value=1, max_value=12))
def test_blocks_have_the_area_of_a_unit_and_lie_on_the_land(
    land: shapely.Geometry, count: int
) -> None:
    block_m2 = land.area / 12.0
    blocks = cut_blocks(land, count, block_m2, toward=(600.0, 0.0), site_id="S001")
    assert np.allclose(shapely.area(blocks), block_m2, atol=0.5)
    assert shapely.union_all(blocks).difference(land).area < 1e-3
    assert shapely.union_all(blocks).area == pytest.approx(count * block_m2, abs=0.5)


def test_land_too_small_for_its_blocks_is_named() -> None:
    with pytest.raises(InputError, match=r"S007: 1.0000 ha of PV land cannot hold .* 1.5000 ha"):
        cut_blocks(shapely.box(0, 0, 100, 100), 3, 5_000.0, toward=(0, 0), site_id="S007")


def test_the_block_nearest_the_hub_comes_first() -> None:
    land = shapely.box(0, 0, 400, 100)
    near, _, far = cut_blocks(land, 3, 10_000.0, toward=(400, 50), site_id="S001")
    assert (near.bounds[2], far.bounds[0]) == (400.0, 100.0)


def test_whole_parts_are_filled_before_scraps_are_put_together() -> None:
    land = shapely.MultiPolygon([shapely.box(0, 0, 150, 100), shapely.box(500, 0, 650, 100)])
    blocks = cut_blocks(land, 3, 10_000.0, toward=(0, 0), site_id="S001")
    assert [len(shapely.get_parts(block)) for block in blocks] == [1, 1, 2]


@pytest.mark.parametrize(("axis", "place"), [("x", 3.0), ("y", 1.2)])
def test_a_rectangle_is_cut_where_the_area_says(axis: Axis, place: float) -> None:
    assert cut_place(shapely.box(0, 0, 10, 4), 12.0, axis) == pytest.approx(place)


def test_pieces_of_a_parcel_that_is_taken_whole_leave_nothing() -> None:
    land = shapely.box(0, 0, 100, 100.04)
    first, last = cut_pieces(land, [500, 1000], parcel_id="P000001")
    assert first.area == pytest.approx(500 * M2_PER_CENTIMU)
    assert first.area + last.area == pytest.approx(land.area)


def test_a_parcel_of_one_piece_keeps_its_shape() -> None:
    land = shapely.Point(0, 0).buffer(50)
    whole = int(land.area // M2_PER_CENTIMU)
    assert cut_pieces(land, [whole], parcel_id="P000001")[0].equals(land)


def test_a_piece_larger_than_its_land_is_refused() -> None:
    with pytest.raises(InputError, match=r"P000009: 1.0000 ha of land is left but 2.0000 ha"):
        cut_pieces(shapely.box(0, 0, 100, 100), [3000], parcel_id="P000009")
