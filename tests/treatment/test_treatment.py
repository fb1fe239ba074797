"""Sequences, what they cost, when they count; and the options that are left."""

from datetime import date

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sandgrid.errors import InputError
from sandgrid.params import Parameter, Parameters, default_parameters
from sandgrid.sand.erosion import soil_retained
from sandgrid.treatment import list_treatments, read_sequences

PARAMETERS = default_parameters()
AS_OF = date(2024, 6, 30)
BY_ID = {sequence.sequence_id: sequence for sequence in read_sequences(PARAMETERS)}


def parcel(**changes: object) -> dict[str, object]:
    """Return a large mobile parcel on flat moist land beside a road."""
    return {
        "parcel_id": "P000001",
        "dune_class": "mobile",
        "cover": 0.05,
        "slope_deg": 2.0,
        "rain_mm": 420.0,
        "access_km": 0.5,
        "treat_ha": 100.0,
        "on_site_ha": 0.0,
    } | changes


def sequences(**changes: object) -> set[str]:
    options = list_treatments(pd.DataFrame([parcel(**changes)]), PARAMETERS, as_of=AS_OF)
    return set(options["sequence_id"])


def test_every_measure_of_the_catalogue_is_read() -> None:
    used = {step.measure for sequence in BY_ID.values() for step in sequence.steps}
    assert used == set(PARAMETERS.below("measure"))


def test_cost_of_the_catalogue_per_mu() -> None:
    total = {
        name: round(sum(step.cost_cny_per_ha for step in sequence.steps) / 15)
        for name, sequence in BY_ID.items()
    }
    assert total["straw_shrub"] == 1200 + 500 + 100
    assert total["willow_aerial"] == 900 + 160 + 100
    assert total["enclosure"] == 100
    assert min(total.values()) == 100
    assert max(total.values()) <= 2_500


@pytest.mark.parametrize(
    ("changes", "wanted"),
    [
        ({}, {"straw_shrub", "straw_mech_shrub", "willow_shrub", "willow_aerial"}),
        ({"slope_deg": 12.0}, {"straw_shrub", "willow_shrub", "willow_aerial"}),
        ({"access_km": 4.0}, {"straw_shrub", "willow_shrub", "willow_aerial"}),
        ({"rain_mm": 360.0}, {"straw_shrub", "straw_mech_shrub"}),
        ({"treat_ha": 30.0}, {"straw_shrub", "straw_mech_shrub", "willow_shrub"}),
        ({"slope_deg": 30.0, "rain_mm": 300.0}, set()),
        ({"treat_ha": 0.0}, set()),
        ({"treat_ha": 0.0, "on_site_ha": 9.0}, {"straw_underpanel", "net_underpanel"}),
    ],
)
def test_what_fits_mobile_sand(changes: dict[str, object], wanted: set[str]) -> None:
    assert sequences(**changes) == wanted


@pytest.mark.parametrize(
    ("cover", "counts"), [(0.09, False), (0.22, False), (0.2251, True), (0.29, True)]
)
def test_enclosure_of_semi_fixed_sand_needs_enough_cover_today(
    *, cover: float, counts: bool
) -> None:
    """Today's cover and 12.5 points must reach 35 %."""
    assert ("enclosure" in sequences(dune_class="semi_fixed", cover=cover)) is counts


@pytest.mark.parametrize(("cover", "counts"), [(0.35, True), (0.399, True), (0.41, False)])
def test_grass_on_fixed_sand_must_gain_ten_points(*, cover: float, counts: bool) -> None:
    found = sequences(dune_class="fixed", cover=cover)
    assert ("grass" in found) is counts
    assert "enclosure" in found


def test_pine_counts_only_with_grass() -> None:
    assert BY_ID["pine_grass"].steps[0].cover == pytest.approx(0.30)
    assert "pine_grass" in sequences(dune_class="semi_fixed", cover=0.2)
    assert "pine_grass" not in sequences(dune_class="semi_fixed", cover=0.2, rain_mm=370.0)


def test_cost_work_and_straw_by_year() -> None:
    options = list_treatments(pd.DataFrame([parcel()]), PARAMETERS, as_of=AS_OF)
    row = options.set_index("sequence_id").loc["straw_shrub"]
    cost = row[[f"cost_cny_per_ha_{n}" for n in range(3)]].tolist()
    assert cost == pytest.approx([18_000, 9_000, 0.05 * 7_500])
    days = row[[f"person_days_per_ha_{n}" for n in range(3)]].tolist()
    assert days == pytest.approx([45, 15.75, 0.05 * 15])
    assert row["straw_t_per_ha_0"] == pytest.approx(7.125)
    assert row["wages_cny_per_ha"] == pytest.approx(61.5 * 200)
    assert row["subsidy_cny_per_ha"] == pytest.approx((400 + 100) * 15)
    assert row["seasons_0"] == "spring autumn"
    assert row["seasons_1"] == "spring summer"
    assert row["survival"] == 0.80
    assert row["count_offset_years"] == 0
    assert not row["enclosure_only"]


