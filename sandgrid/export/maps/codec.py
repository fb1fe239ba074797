"""Compact geometry: whole numbers of web Mercator, written as differences in variable-length bytes.

A browser draws a city of parcels at once when it need not parse text or project points.  Every
vertex is therefore projected here, once, to whole units of the web Mercator world (``2**LEVEL``
units around the equator, about 0.4 m at 44 degrees north), and each feature is written as the
differences from vertex to vertex.  The page turns units into pixels with one multiplication.

The writing follows the zigzag and base-128 encoding that many binary formats share.
"""

from dataclasses import dataclass
from typing import Final

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import shapely

from sandgrid.errors import InputError

LEVEL: Final = 26
WORLD_UNITS: Final = 1 << LEVEL
HALF_TURN_DEG: Final = 180.0
EQUATOR_M: Final = 40_075_016.686  # of the web Mercator sphere
LON_LAT: Final = "EPSG:4490"
BITS: Final = 7

Integers = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Shapes:
    """Features as whole numbers.

    Parameters
    ----------
    parts : ndarray of shape (features,)
        Rings, lines or points of each feature.
    points : ndarray of shape (sum of parts,)
        Vertices of each part; a ring is not closed.
    x, y : ndarray of shape (sum of points,)
        Vertices, x to the east and y to the south [2**-LEVEL of the equator, times 2**coarse].
    coarse : int
        Lowest bits that are left out where land need not be drawn finely.

    """

    parts: Integers
    points: Integers
    x: Integers
    y: Integers
    coarse: int = 0


def coarse_bits(tolerance_m: float) -> int:
    """Return how many bits of a position may be left out.

    Parameters
    ----------
    tolerance_m : float
        How far a drawn vertex may lie from the true one [m].

    Examples
    --------
    >>> coarse_bits(1.0), coarse_bits(30.0)
    (0, 5)

    """
    units = tolerance_m / (EQUATOR_M / WORLD_UNITS)
    return max(0, int(np.floor(np.log2(units)))) if units > 1 else 0


def rounding_bits(step_m: float, lat_deg: float) -> int:
    """Return how many bits must be left out so that positions lie no finer than a step.

    Parameters
    ----------
    step_m : float
        Least distance between two positions on the ground [m].
    lat_deg : float
        Latitude farthest from the equator, where units are smallest [deg].

    Examples
    --------
    >>> rounding_bits(50.0, 44.0), 2**7 * EQUATOR_M / WORLD_UNITS * np.cos(np.radians(44.0)) > 50
    (7, np.True_)

    """
    unit_m = EQUATOR_M / WORLD_UNITS * np.cos(np.radians(lat_deg))
    return max(0, int(np.ceil(np.log2(step_m / unit_m))))


def mercator_units(lon_deg: npt.ArrayLike, lat_deg: npt.ArrayLike) -> tuple[Integers, Integers]:
    """Project positions to whole units of the web Mercator world.

    Parameters
    ----------
    lon_deg, lat_deg : array_like
        Position [deg].

    Returns
    -------
    tuple of ndarray
        x to the east from 180 W, y to the south [2**-LEVEL of the equator].

    Examples
    --------
    >>> mercator_units([0.0], [0.0])
    (array([33554432]), array([33554432]))

    """
    x = np.asarray(lon_deg, dtype=np.float64) / (2 * HALF_TURN_DEG) + 0.5
    latitude = np.radians(np.asarray(lat_deg, dtype=np.float64))
    y = 0.5 - np.arcsinh(np.tan(latitude)) / (2 * np.pi)
    return _rounded(x), _rounded(y)


def _rounded(share: npt.NDArray[np.float64]) -> Integers:
    return np.rint(share * WORLD_UNITS).astype(np.int64)


def find_shapes(frame: gpd.GeoDataFrame, layer: str, *, coarse: int = 0) -> Shapes:
    """Turn the geometry of a frame into whole numbers.

    Parameters
    ----------
    frame : GeoDataFrame
        Any mixture of polygons, lines or points with a CRS.
    layer : str
        Name that an error shows.
    coarse : int
        Lowest bits of positions that are left out.

    Raises
    ------
    InputError
        If the frame has no CRS, or a geometry is missing, empty or not finite.

    """
    geometries = _lon_lat_geometries(frame, layer)
    parts, owner = _parts(geometries)
    coordinates, part_of = shapely.get_coordinates(parts, return_index=True)
    if not np.isfinite(coordinates).all():
        raise InputError("map-bad-position", {"layer": layer})
    x, y = (
        (units + ((1 << coarse) >> 1)) >> coarse
        for units in mercator_units(coordinates[:, 0], coordinates[:, 1])
    )
    keep = _kept_vertices(x, y, part_of, closed=_are_rings(parts)[part_of])
    points = np.bincount(part_of[keep], minlength=len(parts)).astype(np.int64)
    counts = np.bincount(owner, minlength=len(geometries)).astype(np.int64)
    return Shapes(counts, points, x[keep], y[keep], coarse)


