"""Subsidy of the central funds: eligible land, rates by measure, steps after the building."""

from typing import Final

import pandas as pd

from sandgrid.params import Parameters
from sandgrid.people.rules import SharingRules
from sandgrid.people.yearly import split_whole
from sandgrid.units import CENTIMU_PER_MU

COLUMNS: Final = [
    "treatment_id", "year", "item", "plan_item", "payer_kind", "payer", "payee_kind", "payee",
    "collective_id", "district_id", "industry", "amount_cny",
]  # fmt: skip


def subsidised(
    treatments: pd.DataFrame, site_use: pd.DataFrame, rules: SharingRules
) -> "pd.Series[bool]":
    """Return which treatments lie outside the footprint of a base.

    Parameters
    ----------
    treatments : DataFrame
        place, parcel_id.
    site_use : DataFrame
        Contract ``site_use``: parcels that carry generation land, and their sites.
    rules : SharingRules
        What the footprint is: land under panels, parcels with generation land, or sites.

    Examples
    --------
    >>> from dataclasses import replace
    >>> from sandgrid.params import default_parameters
    >>> from sandgrid.people.rules import read_rules
    >>> rules = read_rules(default_parameters())
    >>> rows = pd.DataFrame({"place": ["on_site", "off_site", "off_site"],
    ...                      "parcel_id": ["P1", "P1", "P2"], "home": ["S1", "S1", "S1"]})
    >>> use = pd.DataFrame({"site_id": ["S1"], "parcel_id": ["P1"], "gross_centimu": [5]})
    >>> [subsidised(rows, use, replace(rules, footprint=kind)).tolist()
    ...  for kind in ("on_site", "parcel", "site")]
    [[False, True, True], [False, False, True], [False, False, False]]

    """
    off_site = treatments["place"] != "on_site"
    built = site_use[site_use["gross_centimu"] > 0]
    if rules.footprint == "on_site":
        return off_site
    if rules.footprint == "parcel":
        return off_site & ~treatments["parcel_id"].isin(built["parcel_id"])
    return off_site & ~treatments["home"].isin(set(built["site_id"]) - {""})


def measure_lists(sequences: "pd.Series[str]", parameters: Parameters) -> dict[str, list[str]]:
    """Return sequence -> its measures, in order."""
    names = sorted(set(sequences))
    return {name: parameters.text(f"sequence.{name}.measures").split() for name in names}


def granted_cny(
    treatments: pd.DataFrame,
    site_use: pd.DataFrame,
    parameters: Parameters,
    rules: SharingRules,
) -> "pd.Series[int]":
    """Return the subsidy of each treatment, all steps [CNY].

    The rates of its measures (``measure.*.subsidy_cny_per_mu``) times its land, never more than
    the works cost.
    """
    eligible = subsidised(treatments, site_use, rules)
    rate = {
        name: sum(parameters.number(f"measure.{m}.subsidy_cny_per_mu") for m in measures)
        for name, measures in measure_lists(treatments["sequence_id"], parameters).items()
    }
    amount = treatments["sequence_id"].map(rate) * treatments["area_centimu"] / CENTIMU_PER_MU
    whole = amount.astype("float64").round().clip(upper=treatments["spent_cny"].astype("float64"))
    granted: pd.Series[int] = whole.where(eligible, 0.0).astype("int64")
    return granted


def subsidy_payments(
    treatments: pd.DataFrame, site_use: pd.DataFrame, parameters: Parameters, rules: SharingRules
) -> pd.DataFrame:
    """Return the steps of the subsidy of each treatment, paid to whoever advances the money.

    Parameters
    ----------
    treatments : DataFrame
        With their parties, ``spent_cny`` (what the works cost) and ``home`` (site of the parcel).
    site_use : DataFrame
        Contract ``site_use``.
    parameters : Parameters
        ``subsidy.*``, ``sequence.*.measures``, ``party.developer``.
    rules : SharingRules
        Who advances; steps and their years.

    """
    amounts = granted_cny(treatments, site_use, parameters, rules)
    steps = split_whole(amounts, rules.step_shares)
    by_implementer = rules.advance == "implementer"
    developer = parameters.text("party.developer")
    base = treatments[["treatment_id", "collective_id", "district_id"]].assign(
        item="subsidy",
        plan_item="",
        payer_kind="public_funds",
        payer="",
        payee_kind=treatments["implementer_kind"] if by_implementer else "developer",
        payee=treatments["implementer"] if by_implementer else developer,
        industry="",
    )
    parts = [
        base.assign(year=treatments["year"] + years, amount_cny=steps[:, k])
        for k, years in enumerate(rules.step_years)
    ]
    table = pd.concat(parts, ignore_index=True)[COLUMNS]
    return table[table["amount_cny"] > 0].reset_index(drop=True)
