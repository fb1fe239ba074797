"""The sun's place, clocks, PV yields and the land of rows."""

import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from sandgrid.energy.array import lay_rows, plan_block, row_pitch_m, site_mu_per_mw
from sandgrid.energy.solar import PvSites, pv_full_load_hours, pv_power, skies_over
from sandgrid.energy.sun import clock_error_h, require_local_clock, sun_angles, typical_times
from sandgrid.errors import InputError
from sandgrid.params import Parameters, default_parameters

PARAMETERS = default_parameters()


def sites(ghi: float, lat: float = 43.5, height: float = 250.0, dust: float = 0.04) -> PvSites:
    return PvSites(np.array([ghi]), np.array([lat]), np.array([height]), np.array([dust]))


def hours(place: PvSites, parameters: Parameters = PARAMETERS) -> float:
    return float(pv_full_load_hours(place, parameters, lon_deg=121.5)[0])


def test_sun_angles_of_the_published_example() -> None:
    """Reda and Andreas, NREL/TP-560-34302, table A5.1: Golden, 17 October 2003, 12:30:30 MST."""
    time = pd.DatetimeIndex(["2003-10-17 12:30:30"]).tz_localize("Etc/GMT+7")
    found = sun_angles(time, lat_deg=39.742476, lon_deg=-105.1786, elevation_m=1830.14).iloc[0]
    assert found["apparent_zenith"] == pytest.approx(50.11162, abs=0.01)
    assert found["azimuth"] == pytest.approx(194.34024, abs=0.01)


def test_noon_at_the_solstice_by_hand() -> None:
    """At solar noon the zenith is latitude less declination."""
    times = pd.date_range("2023-12-22 11:20", periods=120, freq="min", tz="Asia/Shanghai")
    zenith = sun_angles(times, lat_deg=43.65, lon_deg=122.24)["zenith"].min()
    assert zenith == pytest.approx(43.65 + 23.44, abs=0.01)


def test_times_without_a_zone_are_refused() -> None:
    with pytest.raises(InputError, match="no zone"):
        sun_angles(pd.DatetimeIndex(["2023-06-21 12:00"]), lat_deg=43.5, lon_deg=122.0)


def year_of_sun(zone: str) -> "pd.Series[float]":
    times = pd.date_range("2023-01-01", periods=8_760, freq="h", tz="Asia/Shanghai")
    angles = sun_angles(times, lat_deg=43.65, lon_deg=122.24)
    sun = pd.Series(np.cos(np.radians(angles["zenith"])).clip(lower=0), index=times)
    return sun.set_axis(times.tz_localize(None).tz_localize(zone))


def test_utc_taken_for_local_time_is_caught() -> None:
    """The same clock read as UTC puts the sun's noon eight hours off."""
    assert abs(clock_error_h(year_of_sun("Asia/Shanghai"), lon_deg=122.24)) < 0.1
    require_local_clock(year_of_sun("Asia/Shanghai"), lon_deg=122.24, name="ghi.csv")
    assert clock_error_h(year_of_sun("UTC"), lon_deg=122.24) == pytest.approx(8.0, abs=0.1)
    with pytest.raises(InputError, match=r"ghi\.csv misses the sun's noon by \+8\.0 h"):
        require_local_clock(year_of_sun("UTC"), lon_deg=122.24, name="ghi.csv")


def test_typical_days_stand_for_a_whole_year() -> None:
    """Three days a month against every day of the year: within 0.5 % in energy."""
    few, weights = typical_times(8)
    every = pd.date_range("2023-01-01 00:30", periods=8_760, freq="h", tz=few.tz)
    place = (43.5, 121.5, 200.0)
    sums = []
    for times, stand_for in ((few, weights), (every, np.ones(8_760))):
        clear, _ = skies_over(place, times, PARAMETERS)
        sums.append(float((pv_power(clear["poa"], 0.04, PARAMETERS) * stand_for).sum()))
    assert sums[0] == pytest.approx(sums[1], rel=5e-3)


@pytest.mark.parametrize("ghi", [1_395.0, 1_450.0, 1_550.0])
def test_hours_lie_in_the_published_range_over_the_irradiation_of_the_city(ghi: float) -> None:
    assert 1_500 <= hours(sites(ghi)) <= 1_930


def test_between_the_nodes_the_lattice_is_as_good_as_the_model() -> None:
    """Against the model at the place itself: within 0.3 %."""
    for lat, height, dust in ((42.7, 370.0, 0.05), (44.5, 730.0, 0.07), (45.4, 250.0, 0.049)):
        times, weights = typical_times(8)
        skies = skies_over((lat, 121.5, height), times, PARAMETERS)
        energy = [float((pv_power(s["poa"], dust, PARAMETERS) * weights).sum()) for s in skies]
        ghi = [float((s["ghi"] * weights).sum() / 1_000) for s in skies]
        share = (1_450.0 - ghi[1]) / (ghi[0] - ghi[1])
        exact = share * energy[0] + (1 - share) * energy[1]
        assert hours(sites(1_450.0, lat, height, dust)) == pytest.approx(exact, rel=3e-3)


