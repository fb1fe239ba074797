"""Parcels that differ in nothing but their area are planned together, then told apart again.

Merging is lossless: within a class every attribute that any row or the objective reads is the
same, and land is the only row of a single parcel.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from sandgrid.optimize.case import CASE_TABLES, Case
from sandgrid.optimize.sheet import Array, Sheet, among

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
    signatures = _signatures(options)
    chosen = among(case.parcels["parcel_id"].to_numpy(), signatures)
    parcels = Sheet.of(case.parcels if chosen.all() else case.parcels[chosen])
    ids = parcels["parcel_id"].tolist()
    if not (case.quotas["scope"] == "collective").any():
        parcels = parcels.having(collective_id="")
    parcels = parcels.having(locked=among(parcels["parcel_id"], case.settings.locked_in_parcels))
    alike = zip(
        *(parcels[name].tolist() for name in _PLACE),
        [signatures[one] for one in ids],
        _alone_or_in_reach(case, ids),
        strict=True,
    )
    firsts: dict[tuple[object, ...], str] = {}
    class_id = [firsts.setdefault(key, one) for key, one in zip(alike, ids, strict=True)]
    members = parcels.having(class_id=np.array(class_id, dtype=object))
    table = members.take(members["class_id"] == members["parcel_id"])
    return Classes(
        table=_areas_added_up(table.only("class_id", *_PLACE).frame(), members),
        options=_options_of(options, table["class_id"]),
        members=members.only("class_id", "parcel_id", "treat_ha", "on_site_ha").frame(),
    )


_PLACE = ["site_id", "district_id", "collective_id", "dune_class", "locked"]


def _areas_added_up(table: pd.DataFrame, members: Sheet) -> pd.DataFrame:
    """Give each class the land of its members; classes stand in order of their first member."""
    areas = members.only("class_id", "treat_ha", "on_site_ha")
    if len(table) == len(members):
        return table.assign(treat_ha=areas["treat_ha"], on_site_ha=areas["on_site_ha"])
    sums = areas.frame().groupby("class_id", sort=True).sum()
    return table.assign(**{name: sums[name].to_numpy() for name in sums.columns})


def _options_of(options: pd.DataFrame, classes: Array) -> pd.DataFrame:
    own = among(options["parcel_id"].to_numpy(), classes)
    chosen = options if own.all() else options[own].reset_index(drop=True)
    return chosen.rename(columns={"parcel_id": "class_id"})


def _alone_or_in_reach(case: Case, parcels: list[str]) -> list[str]:
    """Tell apart parcels whose borders count, or that are in reach of different sites."""
    if case.settings.perimeter_cny_per_m > 0:
        return parcels
    if not case.settings.within_reach:
        return [""] * len(parcels)
    sites = case.reaches.groupby("parcel_id", sort=True)["site_id"].agg(",".join).to_dict()
    return [str(sites.get(parcel, "")) for parcel in parcels]


def _open_options(case: Case) -> pd.DataFrame:
    options = case.treat_options
    shut = among(options["parcel_id"].to_numpy(), case.settings.locked_out_parcels)
    if case.settings.require_cover:
        shut |= ~options["reaches_cover"].to_numpy()
    return options[~shut].reset_index(drop=True) if shut.any() else options


def _signatures(options: pd.DataFrame) -> dict[str, tuple[int, ...]]:
    """Return for each parcel what tells its options from those of others."""
    kinds: dict[tuple[object, ...], int] = {}
    found: dict[str, tuple[int, ...]] = {}
    rows = zip(*(options[name].tolist() for name in _ATTRIBUTES), strict=True)
    for parcel, row in zip(options["parcel_id"], rows, strict=True):
        found[parcel] = (*found.get(parcel, ()), kinds.setdefault(row, len(kinds)))
    return found


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
