"""Sequences, what they cost, when they count; and the options that are left."""

from datetime import date

import numpy as np
import pandas as pd
import pytest

from sandgrid.errors import InputError
from sandgrid.params import Parameter, Parameters, default_parameters
from sandgrid.sand.loss import yearly_loss
from sandgrid.sand.wind import periods
from sandgrid.treatment import list_treatments, read_sequences
from sandgrid.treatment.levels import level_means

PARAMETERS = default_parameters()
AS_OF = date(2024, 6, 30)
STRAW_SHRUB = {"straw_shrub", "straw_mech_shrub"}
STRAW_GRASS = {"straw_grass", "straw_mech_grass"}
WILLOW = {"willow_shrub", "willow_aerial"}
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
        "erodibility": 0.6,
        "erosion_t_per_ha": 100.0,
        "shelter_per_ha": 0.001,
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
        ({}, STRAW_SHRUB | STRAW_GRASS | WILLOW),
        ({"slope_deg": 12.0}, {"straw_shrub"} | WILLOW),
        ({"access_km": 4.0}, {"straw_shrub", "straw_grass"} | WILLOW),
        ({"rain_mm": 360.0}, STRAW_SHRUB | STRAW_GRASS),
        ({"rain_mm": 349.0}, STRAW_GRASS),
        ({"treat_ha": 30.0}, STRAW_SHRUB | STRAW_GRASS | {"willow_shrub"}),
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
        for n, (r, s, a) in enumerate(rng.uniform([401, 0, 1.1], [450, 9, 2.9], (200, 3)).tolist())
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


def test_shrubs_count_only_where_rain_carries_them() -> None:
    """Shrubs alone cover 15, 25 and 35 % at most; 35 % must be reached on semi-fixed sand."""
    for rain, found in ((349.0, set()), (399.0, {"shrub_enclosure"}), (400.0, {"shrub"})):
        shrubs = {"shrub", "shrub_enclosure"} & sequences(
            dune_class="semi_fixed", cover=0.15, rain_mm=rain
        )
        assert shrubs >= found
        assert ("shrub" in shrubs) is (rain >= 400)
        assert ("shrub_enclosure" in shrubs) is (rain >= 350)


def test_rain_sets_the_density() -> None:
    dry, wet = (
        list_treatments(
            pd.DataFrame([parcel(dune_class="semi_fixed", cover=0.15, rain_mm=rain)]),
            PARAMETERS,
            as_of=AS_OF,
        )
        .set_index("sequence_id")
        .loc["shrub_enclosure"]
        for rain in (380.0, 420.0)
    )
    assert dry["seedlings_per_ha"] == pytest.approx(825 * 1.05)
    assert wet["seedlings_per_ha"] == pytest.approx(1_100 * 1.05)
    assert dry["water_m3_per_ha_0"] == pytest.approx(0.6 * 15 * 0.75)


def test_straw_lies_only_where_sand_moves() -> None:
    straw = {name for name, s in BY_ID.items() if any(step.needs["straw_t"] for step in s.steps)}
    assert straw >= STRAW_SHRUB | STRAW_GRASS | {"semi_straw_shrub", "patch_straw_shrub"}
    moist = {"rain_mm": 430.0}
    assert not straw & sequences(dune_class="fixed", cover=0.35, **moist)
    dense = straw & sequences(dune_class="semi_fixed", cover=0.20, **moist)
    assert dense == {"patch_straw_shrub"}, "of denser semi-fixed sand only the blowouts"
    sparse = straw & sequences(dune_class="semi_fixed", cover=0.19, **moist)
    assert sparse == {"patch_straw_shrub", "semi_straw_shrub"}
    blowouts = sum(step.needs["straw_t"] for step in BY_ID["patch_straw_shrub"].steps)
    whole = sum(step.needs["straw_t"] for step in BY_ID["semi_straw_shrub"].steps)
    assert blowouts == pytest.approx(whole / 5)


@pytest.mark.parametrize("rain", [300.0, 349.9, 379.9])
def test_no_trees_where_rain_forbids(rain: float) -> None:
    trees = {name for name, s in BY_ID.items() if any(step.growth == "tree" for step in s.steps)}
    assert trees == {"pine_grass"}
    for dune_class, cover in (("semi_fixed", 0.2), ("fixed", 0.35)):
        assert not trees & sequences(dune_class=dune_class, cover=cover, rain_mm=rain)


