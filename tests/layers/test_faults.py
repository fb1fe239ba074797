"""Every way in which a layer can be broken ends as it should: one case per known fault.

Each refusal goes through the command line: one sentence that names layer and file (and feature),
the right exit code, and no folder left behind.
"""

import re
import sys
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import rasterio
import shapely
from affine import Affine
from hypothesis import given
from hypothesis import strategies as st
from odc.geo.geobox import GeoBox
from pyproj import CRS, Geod

from sandgrid.cli.app import main
from sandgrid.errors import InputError
from sandgrid.land import find_eligibility
from sandgrid.land.exclusions import Rule
from sandgrid.layers.catalogue import RasterSource, VectorSource
from sandgrid.layers.crs import area_ha
from sandgrid.layers.notices import SandGridWarning
from sandgrid.layers.plan_files import read_plan_layers, read_reasons
from sandgrid.layers.raster import Raster, read_raster
from sandgrid.layers.stack import Layers
from sandgrid.layers.vector import read_vector

RULES = """
[[rule]]
id = "any"
bit = 0
uses = ["pv"]
kind = "{kind}"
layer = "{layer}"
high = 25
zh = "规"
en = "rule"
"""
SCENARIO = """
name = "faults"
as_of = 2024-06-30
[years]
first = 2024
last = 2025
[grid]
resolution_m = 100
[layers]
catalogue = "catalogue.toml"
[rules]
file = "rules.toml"
"""
DISTRICTS = """
[districts]
kind = "vector"
path = "districts.geojson"
geometry = "polygon"
id = "district_id"
columns = { district_id = "code", district = "name" }
"""
HERE = shapely.box(121.4, 43.9, 121.6, 44.1)
BOWTIE = shapely.Polygon([(121.5, 44), (121.51, 44.01), (121.51, 44), (121.5, 44.01)])
VECTOR = 'kind = "vector"\ngeometry = "polygon"\nid = "lake_id"\ncolumns = { lake_id = "code" }\n'
QUANTITY = 'kind = "raster"\ncontent = "quantity"\nresampling = "bilinear"\n'
GRID = Affine(0.01, 0, 121.4, 0, -0.01, 44.1)
VRT = "<VRTDataset rasterXSize='9' rasterYSize='9'><VRTRasterBand/></VRTDataset>"
OGR_VRT = "<OGRVRTDataSource><OGRVRTLayer name='x'><SrcDataSource>/etc/passwd</SrcDataSource>\
</OGRVRTLayer></OGRVRTDataSource>"


def lakes() -> gpd.GeoDataFrame:
    """Return three lakes with ids that begin by 0."""
    squares = [shapely.box(121.5 + x, 44.0, 121.51 + x, 44.01) for x in (0.0, 0.02, 0.04)]
    data = {"code": ["0012", "0007", "0100"], "name": ["通辽", "开鲁", "奈曼"]}
    return gpd.GeoDataFrame(data, geometry=squares, crs="EPSG:4490")


def shp(folder: Path, frame: gpd.GeoDataFrame | None = None, **options: Any) -> str:
    (lakes() if frame is None else frame).to_file(
        folder / "lakes.shp", **{"encoding": "UTF-8", **options}
    )
    return "lakes.shp"


def gpkg(folder: Path, frame: gpd.GeoDataFrame, layer: str = "lakes") -> str:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        frame.to_file(folder / "lakes.gpkg", layer=layer, driver="GPKG")
    return "lakes.gpkg"


def with_shape(folder: Path, shape: Any) -> str:
    frame = lakes()
    frame.loc[1, "geometry"] = shape
    return gpkg(folder, frame)


def tif(folder: Path, values: Any = None, **profile: Any) -> str:
    array = np.full((20, 20), 100.0, np.float32) if values is None else np.asarray(values)
    kept = {"nodata": -9999, "crs": "EPSG:4490", "transform": GRID, **profile}
    rows, cols = array.shape
    with rasterio.open(  # noqa: TID251  # made for the test
        folder / "dem.tif", "w", driver="GTiff", width=cols, height=rows, count=1,
        dtype=array.dtype, **kept,
    ) as target:  # fmt: skip
        target.write(array, 1)
    return "dem.tif"


def cut(path: Path, share: float = 0.5) -> None:
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * share)])


def changed(folder: Path, *, end: str, drop: bool = False, share: float = 0.5) -> str:
    """Return a shapefile of which one part is gone or cut off."""
    name = shp(folder)
    part = (folder / name).with_suffix(end)
    if drop:
        part.unlink()
    else:
        cut(part, share)
    return name


