"""What a rule finds in the cells of a raster: it holds, it does not, or nobody can tell."""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from sandgrid.errors import InputError
from sandgrid.land.exclusions import Condition, Rule
from sandgrid.land.marking import known_among, outside_range
from sandgrid.layers.codes import land_classes
from sandgrid.layers.pixels import BYTES
from sandgrid.layers.raster import Raster

Mask = npt.NDArray[np.bool_]
NOWHERE: Final = np.zeros((), bool)


@dataclass(frozen=True, eq=False)
class Finding:
    """Where something holds, and where nobody can tell.

    Parameters
    ----------
    holds, unknown : ndarray of bool
        Never both true in one cell.

    """

    holds: Mask
    unknown: Mask

    def and_(self, other: "Finding") -> "Finding":
        """Return where both hold; what one denies the other need not know."""
        holds = self.holds & other.holds
        denied = ~(self.holds | self.unknown) | ~(other.holds | other.unknown)
        return Finding(holds, ~holds & ~denied)


def in_raster(rule: Rule, raster: Raster) -> Finding:
    """Return where a rule about values or classes holds."""
    if rule.kind == "range":
        return by_range(rule, raster.values, raster.unknown, raster.absent)
    return _by_class(rule, raster)


def by_range(
    rule: Rule, values: npt.NDArray[np.float32], unknown: Mask, absent: Mask | None = None
) -> Finding:
    """Return where a value is not allowed; a value that is not a number is not known."""
    number = values.dtype.type if values.dtype.kind == "f" else np.float64
    low = number(-np.inf if rule.low is None else rule.low)
    high = number(np.inf if rule.high is None else rule.high)
    cells = np.ascontiguousarray(values), np.ascontiguousarray(unknown)
    holds, blind = outside_range(*cells, low, high)
    if absent is not None:
        blind &= ~absent
        holds &= ~absent
    return Finding(holds, blind)


def _by_class(rule: Rule, raster: Raster) -> Finding:
    codes = _codes_of(rule.classes, raster, rule.id)
    if raster.values.dtype == np.uint8:
        table = np.isin(np.arange(BYTES), codes, invert=rule.kind != "class_in")
        cells = np.ascontiguousarray(raster.values), np.ascontiguousarray(raster.unknown)
        holds = known_among(*cells, table)
    else:
        holds = np.isin(raster.values, codes, invert=rule.kind != "class_in") & ~raster.unknown
    if raster.absent is not None:
        holds &= ~raster.absent
    return Finding(holds, raster.unknown)


def _codes_of(classes: tuple[str, ...], raster: Raster, rule: str) -> list[int]:
    wanted: list[int] = []
    for name in classes:
        if name not in raster.codes and name not in land_classes():
            known = ", ".join(raster.codes)
            raise InputError("rule-class-unknown", {"rule": rule, "code": name, "known": known})
        wanted.extend(raster.codes.get(name, ()))
    return wanted


def meets(condition: Condition, raster: Raster) -> Finding:
    """Return where a condition on a raster is met."""
    unknown = raster.unknown
    absent = np.zeros_like(unknown) if raster.absent is None else raster.absent
    if condition.classes:
        holds = np.isin(raster.values, _codes_of(condition.classes, raster, condition.layer))
    else:
        values = raster.values
        low = -np.inf if condition.low is None else condition.low
        high = np.inf if condition.high is None else condition.high
        unknown = (unknown | np.isnan(values)) & ~absent
        holds = (values >= low) & (values < high)
    return Finding(holds & ~unknown & ~absent, unknown & ~absent)
