"""Rasters too large for memory: looked at once, then read tile by tile by whoever needs it."""

from dataclasses import dataclass

import pyproj
from affine import Affine
from odc.geo.geobox import GeoBox

from sandgrid.layers.catalogue import RasterSource
from sandgrid.layers.guessing import place_of
from sandgrid.layers.notices import Report, warn
from sandgrid.layers.opened import OpenRaster, inspected, pixel_m
from sandgrid.layers.raster import (
    Raster,
    aligned_offset,
    on_cells,
    open_dataset,
    require_overlap,
    require_values,
)
from sandgrid.layers.tiles import Tile


@dataclass(frozen=True)
class RasterFile:
    """A raster that stays in its file; its parts are those that `read_raster` would return.

    Parameters
    ----------
    source : RasterSource
        Entry of the catalogue; the file must lie where the parts are read.
    geobox : GeoBox
        The grid.
    band : int
        Band that is read.
    crs : CRS
        Of the file, or assumed.
    affine : Affine
        From pixel to coordinates, rows from north to south.
    flipped : bool
        Whether the file runs from south to north.
    offset : pair of int, optional
        Row and column of the grid's corner in the file, where pixels and cells coincide.
    pixel_m : float
        Side of the pixels [m].

    """

    source: RasterSource
    geobox: GeoBox
    band: int
    crs: pyproj.CRS
    affine: Affine
    flipped: bool
    offset: tuple[int, int] | None
    pixel_m: float

    def part(self, tile: Tile) -> Raster:
        """Return the cells of a tile.

        Raises
        ------
        InputError
            If the tile cannot be read, or holds unknown codes or values out of range.

        """
        cells, offset = tile.geobox(self.geobox), self.offset
        if offset is not None:
            offset = (offset[0] + tile.rows.start, offset[1] + tile.cols.start)
        with open_dataset(self.source) as dataset:
            opened = OpenRaster(
                dataset, self.source, self.band, self.crs, self.affine, self.flipped
            )
            raster = on_cells(opened, cells, offset)
        require_values(raster, self.source)
        return raster


def find_raster(
    source: RasterSource,
    geobox: GeoBox,
    *,
    max_pixels: int | None = None,
    report: Report = warn,
) -> RasterFile:
    """Look at a raster without reading its pixels.

    Parameters
    ----------
    source : RasterSource
        Entry of the catalogue.
    geobox : GeoBox
        The grid.
    max_pixels : int, optional
        Largest file that is opened [pixels].
    report : callable
        What is done with a warning.

    Raises
    ------
    InputError, ResourceError
        As `read_raster`, but for what only the pixels tell.

    """
    with open_dataset(source) as dataset:
        opened = inspected(dataset, source, max_pixels, report, area=place_of(geobox))
        require_overlap(opened, geobox)
        return RasterFile(
            source=source,
            geobox=geobox,
            band=opened.band,
            crs=opened.crs,
            affine=opened.affine,
            flipped=opened.flipped,
            offset=aligned_offset(opened, geobox),
            pixel_m=pixel_m(opened),
        )
