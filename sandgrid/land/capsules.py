"""Cell centres within a distance of points and segments, painted row by row."""

import math
from typing import Final

import numpy as np
import numpy.typing as npt
import shapely

from sandgrid.layers.compiling import compiled
from sandgrid.layers.crs import Geometries

Mask = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]
POLYGON: Final = 2
# Rows this much further off than the distance are asked too: what rounding may let in.
SLACK: Final = 1e-9


def segments_of(features: Geometries, distance_m: Floats) -> tuple[Floats, Floats]:
    """Return the segments of features, those of points without length, and their distances.

    Parameters
    ----------
    features : ndarray of geometries, shape (n,)
        Points, lines or polygons, single or multi.
    distance_m : ndarray of float64, shape (n,)
        Distance of each [m].

    Returns
    -------
    segments : ndarray of float64, shape (k, 4)
        x and y of start and end [m].
    distance_m : ndarray of float64, shape (k,)
        Distance of the feature of each [m].

    Examples
    --------
    >>> line = np.array([shapely.LineString([(0, 0), (3, 0), (3, 4)])], dtype=object)
    >>> segments_of(line, np.array([2.0]))[0].tolist()
    [[0.0, 0.0, 3.0, 0.0], [3.0, 0.0, 3.0, 4.0]]

    """
    parts, owner = shapely.get_parts(features, return_index=True)
    flat = shapely.get_dimensions(parts) < POLYGON
    rings, of_part = shapely.get_rings(parts[~flat], return_index=True)
    paths = np.concatenate([parts[flat], rings])
    feature = np.concatenate([owner[flat], owner[~flat][of_part]])
    points, path = shapely.get_coordinates(paths, return_index=True)
    alone = np.flatnonzero(np.bincount(path, minlength=len(paths))[path] == 1)
    first = np.concatenate([np.flatnonzero(path[1:] == path[:-1]), alone])
    last = np.concatenate([np.flatnonzero(path[1:] == path[:-1]) + 1, alone])
    reach = np.asarray(distance_m, dtype=np.float64)[feature[path[first]]]
    return np.hstack([points[first], points[last]]), reach


@compiled
def fill_runs(mask: Mask, place: npt.NDArray[np.int64], inside: Mask) -> None:
    """Set the cells of the runs that lie inside; see `sandgrid.land.burn.Crossings`."""
    rows, cols = mask.shape
    for run in range(len(place)):
        if not inside[run]:
            continue
        end = place[run + 1] if run + 1 < len(place) else rows * (cols + 1)
        for row in range(place[run] // (cols + 1), (end - 1) // (cols + 1) + 1):
            start = row * (cols + 1)
            mask[row, max(place[run] - start, 0) : min(end - start, cols)] = True


@compiled
def near(segments: Floats, distance_m: Floats, bounds: Floats) -> Mask:
    """Return which segments may reach into a box: west, south, east, north [m]."""
    west, south, east, north = bounds
    found = np.empty(len(segments), np.bool_)
    for number in range(len(segments)):
        x0, y0, x1, y1 = segments[number]
        far_m = distance_m[number]
        across = (min(x0, x1) - far_m <= east) & (max(x0, x1) + far_m >= west)
        found[number] = across & (min(y0, y1) - far_m <= north) & (max(y0, y1) + far_m >= south)
    return found


@compiled
def distance(x: float, y: float, segment: Floats) -> float:
    """Return how far a point lies from a segment [m], by the formula that GEOS uses."""
    across, up = segment[2] - segment[0], segment[3] - segment[1]
    square = across * across + up * up
    along = (x - segment[0]) * across + (y - segment[1]) * up
    if square == 0.0 or along / square <= 0.0:
        return math.sqrt((x - segment[0]) ** 2 + (y - segment[1]) ** 2)
    if along / square >= 1.0:
        return math.sqrt((x - segment[2]) ** 2 + (y - segment[3]) ** 2)
    aside = ((segment[1] - y) * across - (segment[0] - x) * up) / square
    return float(abs(aside) * math.sqrt(square))


@compiled
def reached(y: float, segment: Floats, far_m: float) -> tuple[float, float]:
    """Return between which x a row runs within a distance of a segment, but for rounding."""
    low, high = np.inf, -np.inf
    for end in (0, 2):
        rest = far_m * far_m - (y - segment[end + 1]) ** 2
        if rest >= 0.0:
            low = min(low, segment[end] - np.sqrt(rest))
            high = max(high, segment[end] + np.sqrt(rest))
    across, up = segment[2] - segment[0], segment[3] - segment[1]
    length = np.sqrt(across * across + up * up)
    if up != 0.0:
        for side in (-1.0, 1.0):
            right, down = side * far_m * up / length, side * far_m * across / length
            share = (y + down - segment[1]) / up
            if 0.0 <= share <= 1.0:
                low = min(low, segment[0] + share * across + right)
                high = max(high, segment[0] + share * across + right)
    return low, high


@compiled
def paint(
    mask: Mask, corner: tuple[int, int], grid: Floats, segments: Floats, distance_m: Floats
) -> None:
    """Set the cells of a tile whose centre lies within the distance of any segment.

    Parameters
    ----------
    mask : ndarray of bool, shape (rows, cols)
        Is painted on.
    corner : pair of int
        Row and column of the tile in the grid.
    grid : ndarray of float64, shape (4,)
        West side, width of a cell, north side, height of a cell (negative) [m].
    segments, distance_m : ndarray of float64, shapes (k, 4) and (k,)
        As `segments_of` returns them.

    """
    west, wide, north, tall = grid
    rows, cols = mask.shape
    for number in range(len(segments)):
        segment, most_m = segments[number], distance_m[number]
        far_m = most_m * (1.0 + SLACK)
        top = (max(segment[1], segment[3]) + far_m - north) / tall - 0.5
        foot = (min(segment[1], segment[3]) - far_m - north) / tall - 0.5
        first = max(int(np.ceil(top)) - corner[0], 0)
        for row in range(first, min(int(np.floor(foot)) - corner[0] + 1, rows)):
            y = north + (row + corner[0] + 0.5) * tall
            low, high = reached(y, segment, far_m)
            if low > high:
                continue
            begin = int(np.floor((low - west) / wide - 0.5))
            end = int(np.ceil((high - west) / wide - 0.5))
            while begin <= end and distance(west + (begin + 0.5) * wide, y, segment) > most_m:
                begin += 1
            while end > begin and distance(west + (end + 0.5) * wide, y, segment) > most_m:
                end -= 1
            mask[row, max(begin - corner[1], 0) : max(min(end - corner[1] + 1, cols), 0)] = True
