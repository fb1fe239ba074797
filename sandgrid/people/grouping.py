"""Pieces of land put into packages: near each other, within what a crew or machine can do."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import shapely

Geometries = npt.NDArray[np.object_]
Floats = npt.NDArray[np.float64]


def neighbours(shapes: Geometries, distance_m: float) -> list[list[int]]:
    """Return for each shape the others within a distance, in order.

    Examples
    --------
    >>> boxes = np.array([shapely.box(x, 0, x + 1, 1) for x in (0, 1, 9)], dtype=object)
    >>> neighbours(boxes, 0.5)
    [[1], [0], []]

    """
    left, right = shapely.STRtree(shapes).query(shapes, predicate="dwithin", distance=distance_m)
    found: list[list[int]] = [[] for _ in range(len(shapes))]
    for a, b in sorted(zip(left.tolist(), right.tolist(), strict=True)):
        if a != b:
            found[a].append(b)
    return found


def group_pieces(near: Sequence[Sequence[int]], loads: Floats) -> list[list[int]]:
    """Group pieces so that each group hangs together and no load of it is above 1.

    Parameters
    ----------
    near : sequence of sequences of int
        For each piece, the pieces near it.
    loads : array of float, shape (pieces, kinds)
        Share of a season that each piece takes of a crew, and of each machine.

    Returns
    -------
    list of lists of int
        Groups in the order of their first pieces. A piece that alone takes more than a season
        stands alone, for several crews.

    Examples
    --------
    >>> group_pieces([[1], [0, 2], [1], []], np.array([[0.4], [0.4], [0.4], [0.1]]))
    [[0, 1], [2], [3]]
    >>> group_pieces([[1], [0]], np.array([[2.5], [0.1]]))
    [[0], [1]]

    """
    free, groups = set(range(len(near))), []
    for seed in range(len(near)):
        if seed not in free:
            continue
        free.discard(seed)
        group, total = [seed], loads[seed].copy()
        edge = list(near[seed])
        while edge:
            piece = edge.pop(0)
            if piece not in free or (total + loads[piece] > 1.0 + 1e-9).any():
                continue
            free.discard(piece)
            group.append(piece)
            total += loads[piece]
            edge.extend(near[piece])
        groups.append(sorted(group))
    return groups
