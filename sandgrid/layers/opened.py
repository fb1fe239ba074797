"""An open GeoTIFF: what is asked of it before a pixel is read, and how windows are read."""

from dataclasses import dataclass
from typing import Any, Final, cast

import numpy as np
import pyproj
from affine import Affine
from rasterio.io import DatasetReader
from rasterio.windows import Window

from sandgrid.errors import InputError, ResourceError
from sandgrid.layers.catalogue import RasterSource
from sandgrid.layers.crs import METRES_PER_DEGREE, Bounds, crs_name, old_datum_off_m
from sandgrid.layers.guessing import Place, missing_crs
from sandgrid.layers.notices import Report, SandGridWarning
from sandgrid.layers.pixels import (
    ABSENT,
    UNKNOWN,
    States,
    Values,
    fill_classes,
    fill_quantity,
    mark_gaps,
    mark_not_finite,
)
from sandgrid.params import default_parameters

MIB: Final = 2**20


@dataclass(frozen=True)
class OpenRaster:
    """An open raster, north up: what is needed to read windows of it.

    Parameters
    ----------
    dataset : DatasetReader
        Open file.
    source : RasterSource
        Entry of the catalogue.
    band : int
        Band that is read.
    crs : CRS
        Of the file, or assumed.
    affine : Affine
        From pixel to coordinates once the rows run from north to south.
    flipped : bool
        Whether the file runs from south to north.

    """

    dataset: DatasetReader
    source: RasterSource
    band: int
    crs: pyproj.CRS
    affine: Affine
    flipped: bool

    @property
    def bounds(self) -> Bounds:
        """Return west, south, east, north in the file's CRS."""
        rows, cols = self.dataset.height, self.dataset.width
        west, north = self.affine.c, self.affine.f
        return west, north + rows * self.affine.e, west + cols * self.affine.a, north


def inspected(
    dataset: DatasetReader,
    source: RasterSource,
    max_pixels: int | None,
    report: Report,
    *,
    area: Place | None = None,
) -> OpenRaster:
    """Check an open file before a pixel is read.

    Parameters
    ----------
    dataset : DatasetReader
        Open file.
    source : RasterSource
        Entry of the catalogue.
    max_pixels : int, optional
        Largest file that is read [pixels].
    report : callable
        What is done with a warning.
    area : Place, optional
        Where the area lies, to suggest a CRS to a file that has none.

    Raises
    ------
    InputError
        If it is rotated, lacks CRS or nodata, or has no such band.
    ResourceError
        If it, or one of its blocks, is larger than allowed.

    """
    _require_room(dataset, source, max_pixels)
    affine = dataset.transform
    if affine.b or affine.d or affine.a <= 0:
        raise InputError("raster-rotated", source.named)
    flipped = affine.e > 0
    if flipped:
        affine = affine @ Affine(1, 0, 0, 0, -1, dataset.height)
    crs = _crs(dataset, source, area)
    off_m = old_datum_off_m(crs)
    if off_m:
        values = {**source.named, "crs": crs_name(crs), "off_m": off_m}
        report(SandGridWarning("layer-old-datum", values))
    band = _band(dataset, source)
    if source.nodata is None and dataset.nodatavals[band - 1] is None:
        raise InputError("raster-no-nodata", source.named)
    return OpenRaster(dataset, source, band, crs, affine, flipped)


def _require_room(dataset: DatasetReader, source: RasterSource, max_pixels: int | None) -> None:
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


def _crs(dataset: DatasetReader, source: RasterSource, area: Place | None) -> pyproj.CRS:
    if dataset.crs:
        return pyproj.CRS.from_wkt(dataset.crs.to_wkt())
    if not source.assume_crs:
        bounds = cast("Bounds", tuple(dataset.bounds))
        raise missing_crs(source, bounds, area)
    return pyproj.CRS.from_user_input(source.assume_crs)


def _band(dataset: DatasetReader, source: RasterSource) -> int:
    if source.band is None and dataset.count > 1:
        raise InputError("raster-needs-band", {**source.named, "count": dataset.count})
    band = source.band or 1
    if band > dataset.count:
        raise InputError("raster-no-band", {**source.named, "band": band, "count": dataset.count})
    allowed = "iuf" if source.content == "quantity" else "iu"
    if np.dtype(dataset.dtypes[band - 1]).kind not in allowed:
        raise InputError("raster-type", {**source.named, "type": dataset.dtypes[band - 1]})
    return band


def pixel_m(opened: OpenRaster) -> float:
    """Return the side of a pixel [m], the longer one; degrees as along a meridian."""
    unit = METRES_PER_DEGREE if opened.crs.is_geographic else 1.0
    return float(max(opened.affine.a, -opened.affine.e)) * unit