def named(folder: Path, name: str, text: str) -> str:
    (folder / name).write_text(text)
    return name


def many(folder: Path) -> str:
    gpkg(folder, lakes(), "first")
    return gpkg(folder, lakes(), "second")


def huge(folder: Path) -> str:
    """Return a shapefile whose .dbf says it is larger than 2 GB (a file of holes)."""
    name = shp(folder)
    with (folder / "lakes.dbf").open("r+b") as stream:
        stream.truncate(2_000_000_001)
    return name


def not_text(folder: Path) -> str:
    name = changed(folder, end=".cpg", drop=True)
    raw = (folder / "lakes.dbf").read_bytes()
    (folder / "lakes.dbf").write_bytes(raw.replace("通辽".encode(), b"\xff" * 6))
    return name


def bomb(folder: Path) -> str:
    with rasterio.open(  # noqa: TID251  # made for the test
        folder / "dem.tif", "w", driver="GTiff", width=1_000_000, height=1_000_000, count=1,
        dtype="uint8", nodata=0, crs="EPSG:4490", transform=Affine(1e-7, 0, 121, 0, -1e-7, 44.5),
        sparse_ok=True, tiled=True, blockxsize=16384, blockysize=16384, compress="deflate",
        bigtiff=True,
    ):  # fmt: skip
        pass
    return "dem.tif"


@dataclass(frozen=True)
class Fault:
    """A broken layer, and how it ends."""

    row: str
    build: Callable[[Path], str]
    told: str
    layer: str = "lakes"
    keys: str = ""
    exit_code: int = 3


