"""Which land each use may take, and the reasons against the rest, cell by cell."""

import math
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Executor
from dataclasses import dataclass, field, replace
from typing import Final, Protocol, TypeVar

import numpy as np
import numpy.typing as npt
from odc.geo.geobox import GeoBox

from sandgrid.errors import InputError
from sandgrid.land.exclusions import (
    AREA,
    BY_FEATURES,
    OUTSIDE_BIT,
    UNKNOWN_BIT,
    Rule,
    largest_distance_m,
    uses_of,
)
from sandgrid.land.judging import Judge, Task, judge_shares, judge_tile
from sandgrid.land.patches import find_small_patches
from sandgrid.land.sweeping import in_order, threads_or
from sandgrid.land.zones import DISTRICT
from sandgrid.layers.codes import land_classes
from sandgrid.layers.geobox import cell_m
from sandgrid.layers.notices import Report, SandGridWarning, warn
from sandgrid.layers.raster import bounded_cache
from sandgrid.layers.stack import Layers
from sandgrid.layers.tiles import Tile, cut_tiles
from sandgrid.params import default_parameters
from sandgrid.units import M2_PER_HA

Mask = npt.NDArray[np.bool_]
Reasons = npt.NDArray[np.uint32]
Shares = npt.NDArray[np.float32]
Found = TypeVar("Found")
OUTSIDE: Final = np.uint32(1 << OUTSIDE_BIT)
UNKNOWN: Final = np.uint32(1 << UNKNOWN_BIT)


@dataclass(frozen=True, eq=False)
class Eligibility:
    """The reasons against each use, one bit per rule.

    Parameters
    ----------
    geobox : GeoBox
        Grid.
    reasons : mapping
        Use -> uint32, shape of the geobox: 0 is eligible; bit n is the rule of that bit, bit 30
        data that is unknown, bit 31 outside the area.
    rules : tuple of Rule
        In the order of the cascade.
    overruled : mapping
        Use -> bits that a rule that includes land took back; empty if there is none.
    shares : mapping
        Use -> share of each cell that counts; empty if no rule weighs or takes parts of cells.

    """

    geobox: GeoBox
    reasons: Mapping[str, Reasons]
    rules: tuple[Rule, ...]
    overruled: Mapping[str, Reasons] = field(default_factory=dict)
    shares: Mapping[str, Shares] = field(default_factory=dict)

    def mask(self, use: str) -> Mask:
        """Return the cells that a use may take."""
        return np.asarray(self.reasons[use] == 0)

    @property
    def inside(self) -> Mask:
        """Return the cells inside the area."""
        first = next(iter(self.reasons.values()))
        return np.asarray(first & OUTSIDE == 0)

    @property
    def cell_ha(self) -> float:
        """Return the area of a cell [ha]."""
        return cell_m(self.geobox) ** 2 / M2_PER_HA

    def eligible_ha(self, use: str) -> float:
        """Return the land that a use may take [ha]; of cells that count in part, that part."""
        mask = self.mask(use)
        cells = self.shares[use][mask].sum(dtype=np.float64) if use in self.shares else mask.sum()
        return float(cells) * self.cell_ha


class Store(Protocol):
    """Where the reasons of tiles are kept."""

    def put(self, tile: Tile, reasons: Mapping[str, Reasons]) -> None:
        """Keep the reasons of a tile."""

    def get(self, tile: Tile, use: str) -> Reasons:
        """Return the reasons of a tile that was kept."""
        ...


@dataclass(frozen=True, eq=False)
class ArrayStore:
    """Reasons in memory.

    Parameters
    ----------
    arrays : mapping
        Use -> reasons of the whole grid.

    """

    arrays: Mapping[str, Reasons]

    @classmethod
    def of(cls, geobox: GeoBox, uses: tuple[str, ...]) -> "ArrayStore":
        """Return room for the reasons of some uses."""
        return cls({use: np.empty(geobox.shape, np.uint32) for use in uses})

    def put(self, tile: Tile, reasons: Mapping[str, Reasons]) -> None:
        """Keep the reasons of a tile."""
        for use, values in reasons.items():
            tile.of(self.arrays[use])[...] = values

    def get(self, tile: Tile, use: str) -> Reasons:
        """Return the reasons of a tile."""
        return tile.of(self.arrays[use])


