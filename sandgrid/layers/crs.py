"""Coordinate reference systems: equal-area CRS, exact areas, checks that cannot be skipped."""

from collections.abc import Sequence
from typing import Final, cast

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pyproj
import shapely
from shapely.geometry.base import BaseGeometry

from sandgrid.errors import InputError
from sandgrid.params import default_parameters
from sandgrid.units import M2_PER_HA

Geometries = npt.NDArray[np.object_]
Bounds = tuple[float, float, float, float]
OLD_DATUMS: Final = {"beijing": "layers.beijing54_off_m", "xian": "layers.xian80_off_m"}
METRES_PER_DEGREE: Final = 111_320.0
LONGEST_EDGE_DEG: Final = 0.01
FINEST_EDGE_DEG: Final = 1e-4
EDGES_PER_EXTENT: Final = 1_000
COINCIDENCE_M: Final = 1e-6
GEODETIC: Final = pyproj.CRS.from_epsg(4490)


def local_equal_area(lon_deg: float, lat_deg: float) -> pyproj.CRS:
    """Return the Lambert azimuthal equal-area CRS on GRS80 centred on a place.

    Parameters
    ----------
    lon_deg, lat_deg : float
        Centre [deg].

    Examples
    --------
    >>> local_equal_area(121.5, 44.0).is_projected
    True

    """
    text = f"+proj=laea +lat_0={lat_deg:.12g} +lon_0={lon_deg:.12g} +ellps=GRS80 +units=m"
    return pyproj.CRS.from_user_input(text)


def area_ha(geometries: gpd.GeoSeries | gpd.GeoDataFrame) -> npt.NDArray[np.float64]:
    """Return areas in an equal-area CRS.

    Parameters
    ----------
    geometries : GeoSeries or GeoDataFrame, n rows
        In the analysis CRS [m].

    Returns
    -------
    ndarray of float64, shape (n,)
        Areas [ha].

    Raises
    ------
    InputError
        If the CRS is not equal-area: areas in degrees or in Web Mercator mean nothing.

    Examples
    --------
    >>> square = gpd.GeoSeries([shapely.box(0, 0, 100, 100)], crs=local_equal_area(121.5, 44))
    >>> area_ha(square)
    array([1.])

    """
    require_equal_area(geometries.crs)
    return np.asarray(shapely.area(geometries.geometry.to_numpy())) / M2_PER_HA


def require_equal_area(crs: pyproj.CRS | None) -> None:
    """Refuse a CRS in which areas are not true."""
    operation = None if crs is None else crs.coordinate_operation
    method = "" if operation is None else operation.method_name
    if "equal area" not in method.lower().replace("-", " "):
        raise InputError("crs-not-equal-area", {"crs": crs_name(crs)})


def require_same_crs(
    first: gpd.GeoDataFrame | gpd.GeoSeries, second: gpd.GeoDataFrame | gpd.GeoSeries
) -> None:
    """Refuse two frames of different CRS, or without any.

    Raises
    ------
    InputError
        Naming both.

    """
    if first.crs is None or second.crs is None or first.crs != second.crs:
        raise InputError(
            "crs-differ", {"first": crs_name(first.crs), "second": crs_name(second.crs)}
        )


def crs_name(crs: pyproj.CRS | None) -> str:
    """Return a short name of a CRS, ``none`` if there is none.

    Examples
    --------
    >>> crs_name(pyproj.CRS.from_epsg(4490))
    'EPSG:4490'

    """
    if crs is None:
        return "none"
    code = crs.to_epsg()
    return f"EPSG:{code}" if code else crs.name if crs.name != "unknown" else crs.srs


def coincide(first: pyproj.CRS, second: pyproj.CRS, bounds: Bounds) -> bool:
    """Return whether two CRS give the same coordinates over bounds of the first.

    Two descriptions of one CRS may differ in names alone; what counts is where points come
    to lie, to a micrometre.
    """
    if first == second:
        return True
    if first.is_geographic != second.is_geographic:
        return False
    x, y = (axis.ravel() for axis in np.meshgrid(*_probe_axes(bounds)))
    there = transform_points(np.column_stack([x, y]), first, second)
    tolerance = COINCIDENCE_M / (METRES_PER_DEGREE if first.is_geographic else 1.0)
    return bool(np.allclose(there, np.column_stack([x, y]), rtol=0, atol=tolerance))


def _probe_axes(bounds: Bounds) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    return np.linspace(bounds[0], bounds[2], 3), np.linspace(bounds[1], bounds[3], 3)


