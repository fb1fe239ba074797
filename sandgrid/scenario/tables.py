"""Limits and quotas of a scenario as tables."""

import math

import pandas as pd

from sandgrid.scenario.model import Scenario
from sandgrid.scenario.sections import SeasonLimit, YearlyLimits
from sandgrid.units import ha_from_mu

SEASONAL = ("person_days", "straw_t", "water_m3")
YEARLY = ("budget_cny", *SEASONAL, "working_capital_cny")
IN_MU = {"treated_mu": "treated_ha", "industry_mu": "industry_ha"}


def limit_table(scenario: Scenario) -> pd.DataFrame:
    """Return the limits: resource, district_id ("" = programme), year, season ("" = all), limit."""
    rows = _limit_rows(scenario.limits, "")
    for part in scenario.limits.district:
        rows += _limit_rows(part, part.district)
    names = ["resource", "district_id", "year", "season", "limit"]
    frame = pd.DataFrame(rows, columns=names)
    text = dict.fromkeys(["resource", "district_id", "season"], "str")
    return frame.astype({**text, "year": "int64", "limit": "float64"})


LimitRow = tuple[str, str, int, str, float]


def _limit_rows(part: YearlyLimits, district: str) -> list[LimitRow]:
    rows = _rows_of(part, YEARLY, district, "")
    for season, limits in sorted(part.season.items()):
        rows += _rows_of(limits, SEASONAL, district, season)
    return rows


def _rows_of(
    part: YearlyLimits | SeasonLimit, resources: tuple[str, ...], district: str, season: str
) -> list[LimitRow]:
    return [
        (resource, district, year, season, limit)
        for resource in resources
        for year, limit in sorted(getattr(part, resource).items())
    ]


def quota_table(scenario: Scenario) -> pd.DataFrame:
    """Return the quotas: quantity, scope, scope_id, year, minimum, maximum and shares [1].

    Land is in ha; the scope is a district, a collective or, with the id "", the programme.
    """
    rows = [
        (
            IN_MU.get(quota.quantity, quota.quantity),
            "district" if quota.district else "collective" if quota.collective else "programme",
            quota.district or quota.collective or "",
            quota.year,
            _bound(quota.minimum, quota.quantity),
            _bound(quota.maximum, quota.quantity),
            math.nan if quota.minimum_share is None else quota.minimum_share,
            math.nan if quota.maximum_share is None else quota.maximum_share,
        )
        for quota in scenario.quotas
    ]
    sides = ["minimum", "maximum", "minimum_share", "maximum_share"]
    frame = pd.DataFrame(rows, columns=["quantity", "scope", "scope_id", "year", *sides])
    return frame.astype({"year": "int64", **dict.fromkeys(sides, "float64")})


def _bound(value: float | None, quantity: str) -> float:
    if value is None:
        return math.nan
    return ha_from_mu(value) if quantity in IN_MU else value
