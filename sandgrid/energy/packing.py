"""Packing turbines: as many places as keep out of each other's spacing ellipse."""

from concurrent.futures import ThreadPoolExecutor
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from sandgrid.layers.compiling import compiled
from sandgrid.params import Parameters, default_parameters

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]
TURNS: Final = 12
SEED: Final = 20_240_630
THREADS: Final = 2
TOUCH: Final = 1 - 1e-9


class Near(NamedTuple):
    """Places and who is near whom: ``other[first[n] : first[n + 1]]`` are those near place n.

    Listing pays where places are shaken; without lists (``first`` is empty) all are looked at.

    Parameters
    ----------
    places : array, shape (n, 2)
        Places in units of the spacing.
    first : int array, shape (n + 1,)
        Where the list of each place begins.
    other : int array
        Places nearer than 1, ascending.

    """

    places: Floats
    first: Ints
    other: Ints


class PackingEffort(NamedTuple):
    """How long a packing is improved.

    Parameters
    ----------
    shakes : int
        Most places forced in, one after the other, for each sweep.
    shaken_places : int
        Most of shakes times candidates, so that large regions do not take for ever.
    candidates : int
        Beyond so many candidates only the best sweep is improved, and not shaken.
    steps_per_spacing : int
        How closely candidates are laid out: steps in one spacing across the wind.

    """

    shakes: int
    shaken_places: int
    candidates: int
    steps_per_spacing: int


def packing_effort(parameters: Parameters) -> PackingEffort:
    """Return how long a packing is improved, by the parameters ``packing.*``."""
    return PackingEffort(*(int(parameters.number(f"packing.{k}")) for k in PackingEffort._fields))


def default_effort() -> PackingEffort:
    """Return how long a packing is improved by the parameter file of the package."""
    return packing_effort(default_parameters())