REFUSED = [
    Fault("Missing .prj", lambda f: changed(f, end=".prj", drop=True),
          r"lakes\.shp has no CRS .* look like EPSG:4490"),
    Fault("Wrong zone .prj", lambda f: gpkg(
          f, lakes().to_crs(32651).set_crs(32650, allow_override=True)),
          r"lakes\.gpkg lies at 115\..*area at 121\."),
    Fault("Axis swap", lambda f: gpkg(f, lakes().set_geometry(
          shapely.transform(lakes().geometry, lambda xy: xy[:, ::-1]))), "order of x and y"),
    Fault("Bowtie/invalid", lambda f: with_shape(f, BOWTIE), r"invalid: 0007 \(Self-inters"),
    Fault("Null geometry", lambda f: with_shape(f, None), "no geometry: 0007"),
    Fault("Empty geometry", lambda f: with_shape(f, shapely.Polygon()), "no geometry: 0007"),
    Fault("Mixed types", lambda f: with_shape(f, shapely.Point(121.5, 44)), "no polygons: 0007"),
    Fault("Duplicate ids", lambda f: gpkg(f, lakes().assign(code=["1", "7", "7"])),
          "more than once .* 7"),
    Fault("Zero overlap", lambda f: gpkg(f, lakes().set_geometry(lakes().translate(2, 2))),
          "lies at"),
    Fault("nodata as value", lambda f: tif(f, nodata=None), r"dem\.tif declares no nodata",
          "dem", QUANTITY),
    Fault("nodata never declared as such", lambda f: tif(
          f, np.where(np.eye(20) > 0, -9999, 100).astype("f4"), nodata=-1),
          r"values of dem\.tif run from -9999", "dem", QUANTITY + "valid_range = [-200, 3000]\n"),
    Fault("Resampling classes", tif, "categories cannot be resampled by bilinear", "dem",
          QUANTITY.replace("quantity", "category") + "codes = [1, 9]\n"),
    Fault("Unknown classes", lambda f: tif(f, np.full((20, 20), 7, "u1"), nodata=0),
          "400|unknown codes: 7", "dem",
          QUANTITY.replace("quantity", "category").replace("bilinear", "mode") + "codes = [1]\n"),
    Fault("Rotated", lambda f: tif(f, transform=GRID @ Affine.rotation(5)),
          r"dem\.tif is rotated", "dem", QUANTITY),
    Fault("Truncated TIFF", lambda f: (tif(f), cut(f / "dem.tif"))[0], r"dem\.tif cannot be read",
          "dem", QUANTITY),
    Fault("Raster bomb (pixels)", bomb, r"dem\.tif declares 1000000000000 pixels", "dem",
          QUANTITY, 7),
    Fault("Raster elsewhere", lambda f: tif(f, transform=Affine(0.01, 0, 10, 0, -0.01, 44)),
          r"dem\.tif lies at 10\.", "dem", QUANTITY),
    Fault("Raster without CRS", lambda f: tif(f, crs=None), r"has no CRS .* EPSG:4490", "dem",
          QUANTITY),
    Fault("UTF-8/GBK DBF without .cpg, neither", not_text, "neither UTF-8 nor GB18030"),
    Fault("Wrong .cpg", lambda f: (shp(f, encoding="GB18030"),
          named(f, "lakes.cpg", "UTF-8"))[0], "is not UTF-8 as declared"),
    Fault("Truncated .shp", lambda f: changed(f, end=".shp"), r"lakes\.shp has .*cut off"),
    Fault("Missing .dbf", lambda f: changed(f, end=".dbf", drop=True), r"lacks its part .*\.dbf"),
    Fault("Missing .shx", lambda f: changed(f, end=".shx", drop=True), r"lacks its part .*\.shx"),
    Fault("Truncated dbf", lambda f: changed(f, end=".dbf", share=0.9), "cut off"),
    Fault("Truncated shx", lambda f: changed(f, end=".shx", share=0.9), "cut off"),
    Fault("Truncated gpkg", lambda f: (gpkg(f, lakes()), cut(f / "lakes.gpkg"))[0],
          r"lakes\.gpkg"),
    Fault("Truncated geojson", lambda f: (lakes().to_file(f / "lakes.geojson"),
          cut(f / "lakes.geojson"), "lakes.geojson")[2], r"lakes\.geojson"),
    Fault("Multi-layer GPKG", many, r"several layers \(first, second\)"),
    Fault("Multi-layer GPKG, another layer", many, r"no layer 'third', only first, second",
          keys=VECTOR + 'layer = "third"\n'),
    Fault("2 GB/4 GB", huge, "larger than 2 GB", exit_code=7),
    Fault("VRT named .tif", lambda f: named(f, "dem.tif", VRT), "does not hold GTiff", "dem",
          QUANTITY),
    Fault("VRT", lambda f: named(f, "dem.vrt", VRT), "does not hold GTiff", "dem", QUANTITY),
    Fault("OGR VRT named .shp", lambda f: named(f, "lakes.shp", OGR_VRT), "does not hold ESRI"),
    Fault("OGR VRT named .gpkg", lambda f: named(f, "lakes.gpkg", OGR_VRT), "does not hold GPKG"),
    Fault("OGR VRT named .geojson", lambda f: named(f, "lakes.geojson", OGR_VRT),
          "does not hold GeoJSON"),
    Fault("VRT in the path itself", lambda _: "<VRTDataset rasterXSize='1' rasterYSize='1'/>",
          "is not a plain local file", "dem", QUANTITY),
    Fault("CSV driver", lambda _: "CSV:/etc/passwd", "is not a plain local file"),
    Fault("SSRF (URL)", lambda _: "http://127.0.0.1:9/lakes.shp", "is not a plain local file"),
    Fault("SSRF (/vsicurl)", lambda _: "/vsicurl/http://127.0.0.1:9/lakes.shp",
          "is not a plain local file"),
    Fault("Zip slip", lambda f: named(f, "lakes.zip", "PK"), "has a format"),
    Fault("Folder in place of a file", lambda f: ((f / "lakes.shp").mkdir(), "lakes.shp")[1],
          "is not a regular file"),
    Fault("Missing file", lambda _: "lakes.shp", "does not exist"),
    Fault("Unknown key", shp, "did you mean encoding", keys=VECTOR + 'encodng = "x"\n'),
    Fault("Key twice", shp, "cannot be parsed", keys=VECTOR + 'geometry = "point"\n'),
]  # fmt: skip


PLAN = ("plan", "--out", "out")
OTHER_COMMANDS = (
    ("why", "121.5", "44"),
    ("eligibility",),
    ("eligibility", "--out", "out.tif"),
)