def test_what_moves_the_yield_moves_it_the_right_way() -> None:
    base = hours(sites(1_450.0))

    def changed(**values: float) -> float:
        keys = {f"pv.{key}": value for key, value in values.items()}
        return hours(sites(1_450.0), PARAMETERS.with_values(keys, "test"))

    assert hours(sites(1_500.0)) > base
    assert hours(sites(1_450.0, dust=0.08)) == pytest.approx(base * 0.96, rel=0.01)
    assert changed(bifacial_gain=0.0) == pytest.approx(base / 1.05, rel=0.01)
    assert changed(array_loss=0.2) < base
    assert changed(temperature_coefficient_per_c=0.0) > changed(
        temperature_coefficient_per_c=-0.004
    )
    assert base < changed(dc_ac_ratio=1.4) < base * 1.4 / 1.2


def test_power_never_exceeds_the_rating() -> None:
    times, _ = typical_times(8)
    clear, _ = skies_over((43.5, 121.5, 200.0), times, PARAMETERS)
    large = PARAMETERS.with_values({"pv.dc_ac_ratio": 1.6}, "test")
    power = pv_power(clear["poa"], 0.0, large)
    assert power.max() == pytest.approx(1 - PARAMETERS.number("pv.grid_loss"))
    assert power.min() == 0.0


@pytest.mark.parametrize("ghi", [2_600.0, 300.0])
def test_an_impossible_map_is_an_error(ghi: float) -> None:
    with pytest.raises(InputError, match="cannot be"):
        hours(sites(ghi))


def test_rows_on_a_slope_clear_the_shade_exactly() -> None:
    """The ray over the upper edge meets the lower edge behind: checked by its own geometry."""
    for slope in (-6.0, -2.0, 0.0, 4.0):
        pitch = row_pitch_m(4.6, tilt_deg=35.0, lat_deg=43.5, south_slope_deg=slope)
        tilt = np.radians(35.0)
        top = np.array([4.6 * np.cos(tilt), 4.6 * np.sin(tilt)])
        behind = np.array([pitch, pitch * np.tan(np.radians(slope))])
        level = row_pitch_m(4.6, tilt_deg=35.0, lat_deg=43.5) - top[0]
        ray = -top[1] / level
        assert (behind - top)[1] / (behind - top)[0] == pytest.approx(ray)


def test_too_steep_a_slope_to_the_north_is_an_error() -> None:
    with pytest.raises(InputError, match=r"25\.0 degrees to the north"):
        row_pitch_m(4.6, tilt_deg=35.0, lat_deg=45.0, south_slope_deg=-25.0)


def test_land_per_megawatt_follows_from_geometry_and_lies_among_real_projects() -> None:
    """Hangjin 27.5, Tengger 26, Weichang and another 30 mu/MW; 20 to 45 in all."""
    level = [plan_block(PARAMETERS, lat_deg=lat).gross_mu_per_mw for lat in (42.3, 43.5, 45.5)]
    assert all(20 <= mu <= 45 for mu in level)
    assert level == sorted(level)
    assert level[1] == pytest.approx(PARAMETERS.number("pv.gross_mu_per_mw"), rel=0.01)
    given = site_mu_per_mw(np.array([42.3, 45.5]), np.array([0.0, 0.0]), PARAMETERS)
    assert given[0] == PARAMETERS.number("pv.gross_mu_per_mw")
    assert level[2] <= given[1] < level[2] + 0.01


def test_planting_beneath_spreads_the_rows() -> None:
    wide = PARAMETERS.with_values({"pv.least_row_gap_m": 12.0, "pv.lower_edge_m": 2.5}, "test")
    plan = plan_block(wide, lat_deg=43.5)
    assert plan.row_gap_m == pytest.approx(12.0)
    assert plan.lower_edge_m == 2.5
    assert plan.gross_mu_per_mw > plan_block(PARAMETERS, lat_deg=43.5).gross_mu_per_mw


@settings(max_examples=40)
@given(width=st.floats(20, 400), height=st.floats(20, 400), cut=st.floats(0.1, 0.9))
def test_rows_lie_on_the_land_clear_of_its_edge_and_of_each_other(
    width: float, height: float, cut: float
) -> None:
    plan = plan_block(PARAMETERS, lat_deg=43.5)
    corner = (width * cut, height * cut)
    land = shapely.Polygon(
        [(0, 0), (width, 0), (width, corner[1]), (corner[0], height), (0, height)]
    )
    rows = lay_rows(land, plan, margin_m=5.0)
    assert len(rows) > 0 or min(width * cut, height) < 25
    inner = land.buffer(-5.0, join_style="mitre").buffer(1e-5)
    assert all(inner.covers(row) for row in rows)
    for row in rows:
        low, high = row.bounds[1], row.bounds[3]
        assert high - low == pytest.approx(plan.depth_m)
        assert row.area == pytest.approx((row.bounds[2] - row.bounds[0]) * plan.depth_m)
    lows = np.unique([round(row.bounds[1], 6) for row in rows])
    assert (np.diff(lows) >= plan.pitch_m - 1e-5).all()


def test_a_square_block_holds_its_modules() -> None:
    """Rows drawn in a block of the planned size carry at least what the plan says."""
    plan = plan_block(PARAMETERS, lat_deg=43.5)
    side_x, side_y = plan.row_length_m + 10, plan.rows * plan.pitch_m + 10
    rows = lay_rows(shapely.box(0, 0, side_x, side_y), plan, margin_m=5.0)
    length = sum(row.bounds[2] - row.bounds[0] for row in rows)
    assert len(rows) == plan.rows
    assert length == pytest.approx(plan.rows * plan.row_length_m)
