"""Straight cuts of polygons to an exact area.

The area of the part of a polygon that lies below a line across one axis is the sum over its
edges of the integral of the other coordinate (Green's theorem; the closing edge along the line
adds nothing).  Between two neighbouring vertices it is a quadratic, so the place of a cut for a
given area follows in closed form, without trial cuts.
"""

from typing import Literal

import numpy as np
import numpy.typing as npt
import shapely
from shapely.geometry import MultiPolygon, Polygon
from shapely.geometry.base import BaseGeometry

from sandgrid.params import default_parameters

Axis = Literal["x", "y"]
Floats = npt.NDArray[np.float64]


def only_polygons(geometry: BaseGeometry) -> BaseGeometry:
    """Return the polygons of a geometry as one Polygon or MultiPolygon; lines and points go.

    So do parts of several that are no larger than ``drawing.sliver_m2``, which overlays leave where
    borders almost meet: no land, and what programs stumble over.

    Examples
    --------
    >>> only_polygons(shapely.from_wkt("GEOMETRYCOLLECTION (POINT (0 0))")).is_empty
    True
    >>> hair, field = shapely.box(0, 0, 1e-6, 1), shapely.box(2, 0, 3, 1)
    >>> only_polygons(MultiPolygon([hair, field])) == field
    True

    """
    if isinstance(geometry, Polygon):
        return geometry
    least_m2 = default_parameters().number("drawing.sliver_m2")
    parts = [
        part
        for whole in shapely.get_parts([geometry])
        for part in shapely.get_parts([whole])
        if isinstance(part, Polygon) and part.area > least_m2
    ]
    return parts[0] if len(parts) == 1 else MultiPolygon(parts)


def long_axis(geometry: BaseGeometry) -> Axis:
    """Return the axis along which the bounding box is longer; x if both are equal."""
    low_x, low_y, high_x, high_y = geometry.bounds
    return "x" if high_x - low_x >= high_y - low_y else "y"


def split_at(
    geometry: BaseGeometry, place_m: float, axis: Axis
) -> tuple[BaseGeometry, BaseGeometry]:
    """Cut a polygon by the line where one coordinate has a value.

    Returns
    -------
    tuple of two geometries
        The part below the line and the part above it.

    """
    low_x, low_y, high_x, high_y = geometry.bounds
    if axis == "x":
        low = shapely.box(low_x - 1, low_y - 1, place_m, high_y + 1)
        high = shapely.box(place_m, low_y - 1, high_x + 1, high_y + 1)
    else:
        low = shapely.box(low_x - 1, low_y - 1, high_x + 1, place_m)
        high = shapely.box(low_x - 1, place_m, high_x + 1, high_y + 1)
    return only_polygons(geometry.intersection(low)), only_polygons(geometry.intersection(high))


def split_area(
    geometry: BaseGeometry, area_m2: float, *, axis: Axis | None = None, from_high: bool = False
) -> tuple[BaseGeometry, BaseGeometry]:
    """Cut a part of an exact area off a polygon by one straight line.

    Parameters
    ----------
    geometry : Polygon or MultiPolygon
        In a CRS whose unit is the metre.
    area_m2 : float
        Area of the part [m2]; all of the polygon or more takes the whole.
    axis : {"x", "y"}, optional
        Axis that the line crosses; by default the longer one of the bounding box.
    from_high : bool
        Take the part at the high end of the axis instead of the low end.

    Returns
    -------
    tuple of two geometries
        The part and what is left.

    Examples
    --------
    >>> part, rest = split_area(shapely.box(0, 0, 10, 4), 12)
    >>> part.bounds, rest.area
    ((0.0, 0.0, 3.0, 4.0), 28.0)
    >>> split_area(shapely.box(0, 0, 10, 4), 50)[1].is_empty
    True

    """
    whole = geometry.area
    if area_m2 >= whole:
        return geometry, Polygon()
    if area_m2 <= 0:
        return Polygon(), geometry
    along = axis or long_axis(geometry)
    below = whole - area_m2 if from_high else area_m2
    low, high = split_at(geometry, cut_place(geometry, below, along), along)
    return (high, low) if from_high else (low, high)


