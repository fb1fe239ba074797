"""Parcels that differ in nothing but their area are planned together, then told apart again.

Merging is lossless: within a class every attribute that any row or the objective reads is the
same, and land is the only row of a single parcel.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from sandgrid.optimize.case import CASE_TABLES, Case

_ATTRIBUTES = [name for name in CASE_TABLES["treat_options"].kinds if name != "parcel_id"]


@dataclass(frozen=True)
class Classes:
    """Classes of parcels.

    Parameters
    ----------
    table : DataFrame
        class_id (id of the first parcel), site_id, district_id, collective_id ("" where no quota
        asks for it), dune_class, locked, treat_ha, on_site_ha.
    options : DataFrame
        The treat options of a class: class_id and the columns of ``treat_options``.
    members : DataFrame
        class_id, parcel_id, treat_ha, on_site_ha, in order of id.

    """

    table: pd.DataFrame
    options: pd.DataFrame
    members: pd.DataFrame


def group_parcels(case: Case) -> Classes:
    """Group parcels whose options and places agree; parcels without an option are left out."""
    options = _open_options(case)
    signature = _signatures(options)
    parcels = case.parcels.merge(signature, on="parcel_id", how="inner", validate="1:1")
    by_collective = (case.quotas["scope"] == "collective").any()
    if not by_collective:
        parcels = parcels.assign(collective_id="")
    parcels["locked"] = parcels["parcel_id"].isin(case.settings.locked_in_parcels)
    keys = ["site_id", "district_id", "collective_id", "dune_class", "locked", "signature"]
    parcels["group"] = _alone_or_in_reach(case, parcels["parcel_id"])
    keys = [*keys, "group"]
    first = parcels.groupby(keys, sort=False)["parcel_id"].transform("first")
    members = parcels.assign(class_id=first)
    table = members.groupby("class_id", as_index=False, sort=True).agg(
        dict.fromkeys(keys, "first") | {"treat_ha": "sum", "on_site_ha": "sum"}
    )
    chosen = options[options["parcel_id"].isin(table["class_id"])]
    return Classes(
        table=table.drop(columns=["signature", "group"]),
        options=chosen.rename(columns={"parcel_id": "class_id"}).reset_index(drop=True),
        members=members[["class_id", "parcel_id", "treat_ha", "on_site_ha"]],
    )


def _alone_or_in_reach(case: Case, parcels: pd.Series) -> pd.Series:
    """Tell apart parcels whose borders count, or that are in reach of different sites."""
    if case.settings.perimeter_cny_per_m > 0:
        return parcels
    if not case.settings.within_reach:
        return pd.Series("", index=parcels.index)
    sites = case.reaches.groupby("parcel_id", sort=True)["site_id"].agg(",".join)
    return parcels.map(sites).fillna("")


def _open_options(case: Case) -> pd.DataFrame:
    options = case.treat_options
    shut = options["parcel_id"].isin(case.settings.locked_out_parcels)
    if case.settings.require_cover:
        shut |= ~options["reaches_cover"]
    return options[~shut]


def _signatures(options: pd.DataFrame) -> pd.DataFrame:
    codes = options.groupby(_ATTRIBUTES, sort=False).ngroup()
    coded = options[["parcel_id"]].assign(signature=codes.astype("str"))
    joined = coded.groupby("parcel_id", sort=False)["signature"].agg(",".join)
    return joined.reset_index()


def spread_over_parcels(
    chosen: pd.DataFrame, members: pd.DataFrame, *, apart: bool = False
) -> pd.DataFrame:
    """Share the hectares chosen for each class among its parcels in order of id.

    Parameters
    ----------
    chosen : DataFrame
        class_id, sequence_id, place, year, ha.
    members : DataFrame
        class_id, parcel_id, treat_ha, on_site_ha.
    apart : bool
        Whether off-site treatment must leave the land of on-site treatment alone even where
        nothing is treated there: once plants are drawn.

    Returns
    -------
    DataFrame
        parcel_id, sequence_id, place, year, ha.

    """
    on_site = chosen[chosen["place"] == "on_site"]
    first = _fill(on_site, members.rename(columns={"on_site_ha": "room_ha"}))
    taken = first.groupby("parcel_id")["ha"].sum()
    inside = members["on_site_ha"] if apart else members["parcel_id"].map(taken).fillna(0.0)
    left = members["treat_ha"] - inside
    second = _fill(chosen[chosen["place"] == "off_site"], members.assign(room_ha=left))
    result = pd.concat([first, second], ignore_index=True)
    return result.sort_values(
        ["parcel_id", "sequence_id", "place", "year"], kind="stable", ignore_index=True
    )


def _fill(chosen: pd.DataFrame, members: pd.DataFrame) -> pd.DataFrame:
    """Lay demands and rooms of each class end to end and cut them at each other's edges."""
    need, room = _edges(chosen, "ha"), _edges(members, "room_ha")
    pairs = need.merge(room, on="class_id", suffixes=("", "_room"))
    low = np.maximum(pairs["start"], pairs["start_room"])
    high = np.minimum(pairs["end"], pairs["end_room"])
    pairs["ha"] = high - low
    kept = pairs[pairs["ha"] > LEAST_HA]
    return kept[["parcel_id", "sequence_id", "place", "year", "ha"]].reset_index(drop=True)


def _edges(frame: pd.DataFrame, column: str) -> pd.DataFrame:
    end = frame.groupby("class_id", sort=False)[column].cumsum()
    return frame.assign(start=end - frame[column], end=end)


LEAST_HA = 1e-7
