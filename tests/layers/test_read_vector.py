"""Vector layers are read whole and checked, or refused in one sentence."""

import json
import shutil
import socket
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pytest
import shapely
from odc.geo.geobox import GeoBox
from pyproj import CRS
from shapely.geometry.base import BaseGeometry

from sandgrid.errors import InputError, SandGridError
from sandgrid.layers.catalogue import RasterSource, VectorSource
from sandgrid.layers.notices import SandGridWarning
from sandgrid.layers.raster import read_raster
from sandgrid.layers.vector import Window, read_vector

METRES = CRS.from_user_input("+proj=laea +lat_0=44 +lon_0=121.5 +ellps=GRS80 +units=m")


@pytest.fixture
def shp(tmp_path: Path, polygons: gpd.GeoDataFrame) -> Path:
    path = tmp_path / "places.shp"
    polygons.to_file(path, encoding="UTF-8")
    return path


def gpkg(frame: gpd.GeoDataFrame, folder: Path, layer: str = "places") -> Path:
    path = folder / "places.gpkg"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        frame.to_file(path, layer=layer, driver="GPKG")
    return path


def test_columns_are_named_typed_and_sorted_by_id(
    shp: Path, vector: Callable[..., VectorSource]
) -> None:
    frame = read_vector(vector(shp, fill={"kind": "village"}), METRES)
    assert list(frame.columns) == ["place_id", "name", "kind", "geometry"]
    assert frame["place_id"].tolist() == ["0007", "0012", "0100"]
    assert frame["name"].tolist() == ["开鲁", "通辽", "奈曼"]
    assert frame.crs == METRES


@pytest.mark.parametrize("end", ["gpkg", "geojson"])
def test_other_formats_read_the_same(
    tmp_path: Path,
    polygons: gpd.GeoDataFrame,
    vector: Callable[..., VectorSource],
    shp: Path,
    end: str,
) -> None:
    path = tmp_path / f"places.{end}"
    polygons.to_file(path, layer="places")
    same = read_vector(vector(path), METRES)
    told = read_vector(vector(shp), METRES)
    assert same["place_id"].tolist() == told["place_id"].tolist()
    a, b = (shapely.normalize(frame.geometry.to_numpy()) for frame in (same, told))
    assert shapely.equals_exact(a, b, 1e-6).all()


def test_ids_are_counted_where_the_file_has_none(
    shp: Path, vector: Callable[..., VectorSource]
) -> None:
    frame = read_vector(vector(shp, columns={}), METRES)
    assert frame["place_id"].tolist() == ["extra-0", "extra-1", "extra-2"]


def test_whole_numbers_become_ids_without_a_point(
    tmp_path: Path, polygons: gpd.GeoDataFrame, vector: Callable[..., VectorSource]
) -> None:
    path = tmp_path / "numbers.geojson"
    polygons.assign(code=[150521.0, 150502.0, 150524.0]).to_file(path)
    assert read_vector(vector(path), METRES)["place_id"].tolist() == ["150502", "150521", "150524"]


def test_missing_prj_is_refused_unless_assumed(
    shp: Path, vector: Callable[..., VectorSource]
) -> None:
    shp.with_suffix(".prj").unlink()
    with pytest.raises(
        InputError, match=r"layer 'extra': places\.shp has no CRS .*assume_crs"
    ) as caught:
        read_vector(vector(shp), METRES)
    assert caught.value.exit_code == 3
    assert "坐标系" in caught.value.text("zh")
    assert len(read_vector(vector(shp, assume_crs="EPSG:4490"), METRES)) == 3


@pytest.mark.parametrize("end", [".dbf", ".shx"])
def test_a_missing_part_is_named(shp: Path, vector: Callable[..., VectorSource], end: str) -> None:
    shp.with_suffix(end).unlink()
    with pytest.raises(InputError, match=rf"lacks its part places\{end}"):
        read_vector(vector(shp), METRES)


@pytest.mark.parametrize("end", [".shp", ".shx", ".dbf"])
def test_a_part_cut_off_is_refused(
    shp: Path, vector: Callable[..., VectorSource], end: str
) -> None:
    part = shp.with_suffix(end)
    part.write_bytes(part.read_bytes()[:-40])
    with pytest.raises(InputError, match="is cut off"):
        read_vector(vector(shp), METRES)


