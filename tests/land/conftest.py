"""Worlds of a few cells."""

from collections.abc import Callable
from typing import Any

import geopandas as gpd
import numpy as np
import pytest
import shapely
from affine import Affine
from odc.geo.geobox import GeoBox

from sandgrid.land.exclusions import Rule
from sandgrid.layers.crs import local_equal_area
from sandgrid.layers.raster import Raster
from sandgrid.layers.stack import Layers

LOCAL = local_equal_area(121.5, 44.0)


@pytest.fixture
def rule() -> Callable[..., Rule]:
    """Return a maker of rules."""

    def make(kind: str, layer: str, **values: Any) -> Rule:
        kept = {"id": kind, "bit": 0, "uses": ("pv",), "zh": "规", "en": "rule", **values}
        return Rule(kind=kind, layer=layer, **kept)

    return make


@pytest.fixture
def world() -> Callable[..., Layers]:
    """Return a maker of layers on cells of 100 m from the origin, north up."""
    return make_world


def make_world(shape: tuple[int, int], cell: float = 100.0, **layers: Any) -> Layers:
    """Return layers on cells of 100 m from the origin, north up."""
    rows, cols = shape
    geobox = GeoBox(shape, Affine(cell, 0, 0, 0, -cell, rows * cell), LOCAL)
    whole = [shapely.box(0, 0, cols * cell, rows * cell)]
    area = gpd.GeoDataFrame(geometry=layers.pop("area", whole), crs=LOCAL)
    rasters, vectors = {}, {}
    for role, layer in layers.items():
        if isinstance(layer, gpd.GeoDataFrame):
            vectors[role] = layer.set_crs(LOCAL)
        elif isinstance(layer, Raster):
            rasters[role] = layer
        else:
            rasters[role] = raster_of(layer, geobox)
    return Layers(geobox, rasters, vectors, area)


def raster_of(values: Any, geobox: GeoBox) -> Raster:
    """Return a raster: floats with NaN as unknown, or classes with 255 as unknown."""
    array = np.asarray(values)
    if array.dtype.kind == "f":
        return Raster(array.astype(np.float32), np.isnan(array), geobox)
    classes = array.astype(np.uint8)
    codes = {str(code): (code,) for code in range(10)}
    return Raster(classes, classes == 255, geobox, codes=codes)


@pytest.fixture
def features() -> Callable[..., gpd.GeoDataFrame]:
    """Return a maker of features."""

    def make(*geometries: Any, **columns: Any) -> gpd.GeoDataFrame:
        return gpd.GeoDataFrame(columns, geometry=list(geometries), crs=LOCAL)

    return make
