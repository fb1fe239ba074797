"""Real layers of Tongliao are read as they are, and remove what an independent count removes."""

from pathlib import Path

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pytest
import shapely
from rasterio.features import rasterize

from sandgrid.errors import InputError
from sandgrid.land import find_eligibility, load_rules, removed_ha
from sandgrid.land.exclusions import Rule
from sandgrid.layers.catalogue import Catalogue, load_catalogue
from sandgrid.layers.crs import area_ha, geodesic_area_m2, local_equal_area
from sandgrid.layers.geobox import area_geobox
from sandgrid.layers.notices import SandGridWarning
from sandgrid.layers.stack import Layers, read_layers, select_area
from sandgrid.layers.vector import read_vector
from sandgrid.params import default_parameters

pytestmark = pytest.mark.shared
CRS = local_equal_area(121.5, 44.0)
TEXT = """
[districts]
kind = "vector"
path = "${REAL}/counties.shp"
geometry = "polygon"
id = "district_id"
columns = { district_id = "adcode", district = "name" }

[dem]
kind = "raster"
path = "${REAL}/dem_30arcsec.tif"
content = "quantity"
resampling = "bilinear"
nodata_means = "unknown"
nodata = "none"
valid_range = [-200, 3000]

[water]
kind = "vector"
path = "${REAL}/lakes.gpkg"
geometry = "polygon"
id = "role_id"

[rivers]
kind = "vector"
path = "${REAL}/rivers.geojson"
geometry = "line"
id = "river_id"
columns = { name = "name" }

[settlements]
kind = "vector"
path = "${REAL}/settlements.geojson"
geometry = "point"
id = "role_id"
columns = { role_id = "geonameid", name = "name" }
fill = { kind = "town" }

[wind_farms]
kind = "vector"
path = "${REAL}/wind_farms.geojson"
geometry = "point"
id = "farm_id"
columns = { farm_id = "GEM phase ID", name = "Project Name", capacity_mw = "Capacity (MW)" }
where = { Status = ["operating"] }
"""
ROLES = ("dem", "water", "rivers", "settlements", "wind_farms")


