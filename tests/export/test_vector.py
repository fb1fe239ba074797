import csv
import io
import sqlite3
import struct
import warnings
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path
from xml.etree import ElementTree as ET

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pyproj
import pytest
import shapely
import world

from sandgrid.errors import OutputError
from sandgrid.export import shapefiles as files_of_shapes
from sandgrid.export.content import PlanContent
from sandgrid.export.files import Staging, list_files
from sandgrid.export.labelled import write_labelled
from sandgrid.export.readable import readable_labels
from sandgrid.export.shapefiles import ShapeProfile, write_shapefiles
from sandgrid.export.vector import gdal, write_geopackage
from sandgrid.export.words import word_of
from sandgrid.export.zones import cgcs2000_zone_epsg, check_export_crs, export_epsg, utm_zone_epsg
from sandgrid.messages import Language, tell
from sandgrid.tables import conform_table, table_columns, table_names


@pytest.fixture
def tables() -> dict[str, pd.DataFrame]:
    return world.tables()


def read_back(path: Path) -> gpd.GeoDataFrame:
    return pyogrio.read_dataframe(path)  # noqa: TID251  # read by other means than ours


def read_geopackage(path: Path) -> dict[str, pd.DataFrame]:
    names = [str(name) for name, _ in pyogrio.list_layers(path)]
    layers = {n: pyogrio.read_dataframe(path, layer=n) for n in names}  # noqa: TID251
    return {name: conform_table(layer, name) for name, layer in layers.items()}


def shapefiles(folder: Path, tables: dict[str, pd.DataFrame], crs: str = "cgcs2000-3deg") -> Path:
    folder.mkdir(exist_ok=True)
    profile = ShapeProfile(crs)
    write_shapefiles(Staging(folder), tables, as_of=world.AS_OF, profile=profile)
    return folder / "shp"


def dbf_texts(path: Path) -> dict[str, list[bytes]]:
    """Return the text fields of a DBF file as the bytes that lie in it, padding taken off."""
    data = path.read_bytes()
    count, header, width = struct.unpack_from("<IHH", data, 4)
    records = np.frombuffer(data, dtype=np.uint8, count=count * width, offset=header)
    rows = records.reshape(count, width)
    found: dict[str, list[bytes]] = {}
    start = 1
    for place in range(32, header - 1, 32):
        name = data[place : place + 11].split(b"\0")[0].decode("ascii")
        kind, size = chr(data[place + 11]), data[place + 16]
        if kind == "C":
            cells = np.ascontiguousarray(rows[:, start : start + size])
            found[name] = [cell.rstrip(b" ") for cell in cells.view(f"S{size}").ravel().tolist()]
        start += size
    return found


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("package") / "plan.gpkg"
    write_geopackage(path, world.tables(), as_of=world.AS_OF)
    return path


