"""What treated land yields to people, by industry; unknown yields and prices stay unknown."""

from typing import Final

import numpy as np
import pandas as pd

from sandgrid.params import Parameters
from sandgrid.people.rules import SharingRules, optional_number
from sandgrid.units import CENTIMU_PER_MU

NONE: Final = "none"


def with_industry(treatments: pd.DataFrame, options: pd.DataFrame) -> pd.DataFrame:
    """Return treatments with the industry of their option."""
    keys = ["parcel_id", "sequence_id", "place"]
    found = options[[*keys, "industry"]]
    return treatments.merge(found, on=keys, how="left", validate="m:1")


def income_per_mu(parameters: Parameters, industry: str) -> float | None:
    """Return yield times price of an industry [CNY/mu/a]; None where either is UNKNOWN.

    Examples
    --------
    >>> from sandgrid.params import default_parameters
    >>> income_per_mu(default_parameters(), "forage") is None
    True
    >>> known = {"industry.forage.yield_per_mu": 100, "industry.forage.price_cny": 1.5}
    >>> income_per_mu(default_parameters().with_values(known, "example"), "forage")
    150.0

    """
    found = [
        optional_number(parameters, f"industry.{industry}.{part}")
        for part in ("yield_per_mu", "price_cny")
    ]
    return None if found[0] is None or found[1] is None else found[0] * found[1]


def bearing_years(parameters: Parameters, industry: str) -> tuple[int, int]:
    """Return the first and last year of income after the counting year [a]; (1, 0) if unknown."""
    first, life = (
        optional_number(parameters, f"industry.{industry}.{part}")
        for part in ("first_year", "life_years")
    )
    return (1, 0) if first is None or life is None else (int(first), int(life))


def bearing_land(rows: pd.DataFrame, parameters: Parameters) -> pd.DataFrame:
    """Return the land of each treatment by the years in which it bears.

    Parameters
    ----------
    rows : DataFrame
        Treatments with industry.
    parameters : Parameters
        ``industry.*``.

    Returns
    -------
    DataFrame
        The treatments once per bearing year, with bearing_year and income_per_mu (NaN where it is
        UNKNOWN).

    """
    named = sorted(set(rows["industry"]) - {NONE})
    parts: list[pd.DataFrame] = []
    for industry in named:
        income = income_per_mu(parameters, industry)
        first, last = bearing_years(parameters, industry)
        own = rows[rows["industry"] == industry]
        parts += [
            own.assign(
                bearing_year=own["count_year"] + k,
                income_per_mu=np.nan if income is None else income,
            )
            for k in range(first, last + 1)
        ]
    if not parts:
        parts = [rows.head(0).assign(bearing_year=0, income_per_mu=0.0)]
    return pd.concat(parts, ignore_index=True)


def product_payments(
    treatments: pd.DataFrame, options: pd.DataFrame, parameters: Parameters, rules: SharingRules
) -> pd.DataFrame:
    """Return the income of products by year, to whoever the rule names; unknown income is none.

    Parameters
    ----------
    treatments : DataFrame
        With their parties.
    options : DataFrame
        Contract ``treat_options``.
    parameters : Parameters
        ``industry.*``.
    rules : SharingRules
        Who gains.

    """
    land = bearing_land(with_industry(treatments, options), parameters)
    known = land[land["income_per_mu"].notna()]
    amount = np.rint(known["area_centimu"] / CENTIMU_PER_MU * known["income_per_mu"])
    role = rules.product_to
    return known[["treatment_id", "collective_id", "district_id", "industry"]].assign(
        year=known["bearing_year"],
        item="product",
        plan_item="",
        payer_kind="market",
        payer="",
        payee_kind=known[f"{role}_kind"],
        payee=known[role],
        amount_cny=amount.astype("int64"),
    )
