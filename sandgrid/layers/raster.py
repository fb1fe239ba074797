"""The only reader of rasters: every raster comes onto one grid, its gaps known as gaps."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any, Final, cast

import numpy as np
import numpy.typing as npt
import pyproj
import rasterio
from odc.geo.geobox import GeoBox
from rasterio.errors import RasterioError
from rasterio.io import DatasetReader

from sandgrid.errors import InputError
from sandgrid.layers.catalogue import Codes, RasterSource
from sandgrid.layers.crs import coincide, extent_text, transform_bounds
from sandgrid.layers.geobox import bounds_of, cell_m
from sandgrid.layers.guard import require_local, require_magic
from sandgrid.layers.guessing import place_of
from sandgrid.layers.notices import Report, warn
from sandgrid.layers.opened import MIB, OpenRaster, inspected, pixel_m, read_window
from sandgrid.layers.pixels import ABSENT, BYTES, UNKNOWN, States, any_of, extremes
from sandgrid.layers.tiles import Tile
from sandgrid.layers.warping import warped
from sandgrid.params import default_parameters

Mask = npt.NDArray[np.bool_]
Values = npt.NDArray[Any]
ALIGNED_CELLS: Final = 1e-6
MOST_HELD: Final = 16
HELD: Final = threading.local()
OPTIONS: Final = {
    "GDAL_DISABLE_READDIR_ON_OPEN": "EMPTY_DIR",
    "GDAL_VRT_ENABLE_PYTHON": "NO",
    "CPL_VSIL_CURL_ALLOWED_EXTENSIONS": ".none",
}


@dataclass(frozen=True, eq=False)
class Raster:
    """One layer on the grid; every cell is known, unknown or absent.

    Parameters
    ----------
    values : ndarray, shape of the geobox
        Quantities as float32, NaN where there is none; categories in their own type, 0 there.
    unknown : ndarray of bool
        Cells of which nothing is known; they are never eligible.
    geobox : GeoBox
        The grid.
    absent : ndarray of bool, optional
        Cells of which it is known that there is nothing (a gap in a layer of reserves).
    codes : mapping
        Code or class of a category -> values; empty for a quantity.
    pixel_m : float
        Side of the pixels that were read [m]; 0 where the raster was made.

    Raises
    ------
    InputError
        If the shapes differ.

    """

    values: Values
    unknown: Mask
    geobox: GeoBox
    absent: Mask | None = None
    codes: Codes = field(default_factory=dict)
    pixel_m: float = 0.0

    def __post_init__(self) -> None:
        """Refuse arrays of other shape than the grid."""
        shape = tuple(self.geobox.shape)
        if not self.values.shape == self.unknown.shape == shape:
            raise InputError("raster-shape", {"shape": self.values.shape, "geobox": shape})

    @property
    def known(self) -> Mask:
        """Return the cells that have a value."""
        known = ~self.unknown
        return known if self.absent is None else known & ~self.absent

    def part(self, tile: Tile) -> "Raster":
        """Return the raster on the cells of a tile; nothing is copied."""
        return self.cut(tile.rows, tile.cols)

    def cut(self, rows: slice, cols: slice) -> "Raster":
        """Return the raster on some rows and columns; nothing is copied."""
        return replace(
            self,
            values=self.values[rows, cols],
            unknown=self.unknown[rows, cols],
            geobox=Tile(rows, cols).geobox(self.geobox),
            absent=None if self.absent is None else self.absent[rows, cols],
        )


def read_raster(
    source: RasterSource,
    geobox: GeoBox,
    *,
    max_pixels: int | None = None,
    report: Report = warn,
) -> Raster:
    """Read a raster onto a grid.

    Where the pixels of the file lie on the cells of the grid they are read as they are;
    otherwise they are warped window by window, categories by nearest or mode, quantities as
    the catalogue declares.

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
    InputError
        If the file is missing, not a GeoTIFF, without CRS or nodata, rotated, elsewhere, or
        holds unknown codes or values out of range.
    ResourceError
        If the file is larger than allowed.

    """
    with open_dataset(source) as dataset:
        opened = inspected(dataset, source, max_pixels, report, area=place_of(geobox))
        require_overlap(opened, geobox)
        raster = on_cells(opened, geobox, aligned_offset(opened, geobox))
    if not raster.known.any():
        raise InputError("raster-all-unknown", source.named)
    require_values(raster, source)
    return raster


@contextmanager
def open_dataset(source: RasterSource) -> Iterator[DatasetReader]:
    """Open a GeoTIFF; what GDAL says against it becomes one sentence."""
    path = require_local(source)
    require_magic(source, "GTiff")
    with _in_one_sentence(source), rasterio.open(path, driver="GTiff") as dataset:
        yield dataset


@contextmanager
def held_open(source: RasterSource) -> Iterator[DatasetReader]:
    """Give a GeoTIFF that this thread read before, if the file has not changed; else open it."""
    path = require_local(source)
    key = (path, path.stat().st_mtime_ns)
    held: dict[object, DatasetReader] = HELD.__dict__.setdefault("datasets", {})
    with _in_one_sentence(source):
        if key not in held:
            require_magic(source, "GTiff")
            while len(held) >= MOST_HELD:
                held.pop(next(iter(held))).close()
            held[key] = rasterio.open(path, driver="GTiff")
        yield held[key]


@contextmanager
def bounded_cache() -> Iterator[None]:
    """Let GDAL keep no more than some blocks of open files in memory."""
    mib = default_parameters().number("layers.block_cache_mib")
    with rasterio.Env(GDAL_CACHEMAX=int(mib * MIB)):
        yield


@contextmanager
def _in_one_sentence(source: RasterSource) -> Iterator[None]:
    try:
        with rasterio.Env(**OPTIONS):
            yield
    except RasterioError as error:
        why = str(error.__cause__ or error)
        raise InputError("raster-broken", {**source.named, "why": why}) from error


def require_overlap(opened: OpenRaster, geobox: GeoBox) -> None:
    """Refuse a file that lies elsewhere than the grid."""
    crs = pyproj.CRS.from_user_input(geobox.crs)
    west, south, east, north = transform_bounds(opened.bounds, opened.crs, crs)
    here = bounds_of(geobox)
    if not (west < here[2] and east > here[0] and south < here[3] and north > here[1]):
        raise InputError(
            "layer-elsewhere",
            {
                **opened.source.named,
                "extent": extent_text(opened.bounds, opened.crs),
                "area": extent_text(here, crs),
            },
        )


def on_cells(opened: OpenRaster, geobox: GeoBox, offset: tuple[int, int] | None) -> Raster:
    """Return an open file on the cells of a grid, read as it is or warped.

    Parameters
    ----------
    opened : OpenRaster
        File.
    geobox : GeoBox
        Grid, or a part of it.
    offset : pair of int, optional
        Row and column of the grid's corner in the file, where pixels and cells coincide.

    """
    values, state = (
        warped(opened, geobox) if offset is None else read_window(opened, offset, geobox.shape.yx)
    )
    return raster_of(values, state, geobox, opened.source, pixel_m(opened))


def raster_of(
    values: Values, state: States, geobox: GeoBox, source: RasterSource, side_m: float
) -> Raster:
    """Return values and whether each is known, unknown or absent as a raster.

    Where nothing can be absent the states are the mask of what is unknown; nothing is copied.
    """
    absent = state == ABSENT if source.nodata_means == "absent" else None
    return Raster(
        values,
        state.view(np.bool_) if absent is None else state == UNKNOWN,
        geobox,
        absent=absent if absent is not None and absent.any() else None,
        codes=source.codes,
        pixel_m=side_m,
    )


def aligned_offset(opened: OpenRaster, geobox: GeoBox) -> tuple[int, int] | None:
    """Return row and column of the grid's corner in the file if pixels and cells coincide."""
    step = cell_m(geobox)
    sizes = np.array([opened.affine.a - step, -opened.affine.e - step])
    if np.abs(sizes * max(geobox.shape)).max() > ALIGNED_CELLS * step:
        return None
    if not coincide(pyproj.CRS.from_user_input(geobox.crs), opened.crs, bounds_of(geobox)):
        return None
    col, row = ~opened.affine @ (geobox.affine.c, geobox.affine.f)
    if max(abs(row - round(row)), abs(col - round(col))) > ALIGNED_CELLS:
        return None
    return round(row), round(col)