def run(
    folder: Path, fault: Fault, monkeypatch: pytest.MonkeyPatch, command: tuple[str, ...] = PLAN
) -> int:
    """Run a scenario with the broken layer through the command line; return the exit code."""
    area = gpd.GeoDataFrame({"code": ["1"], "name": ["区"]}, geometry=[HERE], crs="EPSG:4490")
    area.to_file(folder / "districts.geojson")
    keys = fault.keys or VECTOR
    if fault.keys.startswith(QUANTITY[:20]):
        keys += 'nodata_means = "unknown"\n'
    entry = f'[{fault.layer}]\npath = "{fault.build(folder)}"\n{keys}'
    (folder / "catalogue.toml").write_text(DISTRICTS + entry, encoding="utf-8")
    kind = "range" if fault.layer == "dem" else "inside"
    rules = RULES.format(kind=kind, layer=fault.layer)
    (folder / "rules.toml").write_text(rules, encoding="utf-8")
    (folder / "faults.toml").write_text(SCENARIO, encoding="utf-8")
    first, *more = command
    monkeypatch.chdir(folder)
    monkeypatch.setattr(sys, "argv", ["sandgrid", first, "faults.toml", *more, "--lang", "en"])
    with pytest.raises(SystemExit) as left:
        main()
    return int(left.value.code or 0)


@pytest.mark.parametrize("fault", REFUSED, ids=lambda fault: fault.row)
def test_a_broken_layer_is_refused_in_one_sentence(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    fault: Fault,
) -> None:
    code = run(tmp_path, fault, monkeypatch)
    said = capsys.readouterr().err.strip().splitlines()
    assert code == fault.exit_code
    assert re.search(fault.told, said[-1]), said[-1]
    assert f"'{fault.layer}'" in said[-1] or fault.row == "Key twice"
    assert not any("Traceback" in line for line in said)
    assert not (tmp_path / "out").exists()
    assert not list(tmp_path.glob(".*"))


@pytest.mark.slow
@pytest.mark.parametrize("command", OTHER_COMMANDS, ids=" ".join)
@pytest.mark.parametrize("fault", REFUSED, ids=lambda fault: fault.row)
def test_it_is_refused_alike_where_only_a_part_is_read(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    fault: Fault,
    command: tuple[str, ...],
) -> None:
    code = run(tmp_path, fault, monkeypatch, command)
    said = capsys.readouterr().err.strip().splitlines()
    assert code == fault.exit_code
    assert re.search(fault.told, said[-1]), said[-1]
    assert not list(tmp_path.glob("out*"))
    assert not list(tmp_path.glob(".*"))


def test_a_plan_file_that_is_something_else_is_not_opened(tmp_path: Path) -> None:
    (tmp_path / "plan.gpkg").write_text(OGR_VRT)
    with pytest.raises(InputError, match=r"plan\.gpkg holds no GPKG data"):
        read_plan_layers(tmp_path / "plan.gpkg")
    (tmp_path / "eligibility.tif").write_text(VRT)
    with pytest.raises(InputError, match=r"eligibility\.tif holds no GTiff data"):
        read_reasons(tmp_path / "eligibility.tif")


LOCAL = "+proj=laea +lat_0=44 +lon_0=121.5 +ellps=GRS80 +units=m"


@pytest.mark.parametrize("code", [4326, 4490, 3857, 32651, 4549, 4529])
def test_areas_are_true_whatever_crs_a_layer_comes_in(
    tmp_path: Path, vector: Callable[..., VectorSource], code: int
) -> None:
    path = tmp_path / gpkg(tmp_path, lakes().to_crs(code))
    found = read_vector(vector(path), CRS.from_user_input(LOCAL))
    geod = Geod(ellps="GRS80")
    told = abs(geod.geometry_area_perimeter(lakes().geometry[1])[0]) / 10_000
    assert area_ha(found.iloc[:1])[0] == pytest.approx(told, rel=1e-6)


def test_slivers_are_listed(tmp_path: Path, vector: Callable[..., VectorSource]) -> None:
    thin = shapely.box(121.5, 44.02, 121.500005, 44.03)
    path = tmp_path / with_shape(tmp_path, thin)
    with pytest.warns(SandGridWarning, match=r"1 polygons of lakes\.gpkg are narrower .* 0007"):
        read_vector(vector(path), CRS.from_user_input(LOCAL))


def test_ids_are_text_to_the_last_digit(
    tmp_path: Path, vector: Callable[..., VectorSource]
) -> None:
    for ids in (["0012", "0007", "0100"], [2**53 + 1, 2**53 + 3, 2**53 + 5]):
        path = tmp_path / gpkg(tmp_path, lakes().assign(code=ids))
        found = read_vector(vector(path), CRS.from_user_input(LOCAL))["place_id"].tolist()
        assert found == sorted(str(name) for name in ids)
        path.unlink()


