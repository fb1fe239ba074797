"""Packing turbines: as many places as keep out of each other's spacing ellipse."""

from concurrent.futures import ThreadPoolExecutor
from typing import Final

import numpy as np
import numpy.typing as npt

from sandgrid.layers.compiling import compiled

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]
TURNS: Final = 12
SEED: Final = 20_240_630
SHAKEN_PLACES: Final = 150_000
SHAKES: Final = 1_000
SHAKEN_CANDIDATES: Final = 1_600
THREADS: Final = 2
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
    and Werneck 2012).  On few candidates the packing of every sweep is improved, shaken and
    improved again, and the largest is taken.  Generators are seeded: the same places
    are packed alike.

    Examples
    --------
    >>> line = np.column_stack([np.arange(0, 3.1, 0.25), np.zeros(13)])
    >>> pack(line).tolist()
    [0, 4, 8, 12]

    """
    if not len(places):
        return np.empty(0, dtype=np.int64)
    centred = np.ascontiguousarray(places - places.mean(axis=0))
    sweeps = [_swept(centred, turn) for turn in range(TURNS)]
    if len(places) > SHAKEN_CANDIDATES:
        return _improved(centred, max(sweeps, key=len), np.empty(0, dtype=np.int64))
    with ThreadPoolExecutor(THREADS) as pool:
        found = list(pool.map(lambda n: _shaken(centred, sweeps[n], n), range(TURNS)))
    return max(found, key=len)


def _shaken(places: Floats, start: Ints, number: int) -> Ints:
    """Return the packing that grows from a sweep, shaken by its own generator."""
    rng = np.random.default_rng((SEED, number))
    shakes = min(SHAKES, SHAKEN_PLACES // len(places))
    return _improved(places, start, rng.integers(0, len(places), shakes))


def _improved(places: Floats, start: Ints, forced: Ints) -> Ints:
    """Return the packing that grows from a start by exchanges and by forcing places in."""
    chosen = np.zeros(len(places), dtype=np.bool_)
    chosen[start] = True
    improve(places, chosen)
    return np.flatnonzero(shake(places, chosen, forced)).astype(np.int64)


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
def toggle(places: Floats, one: np.int64 | int, chosen: Mask, rivals: Ints) -> None:
    """Take a place in or out, and keep the books: how many rivals each place has, and their sum."""
    sign = -1 if chosen[one] else 1
    chosen[one] = not chosen[one]
    for other in range(chosen.size):
        if other != one and near(places, one, other):
            rivals[0, other] += sign
            rivals[1, other] += sign * one


@compiled
def improve(places: Floats, chosen: Mask) -> None:
    """Add what fits, and give up one place for two, until neither is possible."""
    kept, rivals = np.flatnonzero(chosen), np.zeros((2, chosen.size), dtype=np.int64)
    chosen[:] = False
    for one in kept:
        toggle(places, one, chosen, rivals)
    settle(places, chosen, rivals)


@compiled
def settle(places: Floats, chosen: Mask, rivals: Ints) -> None:
    """Improve a packing whose rivals are known."""
    better = True
    while better:
        better = False
        for one in range(chosen.size):
            if not chosen[one] and rivals[0, one] == 0:
                toggle(places, one, chosen, rivals)
                better = True
        if not better:
            better = traded(places, chosen, rivals)


@compiled
def traded(places: Floats, chosen: Mask, rivals: Ints) -> bool:
    """Give up one place for two that only it stands in the way of, if there is any."""
    free = np.flatnonzero((rivals[0] == 1) & ~chosen)
    free = free[np.argsort(rivals[1][free], kind="mergesort")]
    for first in range(free.size):
        lost = rivals[1, free[first]]
        for second in range(first + 1, free.size):
            if rivals[1, free[second]] != lost:
                break
            if not near(places, free[first], free[second]):
                toggle(places, lost, chosen, rivals)
                toggle(places, free[first], chosen, rivals)
                toggle(places, free[second], chosen, rivals)
                return True
    return False


@compiled
def shake(places: Floats, chosen: Mask, forced: Ints) -> Mask:
    """Force places in one after another, improve, and keep the packing if it is no worse."""
    best, best_rivals = np.zeros_like(chosen), np.zeros((2, chosen.size), dtype=np.int64)
    for one in np.flatnonzero(chosen):
        toggle(places, one, best, best_rivals)
    for one in forced:
        tried, rivals = best.copy(), best_rivals.copy()
        for other in range(tried.size):
            if other != one and tried[other] and near(places, one, other):
                toggle(places, other, tried, rivals)
        if not tried[one]:
            toggle(places, one, tried, rivals)
        settle(places, tried, rivals)
        if tried.sum() >= best.sum():
            best, best_rivals = tried, rivals
    return best
