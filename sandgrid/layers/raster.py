"""The only reader of rasters: every raster comes onto one grid, its gaps known as gaps."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final, cast

import numpy as np
import numpy.typing as npt
import pyproj
import rasterio
from affine import Affine
from odc.geo.geobox import GeoBox
from rasterio.enums import Resampling
from rasterio.errors import RasterioError
from rasterio.warp import reproject
from rasterio.windows import Window

from sandgrid.errors import InputError, ResourceError
from sandgrid.layers.catalogue import Codes, RasterSource
from sandgrid.layers.crs import (
    METRES_PER_DEGREE,
    Bounds,
    coincide,
    crs_name,
    extent_text,
    is_old_datum,
    transform_bounds,
)
from sandgrid.layers.geobox import bounds_of, cell_m
from sandgrid.layers.guard import require_local, require_magic
from sandgrid.layers.notices import Report, SandGridWarning, warn
from sandgrid.params import default_parameters

Mask = npt.NDArray[np.bool_]
Values = npt.NDArray[Any]
ALIGNED_CELLS: Final = 1e-6
WARP_THREADS: Final = 2
HALO_PIXELS: Final = 4
MIB: Final = 2**20
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
            raise InputError(
                "raster-shape", {"shape": self.values.shape, "geobox": shape}
            )

    @property
    def known(self) -> Mask:
        """Return the cells that have a value."""
        known = ~self.unknown
        return known if self.absent is None else known & ~self.absent


@dataclass(frozen=True)
class _Opened:
    """An open raster, north up: what is needed to read windows of it."""

    dataset: Any
    source: RasterSource
    band: int
    crs: pyproj.CRS
    affine: Affine
    flipped: bool

    @property
    def bounds(self) -> Bounds:
        rows, cols = self.dataset.height, self.dataset.width
        west, north = self.affine.c, self.affine.f
        return west, north + rows * self.affine.e, west + cols * self.affine.a, north


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
    path = require_local(source)
    require_magic(source, "GTiff")
    try:
        with rasterio.Env(**OPTIONS), rasterio.open(path, driver="GTiff") as dataset:
            opened = _opened(dataset, source, max_pixels, report)
            _require_overlap(opened, geobox)
            return _checked(_read(opened, geobox), source)
    except RasterioError as error:
        why = str(error.__cause__ or error)
        raise InputError("raster-broken", {**source.named, "why": why}) from error


def _opened(
    dataset: Any, source: RasterSource, max_pixels: int | None, report: Report
) -> _Opened:
    _require_room(dataset, source, max_pixels)
    affine = dataset.transform
    if affine.b or affine.d or affine.a <= 0:
        raise InputError("raster-rotated", source.named)
    flipped = affine.e > 0
    if flipped:
        affine = affine * Affine(1, 0, 0, 0, -1, dataset.height)
    crs = _crs(dataset, source)
    if is_old_datum(crs):
        report(SandGridWarning("layer-old-datum", {**source.named, "crs": crs_name(crs)}))
    band = _band(dataset, source)
    if source.nodata is None and dataset.nodatavals[band - 1] is None:
        raise InputError("raster-no-nodata", source.named)
    return _Opened(dataset, source, band, crs, affine, flipped)


def _require_room(dataset: Any, source: RasterSource, max_pixels: int | None) -> None:
    limit = max_pixels or default_parameters().number("layers.max_pixels")
    pixels = dataset.width * dataset.height
    if pixels > limit:
        raise ResourceError(
            "raster-too-large", {**source.named, "pixels": pixels, "limit": int(limit)}
        )
    bands = dataset.count if str(dataset.profile.get("interleave")) == "pixel" else 1
    block = max(rows * cols for rows, cols in dataset.block_shapes) * bands
    mib = block * max(np.dtype(kind).itemsize for kind in dataset.dtypes) / MIB
    most = default_parameters().number("layers.max_block_mib")
    if mib > most:
        raise ResourceError("raster-block-too-large", {**source.named, "mib": mib, "limit": most})


def _crs(dataset: Any, source: RasterSource) -> pyproj.CRS:
    if dataset.crs:
        return pyproj.CRS.from_wkt(dataset.crs.to_wkt())
    if not source.assume_crs:
        raise InputError("layer-no-crs", source.named)
    return pyproj.CRS.from_user_input(source.assume_crs)


def _band(dataset: Any, source: RasterSource) -> int:
    if source.band is None and dataset.count > 1:
        raise InputError("raster-needs-band", {**source.named, "count": dataset.count})
    band = source.band or 1
    if band > dataset.count:
        raise InputError("raster-no-band", {**source.named, "band": band, "count": dataset.count})
    allowed = "iuf" if source.content == "quantity" else "iu"
    if np.dtype(dataset.dtypes[band - 1]).kind not in allowed:
        raise InputError("raster-type", {**source.named, "type": dataset.dtypes[band - 1]})
    return band


def _require_overlap(opened: _Opened, geobox: GeoBox) -> None:
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


def _read(opened: _Opened, geobox: GeoBox) -> Raster:
    offset = _aligned(opened, geobox)
    values, state = (
        _warped(opened, geobox) if offset is None else _window(opened, offset, geobox.shape)
    )
    absent = state == _ABSENT
    return Raster(
        values,
        state == _UNKNOWN,
        geobox,
        absent=absent if absent.any() else None,
        codes=opened.source.codes,
        pixel_m=_pixel_m(opened),
    )


_KNOWN, _UNKNOWN, _ABSENT = 0, 1, 2


def _pixel_m(opened: _Opened) -> float:
    unit = METRES_PER_DEGREE if opened.crs.is_geographic else 1.0
    return float(max(opened.affine.a, -opened.affine.e)) * unit


def _aligned(opened: _Opened, geobox: GeoBox) -> tuple[int, int] | None:
    """Return row and column of the grid's corner in the file if pixels and cells coincide."""
    step = cell_m(geobox)
    sizes = np.array([opened.affine.a - step, -opened.affine.e - step])
    if np.abs(sizes * max(geobox.shape)).max() > ALIGNED_CELLS * step:
        return None
    if not coincide(pyproj.CRS.from_user_input(geobox.crs), opened.crs, bounds_of(geobox)):
        return None
    col, row = ~opened.affine * (geobox.affine.c, geobox.affine.f)
    if max(abs(row - round(row)), abs(col - round(col))) > ALIGNED_CELLS:
        return None
    return round(row), round(col)