@pytest.mark.parametrize("text", ["2024-05-01", "date", "datetime"])
def test_dates_come_as_iso_text(
    tmp_path: Path, vector: Callable[..., VectorSource], text: str
) -> None:
    days = pd.Series(["2024-05-01"] * 3)
    dates = {"date": pd.to_datetime(days).dt.date, "datetime": pd.to_datetime(days)}
    path = tmp_path / gpkg(tmp_path, lakes().assign(name=dates.get(text, days)))
    found = read_vector(vector(path), CRS.from_user_input(LOCAL))["name"]
    assert found.str.startswith("2024-05-01").all()


def test_chinese_field_names_in_gbk_are_read(
    tmp_path: Path, vector: Callable[..., VectorSource]
) -> None:
    frame = lakes().rename(columns={"code": "图斑编号", "name": "权属单位"})
    path = tmp_path / shp(tmp_path, frame, encoding="GB18030")
    path.with_suffix(".cpg").unlink()
    source = vector(path, columns={"place_id": "图斑编号", "name": "权属单位"})
    with pytest.warns(SandGridWarning, match="read as GB18030"):
        found = read_vector(source, CRS.from_user_input(LOCAL))
    assert found["name"].tolist() == ["开鲁", "通辽", "奈曼"]


@pytest.mark.parametrize("nodata", [-3.4028234663852886e38, 255.0, -9999.0, 1e20, np.nan])
def test_nodata_is_found_to_the_last_bit(
    tmp_path: Path, quantity: Callable[..., RasterSource], nodata: float
) -> None:
    values = np.array([[1.0, nodata, 3.0], [4.0, 5.0, nodata]], np.float32)
    path = tmp_path / tif(tmp_path, values, nodata=nodata)
    raster = read_raster(quantity(path), GeoBox((2, 3), GRID, "EPSG:4490"))
    assert raster.unknown.tolist() == [[False, True, False], [False, False, True]]


@given(st.one_of(st.none(), st.floats(-50, 50)), st.one_of(st.none(), st.floats(-50, 50)))
def test_a_comparison_never_settles_what_is_not_known(
    low: float | None, high: float | None
) -> None:
    geobox = GeoBox((1, 3), Affine(100, 0, 0, 0, -100, 100), LOCAL)
    values = np.array([[np.nan, 10.0, 10.0]], np.float32)
    raster = Raster(values, np.array([[False, False, True]]), geobox)
    area = gpd.GeoDataFrame(geometry=[shapely.box(0, 0, 300, 100)], crs=LOCAL)
    rule = Rule("r", 0, ("pv",), "range", "dem", "规", "rule", low=low, high=high)
    found = find_eligibility((rule,), Layers(geobox, {"dem": raster}, {}, area)).reasons["pv"][0]
    fits = (low is None or low <= 10) and (high is None or high >= 10)
    assert found.tolist() == [1 << 30, 0 if fits else 1, 1 << 30]


# Rows of the same list that other files hold.
ELSEWHERE = {
    "Overlapping parcels": ("../parcels/test_delineation", "overlap"),
    "Degrees buffer/area; Web-Mercator area": ("test_layers_crs", "test_areas_are_refused_where"),
    "Gauss-Kruger variants": ("test_read_vector", "test_every_way_to_write_cgcs2000"),
    "Beijing54 and Xian80": ("test_guessing", "test_an_old_datum_says_how_far_off"),
    "CRS mismatch": ("test_layers_crs", "test_different_crs_are_refused"),
    "Layers of another grid": ("test_stack", "grid"),
    "Repair by make_valid, with its report": ("test_read_vector", "test_repair_keeps_both_halves"),
    "Integer overflow": ("test_read_raster", "test_integers_do_not_overflow"),
    "Misaligned grids": ("test_read_raster", "test_half_a_cell_of_shift"),
    "Resampling classes": ("test_read_raster", "test_classes_are_never_mixed"),
    "South-up": ("test_read_raster", "test_south_up_is_normalised"),
    "Raster bomb (block)": ("test_read_raster", "test_a_huge_block_is_refused"),
    "UTF-8 or GB18030 without .cpg": ("test_read_vector", "test_text_without_cpg_is_found_out"),
    "Nothing is ever fetched": ("test_read_vector", "test_nothing_is_ever_fetched"),
    "Cell-centre vs true area": ("../land/test_rule_kinds", "test_a_road_of_twenty_metres"),
}


@pytest.mark.parametrize("row", ELSEWHERE)
def test_the_other_rows_have_their_tests(row: str) -> None:
    file, name = ELSEWHERE[row]
    text = (Path(__file__).parent / f"{file}.py").read_text(encoding="utf-8")
    assert re.search(rf"^def test_\w*{name.removeprefix('test_')}", text, re.MULTILINE)