def _lon_lat_geometries(frame: gpd.GeoDataFrame, layer: str) -> npt.NDArray[np.object_]:
    if frame.crs is None:
        raise InputError("map-no-crs", {"layer": layer})
    geometries: npt.NDArray[np.object_] = np.asarray(frame.geometry.to_crs(LON_LAT).array)
    absent = shapely.is_missing(geometries) | shapely.is_empty(geometries)
    if absent.any():
        row = int(np.flatnonzero(absent)[0])
        raise InputError("map-no-geometry", {"layer": layer, "row": row})
    return geometries


def _parts(geometries: npt.NDArray[np.object_]) -> tuple[npt.NDArray[np.object_], Integers]:
    """Return the rings, lines and points of all features, and the feature of each."""
    singles, owner = shapely.get_parts(geometries, return_index=True)
    areas = shapely.get_type_id(singles) == shapely.GeometryType.POLYGON
    rings, area = shapely.get_rings(singles[areas], return_index=True)
    places = np.concatenate([np.flatnonzero(areas)[area], np.flatnonzero(~areas)])
    order = np.argsort(places, kind="stable")
    pieces = np.concatenate([rings, singles[~areas]])[order]
    return pieces, owner[places[order]].astype(np.int64)


def _are_rings(parts: npt.NDArray[np.object_]) -> npt.NDArray[np.bool_]:
    result: npt.NDArray[np.bool_] = shapely.get_type_id(parts) == shapely.GeometryType.LINEARRING
    return result


def _kept_vertices(
    x: Integers, y: Integers, part: Integers, *, closed: npt.NDArray[np.bool_]
) -> npt.NDArray[np.bool_]:
    """Drop the vertex that closes a ring and vertices equal to the one before them."""
    first = np.r_[True, part[1:] != part[:-1]][: len(x)]
    last = np.r_[part[1:] != part[:-1], True][: len(x)]
    same = np.r_[False, (x[1:] == x[:-1]) & (y[1:] == y[:-1])][: len(x)]
    keep: npt.NDArray[np.bool_] = first | ~(same | (last & closed))
    return keep


def encode_shapes(shapes: Shapes) -> bytes:
    """Write shapes as bytes: parts, points, x and y differences, each with its length before it.

    Examples
    --------
    >>> point = Shapes(*(np.array([n]) for n in (1, 1, 3, -1)))
    >>> encode_shapes(point).hex()
    '0101010101060101'

    """
    streams = (
        encode_numbers(shapes.parts),
        encode_numbers(shapes.points),
        encode_numbers(zigzag(np.diff(shapes.x, prepend=0))),
        encode_numbers(zigzag(np.diff(shapes.y, prepend=0))),
    )
    return b"".join(encode_numbers(np.array([len(part)])) + part for part in streams)


def zigzag(values: Integers) -> Integers:
    """Turn whole numbers into non-negative ones, small ones staying small.

    Examples
    --------
    >>> zigzag(np.array([0, -1, 1, -2])).tolist()
    [0, 1, 2, 3]

    """
    folded: Integers = np.where(values < 0, -2 * values - 1, 2 * values)
    return folded


def encode_numbers(values: Integers) -> bytes:
    """Write non-negative whole numbers, seven bits to a byte, the least first.

    Examples
    --------
    >>> encode_numbers(np.array([1, 127, 128, 300])).hex()
    '017f8001ac02'

    """
    if not len(values):
        return b""
    sizes = np.ones(len(values), dtype=np.int64)
    rest = values >> BITS
    while rest.any():
        sizes += rest > 0
        rest = rest >> BITS
    starts = np.cumsum(sizes) - sizes
    place = np.arange(int(sizes.sum())) - np.repeat(starts, sizes)
    low = (np.repeat(values, sizes) >> (BITS * place)) & ((1 << BITS) - 1)
    more = place < np.repeat(sizes, sizes) - 1
    return (low | (more.astype(np.int64) << BITS)).astype(np.uint8).tobytes()