@pytest.mark.parametrize("end", ["gpkg", "geojson"])
def test_other_files_cut_off_are_refused(
    tmp_path: Path, polygons: gpd.GeoDataFrame, vector: Callable[..., VectorSource], end: str
) -> None:
    path = tmp_path / f"places.{end}"
    polygons.to_file(path)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 3])
    with pytest.raises(InputError, match=r"layer 'extra': places\."):
        read_vector(vector(path), METRES)


def test_text_without_cpg_is_found_out_and_reported(
    tmp_path: Path, polygons: gpd.GeoDataFrame, vector: Callable[..., VectorSource]
) -> None:
    for encoding, told in (("UTF-8", "UTF-8"), ("GB18030", "GB18030")):
        path = tmp_path / f"{encoding}.shp"
        polygons.to_file(path, encoding=encoding)
        path.with_suffix(".cpg").unlink()
        with pytest.warns(SandGridWarning, match=f"read as {told}"):
            frame = read_vector(vector(path), METRES)
        assert frame["name"].tolist() == ["开鲁", "通辽", "奈曼"]


def test_declared_encoding_wins_and_must_hold(
    tmp_path: Path, polygons: gpd.GeoDataFrame, vector: Callable[..., VectorSource]
) -> None:
    path = tmp_path / "gbk.shp"
    polygons.to_file(path, encoding="GB18030")
    path.with_suffix(".cpg").unlink()
    assert "通辽" in read_vector(vector(path, encoding="GB18030"), METRES)["name"].tolist()
    with pytest.raises(InputError, match="is not UTF-8 as declared"):
        read_vector(vector(path, encoding="UTF-8"), METRES)


def test_a_wrong_cpg_is_refused(
    tmp_path: Path, polygons: gpd.GeoDataFrame, vector: Callable[..., VectorSource]
) -> None:
    path = tmp_path / "gbk.shp"
    polygons.to_file(path, encoding="GB18030")
    path.with_suffix(".cpg").write_text("UTF-8")
    with pytest.raises(InputError, match="is not UTF-8 as declared"):
        read_vector(vector(path), METRES)


def test_text_in_no_known_encoding_is_refused(
    shp: Path, vector: Callable[..., VectorSource]
) -> None:
    raw = shp.with_suffix(".dbf").read_bytes()
    shp.with_suffix(".dbf").write_bytes(raw.replace("通辽".encode(), b"\xff\xff\xff\xff\xff\xff"))
    shp.with_suffix(".cpg").unlink()
    with pytest.raises(InputError, match="neither UTF-8 nor GB18030"):
        read_vector(vector(shp), METRES)


def test_plain_ascii_needs_no_guess(
    tmp_path: Path, polygons: gpd.GeoDataFrame, vector: Callable[..., VectorSource]
) -> None:
    path = tmp_path / "ascii.shp"
    polygons.assign(name="plain").to_file(path)
    path.with_suffix(".cpg").unlink(missing_ok=True)
    assert read_vector(vector(path), METRES)["name"].tolist() == ["plain"] * 3


def test_several_layers_need_a_choice(
    tmp_path: Path, polygons: gpd.GeoDataFrame, vector: Callable[..., VectorSource]
) -> None:
    path = gpkg(polygons, tmp_path, "first")
    polygons.iloc[:1].to_file(path, layer="second", driver="GPKG")
    with pytest.raises(InputError, match=r"several layers \(first, second\)"):
        read_vector(vector(path), METRES)
    assert len(read_vector(vector(path, layer="second"), METRES)) == 1
    with pytest.raises(InputError, match="no layer 'third'"):
        read_vector(vector(path, layer="third"), METRES)


BOWTIE = shapely.Polygon([(121.5, 44), (121.51, 44.01), (121.51, 44), (121.5, 44.01)])


def test_an_invalid_geometry_is_named_with_its_reason(
    tmp_path: Path, polygons: gpd.GeoDataFrame, vector: Callable[..., VectorSource]
) -> None:
    polygons.loc[1, "geometry"] = BOWTIE
    path = gpkg(polygons, tmp_path)
    with pytest.raises(InputError, match=r"1 features .* invalid: 0007 \(Self-intersection"):
        read_vector(vector(path), METRES)


def test_repair_keeps_both_halves_and_reports_the_change(
    tmp_path: Path, polygons: gpd.GeoDataFrame, vector: Callable[..., VectorSource]
) -> None:
    polygons.loc[1, "geometry"] = BOWTIE
    path = gpkg(polygons, tmp_path)
    with pytest.warns(SandGridWarning, match=r"repaired by make_valid \(0007\), area \+5e-05 deg2"):
        frame = read_vector(vector(path, repair=True), METRES)
    area = frame.set_index("place_id").geometry.area
    assert area["0007"] == pytest.approx(area["0012"] / 2, rel=1e-3)


