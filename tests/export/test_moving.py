"""Every vector layer is valid after projecting and writing, and as large as it was."""

import csv
import io
import zipfile
from pathlib import Path
from xml.etree import ElementTree as ET

import ezdxf
import geopandas as gpd
import numpy as np
import openpyxl
import pyogrio
import pyproj
import pytest
import shapely
import world
from hypothesis import given
from hypothesis import strategies as st

from sandgrid.errors import InputError, OutputError
from sandgrid.export.cad import write_drawings
from sandgrid.export.content import PlanContent
from sandgrid.export.corners import write_corners
from sandgrid.export.earth import corners_gpx, plan_kmz
from sandgrid.export.files import Staging
from sandgrid.export.labelled import write_labelled
from sandgrid.export.moving import Mended, mended_csv, moved, on_grid
from sandgrid.export.shapefiles import ShapeProfile, write_shapefiles

ZONED = "cgcs2000-3deg"
SYSTEMS = (4490, 4528, 4529, 4549, 4550, 32651)
TOLERANCE_M2 = 0.01  # of an area read back; the coordinates of a KML are given to a centimetre
KML = {"k": "http://www.opengis.net/kml/2.2"}


def touching(share: float, *, x: float = 0.0, y: float = 0.0) -> shapely.MultiPolygon:
    """Return two parts that touch: a corner of the small one lies on an edge of 4 km."""
    foot_x, foot_y = 4000 * share, 700 * share
    large = np.array([(0, 0), (4000, 700), (4000, -900)])
    small = np.array([(foot_x, foot_y), (foot_x, foot_y + 60), (foot_x - 60, foot_y + 60)])
    offset = np.array([x, y])
    return shapely.MultiPolygon([shapely.Polygon(ring + offset) for ring in (large, small)])


def features(shapes: list[shapely.MultiPolygon]) -> gpd.GeoDataFrame:
    ids = [f"T{number:06d}" for number in range(1, len(shapes) + 1)]
    hectares = shapely.area(np.array(shapes)) / 10_000
    return gpd.GeoDataFrame({"id": ids, "ha": hectares}, geometry=shapes, crs=world.CRS)


@pytest.mark.parametrize("code", SYSTEMS)
@pytest.mark.parametrize("straight", [True, False])
def test_touching_parts_that_cross_when_projected_are_mended(code: int, *, straight: bool) -> None:
    table = features([touching(share / 16) for share in range(1, 16)])
    plain = table.to_crs(code)
    assert table.geometry.is_valid.all()
    assert straight is False or code == 4490 or not plain.geometry.is_valid.any()
    told: list[Mended] = []
    crs = pyproj.CRS.from_epsg(code)
    found = moved(table, crs, layer="treatments", straight=straight, told=told.append)
    assert found.geometry.is_valid.all()
    assert set(found.geometry.geom_type) <= {"Polygon", "MultiPolygon"}
    assert found[["id", "ha"]].equals(table[["id", "ha"]])
    back = found.to_crs(world.CRS)
    if straight and code != 4490:
        assert [one.feature_id for one in told] == table["id"].tolist()
        apart = shapely.hausdorff_distance(back.geometry.to_numpy(), table.geometry.to_numpy())
        assert apart.max() < 0.003  # a straight edge of 4 km bows by 2 mm
    assert all(abs(one.change_m2) < 0.01 for one in told)
    assert {one.crs for one in told} <= {f"EPSG:{code}"}


def test_a_feature_that_stays_valid_is_left_as_it_is() -> None:
    table = features([touching(0.5)])
    told: list[Mended] = []
    found = moved(table, table.crs, layer="treatments", told=told.append)
    assert found.geometry.iloc[0] == table.geometry.iloc[0]
    assert told == []


def test_a_feature_that_would_lose_land_is_refused() -> None:
    bowtie = shapely.Polygon([(0, 0), (100, 100), (100, 0), (0, 100)])
    table = gpd.GeoDataFrame({"id": ["T9"]}, geometry=[bowtie], crs=world.CRS)
    with pytest.raises(OutputError, match=r"T9 is invalid in EPSG:4529 .* by \+5001") as caught:
        moved(table, pyproj.CRS.from_epsg(4529), layer="treatments", straight=True)
    assert caught.value.exit_code == 6


