"""Slopes of planes are known; gaps do not spread."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandgrid.layers.terrain import hillshade, slope_deg

ROWS, COLS = np.indices((6, 7), dtype=np.float64)


@given(east=st.floats(-1, 1), south=st.floats(-1, 1))
def test_a_plane_has_one_slope_everywhere_also_at_its_edge(east: float, south: float) -> None:
    slope = slope_deg(100 + east * 30 * COLS + south * 30 * ROWS, 30)
    told = np.degrees(np.arctan(np.hypot(east, south)))
    assert slope == pytest.approx(np.full((6, 7), told), abs=0.01)


def test_a_gap_has_no_slope_and_takes_none_from_its_neighbours() -> None:
    plane = 10.0 * COLS
    plane[2, 3] = np.nan
    slope = slope_deg(plane, 10)
    assert np.isnan(slope[2, 3])
    rest = np.delete(slope.ravel(), 2 * 7 + 3)
    assert rest == pytest.approx(45.0)


def test_a_lone_cell_is_flat() -> None:
    assert slope_deg(np.array([[5.0]]), 10).tolist() == [[0.0]]
    alone = np.full((3, 3), np.nan)
    alone[1, 1] = 7
    assert slope_deg(alone, 10)[1, 1] == 0


def test_horn_weighs_the_middle_twice() -> None:
    dem = np.zeros((3, 3))
    dem[1, 2] = 8.0
    assert np.tan(np.radians(slope_deg(dem, 1)[1, 1])) == pytest.approx(2 * 8 / 8)


def test_light_comes_from_the_north_west() -> None:
    facing, away = hillshade(10 * (COLS + ROWS), 30)[2, 3], hillshade(-10 * (COLS + ROWS), 30)[2, 3]
    assert facing > np.sin(np.pi / 4) > away