@pytest.mark.parametrize("geometry", [None, shapely.Polygon()])
def test_null_and_empty_geometry_are_refused(
    tmp_path: Path,
    polygons: gpd.GeoDataFrame,
    vector: Callable[..., VectorSource],
    geometry: BaseGeometry | None,
) -> None:
    polygons.loc[2, "geometry"] = geometry
    with pytest.raises(InputError, match=r"1 features .* no geometry: 0100"):
        read_vector(vector(gpkg(polygons, tmp_path)), METRES)


def test_mixed_families_are_refused_and_multi_is_the_same_family(
    tmp_path: Path, polygons: gpd.GeoDataFrame, vector: Callable[..., VectorSource]
) -> None:
    multi = polygons.copy()
    multi.loc[0, "geometry"] = shapely.MultiPolygon([multi.geometry[0]])
    assert len(read_vector(vector(gpkg(multi, tmp_path)), METRES)) == 3
    polygons.loc[0, "geometry"] = shapely.Point(121.5, 44)
    mixed = tmp_path / "mixed.geojson"
    polygons.to_file(mixed)
    with pytest.raises(InputError, match=r"1 features .* no polygons: 0012"):
        read_vector(vector(mixed), METRES)


def test_duplicate_ids_are_refused(
    tmp_path: Path, polygons: gpd.GeoDataFrame, vector: Callable[..., VectorSource]
) -> None:
    polygons["code"] = ["0007", "0007", "0100"]
    with pytest.raises(InputError, match=r"code of places.gpkg .* more than once .* 0007"):
        read_vector(vector(gpkg(polygons, tmp_path)), METRES)


def test_a_missing_id_is_refused(
    tmp_path: Path, polygons: gpd.GeoDataFrame, vector: Callable[..., VectorSource]
) -> None:
    polygons["code"] = ["0007", None, "0100"]
    with pytest.raises(InputError, match="has no code"):
        read_vector(vector(gpkg(polygons, tmp_path)), METRES)


def test_coordinates_that_are_no_numbers_are_refused(
    tmp_path: Path, vector: Callable[..., VectorSource]
) -> None:
    text = {
        "type": "FeatureCollection",
        "features": [
            {
                "type": "Feature",
                "properties": {"code": "1", "name": "x"},
                "geometry": {"type": "Point", "coordinates": [1e999, 44]},
            }
        ],
    }
    path = tmp_path / "inf.geojson"
    path.write_text(json.dumps(text))
    with pytest.raises(InputError, match="layer 'extra'"):
        read_vector(vector(path, geometry="point"), METRES)


def test_metres_called_degrees_are_refused(
    tmp_path: Path, polygons: gpd.GeoDataFrame, vector: Callable[..., VectorSource]
) -> None:
    polygons = polygons.to_crs(4550).set_crs(4490, allow_override=True)
    with pytest.raises(InputError, match="beyond the pole or the date line"):
        read_vector(vector(gpkg(polygons, tmp_path)), METRES)


def test_swapped_axes_are_refused(
    tmp_path: Path, polygons: gpd.GeoDataFrame, vector: Callable[..., VectorSource]
) -> None:
    swapped = polygons.set_geometry(shapely.transform(polygons.geometry, lambda xy: xy[:, ::-1]))
    with pytest.raises(InputError, match="order of x and y"):
        read_vector(vector(gpkg(swapped, tmp_path)), METRES)


AREA = Window((-1000.0, -1000.0, 5000.0, 5000.0), margin_m=2000)


def test_features_far_from_the_area_are_dropped(
    tmp_path: Path, polygons: gpd.GeoDataFrame, vector: Callable[..., VectorSource]
) -> None:
    far = polygons.geometry[2]
    polygons.loc[2, "geometry"] = shapely.affinity.translate(far, 0.2, 0)
    frame = read_vector(vector(gpkg(polygons, tmp_path)), METRES, window=AREA)
    assert frame["place_id"].tolist() == ["0007", "0012"]


def test_a_layer_in_the_wrong_zone_is_refused_with_both_extents(
    tmp_path: Path, polygons: gpd.GeoDataFrame, vector: Callable[..., VectorSource]
) -> None:
    wrong = polygons.to_crs(32651).set_crs(32650, allow_override=True)
    message = r"lies at 115\.\d+\.\..* the area at 121\.48"
    for sparse in (False, True):
        with pytest.raises(InputError, match=message):
            read_vector(vector(gpkg(wrong, tmp_path), sparse=sparse), METRES, window=AREA)