def test_a_feature_without_a_place_in_the_system_is_refused() -> None:
    table = gpd.GeoDataFrame({"id": ["T9"]}, geometry=[shapely.Point(0, np.inf)], crs=world.CRS)
    with pytest.raises(InputError, match="EPSG:4529"):
        moved(table, pyproj.CRS.from_epsg(4529), layer="hubs", straight=True)


def test_what_is_narrower_than_the_digits_goes_but_no_feature_does() -> None:
    square, hair = shapely.box(0, 0, 10, 10), shapely.box(20, 0, 20.0001, 10)
    table = gpd.GeoDataFrame(
        {"id": ["T1"]}, geometry=[shapely.MultiPolygon([square, hair])], crs=4549
    )
    assert on_grid(table, 0.001, layer="treatments").geometry.iloc[0].equals(square)
    alone = table.set_geometry([hair])
    with pytest.raises(OutputError, match=r"T1 is narrower than the step 0\.001"):
        on_grid(alone, 0.001, layer="treatments")


def test_the_list_of_what_was_mended_opens_in_a_spreadsheet() -> None:
    rows = [Mended("treatments", "=1+1", "EPSG:4529", -0.00004)]
    assert mended_csv(rows).decode("utf-8-sig").splitlines() == [
        "layer,layer_zh,id,crs,change_m2",
        "treatments,治沙,'=1+1,EPSG:4529,-0.0000",
    ]


@given(
    st.floats(0.01, 0.99),
    st.floats(-90_000, 90_000),
    st.floats(-150_000, 150_000),
    st.sampled_from(SYSTEMS),
)
def test_touching_parts_anywhere_are_valid_and_keep_their_area(
    share: float, x: float, y: float, code: int
) -> None:
    shape = touching(share, x=x, y=y)
    table = features([shape])
    crs = pyproj.CRS.from_epsg(code)
    straight = moved(table, crs, layer="treatments", straight=True)
    fine = on_grid(straight, 1e-9 if code == 4490 else 0.001, layer="treatments")
    for found in (straight, fine):
        assert found.geometry.is_valid.all()
        back = found.to_crs(world.CRS).geometry.iloc[0]
        # 100 km from the middle a straight edge of 4 km bows by centimetres
        assert abs(back.area - shape.area) < 0.05 * shape.length
        assert shapely.hausdorff_distance(back, shape) < 0.1


@pytest.fixture(scope="module")
def content() -> PlanContent:
    """Return a plan whose treatments, PV blocks and works touch themselves; a site has holes."""
    whole = world.content()
    tables = dict(whole.tables)
    two_holes = shapely.Polygon(
        shapely.box(-400, 0, 600, 1000).exterior.coords,
        [shapely.box(x, 100, x + 100, 200).exterior.coords for x in (0, 300)],
    )
    for name, shapes in {
        "sites": [two_holes],
        "treatments": [touching(0.3, x=-9000), touching(0.7, x=1000)],
        "pv_blocks": [touching(0.4, x=1000, y=3000)],
        "works": [touching(0.6, x=-9000, y=3000)],
    }.items():
        tables[name] = gpd.GeoDataFrame(tables[name]).set_geometry(shapes, crs=world.CRS)
    return PlanContent(tables, whole.document, whole.scenario, {}, "zh")


def shapes_of(content: PlanContent, name: str) -> gpd.GeoSeries:
    table = gpd.GeoDataFrame(content.tables[name])
    return table.geometry.set_axis(table.iloc[:, 0].astype(str))


def require_as_drawn(found: gpd.GeoSeries, content: PlanContent, name: str) -> None:
    """Ask that a layer holds every feature once, each as large as it was drawn."""
    drawn = shapes_of(content, name)
    assert found.index.is_unique
    assert sorted(found.index) == sorted(drawn.index)
    assert not found.is_empty.any(), name
    back = found.to_crs(world.CRS).loc[drawn.index]
    slack = TOLERANCE_M2 * drawn.length.clip(lower=1.0)  # a border may lie a centimetre off
    assert ((back.area - drawn.area).abs() <= slack).all(), name
    assert (shapely.hausdorff_distance(back.to_numpy(), drawn.to_numpy()) < 0.03).all(), name