def transform_points(
    points: npt.NDArray[np.float64], source: pyproj.CRS, target: pyproj.CRS
) -> npt.NDArray[np.float64]:
    """Transform points, x or longitude first; what has no place comes back as inf.

    Parameters
    ----------
    points : ndarray, shape (n, 2)
        Coordinates in the source CRS.
    source, target : CRS
        From and to.

    """
    transformer = pyproj.Transformer.from_crs(source, target, always_xy=True)
    x, y = transformer.transform(points[:, 0], points[:, 1])
    return np.column_stack([x, y])


def transform_bounds(bounds: Bounds, source: pyproj.CRS, target: pyproj.CRS) -> Bounds:
    """Transform bounds with densified edges; what has no place is left out."""
    edge = shapely.segmentize(shapely.box(*bounds), _longest(bounds))
    points = transform_points(shapely.get_coordinates(edge), source, target)
    points = points[np.isfinite(points).all(axis=1)]
    if not len(points):
        return (np.nan, np.nan, np.nan, np.nan)
    return cast("Bounds", (*points.min(axis=0).tolist(), *points.max(axis=0).tolist()))


def _longest(bounds: Bounds) -> float:
    return max(bounds[2] - bounds[0], bounds[3] - bounds[1], 1e-9) / 64


def extent_text(bounds: Bounds, crs: pyproj.CRS) -> str:
    """Return bounds as longitudes and latitudes that a reader can find on a map.

    Examples
    --------
    >>> extent_text((121.0, 42.0, 122.5, 43.0), pyproj.CRS.from_epsg(4490))
    '121.000..122.500 E, 42.000..43.000 N'

    """
    west, south, east, north = transform_bounds(bounds, crs, GEODETIC)
    return f"{west:.3f}..{east:.3f} E, {south:.3f}..{north:.3f} N"


def to_crs(frame: gpd.GeoDataFrame, crs: pyproj.CRS) -> gpd.GeoDataFrame:
    """Return the frame in another CRS, its long edges densified first.

    A straight edge of 50 km in degrees lies up to 50 m off the straight line in metres, so
    edges are divided to at most 0.01 degree (a bow of 2 cm).  An edge that two polygons share is
    divided at the same points in both.

    Parameters
    ----------
    frame : GeoDataFrame
        With a CRS.
    crs : CRS
        Target.

    Raises
    ------
    InputError
        If the frame has no CRS, or a point has no place in the target.

    """
    if frame.crs is None:
        raise InputError("crs-missing", {})
    if frame.crs == crs:
        return frame
    longest = LONGEST_EDGE_DEG * (1 if frame.crs.is_geographic else METRES_PER_DEGREE)
    fine = densify_edges(frame.geometry.to_numpy(), longest)
    moved = gpd.GeoSeries(fine, index=frame.index, crs=frame.crs).to_crs(crs)
    require_finite(moved.to_numpy(), crs)
    return cast("gpd.GeoDataFrame", frame.set_geometry(moved))


def require_finite(geometries: Geometries, crs: pyproj.CRS) -> None:
    """Refuse geometries with a coordinate that is not a number."""
    coordinates, owner = shapely.get_coordinates(geometries, return_index=True)
    bad = np.unique(owner[~np.isfinite(coordinates).all(axis=1)])
    if len(bad):
        rows = ", ".join(str(row) for row in bad[:5].tolist())
        raise InputError("crs-no-place", {"crs": crs_name(crs), "count": len(bad), "rows": rows})


def densify_edges(geometries: Geometries, longest: float) -> Geometries:
    """Divide edges into equal pieces of at most the given length, the same from either end.

    Parameters
    ----------
    geometries : ndarray of geometries, shape (n,)
        Any of points, lines, polygons; points come back as they are.
    longest : float
        Longest edge that is left, in the unit of the coordinates.

    Examples
    --------
    >>> line = np.array([shapely.LineString([(0, 0), (1, 0)])])
    >>> print(densify_edges(line, 0.5)[0])
    LINESTRING (0 0, 0.5 0, 1 0)

    """
    if not len(geometries) or (shapely.get_dimensions(geometries) < 1).all():
        return geometries
    kind, points, offsets = shapely.to_ragged_array(geometries.tolist())
    pieces = _pieces(points, np.asarray(offsets[0], dtype=np.int64), longest)
    if (pieces == 1).all():
        return geometries
    first = np.concatenate([[0], np.cumsum(pieces)])
    fine = _divided(points, pieces)
    rings = first[np.minimum(offsets[0], len(points))]
    return np.asarray(shapely.from_ragged_array(kind, fine, (rings, *offsets[1:])), dtype=object)


