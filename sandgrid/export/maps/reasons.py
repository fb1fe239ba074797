"""Why land may not be used: a coarse raster of reasons, and the reasons against each parcel."""

from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from odc.geo.geobox import GeoBox
from rasterio.features import rasterize

from sandgrid.export.maps.codec import EQUATOR_M, WORLD_UNITS, Integers, encode_numbers
from sandgrid.export.maps.content import MapContent
from sandgrid.export.maps.pictures import columns_of, mercator_geobox, warp_array
from sandgrid.export.maps.underlay import Reasons

HALF: Final = 0.5
MOST_RULES: Final = 4
PERCENT: Final = 100
OUTSIDE: Final = 0
ELIGIBLE: Final = 1
FIRST_REASON: Final = 2


@dataclass(frozen=True, eq=False)
class ReasonRaster:
    """The reasons against one use on a web Mercator raster.

    Parameters
    ----------
    cells : ndarray of int64
        0 outside the area, 1 eligible, from 2 on the place among the codes.
    codes : tuple of int
        Bits of the rules that speak against the use together.

    """

    cells: Integers
    codes: tuple[int, ...]

    def encode(self) -> bytes:
        """Write the cells row by row: 0 where a cell equals the one above, else its value + 1."""
        above = np.vstack([np.full((1, self.cells.shape[1]), -1), self.cells[:-1]])
        return encode_numbers(np.where(self.cells == above, 0, self.cells + 1).ravel())


def reason_geobox(reasons: Reasons, cell_m: float) -> GeoBox:
    """Return the raster on which reasons are shown.

    Parameters
    ----------
    reasons : Reasons
        Where each rule speaks against each use.
    cell_m : float
        Side of a cell on the ground [m].

    """
    return mercator_geobox(reasons.geobox, columns_of(reasons.geobox, cell_m))


def coarse_reasons(reasons: Reasons, use: str, target: GeoBox) -> ReasonRaster:
    """Return the reasons against a use on a coarser raster.

    A cell is eligible where half of its land or more is; elsewhere it tells the set of rules that
    holds on the largest part of the land which is not.

    Parameters
    ----------
    reasons : Reasons
        Where each rule speaks against each use.
    use : str
        pv, wind or treatment.
    target : GeoBox
        Web Mercator raster.

    """
    bits = reasons.bits[use]
    free = (bits == 0).astype(np.float32)
    free[bits & reasons.outside_bits != 0] = np.nan
    share = warp_array(free, reasons.geobox, target, method="average")
    refused = free == 0
    places, codes = pd.factorize(bits[refused], sort=True)
    numbers = np.full(bits.shape, np.nan, dtype=np.float32)
    numbers[refused] = places
    common = warp_array(numbers, reasons.geobox, target, method="mode")
    return _raster(share, common, np.asarray(codes, dtype=np.int64))


def _raster(
    share: npt.NDArray[np.float32], common: npt.NDArray[np.float32], codes: Integers
) -> ReasonRaster:
    inside = np.isfinite(share)
    refused = inside & (share < HALF) & np.isfinite(common)
    used, counts = np.unique(common[refused].astype(np.int64), return_counts=True)
    ranked = used[np.argsort(-counts, kind="stable")]
    rank = np.zeros(len(codes) + 1, dtype=np.int64)
    rank[ranked] = np.arange(len(ranked)) + FIRST_REASON
    cells = np.where(inside, ELIGIBLE, OUTSIDE).astype(np.int64)
    cells[refused] = rank[common[refused].astype(np.int64)]
    return ReasonRaster(cells, tuple(int(code) for code in codes[ranked]))


def describe_reasons(content: MapContent) -> tuple[dict[str, object], bytes]:
    """Return the raster of reasons as the page reads it: header entry and bytes.

    Parameters
    ----------
    content : MapContent
        Ground and settings.

    """
    reasons = content.ground.reasons
    if reasons is None:
        return {}, b""
    target = reason_geobox(reasons, content.settings.eligibility_cell_m)
    with ThreadPoolExecutor() as pool:  # GDAL and pandas let go of the interpreter here
        found = pool.map(lambda use: coarse_reasons(reasons, use, target), reasons.bits)
        rasters = dict(zip(reasons.bits, found, strict=True))
    blocks = {use: raster.encode() for use, raster in rasters.items()}
    units = WORLD_UNITS / EQUATOR_M
    uses, start = [], 0
    for use, block in blocks.items():
        codes = list(rasters[use].codes)
        uses.append({"use": use, "start": start, "length": len(block), "codes": codes})
        start += len(block)
    head = {
        "width": target.shape[1],
        "height": target.shape[0],
        "west": target.affine.c * units + WORLD_UNITS / 2,
        "north": WORLD_UNITS / 2 - target.affine.f * units,
        "cell": target.affine.a * units,
        "cell_m": content.settings.eligibility_cell_m,
        "uses": uses,
        "rules": [
            {
                "uses": list(rule.uses),
                "bit": rule.bit,
                "title": [rule.title.zh, rule.title.en],
                "document": rule.document,
            }
            for rule in reasons.rules
        ],
    }
    return head, b"".join(blocks.values())