def test_what_dies_below_the_target_is_planted_again_at_cost() -> None:
    """Of the shrubs 80 % live and 85 % must: a twentieth is planted again a year later."""
    shrub = BY_ID["shrub"]
    assert shrub.need("seedlings", 0) == 1_100
    assert shrub.need("seedlings", 1) == pytest.approx(55)
    assert shrub.counting_offset_years == 0
    enough = PARAMETERS.with_values({"treatment.survival_target": 0.80}, "test")
    by_id = {sequence.sequence_id: sequence for sequence in read_sequences(enough)}
    assert by_id["shrub"].need("seedlings", 1) == 0
    assert by_id["shrub"].repairs == ()


def test_cost_rises_with_distance_in_few_steps() -> None:
    far = [parcel(parcel_id=f"P{n}", access_km=km) for n, km in enumerate((0.5, 1.0, 2.9, 5, 9))]
    options = list_treatments(pd.DataFrame(far), PARAMETERS, as_of=AS_OF)
    cost = options[options["sequence_id"] == "straw_shrub"]["cost_cny_per_ha_0"] / 18_000
    assert cost.tolist() == pytest.approx([1.0, 1.0, 1.05, 1.1, 1.2])


@pytest.mark.parametrize(
    ("sequence", "as_of", "year"),
    [
        ("straw_shrub", date(2024, 6, 30), 2024),
        ("straw_shrub", date(2024, 11, 30), 2025),
        ("willow_shrub", date(2024, 9, 30), 2024),
        ("grass", date(2024, 6, 30), 2024),
        ("grass", date(2024, 7, 31), 2025),
        ("aerial", date(2024, 6, 30), 2025),
        ("enclosure", date(2024, 11, 30), 2024),
        ("enclosure", date(2024, 12, 31), 2025),
    ],
)
def test_a_step_needs_a_month_of_its_window_after_the_day(
    sequence: str, as_of: date, year: int
) -> None:
    assert BY_ID[sequence].first_year(as_of.year, as_of.month) == year


def test_alike_parcels_have_alike_options() -> None:
    rng = np.random.default_rng(1)
    many = [
        parcel(parcel_id=f"P{n:03d}", rain_mm=r, slope_deg=s, access_km=a)
        for n, (r, s, a) in enumerate(rng.uniform([385, 0, 1.1], [450, 9, 2.9], (200, 3)).tolist())
    ]
    options = list_treatments(pd.DataFrame(many), PARAMETERS, as_of=AS_OF)
    kinds = options.drop(columns="parcel_id").drop_duplicates()
    assert len(kinds) == options["sequence_id"].nunique()


def test_offsets_that_do_not_match_are_an_error() -> None:
    broken = PARAMETERS.with_values({"sequence.straw_shrub.offsets": [0.0, 1.0]}, "test")
    with pytest.raises(InputError, match="straw_shrub"):
        read_sequences(broken)


def test_an_unknown_measure_is_an_error() -> None:
    entries = dict(PARAMETERS) | {
        "sequence.shrub.measures": Parameter("shrubs", "", "test", "user")
    }
    with pytest.raises(InputError, match="shrubs"):
        read_sequences(Parameters(entries))


@settings(max_examples=50)
@given(loss=st.floats(0, 200), before=st.floats(0, 1), gain=st.floats(0, 1), more=st.floats(0, 0.5))
def test_soil_retained_is_a_growing_share_of_the_loss(
    loss: float, before: float, gain: float, more: float
) -> None:
    start = np.array([before])
    kept, kept_more = (
        soil_retained(np.array([loss]), start, start + g, coefficient=0.0658)[0]
        for g in (gain, gain + more)
    )
    assert 0 <= kept <= kept_more <= loss


def test_soil_retained_is_the_difference_of_two_losses() -> None:
    """Loss goes with exp(-a x cover %): 60 t/ha at 5 % becomes 60 exp(-0.0658 x 25) at 30 %."""
    kept = soil_retained(np.array([60.0]), np.array([0.05]), np.array([0.30]), coefficient=0.0658)
    assert kept[0] == pytest.approx(60 - 60 * np.exp(-0.0658 * 25))


def test_the_banner_fell_from_34_to_16_tonnes_with_eleven_points_of_cover() -> None:
    """Anchor of the Left Rear Banner, 2010 to 2016: the factor fits a plausible gain of cover."""
    kept = soil_retained(np.array([33.9]), np.array([0.20]), np.array([0.31]), coefficient=0.0658)
    assert 33.9 - kept[0] == pytest.approx(16.4, abs=0.3)