def test_a_sparse_layer_may_have_nothing_here(
    tmp_path: Path, polygons: gpd.GeoDataFrame, vector: Callable[..., VectorSource]
) -> None:
    polygons["geometry"] = polygons.translate(0.3, 0)
    path = gpkg(polygons, tmp_path)
    with pytest.raises(InputError, match="sparse = true"):
        read_vector(vector(path), METRES, window=AREA)
    assert read_vector(vector(path, sparse=True), METRES, window=AREA).empty


def test_a_sparse_layer_may_be_an_empty_file(
    tmp_path: Path, polygons: gpd.GeoDataFrame, vector: Callable[..., VectorSource]
) -> None:
    for end in ("shp", "gpkg", "geojson"):
        path = tmp_path / f"empty.{end}"
        polygons.iloc[:0].to_file(path)
        frame = read_vector(vector(path, sparse=True), METRES, window=AREA)
        assert list(frame.columns) == ["place_id", "name", "geometry"]
        assert frame.empty
        assert frame.crs == METRES
        with pytest.raises(InputError, match=r"no (feature|columns)"):
            read_vector(vector(path), METRES, window=AREA)


def test_missing_columns_name_those_that_exist(
    shp: Path, vector: Callable[..., VectorSource]
) -> None:
    source = vector(shp, columns={"place_id": "kode"})
    with pytest.raises(InputError, match="no columns kode; it has code, name, size"):
        read_vector(source, METRES)


def test_only_wanted_features_are_kept(shp: Path, vector: Callable[..., VectorSource]) -> None:
    assert len(read_vector(vector(shp, where={"size": (1, 3)}), METRES)) == 2
    with pytest.raises(InputError, match=r"no feature .*size in \[9\]"):
        read_vector(vector(shp, where={"size": (9,)}), METRES)


def inventory(path: Path, vector: Callable[..., VectorSource], **entry: Any) -> VectorSource:
    return vector(
        path,
        role="inventory",
        id="source_id",
        columns={"source_id": "code", "dune_class": "name"},
        **entry,
    )


def test_unknown_dune_classes_are_refused_and_can_be_mapped(
    tmp_path: Path, polygons: gpd.GeoDataFrame, vector: Callable[..., VectorSource]
) -> None:
    path = gpkg(polygons.assign(name=["流动沙地", "fixed", "沼泽"]), tmp_path)
    with pytest.raises(
        InputError, match=r"unknown dune_class \(流动沙地, 沼泽\): 0012, 0100; known"
    ):
        read_vector(inventory(path, vector), METRES)
    recode = {"dune_class": {"流动沙地": "mobile", "沼泽": "semi_fixed"}}
    frame = read_vector(inventory(path, vector, recode=recode), METRES)
    assert frame["dune_class"].tolist() == ["fixed", "mobile", "semi_fixed"]


def test_a_column_that_the_role_needs_must_be_given(
    shp: Path, vector: Callable[..., VectorSource]
) -> None:
    source = vector(shp, role="inventory", id="source_id", columns={"source_id": "code"})
    with pytest.raises(InputError, match="nothing gives the columns dune_class"):
        read_vector(source, METRES)


def test_a_required_value_may_not_miss(
    tmp_path: Path, polygons: gpd.GeoDataFrame, vector: Callable[..., VectorSource]
) -> None:
    path = gpkg(polygons.assign(name=["mobile", None, "fixed"]), tmp_path)
    with pytest.raises(InputError, match=r"1 features .* no dune_class: 0007"):
        read_vector(inventory(path, vector), METRES)


def test_numbers_as_text_are_read_and_words_refused(
    tmp_path: Path, polygons: gpd.GeoDataFrame, vector: Callable[..., VectorSource]
) -> None:
    columns = {"line_id": "code", "voltage_kv": "name"}
    for text, good in (("220", True), ("220 kV", False)):
        path = gpkg(polygons.assign(name=text), tmp_path)
        source = vector(path, role="power_lines", id="line_id", columns=columns)
        if good:
            assert read_vector(source, METRES)["voltage_kv"].tolist() == [220.0] * 3
        else:
            with pytest.raises(InputError, match="voltage_kv of 3 features"):
                read_vector(source, METRES)


def test_old_datum_is_warned_about(
    tmp_path: Path, polygons: gpd.GeoDataFrame, vector: Callable[..., VectorSource]
) -> None:
    old = polygons.to_crs(4490).set_crs(4214, allow_override=True)
    with pytest.warns(SandGridWarning, match="EPSG:4214 and was taken as CGCS2000"):
        read_vector(vector(gpkg(old, tmp_path)), METRES)


