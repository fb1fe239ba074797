"""The land survey (DLTB) and the sand inventory as field offices send them."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pytest
import shapely
from affine import Affine
from odc.geo.geobox import GeoBox
from pyproj import CRS
from rasterio.features import shapes

from sandgrid.errors import InputError
from sandgrid.layers.catalogue import Catalogue, code_table, load_catalogue
from sandgrid.layers.codes import land_classes, recode_table
from sandgrid.layers.coverage import read_coverage
from sandgrid.layers.notices import SandGridWarning
from sandgrid.layers.raster import Raster, read_raster
from sandgrid.layers.stack import read_layers
from sandgrid.layers.vector import read_vector

LOCAL = CRS.from_user_input("+proj=laea +lat_0=44 +lon_0=121.5 +ellps=GRS80 +units=m")
GEOBOX = GeoBox((3, 4), Affine(100, 0, 0, 0, -100, 300), LOCAL.to_wkt())


@pytest.fixture
def survey(tmp_path: Path) -> Callable[..., Catalogue]:
    """Return a writer of a DLTB shapefile in GBK, CGCS2000 zone 41, and of its catalogue."""

    def write(shapes: list[Any], land: list[str], **keys: str) -> Catalogue:
        frame = gpd.GeoDataFrame(
            {"BSM": [str(n) for n in range(len(land))], "DLBM": land, "ZLDWMC": "嘎查"},
            geometry=shapes,
            crs=LOCAL,
        ).to_crs(4529)
        frame.to_file(tmp_path / "DLTB.shp", encoding="GB18030")
        more = "".join(f"{key} = {value}\n" for key, value in keys.items())
        text = f'[land_class]\nrecipe = "dltb"\npath = "DLTB.shp"\n{more}'
        (tmp_path / "catalogue.toml").write_text(text)
        return load_catalogue(tmp_path / "catalogue.toml")

    return write


def read(catalogue: Catalogue) -> Raster:
    return read_coverage(catalogue.coverage("land_class"), GEOBOX)


def test_polygons_become_classes_by_cell_centre(survey: Callable[..., Catalogue]) -> None:
    shapes = [shapely.box(0, 0, 149, 300), shapely.box(149, 0, 300, 300)]
    raster = read(survey(shapes, ["0305", "1205"]))
    shrub, sand = (code_table("dltb")[code][0] for code in ("0305", "1205"))
    assert raster.values.tolist() == [[shrub, sand, sand, 0]] * 3
    assert raster.unknown.tolist() == [[False, False, False, True]] * 3
    assert raster.absent is None


def test_land_without_a_polygon_may_be_absent(survey: Callable[..., Catalogue]) -> None:
    raster = read(survey([shapely.box(0, 0, 300, 300)], ["0404"], nodata_means='"absent"'))
    assert raster.absent is not None
    assert raster.absent.tolist() == [[False, False, False, True]] * 3
    assert not raster.unknown.any()


def test_overlaps_of_different_classes_are_unknown_and_said(
    survey: Callable[..., Catalogue],
) -> None:
    shapes = [shapely.box(0, 0, 200, 300), shapely.box(100, 0, 400, 300)]
    with pytest.warns(SandGridWarning, match=r"overlap; about 3\.00 ha"):
        raster = read(survey(shapes, ["0404", "0301"]))
    assert raster.unknown.tolist() == [[False, True, False, False]] * 3


def test_an_unknown_code_is_named(survey: Callable[..., Catalogue]) -> None:
    with pytest.raises(InputError, match=r"1 polygons of DLTB\.shp .* DLBM \(305\): "):
        read(survey([shapely.box(0, 0, 400, 300)], ["305"]))


def test_a_user_may_bring_a_code_table(tmp_path: Path, survey: Callable[..., Catalogue]) -> None:
    (tmp_path / "own.csv").write_text("value,code,class\n7,A1,sand\n", encoding="utf-8-sig")
    raster = read(survey([shapely.box(0, 0, 400, 300)], ["A1"], codes='"own.csv"'))
    assert (raster.values == 7).all()
    assert raster.codes["sand"] == (7,)
    (tmp_path / "bad.csv").write_text("value,code\n7,A1\n")
    with pytest.raises(InputError, match=r"bad\.csv lacks a column"):
        survey([shapely.box(0, 0, 400, 300)], ["A1"], codes='"bad.csv"')


def test_it_is_read_with_the_other_layers(survey: Callable[..., Catalogue]) -> None:
    catalogue = survey([shapely.box(0, 0, 400, 300)], ["0404"])
    area = gpd.GeoDataFrame(geometry=[shapely.box(0, 0, 400, 300)], crs=LOCAL.to_wkt())
    layers = read_layers(catalogue, GEOBOX, area)
    assert (layers.raster("land_class").values == 12).all()


def test_the_code_table_is_whole_and_speaks_the_classes_of_the_rules() -> None:
    dltb = code_table("dltb")
    codes = [name for name, values in dltb.items() if name not in land_classes()]
    assert len(codes) == 69
    assert sorted(value for code in codes for value in dltb[code]) == list(range(1, 70))
    for table in ("dltb", "esa_worldcover"):
        classes = set(code_table(table)) & set(land_classes())
        assert {value for name in classes for value in code_table(table)[name]} == {
            value for values in code_table(table).values() for value in values
        }


def inventory(folder: Path, kinds: list[str], **keys: str) -> Catalogue:
    shapes = [shapely.box(n * 100, 0, n * 100 + 90, 90) for n in range(len(kinds))]
    frame = gpd.GeoDataFrame(
        {"TBBH": [f"{n:06d}" for n in range(len(kinds))], "SHLX": kinds, "SHCD": "重度"},
        geometry=shapes,
        crs=LOCAL,
    ).to_crs(4490)
    frame.to_file(folder / "sand.shp", encoding="GB18030")
    (folder / "sand.cpg").unlink()
    more = "".join(f"{key} = {value}\n" for key, value in keys.items())
    text = f'[inventory]\nrecipe = "sand_inventory"\npath = "sand.shp"\n{more}'
    (folder / "catalogue.toml").write_text(text)
    return load_catalogue(folder / "catalogue.toml")


def test_the_inventory_is_read_by_its_chinese_words(tmp_path: Path) -> None:
    catalogue = inventory(tmp_path, ["流动沙地", "天然半固定沙地", "固定沙地（丘）", "沙化耕地"])
    with pytest.warns(SandGridWarning) as told:
        frame = read_vector(catalogue.vector("inventory"), LOCAL)
    texts = [str(notice.message) for notice in told]
    assert any("read as GB18030" in text for text in texts)
    assert any("1 features of sand.shp were left out" in text for text in texts)
    assert frame["dune_class"].tolist() == ["mobile", "semi_fixed", "fixed"]
    assert frame["degree"].tolist() == ["heavy"] * 3
    assert frame["source_id"].tolist() == ["000000", "000001", "000002"]


@pytest.mark.filterwarnings("ignore:.*read as GB18030")
def test_a_word_that_no_table_knows_is_refused(tmp_path: Path) -> None:
    catalogue = inventory(tmp_path, ["流动沙地", "盐碱地"])
    with pytest.raises(InputError, match=r"unknown dune_class \(盐碱地\): 000001"):
        read_vector(catalogue.vector("inventory"), LOCAL)


def test_recode_tables_lead_to_known_values(tmp_path: Path) -> None:
    assert set(recode_table("sand_inventory").values()) == {"mobile", "semi_fixed", "fixed", ""}
    assert set(recode_table("sand_degree").values()) == {"light", "medium", "heavy", "extreme"}
    with pytest.raises(InputError, match="no recode table sands; use one of osm_places"):
        inventory(tmp_path, ["流动沙地"], recode='{ dune_class = "sands" }')
    assert np.isin(list(recode_table("osm_voltage").values()), ["220"]).sum() == 3


def test_the_land_of_the_bundled_city_comes_back_from_its_polygons(
    data: Path, survey: Callable[..., Catalogue]
) -> None:
    geobox = GeoBox((40, 60), Affine(100, 0, 10_000, 0, -100, -150_000), LOCAL.to_wkt())
    told = read_raster(load_catalogue(data / "catalogue.toml").raster("land_class"), geobox)
    codes = {v[0]: code for code, v in code_table("dltb").items() if code not in land_classes()}
    drawn = [
        (shapely.geometry.shape(shape), codes[int(value)])
        for shape, value in shapes(told.values, transform=geobox.affine)
    ]
    catalogue = survey([shape for shape, _ in drawn], [code for _, code in drawn])
    found = read_coverage(catalogue.coverage("land_class"), geobox)
    assert len(set(told.values.ravel().tolist())) > 4
    assert (found.values == told.values).all()
    assert not found.unknown.any()
