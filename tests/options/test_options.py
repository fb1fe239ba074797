"""Build and treat options of small worlds."""

from datetime import date

import numpy as np
import pandas as pd
import pytest

from sandgrid.energy.cost import annuity, levelised_cost_cny_per_mwh
from sandgrid.options import BURDENS, GAINS, SEASONS, Options, drop_dominated, list_options
from sandgrid.params import default_parameters
from sandgrid.tables import column_names

PARAMETERS = default_parameters()
AS_OF = date(2024, 6, 30)
SITES = pd.DataFrame(
    {
        "site_id": ["S001", "S002"],
        "pv_net_ha": [58.4, 5.0],
        "turbine_positions": [0, 7],
        "ghi_kwh_m2": [1_450.0, 1_450.0],
        "wind_ms": [6.0, 7.0],
        "lon_deg": 121.5,
        "lat_deg": 43.5,
    }
)
LINKS = pd.DataFrame(
    {"site_id": ["S001", "S002"], "hub_id": ["H001", "H001"], "distance_km": [0.0, 10.0]}
)
PARCELS = pd.DataFrame(
    {
        "parcel_id": ["P000001", "P000002"],
        "dune_class": ["semi_fixed", "fixed"],
        "cover": [0.25, 0.35],
        "slope_deg": 1.0,
        "rain_mm": 400.0,
        "access_km": 0.5,
        "treat_ha": 100.0,
        "on_site_ha": [10.0, 0.0],
        "erodibility": 0.6,
        "erosion_t_per_ha": [60.0, 5.0],
        "shelter_per_ha": 0.001,
    }
)


def options(links: pd.DataFrame = LINKS) -> Options:
    return list_options(PARCELS, SITES, links, PARAMETERS, as_of=AS_OF)


def test_one_row_per_site_technology_and_hub_that_can_be_built() -> None:
    builds = options().build_options
    assert list(builds.columns) == column_names("build_options")
    rows = builds[["site_id", "technology", "units_max"]].to_numpy().tolist()
    assert rows == [["S001", "pv", 10], ["S002", "wind", 7]]


def test_a_turbine_by_hand() -> None:
    wind = options().build_options.set_index("technology").loc["wind"]
    assert wind["unit_mw"] == 6.25
    assert wind["gross_ha_per_unit"] == pytest.approx(2.8125)
    assert wind["generation_cny_per_unit"] == pytest.approx((4_800 - 500) * 6_250)
    assert wind["operation_cny_per_unit"] == pytest.approx(60 * 6_250 * annuity(0.065, 20))
    assert wind["collector_cny_per_unit"] == pytest.approx(10 * 1.2 * 600_000 / 27.5 * 6.25)
    hours = wind["energy_mwh_per_unit_year"] / 6.25
    assert hours == pytest.approx(2_955, abs=5)
    value = hours * 6.25 * 250 * 0.93 * annuity(0.065, 20)
    assert wind["energy_value_cny_per_unit"] == pytest.approx(value)
    spent = [f"{item}_cny_per_unit" for item in ("generation", "operation", "lease", "collector")]
    on_balance = sum(wind[name] for name in spent) - value
    assert wind["net_present_cost_cny_per_unit"] == pytest.approx(on_balance)
    assert wind["levelised_cny_per_mwh"] == pytest.approx(
        levelised_cost_cny_per_mwh(
            PARAMETERS,
            "wind",
            full_load_hours=hours,
            connection_cny=float(wind["collector_cny_per_unit"]),
        )
    )


def test_a_plant_without_yield_has_no_price_of_energy() -> None:
    calm = list_options(
        PARCELS, SITES.assign(wind_ms=0.01), LINKS, PARAMETERS, as_of=AS_OF
    ).build_options
    wind = calm[calm["technology"] == "wind"]
    assert wind["levelised_cny_per_mwh"].isna().all()
    assert (wind["net_present_cost_cny_per_unit"] > 0).all()


def test_no_site_takes_more_than_a_hub_can_carry() -> None:
    vast = SITES.assign(pv_net_ha=50_000.0)
    builds = list_options(PARCELS, vast, LINKS, PARAMETERS, as_of=AS_OF).build_options
    pv = builds[builds["technology"] == "pv"]
    most = PARAMETERS.number("power.hub_max_mw")
    assert (pv["units_max"] * pv["unit_mw"]).max() <= most
    assert ((pv["units_max"] + 1) * pv["unit_mw"]).min() > most


def test_sites_without_a_hub_are_named() -> None:
    found = options(LINKS[:1])
    assert found.unlinked_sites == ("S002",)
    assert set(found.build_options["site_id"]) == {"S001"}


def test_treatments_that_nobody_would_choose_are_dropped_and_counted() -> None:
    found = options()
    kept = found.treat_options.groupby("parcel_id")["sequence_id"].agg(set)
    # shrubs keep more than grass, and more yet behind a fence
    beside = {"shrub", "shrub_enclosure", "patch_straw_shrub", "underpanel_belt"}
    assert kept["P000001"] == {"grass", "pine_grass", "enclosure"} | beside
    assert kept["P000002"] == {"grass", "pine_grass", "enclosure"}
    assert found.dominated == 0


def test_an_option_is_beaten_only_in_its_own_market_and_seasons() -> None:
    pair = random_menu(0, 2).assign(**dict.fromkeys([*BURDENS, *GAINS], 1.0), place="off_site")
    pair = pair.assign(first_year=2024, cost_cny_per_ha_0=[1.0, 2.0])
    assert drop_dominated(pair)["sequence_id"].tolist() == ["q0"]
    assert len(drop_dominated(pair.assign(industry=["none", "forage"]))) == 2
    assert len(drop_dominated(pair.assign(seasons_0=["summer", "spring summer"]))) == 2
    assert len(drop_dominated(pair.assign(seasons_0=["spring summer", "summer"]))) == 1
    assert len(drop_dominated(pair.assign(protection_per_ha=[1.0, 1.1]))) == 2
    assert len(drop_dominated(pair.assign(water_m3_per_ha_2=[1.1, 1.0]))) == 2


def random_menu(seed: int, count: int = 6) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    table = pd.DataFrame({name: rng.integers(0, 3, count).astype(float) for name in BURDENS[:4]})
    table = table.assign(**dict.fromkeys(BURDENS[4:], 0.0))
    return table.assign(
        parcel_id="P1",
        sequence_id=[f"q{n}" for n in range(count)],
        place=rng.choice(["on_site", "off_site"], count),
        soil_t_per_ha=rng.integers(0, 3, count).astype(float),
        **dict.fromkeys(GAINS[1:], 0.0),
        **dict.fromkeys(SEASONS, "summer"),
        industry="none",
        count_offset_years=0,
        first_year=rng.integers(2024, 2026, count),
        reaches_cover=True,
        enclosure_only=False,
    )


@pytest.mark.parametrize("seed", range(30))
def test_whatever_is_dropped_is_beaten_by_something_kept(seed: int) -> None:
    menu = random_menu(seed)
    kept = drop_dominated(menu)
    gone = menu[~menu["sequence_id"].isin(kept["sequence_id"])]
    worse = [*BURDENS, "first_year"]
    for row in gone.itertuples():
        rivals = kept[kept["place"] == row.place]
        mine = menu.loc[row.Index]
        beats = (rivals[worse] <= mine[worse].astype(float)).all(axis=1)
        assert (beats & (rivals["soil_t_per_ha"] >= row.soil_t_per_ha)).any()
    for place, rivals in kept.groupby("place"):
        assert not rivals.duplicated([*worse, "soil_t_per_ha"]).any(), place