ZONES = (4490, 4526, 4527, 4528, 4529, 4530, 4547, 4548, 4549, 4550)


@pytest.mark.parametrize("code", ZONES)
def test_every_way_to_write_cgcs2000_gives_the_same_place(
    tmp_path: Path,
    polygons: gpd.GeoDataFrame,
    vector: Callable[..., VectorSource],
    code: int | None,
) -> None:
    path = gpkg(polygons.to_crs(code), tmp_path)
    here = read_vector(vector(path), METRES).geometry.centroid
    told = polygons.to_crs(METRES).geometry.centroid
    assert here.distance(told.iloc[[1, 0, 2]].reset_index(drop=True)).max() < 0.05


@pytest.mark.parametrize("name", ["fake.shp", "fake.gpkg", "fake.geojson", "fake.vrt", "fake.csv"])
def test_only_real_vector_files_are_opened(
    tmp_path: Path, vector: Callable[..., VectorSource], name: str
) -> None:
    path = tmp_path / name
    path.write_text('<OGRVRTDataSource><OGRVRTLayer name="x"></OGRVRTLayer></OGRVRTDataSource>')
    with pytest.raises(InputError, match=r"does not hold|is not read"):
        read_vector(vector(path), METRES)


@pytest.mark.parametrize("text", ["http://127.0.0.1:9/x.shp", "/vsicurl/http://127.0.0.1:9/x.shp"])
def test_no_address_is_ever_opened(vector: Callable[..., VectorSource], text: str) -> None:
    with pytest.raises(InputError, match="is not a plain local file"):
        read_vector(vector(Path(text)), METRES)


def test_other_json_is_refused(tmp_path: Path, vector: Callable[..., VectorSource]) -> None:
    path = tmp_path / "topo.json"
    path.write_text('{"type": "Topology", "objects": {}, "arcs": []}')
    with pytest.raises(InputError, match=r"layer 'extra': topo.json"):
        read_vector(vector(path), METRES)


def test_heights_and_feature_order_do_not_matter(
    tmp_path: Path, polygons: gpd.GeoDataFrame, vector: Callable[..., VectorSource]
) -> None:
    raised = polygons.set_geometry(shapely.force_3d(polygons.geometry.to_numpy(), 7.0))
    path = gpkg(raised.iloc[::-1], tmp_path)
    frame = read_vector(vector(path), METRES)
    assert not frame.has_z.any()
    assert frame["place_id"].is_monotonic_increasing


def test_an_error_prints_in_both_languages(shp: Path, vector: Callable[..., VectorSource]) -> None:
    shutil.move(shp, shp.with_name("other.shp"))
    with pytest.raises(SandGridError) as caught:
        read_vector(vector(shp), METRES)
    assert caught.value.text("en").startswith("layer 'extra': places.shp does not exist")
    assert caught.value.text("zh").startswith("图层“extra”：文件 places.shp 不存在")
    assert np.all(["\n" not in caught.value.text(lang) for lang in ("zh", "en")])


def test_nothing_is_ever_fetched(
    tmp_path: Path,
    vector: Callable[..., VectorSource],
    quantity: Callable[..., RasterSource],
    geobox: GeoBox,
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(0.1)
        address = f"http://127.0.0.1:{listener.getsockname()[1]}/x"
        vrt = f'<VRTDataset rasterXSize="9" rasterYSize="9"><VRTRasterBand><SimpleSource>\
<SourceFilename>/vsicurl/{address}</SourceFilename></SimpleSource></VRTRasterBand></VRTDataset>'
        ogr = f"<OGRVRTDataSource><OGRVRTLayer name='x'><SrcDataSource>{address}</SrcDataSource>\
</OGRVRTLayer></OGRVRTDataSource>"
        for name, text in (("a.tif", vrt), ("a.shp", ogr), ("a.gpkg", ogr), ("a.geojson", ogr)):
            (tmp_path / name).write_text(text)
        for path in (tmp_path / "a.tif", Path(address), Path(f"/vsicurl/{address}"), Path(vrt)):
            with pytest.raises(InputError):
                read_raster(quantity(path), geobox)
        for path in (tmp_path / "a.shp", tmp_path / "a.gpkg", tmp_path / "a.geojson", Path(ogr)):
            with pytest.raises(InputError):
                read_vector(vector(path), METRES)
        with pytest.raises(TimeoutError):
            listener.accept()
