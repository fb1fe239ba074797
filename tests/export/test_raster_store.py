"""An area that does not fit in memory gives the same reasons as one that does."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pytest
import rasterio
import shapely
from affine import Affine
from odc.geo.geobox import GeoBox

from sandgrid.errors import InputError
from sandgrid.export.raster_store import file_store, write_reasons
from sandgrid.export.rasters import eligibility_tiff
from sandgrid.land import Rule, find_eligibility
from sandgrid.land.eligibility import judge_tiles
from sandgrid.layers.catalogue import RasterSource
from sandgrid.layers.crs import local_equal_area
from sandgrid.layers.raster import read_raster
from sandgrid.layers.raster_files import find_raster
from sandgrid.layers.stack import Layers
from sandgrid.layers.tiles import Tile

LOCAL = local_equal_area(121.5, 44.0)
GEOBOX = GeoBox((530, 590), Affine(50, 0, 0, 0, -50, 26_500), LOCAL)
TEXTS = {"zh": "规", "en": "rule"}
RULES = (
    Rule("built", 0, ("pv", "wind"), "class_in", "land", classes=("8",), **TEXTS),
    Rule("steep", 1, ("pv",), "slope", "dem", high=12.0, **TEXTS),
    Rule("roads", 2, ("pv", "wind"), "setback", "roads", distance_m=700.0, **TEXTS),
    Rule("patch", 3, ("pv",), "minimum_patch", "", minimum_ha=400.0, **TEXTS),
)
SHIFTED = Affine(70, 0, -35, 0, -70, 26_600)
ALIGNED = Affine(50, 0, -100, 0, -50, 26_600)


@pytest.fixture
def sources(tmp_path: Path) -> Callable[[Affine], dict[str, RasterSource]]:
    """Return a maker of two rasters, a little larger than the grid, with gaps."""

    def make(affine: Affine) -> dict[str, RasterSource]:
        rng = np.random.default_rng(3)
        shape = (540, 600)
        land = np.kron(rng.integers(1, 9, (54, 60)), np.ones((10, 10))).astype(np.uint8)
        land[rng.random(shape) < 0.001] = 0
        dem = rng.normal(0, 3, shape).cumsum(axis=0).astype(np.float32)
        dem[rng.random(shape) < 0.001] = -9999
        return {
            "land": source("land", write(tmp_path / "land.tif", land, affine, 0)),
            "dem": source("dem", write(tmp_path / "dem.tif", dem, affine, -9999)),
        }

    return make


def write(path: Path, values: Any, affine: Affine, nodata: float) -> Path:
    rows, cols = values.shape
    profile = {"dtype": values.dtype, "count": 1, "crs": LOCAL.to_wkt(), "nodata": nodata}
    with rasterio.open(  # noqa: TID251  # made for the test
        path, "w", driver="GTiff", width=cols, height=rows, transform=affine, **profile
    ) as target:
        target.write(values, 1)
    return path


def source(role: str, path: Path) -> RasterSource:
    kept: dict[str, Any] = {"content": "quantity", "resampling": "bilinear"}
    if role == "land":
        codes = {str(code): (code,) for code in range(1, 9)}
        kept = {"content": "category", "resampling": "nearest", "codes": codes}
    return RasterSource(role=role, path=path, nodata_means="unknown", **kept)


def both(sources: dict[str, RasterSource], staging: Path) -> tuple[Layers, Layers]:
    """Return the same layers in memory and in files."""
    roads = gpd.GeoDataFrame(
        geometry=[shapely.LineString([(0, 0), (20_000, 9_000), (29_000, 26_000)])], crs=LOCAL
    )
    area = gpd.GeoDataFrame(geometry=[shapely.Point(14_000, 13_000).buffer(12_800)], crs=LOCAL)
    held = {role: read_raster(each, GEOBOX) for role, each in sources.items()}
    files = {role: find_raster(each, GEOBOX, staging) for role, each in sources.items()}
    vectors = {"roads": roads}
    return Layers(GEOBOX, held, vectors, area), Layers(GEOBOX, {}, vectors, area, files=files)


def written(layers: Layers, folder: Path, tile: tuple[int, int]) -> bytes:
    folder.mkdir()
    with file_store(folder / "scratch.tif", layers.geobox, RULES) as store:
        judge_tiles(RULES, layers, store, tile_cells=tile)
    write_reasons(folder / "scratch.tif", folder / "eligibility.tif", layers.geobox, RULES)
    return (folder / "eligibility.tif").read_bytes()


@pytest.mark.parametrize("affine", [ALIGNED, SHIFTED], ids=["aligned", "warped"])
def test_files_and_memory_agree(
    tmp_path: Path, sources: Callable[[Affine], dict[str, RasterSource]], affine: Affine
) -> None:
    held, in_files = both(sources(affine), tmp_path / "staged")
    told = find_eligibility(RULES, held)
    assert all(told.mask(use).any() for use in told.reasons)
    assert np.bitwise_or.reduce(told.reasons["pv"].ravel()) & 0xF == 0xF
    found = find_eligibility(RULES, in_files, tile_cells=(211, 97))
    for use, reasons in told.reasons.items():
        assert reasons.tobytes() == found.reasons[use].tobytes()
    assert (tmp_path / "staged").exists() == (affine == SHIFTED)


def test_a_part_that_is_warped_alone_is_that_of_the_whole(
    sources: Callable[[Affine], dict[str, RasterSource]],
) -> None:
    tile = Tile(slice(101, 307), slice(53, 200))
    for role, each in sources(SHIFTED).items():
        part, whole = find_raster(each, GEOBOX, None).part(tile), read_raster(each, GEOBOX)
        assert part.values.tobytes() == tile.of(whole.values).tobytes(), role
        assert np.array_equal(part.unknown, tile.of(whole.unknown))
        assert part.geobox == tile.geobox(GEOBOX)


def test_the_file_is_that_of_the_whole_whatever_the_tiles(
    tmp_path: Path, sources: Callable[[Affine], dict[str, RasterSource]]
) -> None:
    held, in_files = both(sources(ALIGNED), tmp_path / "staged")
    first = written(in_files, tmp_path / "first", (211, 97))
    assert first == written(in_files, tmp_path / "second", (512, 512))
    with (
        rasterio.MemoryFile(first) as one,
        rasterio.MemoryFile(eligibility_tiff(find_eligibility(RULES, held))) as other,
        one.open() as file,
        other.open() as whole,
    ):
        assert np.array_equal(file.read(), whole.read())
        assert file.descriptions == whole.descriptions
        assert file.tags(1) == whole.tags(1)


def test_a_wrong_code_in_a_far_tile_is_refused(
    tmp_path: Path, sources: Callable[[Affine], dict[str, RasterSource]]
) -> None:
    _, in_files = both(sources(ALIGNED), tmp_path / "staged")
    with rasterio.open(tmp_path / "land.tif", "r+") as target:  # noqa: TID251  # made for the test
        values = target.read(1)
        values[400, 300] = 77
        target.write(values, 1)
    with pytest.raises(InputError, match="77"):
        find_eligibility(RULES, in_files, tile_cells=(97, 97))
