"""What each rule removes in the area, in each district and in each parcel, in ha and mu."""

from collections.abc import Iterator
from typing import Any, Final, cast

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
from rasterio.features import rasterize

from sandgrid.land.eligibility import OUTSIDE, UNKNOWN, Eligibility
from sandgrid.land.exclusions import Rule
from sandgrid.units import MU_PER_HA

Labels = npt.NDArray[np.int32]
Counts = npt.NDArray[np.float64]
ELIGIBLE_ROW: Final = "eligible"
UNKNOWN_ROW: Final = "unknown"
ZONE_BITS: Final = 32
WAYS: Final = ("alone", "only", "in_order")


def cascade(
    eligibility: Eligibility, zones: gpd.GeoDataFrame | None = None, *, id_column: str = ""
) -> pd.DataFrame:
    """Return what each rule removes from each use, zone by zone.

    Parameters
    ----------
    eligibility : Eligibility
        Reasons.
    zones : GeoDataFrame, optional
        Polygons in the CRS of the grid (districts, parcels); a cell belongs to the one that holds
        its centre.  Without them the whole area is one zone.
    id_column : str
        Column of `zones` that names them.

    Returns
    -------
    DataFrame
        zone_id, use, rule_id, layer, and alone (the rule covers it), only (no other rule does),
        in_order (taken when the rules are applied from top to bottom), each in ha and mu; for
        each zone and use the rules in their order, then ``unknown`` (no rule but missing data),
        then ``eligible``.  What is in order adds up, with ``eligible``, to the zone.

    """
    names, label = _zones(eligibility, zones, id_column)
    tables = [
        _of_use(eligibility, use, names, _combinations(eligibility, use, label))
        for use in eligibility.reasons
    ]
    return pd.concat(tables, ignore_index=True)


def _zones(
    eligibility: Eligibility, zones: gpd.GeoDataFrame | None, id_column: str
) -> tuple[list[str], Labels]:
    """Return the names of the zones and the number of each cell's zone, -1 where there is none."""
    shape = tuple(eligibility.geobox.shape)
    if zones is None:
        return ["area"], np.zeros(shape, np.int32)
    ordered = zones.sort_values(id_column, kind="stable")
    numbered: list[tuple[Any, int]] = list(zip(ordered.geometry, range(len(ordered)), strict=True))
    label = np.full(shape, -1, np.int32)
    if numbered:
        rasterize(numbered, out=label, transform=eligibility.geobox.affine)
    return ordered[id_column].astype(str).tolist(), label


def _combinations(eligibility: Eligibility, use: str, label: Labels) -> pd.DataFrame:
    """Return how many cells of each zone bear each combination of reasons."""
    reasons = eligibility.reasons[use].ravel()
    zone = label.ravel()
    inside = (reasons & OUTSIDE == 0) & (zone >= 0)
    key = zone[inside].astype(np.uint64) << np.uint64(ZONE_BITS) | reasons[inside]
    found = pd.Series(key).value_counts(sort=False).sort_index()
    keys = np.asarray(found.index, dtype=np.uint64)
    return pd.DataFrame(
        {
            "zone": (keys >> np.uint64(ZONE_BITS)).astype(np.int64),
            "reasons": (keys & np.uint64(2**ZONE_BITS - 1)).astype(np.uint32),
            "cells": np.asarray(found, dtype=np.int64),
        }
    )


def _of_use(
    eligibility: Eligibility, use: str, names: list[str], combinations: pd.DataFrame
) -> pd.DataFrame:
    rows: list[tuple[str, str, dict[str, Counts]]] = list(
        _counted(eligibility, use, combinations, len(names))
    )
    table = pd.DataFrame(
        {
            "zone_id": np.repeat(names, len(rows)),
            "use": use,
            "rule_id": [row[0] for row in rows] * len(names),
            "layer": [row[1] for row in rows] * len(names),
        }
    )
    for way in WAYS:
        cells = np.array([row[2][way] for row in rows]).T.ravel()
        table[f"{way}_ha"] = cells * eligibility.cell_ha
        table[f"{way}_mu"] = cells * eligibility.cell_ha * MU_PER_HA
    return table


def _counted(
    eligibility: Eligibility, use: str, combinations: pd.DataFrame, zones: int
) -> Iterator[tuple[str, str, dict[str, Counts]]]:
    """Yield each rule with the cells that it removes in each zone, alone, only and in order."""
    reasons = combinations["reasons"].to_numpy()
    left = np.ones(len(reasons), bool)

    def cells(chosen: npt.NDArray[np.bool_]) -> Counts:
        part = combinations[chosen]
        counted = np.bincount(part["zone"], weights=part["cells"], minlength=zones)
        return cast("Counts", counted.astype(np.float64))

    for name, layer, bit in _rows(eligibility.rules, use):
        hit = reasons & bit != 0
        only = hit & (reasons & ~bit == 0)
        counts = {"alone": cells(hit), "only": cells(only), "in_order": cells(hit & left)}
        yield name, layer, counts
        left &= ~hit
    yield ELIGIBLE_ROW, "", dict.fromkeys(WAYS, cells(reasons == 0))


def _rows(rules: tuple[Rule, ...], use: str) -> Iterator[tuple[str, str, np.uint32]]:
    for rule in rules:
        if rule.effect == "remove" and rule.speaks_of(use):
            yield rule.id, rule.layer or rule.kind, np.uint32(1 << rule.bit)
    yield UNKNOWN_ROW, UNKNOWN_ROW, UNKNOWN