def find_eligibility(
    rules: tuple[Rule, ...],
    layers: Layers,
    *,
    executor: Executor | None = None,
    tile_cells: tuple[int, int] | None = None,
    report: Report = warn,
) -> Eligibility:
    """Judge every cell by every rule, tile by tile.

    Parameters
    ----------
    rules : tuple of Rule
        What removes land.
    layers : Layers
        All that the rules read.
    executor : Executor, optional
        Where tiles are judged: anything that behaves like `concurrent.futures`; threads here by
        default.  It changes the time, never the result.
    tile_cells : pair of int, optional
        Rows and columns that are judged at once; changes memory, never the result.
    report : callable
        What is done with a warning: a slope from pixels that are too wide.

    Returns
    -------
    Eligibility
        A cell of which a rule cannot tell is never eligible.

    Raises
    ------
    InputError
        If a layer that a rule reads is missing, or a setback reaches further than the features
        were read.

    """
    store = ArrayStore.of(layers.geobox, uses_of(rules))
    judge_tiles(rules, layers, store, executor=executor, tile_cells=tile_cells, report=report)
    found = Eligibility(layers.geobox, store.arrays, rules)
    if has_includes(rules):
        found = replace(found, overruled=_overruled(found, layers, executor))
    if has_parts(rules):
        found = replace(found, shares=_shares(rules, layers, executor))
    return found


def has_includes(rules: tuple[Rule, ...]) -> bool:
    """Return whether a rule takes land back that others remove."""
    return any(rule.effect == "include" for rule in rules)


def has_parts(rules: tuple[Rule, ...]) -> bool:
    """Return whether a rule lets a cell count in part."""
    return any(rule.fractional or rule.effect == "weigh" for rule in rules)


def _overruled(found: Eligibility, layers: Layers, executor: Executor | None) -> dict[str, Reasons]:
    """Return the bits that land would have, were no rule to include it."""
    judge = Judge.of(strict_rules(found.rules), layers, uses=tuple(found.reasons))
    plain = ArrayStore.of(layers.geobox, judge.uses)
    for tile, reasons in _swept(judge_tile, judge, executor):
        plain.put(tile, reasons)
    return {use: plain.arrays[use] & ~bits for use, bits in found.reasons.items()}


def strict_rules(rules: tuple[Rule, ...]) -> tuple[Rule, ...]:
    """Return the rules on cells among some, without those that include land."""
    return tuple(
        rule for rule in rules if rule.effect != "include" and rule.kind != "minimum_patch"
    )


def _shares(
    rules: tuple[Rule, ...], layers: Layers, executor: Executor | None
) -> dict[str, Shares]:
    """Return which share of each cell counts for each use."""
    judge = Judge.of(rules, layers)
    shares = {use: np.empty(layers.geobox.shape, np.float32) for use in judge.uses}
    for tile, parts in _swept(judge_shares, judge, executor):
        for use, values in parts.items():
            tile.of(shares[use])[...] = values
    return shares


def _swept(
    function: Callable[[Task], Found], judge: Judge, executor: Executor | None
) -> Iterator[tuple[Tile, Found]]:
    """Yield each of the usual tiles with what a function finds there."""
    tiles = list(cut_tiles(judge.layers.geobox, usual_tile()))
    with threads_or(executor) as pool:
        yield from zip(tiles, in_order(function, map(judge.task, tiles), pool), strict=True)


def judge_tiles(
    rules: tuple[Rule, ...],
    layers: Layers,
    store: Store,
    *,
    executor: Executor | None = None,
    tile_cells: tuple[int, int] | None = None,
    report: Report = warn,
) -> None:
    """Judge every cell as `find_eligibility` does and keep the reasons wherever they fit.

    Parameters
    ----------
    rules, layers, executor, tile_cells, report
        As for `find_eligibility`.
    store : Store
        Is given the tiles in order, once, and once more for each rule about patches.

    """
    require_layers(rules, layers)
    _report_coarse_terrain(rules, layers, report)
    _report_untold(rules, layers, report)
    tiles = list(cut_tiles(layers.geobox, tile_cells or usual_tile()))
    judge = Judge.of(rules, layers)
    with bounded_cache(), threads_or(executor) as pool:
        judged = in_order(judge_tile, map(judge.task, tiles), pool)
        for tile, reasons in zip(tiles, judged, strict=True):
            store.put(tile, reasons)
        for rule in rules:
            if rule.kind == "minimum_patch":
                for use in filter(rule.speaks_of, uses_of(rules)):
                    _remove_patches(store, (rule, use), tiles, layers.geobox, pool)