@pytest.fixture(scope="module")
def shp(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return shapefiles(tmp_path_factory.mktemp("shp"), world.tables())


class TestGeoPackage:
    def test_every_layer_reads_back_exactly(
        self, package: Path, tables: dict[str, pd.DataFrame]
    ) -> None:
        found = read_geopackage(package)
        assert set(found) == set(tables)
        for name, table in tables.items():
            plain = table.drop(columns="geometry", errors="ignore")
            pd.testing.assert_frame_equal(
                pd.DataFrame(found[name].drop(columns="geometry", errors="ignore")),
                pd.DataFrame(plain),
            )
            if isinstance(table, gpd.GeoDataFrame):
                assert found[name].crs == world.CRS
                assert shapely.equals(found[name].geometry, table.geometry).all()

    def test_layers_without_rows_keep_their_columns_and_kind(self, tmp_path: Path) -> None:
        path = tmp_path / "plan.gpkg"
        tables = {name: table.iloc[:0] for name, table in world.tables().items()}
        write_geopackage(path, tables, as_of=world.AS_OF)
        found = read_geopackage(path)
        assert {n: list(t.columns) for n, t in found.items()} == {
            n: list(t.columns) for n, t in tables.items()
        }
        assert pyogrio.read_info(path, layer="turbines")["geometry_type"] == "Point"

    def test_two_writes_give_the_same_bytes(
        self, tmp_path: Path, package: Path, tables: dict[str, pd.DataFrame]
    ) -> None:
        write_geopackage(tmp_path / "plan.gpkg", tables, as_of=world.AS_OF)
        assert (tmp_path / "plan.gpkg").read_bytes() == package.read_bytes()

    def test_what_gdal_only_warns_of_is_an_error(
        self, tmp_path: Path, tables: dict[str, pd.DataFrame]
    ) -> None:
        with pytest.raises(OutputError, match="filename extension"):
            write_geopackage(tmp_path / "plan", tables, as_of=world.AS_OF)

    def test_what_another_thread_is_warned_of_is_told_and_no_error(self, tmp_path: Path) -> None:
        with pytest.warns(UserWarning, match="of a warp"), gdal(tmp_path / "plan.gpkg", {}):
            warnings.warn("of a warp beside this", UserWarning, stacklevel=1)

    def test_options_of_gdal_are_those_of_one_thread_at_a_time(self, tmp_path: Path) -> None:
        def other() -> object:
            with gdal(tmp_path / "other.gpkg", {"OGR_CURRENT_DATE": "later"}):
                return pyogrio.get_gdal_config_option("OGR_CURRENT_DATE")

        with ThreadPoolExecutor(1) as pool:
            with gdal(tmp_path / "plan.gpkg", {"OGR_CURRENT_DATE": "now"}):
                waiting = pool.submit(other)
                with pytest.raises(TimeoutError):
                    waiting.result(timeout=0.05)
                assert pyogrio.get_gdal_config_option("OGR_CURRENT_DATE") == "now"
            assert waiting.result() == "later"

    def test_sqlite_finds_the_file_sound_and_dated_as_of(self, package: Path) -> None:
        base = sqlite3.connect(f"file:{package}?mode=ro", uri=True)
        assert base.execute("pragma integrity_check").fetchall() == [("ok",)]
        dates = base.execute("select distinct last_change from gpkg_contents").fetchall()
        base.close()
        assert dates == [("2024-06-30T00:00:00.000Z",)]

    def test_a_layer_that_reads_back_differently_is_named(
        self, tmp_path: Path, tables: dict[str, pd.DataFrame]
    ) -> None:
        tables["parcels"].loc[1, "holder"] = "cut\0here"
        with pytest.raises(OutputError, match="P000002") as caught:
            write_geopackage(tmp_path / "plan.gpkg", tables, as_of=world.AS_OF)
        assert caught.value.exit_code == 6


def check_round_trip(shp: Path, tables: dict[str, pd.DataFrame]) -> None:
    """Read every file by other means and compare system, place and a text."""
    for name, table in tables.items():
        if not isinstance(table, gpd.GeoDataFrame):
            continue
        files = sorted(shp.glob(f"*/{name}.shp"))
        assert [read_back(p).crs.to_epsg() for p in files] == [
            int(p.parent.name.removeprefix("EPSG")) for p in files
        ]
        parts = [read_back(p).to_crs(world.CRS) for p in files]
        found = pd.concat(parts).sort_values(parts[0].columns[0], kind="stable")
        apart = shapely.hausdorff_distance(found.geometry.to_numpy(), table.geometry.to_numpy())
        assert apart.max() < 0.001
        holders = found.get("holder", pd.Series(dtype=str)).fillna("").tolist()
        assert holders == table.get("holder", pd.Series(dtype=str)).tolist()


class TestShapefiles:
    def test_features_lie_in_the_zone_of_their_parcel(self, shp: Path) -> None:
        ids = {
            code: set(read_back(shp / f"EPSG{code}/parcels.shp")["parcel_id"])
            for code in (4528, 4529)
        }
        assert ids == {4528: {"P000001"}, 4529: {"P000002", "P000003"}}
        turbine = read_back(shp / "EPSG4529/turbines.shp")
        assert turbine["lon"].iloc[0] < 121.5, "west of the edge, but its parcel lies east"
        assert not (shp / "EPSG4528/turbines.shp").exists()
        assert (shp / "EPSG4528/treatments.shp").exists()

    @pytest.mark.parametrize("crs", ["cgcs2000-3deg-cm", "utm"])
    def test_every_file_reads_back_to_a_millimetre(
        self, tmp_path: Path, tables: dict[str, pd.DataFrame], crs: str
    ) -> None:
        check_round_trip(shapefiles(tmp_path / "a", tables, crs), tables)

    @pytest.mark.parametrize("code", [4490, *range(4526, 4531), *range(4547, 4551)])
    def test_every_system_is_recovered_from_its_prj(
        self, tmp_path: Path, tables: dict[str, pd.DataFrame], code: int
    ) -> None:
        few = {name: tables[name] for name in ("parcels", "turbines")}
        check_round_trip(shapefiles(tmp_path / "a", few, f"EPSG:{code}"), few)

    def test_fields_are_those_of_the_dictionary(self, shp: Path) -> None:
        text = (shp / "dictionary.csv").read_bytes().decode("utf-8-sig")
        rows = list(csv.DictReader(io.StringIO(text)))
        for path in shp.glob("*/*.shp"):
            fields = list(pyogrio.read_info(path)["fields"])
            assert fields == [row["field"] for row in rows if row["layer"] == path.stem]
            assert path.with_suffix(".cpg").read_text() == "UTF-8"

    def test_two_writes_give_the_same_bytes(
        self, tmp_path: Path, shp: Path, tables: dict[str, pd.DataFrame]
    ) -> None:
        again = shapefiles(tmp_path / "a", tables)
        names = list_files(shp)
        assert names == list_files(again)
        assert all((shp / n).read_bytes() == (again / n).read_bytes()
                   for n in names)  # fmt: skip

    def test_dbf_is_dated_as_of(self, shp: Path) -> None:
        head = (shp / "EPSG4528/parcels.dbf").read_bytes()[:4]
        assert struct.unpack("4B", head)[1:] == (124, 6, 30)

    def test_text_that_a_dbf_would_cut_is_refused(
        self, tmp_path: Path, tables: dict[str, pd.DataFrame]
    ) -> None:
        tables["parcels"].loc[2, "holder"] = "集" * 85
        with pytest.raises(OutputError, match="P000003 takes 255 bytes"):
            shapefiles(tmp_path / "a", tables)
        tables["parcels"].loc[2, "holder"] = "集" * 84
        parcels = {"parcels": tables["parcels"]}
        found = read_back(shapefiles(tmp_path / "a", parcels) / "EPSG4529/parcels.shp")
        assert found["holder"].iloc[1] == "集" * 84

    def test_a_file_beyond_two_gigabytes_is_refused(self) -> None:
        with pytest.raises(OutputError, match="2,000,000,001"):
            files_of_shapes._require_size("parcels", 2_000_000_001)

    def test_a_feature_without_geometry_is_named(
        self, tmp_path: Path, tables: dict[str, pd.DataFrame]
    ) -> None:
        tables["hubs"].loc[0, "geometry"] = None
        with pytest.raises(OutputError, match="H001"):
            shapefiles(tmp_path / "a", tables)

    def test_gb18030_lies_byte_for_byte_in_the_file(
        self, tmp_path: Path, tables: dict[str, pd.DataFrame]
    ) -> None:
        tables["parcels"].loc[0, "holder"] = "额尔敦𠮷"
        profile = ShapeProfile("cgcs2000-3deg-cm", "GB18030")
        write_shapefiles(Staging(tmp_path), tables, as_of=world.AS_OF, profile=profile)
        path = tmp_path / "shp-gb18030/EPSG4549/parcels.dbf"
        assert path.with_suffix(".cpg").read_bytes() == b"GB18030"
        assert dbf_texts(path)["holder"] == ["额尔敦𠮷".encode("gb18030")]
        assert dbf_texts(path)["village"] == [world.NAME.encode("gb18030")]
        assert world.NAME.encode("gb18030") in path.read_bytes()
        found = pyogrio.read_dataframe(path, encoding="gb18030")  # noqa: TID251
        assert found["holder"].tolist() == ["额尔敦𠮷"]

    def test_a_character_that_the_encoding_lacks_is_named(
        self, tmp_path: Path, tables: dict[str, pd.DataFrame]
    ) -> None:
        tables["parcels"].loc[0, "holder"] = "broken \ud800"
        with pytest.raises(OutputError, match=r"U\+D800"):
            shapefiles(tmp_path / "a", tables)

    def test_dates_are_dates(self, shp: Path) -> None:
        found = read_back(shp / "EPSG4528/works.shp")
        assert found["date"].dt.date.tolist() == [date(2024, 5, 20)]
        assert pyogrio.read_info(shp / "EPSG4528/works.shp")["ogr_types"][2] == "OFTDate"

    def test_codes_are_explained(self, shp: Path) -> None:
        text = (shp / "codes.csv").read_bytes().decode("utf-8-sig")
        rows = {(row["field"], row["code"]): row["zh"] for row in csv.DictReader(io.StringIO(text))}
        assert rows["dune", "mobile"] == "流动沙地"
        assert rows["sequence", "straw_shrub"] == "草方格＋灌木＋封育"

    def test_every_file_has_a_style_that_names_its_fields(self, shp: Path) -> None:
        for path in shp.glob("*/*.shp"):
            root = ET.parse(path.with_suffix(".qml")).getroot()
            fields = list(pyogrio.read_info(path)["fields"])
            renderer = root.find("renderer-v2")
            assert renderer is not None
            assert renderer.get("attr", fields[0]) in fields
            assert all(text.get("fieldName") in fields for text in root.iter("text-style"))


@pytest.fixture(scope="module", params=["zh", "en"])
def content(request: pytest.FixtureRequest) -> PlanContent:
    return world.content(request.param)


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory, content: PlanContent) -> Path:
    path = tmp_path_factory.mktemp("labelled") / "layers.gpkg"
    write_labelled(path, content)
    return path


