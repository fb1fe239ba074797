"""Eligibility and distance to the power system as GeoTIFF, the same bytes on every run."""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt
import rasterio
from odc.geo.geobox import GeoBox
from rasterio.io import DatasetWriter, MemoryFile

from sandgrid.export.words import safe_cell
from sandgrid.land.eligibility import Eligibility
from sandgrid.land.exclusions import Rule
from sandgrid.layers.raster import Raster
from sandgrid.messages import Language, tell

LEGEND_HEAD: Final = (
    "use", "band", "bit", "value", "rule", "layer", "zh", "en", "document", "number", "date",
)  # fmt: skip
OUTSIDE_BIT: Final = 31
UNKNOWN_BIT: Final = 30
ACCESS_STEP_KM: Final = 0.1
ACCESS_UNKNOWN: Final = 65535
_BLOCK_CELLS: Final = 512


def eligibility_tiff(eligibility: Eligibility) -> bytes:
    """Return the reasons against each use as a GeoTIFF: one uint32 band of rule bits per use.

    Parameters
    ----------
    eligibility : Eligibility
        Reasons by use; 0 means that the use may stand there.

    Returns
    -------
    bytes
        The file; each band is described by its use and tagged ``bit_<n>`` = rule.

    """
    uses = list(eligibility.reasons)
    profile = raster_profile(eligibility.geobox, "uint32", len(uses))
    with MemoryFile() as memory:
        with memory.open(**profile) as target:
            for band, use in enumerate(uses, start=1):
                target.write(eligibility.reasons[use], band)
            describe_bits(target, uses, eligibility.rules)
        return bytes(memory.getbuffer())


def describe_bits(target: DatasetWriter, uses: Sequence[str], rules: tuple[Rule, ...]) -> None:
    """Name the use of each band of an open file, and the rule of each bit."""
    for band, use in enumerate(uses, start=1):
        target.set_band_description(band, use)
        tags = {f"bit_{row[2]:02d}": row[4] for row in _legend(rules, use, band)}
        target.update_tags(band, **tags)


def eligibility_legend(eligibility: Eligibility, lang: Language = "zh") -> bytes:
    """Return what each bit of the eligibility raster means, as `bits_legend`."""
    return bits_legend(eligibility.rules, eligibility.reasons, lang)


def bits_legend(rules: tuple[Rule, ...], uses: Iterable[str], lang: Language) -> bytes:
    """Return what each bit of each band means, as CSV; in English without Chinese."""
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\r\n")
    kept = [place for place, head in enumerate(LEGEND_HEAD) if lang == "zh" or head != "zh"]
    writer.writerow([LEGEND_HEAD[place] for place in kept])
    for band, use in enumerate(uses, start=1):
        for row in _legend(rules, use, band):
            cells = [safe_cell(cell) if isinstance(cell, str) else cell for cell in row]
            writer.writerow([cells[place] for place in kept])
    return stream.getvalue().encode("utf-8-sig")


def access_tiff(access_km: Raster) -> bytes:
    """Return a distance raster as a GeoTIFF of tenths of a kilometre.

    Parameters
    ----------
    access_km : Raster
        Distance to the nearest usable substation [km]; unknown cells become nodata.

    Returns
    -------
    bytes
        The file: uint16, scale 0.1, nodata 65535, unit km.

    """
    profile = {**raster_profile(access_km.geobox, "uint16", 1), "nodata": ACCESS_UNKNOWN}
    with MemoryFile() as memory:
        with memory.open(**profile) as target:
            target.write(_tenths(access_km), 1)
            target.set_band_description(1, "grid_access_km")
            target.scales, target.units = (ACCESS_STEP_KM,), ("km",)
        return bytes(memory.getbuffer())


def check_tiff(path: Path) -> None:
    """Raise if any block of a GeoTIFF cannot be read."""
    with rasterio.open(path, driver="GTiff") as source:
        for band in range(1, source.count + 1):
            for _, window in source.block_windows(band):
                source.read(band, window=window)


def raster_profile(geobox: GeoBox, dtype: str, count: int) -> dict[str, object]:
    """Return how a raster is laid out in its file."""
    height, width = geobox.shape
    return {
        "driver": "GTiff",
        "dtype": dtype,
        "count": count,
        "height": height,
        "width": width,
        "crs": str(geobox.crs),
        "transform": geobox.affine,
        "tiled": True,
        "blockxsize": _BLOCK_CELLS,
        "blockysize": _BLOCK_CELLS,
        "interleave": "band",
        "compress": "deflate",
        "zlevel": 6,
    }


def _legend(
    rules: tuple[Rule, ...], use: str, band: int
) -> Iterator[tuple[str, int, int, int, str, str, str, str, str, str, str]]:
    for rule in sorted(rules, key=lambda rule: rule.bit):
        if rule.effect == "remove" and rule.speaks_of(use):
            texts = (rule.id, rule.layer, rule.zh, rule.en, rule.document, rule.number, rule.date)
            yield (use, band, rule.bit, 1 << rule.bit, *texts)
    for bit, key in ((UNKNOWN_BIT, "unknown"), (OUTSIDE_BIT, "outside")):
        zh, en = (tell(f"eligibility-bit-{key}", lang=lang) for lang in ("zh", "en"))
        yield (use, band, bit, 1 << bit, key, "", zh, en, "", "", "")


def _tenths(access_km: Raster) -> npt.NDArray[np.uint16]:
    steps = np.rint(access_km.values / ACCESS_STEP_KM)
    known = ~access_km.unknown & np.isfinite(steps)
    whole = np.where(known, steps, 0).clip(0, ACCESS_UNKNOWN - 1)
    return np.where(known, whole, ACCESS_UNKNOWN).astype(np.uint16)
