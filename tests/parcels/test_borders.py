"""Borders of squares that can be counted by eye."""

import geopandas as gpd
import numpy as np
import shapely
from hypothesis import given
from hypothesis import strategies as st

from sandgrid.parcels.borders import find_borders


def squares(rows: int, columns: int) -> gpd.GeoDataFrame:
    shapes = [shapely.box(x, y, x + 1, y + 1) for y in range(rows) for x in range(columns)]
    ids = [f"P{number:03d}" for number in range(len(shapes))]
    return gpd.GeoDataFrame({"parcel_id": ids}, geometry=shapes)


def test_corners_are_no_borders() -> None:
    found = find_borders(squares(2, 2))
    outside = found[found["other_id"] == ""]
    assert outside["length_m"].tolist() == [2.0] * 4
    found = found[found["other_id"] != ""]
    pairs = found[["parcel_id", "other_id"]].to_numpy().tolist()
    assert pairs == [["P000", "P001"], ["P000", "P002"], ["P001", "P003"], ["P002", "P003"]]
    assert found["length_m"].tolist() == [1.0] * 4


def test_a_hole_that_is_filled_shares_all_its_border() -> None:
    hole = shapely.box(2, 2, 4, 4)
    ring = shapely.box(0, 0, 9, 9).difference(hole)
    table = gpd.GeoDataFrame({"parcel_id": ["P2", "P1"]}, geometry=[ring, hole])
    found = find_borders(table)
    assert found.to_numpy().tolist() == [["P1", "P2", 8.0], ["P2", "", 36.0]]


def test_parcels_apart_share_nothing() -> None:
    table = squares(1, 3).iloc[[0, 2]]
    found = find_borders(table)
    assert found.to_numpy().tolist() == [["P000", "", 4.0], ["P002", "", 4.0]]
    assert list(found.columns) == ["parcel_id", "other_id", "length_m"]


@given(st.integers(1, 5), st.integers(1, 5), st.integers(0, 99))
def test_borders_are_what_perimeters_lose_when_all_is_joined(
    rows: int, columns: int, seed: int
) -> None:
    table = squares(rows, columns).sample(frac=1.0, random_state=seed)
    rim = table.geometry.union_all().length
    found = find_borders(table)
    shared = found[found["other_id"] != ""]
    assert np.isclose(2 * shared["length_m"].sum(), table.geometry.length.sum() - rim)
    assert np.isclose(found.loc[found["other_id"] == "", "length_m"].sum(), rim)
    assert (shared["parcel_id"] < shared["other_id"]).all()
    assert not found.duplicated(["parcel_id", "other_id"]).any()