class TestLabelled:
    def test_layers_and_columns_bear_the_names_of_the_reader(
        self, path: Path, content: PlanContent
    ) -> None:
        layer, column = ("治沙", "面积 (亩)") if content.lang == "zh" else (
            "Treatments", "Area (mu)")  # fmt: skip
        found = pyogrio.read_dataframe(path, layer=layer)  # noqa: TID251
        assert found[column].tolist() == [1500.0, 90.0]
        assert found.crs.to_epsg() == 4490
        place = "措施序列" if content.lang == "zh" else "Sequence"
        assert found[place].iloc[0] == word_of("sequence_id", "straw_shrub", lang=content.lang)

    def test_geometry_lies_where_it_was_to_a_millimetre(
        self, path: Path, content: PlanContent
    ) -> None:
        for name, table in content.tables.items():
            if isinstance(table, gpd.GeoDataFrame):
                layer = tell(f"table-name-{name}", lang=content.lang)
                found = pyogrio.read_dataframe(path, layer=layer).to_crs(world.CRS)  # noqa: TID251
                apart = shapely.hausdorff_distance(
                    found.geometry.to_numpy(), table.geometry.to_numpy()
                )
                assert apart.max() < 0.001

    def test_dates_are_dates(self, path: Path, content: PlanContent) -> None:
        layer = tell("table-name-works", lang=content.lang)
        assert "OFTDate" in pyogrio.read_info(path, layer=layer)["ogr_types"]

    def test_each_layer_opens_with_its_own_style(self, path: Path) -> None:
        base = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
        rows = base.execute(
            "select f_table_name, f_geometry_column, useAsDefault, styleQML from layer_styles"
        ).fetchall()
        shapes = base.execute("select table_name, column_name from gpkg_geometry_columns")
        assert {(name, column) for name, column, *_ in rows} == set(shapes.fetchall())
        for name, _, default, style in rows:
            root = ET.fromstring(style)
            fields = {row[1] for row in base.execute(f'pragma table_info("{name}")')}
            assert default == 1
            renderer = root.find("renderer-v2")
            assert renderer is not None
            assert renderer.get("attr", "fid") in fields
            assert all(text.get("fieldName") in fields for text in root.iter("text-style"))
        base.close()

    def test_two_writes_give_the_same_bytes(
        self, tmp_path: Path, path: Path, content: PlanContent
    ) -> None:
        write_labelled(tmp_path / "again.gpkg", content)
        assert (tmp_path / "again.gpkg").read_bytes() == path.read_bytes()


