"""Yield, cost and layout against published figures and hand-computed cases."""

import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from sandgrid.energy.array import row_pitch_m
from sandgrid.energy.cost import annuity, collector_cny_per_mw, unit_economics
from sandgrid.energy.layout import pad_polygons, wind_lattice
from sandgrid.energy.wind import prevailing_from_deg, weibull_hours
from sandgrid.layers.crs import GEODETIC, grid_convergence_deg, transform_points
from sandgrid.params import default_parameters
from tests.parcels.worlds import CRS

PARAMETERS = default_parameters()


def test_the_hours_of_a_weibull_year_are_all_there() -> None:
    speeds = np.arange(0.025, 60.0, 0.05)
    hours = weibull_hours(np.array([5.0, 8.0]), speeds, 2.0)
    assert hours.sum(axis=1) == pytest.approx([8760.0, 8760.0])
    assert (hours @ speeds) / 8760 == pytest.approx([5.0, 8.0], rel=1e-4)


def test_mean_cube_of_a_rayleigh_wind() -> None:
    speeds = np.arange(0.025, 80.0, 0.05)
    cube = (weibull_hours(np.array([7.0]), speeds, 2.0) @ speeds**3)[0] / 8760
    assert cube == pytest.approx(6 / math.pi * 7.0**3, rel=1e-4)


def test_the_annuity_is_the_inverse_of_the_capital_recovery_factor() -> None:
    r, n = 0.065, 25
    recovery = r * (1 + r) ** n / ((1 + r) ** n - 1)
    assert annuity(r, n) == pytest.approx(1 / recovery)
    assert annuity(r, n) == pytest.approx(sum((1 + r) ** -t for t in range(1, n + 1)))


def test_levelised_cost_of_pv_by_hand() -> None:
    """(4000 x CRF + 40) / (1650 h x 0.93) = 0.2398 yuan/kWh at 6.5 % and 25 years."""
    block = unit_economics(PARAMETERS, "pv")
    kw = block.unit_mw * 1_000
    station = PARAMETERS.number("pv.station_cny_per_kw")
    recovery = 1 / annuity(0.065, block.life_years)
    yearly = (block.generation_cny / kw + station + block.operation_cny / kw) * recovery
    assert yearly / (1_650 * 0.93) == pytest.approx(0.2398, abs=1e-4)


def test_value_of_a_megawatt_hour_by_hand() -> None:
    block = unit_economics(PARAMETERS, "pv")
    assert block.value_cny_per_mwh_year == pytest.approx(220 * 0.93 * annuity(0.065, 25))


def test_land_of_units() -> None:
    block, turbine = (unit_economics(PARAMETERS, name) for name in ("pv", "wind"))
    assert block.gross_ha * 15 / block.unit_mw == pytest.approx(28)
    assert turbine.gross_ha == pytest.approx(6.25 * 0.45)
    mu = PARAMETERS.number("energy.lease_cny_per_mu")
    assert block.lease_cny == pytest.approx(mu * 28 * 3.125 * annuity(0.065, 25))


def test_collectors_cost_by_length_and_feeder() -> None:
    assert collector_cny_per_mw(0.0, PARAMETERS) == 0.0
    assert collector_cny_per_mw(20.0, PARAMETERS) == 2 * collector_cny_per_mw(10.0, PARAMETERS)


def test_row_pitch_of_the_standard() -> None:
    """GB 50797 at 43.5 N, 35 degrees, 4.6 m modules: 13.6 m, so 1.29 to 1.35 ha per MWp."""
    pitch = row_pitch_m(4.6, tilt_deg=35.0, lat_deg=43.5)
    assert pitch == pytest.approx(13.6, abs=0.05)
    share = 4.6 / pitch
    array_ha = [1_000_000 / (efficiency * 1_000 * share) / 1e4 for efficiency in (0.22, 0.23)]
    assert 1.28 <= array_ha[1] <= array_ha[0] <= 1.36
    gross_ha = PARAMETERS.number("pv.gross_mu_per_mw") / 15
    assert array_ha[1] * 1.1 <= gross_ha


def test_pads_have_exactly_the_direct_land() -> None:
    lattice = wind_lattice(PARAMETERS, convergence_deg=0.0)
    pads = pad_polygons(np.array([[10.0, 20.0], [5_000.0, 0.0]]), lattice)
    assert [pad.area for pad in pads] == pytest.approx([28_125.0] * 2)
    reach = [
        np.hypot(*(np.array(pad.exterior.coords) - [x, y]).T).max()
        for pad, (x, y) in zip(pads, [(10, 20), (5000, 0)], strict=True)
    ]
    assert reach == pytest.approx([lattice.pad_radius_m] * 2)


def test_the_lattice_follows_true_north() -> None:
    """Away from the central meridian a wind from true north does not blow along the grid."""
    places = np.array([[123.5, 44.0], [123.5, 44.1]])
    (x0, y0), (x1, y1) = transform_points(places, GEODETIC, CRS)
    true_north = math.degrees(math.atan2(x1 - x0, y1 - y0))
    north = PARAMETERS.with_values({"wind.prevailing_from_deg": 0.0}, "test")
    convergence = float(grid_convergence_deg(123.5, 44.05, CRS))
    lattice = wind_lattice(north, convergence)
    assert abs(true_north) > 1.0
    assert lattice.bearing_deg == pytest.approx(true_north, abs=0.01)


def test_the_wind_table_of_the_city_prevails_from_the_west_north_west(data: Path) -> None:
    frequencies = pd.read_csv(data / "tables" / "wind_frequencies.csv")
    assert prevailing_from_deg(frequencies) == PARAMETERS.number("wind.prevailing_from_deg")
