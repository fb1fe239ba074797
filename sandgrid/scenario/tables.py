"""Limits and quotas of a scenario as tables."""

import math

import pandas as pd

from sandgrid.scenario.model import Scenario
from sandgrid.scenario.sections import DistrictLimit, Limits
from sandgrid.units import ha_from_mu

RESOURCES = ("budget_cny", "person_days", "straw_t")


def limit_table(scenario: Scenario) -> pd.DataFrame:
    """Return the yearly limits: resource, district_id ("" = programme), year, limit."""
    rows = _limit_rows(scenario.limits, "")
    for part in scenario.limits.district:
        rows += _limit_rows(part, part.district)
    frame = pd.DataFrame(rows, columns=["resource", "district_id", "year", "limit"])
    return frame.astype(
        {"resource": "str", "district_id": "str", "year": "int64", "limit": "float64"}
    )


def _limit_rows(part: Limits | DistrictLimit, district: str) -> list[tuple[str, str, int, float]]:
    return [
        (resource, district, year, limit)
        for resource in RESOURCES
        for year, limit in sorted(getattr(part, resource).items())
    ]


def quota_table(scenario: Scenario) -> pd.DataFrame:
    """Return the quotas: quantity (capacity_mw, treated_ha), scope, scope_id, year, min, max."""
    rows = [
        (
            "treated_ha" if quota.quantity == "treated_mu" else quota.quantity,
            "district" if quota.district else "collective",
            quota.district or quota.collective or "",
            quota.year,
            _bound(quota.minimum, quota.quantity),
            _bound(quota.maximum, quota.quantity),
        )
        for quota in scenario.quotas
    ]
    names = ["quantity", "scope", "scope_id", "year", "minimum", "maximum"]
    frame = pd.DataFrame(rows, columns=names)
    return frame.astype({"year": "int64", "minimum": "float64", "maximum": "float64"})


def _bound(value: float | None, quantity: str) -> float:
    if value is None:
        return math.nan
    return ha_from_mu(value) if quantity == "treated_mu" else value
