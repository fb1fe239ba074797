"""Which coordinate system each feature is exported in."""

from functools import cache
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyproj
import shapely
from pyproj.exceptions import CRSError

from sandgrid.errors import OutputError

CGCS2000_3DEG: Final = "cgcs2000-3deg"
UTM: Final = "utm"
_CGCS2000: Final = "EPSG:4490"
_ZONE_WIDTH_DEG: Final = 3
_EPSG_BEFORE_ZONE: Final = 4488  # zone 25 is EPSG:4513, zone 45 is EPSG:4533
_FIRST_ZONE: Final = 25
_LAST_ZONE: Final = 45
_UTM_WIDTH_DEG: Final = 6
_UTM_NORTH: Final = 32600
_UTM_SOUTH: Final = 32700


def cgcs2000_zone_epsg(lon_deg: npt.ArrayLike) -> npt.NDArray[np.int64]:
    """Return the zone-prefixed CGCS2000 3-degree Gauss-Kruger system of each longitude.

    Parameters
    ----------
    lon_deg : array_like, shape (n,)
        Longitude [deg]; a zone holds its western edge.

    Raises
    ------
    OutputError
        If a longitude lies outside zones 25 to 45.

    Examples
    --------
    >>> cgcs2000_zone_epsg([120.0, 121.4999, 121.5, 123.0]).tolist()
    [4528, 4528, 4529, 4529]

    """
    lon = np.asarray(lon_deg, dtype=np.float64)
    zone = np.floor(lon / _ZONE_WIDTH_DEG + 0.5).astype(np.int64)
    outside = (zone < _FIRST_ZONE) | (zone > _LAST_ZONE)
    if outside.any():
        row = int(np.flatnonzero(outside)[0])
        raise OutputError("export-zone-outside", {"id": row, "lon": round(float(lon[row]), 4)})
    return np.asarray(_EPSG_BEFORE_ZONE + zone, dtype=np.int64)


def utm_zone_epsg(lon_deg: npt.ArrayLike, lat_deg: npt.ArrayLike) -> npt.NDArray[np.int64]:
    """Return the WGS 84 UTM system of each position.

    Examples
    --------
    >>> utm_zone_epsg([119.9, 121.5], [44.0, -44.0]).tolist()
    [32650, 32751]

    """
    zone = np.floor(np.asarray(lon_deg, dtype=np.float64) / _UTM_WIDTH_DEG).astype(np.int64) + 31
    north = np.asarray(lat_deg, dtype=np.float64) >= 0
    return np.asarray(zone + np.where(north, _UTM_NORTH, _UTM_SOUTH), dtype=np.int64)


def export_epsg(
    points: npt.NDArray[np.object_], source: pyproj.CRS, crs: str
) -> npt.NDArray[np.int64]:
    """Return the EPSG code of the system that each feature is exported in.

    Parameters
    ----------
    points : array of Point, shape (n,)
        A point of each feature, e.g. its centroid.
    source : pyproj.CRS
        System of the points.
    crs : str
        ``cgcs2000-3deg``, ``utm`` or an EPSG code such as ``EPSG:4529``.

    Raises
    ------
    OutputError
        If the system is not known, or a point lies outside its zones.

    Examples
    --------
    >>> points = np.array([shapely.Point(121.4, 43), shapely.Point(121.6, 43)])
    >>> export_epsg(points, pyproj.CRS(4490), "cgcs2000-3deg").tolist()
    [4528, 4529]
    >>> export_epsg(points, pyproj.CRS(4490), "EPSG:4549").tolist()
    [4549, 4549]

    """
    if crs not in (CGCS2000_3DEG, UTM):
        return np.full(len(points), _epsg_code(crs), dtype=np.int64)
    lon, lat = _to_degrees(source).transform(shapely.get_x(points), shapely.get_y(points))
    return cgcs2000_zone_epsg(lon) if crs == CGCS2000_3DEG else utm_zone_epsg(lon, lat)


@cache
def _to_degrees(source: pyproj.CRS) -> pyproj.Transformer:
    return pyproj.Transformer.from_crs(source, _CGCS2000, always_xy=True)


def _epsg_code(crs: str) -> int:
    try:
        code = pyproj.CRS.from_user_input(crs).to_epsg()
    except CRSError as error:
        raise OutputError("export-crs-unknown", {"crs": crs}) from error
    if code is None:
        raise OutputError("export-crs-unknown", {"crs": crs})
    return code


def check_export_crs(crs: str) -> None:
    """Refuse an export system that is not known, before a long run rather than after it.

    Raises
    ------
    OutputError
        If the system is not known.

    """
    if crs not in (CGCS2000_3DEG, UTM):
        _epsg_code(crs)


def follow(
    table: pd.DataFrame, own: npt.NDArray[np.int64], parents: dict[str, dict[str, int]]
) -> npt.NDArray[np.int64]:
    """Return the systems of features that lie in the file of their parcel or site.

    Parameters
    ----------
    table : DataFrame, n rows
        The features.
    own : array, shape (n,)
        EPSG code by the feature's own position.
    parents : dict
        Id column, the nearest parent first -> id -> EPSG code.

    Examples
    --------
    >>> table = pd.DataFrame({"parcel_id": ["P1", ""]})
    >>> follow(table, np.array([4529, 4529]), {"parcel_id": {"P1": 4528}}).tolist()
    [4528, 4529]

    """
    for column, known in parents.items():
        if column in table:
            found = table[column].map(known).to_numpy(dtype=np.float64, na_value=np.nan)
            return np.where(np.isnan(found), own, found).astype(np.int64)
    return own
