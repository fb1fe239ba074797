"""Land, income and jobs by industry and year; what is not known stays unknown."""

from typing import Final

import numpy as np
import pandas as pd

from sandgrid.params import Parameters
from sandgrid.people.products import NONE, bearing_years, income_per_mu, with_industry
from sandgrid.people.rules import optional_number
from sandgrid.people.sharing import Sources, works_of_years
from sandgrid.tables import conform_table
from sandgrid.units import CENTIMU_PER_HA, CENTIMU_PER_MU, KW_PER_MW

NEW_ENERGY: Final = "new_energy"
PER_MW: Final = 100


def industry_years(cash: pd.DataFrame, sources: Sources, years: tuple[int, ...]) -> pd.DataFrame:
    """Return land, capacity, income, person-days and jobs by industry and year of the plan.

    Parameters
    ----------
    cash : DataFrame
        Of :func:`sandgrid.people.sharing.plan_cash`.
    sources : Sources
        The plan.
    years : tuple of int
        Years of the plan.

    Returns
    -------
    DataFrame
        Contract ``industries``. Treated land without an industry stands under ``none``.
        Income and jobs are missing where a yield, price or number of jobs is UNKNOWN.

    """
    rows = with_industry(sources.treatments, sources.treat_options)
    works = works_of_years(cash, sources)
    works = works.merge(rows[["treatment_id", "industry"]], on="treatment_id", validate="m:1")
    per_job = sources.parameters.number("labour.days_per_job")
    found = [
        _treated(rows, works, sources.parameters, (industry, year, per_job))
        for industry in sorted(set(rows["industry"]))
        for year in years
    ]
    found += [_energy(cash, sources, year) for year in years]
    return conform_table(pd.DataFrame(found), "industries")


def _treated(
    rows: pd.DataFrame,
    works: pd.DataFrame,
    parameters: Parameters,
    place: tuple[str, int, float],
) -> dict[str, object]:
    industry, year, per_job = place
    own = rows[rows["industry"] == industry]
    area = int(own.loc[own["count_year"] <= year, "area_centimu"].sum())
    busy = works[(works["industry"] == industry) & (works["year_of_work"] == year)]
    days = float(busy["person_days_of_year"].sum())
    return {
        "industry": industry,
        "year": year,
        "area_ha": area / CENTIMU_PER_HA,
        "area_centimu": area,
        "capacity_kw": 0,
        "income_cny": _income(own, parameters, industry, year),
        "person_days": round(days, 3),
        "jobs": round(days / per_job, 3),
    }


def _income(own: pd.DataFrame, parameters: Parameters, industry: str, year: int) -> float:
    """Return the income of a year, as payments count it; NaN where it is unknown."""
    if industry == NONE:
        return 0.0
    per_mu = income_per_mu(parameters, industry)
    first, last = bearing_years(parameters, industry)
    bears = own[(own["count_year"] + first <= year) & (year <= own["count_year"] + last)]
    if per_mu is None:
        return float("nan")
    return float(np.rint(bears["area_centimu"] / CENTIMU_PER_MU * per_mu).sum())


def _energy(cash: pd.DataFrame, sources: Sources, year: int) -> dict[str, object]:
    builds = sources.builds[sources.builds["year"] <= year]
    sold = cash[(cash["item"] == "energy_value") & (cash["year"] == year)]["amount_cny"].sum()
    area, kw = int(builds["gross_centimu"].sum()), int(builds["capacity_kw"].sum())
    per_mw = optional_number(sources.parameters, f"industry.{NEW_ENERGY}.jobs_per_100_mw")
    return {
        "industry": NEW_ENERGY,
        "year": year,
        "area_ha": area / CENTIMU_PER_HA,
        "area_centimu": area,
        "capacity_kw": kw,
        "income_cny": float(sold),
        "person_days": 0.0,
        "jobs": float("nan") if per_mw is None else kw / KW_PER_MW / PER_MW * per_mw,
    }
