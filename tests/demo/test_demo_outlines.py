"""Schematic outlines: few vertices, shared borders, fitted to the published moments."""

import numpy as np
import pytest
import shapely

from sandgrid.demo.arithmetic import project, unproject
from sandgrid.demo.tables import demo_table, district_outlines, district_polygons

KM_PER_DEG_LAT, KM_PER_DEG_LON = 111.13, 80.1
TABLE = demo_table("districts")


@pytest.fixture(params=range(len(TABLE)), ids=TABLE["district_id"].tolist())
def pair(request: pytest.FixtureRequest) -> tuple[dict[str, float], shapely.Polygon]:
    """Return a row of the table and its outline."""
    numbers = TABLE.drop(columns=["district_id", "zh", "en"]).astype("float64")
    return numbers.iloc[request.param].to_dict(), district_outlines()[request.param]


def test_few_vertices() -> None:
    assert (shapely.get_num_coordinates(district_outlines()) - 1 <= 60).all()


def test_borders_are_shared_vertex_by_vertex() -> None:
    polygons = district_outlines()
    assert shapely.coverage_is_valid(polygons)
    city = shapely.union_all(polygons)
    assert city.geom_type == "Polygon"
    assert len(city.interiors) == 0
    corners = {tuple(c) for c in shapely.get_coordinates(polygons).tolist()}
    assert {tuple(c) for c in shapely.get_coordinates(city).tolist()} <= corners


def test_area_within_one_percent(pair: tuple[dict[str, float], shapely.Polygon]) -> None:
    row, polygon = pair
    assert polygon.area / 1e6 == pytest.approx(row["polygon_km2"], rel=0.01)


def test_centroid_within_five_km(pair: tuple[dict[str, float], shapely.Polygon]) -> None:
    row, polygon = pair
    x, y = project(np.array([row["centroid_lon"]]), np.array([row["centroid_lat"]]))
    assert polygon.centroid.distance(shapely.Point(x[0], y[0])) < 5_000


def test_extent_within_ten_km(pair: tuple[dict[str, float], shapely.Polygon]) -> None:
    row, polygon = pair
    lon, lat = unproject(*shapely.get_coordinates(polygon).T)
    assert abs(lon.min() - row["west"]) * KM_PER_DEG_LON < 10
    assert abs(lon.max() - row["east"]) * KM_PER_DEG_LON < 10
    assert abs(lat.min() - row["south"]) * KM_PER_DEG_LAT < 10
    assert abs(lat.max() - row["north"]) * KM_PER_DEG_LAT < 10


def test_city_area() -> None:
    assert shapely.area(district_outlines()).sum() / 1e6 == pytest.approx(58_884, rel=0.005)


def test_filled_edges_are_shared_too() -> None:
    assert shapely.coverage_is_valid(district_polygons())
    gap = shapely.area(district_polygons()) / shapely.area(district_outlines())
    assert np.abs(gap - 1).max() < 1e-3
