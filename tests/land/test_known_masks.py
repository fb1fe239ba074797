"""Inclusion masks that the reV model published for Rhode Island, cell for cell."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pytest
import rasterio
import shapely
from affine import Affine
from odc.geo.geobox import GeoBox

from sandgrid.land import find_eligibility
from sandgrid.land.exclusions import Rule
from sandgrid.layers.catalogue import RasterSource
from sandgrid.layers.raster import read_raster
from sandgrid.layers.stack import Layers

pytestmark = pytest.mark.shared


def rule(kind: str, layer: str, bit: int, **values: Any) -> Rule:
    return Rule(f"{kind}-{bit}", bit, ("pv",), kind, layer, "规", "rule", **values)


RURAL = rule("class_not_in", "smod", 0, classes=("1",))
URBAN = rule("class_in", "smod", 0, classes=("1",))
PROTECTED = rule("class_in", "padus", 1, classes=("1",))
HALF = rule("class_in", "smod", 3, classes=("1", "2", "3"), effect="weigh", weight=0.5)
CASES = {
    "expected_wind.tif": ((RURAL, PROTECTED, rule("slope20", "slope", 2)), 35_001),
    "expected_weighted.tif": ((RURAL, PROTECTED, rule("slope20", "slope", 2), HALF), 17_500.5),
    "expected_rural_pv.tif": ((RURAL, rule("slope5", "slope", 2), 1.0), 1_076_019),
    "expected_urban_pv.tif": ((URBAN, rule("slope5", "slope", 2), 0.018), 121_040),
}


def settled(rules: tuple[Rule | float, ...]) -> Iterator[Rule]:
    """Return the rules with ranges in place of slope limits and patches in place of numbers."""
    for each in rules:
        if isinstance(each, float):
            yield rule("minimum_patch", "", 5, minimum_ha=each * 100)
        elif each.kind.startswith("slope"):
            limit = float(each.kind.removeprefix("slope"))
            yield rule("range", "slope", each.bit, low=0.0, high=limit)
        else:
            yield each


@pytest.fixture(scope="module")
def island(shared: Path) -> tuple[Path, Layers]:
    folder = shared / "peers" / "rev_masks"
    if not folder.is_dir():
        pytest.skip(f"published masks are absent: {folder}")
    with rasterio.open(folder / "ri_smod.tif") as source:  # noqa: TID251  # as others see the file
        crs = source.crs.to_wkt()
        shape = (source.height, source.width)
        affine = source.transform
    geobox = GeoBox(shape, Affine(*affine[:6]), crs)
    known = {"nodata_means": "unknown", "resampling": "nearest"}
    kinds = {
        "smod": {"content": "category", "codes": {str(c): (c,) for c in (1, 2, 3)}},
        "padus": {"content": "category", "codes": {str(c): (c,) for c in (1, 2)}},
        "slope": {"content": "quantity", "valid_range": (0.0, 90.0)},
    }
    files = {"smod": "ri_smod.tif", "padus": "ri_padus.tif", "slope": "ri_srtm_slope.tif"}
    rasters = {
        role: read_raster(
            RasterSource(role=role, path=folder / files[role], **known, **kind), geobox
        )
        for role, kind in kinds.items()
    }
    area = gpd.GeoDataFrame(geometry=[shapely.box(*geobox.boundingbox.bbox)], crs=crs)
    return folder, Layers(geobox, rasters, {}, area)


@pytest.mark.parametrize("name", CASES)
def test_every_cell_agrees(island: tuple[Path, Layers], name: str) -> None:
    folder, layers = island
    rules, total = CASES[name]
    found = find_eligibility(tuple(settled(rules)), layers)
    mask = found.mask("pv") * found.shares.get("pv", 1.0)
    with rasterio.open(folder / name) as source:  # noqa: TID251  # as others see the file
        told = source.read(1)
    assert mask.sum() == total
    assert np.count_nonzero(mask != told) == 0
    assert mask.size == 1_393_848
