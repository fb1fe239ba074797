"""Targets for every year of the plan, exact, from the few years that a planner gives."""

import math
from collections.abc import Mapping
from fractions import Fraction
from itertools import pairwise

import pandas as pd

from sandgrid.scenario.model import Scenario
from sandgrid.units import CENTIMU_PER_MU, MU_PER_HA

TECHNOLOGY_OF = {"capacity_mw": "total", "pv_mw": "pv", "wind_mw": "wind"}


def fill_years(given: Mapping[int, float], *, linear: bool) -> dict[int, Fraction]:
    """Return targets as exact fractions, with the years between filled in if asked.

    Parameters
    ----------
    given : mapping
        Year -> target.
    linear : bool
        Fill the years between two given ones on a straight line.

    Examples
    --------
    >>> fill_years({2024: 164_000, 2030: 516_000}, linear=True)[2025]
    Fraction(668000, 3)
    >>> fill_years({2024: 700, 2030: 2300}, linear=False)
    {2024: Fraction(700, 1), 2030: Fraction(2300, 1)}

    """
    exact = {year: Fraction(value).limit_denominator(10**6) for year, value in given.items()}
    filled = dict(exact)
    if linear:
        for (early, low), (late, high) in pairwise(sorted(exact.items())):
            step = (high - low) / (late - early)
            filled.update({year: low + step * (year - early) for year in range(early, late)})
    return dict(sorted(filled.items()))


def treated_targets(scenario: Scenario) -> pd.DataFrame:
    """Return the treatment targets: year, target_ha, target_mu, target_centimu (rounded up)."""
    targets = fill_years(
        scenario.targets.treated_mu, linear="treated_mu" in scenario.targets.interpolate
    )
    return pd.DataFrame(
        {
            "year": list(targets),
            "target_ha": [float(mu / MU_PER_HA) for mu in targets.values()],
            "target_mu": [float(mu) for mu in targets.values()],
            "target_centimu": [math.ceil(mu * CENTIMU_PER_MU) for mu in targets.values()],
        }
    )


def capacity_targets(scenario: Scenario, unit_mw: Mapping[str, float]) -> pd.DataFrame:
    """Return the capacity targets: technology (total, pv, wind), year, target_mw, band_mw.

    Parameters
    ----------
    scenario : Scenario
        Targets by year.
    unit_mw : mapping
        Technology (pv, wind) -> capacity of a block or turbine [MW]; capacity may exceed a
        target by one unit (the larger one for the total) and by ``allow_surplus_mw``.

    """
    rows = []
    for name, technology in TECHNOLOGY_OF.items():
        linear = name in scenario.targets.interpolate
        unit = unit_mw.get(technology, max(unit_mw.values()))
        for year, target in fill_years(getattr(scenario.targets, name), linear=linear).items():
            rows.append((technology, year, float(target), unit + scenario.targets.allow_surplus_mw))
    return pd.DataFrame(rows, columns=["technology", "year", "target_mw", "band_mw"])
