"""Each recipe reads a small file made with its product's own conventions."""

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

from sandgrid.errors import InputError
from sandgrid.layers.catalogue import Catalogue, load_catalogue
from sandgrid.layers.notices import SandGridWarning
from sandgrid.layers.raster import Raster, read_raster
from sandgrid.layers.recipes import recipes
from sandgrid.layers.vector import read_vector

LOCAL = CRS.from_user_input("+proj=laea +lat_0=44 +lon_0=121.5 +ellps=GRS80 +units=m")
SINUSOIDAL = "+proj=sinu +R=6371007.181 +units=m"
RASTERS = {name for name, recipe in recipes().items() if recipe.entry["kind"] == "raster"}


@pytest.fixture
def entry(tmp_path: Path) -> Callable[..., Catalogue]:
    """Return a maker of catalogues with one recipe under one role."""

    def make(role: str, recipe: str, file: str, **changes: str) -> Catalogue:
        path = tmp_path / "catalogue.toml"
        more = "".join(f"{key} = {value}\n" for key, value in changes.items())
        path.write_text(f'[{role}]\nrecipe = "{recipe}"\npath = "{file}"\n{more}')
        return load_catalogue(path)

    return make


# recipe, stored numbers, how the product stores them, values that come out (None is unknown)
CASES: dict[str, tuple[list[Any], dict[str, Any], list[float | None]]] = {
    "esa_worldcover": ([10, 60, 90, 0], {"dtype": "uint8", "nodata": 0}, [10, 60, 90, None]),
    "copernicus_dem_30": ([183.25, 1200, -32767, 0], {"dtype": "float32", "nodata": None},
                          [183.25, 1200, None, 0]),
    "global_wind_atlas": ([6.5, 7.25, np.nan, 8], {"dtype": "float32", "nodata": np.nan},
                          [6.5, 7.25, None, 8]),
    "global_solar_atlas_ghi_year": ([1500, 1550, np.nan, 1480],
                                    {"dtype": "float32", "nodata": np.nan},
                                    [1500, 1550, None, 1480]),
    "global_solar_atlas_ghi_day": ([4, 4.25, np.nan, 4], {"dtype": "float32", "nodata": np.nan},
                                   [1461, 1552.3125, None, 1461]),
    "modis_ndvi": ([3456, -3000, -2000, 10000], {"dtype": "int16", "nodata": -3000},
                   [0.3456, None, -0.2, 1]),
    "sentinel2_ndvi": ([3456, -32768, -1000, 9000], {"dtype": "int16", "nodata": -32768},
                       [0.3456, None, -0.1, 0.9]),
    "sentinel3_ndvi_300m": ([125, 255, 254, 250], {"dtype": "uint8", "nodata": None},
                            [0.42, None, None, 0.92]),
}  # fmt: skip


def made(
    tif: Callable[..., Path], entry: Callable[..., Catalogue], name: str, **changes: str
) -> Raster:
    """Return the product's four pixels on four cells that lie on them (degrees of 0.01)."""
    stored, how, _ = CASES[name]
    affine = Affine(0.01, 0, 121.5, 0, -0.01, 44.0)
    values = np.array([stored], how["dtype"])
    tif(values, affine=affine, crs="EPSG:4326", name="product.tif", nodata=how["nodata"])
    geobox = GeoBox((1, 4), affine, "EPSG:4326")
    return read_raster(entry("layer", name, "product.tif", **changes).raster("layer"), geobox)


def test_every_raster_recipe_has_a_case() -> None:
    assert set(CASES) == RASTERS


@pytest.mark.parametrize("name", CASES)
def test_a_product_comes_out_in_its_unit_with_its_gaps(
    tif: Callable[..., Path], entry: Callable[..., Catalogue], name: str
) -> None:
    raster = made(tif, entry, name)
    wanted = CASES[name][2]
    assert raster.unknown[0].tolist() == [value is None for value in wanted]
    known = [value for value in wanted if value is not None]
    assert raster.values[0][~raster.unknown[0]].tolist() == pytest.approx(known, rel=1e-6)


