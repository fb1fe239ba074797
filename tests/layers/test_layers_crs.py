"""Areas are exact, edges follow the ground, shared borders stay shared."""

import geopandas as gpd
import numpy as np
import pyproj
import pytest
import shapely
from affine import Affine
from hypothesis import given
from hypothesis import strategies as st
from odc.geo.geobox import GeoBox

from sandgrid.errors import InputError
from sandgrid.layers.crs import (
    area_ha,
    coincide,
    densify_edges,
    geodesic_area_m2,
    grid_convergence_deg,
    local_equal_area,
    require_same_crs,
    to_crs,
)
from sandgrid.layers.geobox import area_geobox, cell_at

DEGREES = pyproj.CRS.from_epsg(4490)
LOCAL = local_equal_area(121.5, 44.0)


def test_the_known_cell_has_its_known_area() -> None:
    cell = shapely.box(122.0, 43.0, 122.01, 43.01)
    assert geodesic_area_m2(cell, DEGREES) == pytest.approx(905_788.260, abs=0.005)
    flat = to_crs(gpd.GeoDataFrame(geometry=[cell], crs=DEGREES), LOCAL)
    assert area_ha(flat)[0] == pytest.approx(90.578826, rel=3e-5)


def test_a_whole_district_has_the_same_area_on_the_plane_and_on_the_ellipsoid() -> None:
    big = shapely.box(120.0, 43.0, 122.0, 44.5)
    flat = to_crs(gpd.GeoDataFrame(geometry=[big], crs=DEGREES), LOCAL)
    assert area_ha(flat)[0] * 1e4 == pytest.approx(geodesic_area_m2(big, DEGREES), rel=1e-8)


def test_holes_and_parts_count_as_they_should() -> None:
    holed = shapely.box(121, 43, 122, 44) - shapely.box(121.2, 43.2, 121.4, 43.4)
    whole = geodesic_area_m2(shapely.box(121, 43, 122, 44), DEGREES)
    hole = geodesic_area_m2(shapely.box(121.2, 43.2, 121.4, 43.4), DEGREES)
    assert geodesic_area_m2(holed, DEGREES) == pytest.approx(whole - hole, rel=1e-9)


@pytest.mark.parametrize("code", [4490, 3857, 4550, None])
def test_areas_are_refused_where_they_are_not_true(code: int | None) -> None:
    frame = gpd.GeoSeries([shapely.box(0, 0, 1, 1)], crs=code)
    with pytest.raises(InputError, match="not equal-area"):
        area_ha(frame)


def test_different_crs_are_refused() -> None:
    one = gpd.GeoSeries([shapely.Point(0, 0)], crs=4490)
    with pytest.raises(InputError, match="EPSG:4490 and EPSG:4550"):
        require_same_crs(one, one.to_crs(4550))
    with pytest.raises(InputError, match="EPSG:4490 and none"):
        require_same_crs(one, gpd.GeoSeries([shapely.Point(0, 0)]))


def test_the_same_crs_by_another_name_coincides() -> None:
    assert coincide(LOCAL, pyproj.CRS.from_wkt(LOCAL.to_wkt()), (0, 0, 1e5, 1e5))
    assert coincide(DEGREES, pyproj.CRS.from_epsg(4326), (119, 42, 124, 46))
    assert not coincide(LOCAL, local_equal_area(121.5, 44.1), (0, 0, 1e5, 1e5))
    assert not coincide(LOCAL, DEGREES, (0, 0, 1e5, 1e5))


@given(st.lists(st.tuples(st.floats(-1, 1), st.floats(-1, 1)), min_size=2, max_size=2, unique=True))
def test_an_edge_is_divided_at_the_same_points_from_either_end(
    ends: list[tuple[float, float]],
) -> None:
    there, back = (np.array([shapely.LineString(p)]) for p in (ends, ends[::-1]))
    one, other = (shapely.get_coordinates(densify_edges(line, 0.03)) for line in (there, back))
    assert one.tolist() == other[::-1].tolist()
    assert np.hypot(*np.diff(one, axis=0).T).max() <= 0.03 * (1 + 1e-6)


def test_a_shared_border_is_shared_to_the_last_bit_after_projection() -> None:
    west, east = shapely.box(120, 43, 121.3, 44.2), shapely.box(121.3, 43, 122.7, 44.2)
    moved = to_crs(gpd.GeoDataFrame(geometry=[west, east], crs=DEGREES), LOCAL).geometry
    assert shapely.intersection(moved[0], moved[1]).area == 0
    points = [set(map(tuple, shapely.get_coordinates(part).tolist())) for part in moved]
    assert len(points[0] & points[1]) == 121


def test_an_edge_bends_as_the_ground_does() -> None:
    frame = gpd.GeoDataFrame(geometry=[shapely.LineString([(121, 44), (122, 44)])], crs=DEGREES)
    line = to_crs(frame, LOCAL).geometry[0]
    chord = shapely.LineString([line.coords[0], line.coords[-1]])
    assert 100 < shapely.hausdorff_distance(line, chord) < 130


def test_points_and_empty_frames_pass() -> None:
    empty = gpd.GeoDataFrame(geometry=[], crs=DEGREES)
    assert to_crs(empty, LOCAL).empty
    point = gpd.GeoDataFrame(geometry=[shapely.Point(121.5, 44)], crs=DEGREES)
    assert to_crs(point, LOCAL).geometry[0].coords[0] == pytest.approx((0, 0), abs=1e-6)


def test_what_has_no_place_is_refused() -> None:
    frame = gpd.GeoDataFrame(geometry=[shapely.Point(44, 121.5)], crs=DEGREES)
    with pytest.raises(InputError, match="1 features have no place"):
        to_crs(frame, pyproj.CRS.from_epsg(4550))
    with pytest.raises(InputError, match="no CRS"):
        to_crs(gpd.GeoDataFrame(geometry=[shapely.Point(0, 0)]), LOCAL)


@pytest.mark.parametrize(("lon", "lat"), [(119.3, 42.3), (123.7, 45.6), (121.5, 44.0)])
def test_convergence_turns_azimuths_into_grid_bearings(lon: float, lat: float) -> None:
    geod = pyproj.Geod(ellps="GRS80")
    end = geod.fwd(lon, lat, 37.0, 100.0)[:2]
    (x0, y0), (x1, y1) = to_crs(
        gpd.GeoDataFrame(geometry=[shapely.Point(lon, lat), shapely.Point(end)], crs=DEGREES), LOCAL
    ).geometry.apply(lambda point: point.coords[0])
    bearing = np.degrees(np.arctan2(x1 - x0, y1 - y0))
    convergence = grid_convergence_deg(lon, lat, LOCAL)
    assert bearing == pytest.approx(37.0 - float(convergence), abs=0.02)


def test_the_grid_snaps_outward_with_a_tolerance() -> None:
    area = gpd.GeoDataFrame(geometry=[shapely.box(-150.00000001, 0, 200.00000001, 99.9)], crs=LOCAL)
    geobox = area_geobox(area, 100)
    assert geobox.shape.yx == (1, 4)
    assert (geobox.affine.c, geobox.affine.f) == (-200, 100)
    with pytest.raises(InputError, match="area is empty"):
        area_geobox(area.iloc[:0], 100)


def test_cells_are_found() -> None:
    geobox = GeoBox((4, 5), Affine(100, 0, 0, 0, -100, 400), LOCAL)
    assert cell_at(geobox, 450, 10) == (3, 4)
    assert cell_at(geobox, 501, 10) is None
    assert cell_at(geobox, 10, -1) is None
