"""Who holds the land, who does the work, who gains: for every parcel, site and treatment."""

from typing import Final

import numpy as np
import pandas as pd

from sandgrid.params import Parameters
from sandgrid.people.rules import SharingRules
from sandgrid.tables import conform_table

ROLES: Final = ("holder", "implementer", "beneficiary")
_BY_COLUMN: Final = ("collective", "holder")


def list_parties(
    parcels: pd.DataFrame, site_parcels: pd.DataFrame, parameters: Parameters
) -> pd.DataFrame:
    """List who fills each role on each parcel and site.

    Parameters
    ----------
    parcels : DataFrame
        Contract ``parcels``.
    site_parcels : DataFrame
        Contract ``site_parcels``.
    parameters : Parameters
        ``parcel.implementer.*``, ``parcel.beneficiary.*``, ``party.*``.

    Returns
    -------
    DataFrame
        Contract ``parties``. A site has every holder and beneficiary of its parcels, with the area
        of each; its implementer is the developer.

    """
    land = pd.DataFrame(parcels)
    parts = [_of_parcels(land, role, parameters) for role in ROLES]
    on_parcels = pd.concat(parts, ignore_index=True)
    on_sites = _of_sites(on_parcels, site_parcels, parameters)
    table = pd.concat([on_parcels, on_sites], ignore_index=True)
    order = ["object", "object_id", "role", "party_kind", "party"]
    return conform_table(table.sort_values(order, kind="stable", ignore_index=True), "parties")


def _of_parcels(parcels: pd.DataFrame, role: str, parameters: Parameters) -> pd.DataFrame:
    kinds = holder_kinds(parcels) if role == "holder" else party_kinds(parcels, role, parameters)
    return pd.DataFrame(
        {
            "object": "parcel",
            "object_id": parcels["parcel_id"],
            "role": role,
            "party_kind": kinds,
            "party": parcels[role],
            "area_ha": parcels["area_ha"],
        }
    )


def _of_sites(
    parties: pd.DataFrame, site_parcels: pd.DataFrame, parameters: Parameters
) -> pd.DataFrame:
    links = site_parcels.rename(columns={"parcel_id": "object_id"})
    joined = parties[parties["role"] != "implementer"].merge(links, on="object_id")
    keys = ["site_id", "role", "party_kind", "party"]
    summed = joined.groupby(keys, sort=True)["area_ha"].sum().reset_index()
    whole = summed[summed["role"] == "holder"].groupby("site_id")["area_ha"].sum()
    builder = pd.DataFrame(
        {
            "site_id": whole.index,
            "role": "implementer",
            "party_kind": "developer",
            "party": parameters.text("party.developer"),
            "area_ha": whole.to_numpy(),
        }
    )
    both = pd.concat([summed, builder], ignore_index=True)
    return both.rename(columns={"site_id": "object_id"}).assign(object="site")


def holder_kinds(parcels: pd.DataFrame) -> "pd.Series[str]":
    """Return the kind of each parcel's holder; a blank one is ``unassigned``.

    Examples
    --------
    >>> holder_kinds(pd.DataFrame({"holder_kind": ["household", ""]})).tolist()
    ['household', 'unassigned']

    """
    kinds = parcels["holder_kind"].astype("str")
    return kinds.where(kinds != "", "unassigned")


def party_kinds(parcels: pd.DataFrame, role: str, parameters: Parameters) -> "pd.Series[str]":
    """Return the kind of party that fills a role on each parcel, by the rule for its holder.

    Parameters
    ----------
    parcels : DataFrame
        With holder_kind.
    role : {"implementer", "beneficiary"}
        Which.
    parameters : Parameters
        ``parcel.<role>.<holder_kind>``: collective, holder, developer, social_capital or bureau.

    """
    kinds = holder_kinds(parcels)
    rules = {k: parameters.text(f"parcel.{role}.{k}") for k in parameters.below(f"parcel.{role}")}
    told = kinds.map(rules)
    return told.where(told != "holder", kinds).fillna("unassigned").astype("str")


def treatment_parties(
    treatments: pd.DataFrame, parcels: pd.DataFrame, parameters: Parameters, rules: SharingRules
) -> pd.DataFrame:
    """Return the treatments with collective, holder, implementer and beneficiary.

    Parameters
    ----------
    treatments, parcels : DataFrame
        Contracts of the same names.
    parameters : Parameters
        ``parcel.implementer.*``, ``parcel.beneficiary.*``, ``party.developer``.
    rules : SharingRules
        Who treats land inside a plant.

    Returns
    -------
    DataFrame
        The treatments with collective_id, collective, and holder, implementer and beneficiary,
        each with its kind.

    """
    land = pd.DataFrame(parcels)
    known = land[["parcel_id", "collective_id", "collective", *ROLES]].assign(
        holder_kind=holder_kinds(land),
        implementer_kind=party_kinds(land, "implementer", parameters),
        beneficiary_kind=party_kinds(land, "beneficiary", parameters),
    )
    plain = pd.DataFrame(treatments.drop(columns="geometry", errors="ignore"))
    rows = plain.merge(known, on="parcel_id", how="left", validate="m:1")
    if rules.on_site_implementer == "developer":
        inside = (rows["place"] == "on_site").to_numpy()
        name = parameters.text("party.developer")
        rows["implementer"] = np.where(inside, name, rows["implementer"])
        rows["implementer_kind"] = np.where(inside, "developer", rows["implementer_kind"])
    return rows
