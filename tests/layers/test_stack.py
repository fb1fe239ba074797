"""All layers of an area, and the area itself."""

from collections.abc import Callable
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from odc.geo.geobox import GeoBox

from sandgrid.errors import InputError
from sandgrid.layers.catalogue import Catalogue, RasterSource, TableSource, VectorSource
from sandgrid.layers.crs import local_equal_area
from sandgrid.layers.raster import Raster
from sandgrid.layers.stack import Layers, read_layers, read_table, select_area

LOCAL = local_equal_area(121.5, 44.0)


@pytest.fixture
def area() -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(geometry=[shapely.box(1000, 1600, 1500, 2000)], crs=LOCAL)


@pytest.fixture
def districts() -> gpd.GeoDataFrame:
    boxes = [shapely.box(0, 0, 10_000, 10_000), shapely.box(10_000, 0, 20_000, 10_000)]
    return gpd.GeoDataFrame({"district_id": ["a", "b"]}, geometry=boxes, crs=LOCAL)


def test_layers_come_in_the_order_of_the_catalogue_with_their_warnings(
    tmp_path: Path,
    vector: Callable[..., VectorSource],
    polygons: gpd.GeoDataFrame,
    geobox: GeoBox,
    area: gpd.GeoDataFrame,
) -> None:
    polygons["geometry"] = polygons.translate(0.012, 0.017)
    names = [f"layer{n}" for n in range(5)]
    sources = {}
    for name in names:
        path = tmp_path / f"{name}.shp"
        polygons.to_file(path, encoding="GB18030")
        path.with_suffix(".cpg").unlink()
        sources[name] = vector(path, role=name, sparse=True)
    notices = []
    layers = read_layers(Catalogue(sources), geobox, area, report=notices.append)
    assert layers.roles == tuple(names)
    assert [str(notice).split("'")[1] for notice in notices] == names
    assert layers.margin_m == 20_000
    with pytest.raises(InputError, match="layer 'water' was not read"):
        layers.vector("water")


def test_only_wanted_roles_are_read(
    tif: Callable[..., Path],
    quantity: Callable[..., RasterSource],
    geobox: GeoBox,
    area: gpd.GeoDataFrame,
    tmp_path: Path,
) -> None:
    sources = {"dem": quantity(tif(np.ones((4, 5)))), "gone": quantity(tmp_path / "gone.tif")}
    layers = read_layers(Catalogue(sources), geobox, area, ["dem"])
    assert layers.roles == ("dem",)


def test_layers_of_another_grid_or_crs_are_refused(geobox: GeoBox, area: gpd.GeoDataFrame) -> None:
    other = GeoBox(geobox.shape, geobox.affine, "EPSG:32651")
    raster = Raster(np.zeros((4, 5)), np.zeros((4, 5), bool), other)
    with pytest.raises(InputError, match="does not lie on the grid"):
        Layers(geobox, {"dem": raster}, {}, area)
    with pytest.raises(InputError, match="another CRS"):
        Layers(geobox, {}, {"roads": area.to_crs(4490)}, area)


def test_the_area_is_some_districts_cropped_by_a_box(districts: gpd.GeoDataFrame) -> None:
    assert select_area(districts, ["b"])["district_id"].tolist() == ["b"]
    assert len(select_area(districts)) == 2
    cropped = select_area(districts, bbox_deg=(121.0, 43.0, 121.55, 44.05))
    assert cropped["district_id"].tolist() == ["a"]
    assert 0 < cropped.area.sum() < 1e8
    with pytest.raises(InputError, match=r"districts z are not .* which has a, b"):
        select_area(districts, ["z"])
    with pytest.raises(InputError, match=r"box lies at 10\.000"):
        select_area(districts, bbox_deg=(10, 10, 11, 11))


def test_tables_are_read_and_broken_ones_refused(tmp_path: Path) -> None:
    path = tmp_path / "wind.csv"
    path.write_text("month,sector\n1,0\n")
    assert read_table(TableSource(role="wind", path=path)).equals(
        pd.DataFrame({"month": [1], "sector": [0]})
    )
    path.write_text("a,b\n1,2,3,4\n1\n1,2,3,4,5,6\n")
    with pytest.raises(InputError, match=r"layer 'wind': wind.csv cannot be read"):
        read_table(TableSource(role="wind", path=path))