def layers_of(content: PlanContent) -> list[str]:
    return [n for n, t in content.tables.items() if isinstance(t, gpd.GeoDataFrame) and len(t)]


def read(path: Path, layer: str | None = None) -> gpd.GeoSeries:
    frame = pyogrio.read_dataframe(path, layer=layer)  # noqa: TID251  # by other means than ours
    return frame.geometry.set_axis(frame.iloc[:, 0].astype(str))


@pytest.mark.parametrize("crs", [ZONED, "cgcs2000-3deg-cm", "utm", "EPSG:4490"])
def test_every_shapefile_is_valid(content: PlanContent, crs: str, tmp_path: Path) -> None:
    staging = Staging(tmp_path)
    write_shapefiles(staging, content.tables, as_of=world.AS_OF, profile=ShapeProfile(crs))
    for name in layers_of(content):
        files = sorted(tmp_path.glob(f"shp/*/{name}.shp"))
        parts = [read(path).to_crs(world.CRS) for path in files]
        assert all(read(path).is_valid.all() for path in files)
        require_as_drawn(gpd.GeoSeries(np.concatenate([p.to_numpy() for p in parts]),
                         index=np.concatenate([p.index for p in parts]), crs=world.CRS),
                         content, name)  # fmt: skip


def test_what_was_mended_lies_beside_the_shapefiles(content: PlanContent, tmp_path: Path) -> None:
    write_shapefiles(Staging(tmp_path), content.tables, as_of=world.AS_OF)
    rows = [
        row
        for path in sorted(tmp_path.glob("shp/*/mended.csv"))
        for row in csv.DictReader(io.StringIO(path.read_bytes().decode("utf-8-sig")))
    ]
    assert {row["layer"] for row in rows} <= {"treatments", "pv_blocks", "works"}
    assert rows, "the test asks for shapes that need mending"
    assert all(abs(float(row["change_m2"])) < 0.01 for row in rows)
    plain = tmp_path / "plain"
    plain.mkdir()
    write_shapefiles(Staging(plain), world.tables(), as_of=world.AS_OF)
    assert not list(plain.glob("shp/*/mended.csv"))


def test_the_labelled_layers_are_valid(content: PlanContent, tmp_path: Path) -> None:
    write_labelled(tmp_path / "layers.gpkg", content)
    for name in layers_of(content):
        layer = content.tell(f"table-name-{name}")
        found = read(tmp_path / "layers.gpkg", layer)
        assert found.is_valid.all()
        require_as_drawn(found, content, name)


def kml_shapes(content: PlanContent) -> dict[str, gpd.GeoSeries]:
    text = zipfile.ZipFile(io.BytesIO(plan_kmz(content))).read("doc.kml")
    found = {}
    for folder in ET.fromstring(text).iterfind(".//k:Folder", KML):
        places = folder.findall("k:Placemark", KML)
        names = [place.findtext("k:name", "", KML) for place in places]
        shapes = [_kml_shape(place) for place in places]
        title = folder.findtext("k:name", "", KML)
        found[title] = gpd.GeoSeries(shapes, index=names, crs=4490)
    return found


def _kml_shape(place: ET.Element) -> shapely.Geometry:
    polygons = [
        shapely.Polygon(
            _kml_points(polygon.find("k:outerBoundaryIs", KML)),
            [_kml_points(inner) for inner in polygon.iterfind("k:innerBoundaryIs", KML)],
        )
        for polygon in place.iterfind(".//k:Polygon", KML)
    ]
    if polygons:
        return shapely.MultiPolygon(polygons)
    lines = [
        shapely.LineString(_kml_points(line)) for line in place.iterfind(".//k:LineString", KML)
    ]
    return shapely.MultiLineString(lines) if lines else shapely.Point(_kml_points(place)[0])


def _kml_points(element: ET.Element | None) -> list[tuple[float, float]]:
    assert element is not None
    text = element.findtext(".//k:coordinates", "", KML)
    points = [point.split(",") for point in text.split()]
    return [(float(point[0]), float(point[1])) for point in points]


