"""What stands on a parcel's row: areas by use, means of rasters, places and roads."""

from collections.abc import Mapping
from typing import Final

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from sandgrid.errors import InputError
from sandgrid.parcels.cells import CellShares, Floats, Geometries
from sandgrid.units import M2_PER_HA

Mask = npt.NDArray[np.bool_]

USES: Final = ("pv", "wind", "treatment")
UNIONS: Final[Mapping[str, tuple[str, ...]]] = {
    "pv_ha": ("pv",),
    "wind_ha": ("wind",),
    "treat_ha": ("treatment",),
    "pv_wind_ha": ("pv", "wind"),
    "pv_treat_ha": ("pv", "treatment"),
    "wind_treat_ha": ("wind", "treatment"),
    "any_ha": ("pv", "wind", "treatment"),
}
METRES_PER_KM: Final = 1_000.0


def areas_by_use(shares: CellShares, masks: Mapping[str, Mask]) -> pd.DataFrame:
    """Return the area of each mask, and of each union of masks, inside each geometry.

    Every cell carries one of eight combinations of uses; all seven areas are sums over the same
    eight parts, so they can never contradict each other.

    Parameters
    ----------
    shares : CellShares
        Of n geometries.
    masks : mapping
        pv, wind and treatment -> eligible cells, bool, shape of the geobox.

    Returns
    -------
    DataFrame, n rows
        pv_ha, wind_ha, treat_ha, pv_wind_ha, pv_treat_ha, wind_treat_ha, any_ha [ha].

    """
    code = np.zeros(len(shares.cell), dtype="int64")
    for bit, use in enumerate(USES):
        code |= masks[use].ravel()[shares.cell].astype("int64") << bit
    key = shares.geometry * 8 + code
    parts = np.bincount(key, weights=shares.share, minlength=shares.geometries * 8)
    parts_ha = parts.reshape(-1, 8) * (shares.cell_m2 / M2_PER_HA)
    return pd.DataFrame(
        {name: parts_ha[:, _codes(uses)].sum(axis=1) for name, uses in UNIONS.items()}
    )


def _codes(uses: tuple[str, ...]) -> list[int]:
    wanted = sum(1 << USES.index(use) for use in uses)
    return [code for code in range(8) if code & wanted]


def mean_values(shares: CellShares, values: npt.NDArray[np.floating], kept: Mask) -> Floats:
    """Return the area-weighted mean of a raster over the kept cells of each geometry.

    Parameters
    ----------
    shares : CellShares
        Of n geometries.
    values : ndarray of float, shape of the geobox
        Quantity, known in every kept cell.
    kept : ndarray of bool
        Cells that count.

    Returns
    -------
    ndarray of float64, shape (n,)
        Mean in the unit of the raster; NaN for a geometry without a kept cell.

    """
    inside = kept.ravel()[shares.cell]
    weight = np.where(inside, shares.share, 0.0)
    known = np.where(inside, values.ravel()[shares.cell], 0.0)
    areas = np.bincount(shares.geometry, weights=weight, minlength=shares.geometries)
    sums = np.bincount(shares.geometry, weights=weight * known, minlength=shares.geometries)
    means: Floats = np.divide(sums, areas, out=np.full(len(areas), np.nan), where=areas > 0)
    return means


def attributes_at(
    points: Geometries, polygons: gpd.GeoDataFrame, columns: list[str]
) -> pd.DataFrame:
    """Return the attributes of the polygon around each point; empty text where there is none.

    Where polygons overlap, the first in the order of the frame counts.
    """
    tree = shapely.STRtree(polygons.geometry.to_numpy())
    point, polygon = tree.query(points, predicate="intersects")
    first = (
        pd.DataFrame({"point": point, "polygon": polygon})
        .sort_values(["point", "polygon"], kind="stable")
        .drop_duplicates("point")
    )
    result = pd.DataFrame("", index=range(len(points)), columns=columns, dtype="str")
    found = polygons[columns].iloc[first["polygon"].to_numpy()].astype("str").fillna("")
    result.loc[first["point"].to_numpy()] = found.to_numpy()
    return result


def distance_km(points: Geometries, lines: gpd.GeoDataFrame, layer: str) -> Floats:
    """Return the distance from each point to the nearest line [km].

    Raises
    ------
    InputError
        If there is no line.

    """
    pieces = _segments(lines.geometry.to_numpy())
    if not len(pieces):
        raise InputError("parcels-no-features", {"layer": layer})
    tree = shapely.STRtree(pieces)
    (point, _), distance_m = tree.query_nearest(points, return_distance=True, all_matches=False)
    result = np.zeros(len(points))
    result[point] = distance_m
    return result / METRES_PER_KM


def _segments(lines: Geometries) -> Geometries:
    """Return lines as pieces of two points, which a tree tells apart best."""
    parts = shapely.get_parts(lines)
    points, part = shapely.get_coordinates(parts, return_index=True)
    same = part[1:] == part[:-1]
    return np.asarray(
        shapely.linestrings(np.stack([points[:-1][same], points[1:][same]], axis=1)), dtype=object
    )


def holders(parcels: pd.DataFrame, role: str, columns: Mapping[str, str]) -> pd.Series:
    """Name who fills a role on each parcel by the kind of its holder.

    Parameters
    ----------
    parcels : DataFrame
        With holder_kind and the columns named in ``columns``.
    role : str
        Name of the resulting series.
    columns : mapping
        Kind of holder -> column that names who fills the role.

    Examples
    --------
    >>> frame = pd.DataFrame({"holder_kind": ["collective", "household"],
    ...                       "holder": ["A", "B"], "collective": ["C", "D"]})
    >>> holders(frame, "beneficiary", {"collective": "collective", "household": "holder"}).tolist()
    ['C', 'B']

    """
    result = pd.Series("", index=parcels.index, name=role, dtype="str")
    for kind, column in columns.items():
        chosen = parcels["holder_kind"] == kind
        result[chosen] = parcels.loc[chosen, column]
    return result