def require_values(raster: Raster, source: RasterSource) -> None:
    """Refuse codes that the catalogue does not know, and values out of range."""
    if source.content == "category":
        _require_codes(raster, source)
    elif source.valid_range is not None:
        _require_range(raster.values, source)


def _require_codes(raster: Raster, source: RasterSource) -> None:
    allowed = sorted({value for values in source.codes.values() for value in values})
    if raster.values.dtype == np.uint8 and not _strange_bytes(raster, allowed):
        return
    strange = np.setdiff1d(np.unique(raster.values[raster.known]), allowed)
    if len(strange):
        count = int(np.isin(raster.values, strange).sum())
        raise InputError(
            "raster-unknown-codes",
            {**source.named, "codes": ", ".join(map(str, strange[:8].tolist())), "count": count},
        )


def _strange_bytes(raster: Raster, allowed: list[int]) -> bool:
    """Return whether a byte occurs that may not; 0 stands where there is no class too."""
    strange = ~np.isin(np.arange(BYTES), allowed)
    zero, strange[0] = bool(strange[0]), False
    if any_of(np.ascontiguousarray(raster.values), strange):
        return True
    return zero and bool(((raster.values == 0) & raster.known).any())


def _require_range(values: Values, source: RasterSource) -> None:
    low, high = map(float, extremes(np.ascontiguousarray(values)))
    least, most = cast("tuple[float, float]", source.valid_range)
    if low <= high and (low < np.float32(least) or high > np.float32(most)):
        raise InputError(
            "raster-out-of-range",
            {**source.named, "low": low, "high": high, "least": least, "most": most},
        )


def allowed_values(raster: Raster, source: RasterSource) -> Mask:
    """Return the cells that hold a code of the catalogue, or a value in its range.

    A limit counts as the float32 that a value on it becomes.
    """
    if source.content == "category":
        allowed = sorted({value for values in source.codes.values() for value in values})
        return np.isin(raster.values, allowed)
    least, most = source.valid_range or (-np.inf, np.inf)
    inside = (raster.values >= np.float32(least)) & (raster.values <= np.float32(most))
    return np.asarray(inside)


def values_at(raster: Raster, points: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return the values of the cells that hold points; NaN where unknown or outside.

    Parameters
    ----------
    raster : Raster
        A quantity.
    points : array, shape (n, 2)
        x and y [m].

    """
    affine, (rows, columns) = raster.geobox.affine, raster.values.shape
    row = np.floor((points[:, 1] - affine.f) / affine.e).astype(np.int64)
    column = np.floor((points[:, 0] - affine.c) / affine.a).astype(np.int64)
    inside = (row >= 0) & (row < rows) & (column >= 0) & (column < columns)
    found = np.full(len(points), np.nan)
    cells = row[inside], column[inside]
    found[inside] = np.where(raster.known[cells], raster.values[cells], np.nan)
    return found
