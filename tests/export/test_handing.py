"""Every file of a plan read back by means that are not ours, and its totals compared."""

import io
import re
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree as ET

import ezdxf
import geopandas as gpd
import gpxpy
import numpy as np
import openpyxl
import pyogrio
import pypdf
import pyproj
import pytest
import shapely
import test_writing
import world

from sandgrid.errors import OutputError
from sandgrid.export.cad import write_drawings
from sandgrid.export.corners import corner_table, write_corners
from sandgrid.export.earth import corners_gpx, plan_kmz, turbines_gpx
from sandgrid.export.files import Staging, broken_files, extended_folder, list_files
from sandgrid.export.handing import KINDS, Wishes, hand_over
from sandgrid.export.headline import total_lines
from sandgrid.export.overview import energy_map
from sandgrid.export.report import report_data, report_pdf
from sandgrid.export.writing import CHECKS, write_tables

ZONED = "cgcs2000-3deg"
FIGURES = ("12.500", "6.250", "2,590.00", "90.00", "101,604,003")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a plan folder to which everything was added."""
    place = tmp_path_factory.mktemp("handed") / "plan"
    write_tables(world.tables(), place, extras=test_writing.all_extras())
    with extended_folder(place, checks=CHECKS) as staging:
        hand_over(staging, world.content(), tuple(KINDS), Wishes(ZONED))
    return place


def drawing_text(path: Path) -> str:
    return "\n".join(text.dxf.text for text in ezdxf.readfile(path).modelspace().query("TEXT"))


def pdf_text(path: Path) -> str:
    return "".join(page.extract_text() for page in pypdf.PdfReader(path).pages)


def sheet_text(path: Path) -> str:
    page = openpyxl.load_workbook(path, data_only=True)["汇总"]
    numbers = [cell.value for row in page.iter_rows() for cell in row]
    forms = (",.3f", ",.2f", ",.0f")
    return "\n".join(
        format(n, form) for n in numbers if isinstance(n, int | float) for form in forms
    )


def kml_text(path: Path) -> str:
    return zipfile.ZipFile(path).read("doc.kml").decode()


READERS: dict[str, Callable[[Path], str]] = {
    "report.pdf": pdf_text,
    "ledger.xlsx": sheet_text,
    "plan.kmz": kml_text,
    "gpx/turbines.gpx": lambda path: path.read_text(encoding="utf-8"),
    "cad/EPSG4528/plan.dxf": drawing_text,
    "cad/EPSG4529/plan.dxf": drawing_text,
}


@pytest.mark.parametrize("name", READERS)
def test_every_file_tells_the_same_totals(folder: Path, name: str) -> None:
    text = READERS[name](folder / name)
    told = [figure for _, figure in total_lines(world.document(), "zh")]
    assert set(FIGURES) <= set(told)
    assert [figure for figure in told if figure not in text] == []


def test_features_of_every_file_add_up_to_the_totals(folder: Path) -> None:
    layers = folder / "layers-zh.gpkg"
    treated = pyogrio.read_dataframe(layers, layer="治沙")["面积 (亩)"].sum()  # noqa: TID251
    works = pyogrio.read_dataframe(layers, layer="已实施工程")["面积 (亩)"].sum()  # noqa: TID251
    built = pyogrio.read_dataframe(layers, layer="建设")  # noqa: TID251
    spent = pyogrio.read_dataframe(layers, layer="费用")  # noqa: TID251
    assert treated + works == 2590.0
    assert built["容量 (MW)"].sum() == 12.5
    gains = spent["费用项"] == "电量价值"
    assert spent.loc[~gains, "现值 (元)"].sum() == 101_604_003
    parts = [pyogrio.read_dataframe(path)  # noqa: TID251
             for name in ("treatments", "works")
             for path in folder.glob(f"shp/*/{name}.shp")]  # fmt: skip
    assert sum(part["area_cmu"].sum() for part in parts) == 259_000


def test_the_folder_stays_whole_and_lists_what_was_added(folder: Path) -> None:
    assert broken_files(folder) == ()
    names = list_files(folder)
    assert {"layers-zh.gpkg", "plan.kmz", "corners/corners.xlsx", "gpx/corners.gpx",
            "corners/treatments_EPSG4528.txt", "run.log.json"} <= set(names)  # fmt: skip


def test_a_folder_that_was_changed_is_not_extended(tmp_path: Path) -> None:
    with (
        pytest.raises(OutputError, match="differ from its manifest"),
        extended_folder(tmp_path) as staging,
    ):
        staging.write("a", "b")


class TestDrawing:
    def test_ezdxf_finds_no_fault_and_layers_bear_chinese_names(self, folder: Path) -> None:
        drawing = ezdxf.readfile(folder / "cad/EPSG4529/plan.dxf")
        assert not drawing.audit().errors
        assert drawing.dxfversion == "AC1024"
        assert drawing.units == 6
        names = {layer.dxf.name for layer in drawing.layers}
        assert {"地块", "地块_标注", "治沙", "光伏方阵", "风机", "升压站", "说明"} <= names

    def test_outlines_and_turbines_lie_where_they_are(self, folder: Path) -> None:
        space = ezdxf.readfile(folder / "cad/EPSG4529/plan.dxf").modelspace()
        found = [
            shapely.Polygon([point[:2] for point in line.get_points()])
            for line in space.query('LWPOLYLINE[layer=="地块"]')
        ]
        shapes = gpd.GeoSeries(found, crs=4529).to_crs(world.CRS)
        expected = world.tables()["parcels"].geometry.iloc[1:]
        assert shapely.hausdorff_distance(shapes.to_numpy(), expected.to_numpy()).max() < 0.001
        assert all(line.closed for line in space.query("LWPOLYLINE") if line.dxf.layer == "地块")
        (point,) = space.query('POINT[layer=="风机"]')
        place = gpd.GeoSeries([shapely.Point(point.dxf.location.vec2)], crs=4529).to_crs(world.CRS)
        assert place.iloc[0].distance(shapely.Point(-250, 500)) < 0.001

    def test_two_writes_give_the_same_bytes(self, folder: Path, tmp_path: Path) -> None:
        write_drawings(Staging(tmp_path), world.content(), crs=ZONED)
        name = "cad/EPSG4528/plan.dxf"
        assert (tmp_path / name).read_bytes() == (folder / name).read_bytes()

    def test_degrees_are_refused(self, tmp_path: Path) -> None:
        with pytest.raises(OutputError, match="in degrees"):
            write_drawings(Staging(tmp_path), world.content(), crs="EPSG:4490")


class TestCorners:
    def test_corners_run_clockwise_from_the_north_west(self) -> None:
        ring = shapely.Polygon([(0, 0), (4, 0), (4, 3), (0, 3)], [[(1, 1), (1, 2), (2, 2), (2, 1)]])
        table = gpd.GeoDataFrame({"id": ["P1"]}, geometry=[ring], crs=4549)
        corners = corner_table(table, id_column="id")
        assert corners[["y_m", "x_m"]].to_numpy()[:4].tolist() == [[0, 3], [4, 3], [4, 0], [0, 0]]
        assert corners["ring"].tolist() == [1] * 4 + [2] * 4
        assert corners["length_m"].tolist() == [4, 3, 4, 3, 1, 1, 1, 1]

    def test_the_text_gives_north_before_east_with_zone_and_closes_rings(
        self, folder: Path
    ) -> None:
        text = (folder / "corners/treatments_EPSG4528.txt").read_bytes().decode()
        lines = text.split("\r\n")
        assert lines[0] == "[属性描述]"
        assert {
            "带号=40",
            "几度分带=3",
            "坐标系=2000国家大地坐标系",
            "数据产生日期=2024-06-30",
        } <= set(lines)
        start = lines.index("5,100.0000,T000001,T000001,面,,治沙,,@")
        rows = [line.split(",") for line in lines[start + 1 : start + 6]]
        assert [row[0] for row in rows] == ["J1", "J2", "J3", "J4", "J1"]
        to_zone = pyproj.Transformer.from_crs(world.CRS, 4528, always_xy=True)
        places = [(-2000, 1000), (-1000, 1000), (-1000, 0), (-2000, 0), (-2000, 1000)]
        expected = [to_zone.transform(*place) for place in places]
        found = [(float(row[3]), float(row[2])) for row in rows]
        assert np.abs(np.array(found) - expected).max() < 0.00051
        assert all(row[3].startswith("40") for row in rows)

    def test_the_central_meridian_has_no_zone_before_its_easting(self, tmp_path: Path) -> None:
        write_corners(Staging(tmp_path), world.content(), crs="cgcs2000-3deg-cm")
        text = (tmp_path / "corners/treatments_EPSG4549.txt").read_text()
        assert "带号=40" in text
        assert re.search(r"J1,1,\d{7}\.\d{3},\d{6}\.\d{3}", text)


class TestPoints:
    def test_kmz_has_folders_and_warns_of_shifting_apps(self, folder: Path) -> None:
        text = kml_text(folder / "plan.kmz")
        space = {"k": "http://www.opengis.net/kml/2.2"}
        root = ET.fromstring(text)
        names = [e.text for e in root.findall(".//k:Folder/k:name", space)]
        assert names == ["治沙", "光伏方阵", "风机", "升压站", "送出线路", "变电站", "场址",
                         "已实施工程", "旗县区"]  # fmt: skip
        assert "GCJ-02" in text
        assert plan_kmz(world.content()) == (folder / "plan.kmz").read_bytes()

    def test_kmz_shows_hostile_names_as_text(self) -> None:
        content = world.content()
        content.tables["substations"].loc[0, "substation"] = "<![CDATA[<script>x</script>]]>"
        text = zipfile.ZipFile(io.BytesIO(plan_kmz(content))).read("doc.kml").decode()
        assert "<script" not in text
        assert "CDATA" not in text.replace("‹![CDATA[", "").replace("&amp;lt;![CDATA[", "")

    def test_gpx_holds_turbines_and_corners_to_a_millimetre_or_ten(self) -> None:
        turbines = gpxpy.parse(turbines_gpx(world.content()).decode()).waypoints
        assert [point.name for point in turbines] == ["S001-W001"]
        place = gpd.GeoSeries(
            [shapely.Point(turbines[0].longitude, turbines[0].latitude)], crs=4490
        )
        assert place.to_crs(world.CRS).iloc[0].distance(shapely.Point(-250, 500)) < 0.02
        corners = gpxpy.parse(corners_gpx(world.content(), crs=ZONED).decode()).waypoints
        assert [point.name for point in corners][:4] == [f"T000001-J{n}" for n in (1, 2, 3, 4)]


def test_the_report_is_the_same_on_every_run_and_speaks_both_languages() -> None:
    assert report_pdf(world.content()) == report_pdf(world.content())
    reader = pypdf.PdfReader(io.BytesIO(report_pdf(world.content("en"))))
    text = " ".join("".join(page.extract_text() for page in reader.pages).split())
    for part in ("The proof and what it means", "604,003 CNY", "Bottlenecks", "headroom of a",
                 "programme.underpanel_share"):  # fmt: skip
        assert part in text, part


def test_the_report_names_places_units_and_grounds_in_its_language() -> None:
    prices = [
        {"row": "treated[2025]", "unit": "mu", "price_cny": 5.0, "basis": "design fixed"},
        {"row": "capacity[total,2025]", "unit": "MW", "price_cny": 7.0, "basis": "design fixed"},
    ]
    for lang, told in (("zh", ("亩", "合计 2025", "整数方案")), ("en", ("mu", "total", "the LP"))):
        content = world.content("zh" if lang == "zh" else "en")
        rows = report_data(replace(content, document={**content.document, "prices": prices}))
        text = " ".join(cell for row in rows["prices"] for cell in row)
        assert [part for part in told if part not in text] == []
        assert "design fixed" not in text


def test_nothing_runs_off_the_map_of_the_energy() -> None:
    """A station beyond the districts is drawn, and its name begins or ends inside."""
    tables = dict(world.tables())
    svg = energy_map(tables)
    wide, high = (float(part) for part in re.findall(r'viewBox="0 0 (\d+) (\d+)"', svg)[0])
    ends = [float(x) for x in re.findall(r'<circle cx="([-\d.]+)"', svg)]
    downs = [float(y) for y in re.findall(r'<circle cx="[-\d.]+" cy="([-\d.]+)"', svg)]
    assert 0 <= min(ends) <= max(ends) <= wide
    assert 0 <= min(downs) <= max(downs) <= high


def test_an_unknown_kind_is_refused(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="dwg"):
        hand_over(Staging(tmp_path), world.content(), ("dwg",), Wishes(ZONED))