def cut_place(geometry: BaseGeometry, area_m2: float, axis: Axis) -> float:
    """Return the coordinate below which a polygon has an area [m].

    Examples
    --------
    >>> triangle = Polygon([(0, 0), (4, 0), (4, 4)])
    >>> cut_place(triangle, 2.0, "x")
    2.0

    """
    edges = _edges(geometry, axis)
    places = np.unique(edges[:, [0, 2]])
    low, high = 0, len(places) - 1
    while high - low > 1:
        middle = (low + high) // 2
        if _area_below(edges, places[middle]) <= area_m2:
            low = middle
        else:
            high = middle
    return _within(edges, (float(places[low]), float(places[high])), area_m2)


def _within(edges: Floats, span: tuple[float, float], area_m2: float) -> float:
    start, end = span
    first, middle, last = (_area_below(edges, place) for place in (start, (start + end) / 2, end))
    bend = 2 * (last + first - 2 * middle)
    slope = last - first - bend
    wanted = area_m2 - first
    root = np.sqrt(max(slope * slope + 4 * bend * wanted, 0.0))
    share = 0.0 if slope + root <= 0 else 2 * wanted / (slope + root)
    return float(start + min(max(share, 0.0), 1.0) * (end - start))


def _edges(geometry: BaseGeometry, axis: Axis) -> Floats:
    """Return a0, b0, a1, b1 of every edge, a along the axis, with the land on the counted side."""
    oriented = shapely.orient_polygons(geometry)
    rings = shapely.get_rings(shapely.get_parts(oriented))
    xy, ring = shapely.get_coordinates(rings, return_index=True)
    along, across = (xy[:, 0], xy[:, 1]) if axis == "x" else (xy[:, 1], xy[:, 0])
    across = across - across.mean()
    edges = np.column_stack([along[:-1], across[:-1], along[1:], across[1:]])
    edges = edges[ring[:-1] == ring[1:]]
    return np.asarray(edges[:, [2, 3, 0, 1]] if axis == "x" else edges, dtype=np.float64)


def _area_below(edges: Floats, place: float) -> float:
    a0, b0, a1, b1 = edges.T
    low, high = np.minimum(a0, a1), np.maximum(a0, a1)
    width = np.clip(place - low, 0.0, high - low)
    with np.errstate(divide="ignore", invalid="ignore"):
        steep = np.where(high > low, (b1 - b0) / (a1 - a0), 0.0)
    b_low = np.where(a0 <= a1, b0, b1)
    return float(np.sum(np.sign(a1 - a0) * width * (b_low + steep * width / 2)))


def bisect_polygon(
    geometry: BaseGeometry, count: int, *, toward: tuple[float, float]
) -> list[BaseGeometry]:
    """Cut a polygon into parts of equal area by straight cuts across its longer side.

    Parameters
    ----------
    geometry : Polygon or MultiPolygon
        What is cut.
    count : int
        Number of parts.
    toward : tuple of two floats
        A place (x, y) [m]; parts on its side come first.

    Returns
    -------
    list of geometries
        In an order in which neighbours follow one another.

    Examples
    --------
    >>> [part.bounds for part in bisect_polygon(shapely.box(0, 0, 4, 1), 2, toward=(9, 0))]
    [(2.0, 0.0, 4.0, 1.0), (0.0, 0.0, 2.0, 1.0)]

    """
    if count <= 1:
        return [geometry]
    first = count // 2
    near, far = split_area(
        geometry,
        geometry.area * first / count,
        from_high=is_high_side(geometry, toward),
    )
    return [
        *bisect_polygon(near, first, toward=toward),
        *bisect_polygon(far, count - first, toward=toward),
    ]


def is_high_side(geometry: BaseGeometry, toward: tuple[float, float]) -> bool:
    """Return whether a place lies beyond the middle of the longer side of a polygon."""
    low_x, low_y, high_x, high_y = geometry.bounds
    if long_axis(geometry) == "x":
        return toward[0] > (low_x + high_x) / 2
    return toward[1] > (low_y + high_y) / 2
