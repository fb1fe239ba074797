"""What is done to each pixel of a window, in one pass and without copies (compiled)."""

from typing import Any, Final

import numpy as np
import numpy.typing as npt

from sandgrid.layers.compiling import compiled

Mask = npt.NDArray[np.bool_]
Values = npt.NDArray[Any]
Floats = npt.NDArray[np.float32]
States = npt.NDArray[np.uint8]
KNOWN, UNKNOWN, ABSENT = 0, 1, 2
BYTES: Final = 256


@compiled
def mark_gaps(raw: Values, gap: np.generic, mark: np.uint8, state: States) -> None:
    """Give a state to the pixels that hold the value of a gap."""
    rows, cols = raw.shape
    for row in range(rows):
        for col in range(cols):
            state[row, col] |= mark * np.uint8(raw[row, col] == gap)


@compiled
def mark_not_finite(raw: Values, mark: np.uint8, state: States) -> None:
    """Give a state to the pixels that are no number, or an infinite one."""
    rows, cols = raw.shape
    for row in range(rows):
        for col in range(cols):
            state[row, col] |= mark * np.uint8(not np.isfinite(raw[row, col]))


@compiled
def fill_quantity(raw: Values, state: States, scale: float, offset: float, values: Floats) -> None:
    """Set the known values of a quantity, and NaN elsewhere.

    Parameters
    ----------
    raw : ndarray, shape (rows, cols)
        Pixels as they are in the file.
    state : ndarray of uint8, shape (rows, cols)
        Whether each is known.
    scale, offset : float
        From pixel to value, in float64; 1 and 0 leave the pixels as they are.
    values : ndarray of float32, shape (rows, cols)
        Is written to.

    """
    rows, cols = raw.shape
    plain = scale == 1.0 and offset == 0.0
    for row in range(rows):
        for col in range(cols):
            value = np.float32(raw[row, col])
            if not plain:
                value = np.float32(np.float64(raw[row, col]) * scale + offset)
            values[row, col] = value if state[row, col] == KNOWN else np.float32(np.nan)


@compiled
def fill_classes(raw: Values, state: States, values: Values) -> None:
    """Set the known values of a category, and 0 elsewhere."""
    rows, cols = raw.shape
    zero = raw.dtype.type(0)
    for row in range(rows):
        for col in range(cols):
            value = raw[row, col]
            values[row, col] = value if state[row, col] == KNOWN else zero


@compiled
def any_of(values: npt.NDArray[np.uint8], table: Mask) -> bool:
    """Return whether any byte occurs that a table of 256 marks."""
    found = False
    rows, cols = values.shape
    for row in range(rows):
        for col in range(cols):
            found |= table[values[row, col]]
    return found


@compiled
def look_up(table: Values, raw: npt.NDArray[np.uint8]) -> Values:
    """Return what a table of 256 holds for each byte."""
    rows, cols = raw.shape
    found = np.empty((rows, cols), table.dtype)
    for row in range(rows):
        for col in range(cols):
            found[row, col] = table[raw[row, col]]
    return found


@compiled
def extremes(values: Floats) -> tuple[np.float32, np.float32]:
    """Return the least and the largest number; the least is larger if there is none."""
    low, high = np.float32(np.inf), np.float32(-np.inf)
    rows, cols = values.shape
    for row in range(rows):
        for col in range(cols):
            value = values[row, col]
            low = min(low, value)
            high = max(high, value)
    return low, high
