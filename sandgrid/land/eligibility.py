"""Which land each use may take, and the reasons against the rest, cell by cell."""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
from odc.geo.geobox import GeoBox
from scipy import ndimage

from sandgrid.errors import InputError
from sandgrid.land.exclusions import OUTSIDE_BIT, UNKNOWN_BIT, USES, Rule, largest_distance_m
from sandgrid.land.judging import Judge
from sandgrid.layers.geobox import cell_at, cell_m
from sandgrid.layers.notices import Report, SandGridWarning, warn
from sandgrid.layers.stack import Layers
from sandgrid.params import default_parameters
from sandgrid.units import M2_PER_HA

Mask = npt.NDArray[np.bool_]
Reasons = npt.NDArray[np.uint32]
OUTSIDE: Final = np.uint32(1 << OUTSIDE_BIT)
UNKNOWN: Final = np.uint32(1 << UNKNOWN_BIT)
EIGHT_NEIGHBOURS: Final = np.ones((3, 3), bool)
THREADS: Final = 2


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

    """

    geobox: GeoBox
    reasons: Mapping[str, Reasons]
    rules: tuple[Rule, ...]

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
        """Return the land that a use may take [ha]."""
        return float(self.mask(use).sum()) * self.cell_ha


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

    """

    use: str
    eligible: bool
    rules: tuple[Rule, ...]
    unknown: bool
    outside: bool


def find_eligibility(
    rules: tuple[Rule, ...],
    layers: Layers,
    *,
    block_rows: int | None = None,
    report: Report = warn,
) -> Eligibility:
    """Judge every cell by every rule.

    Parameters
    ----------
    rules : tuple of Rule
        What removes land.
    layers : Layers
        All that the rules read.
    block_rows : int, optional
        Rows that are judged at once; changes memory, never the result.
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
    _require_layers(rules, layers)
    _report_coarse_terrain(rules, layers, report)
    judge = Judge.of(rules, layers)
    reasons = {use: np.empty(layers.geobox.shape, np.uint32) for use in USES}

    def fill(rows: slice) -> None:
        for use, block in judge.reasons(rows).items():
            reasons[use][rows] = block

    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(fill, _blocks(layers.geobox, block_rows)))
    for rule in rules:
        if rule.kind == "minimum_patch":
            for use in rule.uses:
                _remove_patches(reasons[use], rule, cell_m(layers.geobox))
    return Eligibility(layers.geobox, reasons, rules)


def _blocks(geobox: GeoBox, block_rows: int | None) -> list[slice]:
    rows, cols = geobox.shape
    budget = default_parameters().number("layers.block_cells")
    step = block_rows or max(int(budget / cols), 1)
    return [slice(start, min(start + step, rows)) for start in range(0, rows, step)]


def _require_layers(rules: tuple[Rule, ...], layers: Layers) -> None:
    for rule in rules:
        for role in rule.layers:
            if role not in layers.roles:
                raise InputError("rule-layer-missing", {"rule": rule.id, "layer": role})
    reach = largest_distance_m(rules)
    if reach > layers.margin_m:
        raise InputError("rule-too-far", {"distance_m": reach, "margin_m": layers.margin_m})


def _report_coarse_terrain(rules: tuple[Rule, ...], layers: Layers, report: Report) -> None:
    parameters = default_parameters()
    cell = cell_m(layers.geobox)
    for role in dict.fromkeys(rule.layer for rule in rules if rule.kind == "slope"):
        pixel = layers.raster(role).pixel_m
        widest = max(parameters.number("layers.pixels_per_cell") * cell, cell)
        if pixel > min(widest, max(parameters.number("layers.slope_pixel_m"), cell)):
            names = ", ".join(rule.id for rule in rules if rule.kind == "slope")
            values = {"layer": role, "pixel_m": pixel, "cell_m": cell, "rules": names}
            report(SandGridWarning("rule-too-fine", values))


def _remove_patches(reasons: Reasons, rule: Rule, side_m: float) -> None:
    """Set the rule's bit on eligible land that hangs together over too little area."""
    labels, count = ndimage.label(reasons == 0, structure=EIGHT_NEIGHBOURS)
    cells = np.bincount(labels.ravel(), minlength=count + 1)
    small = cells * side_m**2 < rule.minimum_ha * M2_PER_HA
    small[0] = False
    reasons[small[labels]] |= np.uint32(1 << rule.bit)


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
    return tuple(
        _answer(eligibility, use, int(OUTSIDE) if cell is None else int(reasons[cell]))
        for use, reasons in eligibility.reasons.items()
    )


def _answer(eligibility: Eligibility, use: str, reasons: int) -> PointAnswer:
    against = tuple(
        rule for rule in eligibility.rules if use in rule.uses and reasons >> rule.bit & 1
    )
    unknown, outside = bool(reasons & int(UNKNOWN)), bool(reasons & int(OUTSIDE))
    return PointAnswer(use, reasons == 0, against, unknown, outside)
