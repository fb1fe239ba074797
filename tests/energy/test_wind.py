"""Power curves, air, shear and yields against published figures and independent integrals."""

import math
from itertools import pairwise

import numpy as np
import pytest
from scipy.integrate import quad

from sandgrid.energy.curves import parametric_curve, power_curve, scaled_curve, table_curve
from sandgrid.energy.wind import (
    WindSites,
    air_density_kg_m3,
    gross_hours,
    hub_speed_ms,
    kept_share,
    series_full_load_hours,
    weibull_shape,
    wind_full_load_hours,
)
from sandgrid.errors import InputError
from sandgrid.params import default_parameters

PARAMETERS = default_parameters()


def sites(*means: float, elevation_m: float = 200.0, abrasion: float = 0.01) -> WindSites:
    many = len(means)
    return WindSites(np.array(means), np.full(many, elevation_m), np.full(many, abrasion))


def test_yields_of_published_projects() -> None:
    """Longyuan 2,593-2,700 h, default 2,900 h, Tianying 3,525 h: 6.5, 7.0 and about 8 m/s."""
    hours = wind_full_load_hours(sites(6.5, 7.0, 8.0), PARAMETERS)
    assert 2_593 <= hours[0] <= 2_700
    assert hours[1] == pytest.approx(2_900, rel=0.03)
    assert 3_400 <= hours[2] <= 3_525


@pytest.mark.parametrize("mean_ms", [5.5, 6.8, 7.4, 8.0])
@pytest.mark.parametrize("shape", [1.8, 2.0, 2.3])
def test_energy_equals_an_independent_weibull_integral(mean_ms: float, shape: float) -> None:
    """Adaptive quadrature of density times power between the knots of the curve."""
    curve, density = power_curve(PARAMETERS), 1.19
    scale = mean_ms / math.gamma(1 + 1 / shape)

    def integrand(speed: float) -> float:
        rate = (
            shape / scale * (speed / scale) ** (shape - 1) * math.exp(-((speed / scale) ** shape))
        )
        return rate * float(curve.at(np.array([speed]), density)[0])

    knots = np.unique([*curve.speeds_ms[::10].tolist(), curve.speeds_ms[-1]])
    parts = [quad(integrand, a, b, limit=100, epsabs=1e-7)[0] for a, b in pairwise(knots)]
    expected = sum(parts) * 8_760 / curve.rated_mw
    found = gross_hours(np.array([mean_ms]), np.array([density]), curve, shape)[0]
    assert found == pytest.approx(expected, rel=1e-3)


def test_full_load_hours_are_gross_times_what_the_losses_leave() -> None:
    curve, one = power_curve(PARAMETERS), sites(7.0, abrasion=0.02)
    density = air_density_kg_m3(one.elevation_m, PARAMETERS)
    gross = gross_hours(one.mean_ms, density, curve, 2.0)
    assert kept_share(PARAMETERS) == pytest.approx(0.91 * 0.95 * 0.83)
    expected = gross * kept_share(PARAMETERS) * 0.98
    assert wind_full_load_hours(one, PARAMETERS) == pytest.approx(expected)


def test_more_wind_yields_more_and_thin_air_less() -> None:
    hours = wind_full_load_hours(sites(*np.linspace(4, 10, 61).tolist()), PARAMETERS)
    assert (np.diff(hours) > 0).all()
    high = wind_full_load_hours(sites(7.0, elevation_m=1_200.0), PARAMETERS)
    assert 0.93 < high[0] / wind_full_load_hours(sites(7.0), PARAMETERS)[0] < 0.99


def test_unknown_wind_yields_unknown_energy() -> None:
    assert np.isnan(wind_full_load_hours(sites(np.nan, 7.0), PARAMETERS)).tolist() == [True, False]


def test_a_table_stands_as_it_is_in_the_library() -> None:
    curve = table_curve("SWT142/3150", 1.225)
    at = curve.at(np.array([2.9, 3.0, 7.0, 7.5, 12.0, 23.0, 23.1]))
    assert at.round(4).tolist() == [0.0, 0.055, 1.522, 1.862, 3.15, 3.15, 0.0]
    assert curve.label == "SWT142/3150 (windpowerlib)"


def test_a_scaled_curve_keeps_power_per_swept_area_and_says_so() -> None:
    table = table_curve("V126/3450", 1.225)
    curve = scaled_curve(table, 126.0, rated_mw=7.1, to_m=200.0)
    speeds = np.array([4.0, 6.0, 7.0, 8.0])
    faster = speeds * ((3.45 / 126**2) / (7.1 / 200**2)) ** (1 / 3)
    efficiency = curve.at(speeds) / (200**2 * speeds**3)
    assert efficiency == pytest.approx(table.at(faster) / (126**2 * faster**3), rel=5e-3)
    assert curve.rated_mw == pytest.approx(7.1)
    assert "scaled from V126/3450" in curve.label


def test_no_curve_beats_the_limit_of_betz() -> None:
    for curve in (power_curve(PARAMETERS), parametric_curve(PARAMETERS)):
        speeds = np.arange(3.0, 22.0, 0.1)
        free = 0.5 * 1.225 * math.pi * 100**2 * speeds**3 / 1e6
        assert (curve.at(speeds) / free).max() < 16 / 27
        assert curve.at(speeds).max() <= 6.25


def test_a_parametric_curve_by_hand() -> None:
    changed = PARAMETERS.with_values({"wind.curve": "parametric"}, "test")
    curve = power_curve(changed)
    assert curve.label == "parametric, 6.25 MW, 200 m"
    expected = 0.5 * 1.225 * math.pi * 100**2 * 6.0**3 * 0.42 / 1e6
    assert curve.at(np.array([6.0]))[0] == pytest.approx(expected, rel=1e-3)


def test_density_moves_the_curve_by_its_cube_root() -> None:
    curve = table_curve("SWT142/3150", 1.225)
    thin = curve.at(np.array([7.0]), 1.225 * 0.9)
    assert thin[0] == pytest.approx(float(curve.at(np.array([7.0 * 0.9 ** (1 / 3)]))[0]))


def test_an_unknown_turbine_is_an_error() -> None:
    strange = PARAMETERS.with_values({"wind.curve": "XY1/1"}, "test")
    with pytest.raises(InputError, match="no power curve of XY1/1"):
        power_curve(strange)


def test_shear_between_the_map_and_the_hub() -> None:
    low = PARAMETERS.with_values({"wind.map_height_m": 10.0, "wind.shear_exponent": 0.2}, "t")
    assert hub_speed_ms(np.array([4.0]), low)[0] == pytest.approx(4.0 * 12**0.2)
    assert hub_speed_ms(np.array([7.0]), PARAMETERS)[0] == 7.0


def test_a_weibull_series_yields_what_its_mean_yields() -> None:
    quantiles = (np.arange(8_760) + 0.5) / 8_760
    series = (-np.log1p(-quantiles)) ** 0.5
    assert weibull_shape(series) == pytest.approx(2.0, abs=0.01)
    found = series_full_load_hours(series, sites(6.0, 7.5), PARAMETERS)
    assert found == pytest.approx(wind_full_load_hours(sites(6.0, 7.5), PARAMETERS), rel=2e-3)


@pytest.mark.parametrize("series", [np.ones(8_759), np.full(8_760, np.nan), np.empty(0)])
def test_a_series_that_is_no_year_is_an_error(series: np.ndarray) -> None:
    with pytest.raises(InputError, match="whole years of hourly values"):
        series_full_load_hours(series, sites(7.0), PARAMETERS)