def judge_parcels(parcels: gpd.GeoDataFrame, reasons: Reasons) -> dict[str, list[list[int] | None]]:
    """Return how much of each parcel a use may take, and the rules against the rest.

    Parameters
    ----------
    parcels : GeoDataFrame
        Parcels in the CRS of the reasons.
    reasons : Reasons
        Where each rule speaks against each use.

    Returns
    -------
    dict
        Use -> per parcel None where all of it is eligible, else the eligible part [%], then pairs
        of bit and part of the parcel [%], the widest first and at most four.

    """
    labels = _labels(parcels, reasons.geobox)
    where = np.flatnonzero(labels)
    owner = labels.ravel()[where].astype(np.int64) - 1
    cells = np.bincount(owner, minlength=len(parcels))
    found: dict[str, list[list[int] | None]] = {}
    for use, bits in reasons.bits.items():
        own = bits.ravel()[where]
        parts = _parts(own, owner, len(parcels))
        free = np.bincount(owner[own == 0], minlength=len(parcels))
        found[use] = [
            _line(*row) for row in zip(cells, free, _columns(parts, len(parcels)), strict=True)
        ]
    return found


def _labels(parcels: gpd.GeoDataFrame, geobox: GeoBox) -> npt.NDArray[np.int32]:
    """Write the number of its parcel, from 1, into each cell, and into one cell at least."""
    numbers = np.arange(1, len(parcels) + 1)
    labels = np.zeros(geobox.shape, dtype=np.int32)
    if len(parcels):
        points = shapely.get_coordinates(parcels.representative_point().array)
        cols, rows = (np.floor(axis).astype(np.int64) for axis in ~geobox.affine @ points.T)
        inside = (rows >= 0) & (rows < labels.shape[0]) & (cols >= 0) & (cols < labels.shape[1])
        labels[rows[inside], cols[inside]] = numbers[inside]
        areas = zip(_geojson(parcels), numbers.tolist(), strict=True)
        rasterize(areas, out=labels, transform=geobox.affine)
    return labels


def _geojson(parcels: gpd.GeoDataFrame) -> Iterator[dict[str, object]]:
    """Yield each parcel as GeoJSON; all at once is five times as fast as one by one."""
    _, vertices, offsets = shapely.to_ragged_array(parcels.geometry.array)
    parts: list[object] = vertices.tolist()
    for starts in offsets:
        edges = starts.tolist()
        parts = [parts[start:end] for start, end in pairwise(edges)]
    kind = ("Polygon", "MultiPolygon")[len(offsets) - 2]
    yield from ({"type": kind, "coordinates": part} for part in parts)


def _parts(own: npt.NDArray[np.uint32], owner: Integers, count: int) -> Mapping[int, Integers]:
    """Return bit -> cells of each parcel on which its rule holds, for the bits that occur."""
    together = int(np.bitwise_or.reduce(own)) if len(own) else 0
    return {
        bit: np.bincount(owner[(own >> np.uint32(bit)) & 1 == 1], minlength=count)
        for bit in range(together.bit_length())
        if together >> bit & 1
    }


def _columns(parts: Mapping[int, Integers], count: int) -> list[dict[int, int]]:
    """Return bit -> cells for each parcel; nothing for each where no rule holds on any."""
    if not parts:
        return [{} for _ in range(count)]
    rows = zip(*(part.tolist() for part in parts.values()), strict=True)
    return [dict(zip(parts, row, strict=True)) for row in rows]


def _line(cells: int, free: int, parts: Mapping[int, int]) -> list[int] | None:
    """Return one parcel's answer for one use.

    Examples
    --------
    >>> _line(4, 1, {2: 3, 5: 1}), _line(4, 4, {2: 0}), _line(0, 0, {})
    ([25, 2, 75, 5, 25], None, None)

    """
    if free == cells:
        return None
    ranked = sorted((-n, bit) for bit, n in parts.items() if n)[:MOST_RULES]
    told = [value for n, bit in ranked for value in (bit, round(-n * PERCENT / cells))]
    return [int(free * PERCENT // cells), *told]