def _window(
    opened: _Opened, offset: tuple[int, int], shape: tuple[int, int]
) -> tuple[Values, npt.NDArray[np.uint8]]:
    """Read a window that may reach beyond the file; what lies beyond is unknown."""
    rows, cols = shape
    top, left = max(offset[0], 0), max(offset[1], 0)
    bottom = min(offset[0] + rows, opened.dataset.height)
    right = min(offset[1] + cols, opened.dataset.width)
    kind = np.dtype(opened.dataset.dtypes[opened.band - 1])
    quantity = opened.source.content == "quantity"
    values = np.zeros(shape, np.float32 if quantity else kind)
    state = np.full(shape, _UNKNOWN, np.uint8)
    if top < bottom and left < right:
        raw = _raw(opened, top, left, (bottom - top, right - left))
        part = (
            slice(top - offset[0], bottom - offset[0]),
            slice(left - offset[1], right - offset[1]),
        )
        gaps = _gaps(opened, raw)
        means_absent = opened.source.nodata_means == "absent"
        state[part] = gaps * np.uint8(_ABSENT if means_absent else _UNKNOWN)
        values[part] = _scaled(opened, raw) if quantity else raw
    values[state != _KNOWN] = np.nan if quantity else 0
    return values, state


def _raw(opened: _Opened, top: int, left: int, shape: tuple[int, int]) -> Values:
    rows, cols = shape
    first = opened.dataset.height - top - rows if opened.flipped else top
    raw = opened.dataset.read(opened.band, window=Window(left, first, cols, rows))
    return cast("Values", raw[::-1] if opened.flipped else raw)


def _gaps(opened: _Opened, raw: Values) -> Mask:
    nodata = opened.source.nodata
    if nodata is None:
        nodata = opened.dataset.nodatavals[opened.band - 1]
    gaps = np.zeros(raw.shape, bool) if raw.dtype.kind in "iu" else ~np.isfinite(raw)
    if nodata == "none" or (isinstance(nodata, float) and np.isnan(nodata)):
        return gaps
    with np.errstate(over="ignore"):
        gap = raw.dtype.type(nodata) if raw.dtype.kind == "f" else nodata
    return cast("Mask", gaps | (raw == gap))


def _scaled(opened: _Opened, raw: Values) -> npt.NDArray[np.float32]:
    index = opened.band - 1
    scale, offset = opened.dataset.scales[index], opened.dataset.offsets[index]
    if scale == 1 and offset == 0:
        return raw.astype(np.float32)
    return (raw.astype(np.float64) * scale + offset).astype(np.float32)


def _warped(opened: _Opened, geobox: GeoBox) -> tuple[Values, npt.NDArray[np.uint8]]:
    kind = np.dtype(opened.dataset.dtypes[opened.band - 1])
    quantity = opened.source.content == "quantity"
    values = np.zeros(geobox.shape, np.float32 if quantity else kind)
    state = np.full(geobox.shape, _UNKNOWN, np.uint8)
    for rows in _chunks(opened, geobox):
        part = geobox[rows, :]
        window = _source_window(opened, part)
        if window is not None:
            values[rows], state[rows] = _warp_part(opened, part, window)
    values[state != _KNOWN] = np.nan if quantity else 0
    return values, state


