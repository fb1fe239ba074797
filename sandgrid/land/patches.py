"""Connected land across tiles: each tile is labelled alone, then the labels are joined."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from itertools import chain, pairwise
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy import ndimage
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from sandgrid.land.sweeping import in_order
from sandgrid.layers.tiles import Tile

Mask = npt.NDArray[np.bool_]
Labels = npt.NDArray[np.int64]
EIGHT_NEIGHBOURS: Final = np.ones((3, 3), bool)


@dataclass(frozen=True, eq=False)
class Outline:
    """What other tiles need to know of the patches of a tile.

    Parameters
    ----------
    cells : ndarray of int64, shape (n,)
        Cells of patch 1, 2, ... n of the tile.
    north, south, west, east : ndarray of int64
        Number of the patch along each side, 0 for none.

    """

    cells: Labels
    north: Labels
    south: Labels
    west: Labels
    east: Labels

    def counted_from(self, first: int) -> "Outline":
        """Return the outline with patches numbered from `first` + 1 on."""
        sides = (self.north, self.south, self.west, self.east)
        return Outline(self.cells, *(np.where(side > 0, side + first, 0) for side in sides))


def outline(land: Mask) -> Outline:
    """Return sizes and sides of the patches of a tile.

    Examples
    --------
    >>> outline(np.array([[True, False, True], [False, True, False]])).cells.tolist()
    [3]

    """
    labels, count = ndimage.label(land, structure=EIGHT_NEIGHBOURS)
    cells = np.bincount(labels.ravel(), minlength=count + 1)[1:]
    sides = (labels[0], labels[-1], labels[:, 0], labels[:, -1])
    return Outline(cells, *(side.astype(np.int64) for side in sides))


def in_small_patches(land: Mask, small: Mask) -> Mask:
    """Return the cells of the patches that are small.

    Parameters
    ----------
    land : ndarray of bool
        Land of a tile.
    small : ndarray of bool, shape (n,)
        Whether patch 1, 2, ... n of the tile is small.

    """
    labels, _ = ndimage.label(land, structure=EIGHT_NEIGHBOURS)
    return np.asarray(np.concatenate([[False], small])[labels])


def find_small_patches(
    read: Callable[[Tile], Mask],
    tiles: Sequence[Tile],
    is_small: Callable[[Labels], Mask],
    executor: Executor,
) -> Iterator[tuple[Tile, Mask]]:
    """Yield for each tile the land whose patch, over all tiles, has too few cells.

    Cells that touch by a side or a corner hang together.

    Parameters
    ----------
    read : callable
        Land of a tile; asked twice for each.
    tiles : sequence of Tile
        All tiles of a grid, row by row.
    is_small : callable
        Says of numbers of cells whether they are too few.
    executor : Executor
        Where tiles are labelled.

    """
    outlines = list(in_order(outline, map(read, tiles), executor))
    first = np.concatenate([[0], np.cumsum([len(each.cells) for each in outlines])])
    counted = [each.counted_from(int(start)) for each, start in zip(outlines, first, strict=False)]
    joined = _joined(int(first[-1]), chain.from_iterable(_links(tiles, counted)))
    cells = np.zeros(len(joined), np.int64)
    np.add.at(cells, joined, np.concatenate([each.cells for each in outlines]))
    small = is_small(cells)[joined]
    parts = [small[a:b] for a, b in pairwise(first)]
    work = ((read(tile), part) for tile, part in zip(tiles, parts, strict=True))
    yield from zip(tiles, in_order(_in_small_patches, work, executor), strict=True)


def _in_small_patches(work: tuple[Mask, Mask]) -> Mask:
    return in_small_patches(*work)


def _joined(count: int, links: Iterator[Labels]) -> npt.NDArray[np.int32]:
    """Return for each patch the number of the patch over all tiles that it belongs to."""
    pairs = np.concatenate([np.zeros((0, 2), np.int64), *links]) - 1
    graph = coo_array((np.ones(len(pairs), bool), (pairs[:, 0], pairs[:, 1])), (count, count))
    return np.asarray(connected_components(graph, directed=False)[1])


def _links(tiles: Sequence[Tile], outlines: Sequence[Outline]) -> Iterator[Iterator[Labels]]:
    """Yield pairs of patches that touch across the sides and corners of tiles."""
    above: Labels | None = None
    for row in _rows_of_tiles(tiles):
        band = [outlines[number] for number in row]
        yield (_touching(a.east, b.west) for a, b in pairwise(band))
        if above is not None:
            yield iter([_touching(above, np.concatenate([each.north for each in band]))])
        above = np.concatenate([each.south for each in band])


def _rows_of_tiles(tiles: Sequence[Tile]) -> Iterator[range]:
    starts = [n for n, tile in enumerate(tiles) if n == 0 or tile.rows != tiles[n - 1].rows]
    yield from map(range, starts, [*starts[1:], len(tiles)])


def _touching(one: Labels, other: Labels) -> Labels:
    """Return the pairs of patches that touch across two sides that lie against each other."""
    facing = np.pad(other, 1)
    shifted = [facing[step : step + len(one)] for step in (0, 1, 2)]
    pairs = np.stack([np.tile(one, 3), np.concatenate(shifted)], axis=1)
    return np.unique(pairs[(pairs > 0).all(axis=1)], axis=0)