def _remove_patches(
    store: Store,
    rule_and_use: tuple[Rule, str],
    tiles: list[Tile],
    geobox: GeoBox,
    executor: Executor,
) -> None:
    """Set the rule's bit on eligible land that hangs together over too little area."""
    rule, use = rule_and_use
    cell_m2, least_m2 = cell_m(geobox) ** 2, rule.minimum_ha * M2_PER_HA

    def land(tile: Tile) -> Mask:
        return np.asarray(store.get(tile, use) == 0)

    def is_small(cells: npt.NDArray[np.int64]) -> Mask:
        return np.asarray(cells * cell_m2 < least_m2)

    for tile, small in find_small_patches(land, tiles, is_small, executor):
        if small.any():
            bits = small * np.uint32(1 << rule.bit)
            store.put(tile, {use: store.get(tile, use) | bits})


def usual_tile() -> tuple[int, int]:
    """Return the side of a tile that bounds memory."""
    side = int(math.sqrt(default_parameters().number("layers.block_cells")))
    return side, side


def require_layers(rules: tuple[Rule, ...], layers: Layers) -> None:
    """Refuse layers that lack what rules read: a role, its kind, or features far enough around."""
    for rule in rules:
        for role in rule.layers:
            if role not in layers.roles:
                raise InputError("rule-layer-missing", {"rule": rule.id, "layer": role})
        for role, features in _asked(rule):
            if (role in layers.vectors) != features:
                key = "rule-asks-features" if features else "rule-asks-raster"
                raise InputError(key, {"rule": rule.id, "layer": role})
    reach = largest_distance_m(rules)
    if reach > layers.margin_m:
        raise InputError("rule-too-far", {"distance_m": reach, "margin_m": layers.margin_m})


def _asked(rule: Rule) -> Iterator[tuple[str, bool]]:
    """Yield each layer that a rule reads, and whether it is asked for features."""
    if rule.layer not in {"", AREA}:
        yield rule.layer, rule.kind in BY_FEATURES
    for condition in rule.only_where:
        yield condition.layer, condition.inside is not None


def _report_coarse_terrain(rules: tuple[Rule, ...], layers: Layers, report: Report) -> None:
    parameters = default_parameters()
    cell = cell_m(layers.geobox)
    for role in dict.fromkeys(rule.layer for rule in rules if rule.kind == "slope"):
        pixel = layers.pixel_m(role)
        widest = max(parameters.number("layers.pixels_per_cell") * cell, cell)
        if pixel > min(widest, max(parameters.number("layers.slope_pixel_m"), cell)):
            names = ", ".join(rule.id for rule in rules if rule.kind == "slope")
            values = {"layer": role, "pixel_m": pixel, "cell_m": cell, "rules": names}
            report(SandGridWarning("rule-too-fine", values))


def _report_untold(rules: tuple[Rule, ...], layers: Layers, report: Report) -> None:
    """Tell of classes that a layer's code table does not tell apart, and of absent districts."""
    untold: dict[str, set[str]] = {}
    for rule in rules:
        if rule.kind in {"class_in", "class_not_in"}:
            gone = set(rule.classes) - set(layers.codes(rule.layer))
            untold.setdefault(rule.layer, set()).update(gone & set(land_classes()))
    for role, classes in untold.items():
        if classes:
            values = {"layer": role, "classes": ", ".join(sorted(classes))}
            report(SandGridWarning("rule-class-not-told", values))
    here = set(layers.area.get(DISTRICT, ()))
    for rule in rules:
        absent = sorted({name for name, _ in rule.distance_by_district} - here)
        if absent:
            values = {"rule": rule.id, "districts": ", ".join(absent)}
            report(SandGridWarning("rule-district-absent", values))