def read_window(
    opened: OpenRaster, offset: tuple[int, int], shape: tuple[int, int]
) -> tuple[Values, States]:
    """Read a window that may reach beyond the file; what lies beyond is unknown.

    Parameters
    ----------
    opened : OpenRaster
        File.
    offset : pair of int
        Row and column of the window's first pixel, negative beyond the file.
    shape : pair of int
        Rows and columns.

    Returns
    -------
    ndarray, ndarray of uint8
        Values, and for each whether it is known, unknown or absent.

    """
    rows, cols = shape
    top, left = max(offset[0], 0), max(offset[1], 0)
    bottom = min(offset[0] + rows, opened.dataset.height)
    right = min(offset[1] + cols, opened.dataset.width)
    if top >= bottom or left >= right:
        return _blank(opened, shape)
    inside = _pixels(opened, top, left, (bottom - top, right - left))
    if inside[0].shape == tuple(shape):
        return inside
    part = slice(top - offset[0], bottom - offset[0]), slice(left - offset[1], right - offset[1])
    values, state = _blank(opened, shape)
    values[part], state[part] = inside
    return values, state


def holds_bytes(opened: OpenRaster, offset: tuple[int, int], shape: tuple[int, int]) -> bool:
    """Return whether the pixels are bytes, and a window lies wholly inside the file."""
    (top, left), (rows, cols) = offset, shape
    dataset = opened.dataset
    inside = 0 <= top <= dataset.height - rows and 0 <= left <= dataset.width - cols
    return bool(inside and np.dtype(dataset.dtypes[opened.band - 1]) == np.uint8)


def value_type(opened: OpenRaster) -> np.dtype[Any]:
    """Return the type of the values on the grid."""
    quantity = opened.source.content == "quantity"
    return np.dtype(np.float32 if quantity else opened.dataset.dtypes[opened.band - 1])


def _blank(opened: OpenRaster, shape: tuple[int, int]) -> tuple[Values, States]:
    """Return a window of which nothing is known."""
    empty = np.nan if opened.source.content == "quantity" else 0
    return np.full(shape, empty, value_type(opened)), np.full(shape, UNKNOWN, np.uint8)


def _pixels(
    opened: OpenRaster, top: int, left: int, shape: tuple[int, int]
) -> tuple[Values, States]:
    """Return a window that lies inside the file."""
    return meant(opened, read_raw(opened, top, left, shape))


def meant(opened: OpenRaster, raw: Values) -> tuple[Values, States]:
    """Return what pixels mean: their values, and whether each is known, unknown or absent."""
    state = _states(opened, raw)
    values = np.empty(raw.shape, value_type(opened))
    if opened.source.content == "quantity":
        fill_quantity(raw, state, *_scale(opened), values)
    else:
        fill_classes(raw, state, values)
    return values, state


def read_raw(opened: OpenRaster, top: int, left: int, shape: tuple[int, int]) -> Values:
    """Return the pixels of a window inside the file as they are, rows from north to south."""
    rows, cols = shape
    first = opened.dataset.height - top - rows if opened.flipped else top
    raw = opened.dataset.read(opened.band, window=Window(left, first, cols, rows))
    return np.ascontiguousarray(raw[::-1]) if opened.flipped else cast("Values", raw)


def _states(opened: OpenRaster, raw: Values) -> States:
    """Return which pixels are known; nodata that the type of the file cannot hold marks none."""
    state = np.zeros(raw.shape, np.uint8)
    mark = np.uint8(ABSENT if opened.source.nodata_means == "absent" else UNKNOWN)
    if raw.dtype.kind == "f":
        mark_not_finite(raw, mark, state)
    for value in _nodata(opened):
        with np.errstate(over="ignore"):
            gap = raw.dtype.type(value) if raw.dtype.kind == "f" else _whole(value, raw.dtype)
        if gap is not None:
            mark_gaps(raw, gap, mark, state)
    return state


def _nodata(opened: OpenRaster) -> tuple[float, ...]:
    """Return the values that stand for gaps."""
    nodata = opened.source.nodata
    if nodata is None:
        nodata = opened.dataset.nodatavals[opened.band - 1]
    if nodata == "none" or nodata is None:
        return ()
    return nodata if isinstance(nodata, tuple) else (cast("float", nodata),)


def _whole(value: float, kind: np.dtype[Any]) -> np.generic | None:
    """Return a value as an integer of a type, None where the type has no such value."""
    limits = np.iinfo(kind)
    if value == float(limits.max):
        return cast("np.generic", kind.type(limits.max))
    if not np.isfinite(value) or value != int(value) or not limits.min <= value <= limits.max:
        return None
    return cast("np.generic", kind.type(int(value)))


def _scale(opened: OpenRaster) -> tuple[float, float]:
    """Return scale and offset from pixel to value."""
    index, source = opened.band - 1, opened.source
    scale = opened.dataset.scales[index] if source.scale is None else source.scale
    offset = opened.dataset.offsets[index] if source.offset is None else source.offset
    return float(scale), float(offset)
