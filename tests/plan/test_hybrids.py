"""What a shared connection cuts off."""

import pandas as pd
import pytest

from sandgrid.energy.hybrid import curtailed_share, typical_profile
from sandgrid.params import default_parameters
from sandgrid.plan.hybrids import with_curtailment

PARAMETERS = default_parameters()
STATIONS = pd.DataFrame({"hub_id": ["H1", "H2"]})
BUILDS = pd.DataFrame(
    {
        "hub_id": ["H1", "H1", "H1", "H2"],
        "site_id": ["S1", "S1", "S1", "S2"],
        "technology": ["pv", "wind", "pv", "pv"],
        "year": [2024, 2025, 2026, 2026],
        "capacity_kw": [60_000, 50_000, 40_000, 50_000],
    }
)
SITES = pd.DataFrame(
    {
        "site_id": ["S1", "S2"],
        "lat_deg": [43.0, 43.5],
        "lon_deg": [122.0, 122.5],
        "elevation_m": [float("nan"), 200.0],
        "ghi_kwh_m2": [1_450.0, 1_460.0],
        "wind_ms": [7.0, 6.8],
    }
)


def test_a_connection_for_all_that_stands_cuts_nothing_off() -> None:
    found = with_curtailment(STATIONS, BUILDS, SITES, PARAMETERS)
    assert found["curtailed_share"].tolist() == [0.0, 0.0]


def test_the_share_is_that_of_typical_days_above_the_connection() -> None:
    """100 MW of PV and half of 50 MW of wind: 125 MW for 150 MW."""
    half = PARAMETERS.with_values({"programme.hybrid_coincidence": 0.5}, "test")
    found = with_curtailment(STATIONS, BUILDS, SITES, half)["curtailed_share"].tolist()
    place = (43.0, 122.0, half.number("energy.elevation_m"))
    profile = typical_profile(place, half, ghi_kwh_m2=1_450.0, wind_ms=7.0)
    expected = curtailed_share(profile, pv_mw=100.0, wind_mw=50.0, limit_mw=125.0)
    assert found[0] == pytest.approx(expected)
    assert 0 < found[0] < 0.02
    assert found[1] == 0.0


def test_a_plan_without_builds_has_no_station_to_tell_of() -> None:
    found = with_curtailment(STATIONS[:0], BUILDS[:0], SITES, PARAMETERS)
    assert found["curtailed_share"].tolist() == []
