"""Small files as they come, right and wrong."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pytest
import rasterio
import shapely
from affine import Affine
from odc.geo.geobox import GeoBox

from sandgrid.layers.catalogue import RasterSource, VectorSource

METRES = "+proj=laea +lat_0=44 +lon_0=121.5 +ellps=GRS80 +units=m"
CORNER = Affine(100, 0, 1000, 0, -100, 2000)


@pytest.fixture
def geobox() -> GeoBox:
    """Return 4 x 5 cells of 100 m."""
    return GeoBox((4, 5), Affine(100, 0, 1000, 0, -100, 2000), METRES)


@pytest.fixture
def tif(tmp_path: Path) -> Callable[..., Path]:
    """Return a writer of GeoTIFFs."""

    def write(
        values: Any,
        *,
        affine: Affine = CORNER,
        crs: str | None = METRES,
        name: str = "dem.tif",
        tags: dict[str, Any] | None = None,
        **profile: Any,
    ) -> Path:
        array = np.atleast_3d(np.asarray(values))
        array = array.transpose(2, 0, 1) if np.ndim(values) == 2 else np.asarray(values)
        path = tmp_path / name
        kept = {"nodata": -9999, **profile}
        with rasterio.open(  # noqa: TID251  # made for the test
            path,
            "w",
            driver="GTiff",
            width=array.shape[2],
            height=array.shape[1],
            count=array.shape[0],
            dtype=array.dtype,
            crs=crs,
            transform=affine,
            **kept,
        ) as target:
            target.write(array)
            if tags:
                target.scales, target.offsets = tags["scales"], tags["offsets"]
        return path

    return write


@pytest.fixture
def quantity() -> Callable[..., RasterSource]:
    """Return a maker of quantity sources."""

    def make(path: Path, **entry: Any) -> RasterSource:
        kept = {"resampling": "bilinear", "nodata_means": "unknown", **entry}
        return RasterSource(role="dem", path=path, content="quantity", **kept)

    return make


@pytest.fixture
def category() -> Callable[..., RasterSource]:
    """Return a maker of category sources."""

    def make(path: Path, codes: Sequence[int], **entry: Any) -> RasterSource:
        kept = {"resampling": "nearest", "nodata_means": "unknown", **entry}
        known = {str(code): (code,) for code in codes}
        return RasterSource(role="class", path=path, content="category", codes=known, **kept)

    return make


@pytest.fixture
def polygons() -> gpd.GeoDataFrame:
    """Return three squares of about 1 km in the area, in degrees, with ids that begin by 0."""
    squares = [shapely.box(121.5 + x, 44.0, 121.51 + x, 44.01) for x in (0.0, 0.02, 0.04)]
    data = {"code": ["0012", "0007", "0100"], "name": ["通辽", "开鲁", "奈曼"], "size": [1, 2, 3]}
    return gpd.GeoDataFrame(data, geometry=squares, crs="EPSG:4490")


@pytest.fixture
def vector() -> Callable[..., VectorSource]:
    """Return a maker of vector sources."""

    def make(path: Path, **entry: Any) -> VectorSource:
        kept = {
            "role": "extra",
            "geometry": "polygon",
            "id": "place_id",
            "columns": {"place_id": "code", "name": "name"},
            **entry,
        }
        return VectorSource(path=path, **kept)

    return make
