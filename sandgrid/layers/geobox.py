"""The raster grid of an area: square cells at multiples of the resolution, north up."""

from typing import Final, cast

import geopandas as gpd
import numpy as np
import numpy.typing as npt
from affine import Affine
from odc.geo.geobox import GeoBox

from sandgrid.errors import InputError
from sandgrid.layers.crs import Bounds

SNAP_TOLERANCE: Final = 1e-6


def area_geobox(area: gpd.GeoDataFrame, resolution_m: float) -> GeoBox:
    """Return the grid that covers an area, its edges at multiples of the resolution.

    Bounds are moved outward; a bound that lies within a millionth of a cell of a multiple
    counts as lying on it.

    Parameters
    ----------
    area : GeoDataFrame
        In the analysis CRS [m].
    resolution_m : float
        Side of a cell [m].

    Raises
    ------
    InputError
        If the area is empty.

    Examples
    --------
    >>> import shapely
    >>> area = gpd.GeoDataFrame(geometry=[shapely.box(10, 20, 250, 300)], crs="EPSG:32651")
    >>> geobox = area_geobox(area, 100)
    >>> geobox.shape.yx, geobox.affine.c, geobox.affine.f
    ((3, 3), 0.0, 300.0)

    """
    if area.empty:
        raise InputError("area-empty", {})
    west, south, east, north = (area.total_bounds / resolution_m).tolist()
    left, bottom = _floor(west), _floor(south)
    right, top = -_floor(-east), -_floor(-north)
    affine = Affine(resolution_m, 0, left * resolution_m, 0, -resolution_m, top * resolution_m)
    return GeoBox((max(top - bottom, 1), max(right - left, 1)), affine, area.crs)


def _floor(value: float) -> int:
    return int(np.floor(value + SNAP_TOLERANCE))


def cell_m(geobox: GeoBox) -> float:
    """Return the side of a cell [m]."""
    return float(geobox.affine.a)


def bounds_of(geobox: GeoBox) -> Bounds:
    """Return west, south, east, north of a grid."""
    return cast("Bounds", tuple(float(edge) for edge in geobox.boundingbox.bbox))


def cell_centres(
    geobox: GeoBox,
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Return eastings of the columns and northings of the rows, at cell centres [m]."""
    rows, cols = geobox.shape
    step = geobox.affine
    x = np.asarray(step.c + (np.arange(cols) + 0.5) * step.a, dtype=np.float64)
    return x, np.asarray(step.f + (np.arange(rows) + 0.5) * step.e, dtype=np.float64)


def cell_at(geobox: GeoBox, x_m: float, y_m: float) -> tuple[int, int] | None:
    """Return row and column of the cell that holds a point, None outside the grid."""
    col, row = ~geobox.affine @ (x_m, y_m)
    rows, cols = geobox.shape
    if 0 <= row < rows and 0 <= col < cols:
        return int(row), int(col)
    return None