def _pieces(
    points: npt.NDArray[np.float64], offsets: npt.NDArray[np.int64], longest: float
) -> npt.NDArray[np.int64]:
    """Return into how many pieces the edge after each point is divided; 1 after a last point."""
    length = np.hypot(*np.diff(points, axis=0, append=points[-1:]).T)
    length[offsets[1:] - 1] = 0
    return np.asarray(np.maximum(np.ceil(length / longest - 1e-9), 1), dtype=np.int64)


def _divided(
    points: npt.NDArray[np.float64], pieces: npt.NDArray[np.int64]
) -> npt.NDArray[np.float64]:
    edge = np.repeat(np.arange(len(points)), pieces)
    step = np.arange(len(edge)) - np.repeat(np.cumsum(pieces) - pieces, pieces)
    start, end = points[edge], points[np.minimum(edge + 1, len(points) - 1)]
    swap = (start[:, 0] > end[:, 0]) | ((start[:, 0] == end[:, 0]) & (start[:, 1] > end[:, 1]))
    low, high = np.where(swap[:, None], end, start), np.where(swap[:, None], start, end)
    share = np.where(swap, pieces[edge] - step, step) / pieces[edge]
    fine = low + (high - low) * share[:, None]
    return np.where((step == 0)[:, None], start, fine)


def geodesic_area_m2(geometry: BaseGeometry, crs: pyproj.CRS) -> float:
    """Return the area on the GRS80 ellipsoid with edges as drawn in the CRS (椭球面积).

    Parameters
    ----------
    geometry : polygon
        In the CRS.
    crs : CRS
        Of the geometry.

    Returns
    -------
    float
        Area [m2], always positive.

    Examples
    --------
    >>> cell = shapely.box(122.0, 43.0, 122.01, 43.01)
    >>> round(geodesic_area_m2(cell, pyproj.CRS.from_epsg(4490)), 2)
    905788.26

    """
    west, south, east, north = shapely.bounds(geometry).tolist()
    unit = 1.0 if crs.is_geographic else METRES_PER_DEGREE
    longest = max(max(east - west, north - south) / EDGES_PER_EXTENT, FINEST_EDGE_DEG * unit)
    fine = np.array([shapely.segmentize(geometry, longest)], dtype=object)
    placed = gpd.GeoSeries(fine, crs=crs).to_crs(GEODETIC).iloc[0]
    require_finite(np.array([placed], dtype=object), GEODETIC)
    parts: Sequence[BaseGeometry] = shapely.orient_polygons(shapely.get_parts(placed)).tolist()
    geod = pyproj.Geod(ellps="GRS80")
    return float(sum(abs(geod.geometry_area_perimeter(part)[0]) for part in parts))


def grid_convergence_deg(
    lon_deg: npt.ArrayLike, lat_deg: npt.ArrayLike, crs: pyproj.CRS
) -> npt.NDArray[np.float64]:
    """Return the angle from true north to grid north; grid bearing = azimuth - convergence.

    Parameters
    ----------
    lon_deg, lat_deg : array-like
        Places [deg].
    crs : CRS
        Projected CRS.

    Returns
    -------
    ndarray of float64
        Convergence [deg], positive where grid north lies clockwise of true north.

    Examples
    --------
    >>> grid_convergence_deg(121.5, 44.0, local_equal_area(121.5, 44.0)).round(6).item() + 0
    0.0

    """
    factors = pyproj.Proj(crs).get_factors(np.asarray(lon_deg), np.asarray(lat_deg))
    return np.asarray(factors.meridian_convergence, dtype=np.float64)


def old_datum_off_m(crs: pyproj.CRS) -> float:
    """Return how far Beijing 1954 or Xian 1980 taken as CGCS2000 can be off [m], 0 for others.

    Examples
    --------
    >>> old_datum_off_m(pyproj.CRS.from_epsg(4610)), old_datum_off_m(pyproj.CRS.from_epsg(4490))
    (127.0, 0.0)

    """
    datum = crs.datum
    name = "" if datum is None else datum.name.lower()
    parameters = default_parameters()
    return max(
        (parameters.number(key) for old, key in OLD_DATUMS.items() if old in name), default=0.0
    )