@pytest.fixture(scope="module")
def catalogue(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> Catalogue:
    folder = shared / "tongliao"
    if not folder.is_dir():
        pytest.skip(f"real layers are absent: {folder}")
    path = tmp_path_factory.mktemp("real") / "catalogue.toml"
    path.write_text(TEXT, encoding="utf-8")
    return load_catalogue(path, paths={"REAL": str(folder)})


@pytest.fixture(scope="module")
def layers(catalogue: Catalogue) -> Layers:
    area = select_area(read_vector(catalogue.vector("districts"), CRS))
    return read_layers(catalogue, area_geobox(area, 250), area, ROLES)


@pytest.fixture(scope="module")
def rules() -> tuple[Rule, ...]:
    every = load_rules("tongliao", default_parameters())
    return tuple(rule for rule in every if rule.layer in ROLES)


def test_districts_have_their_areas(catalogue: Catalogue) -> None:
    degrees = read_vector(catalogue.vector("districts"), local_equal_area(121.5, 44).geodetic_crs)
    flat = read_vector(catalogue.vector("districts"), CRS)
    assert len(flat) == 8
    assert area_ha(flat).sum() / 100 == pytest.approx(58_837, abs=1)
    geodesic = [geodesic_area_m2(part, degrees.crs) for part in degrees.geometry]
    assert area_ha(flat) * 1e4 == pytest.approx(np.array(geodesic), rel=5e-7)


def test_operating_wind_in_the_city_is_the_published_sum(layers: Layers) -> None:
    farms = layers.vector("wind_farms")
    inside = farms[farms.within(layers.area.union_all())]
    assert len(inside) == 53
    assert inside["capacity_mw"].sum() == pytest.approx(3_853, abs=1)


def test_terrain_is_known_everywhere_and_plausible(layers: Layers) -> None:
    dem = layers.raster("dem")
    inside = rasterize(
        layers.area.geometry, out_shape=dem.values.shape, transform=layers.geobox.affine
    )
    assert not dem.unknown[inside.astype(bool)].any()
    assert 80 < np.nanmin(dem.values[inside == 1]) < 200
    assert 1000 < np.nanmax(dem.values[inside == 1]) < 1600
    assert 700 < dem.pixel_m < 1000


def test_undeclared_nodata_of_the_real_terrain_is_refused(
    catalogue: Catalogue, shared: Path
) -> None:
    path = shared / "tongliao" / "dem_30arcsec.tif"
    assert catalogue.raster("dem").path == path
    assert catalogue.raster("dem").nodata == "none"


def test_a_slope_of_nine_hundred_metres_is_warned_about(
    rules: tuple[Rule, ...], layers: Layers
) -> None:
    notices: list[SandGridWarning] = []
    find_eligibility(rules, layers, report=notices.append)
    assert [notice.values["layer"] for notice in notices] == ["dem"]
    assert "pv-slope" in str(notices[0])


def _independent(
    frame: gpd.GeoDataFrame,
    distance_m: float,
    layers: Layers,
    radius_m: npt.ArrayLike = 0.0,
) -> npt.NDArray[np.bool_]:
    """Return cells within a distance, by testing every centre near a feature."""
    grid = layers.geobox
    rows, cols = grid.shape
    x = grid.affine.c + (np.arange(cols) + 0.5) * grid.affine.a
    y = grid.affine.f + (np.arange(rows) + 0.5) * grid.affine.e
    covered = np.zeros((rows, cols), bool)
    reach = np.broadcast_to(distance_m + np.asarray(radius_m), len(frame))
    for shape, far in zip(frame.geometry, reach, strict=True):
        west, south, east, north = shape.bounds
        i = np.flatnonzero((y >= south - far) & (y <= north + far))
        j = np.flatnonzero((x >= west - far) & (x <= east + far))
        if i.size and j.size:
            shapely.prepare(shape)
            hit = shapely.dwithin(shapely.points(*np.meshgrid(x[j], y[i])), shape, far)
            covered[i[0] : i[-1] + 1, j[0] : j[-1] + 1] |= hit
    return covered


def test_hectares_removed_equal_an_independent_count(
    rules: tuple[Rule, ...], layers: Layers
) -> None:
    found = find_eligibility(rules, layers, report=lambda _: None)
    table = removed_ha(found).set_index("rule_id")
    inside = rasterize(
        layers.area.geometry, out_shape=found.inside.shape, transform=layers.geobox.affine
    )
    assert np.count_nonzero(found.inside != inside.astype(bool)) == 0
    capacity = layers.vector("wind_farms")["capacity_mw"].to_numpy()
    counts = {
        "wind-lakes": _independent(layers.vector("water"), 200, layers),
        "wind-rivers": _independent(layers.vector("rivers"), 200, layers),
        "wind-settlements": _independent(layers.vector("settlements"), 500, layers, 500.0),
        "wind-farm-wake": _independent(
            layers.vector("wind_farms"), 2000, layers, np.sqrt(capacity / 5e-6 / np.pi)
        ),
    }
    for name, covered in counts.items():
        told = (covered & found.inside).sum() * 6.25
        assert table.loc[name, "wind_ha"] == told
        assert told > 0


@pytest.mark.parametrize("role", ROLES)
def test_removing_a_layer_changes_land_by_what_it_alone_removed(
    rules: tuple[Rule, ...], layers: Layers, role: str
) -> None:
    quiet = {"report": lambda _: None}
    judged = tuple(rule for rule in rules if "wind" in rule.uses)
    found = find_eligibility(judged, layers, **quiet)
    rest = find_eligibility(tuple(r for r in judged if r.layer != role), layers, **quiet)
    alone = removed_ha(found, "layer").set_index("layer").loc[role, "wind_only_ha"]
    assert rest.eligible_ha("wind") - found.eligible_ha("wind") == pytest.approx(alone)
    assert alone > 0 or role == "dem"


def test_a_layer_of_elsewhere_is_refused(catalogue: Catalogue) -> None:
    area = select_area(read_vector(catalogue.vector("districts"), CRS), ["150581"])
    with pytest.raises(InputError, match=r"layer 'rivers': rivers.geojson lies at"):
        read_layers(catalogue, area_geobox(area, 250), area, ["rivers"])
