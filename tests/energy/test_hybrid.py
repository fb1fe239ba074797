"""Curtailment of wind and sun behind one connection."""

import numpy as np
import pytest

from sandgrid.energy.hybrid import curtailed_share, series_curtailed_share, typical_profile
from sandgrid.energy.solar import PvSites, pv_full_load_hours
from sandgrid.energy.wind import WindSites, wind_full_load_hours
from sandgrid.errors import InputError
from sandgrid.params import default_parameters

PARAMETERS = default_parameters()
PLACE = (43.0, 121.5, 200.0)
PROFILE = typical_profile(PLACE, PARAMETERS, ghi_kwh_m2=1_450.0, wind_ms=7.0)


def test_the_profile_yields_what_the_yearly_models_yield() -> None:
    pv = float((PROFILE.pv @ PROFILE.pv_chance) @ PROFILE.hours)
    one = (np.array([value]) for value in (1_450.0, 43.0, 200.0, 0.04))
    assert pv == pytest.approx(
        pv_full_load_hours(PvSites(*one), PARAMETERS, lon_deg=121.5)[0], rel=2e-3
    )
    wind = float(PROFILE.wind.mean(axis=1) @ PROFILE.hours)
    site = WindSites(np.array([7.0]), np.array([200.0]), np.array([0.01]))
    assert wind == pytest.approx(wind_full_load_hours(site, PARAMETERS)[0], rel=0.03)


def test_a_connection_as_large_as_both_plants_curtails_nothing() -> None:
    assert curtailed_share(PROFILE, pv_mw=100, wind_mw=100, limit_mw=200) == 0.0
    assert curtailed_share(PROFILE, pv_mw=0, wind_mw=0, limit_mw=10) == 0.0
    assert curtailed_share(PROFILE, pv_mw=100, wind_mw=0, limit_mw=0) == pytest.approx(1.0)


def test_less_connection_curtails_more_and_the_mix_less_than_one_kind() -> None:
    lost = [
        curtailed_share(PROFILE, pv_mw=100, wind_mw=100, limit_mw=mw) for mw in (180, 150, 120, 90)
    ]
    assert lost == sorted(lost)
    assert 0 < lost[1] < 0.1
    alone = curtailed_share(PROFILE, pv_mw=200, wind_mw=0, limit_mw=120)
    assert curtailed_share(PROFILE, pv_mw=100, wind_mw=100, limit_mw=120) < alone


def test_hourly_series_by_hand() -> None:
    pv, wind = np.array([6.0, 0.0, 2.0]), np.array([6.0, 9.0, 2.0])
    assert series_curtailed_share(pv, wind, limit_mw=8.0) == pytest.approx(5 / 25)
    with pytest.raises(InputError, match="differ"):
        series_curtailed_share(pv, wind[:2], limit_mw=8.0)
    with pytest.raises(InputError, match="hold gaps"):
        series_curtailed_share(pv, np.array([1.0, np.nan, 1.0]), limit_mw=8.0)
