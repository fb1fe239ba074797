"""Wakes: by hand for two turbines, and what must hold of any farm."""

import math

import numpy as np
import numpy.typing as npt
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from sandgrid.energy.wakes import covered_share, uses_park, wake_loss, wind_left
from sandgrid.errors import InputError
from sandgrid.params import default_parameters
from sandgrid.pipeline.wakes import energy_rose
from sandgrid.sand.wind import WindTable

PARAMETERS = default_parameters()
EVEN = np.full(16, 1 / 16)
PAIR = np.array([[0.0, 0.0], [0.0, 1_000.0]])


def lost(
    points: npt.NDArray[np.float64], rose: npt.NDArray[np.float64], turn: float = 0.0
) -> float:
    return wake_loss(points, rose, PARAMETERS, mean_ms=7.0, elevation_m=200.0, convergence_deg=turn)


def test_one_behind_another_by_hand() -> None:
    """Wind from the north reaches the northern turbine whole; 1,000 m behind, 175 m is wide."""
    deficit = (1 - math.sqrt(1 - 0.8)) * (100 / (100 + 0.075 * 1_000)) ** 2
    assert wind_left(PAIR, 0.0, PARAMETERS).tolist() == pytest.approx([1 - deficit, 1.0])
    assert wind_left(PAIR, 90.0, PARAMETERS).tolist() == pytest.approx([1.0, 1.0])


def test_wakes_add_by_squares() -> None:
    row = np.array([[0.0, 0.0], [0.0, 1_000.0], [0.0, 2_000.0]])
    start = 1 - math.sqrt(1 - 0.8)
    near, far = (start * (100 / (100 + 0.075 * x)) ** 2 for x in (1_000, 2_000))
    assert wind_left(row, 0.0, PARAMETERS)[0] == pytest.approx(1 - math.hypot(near, far))


@settings(max_examples=25)
@given(apart=st.floats(0, 400), wide=st.floats(100, 300))
def test_the_covered_share_is_that_of_drawn_discs(apart: float, wide: float) -> None:
    one = shapely.buffer(shapely.Point(0, 0), 100.0, quad_segs=256)
    other = shapely.buffer(shapely.Point(apart, 0), wide, quad_segs=256)
    drawn = shapely.intersection(one, other).area / one.area
    found = covered_share(np.array([apart]), np.array([wide]), 100.0)[0]
    assert found == pytest.approx(drawn, abs=2e-4)


def test_a_turbine_alone_loses_nothing_and_a_farm_more_the_denser_it_is() -> None:
    y, x = np.mgrid[:4, :4].astype(float)
    square = np.column_stack([x.ravel(), y.ravel()])
    assert lost(PAIR[:1], EVEN) == pytest.approx(0.0, abs=1e-12)
    losses = [lost(square * step, EVEN) for step in (3_000, 1_400, 900)]
    assert 0 < losses[0] < losses[1] < losses[2] < 0.5


def test_rows_of_the_default_spacing_lose_about_the_flat_share() -> None:
    """Seven by four rotors, turned to the wind, under an even rose and one that prevails."""
    y, x = np.mgrid[:5, :5].astype(float)
    farm = np.column_stack([(x * 800 + (y % 2) * 400).ravel(), (y * 1_400).ravel()])
    assert lost(farm, EVEN) == pytest.approx(PARAMETERS.number("wind.wake_loss"), abs=0.05)


def test_the_rose_turns_with_the_grid() -> None:
    """A wind from 22.5 degrees true on a grid turned by 22.5 degrees blows along its columns."""
    sector = np.eye(16)[1]
    assert lost(PAIR, sector, turn=22.5) == pytest.approx(lost(PAIR, np.eye(16)[0]))
    assert lost(PAIR, sector) < lost(PAIR, np.eye(16)[0])


def test_the_rose_weighs_sectors_by_energy() -> None:
    frequency = np.zeros((12, 16, 2))
    frequency[:, 0, 0], frequency[:, 4, 1] = 0.9, 0.1
    rose = energy_rose(WindTable(np.array([0.0, 4.0, 8.0]), frequency))
    assert rose[[0, 4]].tolist() == pytest.approx([7.2 / 28.8, 21.6 / 28.8])


def test_an_unknown_model_is_an_error() -> None:
    assert not uses_park(PARAMETERS)
    with pytest.raises(InputError, match="park"):
        uses_park(PARAMETERS.with_values({"wind.wake_model": "jensen"}, "test"))