def _chunks(opened: _Opened, geobox: GeoBox) -> Iterator[slice]:
    """Yield strips of rows of which each is warped from a bounded number of pixels."""
    rows, cols = geobox.shape
    ratio = max(cell_m(geobox) / max(_pixel_m(opened), 1e-9), 1.0)
    budget = default_parameters().number("layers.chunk_pixels")
    step = max(int(budget / (cols * ratio**2)), 1)
    for start in range(0, rows, step):
        yield slice(start, min(start + step, rows))


def _source_window(opened: _Opened, part: GeoBox) -> tuple[int, int, tuple[int, int]] | None:
    crs = pyproj.CRS.from_user_input(part.crs)
    west, south, east, north = transform_bounds(bounds_of(part), crs, opened.crs)
    left, top = ~opened.affine * (west, north)
    right, bottom = ~opened.affine * (east, south)
    halo = HALO_PIXELS + int(np.ceil(cell_m(part) / max(_pixel_m(opened), 1e-9)))
    first, low = max(int(top) - halo, 0), max(int(left) - halo, 0)
    last = min(int(bottom) + halo + 1, opened.dataset.height)
    high = min(int(right) + halo + 1, opened.dataset.width)
    if first >= last or low >= high:
        return None
    return first, low, (last - first, high - low)


def _warp_part(
    opened: _Opened, part: GeoBox, window: tuple[int, int, tuple[int, int]]
) -> tuple[Values, npt.NDArray[np.uint8]]:
    values, state = _window(opened, window[:2], window[2])
    affine = opened.affine * Affine.translation(window[1], window[0])
    pixels = _Pixels(opened, affine, part)
    if opened.source.content == "quantity":
        absent = state == _ABSENT
        moved = pixels.warp(values, np.nan)
        found = np.where(np.isfinite(moved), _KNOWN, _UNKNOWN).astype(np.uint8)
        if absent.any():
            gone = pixels.warp(absent.astype(np.uint8), 255, nearest=True)
            found[(gone == 1) & (found == _UNKNOWN)] = _ABSENT
        return moved, found
    return _warp_category(pixels, values, state)


def _warp_category(
    pixels: "_Pixels", values: Values, state: npt.NDArray[np.uint8]
) -> tuple[Values, npt.NDArray[np.uint8]]:
    """Warp classes as wide integers in which gaps are classes of their own."""
    wide = values.astype(np.int32)
    gaps = {_UNKNOWN: _GAP - 1, _ABSENT: _GAP - 2}
    for kind, label in gaps.items():
        wide[state == kind] = label
    moved = pixels.warp(wide, _GAP)
    found = np.zeros(moved.shape, np.uint8)
    found[(moved == _GAP) | (moved == gaps[_UNKNOWN])] = _UNKNOWN
    found[moved == gaps[_ABSENT]] = _ABSENT
    return np.where(found == _KNOWN, moved, 0).astype(values.dtype), found


_GAP: Final = np.iinfo(np.int32).max


@dataclass(frozen=True)
class _Pixels:
    """A window of a file and the part of the grid that it is warped to."""

    opened: _Opened
    affine: Affine
    part: GeoBox

    def warp(self, values: Values, gap: float, *, nearest: bool = False) -> Values:
        """Return the values on the grid; the scale is the same for every window."""
        name = "nearest" if nearest else self.opened.source.resampling
        scale = min(_pixel_m(self.opened) / cell_m(self.part), 1.0)
        moved = np.full(self.part.shape, gap, values.dtype)
        reproject(
            values,
            moved,
            src_transform=self.affine,
            src_crs=self.opened.crs.to_wkt(),
            src_nodata=gap,
            dst_transform=self.part.affine,
            dst_crs=self.part.crs.to_wkt(),
            dst_nodata=gap,
            resampling=Resampling[name],
            num_threads=WARP_THREADS,
            XSCALE=scale,
            YSCALE=scale,
        )
        return moved


def _checked(raster: Raster, source: RasterSource) -> Raster:
    known = raster.known
    if not known.any():
        raise InputError("raster-all-unknown", source.named)
    if source.content == "category":
        _require_codes(raster, known, source)
    elif source.valid_range is not None:
        _require_range(raster.values[known], source.valid_range, source)
    return raster


def _require_codes(raster: Raster, known: Mask, source: RasterSource) -> None:
    allowed = sorted({value for values in source.codes.values() for value in values})
    found = np.unique(raster.values[known])
    strange = np.setdiff1d(found, allowed)
    if len(strange):
        count = int(np.isin(raster.values, strange).sum())
        raise InputError(
            "raster-unknown-codes",
            {**source.named, "codes": ", ".join(map(str, strange[:8].tolist())), "count": count},
        )


def _require_range(
    values: npt.NDArray[np.float32], allowed: tuple[float, float], source: RasterSource
) -> None:
    low, high = float(values.min()), float(values.max())
    if low < allowed[0] or high > allowed[1]:
        raise InputError(
            "raster-out-of-range",
            {**source.named, "low": low, "high": high, "least": allowed[0], "most": allowed[1]},
        )
