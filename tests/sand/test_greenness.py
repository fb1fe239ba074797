"""Cover from NDVI: given end members or those of each land class, whole or tile by tile."""

from dataclasses import replace
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import rasterio
from affine import Affine
from odc.geo.geobox import GeoBox

from sandgrid.errors import ScenarioError
from sandgrid.layers.catalogue import RasterSource
from sandgrid.layers.notices import SandGridWarning
from sandgrid.layers.raster import Raster
from sandgrid.layers.raster_files import find_raster
from sandgrid.layers.stack import Layers
from sandgrid.layers.tiles import Tile
from sandgrid.params import default_parameters
from sandgrid.sand.greenness import cover_file, cover_of_layers

GEOBOX = GeoBox((2, 3), Affine(100, 0, 500_000, 0, -100, 4_800_200), "EPSG:32651")
INDEX = np.array([[0.05, 0.455, 0.86], [0.0, 0.9, np.nan]], dtype=np.float32)
COVER = [[0.0, 0.5, 1.0], [0.0, 1.0, np.nan]]
AREA = gpd.GeoDataFrame(geometry=[], crs=GEOBOX.crs.to_wkt())
GIVEN = default_parameters()
BY_CLASS = GIVEN.with_values(
    {"sand.ndvi_end_members": "by_class", "sand.ndvi_least_cells": 2}, "test"
)


def stack(**rasters: Raster) -> Layers:
    return Layers(GEOBOX, rasters, area=AREA)


def raster(values: np.ndarray, **more: object) -> Raster:
    unknown = np.isnan(values) if values.dtype.kind == "f" else np.zeros(values.shape, dtype=bool)
    return replace(Raster(values, unknown, GEOBOX), **more)


def test_cover_is_the_share_between_the_end_members() -> None:
    told: list[SandGridWarning] = []
    layers, found = cover_of_layers(stack(ndvi=raster(INDEX)), GIVEN, report=told.append)
    cover = layers.raster("cover")
    np.testing.assert_allclose(cover.values, COVER, atol=1e-6)
    assert cover.unknown.tolist() == [[False] * 3, [False, False, True]]
    assert found is not None
    assert (dict(found.members), found.mean_cover) == ({"": (0.05, 0.86)}, 0.5)
    assert (found.difference, told) == (None, [])


def test_without_ndvi_the_layers_are_the_same() -> None:
    layers = stack(cover=raster(INDEX))
    assert cover_of_layers(layers, GIVEN) == (layers, None)


def test_a_layer_of_cover_is_replaced_and_the_difference_told() -> None:
    told: list[SandGridWarning] = []
    old = np.array([[0.0, 0.3, 1.0], [0.2, 1.0, 0.4]], dtype=np.float32)
    layers = stack(ndvi=raster(INDEX), cover=raster(old))
    found = cover_of_layers(layers, GIVEN, report=told.append)[1]
    assert found is not None
    assert found.difference == pytest.approx(
        {"mean": 0.0, "mean_absolute": 0.08, "other_class_ha": 1.0}, abs=1e-6
    )
    assert [notice.key for notice in told] == ["sand-cover-replaced"]


def test_each_land_class_has_its_own_end_members() -> None:
    land = raster(np.array([[1, 1, 1], [2, 2, 2]], dtype=np.uint8), codes={"a": (1,), "b": (2,)})
    layers = stack(ndvi=raster(INDEX), land_class=land)
    made, found = cover_of_layers(layers, BY_CLASS)
    assert found is not None
    assert found.members["a"] == pytest.approx((0.0905, 0.8195), abs=1e-6)
    assert found.members["b"] == pytest.approx((0.045, 0.855), abs=1e-6)
    assert made.raster("cover").values[0, 1] == pytest.approx(0.5)
    assert np.isnan(made.raster("cover").values[1, 2])


def test_a_class_of_few_cells_takes_the_given_end_members() -> None:
    land = raster(np.array([[1, 1, 1], [1, 2, 2]], dtype=np.uint8), codes={"a": (1,), "b": (2,)})
    layers = stack(ndvi=raster(INDEX), land_class=land)
    made, found = cover_of_layers(layers, BY_CLASS)
    assert found is not None
    assert sorted(found.members) == ["", "a"]
    assert made.raster("cover").values[1, 1] == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("changes", "key"),
    [
        ({"sand.ndvi_end_members": "guess"}, "sand-ndvi-choice"),
        ({"sand.ndvi_end_members": "by_class"}, "sand-ndvi-no-classes"),
    ],
)
def test_what_cannot_be_done_is_refused(changes: dict[str, str], key: str) -> None:
    layers = stack(ndvi=raster(INDEX))
    with pytest.raises(ScenarioError) as caught:
        cover_of_layers(layers, GIVEN.with_values(changes, "test"))
    assert caught.value.key == key


def test_a_file_gives_the_same_cover_tile_by_tile(tmp_path: Path) -> None:
    path = tmp_path / "ndvi.tif"
    kept = {"driver": "GTiff", "width": 3, "height": 2, "count": 1, "dtype": "float32"}
    with rasterio.open(  # noqa: TID251  # a file of somebody else's
        path, "w", crs=GEOBOX.crs.to_wkt(), transform=GEOBOX.affine, nodata=np.nan, **kept
    ) as dataset:
        dataset.write(INDEX, 1)
    source = RasterSource(
        role="ndvi", path=path, content="quantity", resampling="nearest", nodata_means="unknown"
    )
    held = cover_file(find_raster(source, GEOBOX, tmp_path / "staged"), GIVEN)
    part = held.part(Tile(slice(0, 2), slice(1, 3)))
    np.testing.assert_allclose(part.values, np.array(COVER)[:, 1:], atol=1e-6)
    with pytest.raises(ScenarioError):
        cover_file(held, BY_CLASS)
