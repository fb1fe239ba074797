"""Rasters too large for memory: looked at once, then read tile by tile by whoever needs it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, BinaryIO, Final

import numpy as np
import numpy.typing as npt
import pyproj
from affine import Affine
from numpy.lib.format import dtype_to_descr, write_array_header_1_0
from odc.geo.geobox import GeoBox

from sandgrid.layers.catalogue import Codes, RasterSource
from sandgrid.layers.guessing import place_of
from sandgrid.layers.notices import Report, warn
from sandgrid.layers.opened import (
    OpenRaster,
    holds_bytes,
    inspected,
    meant,
    pixel_m,
    read_raw,
    value_type,
)
from sandgrid.layers.pixels import BYTES, any_of, look_up
from sandgrid.layers.raster import (
    Raster,
    aligned_offset,
    allowed_values,
    held_open,
    on_cells,
    open_dataset,
    raster_of,
    require_overlap,
    require_values,
)
from sandgrid.layers.tiles import Tile
from sandgrid.layers.warping import warped_strips, warped_tile

VALUES: Final = "values.npy"
STATES: Final = "states.npy"


@dataclass(frozen=True, eq=False)
class ByteRaster:
    """Some cells of a raster of bytes as they are in its file, and what each byte means.

    Whatever is asked of single cells is asked of 256 bytes and looked up.

    Parameters
    ----------
    raw : ndarray of uint8, shape (rows, cols)
        Pixels of the file.
    meaning : Raster, shape (1, 256)
        Value of each byte, unknown or absent if it stands for a gap.

    """

    raw: npt.NDArray[np.uint8]
    meaning: Raster

    def on(self, geobox: GeoBox) -> Raster:
        """Return the raster on the grid of its cells."""
        absent = self.meaning.absent
        return replace(
            self.meaning,
            values=look_up(self.meaning.values[0], self.raw),
            unknown=look_up(self.meaning.unknown[0], self.raw),
            absent=None if absent is None else look_up(absent[0], self.raw),
            geobox=geobox,
        )


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
    staged : Path, optional
        Folder with the warped values, where pixels and cells do not coincide; without it they
        are warped again for each part.

    """

    source: RasterSource
    geobox: GeoBox
    band: int
    crs: pyproj.CRS
    affine: Affine
    flipped: bool
    offset: tuple[int, int] | None
    pixel_m: float
    staged: Path | None = None

    @property
    def codes(self) -> Codes:
        """Return code or class of a category -> values."""
        return self.source.codes

    def part(self, tile: Tile) -> Raster:
        """Return the cells of a tile.

        Raises
        ------
        InputError
            If the tile cannot be read, or holds unknown codes or values out of range.

        """
        raster = self._read(tile) if self.staged is None else self._loaded(tile, self.staged)
        require_values(raster, self.source)
        return raster

    def byte_part(self, tile: Tile) -> ByteRaster | None:
        """Return the cells of a tile as bytes.

        None if the file holds no bytes, the tile reaches beyond it, pixels do not lie on the
        cells, or a byte occurs that may not: `part` says what is wrong with it.
        """
        if self.offset is None:
            return None
        top, left = self.offset[0] + tile.rows.start, self.offset[1] + tile.cols.start
        with self._held() as opened:
            if not holds_bytes(opened, (top, left), tile.shape):
                return None
            values, state = meant(opened, np.arange(BYTES, dtype=np.uint8)[None])
            row = GeoBox((1, BYTES), self.geobox.affine, self.geobox.crs)
            meaning = raster_of(values, state, row, self.source, self.pixel_m)
            raw = read_raw(opened, top, left, tile.shape)
        allowed = allowed_values(meaning, self.source) | ~meaning.known
        return None if any_of(raw, ~allowed[0]) else ByteRaster(raw, meaning)

    @contextmanager
    def _held(self) -> Iterator[OpenRaster]:
        """Give the open file."""
        with held_open(self.source) as dataset:
            yield OpenRaster(dataset, self.source, self.band, self.crs, self.affine, self.flipped)

    def _read(self, tile: Tile) -> Raster:
        with self._held() as opened:
            if self.offset is None:
                values, state = warped_tile(opened, self.geobox, tile)
                return raster_of(values, state, tile.geobox(self.geobox), self.source, self.pixel_m)
            row, col = self.offset
            place = (row + tile.rows.start, col + tile.cols.start)
            return on_cells(opened, tile.geobox(self.geobox), place)

    def _loaded(self, tile: Tile, folder: Path) -> Raster:
        values, state = (
            tile.of(np.load(folder / name, mmap_mode="r")).copy() for name in (VALUES, STATES)
        )
        return raster_of(values, state, tile.geobox(self.geobox), self.source, self.pixel_m)


def find_raster(
    source: RasterSource,
    geobox: GeoBox,
    folder: Path | None,
    *,
    max_pixels: int | None = None,
    report: Report = warn,
) -> RasterFile:
    """Look at a raster and leave its pixels in files that can be read by tile.

    Parameters
    ----------
    source : RasterSource
        Entry of the catalogue.
    geobox : GeoBox
        The grid.
    folder : Path or None
        Where a raster is put, strip by strip, whose pixels do not lie on the cells and that is
        warped for that reason; None to warp it part by part as it is asked for.
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
        offset = aligned_offset(opened, geobox)
        staged = None
        if offset is None and folder is not None:
            staged = _staged(opened, geobox, folder / source.role)
        return RasterFile(
            source=source,
            geobox=geobox,
            band=opened.band,
            crs=opened.crs,
            affine=opened.affine,
            flipped=opened.flipped,
            offset=offset,
            pixel_m=pixel_m(opened),
            staged=staged,
        )


def _staged(opened: OpenRaster, geobox: GeoBox, folder: Path) -> Path:
    """Write the values on the grid, strip by strip."""
    folder.mkdir(parents=True)
    shape = tuple(geobox.shape)
    with (folder / VALUES).open("wb") as values, (folder / STATES).open("wb") as states:
        _begin(values, shape, value_type(opened))
        _begin(states, shape, np.dtype(np.uint8))
        for _, part, known in warped_strips(opened, geobox):
            values.write(np.ascontiguousarray(part).data)
            states.write(np.ascontiguousarray(known).data)
    return folder


def _begin(stream: BinaryIO, shape: tuple[int, ...], kind: np.dtype[Any]) -> None:
    told = {"descr": dtype_to_descr(kind), "fortran_order": False, "shape": shape}
    write_array_header_1_0(stream, told)
