"""Means of rasters over polygons, each cell by the exact share of it that lies inside.

Nothing is kept per cell of a polygon, so twenty thousand parcels of a whole city cost no more
memory than some strips of the rasters.
"""

from collections.abc import Mapping
from concurrent.futures import Executor
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from odc.geo.geobox import GeoBox

from sandgrid.errors import InputError
from sandgrid.land.sweeping import in_order, threads_or
from sandgrid.layers.raster import Raster, bounded_cache
from sandgrid.layers.raster_files import RasterFile
from sandgrid.layers.tiles import Tile, cut_tiles
from sandgrid.parcels.cells import Floats, Geometries, cell_size_m, edges_in_cells
from sandgrid.parcels.coverage import add_strip
from sandgrid.units import M2_PER_HA

STRIP_ROWS: Final = 256
Ints = npt.NDArray[np.int64]
Source = Raster | RasterFile


def zonal_means(
    geometries: Geometries,
    rasters: Mapping[str, Source],
    geobox: GeoBox,
    *,
    executor: Executor | None = None,
) -> pd.DataFrame:
    """Return the mean of quantities over polygons, cells weighted by their exact share.

    Parameters
    ----------
    geometries : ndarray of Polygon or MultiPolygon, shape (n,)
        Valid, in the CRS of the grid [m]; they may overlap.
    rasters : mapping
        Name -> quantity on the grid, in memory or in its file.
    geobox : GeoBox
        The grid.
    executor : Executor, optional
        Where strips of rows are summed; threads here by default.  The result is the same.

    Returns
    -------
    DataFrame, n rows
        For each raster `<name>`, its mean over the known cells, NaN where there is none, and
        `<name>_known_ha`, the land that the mean speaks of [ha].

    Raises
    ------
    InputError
        If a raster holds classes, or lies on another grid.

    Notes
    -----
    Signed areas to the right of each edge are accumulated as in font rasterisers, in float64.

    Examples
    --------
    The published example of exactextract: cells 1 to 9, and a square over half of the outer ones.

    >>> from affine import Affine
    >>> grid = GeoBox((3, 3), Affine(100, 0, 0, 0, -100, 300), "EPSG:32651")
    >>> cells = np.arange(1, 10, dtype=np.float32).reshape(3, 3)
    >>> raster = Raster(cells, np.zeros((3, 3), bool), grid)
    >>> square = np.array([shapely.box(50, 50, 250, 250), shapely.box(900, 0, 950, 9)])
    >>> zonal_means(square, {"value": raster}, grid).round(6).to_dict("list")
    {'value': [5.0, nan], 'value_known_ha': [4.0, 0.0]}

    """
    _require_quantities(rasters, geobox)
    drawn = _drawn(geometries, geobox)
    strips = cut_tiles(geobox, (STRIP_ROWS, geobox.shape[1]))
    work = (_Strip(drawn.part(tile), tile, rasters, geobox) for tile in strips)
    totals = np.zeros((len(geometries), len(rasters), 2))
    with bounded_cache(), threads_or(executor) as pool:
        for number, found in in_order(_totals, work, pool):
            totals[number] += found
    return _table(totals, list(rasters), cell_size_m(geobox) ** 2)


@dataclass(frozen=True, eq=False)
class _Drawn:
    """Polygons as edges in cells of the grid; see `add_strip`."""

    number: Ints
    edges: Floats
    first: Ints
    boxes: Ints

    def part(self, tile: Tile) -> "_Drawn":
        """Return the polygons that reach into a strip."""
        near = (self.boxes[:, 0] < tile.rows.stop) & (self.boxes[:, 1] > tile.rows.start)
        count = np.diff(self.first)
        kept = np.repeat(near, count)
        first = np.concatenate([[0], np.cumsum(count[near])]).astype(np.int64)
        return _Drawn(self.number[near], self.edges[kept], first, self.boxes[near])


@dataclass(frozen=True, eq=False)
class _Strip:
    drawn: _Drawn
    tile: Tile
    rasters: Mapping[str, Source]
    geobox: GeoBox


def _totals(strip: _Strip) -> tuple[Ints, Floats]:
    """Return the numbers of the polygons of a strip, and what it adds to them."""
    drawn, count = strip.drawn, len(strip.rasters)
    totals = np.zeros((len(drawn.number), count, 2))
    if len(drawn.number):
        values = np.empty((count, *strip.tile.shape), np.float32)
        for layer, raster in enumerate(strip.rasters.values()):
            values[layer] = _known(raster.part(strip.tile))
        add_strip(drawn.edges, drawn.first, drawn.boxes, values, strip.tile.rows.start, totals)
    return drawn.number, totals


def _known(raster: Raster) -> npt.NDArray[np.float32]:
    """Return the values of a quantity, NaN where it is not known."""
    return np.asarray(raster.values, dtype=np.float32)


def _require_quantities(rasters: Mapping[str, Source], geobox: GeoBox) -> None:
    for name, raster in rasters.items():
        if raster.codes:
            raise InputError("zonal-classes", {"layer": name})
        if raster.geobox != geobox:
            raise InputError("layers-other-grid", {"layer": name})


def _drawn(geometries: Geometries, geobox: GeoBox) -> _Drawn:
    edges, owner = edges_in_cells(geometries, geobox)
    first = np.searchsorted(owner, np.arange(len(geometries) + 1)).astype(np.int64)
    return _Drawn(np.arange(len(geometries)), edges, first, _boxes(geometries, geobox))


def _boxes(geometries: Geometries, geobox: GeoBox) -> Ints:
    """Return rows and columns that each polygon reaches, inside the grid; none if it is empty."""
    west, south, east, north = np.nan_to_num(shapely.bounds(geometries), nan=np.inf).T
    step, (rows, cols) = geobox.affine, geobox.shape
    ends = [
        np.floor((north - step.f) / step.e).clip(0, rows),
        np.ceil((south - step.f) / step.e).clip(0, rows),
        np.floor((west - step.c) / step.a).clip(0, cols),
        np.ceil((east - step.c) / step.a).clip(0, cols),
    ]
    return np.stack(ends, axis=1).astype(np.int64)


def _table(totals: Floats, names: list[str], cell_m2: float) -> pd.DataFrame:
    columns: dict[str, Floats] = {}
    for layer, name in enumerate(names):
        sums, known = totals[:, layer, 0], totals[:, layer, 1]
        empty = np.full(len(sums), np.nan)
        columns[name] = np.divide(sums, known, out=empty, where=known > 0)
        columns[f"{name}_known_ha"] = known * (cell_m2 / M2_PER_HA)
    return pd.DataFrame(columns)