def test_irrigation_needs_a_licence() -> None:
    land = pd.DataFrame([parcel(dune_class="semi_fixed", cover=0.2)])
    licensed = PARAMETERS.with_values({"treatment.water_licence": True}, "test")
    without, held = (list_treatments(land, p, as_of=AS_OF) for p in (PARAMETERS, licensed))
    assert "forage" not in set(without["sequence_id"])
    forage = held.set_index("sequence_id").loc["forage"]
    assert forage["water_m3_per_ha_0"] == 150 * 15
    assert forage["industry"] == "forage"


@pytest.mark.parametrize(("cover", "offered"), [(0.15, True), (0.13, False), (0.21, False)])
def test_strips_are_offered_where_they_suffice(*, cover: float, offered: bool) -> None:
    """36 % at 37.5 % cover, 64 % at today's and 12.5 points: 30 % from a cover of 13.2 %."""
    lower = PARAMETERS.with_values({"treatment.target_cover_semi_fixed": 0.30}, "test")
    land = pd.DataFrame([parcel(dune_class="semi_fixed", cover=cover)])
    found = set(list_treatments(land, lower, as_of=AS_OF)["sequence_id"])
    assert ("strip_shrub" in found) is offered
    assert "strip_shrub" not in sequences(dune_class="semi_fixed", cover=cover)
    assert BY_ID["strip_shrub"].need("cost_cny", 0) == pytest.approx(15 * (500 * 0.3636 + 100))


def test_pv_on_moving_sand_has_its_belts() -> None:
    on_site = {"treat_ha": 0.0, "on_site_ha": 9.0}
    found = sequences(**on_site)
    assert all("lock_belt" in {step.measure for step in BY_ID[name].steps} for name in found)
    assert sequences(**on_site, dune_class="semi_fixed", cover=0.2) == {"underpanel_belt"}
    assert sequences(**on_site, dune_class="fixed", cover=0.35) == {"underpanel"}


def test_no_subsidy_inside_the_land_of_a_plant() -> None:
    land = pd.DataFrame([parcel(dune_class="semi_fixed", cover=0.22, on_site_ha=5.0)])
    options = list_treatments(land, PARAMETERS, as_of=AS_OF)
    inside = options["place"] == "on_site"
    assert inside.any()
    assert (options.loc[inside, "subsidy_cny_per_ha"] == 0).all()
    assert (options.loc[~inside, "subsidy_cny_per_ha"] > 0).any()


def test_soil_retained_is_the_smaller_of_rweq_and_practice() -> None:
    """Grid of year 3, shrubs of year 2, fence of year 2: 1 - 0.55 x 0.6 x 0.75 of 100 t/ha."""
    options = list_treatments(pd.DataFrame([parcel()]), PARAMETERS, as_of=AS_OF)
    row = options.set_index("sequence_id").loc["straw_shrub"]
    practice = 1 - 0.55 * 0.6 * 0.75
    weather = periods(np.asarray(PARAMETERS.numbers("sand.weather_kg_m")), PARAMETERS)
    before, after = (
        yearly_loss(weather, np.array([0.6]), np.array([6.58 * cover]))[0]
        for cover in (0.05, 0.375)
    )
    assert 1 - after / before > practice
    assert row["soil_t_per_ha"] == pytest.approx(100 * practice)
    assert row["soil_t_per_ha_1"] == pytest.approx(85)
    assert row["protection_per_ha"] == pytest.approx(0.001 * practice)
    denser = list_treatments(
        pd.DataFrame([parcel(dune_class="fixed", cover=0.48)]), PARAMETERS, as_of=AS_OF
    )
    assert (denser["soil_t_per_ha"] <= 100).all()


def test_levels_keep_the_sum() -> None:
    rng = np.random.default_rng(5)
    many = pd.DataFrame([parcel(parcel_id=f"P{n}") for n in range(300)]).assign(
        erosion_t_per_ha=rng.uniform(0, 500, 300),
        shelter_per_ha=rng.uniform(0, 0.01, 300),
        treat_ha=rng.uniform(1, 100, 300),
    )
    means = level_means(many, PARAMETERS)
    for level, own in (("loss_t_per_ha", "erosion_t_per_ha"), ("shelter_per_ha",) * 2):
        assert means[level].nunique() <= 7
        total = (many[own] * many["treat_ha"]).sum()
        assert (means[level] * many["treat_ha"]).sum() == pytest.approx(total)
