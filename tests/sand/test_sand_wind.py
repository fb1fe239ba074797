"""Wind factors and drift: exact over bins, independent sums over the bundled table."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from sandgrid.errors import InputError
from sandgrid.params import default_parameters
from sandgrid.sand.drift import Drift, drift_of_wind, drift_terms, resultant, rose_share
from sandgrid.sand.transport import (
    bagnold,
    friction_velocity,
    kawamura,
    lettau,
    raupach_ratio,
    threshold_friction_velocity,
)
from sandgrid.sand.wind import (
    DAYS,
    air_density,
    mean_wind_term,
    monthly_wind,
    potential_evaporation_mm,
    weather_factors,
    wetness_factor,
    wind_of_series,
    wind_table,
    wind_terms,
)

PARAMETERS = default_parameters()
SEASONS = {"spring": (3, 4, 5), "summer": (6, 7, 8), "autumn": (9, 10, 11), "winter": (12, 1, 2)}


@pytest.fixture(scope="module")
def table(data: Path) -> pd.DataFrame:
    return pd.read_csv(data / "tables" / "wind_frequencies.csv")


def fine_sums(table: pd.DataFrame) -> "pd.Series[float]":
    """Sum U (U - 5)^2 over every row of the table, each bin cut into 400 speeds."""
    ratio = np.log(2 / 0.01) / np.log(10 / 0.01)
    speeds = (np.arange(400) + 0.5) / 400
    u = ratio * (table["speed_bin_ms_low"].to_numpy()[:, None] + speeds)
    term = (u * np.clip(u - 5.0, 0.0, None) ** 2).mean(axis=1) * table["frequency"]
    return term.groupby(table["month"]).sum() * np.asarray(DAYS)


def test_the_share_of_march_to_may_is_that_of_the_wind_table(table: pd.DataFrame) -> None:
    monthly = monthly_wind(wind_table(table), PARAMETERS)
    independent = fine_sums(table)
    assert monthly == pytest.approx(independent.to_numpy(), rel=0.01)
    shares = {
        season: monthly[[m - 1 for m in months]].sum() / monthly.sum()
        for season, months in SEASONS.items()
    }
    spring = independent.loc[[3, 4, 5]].sum() / independent.sum()
    assert shares["spring"] == pytest.approx(spring, rel=0.01)
    assert max(shares, key=lambda season: shares[season]) == "spring"


def test_the_default_weather_is_that_of_the_bundled_table(table: pd.DataFrame) -> None:
    found = weather_factors(wind_table(table), PARAMETERS, rain_mm=385.0, ghi_kwh_m2=1_450.0)
    assert found == pytest.approx(PARAMETERS.numbers("sand.weather_kg_m"), rel=0.05)


def test_sand_drifts_where_the_naiman_frequencies_send_it(table: pd.DataFrame) -> None:
    """WNW, NW and W lead at Naiman: sand goes east; by midpoints the same to a few degrees."""
    drift = drift_of_wind(wind_table(table))
    assert drift.by_sector.argmax() == 13  # WNW
    knots = (table["speed_bin_ms_low"] + 0.5) * 3600 / 1852
    potential = knots**2 * (knots - 12).clip(lower=0) * table["frequency"]
    days = table["month"].map(dict(enumerate(DAYS, start=1))) / sum(DAYS)
    toward = np.deg2rad(table["sector"] * 22.5 + 180)
    east, north = (potential * days * f(toward) for f in (np.sin, np.cos))
    expected = np.rad2deg(np.arctan2(east.sum(), north.sum())) % 360
    assert drift.toward_deg == pytest.approx(expected, abs=1.0)
    assert 90 <= drift.toward_deg <= 135
    assert drift.total == pytest.approx((potential * days).sum(), rel=0.03)
    assert drift.energy == "low"
    assert drift.variability == "bimodal"


def test_bins_keep_the_convexity_of_the_wind_term() -> None:
    """The mean over a bin is that of its speeds, and above the term of its middle."""
    edges = np.array([6.0, 8.0])
    speeds = np.linspace(6.0, 8.0, 200_001)
    assert wind_terms(edges, 5.0)[0] == pytest.approx(mean_wind_term(speeds, 5.0), rel=1e-5)
    assert wind_terms(edges, 5.0)[0] > 7.0 * (7.0 - 5.0) ** 2


def test_speeds_below_the_threshold_move_nothing() -> None:
    """(U - 5)^2 without the floor at 0, as in a public implementation, would count calm air."""
    assert mean_wind_term(np.array([0.0, 2.0, 4.9]), 5.0) == 0
    assert wind_terms(np.array([0.0, 1.0, 5.0]), 5.0).tolist() == [0.0, 0.0]


def test_a_series_gives_what_its_hours_give() -> None:
    rng = np.random.default_rng(3)
    month = np.repeat(np.arange(1.0, 13.0), 2_000)
    speed, direction = rng.weibull(2.0, 24_000) * 5, rng.uniform(0, 360, 24_000)
    speed[5] = np.nan
    wind = wind_of_series(month, direction, speed)
    assert wind.frequency.sum(axis=(1, 2)) == pytest.approx(np.ones(12))
    ratio = np.log(200) / np.log(1000)
    january = speed[:2_000][np.isfinite(speed[:2_000])]
    expected = mean_wind_term(january * ratio, 5.0) * 31
    assert monthly_wind(wind, PARAMETERS)[0] == pytest.approx(expected, rel=0.02)


@pytest.mark.parametrize(
    ("change", "text"),
    [
        (lambda t: t.drop(columns="frequency"), "frequency"),
        (lambda t: t[t["month"] != 4], "12 months"),
        (lambda t: t[t["speed_bin_ms_low"] != 7], "bins"),
        (lambda t: t.assign(frequency=t["frequency"] * 0.9), "sum to 0.9"),
    ],
)
def test_a_broken_wind_table_is_an_error(table: pd.DataFrame, change: object, text: str) -> None:
    with pytest.raises(InputError, match=text):
        wind_table(change(table))  # type: ignore[operator]


def test_weather_by_hand() -> None:
    assert air_density(0.0, 15.0) == pytest.approx(348 * 1.013 / 288.15)
    evaporation = potential_evaporation_mm(np.array([10_000.0, 500.0]), np.array([12.2, -20.0]))
    assert evaporation == pytest.approx([0.0162 * 10_000 / 58.5 * 30, 0.0])
    wet = wetness_factor(np.array([80.0]), np.array([20.0]), np.array([0.25]))
    assert wet[0] == pytest.approx((80 - 20 * 0.25) / 80)


def test_fryberger_by_hand_and_in_other_units() -> None:
    """20 knots all year from one side: 20^2 x 8 x 100 % / 100 = 3,200 VU; in m/s 7.345 less."""
    edges = np.array([19.999, 20.001]) * 1852 / 3600
    assert drift_terms(edges)[0] == pytest.approx(3_200, rel=1e-4)
    ms, threshold = 20 * 1852 / 3600, 12 * 1852 / 3600
    assert 3_200 / (ms**2 * (ms - threshold)) == pytest.approx(7.345, abs=0.005)


def test_resultants_of_simple_roses() -> None:
    even = resultant(np.ones(16))
    assert even.ratio == pytest.approx(0, abs=1e-12)
    assert even.variability == "complex"
    two = np.zeros(16)
    two[[12, 0]] = 300.0  # from W and from N
    drift = resultant(two)
    assert drift.toward_deg == pytest.approx(135.0)
    assert drift.ratio == pytest.approx(np.sqrt(0.5))
    assert (drift.energy, drift.variability) == ("high", "bimodal")
    assert rose_share(Drift(np.zeros(16), 0.0, 0.0, 0.0)) == pytest.approx(np.full(16, 1 / 16))


def test_transport_formulas_against_each_other_and_by_hand() -> None:
    threshold = float(threshold_friction_velocity(0.25))
    assert threshold == pytest.approx(0.1 * np.sqrt((2650 - 1.22) / 1.22 * 9.81 * 0.00025))
    strong = np.array([5.0])  # far above the threshold all go with the cube
    assert lettau(strong, threshold, 0.25)[0] / bagnold(strong, 0.25, sorting=4.2)[
        0
    ] == pytest.approx(1 - threshold / 5)
    assert kawamura(np.array([1.0]), 0.2)[0] == pytest.approx(2.78 * 1.22 / 9.81 * 0.8 * 1.44)
    assert kawamura(np.array([0.1]), 0.2)[0] == 0
    assert friction_velocity(np.array([7.0]), 2.0, 0.002)[0] == pytest.approx(
        0.4 * 7 / np.log(1000)
    )
    assert raupach_ratio(np.array([0.2]))[0] == pytest.approx(np.sqrt(0.9 * 10))
    for call in (lambda u: bagnold(u, 0.25), lambda u: lettau(u, 0.2, 0.25)):
        assert np.isnan(call(np.array([np.nan]))).all()
