"""Why a use may or may not take the land at a place."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from sandgrid.land.eligibility import (
    OUTSIDE,
    UNKNOWN,
    Eligibility,
    has_includes,
    has_parts,
    require_layers,
    strict_rules,
    usual_tile,
)
from sandgrid.land.exclusions import Rule, uses_of
from sandgrid.land.judging import Judge, judge_shares, judge_tile
from sandgrid.land.patches import EIGHT_NEIGHBOURS
from sandgrid.layers.geobox import cell_at, cell_m
from sandgrid.layers.stack import Layers
from sandgrid.layers.tiles import Tile
from sandgrid.units import M2_PER_HA

Reasons = npt.NDArray[np.uint32]
Mask = npt.NDArray[np.bool_]
Cell = tuple[int, int]


@dataclass(frozen=True)
class PointAnswer:
    """Why a use may or may not take the land at a point.

    Parameters
    ----------
    use : str
        pv, wind or treatment.
    eligible : bool
        Whether it may.
    rules : tuple of Rule
        Rules against it.
    unknown, outside : bool
        Whether data is missing there; whether it lies outside the area.
    overruled : tuple of Rule
        Rules that would be against it, were the land not included by another.
    share : float
        Share of the cell that counts.

    """

    use: str
    eligible: bool
    rules: tuple[Rule, ...]
    unknown: bool
    outside: bool
    overruled: tuple[Rule, ...] = ()
    share: float = 1.0


def explain_point(eligibility: Eligibility, x_m: float, y_m: float) -> tuple[PointAnswer, ...]:
    """Return why each use may or may not take the land at a point.

    Parameters
    ----------
    eligibility : Eligibility
        Reasons.
    x_m, y_m : float
        Point in the CRS of the grid [m].

    """
    cell = cell_at(eligibility.geobox, x_m, y_m)
    return tuple(_answer(eligibility, use, cell) for use in eligibility.reasons)


def judge_point(
    rules: tuple[Rule, ...], layers: Layers, x_m: float, y_m: float
) -> tuple[PointAnswer, ...]:
    """Return what `explain_point` says of the whole grid, judging no more of it than it takes.

    One tile is judged, the one of those of `find_eligibility` that holds the place.  A rule on
    least patches bears on the place only where its cell is eligible otherwise; then more land
    round the tile is judged until the patch ends or is large enough.

    Parameters
    ----------
    rules : tuple of Rule
        What removes land.
    layers : Layers
        All that the rules read.
    x_m, y_m : float
        Place in the CRS of the grid [m].

    Raises
    ------
    InputError
        As `find_eligibility`, but for what only other tiles tell.

    """
    require_layers(rules, layers)
    cell = cell_at(layers.geobox, x_m, y_m)
    if cell is None:
        return tuple(
            PointAnswer(use, eligible=False, rules=(), unknown=False, outside=True)
            for use in uses_of(rules)
        )
    tile = _tile_of(cell, layers)
    there = _moved(cell, tile)
    found = _judged(rules, layers, tile)
    _mark_patches(found, _Ground(rules, layers, tile, found.reasons), cell)
    return tuple(_answer(found, use, there) for use in found.reasons)


def _tile_of(cell: Cell, layers: Layers) -> Tile:
    """Return the usual tile that holds a cell."""
    sides = usual_tile()
    spans = (
        slice(at // side * side, min((at // side + 1) * side, end))
        for at, side, end in zip(cell, sides, layers.geobox.shape, strict=True)
    )
    return Tile(*spans)


def _moved(cell: Cell, tile: Tile) -> Cell:
    return cell[0] - tile.rows.start, cell[1] - tile.cols.start


def _judged(rules: tuple[Rule, ...], layers: Layers, tile: Tile) -> Eligibility:
    """Return a tile as `find_eligibility` judges it, but for patches."""
    judge = Judge.of(rules, layers, near=tile)
    task = judge.task(tile)
    found = Eligibility(tile.geobox(layers.geobox), judge_tile(task), rules)
    if has_includes(rules):
        strict = Judge.of(strict_rules(rules), layers, uses=judge.uses, near=tile)
        plain = judge_tile(strict.task(tile))
        back = {use: plain[use] & ~bits for use, bits in found.reasons.items()}
        found = replace(found, overruled=back)
    if has_parts(rules):
        found = replace(found, shares=judge_shares(task))
    return found


@dataclass
class _Ground:
    """Land round a place that is judged further out only when it is asked for.

    Parameters
    ----------
    rules, layers
        As for `judge_point`.
    window : Tile
        Cells that are judged so far.
    reasons : mapping
        Use -> reasons of the window, without those of rules on patches.

    """

    rules: tuple[Rule, ...]
    layers: Layers
    window: Tile
    reasons: Mapping[str, Reasons]

    def is_small(self, use: str, cell: Cell, least_m2: float) -> bool:
        """Tell whether the patch of eligible land round a cell is smaller than an area [m2]."""
        cell_m2 = cell_m(self.layers.geobox) ** 2
        while True:
            labels, _ = ndimage.label(self.reasons[use] == 0, structure=EIGHT_NEIGHBOURS)
            patch = labels == labels[_moved(cell, self.window)]
            if int(patch.sum()) * cell_m2 >= least_m2:
                return False
            if not self._may_go_on(patch):
                return True
            self._widen()

    def _may_go_on(self, patch: Mask) -> bool:
        """Tell whether a patch meets a side of the window beyond which there are more cells."""
        rows, cols = self.layers.geobox.shape
        window = self.window
        sides = (
            (window.rows.start > 0, patch[0]),
            (window.rows.stop < rows, patch[-1]),
            (window.cols.start > 0, patch[:, 0]),
            (window.cols.stop < cols, patch[:, -1]),
        )
        return any(more and bool(side.any()) for more, side in sides)

    def _widen(self) -> None:
        """Judge as much again on each side."""
        halo = max(self.window.shape)
        self.window = self.window.widened(halo, self.layers.geobox)
        judge = Judge.of(self.rules, self.layers, near=self.window)
        self.reasons = judge_tile(judge.task(self.window))


def _mark_patches(found: Eligibility, ground: _Ground, cell: Cell) -> None:
    """Set the bit of each rule on patches that holds at a cell; no other cell is looked at."""
    there = _moved(cell, ground.window)
    for rule in found.rules:
        if rule.kind == "minimum_patch":
            for use in filter(rule.speaks_of, found.reasons):
                reasons = found.reasons[use]
                least_m2 = rule.minimum_ha * M2_PER_HA
                if reasons[there] == 0 and ground.is_small(use, cell, least_m2):
                    reasons[there] |= np.uint32(1 << rule.bit)


def _answer(eligibility: Eligibility, use: str, cell: tuple[int, int] | None) -> PointAnswer:
    reasons = int(OUTSIDE) if cell is None else int(eligibility.reasons[use][cell])
    back = 0 if cell is None or not eligibility.overruled else int(eligibility.overruled[use][cell])
    counts = 1.0 if cell is None or not eligibility.shares else float(eligibility.shares[use][cell])
    return PointAnswer(
        use,
        reasons == 0,
        _with_bits(eligibility, use, reasons),
        bool(reasons & int(UNKNOWN)),
        bool(reasons & int(OUTSIDE)),
        _with_bits(eligibility, use, back),
        counts,
    )


def _with_bits(eligibility: Eligibility, use: str, bits: int) -> tuple[Rule, ...]:
    """Return the rules on a use whose bits are set, in the order of the cascade."""
    removing = (rule for rule in eligibility.rules if rule.effect == "remove")
    return tuple(rule for rule in removing if rule.speaks_of(use) and bits >> rule.bit & 1)
