"""Pixels that do not lie on the cells of the grid are warped onto it, window by window."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
import pyproj
from affine import Affine
from odc.geo.geobox import GeoBox
from rasterio.enums import Resampling
from rasterio.warp import reproject

from sandgrid.errors import InputError
from sandgrid.layers.crs import transform_bounds
from sandgrid.layers.geobox import bounds_of, cell_m
from sandgrid.layers.opened import OpenRaster, pixel_m, read_window, value_type
from sandgrid.layers.pixels import ABSENT, KNOWN, UNKNOWN, States, Values
from sandgrid.layers.tiles import Tile
from sandgrid.params import default_parameters

WARP_THREADS: Final = 2
HALO_PIXELS: Final = 4
# GDAL compares gaps as float32 within 2 ulp, so the three labels lie far apart.
GAP: Final = 2**24 - 1
LABELS: Final = {UNKNOWN: 2**23, ABSENT: 2**22}


def warped(opened: OpenRaster, geobox: GeoBox) -> tuple[Values, States]:
    """Return a raster on a grid that its pixels do not lie on.

    Parameters
    ----------
    opened : OpenRaster
        File.
    geobox : GeoBox
        Grid.

    Returns
    -------
    ndarray, ndarray of uint8
        Values, and for each whether it is known, unknown or absent.

    """
    values = np.empty(geobox.shape, value_type(opened))
    state = np.empty(geobox.shape, np.uint8)
    for rows, part, known in warped_strips(opened, geobox):
        values[rows], state[rows] = part, known
    return values, state


def warped_tile(opened: OpenRaster, geobox: GeoBox, tile: Tile) -> tuple[Values, States]:
    """Return the part of what `warped` returns for a tile, from whole strips and so the same."""
    values = np.empty(tile.shape, value_type(opened))
    state = np.empty(tile.shape, np.uint8)
    for rows, part, known in warped_strips(opened, geobox, tile.rows):
        first, last = max(rows.start, tile.rows.start), min(rows.stop, tile.rows.stop)
        here = slice(first - tile.rows.start, last - tile.rows.start)
        there = slice(first - rows.start, last - rows.start)
        values[here], state[here] = part[there, tile.cols], known[there, tile.cols]
    return values, state


def warped_strips(
    opened: OpenRaster, geobox: GeoBox, within: slice | None = None
) -> Iterator[tuple[slice, Values, States]]:
    """Yield rows of what `warped` returns, from north to south; all strips, or those on rows."""
    for rows in _chunks(opened, geobox):
        if within is not None and (rows.stop <= within.start or rows.start >= within.stop):
            continue
        part = Tile(rows, slice(0, geobox.shape[1])).geobox(geobox)
        values = np.zeros(part.shape, value_type(opened))
        state = np.full(part.shape, UNKNOWN, np.uint8)
        window = _source_window(opened, part)
        if window is not None:
            values, state = _warp_part(opened, part, window)
        values[state != KNOWN] = np.nan if opened.source.content == "quantity" else 0
        yield rows, values, state


def _chunks(opened: OpenRaster, geobox: GeoBox) -> Iterator[slice]:
    """Yield strips of rows of which each is warped from a bounded number of pixels."""
    rows, cols = geobox.shape
    ratio = max(cell_m(geobox) / max(pixel_m(opened), 1e-9), 1.0)
    budget = default_parameters().number("layers.chunk_pixels")
    step = max(int(budget / (cols * ratio**2)), 1)
    for start in range(0, rows, step):
        yield slice(start, min(start + step, rows))


def _source_window(opened: OpenRaster, part: GeoBox) -> tuple[int, int, tuple[int, int]] | None:
    crs = pyproj.CRS.from_user_input(part.crs)
    west, south, east, north = transform_bounds(bounds_of(part), crs, opened.crs)
    left, top = ~opened.affine @ (west, north)
    right, bottom = ~opened.affine @ (east, south)
    halo = HALO_PIXELS + int(np.ceil(cell_m(part) / max(pixel_m(opened), 1e-9)))
    first, low = max(int(top) - halo, 0), max(int(left) - halo, 0)
    last = min(int(bottom) + halo + 1, opened.dataset.height)
    high = min(int(right) + halo + 1, opened.dataset.width)
    if first >= last or low >= high:
        return None
    return first, low, (last - first, high - low)


def _warp_part(
    opened: OpenRaster, part: GeoBox, window: tuple[int, int, tuple[int, int]]
) -> tuple[Values, States]:
    values, state = read_window(opened, window[:2], window[2])
    affine = opened.affine @ Affine.translation(window[1], window[0])
    pixels = _Pixels(opened, affine, part)
    if opened.source.content == "quantity":
        absent = state == ABSENT
        moved = pixels.warp(values, np.nan)
        found = np.where(np.isfinite(moved), KNOWN, UNKNOWN).astype(np.uint8)
        if absent.any():
            gone = pixels.warp(absent.astype(np.uint8), 255, nearest=True)
            found[(gone == 1) & (found == UNKNOWN)] = ABSENT
        return moved, found
    return _warp_category(pixels, values, state)


def _warp_category(pixels: "_Pixels", values: Values, state: States) -> tuple[Values, States]:
    """Warp classes as wide integers in which gaps are classes of their own."""
    if values.size and int(values.max()) >= LABELS[ABSENT]:
        named = pixels.opened.source.named
        codes = {"codes": int(values.max()), "count": int((values >= LABELS[ABSENT]).sum())}
        raise InputError("raster-unknown-codes", {**named, **codes})
    wide = values.astype(np.int32)
    for kind, label in LABELS.items():
        wide[state == kind] = label
    moved = pixels.warp(wide, GAP)
    found = np.zeros(moved.shape, np.uint8)
    found[(moved == GAP) | (moved == LABELS[UNKNOWN])] = UNKNOWN
    found[moved == LABELS[ABSENT]] = ABSENT
    return np.where(found == KNOWN, moved, 0).astype(values.dtype), found


@dataclass(frozen=True)
class _Pixels:
    """A window of a file and the part of the grid that it is warped to."""

    opened: OpenRaster
    affine: Affine
    part: GeoBox

    def warp(self, values: Values, gap: float, *, nearest: bool = False) -> Values:
        """Return the values on the grid; the scale is the same for every window."""
        name = "nearest" if nearest else self.opened.source.resampling
        scale = min(pixel_m(self.opened) / cell_m(self.part), 1.0)
        moved = np.full(self.part.shape, gap, values.dtype)
        reproject(
            values,
            moved,
            src_transform=self.affine,
            src_crs=self.opened.crs.to_wkt(),
            src_nodata=gap,
            dst_transform=self.part.affine,
            dst_crs=pyproj.CRS.from_user_input(self.part.crs).to_wkt(),
            dst_nodata=gap,
            resampling=Resampling[name],
            num_threads=WARP_THREADS,
            XSCALE=scale,
            YSCALE=scale,
        )
        return moved
