"""Parcels, sites and options of the whole bundled city."""

import numpy as np
import pytest
import shapely

from sandgrid.options import Options
from sandgrid.parcels import Sites
from sandgrid.parcels.attributes import UNIONS
from sandgrid.pipeline.making import Run
from sandgrid.power import Connections

pytestmark = pytest.mark.end_to_end


@pytest.fixture
def city(city_run: Run) -> Sites:
    return city_run.land.sites


@pytest.fixture
def connections(city_run: Run) -> Connections:
    return city_run.question.connections


@pytest.fixture
def options(city_run: Run) -> Options:
    return city_run.question.options


def test_numbers_of_parcels_sites_and_hubs(city: Sites, connections: Connections) -> None:
    assert len(city.parcels) >= 5_000
    assert 150 <= len(city.sites) <= 300
    assert 30 <= len(connections.hubs) <= 80
    assert set(city.parcels["dune_class"]) == {"mobile", "semi_fixed", "fixed"}


def test_drawn_areas_equal_the_areas_of_the_masks(city: Sites) -> None:
    parcels = city.parcels
    assert np.abs(parcels["area_ha"] - parcels["any_ha"]).max() < 1e-6
    assert shapely.is_valid(parcels.geometry.to_numpy()).all()
    single = {"pv": "pv_ha", "wind": "wind_ha", "treatment": "treat_ha"}
    for union, uses in UNIONS.items():
        parts = parcels[[single[use] for use in uses]]
        assert (parcels[union] >= parts.max(axis=1) - 1e-9).all()
        assert (parcels[union] <= parts.sum(axis=1) + 1e-9).all()


def test_sites_are_sums_of_their_parcels_and_do_not_overlap(city: Sites) -> None:
    held = city.parcels[city.parcels["site_id"] != ""]
    sums = held.groupby("site_id")[["pv_ha", "any_ha"]].sum()
    sites = city.sites.set_index("site_id")
    assert sites["pv_ha"].to_numpy() == pytest.approx(sums["pv_ha"].to_numpy())
    assert sites["area_ha"].to_numpy() == pytest.approx(sums["any_ha"].to_numpy(), abs=1e-6)
    districts = held.groupby("site_id")["district_id"].nunique()
    assert (districts == 1).all()
    assert (sites["pv_net_ha"] <= sites["pv_ha"] + 1e-6).all()


def test_the_windiest_quarter_of_wind_land_has_the_wind_of_good_parts(city: Sites) -> None:
    land = city.parcels[city.parcels["wind_ha"] > 0].sort_values("wind_ms", ascending=False)
    quarter = land[land["wind_ha"].cumsum() <= land["wind_ha"].sum() / 4]
    mean_ms = float(np.average(quarter["wind_ms"], weights=quarter["wind_ha"]))
    assert 6.8 <= mean_ms <= 8.0


def test_yields_lie_in_the_published_ranges(options: Options) -> None:
    builds = options.build_options
    hours = builds["energy_mwh_per_unit_year"] / builds["unit_mw"]
    pv = hours[builds["technology"] == "pv"]
    assert pv.between(1_500, 1_930).all()
    best = np.sort(hours[builds["technology"] == "wind"])[-100:]
    assert best.min() >= 2_600
    assert best.max() <= 3_500


def test_there_is_land_and_capacity_to_choose_from(city: Sites, options: Options) -> None:
    builds = options.build_options.drop_duplicates(["site_id", "technology"])
    mw = (builds["units_max"] * builds["unit_mw"]).groupby(builds["technology"]).sum()
    assert mw["pv"] >= 3 * 2_300
    assert mw["wind"] >= 3 * 1_200
    treatable = city.parcels["parcel_id"].isin(options.treat_options["parcel_id"])
    assert city.parcels.loc[treatable, "treat_ha"].sum() >= 3 * 34_400


def test_treatments_cost_what_the_trade_pays(options: Options) -> None:
    treats = options.treat_options
    per_mu = treats[[f"cost_cny_per_ha_{year}" for year in range(3)]].sum(axis=1) / 15
    assert per_mu.between(100, 3_700).all()  # nets up to 2,500 with planting up to 1,200
    assert options.dominated > 0
    assert options.unlinked_sites == ()
