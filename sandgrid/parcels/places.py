"""Where a parcel lies: longitude and latitude, township, village and collective."""

from typing import Final

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pyproj
import shapely

from sandgrid.layers.crs import GEODETIC, transform_points
from sandgrid.layers.stack import Layers
from sandgrid.parcels.attributes import attributes_at
from sandgrid.parcels.cells import Geometries

PLACE_DIGITS: Final = 7


def lon_lat(points: Geometries, crs: pyproj.CRS) -> dict[str, npt.NDArray[np.float64]]:
    """Return longitude and latitude of points, CGCS2000, to about a centimetre [deg]."""
    degrees = transform_points(shapely.get_coordinates(points), crs, GEODETIC)
    return {
        "lon_deg": degrees[:, 0].round(PLACE_DIGITS),
        "lat_deg": degrees[:, 1].round(PLACE_DIGITS),
    }


def place_names(
    table: gpd.GeoDataFrame, points: Geometries, layers: Layers
) -> dict[str, npt.NDArray[np.object_]]:
    """Return township, village and collective of each parcel.

    The inventory's collective stands before that of the village around the parcel.

    Parameters
    ----------
    table : GeoDataFrame
        Parcels with ``collective_id``, empty where the inventory names none.
    points : array of points, shape (n,)
        A point of each parcel.
    layers : Layers
        If given, ``villages`` and ``townships``.

    """
    columns = ["village", "township", "collective_id", "collective"]
    around = _around(points, layers, "villages", columns)
    towns = _around(points, layers, "townships", ["township"])
    own = table["collective_id"].to_numpy()
    ids = np.where(own == "", around["collective_id"], own)
    names = _collective_names(layers)
    known = np.array([names.get(key, key) for key in ids], dtype=object)
    return {
        "township": np.where(around["township"] == "", towns["township"], around["township"]),
        "village": around["village"],
        "collective_id": ids,
        "collective": known,
    }


def _around(
    points: Geometries, layers: Layers, role: str, columns: list[str]
) -> dict[str, npt.NDArray[np.object_]]:
    if role not in layers.vectors:
        return {name: np.full(len(points), "", dtype=object) for name in columns}
    polygons = layers.vector(role)
    held = [name for name in columns if name in polygons.columns]
    found = attributes_at(points, polygons, held)
    return {
        name: found[name].to_numpy(dtype=object)
        if name in held
        else np.full(len(points), "", object)
        for name in columns
    }


def _collective_names(layers: Layers) -> dict[str, str]:
    if "villages" not in layers.vectors:
        return {}
    villages = layers.vector("villages")
    if not {"collective_id", "collective"} <= set(villages.columns):
        return {}
    ordered = villages.sort_values("village_id", kind="stable").drop_duplicates("collective_id")
    return dict(zip(ordered["collective_id"], ordered["collective"], strict=True))