@pytest.mark.parametrize(
    ("name", "stored"),
    [
        ("esa_worldcover", 15),
        ("copernicus_dem_30", -9999),
        ("global_wind_atlas", 650),
        ("global_solar_atlas_ghi_year", 4.1),
        ("global_solar_atlas_ghi_day", 1500),
        ("modis_ndvi", -2500),
        ("sentinel2_ndvi", 12000),
    ],
)
def test_numbers_that_are_not_the_products_are_refused(
    tif: Callable[..., Path],
    entry: Callable[..., Catalogue],
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    stored: float,
) -> None:
    first, how, wanted = CASES[name]
    monkeypatch.setitem(CASES, name, ([stored, *first[1:]], how, wanted))
    with pytest.raises(InputError, match=r"product\.tif .*(outside|unknown codes)|values of"):
        made(tif, entry, name)


def test_worldcover_speaks_the_classes_of_the_rules(
    tif: Callable[..., Path], entry: Callable[..., Catalogue]
) -> None:
    raster = made(tif, entry, "esa_worldcover")
    assert raster.codes["tree_forest"] == (10,)
    assert raster.codes["bare"] == (60, 100)
    assert raster.codes["wetland"] == (90, 95)


def test_modis_comes_in_its_sinusoidal_projection(
    tif: Callable[..., Path], entry: Callable[..., Catalogue]
) -> None:
    x, y = gpd.GeoSeries([shapely.Point(121.5, 44.0)], crs=4326).to_crs(SINUSOIDAL)[0].coords[0]
    side = 231.65635826
    corner = Affine(side, 0, x - 20 * side, 0, -side, y + 20 * side)
    tif(np.full((40, 40), 2500, "int16"), affine=corner, crs=SINUSOIDAL, name="m.tif", nodata=-3000)
    geobox = GeoBox((4, 4), Affine(100, 0, -200, 0, -100, 200), LOCAL.to_wkt())
    raster = read_raster(entry("ndvi", "modis_ndvi", "m.tif").raster("ndvi"), geobox)
    assert raster.values.ravel().tolist() == pytest.approx([0.25] * 16)


def test_a_dem_with_a_vertical_crs_is_read(
    tif: Callable[..., Path], entry: Callable[..., Catalogue]
) -> None:
    affine = Affine(1 / 3600, 0, 121.49, 0, -1 / 3600, 44.01)
    values = np.full((72, 72), 200, "float32")
    tif(values, affine=affine, crs="EPSG:4326+3855", name="dem.tif", nodata=None)
    geobox = GeoBox((4, 4), Affine(100, 0, -200, 0, -100, 200), LOCAL.to_wkt())
    raster = read_raster(entry("dem", "copernicus_dem_30", "dem.tif").raster("dem"), geobox)
    assert raster.values.ravel().tolist() == [200] * 16


def test_a_recipe_may_be_changed_and_must_be_known(
    tif: Callable[..., Path], entry: Callable[..., Catalogue]
) -> None:
    changed = made(tif, entry, "sentinel2_ndvi", scale="0.00005")
    assert changed.values[0, 0] == pytest.approx(0.1728)
    with pytest.raises(InputError, match="no recipe modis_nvdi; did you mean modis_ndvi"):
        entry("ndvi", "modis_nvdi", "m.tif")


def lines(count: int) -> list[shapely.LineString]:
    return [
        shapely.LineString([(121.5, 44 + n / 100), (121.6, 44 + n / 100)]) for n in range(count)
    ]


def osm(folder: Path, kind: str, geometry: list[Any], **columns: Any) -> str:
    """Write a layer as Geofabrik does: UTF-8 shapefile with .cpg, ids as text."""
    ids = [str(4_294_967_296 + n) for n in range(len(geometry))]
    frame = gpd.GeoDataFrame({"osm_id": ids, **columns}, geometry=geometry, crs="EPSG:4326")
    file = f"gis_osm_{kind}_free_1.shp"
    frame.to_file(folder / file, encoding="UTF-8")
    return file


