"""Reasons of an area that does not fit in memory: kept tile by tile in a file."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt
import rasterio
from odc.geo.geobox import GeoBox
from rasterio.io import DatasetReader, DatasetWriter
from rasterio.windows import Window

from sandgrid.export.raster_styles import count_reasons, counted_style, style_names
from sandgrid.export.rasters import bits_legend, describe_bits, raster_profile
from sandgrid.land.exclusions import Rule, uses_of
from sandgrid.layers.tiles import Tile, cut_tiles
from sandgrid.messages import Language

Reasons = npt.NDArray[np.uint32]
SCRATCH: Final = {"compress": "lzw", "bigtiff": "yes"}
FINAL: Final = {"bigtiff": "if_safer"}
CACHE_MIB: Final = 64


class FileStore:
    """Reasons in a scratch GeoTIFF; tiles are put and read back in any order.

    Parameters
    ----------
    path : Path
        Scratch file.
    geobox : GeoBox
        The grid.
    uses : tuple of str
        One band each.

    """

    def __init__(self, path: Path, geobox: GeoBox, uses: tuple[str, ...]) -> None:
        """Make the file; it holds nothing yet."""
        self._uses = uses
        profile = {**raster_profile(geobox, "uint32", len(uses)), **SCRATCH}
        profile.pop("zlevel")
        self._file: DatasetWriter = rasterio.open(path, "w+", **profile)

    def put(self, tile: Tile, reasons: Mapping[str, Reasons]) -> None:
        """Keep the reasons of a tile."""
        for use, values in reasons.items():
            self._file.write(values, self._uses.index(use) + 1, window=_window(tile))

    def get(self, tile: Tile, use: str) -> Reasons:
        """Return the reasons of a tile."""
        values = self._file.read(self._uses.index(use) + 1, window=_window(tile))
        return np.asarray(values, dtype=np.uint32)

    def close(self) -> None:
        """Close the scratch file."""
        self._file.close()


@contextmanager
def file_store(path: Path, geobox: GeoBox, rules: tuple[Rule, ...]) -> Iterator[FileStore]:
    """Give a store in a scratch file; GDAL keeps no more than some blocks in memory."""
    with rasterio.Env(GDAL_CACHEMAX=CACHE_MIB * 2**20):
        store = FileStore(path, geobox, uses_of(rules))
        try:
            yield store
        finally:
            store.close()


def write_reasons(scratch: Path, target: Path, geobox: GeoBox, rules: tuple[Rule, ...]) -> None:
    """Write the eligibility GeoTIFF from a scratch file, block by block.

    The blocks come in the order of the file, so that its bytes do not tell how the area was cut
    into tiles.

    Parameters
    ----------
    scratch : Path
        File of a closed `FileStore`.
    target : Path
        File that is written; see `sandgrid.export.rasters.eligibility_tiff`.
    geobox : GeoBox
        The grid.
    rules : tuple of Rule
        For the names of the bits.

    """
    uses = uses_of(rules)
    profile = {**raster_profile(geobox, "uint32", len(uses)), **FINAL}
    with (
        rasterio.Env(GDAL_CACHEMAX=CACHE_MIB * 2**20),
        rasterio.open(scratch) as source,
        rasterio.open(target, "w", **profile) as written,
    ):
        for band in range(1, len(uses) + 1):
            for window in _blocks(source, geobox):
                written.write(source.read(band, window=window), band, window=window)
        describe_bits(written, uses, rules)


def write_legends(target: Path, rules: tuple[Rule, ...], lang: Language, folder: Path) -> None:
    """Write what the bits of an eligibility GeoTIFF mean, and a QGIS style for each band.

    Parameters
    ----------
    target : Path
        Written by `write_reasons`; read block by block.
    rules : tuple of Rule
        Those of the file.
    lang : {"zh", "en"}
        Language of the legends.
    folder : Path
        Takes ``<name>-legend.csv``, ``<name>.qml`` for the first band, and
        ``<name>-<use>.qml`` for each other.

    """
    uses = uses_of(rules)
    (folder / f"{target.stem}-legend.csv").write_bytes(bits_legend(rules, uses, lang))
    with rasterio.Env(GDAL_CACHEMAX=CACHE_MIB * 2**20), rasterio.open(target) as source:
        for band, (use, name) in enumerate(style_names(uses, target.stem).items(), start=1):
            windows = (window for _, window in source.block_windows(band))
            counts = count_reasons(source.read(band, window=window) for window in windows)
            about = tuple(rule for rule in rules if rule.speaks_of(use))
            (folder / name).write_bytes(counted_style(about, band, counts, lang))


def _blocks(source: DatasetReader, geobox: GeoBox) -> Iterator[Window]:
    for tile in cut_tiles(geobox, source.block_shapes[0]):
        yield _window(tile)


def _window(tile: Tile) -> Window:
    return Window(tile.cols.start, tile.rows.start, tile.shape[1], tile.shape[0])
