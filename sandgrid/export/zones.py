"""Which coordinate system each feature is exported in."""

from collections.abc import Mapping
from functools import cache
from typing import Final

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import pyproj
import shapely
from pyproj.exceptions import CRSError

from sandgrid.errors import OutputError
from sandgrid.export.moving import Told, moved, untold

CGCS2000_3DEG: Final = "cgcs2000-3deg"
CGCS2000_3DEG_CM: Final = "cgcs2000-3deg-cm"
UTM: Final = "utm"
NAMED_SYSTEMS: Final = (CGCS2000_3DEG, CGCS2000_3DEG_CM, UTM)
_CGCS2000: Final = "EPSG:4490"
_ZONE_WIDTH_DEG: Final = 3
_EPSG_BEFORE_ZONE: Final = 4488  # zone 25 is EPSG:4513, zone 45 is EPSG:4533
_CENTRAL_MERIDIAN: Final = 21  # the same zone without its number before the easting: EPSG:4534 on
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
        ``cgcs2000-3deg``, ``cgcs2000-3deg-cm``, ``utm`` or an EPSG code such as ``EPSG:4529``.

    Raises
    ------
    OutputError
        If the system is not known, or a point lies outside its zones.

    Examples
    --------
    >>> points = np.array([shapely.Point(121.4, 43), shapely.Point(121.6, 43)])
    >>> export_epsg(points, pyproj.CRS(4490), "cgcs2000-3deg").tolist()
    [4528, 4529]
    >>> export_epsg(points, pyproj.CRS(4490), "cgcs2000-3deg-cm").tolist()
    [4549, 4550]
    >>> export_epsg(points, pyproj.CRS(4490), "EPSG:4549").tolist()
    [4549, 4549]

    """
    if crs not in NAMED_SYSTEMS:
        return np.full(len(points), _epsg_code(crs), dtype=np.int64)
    lon, lat = _to_degrees(source).transform(shapely.get_x(points), shapely.get_y(points))
    if crs == UTM:
        return utm_zone_epsg(lon, lat)
    shift = _CENTRAL_MERIDIAN if crs == CGCS2000_3DEG_CM else 0
    return np.asarray(cgcs2000_zone_epsg(lon) + shift, dtype=np.int64)


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
    if crs not in NAMED_SYSTEMS:
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


def zone_of(code: int) -> int | None:
    """Return the number of a CGCS2000 3-degree zone, None for any other system.

    Examples
    --------
    >>> zone_of(4529), zone_of(4550), zone_of(32651)
    (41, 41, None)

    """
    for shift in (_EPSG_BEFORE_ZONE, _EPSG_BEFORE_ZONE + _CENTRAL_MERIDIAN):
        if _FIRST_ZONE <= code - shift <= _LAST_ZONE:
            return code - shift
    return None


def by_system(
    features: Mapping[str, gpd.GeoDataFrame],
    crs: str,
    *,
    straight: bool = False,
    told: Told = untold,
) -> dict[int, dict[str, gpd.GeoDataFrame]]:
    """Return the features in their systems: a feature follows its parcel, else its site.

    Parameters
    ----------
    features : mapping
        Layer -> features in one CRS; what follows nothing lies where its own centroid does.
    crs : str
        As for :func:`export_epsg`.
    straight : bool
        Whether only corners are moved; else long edges get vertices between.
    told : callable
        Told each feature that projecting made invalid, and that was mended.

    Returns
    -------
    dict
        EPSG code -> layer -> features in that system, each valid; nothing is cut, nothing stands
        twice.

    """
    codes = _feature_codes(features, crs)
    found: dict[int, dict[str, gpd.GeoDataFrame]] = {}
    for name, table in features.items():
        for code in np.unique(codes[name]).tolist():
            part, target = table[codes[name] == code], pyproj.CRS.from_epsg(code)
            placed = moved(part, target, layer=name, straight=straight, told=told)
            found.setdefault(code, {})[name] = placed
    return dict(sorted(found.items()))


def _feature_codes(
    features: Mapping[str, gpd.GeoDataFrame], crs: str
) -> dict[str, npt.NDArray[np.int64]]:
    if crs not in NAMED_SYSTEMS:
        only = _epsg_code(crs)
        return {name: np.full(len(table), only) for name, table in features.items()}
    codes = {
        name: export_epsg(shapely.centroid(table.geometry.to_numpy()), table.crs, crs)
        for name, table in features.items()
    }
    parents = {
        f"{name[:-1]}_id": dict(
            zip(features[name][f"{name[:-1]}_id"], codes[name].tolist(), strict=True)
        )
        for name in ("parcels", "sites")
        if name in features
    }
    return {
        name: codes[name] if name in ("parcels", "sites") else follow(table, codes[name], parents)
        for name, table in features.items()
    }
