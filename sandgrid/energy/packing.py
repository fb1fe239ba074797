"""Packing turbines: as many places as keep out of each other's spacing ellipse."""

from typing import Final

import numpy as np
import numpy.typing as npt

from sandgrid.layers.compiling import compiled

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]
TURNS: Final = 12
SEED: Final = 20_240_630
SHAKES: Final = 300
SHAKEN_CANDIDATES: Final = 1_500
TOUCH: Final = 1 - 1e-9


def pack(places: Floats) -> Ints:
    """Choose as many places as possible so that no two are nearer than 1.

    Parameters
    ----------
    places : array, shape (n, 2)
        Candidates in units of the spacing along and across the wind.

    Returns
    -------
    int array
        Numbers of the chosen places, ascending.

    Notes
    -----
    Sweeps over the candidates in several directions, each of which takes what still fits and so
    grows staggered rows; the best is improved by giving up one place for two (Andrade, Resende
    and Werneck 2012), and on few candidates by shaking it and improving again.  The generator is
    seeded: the same places are packed alike.

    Examples
    --------
    >>> line = np.column_stack([np.arange(0, 3.1, 0.25), np.zeros(13)])
    >>> pack(line).tolist()
    [0, 4, 8, 12]

    """
    if not len(places):
        return np.empty(0, dtype=np.int64)
    centred = np.ascontiguousarray(places - places.mean(axis=0))
    best = max((_swept(centred, turn) for turn in range(TURNS)), key=len)
    chosen = np.zeros(len(places), dtype=np.bool_)
    chosen[best] = True
    improve(centred, chosen)
    if len(places) <= SHAKEN_CANDIDATES:
        order = np.random.default_rng(SEED).permutation(np.arange(SHAKES * len(places)))
        chosen = shake(centred, chosen, order[:SHAKES] % len(places))
    return np.flatnonzero(chosen).astype(np.int64)


def _swept(places: Floats, turn: int) -> Ints:
    """Return the places that a sweep in one direction takes."""
    angle = 2 * np.pi * turn / TURNS
    ahead = np.round(places @ np.array([np.cos(angle), np.sin(angle)]), 9)
    aside = np.round(places @ np.array([-np.sin(angle), np.cos(angle)]), 9)
    order = np.lexsort((aside, ahead)).astype(np.int64)
    return taken(places, order)


@compiled
def taken(places: Floats, order: Ints) -> Ints:
    """Return the places that are kept when each is taken in turn if it still fits."""
    kept = np.empty(order.size, dtype=np.int64)
    count = 0
    for one in order:
        fits = True
        for other in range(count - 1, -1, -1):
            x = places[one, 0] - places[kept[other], 0]
            y = places[one, 1] - places[kept[other], 1]
            if x * x + y * y < TOUCH:
                fits = False
                break
        if fits:
            kept[count] = one
            count += 1
    return kept[:count]


@compiled
def near(places: Floats, one: np.int64 | int, other: np.int64 | int) -> bool:
    """Return whether two places are nearer than 1."""
    x, y = places[one, 0] - places[other, 0], places[one, 1] - places[other, 1]
    return bool(x * x + y * y < TOUCH)


@compiled
def rivals(places: Floats, chosen: Mask) -> tuple[Ints, Ints]:
    """Return how many chosen places stand in the way of each place, and one of them."""
    size = chosen.size
    many, which = np.zeros(size, dtype=np.int64), np.full(size, -1, dtype=np.int64)
    for other in np.flatnonzero(chosen):
        for one in range(size):
            if one != other and near(places, one, other):
                many[one] += 1
                which[one] = other
    return many, which


@compiled
def improve(places: Floats, chosen: Mask) -> None:
    """Add what fits, and give up one place for two, until neither is possible."""
    better = True
    while better:
        many, which = rivals(places, chosen)
        fits = np.flatnonzero(~chosen & (many == 0))
        better = fits.size > 0
        if better:
            chosen[fits[0]] = True
        else:
            better = traded(places, chosen, many, which)


@compiled
def traded(places: Floats, chosen: Mask, many: Ints, which: Ints) -> bool:
    """Give up one place for two that only it stands in the way of, if there is any."""
    for lost in np.flatnonzero(chosen):
        only = np.flatnonzero((many == 1) & (which == lost) & ~chosen)
        for first in range(only.size):
            for second in range(first + 1, only.size):
                if not near(places, only[first], only[second]):
                    chosen[lost] = False
                    chosen[only[first]] = True
                    chosen[only[second]] = True
                    return True
    return False


@compiled
def shake(places: Floats, chosen: Mask, forced: Ints) -> Mask:
    """Force places in one after another, improve, and keep the packing if it is no worse."""
    best = chosen.copy()
    for one in forced:
        tried = best.copy()
        for other in range(tried.size):
            if other != one and tried[other] and near(places, one, other):
                tried[other] = False
        tried[one] = True
        improve(places, tried)
        if tried.sum() >= best.sum():
            best = tried
    return best