def test_osm_roads_get_the_class_of_the_rules(
    tmp_path: Path, entry: Callable[..., Catalogue]
) -> None:
    classes = ["motorway", "trunk", "secondary", "tertiary", "track", "footway"]
    file = osm(tmp_path, "roads", lines(6), code=[5111] * 6, fclass=classes, name=["国道"] * 6)
    with pytest.warns(SandGridWarning, match=r"1 features of gis_osm_roads.* \(footway\)"):
        frame = read_vector(entry("roads", "osm_roads", file).vector("roads"), LOCAL)
    told = ["motorway", "national", "provincial", "county", "village"]
    assert frame["road_class"].tolist() == told
    assert frame["road_id"].tolist()[0] == "4294967296"


def test_osm_railways_rivers_and_water_keep_what_counts(
    tmp_path: Path, entry: Callable[..., Catalogue]
) -> None:
    rails = osm(tmp_path, "railways", lines(2), fclass=["rail", "subway"], name=["a", "b"])
    ways = osm(tmp_path, "waterways", lines(3), fclass=["river", "drain", "canal"], name=[""] * 3)
    squares = [shapely.box(121.5, 44, 121.51, 44.01), shapely.box(121.52, 44, 121.53, 44.01)]
    water = osm(tmp_path, "water_a", squares, fclass=["reservoir", "wetland"], name=["水库", ""])
    found = {
        role: len(read_vector(entry(role, f"osm_{role}", file).vector(role), LOCAL))
        for role, file in (("railways", rails), ("rivers", ways), ("water", water))
    }
    assert found == {"railways": 1, "rivers": 2, "water": 1}


def test_osm_places_become_settlements(tmp_path: Path, entry: Callable[..., Catalogue]) -> None:
    points = [shapely.Point(121.5 + n / 100, 44) for n in range(3)]
    file = osm(tmp_path, "places", points, fclass=["town", "hamlet", "locality"], name=["镇"] * 3)
    with pytest.warns(SandGridWarning, match="locality"):
        frame = read_vector(
            entry("settlements", "osm_settlements", file).vector("settlements"), LOCAL
        )
    assert frame["kind"].tolist() == ["town", "village"]


def test_osm_voltages_are_volts_and_must_be_told(
    tmp_path: Path, entry: Callable[..., Catalogue]
) -> None:
    volts = ["220000;66000", "500000", "35000"]
    path = tmp_path / "lines.geojson"
    data = {"osm_id": ["1", "2", "3"], "voltage": volts}
    gpd.GeoDataFrame(data, geometry=lines(3), crs=4326).to_file(path)
    source = entry("power_lines", "osm_power_lines", path.name).vector("power_lines")
    assert read_vector(source, LOCAL)["voltage_kv"].tolist() == [220, 500, 35]
    data["voltage"] = ["220000", None, "500000"]  # type: ignore[list-item]
    gpd.GeoDataFrame(data, geometry=lines(3), crs=4326).to_file(path)
    with pytest.raises(InputError, match=r"voltage_kv .* 2"):
        read_vector(source, LOCAL)


def test_every_recipe_says_what_it_is_where_it_comes_from_and_on_what_terms() -> None:
    for name, recipe in recipes().items():
        for key in ("title_zh", "title_en", "source", "licence"):
            assert recipe.entry[key], name
        assert recipe.get, name
        assert recipe.note_zh, name
        assert recipe.note_en, name


def test_the_page_on_real_data_names_every_recipe() -> None:
    page = (Path(__file__).parents[2] / "docs" / "real-data.md").read_text(encoding="utf-8")
    for name, recipe in recipes().items():
        assert f"| `{name}` |" in page
        assert recipe.note_en in page