class TestZones:
    @pytest.mark.parametrize("lang", ["zh", "en"])
    def test_no_two_labels_of_a_table_collide(self, lang: Language) -> None:
        for name in table_names():
            labels = [label.casefold() for label in readable_labels(name, lang).values()]
            assert len(set(labels)) == len(labels)

    def test_zones_are_those_of_the_register(self) -> None:
        for code in cgcs2000_zone_epsg(np.arange(75, 136, 3.0)).tolist():
            crs = pyproj.CRS.from_epsg(code)
            zone = code - 4488
            assert crs.name == f"CGCS2000 / 3-degree Gauss-Kruger zone {zone}"
            assert crs.coordinate_operation.params[1].value == 3 * zone

    def test_a_place_outside_the_zones_is_refused(self) -> None:
        with pytest.raises(OutputError, match=r"set export\.crs to utm"):
            cgcs2000_zone_epsg([121.0, 20.0])

    def test_utm_zones_are_those_of_the_register(self) -> None:
        assert pyproj.CRS.from_epsg(int(utm_zone_epsg(121.5, 43))).name == "WGS 84 / UTM zone 51N"

    @pytest.mark.parametrize("crs", ["EPSG:999999", "gauss", "", world.CRS.srs])
    def test_an_unknown_system_is_refused(self, crs: str) -> None:
        with pytest.raises(OutputError, match="is not known"):
            check_export_crs(crs)

    def test_an_empty_table_has_no_systems(self) -> None:
        assert export_epsg(np.array([], dtype=object), world.CRS, "utm").shape == (0,)


def test_field_names_fit_a_dbf_and_never_collide() -> None:
    for name in table_names():
        fields = [column.dbf for column in table_columns(name) if column.dbf]
        assert len({field.lower() for field in fields}) == len(fields), name
        assert all(len(field) <= 10 and field.isascii() for field in fields), name