def pack(places: Floats, effort: PackingEffort | None = None) -> Ints:
    """Choose as many places as possible so that no two are nearer than 1.

    Parameters
    ----------
    places : array, shape (n, 2)
        Candidates in units of the spacing along and across the wind.
    effort : PackingEffort, optional
        How long it is improved; by default as in the parameter file.

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
    effort = effort or default_effort()
    centred = np.ascontiguousarray(places - places.mean(axis=0))
    with ThreadPoolExecutor(THREADS) as pool:
        sweeps = list(pool.map(lambda turn: _swept(centred, turn), range(TURNS)))
        if len(places) > effort.candidates:
            return _improved(unlisted(centred), max(sweeps, key=len), np.empty(0, dtype=np.int64))
        near = list_near(centred)
        shakes = min(effort.shakes, effort.shaken_places // len(places))
        found = list(pool.map(lambda n: _shaken(near, sweeps[n], (n, shakes)), range(TURNS)))
    return max(found, key=len)


def _shaken(near: Near, start: Ints, turn: tuple[int, int]) -> Ints:
    """Return the packing that grows from a sweep, shaken by its own generator so many times."""
    number, shakes = turn
    rng = np.random.default_rng((SEED, number))
    return _improved(near, start, rng.integers(0, len(near.places), shakes))


def _improved(near: Near, start: Ints, forced: Ints) -> Ints:
    """Return the packing that grows from a start by exchanges and by forcing places in."""
    chosen = np.zeros(len(near.places), dtype=np.bool_)
    chosen[start] = True
    kept = shake(near, improve(near, chosen), forced)
    return np.flatnonzero(kept).astype(np.int64)


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


def unlisted(places: Floats) -> Near:
    """Return places without lists of who is near whom."""
    none = np.empty(0, dtype=np.int64)
    return Near(places, none, none)


def list_near(places: Floats) -> Near:
    """List the places that are nearer than 1 to each other.

    Parameters
    ----------
    places : array, shape (n, 2)
        Places in units of the spacing.

    Examples
    --------
    >>> list_near(np.array([[0.0, 0.0], [0.5, 0.0], [1.2, 0.0]])).other.tolist()
    [1, 0, 2, 1]

    """
    first = np.concatenate([[0], np.cumsum(_count_near(places))])
    return Near(places, first, _fill_near(places, first))


@compiled
def _count_near(places: Floats) -> Ints:
    count = np.zeros(len(places), dtype=np.int64)
    for one in range(len(places)):
        for other in range(one):
            near = np.int64(touch(places, one, other))
            count[one] += near
            count[other] += near
    return count


@compiled
def _fill_near(places: Floats, first: Ints) -> Ints:
    found, at = np.empty(first[-1], dtype=np.int64), 0
    for one in range(len(places)):
        for other in range(len(places)):
            if other != one and touch(places, one, other):
                found[at] = other
                at += 1
    return found


@compiled
def touch(places: Floats, one: np.int64 | int, other: np.int64 | int) -> bool:
    """Return whether two places are nearer than 1."""
    x, y = places[one, 0] - places[other, 0], places[one, 1] - places[other, 1]
    return bool(x * x + y * y < TOUCH)


@compiled
def toggle(near: Near, one: np.int64 | int, chosen: Mask, rivals: Ints) -> None:
    """Take a place in or out, and keep the books: how many rivals each place has, and their sum."""
    sign = -1 if chosen[one] else 1
    chosen[one] = not chosen[one]
    if near.first.size == 0:
        for other in range(chosen.size):
            if other != one and touch(near.places, one, other):
                rivals[0, other] += sign
                rivals[1, other] += sign * one
        return
    for at in range(near.first[one], near.first[one + 1]):
        rivals[0, near.other[at]] += sign
        rivals[1, near.other[at]] += sign * one


@compiled
def improve(near: Near, start: Mask) -> Mask:
    """Add what fits, and give up one place for two, until neither is possible."""
    chosen, rivals = np.zeros_like(start), np.zeros((2, start.size), dtype=np.int64)
    for one in np.flatnonzero(start):
        toggle(near, one, chosen, rivals)
    settle(near, chosen, rivals)
    return chosen


@compiled
def settle(near: Near, chosen: Mask, rivals: Ints) -> None:
    """Improve a packing whose rivals are known."""
    better = True
    while better:
        better = False
        for one in range(chosen.size):
            if not chosen[one] and rivals[0, one] == 0:
                toggle(near, one, chosen, rivals)
                better = True
        if not better:
            better = traded(near, chosen, rivals)


@compiled
def traded(near: Near, chosen: Mask, rivals: Ints) -> bool:
    """Give up one place for two that only it stands in the way of, if there is any."""
    free = np.flatnonzero((rivals[0] == 1) & ~chosen)
    free = free[np.argsort(rivals[1][free], kind="mergesort")]
    begin = 0
    for end in range(1, free.size + 1):
        if end < free.size and rivals[1, free[end]] == rivals[1, free[begin]]:
            continue
        first, second = apart(near.places, free[begin:end])
        if second >= 0:
            toggle(near, rivals[1, first], chosen, rivals)
            toggle(near, first, chosen, rivals)
            toggle(near, second, chosen, rivals)
            return True
        begin = end
    return False


@compiled
def apart(places: Floats, group: Ints) -> tuple[int, int]:
    """Return the first two places of a group that are not nearer than 1; -1, -1 if none are.

    A place from which even the farthest corner of the group's box is near has no such partner.
    """
    low, high = places[group[0]].copy(), places[group[0]].copy()
    for one in group:
        for axis in range(2):
            low[axis] = min(low[axis], places[one, axis])
            high[axis] = max(high[axis], places[one, axis])
    for at in range(group.size):
        one = group[at]
        x = max(places[one, 0] - low[0], high[0] - places[one, 0])
        y = max(places[one, 1] - low[1], high[1] - places[one, 1])
        if x * x + y * y < TOUCH:
            continue
        for other in group[at + 1 :]:
            if not touch(places, one, other):
                return int(one), int(other)
    return -1, -1


@compiled
def shake(near: Near, start: Mask, forced: Ints) -> Mask:
    """Force places in one after another, improve, and keep the packing if it is no worse."""
    best, best_rivals = np.zeros_like(start), np.zeros((2, start.size), dtype=np.int64)
    for one in np.flatnonzero(start):
        toggle(near, one, best, best_rivals)
    for one in forced:
        tried, rivals = best.copy(), best_rivals.copy()
        for at in range(near.first[one], near.first[one + 1]):
            if tried[near.other[at]]:
                toggle(near, near.other[at], tried, rivals)
        if not tried[one]:
            toggle(near, one, tried, rivals)
        settle(near, tried, rivals)
        if tried.sum() >= best.sum():
            best, best_rivals = tried, rivals
    return best
