"""What is done to each cell of a tile, in one pass and without copies (compiled)."""

import numpy as np
import numpy.typing as npt

from sandgrid.layers.compiling import compiled

Mask = npt.NDArray[np.bool_]
Reasons = npt.NDArray[np.uint32]
Floats = npt.NDArray[np.floating]
Bytes = npt.NDArray[np.uint8]


@compiled
def set_bit(reasons: Reasons, where: Mask, bit: np.uint32) -> None:
    """Set a bit in the cells of a mask."""
    rows, cols = where.shape
    for row in range(rows):
        for col in range(cols):
            reasons[row, col] |= np.uint32(where[row, col]) * bit


@compiled
def set_bits(reasons: Reasons, raw: Bytes, bits: Reasons) -> None:
    """Set in each cell the bits that a table of 256 holds for its byte."""
    rows, cols = raw.shape
    for row in range(rows):
        for col in range(cols):
            reasons[row, col] |= bits[raw[row, col]]


@compiled
def bits_where_not(where: Mask, bit: np.uint32) -> Reasons:
    """Return reasons that hold a bit in the cells outside a mask."""
    rows, cols = where.shape
    reasons = np.empty((rows, cols), np.uint32)
    for row in range(rows):
        for col in range(cols):
            reasons[row, col] = np.uint32(not where[row, col]) * bit
    return reasons


@compiled
def outside_range(
    values: Floats, unknown: Mask, low: np.floating, high: np.floating
) -> tuple[Mask, Mask]:
    """Return where a value is not allowed, and where it is not known or not a number."""
    rows, cols = values.shape
    holds, blind = np.empty((rows, cols), np.bool_), np.empty((rows, cols), np.bool_)
    for row in range(rows):
        for col in range(cols):
            value = values[row, col]
            dark = unknown[row, col] | np.isnan(value)
            holds[row, col] = ((value < low) | (value > high)) & (not dark)
            blind[row, col] = dark
    return holds, blind


@compiled
def known_among(values: Bytes, unknown: Mask, table: Mask) -> Mask:
    """Return where a byte is known and marked in a table of 256."""
    rows, cols = values.shape
    holds = np.empty((rows, cols), np.bool_)
    for row in range(rows):
        for col in range(cols):
            holds[row, col] = table[values[row, col]] & (not unknown[row, col])
    return holds
