"""RWEQ and its parts against hand-worked cases, second forms and published limits."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sandgrid.params import default_parameters
from sandgrid.sand.erosion import (
    Soil,
    canopy_factor,
    crust_factor,
    erodible_fraction,
    flat_residue_factor,
    ridge_roughness_cm,
    roughness_factor,
    standing_residue_factor,
    vegetation_factor,
)
from sandgrid.sand.loss import (
    SL190,
    cover_gain_for_ratio,
    critical_length_m,
    largest_transport,
    share_kept,
    sl190_class,
    soil_loss,
    yearly_loss,
)

PARAMETERS = default_parameters()
WEATHER = np.asarray(PARAMETERS.numbers("sand.weather_kg_m"))


def test_erodible_fraction_by_hand_and_within_the_range_it_was_measured_in() -> None:
    loam = Soil(42.0, 40.0, 18.0, 1.8, 1.5)
    by_hand = (29.09 + 0.31 * 42 + 0.17 * 40 + 0.33 * 42 / 18 - 2.59 * 1.8 - 0.95 * 1.5) / 100
    assert erodible_fraction(loam) == pytest.approx(by_hand)
    dune = erodible_fraction(Soil(97.0, 2.0, 1.0, 0.1, 0.0))
    assert dune == erodible_fraction(Soil(93.6, 2.0, 5.0, 0.18, 0.0)), "clipped, not extrapolated"
    assert crust_factor(loam) == pytest.approx(1 / (1 + 0.0066 * 324 + 0.021 * 3.24))


def test_roughness_and_residue_factors_by_hand() -> None:
    assert ridge_roughness_cm(10.0, 50.0) == pytest.approx(0.4)
    assert roughness_factor(0.4, 5.0) == pytest.approx(
        np.exp(1.86 * 0.4 - 2.41 * 0.4**0.934 - 0.127 * 5)
    )
    assert flat_residue_factor(np.array([50.0])) == pytest.approx(np.exp(-2.19))
    assert standing_residue_factor(np.array([1.0])) == pytest.approx(np.exp(-0.0344))
    assert canopy_factor(np.array([1.0])) == pytest.approx(np.exp(-5.614))


def test_a_tenth_of_the_coefficient_would_be_noticed() -> None:
    """A public implementation writes 0.00483 for 0.0483: cover would hardly matter."""
    assert vegetation_factor(np.array([0.5]), 0.0658)[0] < 0.04


def test_critical_length_and_transport_have_the_published_constants() -> None:
    assert critical_length_m(np.array([1.0]))[0] == 150.71
    assert critical_length_m(np.array([32.0]))[0] == pytest.approx(150.71 * 32**-0.3711)
    assert largest_transport(np.array([2.0]))[0] == pytest.approx(219.6)


def test_soil_loss_is_the_slope_of_the_transport_at_50_m() -> None:
    """Q(z) = Qmax (1 - exp(-(z/s)^2)); the loss is dQ/dz, in kg/m2 ten times t/ha."""
    load = 3.7
    most, length = 109.8 * load, 150.71 * load**-0.3711

    def carried(z: float) -> float:
        return most * (1 - np.exp(-((z / length) ** 2)))

    slope = (carried(50.001) - carried(49.999)) / 0.002
    assert soil_loss(np.array([load]))[0] == pytest.approx(slope * 10, rel=1e-6)


@settings(max_examples=60)
@given(
    weather=st.lists(st.floats(0, 60), min_size=1, max_size=24),
    erodibility=st.floats(0, 0.8),
    exponent=st.floats(0, 8),
)
def test_the_year_in_one_pass_is_the_sum_of_its_periods(
    weather: list[float], erodibility: float, exponent: float
) -> None:
    share = np.linspace(0.5, 1.0, len(weather))
    one = yearly_loss(np.array(weather), np.array([erodibility]), np.array([exponent]), share=share)
    parts = [
        soil_loss(np.array([w * erodibility * np.exp(-exponent * s)]))[0]
        for w, s in zip(weather, share, strict=True)
    ]
    assert one[0] == pytest.approx(sum(parts), rel=1e-9, abs=1e-9)


def test_blocks_do_not_show() -> None:
    erodibility, exponent = np.random.default_rng(1).uniform(0.1, 1.0, (2, 400, 401))
    whole = yearly_loss(WEATHER, erodibility, exponent)
    assert whole.shape == (400, 401)
    assert whole[399, 400] == yearly_loss(WEATHER, erodibility[-1:, -1:], exponent[-1:, -1:])[0, 0]


@pytest.mark.parametrize(
    "call",
    [
        lambda x: erodible_fraction(Soil(x, 4.0, 5.0, 0.4, 0.5)),
        lambda x: crust_factor(Soil(90.0, 5.0, x, 0.4, 0.5)),
        roughness_factor,
        flat_residue_factor,
        standing_residue_factor,
        canopy_factor,
        lambda x: vegetation_factor(x, 0.0658),
        soil_loss,
        lambda x: yearly_loss(WEATHER, x, np.zeros(2)),
        lambda x: yearly_loss(WEATHER, np.full(2, 0.5), x),
        lambda x: share_kept(WEATHER, x, np.zeros(2), np.ones(2), coefficient=0.07),
        lambda x: share_kept(WEATHER, np.full(2, 0.5), x, np.ones(2), coefficient=0.07),
        lambda x: share_kept(WEATHER, np.full(2, 0.5), np.zeros(2), x, coefficient=0.07),
    ],
)
def test_nan_in_is_nan_out(call: object) -> None:
    found = call(np.array([np.nan, 0.3]))  # type: ignore[operator]
    assert np.isnan(found).tolist() == [True, False]


@pytest.mark.parametrize(
    ("t_km2", "name"),
    [
        (0.0, "slight"),
        (199.99, "slight"),
        (200.0, "light"),
        (2_499.99, "light"),
        (2_500.0, "moderate"),
        (4_999.99, "moderate"),
        (5_000.0, "strong"),
        (7_999.99, "strong"),
        (8_000.0, "very_strong"),
        (14_999.99, "very_strong"),
        (15_000.0, "severe"),
    ],
)
def test_thresholds_of_sl190_are_exact(t_km2: float, name: str) -> None:
    assert SL190[sl190_class(np.array([t_km2 / 100]))[0]] == name


def test_no_class_where_nothing_is_known() -> None:
    assert sl190_class(np.array([np.nan, np.inf])).tolist() == [-1, -1]


@settings(max_examples=40)
@given(before=st.floats(0, 1), gain=st.floats(0, 1), more=st.floats(0, 0.5))
def test_more_cover_keeps_more(before: float, gain: float, more: float) -> None:
    start, soil = np.array([before]), np.array([0.6])
    kept = [
        share_kept(WEATHER, soil, start, start + g, coefficient=0.0658)[0]
        for g in (0.0, gain, gain + more)
    ]
    assert kept[0] == 0
    assert -1e-12 <= kept[1] <= kept[2] + 1e-12 <= 1 + 2e-12


def test_a_loss_of_cover_keeps_nothing() -> None:
    kept = share_kept(
        WEATHER, np.array([0.6]), np.array([0.3]), np.array([0.1]), coefficient=0.0658
    )
    assert kept.tolist() == [0.0]


def test_the_gain_of_cover_for_a_ratio_divides_the_loss_by_it() -> None:
    rng = np.random.default_rng(7)
    soil, cover = rng.uniform(0.4, 0.6, 50), rng.uniform(0.05, 0.5, 50)
    per_cover = np.full(50, 6.58)
    gain = cover_gain_for_ratio(WEATHER, soil, per_cover * cover, ratio=2.06, per_cover=per_cover)
    before = yearly_loss(WEATHER, soil, per_cover * cover).sum()
    after = yearly_loss(WEATHER, soil, per_cover * (cover + gain)).sum()
    assert before / after == pytest.approx(2.06, rel=1e-4)