def test_the_kml_is_valid(content: PlanContent) -> None:
    found = kml_shapes(content)
    for name in ("treatments", "pv_blocks", "trunks", "sites"):
        require_as_drawn(found[content.tell(f"table-name-{name}")], content, name)
    (site,) = found[content.tell("table-name-sites")]
    assert len(shapely.get_parts(site)[0].interiors) == 2
    assert all(shapes.is_valid.all() for shapes in found.values())
    for name in ("works", "districts", "turbines", "hubs", "substations"):
        assert len(found[content.tell(f"table-name-{name}")]) == len(content.tables[name])


def test_the_outlines_of_a_drawing_are_valid(content: PlanContent, tmp_path: Path) -> None:
    write_drawings(Staging(tmp_path), content, crs=ZONED)
    rings: dict[str, list[shapely.Polygon]] = {}
    for path in sorted(tmp_path.glob("cad/*/plan.dxf")):
        for line in ezdxf.readfile(path).modelspace().query("LWPOLYLINE"):
            if line.closed:
                ring = shapely.Polygon([point[:2] for point in line.get_points()])
                rings.setdefault(line.dxf.layer, []).append(ring)
    for name in ("parcels", "treatments", "pv_blocks", "works", "sites", "districts"):
        found = np.array(rings[content.tell(f"table-name-{name}")])
        assert shapely.is_valid(found).all(), name
        rings_drawn = shapely.get_rings(shapely.get_parts(shapes_of(content, name).to_numpy()))
        area = shapely.area(shapely.polygons(rings_drawn)).sum()
        assert shapely.area(found).sum() == pytest.approx(area, rel=0.003)  # the scale of a zone


def test_corners_as_written_enclose_valid_land(content: PlanContent, tmp_path: Path) -> None:
    write_corners(Staging(tmp_path), content, crs=ZONED)
    for name in ("treatments", "pv_blocks"):
        found = {}
        for path in sorted(tmp_path.glob(f"corners/{name}_*.txt")):
            crs = int(path.stem.rpartition("EPSG")[2])
            for block in path.read_text(encoding="utf-8").split("@\n")[1:]:
                found.update(_block(block, path, crs))
        drawn = shapes_of(content, name)
        assert len(found) == len(drawn)
        shapes = gpd.GeoSeries(list(found.values()), index=list(found), crs=world.CRS)
        require_as_drawn(shapes.set_axis(drawn.index), content, name)


def _block(text: str, path: Path, crs: int) -> dict[str, shapely.Geometry]:
    rings: dict[str, list[tuple[float, float]]] = {}
    for line in text.splitlines():
        if line.startswith("J"):
            _, ring, x, y = line.split(",")
            rings.setdefault(ring, []).append((float(y), float(x)))
    outlines = [shapely.Polygon(ring) for ring in rings.values()]
    assert shapely.is_valid(outlines).all()
    whole = gpd.GeoSeries([shapely.MultiPolygon(outlines)], crs=crs)
    assert whole.is_valid.all()
    return {f"{path.stem} {text[:80]}": whole.to_crs(world.CRS).iloc[0]}


def test_a_corner_has_one_number_in_all_files(content: PlanContent, tmp_path: Path) -> None:
    write_corners(Staging(tmp_path), content, crs=ZONED)
    book = openpyxl.load_workbook(tmp_path / "corners/corners.xlsx", data_only=True)
    listed = {}
    for page in book:
        for row in page.iter_rows(values_only=True):
            if isinstance(row[0], str) and str(row[2]).startswith("J") and row[-1] is not None:
                listed[f"{row[0]}-{row[2]}"] = (row[-2], row[-1])
    points = gpx_points(content)
    assert set(points) == set(listed)
    apart = [np.hypot(*np.subtract(points[name], listed[name])) for name in points]
    assert max(apart) < 2e-7  # degrees: a centimetre or two


def gpx_points(content: PlanContent) -> dict[str, tuple[float, float]]:
    root = ET.fromstring(corners_gpx(content, crs=ZONED))
    points = [e for e in root.iter() if e.tag.endswith("wpt")]
    names = [next(c.text or "" for c in e if c.tag.endswith("name")) for e in points]
    places = [(float(e.attrib["lon"]), float(e.attrib["lat"])) for e in points]
    return dict(zip(names, places, strict=True))
