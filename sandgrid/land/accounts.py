"""How much land each rule and each layer removes, and how far land lies from the power system."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd
from odc.geo.geobox import GeoBox

from sandgrid.errors import InputError
from sandgrid.land.eligibility import OUTSIDE, UNKNOWN, Eligibility
from sandgrid.land.exclusions import Rule
from sandgrid.layers.geobox import cell_centres
from sandgrid.layers.raster import Raster

METRES_PER_KM: Final = 1_000.0
UNKNOWN_ROW: Final = "unknown"
Counted = tuple[npt.NDArray[np.uint32], npt.NDArray[np.int64]]


def removed_ha(eligibility: Eligibility, by: Literal["rule", "layer"] = "rule") -> pd.DataFrame:
    """Return how much land inside the area each rule, or each layer, removes.

    Parameters
    ----------
    eligibility : Eligibility
        Reasons.
    by : {"rule", "layer"}
        One row per rule, or one per layer with its rules taken together.

    Returns
    -------
    DataFrame
        rule_id (by rule only), layer; for each use (pv, wind, treatment) `<use>_ha` covered at
        all, `<use>_only_ha` covered by nothing else, `<use>_in_order_ha` taken when the rows are
        applied from top to bottom [ha].  A rule that does not speak of a use has 0 there.  The
        last row, ``unknown``, is land that is lost because data is missing.

    """
    groups = _groups(eligibility, by)
    table = pd.DataFrame({"layer": [group.layer for group in groups]})
    if by == "rule":
        table.insert(0, "rule_id", [group.name for group in groups])
    for use in eligibility.reasons:
        masks = [group.bits.get(use, 0) for group in groups]
        for name, counts in _covered(masks, _combinations(eligibility, use)).items():
            table[f"{use}{name}_ha"] = np.array(counts) * eligibility.cell_ha
    return table


@dataclass(frozen=True)
class _Group:
    """The bits of one row of the table, by use."""

    name: str
    layer: str
    bits: dict[str, int]


def _groups(eligibility: Eligibility, by: str) -> list[_Group]:
    groups: dict[str, _Group] = {}
    for rule in removing_rules(eligibility):
        layer = rule.layer or rule.kind
        name = rule.id if by == "rule" else layer
        bits = groups.setdefault(name, _Group(name, layer, {})).bits
        for use in filter(rule.speaks_of, eligibility.reasons):
            bits[use] = bits.get(use, 0) | 1 << rule.bit
    unknown = dict.fromkeys(eligibility.reasons, int(UNKNOWN))
    return [*groups.values(), _Group(UNKNOWN_ROW, UNKNOWN_ROW, unknown)]


def removing_rules(eligibility: Eligibility) -> tuple[Rule, ...]:
    """Return the rules that remove land, in the order of the cascade."""
    return tuple(rule for rule in eligibility.rules if rule.effect == "remove")


def _combinations(eligibility: Eligibility, use: str) -> Counted:
    """Return which combinations of reasons occur inside the area, and in how many cells."""
    reasons = eligibility.reasons[use].ravel()
    found = pd.Series(reasons[reasons & OUTSIDE == 0]).value_counts(sort=False)
    return np.asarray(found.index, dtype=np.uint32), np.asarray(found, dtype=np.int64)


def _covered(masks: list[int], combinations: Counted) -> dict[str, list[int]]:
    reasons, cells = combinations
    left = np.ones(len(reasons), bool)
    counts: dict[str, list[int]] = {"": [], "_only": [], "_in_order": []}
    for mask in masks:
        hit = reasons & np.uint32(mask) != 0
        only = hit & (reasons & ~np.uint32(mask) == 0)
        for name, chosen in (("", hit), ("_only", only), ("_in_order", hit & left)):
            counts[name].append(int(cells[chosen].sum()))
        left &= ~hit
    return counts


def grid_access_km(geobox: GeoBox, points_m: Iterable[tuple[float, float]]) -> Raster:
    """Return the distance from each cell centre to the nearest of some points.

    Parameters
    ----------
    geobox : GeoBox
        Grid.
    points_m : iterable of pairs
        Substations that can still take power, in the CRS of the grid [m].

    Returns
    -------
    Raster
        Distance [km]; nothing is unknown.

    Raises
    ------
    InputError
        If there is no point.

    """
    points = np.asarray(list(points_m), dtype=np.float64).reshape(-1, 2)
    if not len(points):
        raise InputError("access-no-points", {})
    x, y = cell_centres(geobox)
    nearest = np.full(tuple(geobox.shape), np.inf, np.float32)
    for east, north in points:
        across = ((x - east) ** 2).astype(np.float32)
        down = ((y - north) ** 2).astype(np.float32)
        np.minimum(nearest, np.add.outer(down, across), out=nearest)
    km = np.sqrt(nearest) / np.float32(METRES_PER_KM)
    return Raster(km, np.zeros(km.shape, bool), geobox)
