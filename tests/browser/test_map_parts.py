"""The parts of the map that need no browser: geometry, pictures, texts, bytes."""

import io
import json
import re
from dataclasses import replace

import geopandas as gpd
import numpy as np
import pyproj
import pytest
import shapely
from affine import Affine
from hypothesis import given
from hypothesis import strategies as st
from odc.geo.geobox import GeoBox
from PIL import Image

from sandgrid.errors import InputError
from sandgrid.export.maps import Ground, MapSettings, Words, map_html
from sandgrid.export.maps.cards import card_columns, shown_unit
from sandgrid.export.maps.codec import (
    LEVEL,
    encode_numbers,
    encode_shapes,
    find_shapes,
    mercator_units,
    zigzag,
)
from sandgrid.export.maps.ground import find_pictures
from sandgrid.export.maps.layers import plan_layers
from sandgrid.export.maps.offline import packaged_asset
from sandgrid.export.maps.payload import safe_json
from sandgrid.export.maps.pictures import ground_picture, mercator_geobox, warp_array
from sandgrid.messages import message_catalogue
from sandgrid.tables import table_columns

from .map_world import CRS, hand_made_content, shortfall_content

EARTH_M = 40_075_016.686
LAND, MARK = (240, 230, 180), (255, 0, 0)


def read_numbers(data: bytes) -> list[int]:
    """Read numbers of seven bits to a byte, written here a second time and plainly."""
    numbers, value, shift = [], 0, 0
    for byte in data:
        value |= (byte & 127) << shift
        shift += 7
        if byte < 128:
            numbers.append(value)
            value, shift = 0, 0
    return numbers


def unfold(number: int) -> int:
    return -(number + 1) // 2 if number % 2 else number // 2


@given(st.lists(st.integers(0, 2**40)))
def test_numbers_come_back(numbers: list[int]) -> None:
    assert read_numbers(encode_numbers(np.array(numbers, dtype=np.int64))) == numbers


@given(st.lists(st.integers(-(2**27), 2**27)))
def test_zigzag_comes_back(numbers: list[int]) -> None:
    folded = zigzag(np.array(numbers, dtype=np.int64))
    assert (folded >= 0).all()
    assert [unfold(number) for number in folded.tolist()] == numbers


def read_streams(data: bytes) -> list[list[int]]:
    streams = []
    while data:
        size = next(k for k, byte in enumerate(data) if byte < 128) + 1
        length = read_numbers(data[:size])[0]
        streams.append(read_numbers(data[size : size + length]))
        data = data[size + length :]
    return streams


def test_a_square_with_a_hole_is_written_as_two_open_rings() -> None:
    shape = shapely.box(0, 0, 1000, 1000).difference(shapely.box(400, 400, 600, 600))
    frame = gpd.GeoDataFrame(geometry=[shape], crs=CRS)
    parts, points, x, _ = read_streams(encode_shapes(find_shapes(frame, "square")))
    assert parts == [2]
    assert points == [4, 4]
    assert len(x) == 8


@given(st.floats(119, 124), st.floats(42, 46))
def test_positions_are_kept_within_half_a_metre(lon: float, lat: float) -> None:
    x, y = mercator_units([lon], [lat])
    exact = pyproj.Transformer.from_crs(4326, 3857, always_xy=True).transform(lon, lat)
    cell_m = EARTH_M / 2**LEVEL
    assert abs(x[0] * cell_m - EARTH_M / 2 - exact[0]) < 0.5
    assert abs(EARTH_M / 2 - y[0] * cell_m - exact[1]) < 0.5


@pytest.mark.parametrize(
    ("frame", "key"),
    [
        (gpd.GeoDataFrame(geometry=[shapely.Point(0, 0)]), "map-no-crs"),
        (gpd.GeoDataFrame(geometry=[None], crs=CRS), "map-no-geometry"),
        (gpd.GeoDataFrame(geometry=[shapely.Polygon()], crs=CRS), "map-no-geometry"),
        (gpd.GeoDataFrame(geometry=[shapely.Point(1e9, 1e9)], crs=CRS), "map-bad-position"),
    ],
)
def test_what_cannot_be_drawn_is_refused(frame: gpd.GeoDataFrame, key: str) -> None:
    with pytest.raises(InputError) as caught:
        find_shapes(frame, "works")
    assert caught.value.key == key


def test_a_picture_lies_where_the_land_lies() -> None:
    """One marked cell 150 km from the centre is drawn within a pixel of its true place."""
    geobox = GeoBox((400, 400), Affine(1000, 0, -200_000, 0, -1000, 200_000), CRS)
    values = np.zeros(geobox.shape, dtype=np.float32)
    values[50, 350] = 1
    target = mercator_geobox(geobox, 1200)
    warped = warp_array(values, geobox, target, method="average")
    known = np.nan_to_num(warped).round()
    picture = ground_picture(np.ones_like(warped), known, target, colours=[LAND, MARK])
    image = Image.open(io.BytesIO(picture.png)).convert("RGB")
    marked = np.argwhere((np.asarray(image) == MARK).all(axis=2)).mean(axis=0)
    rows, columns = target.shape
    to_mercator = pyproj.Transformer.from_crs(4326, 3857, always_xy=True).transform
    west, south = to_mercator(picture.west_deg, picture.south_deg)
    east, north = to_mercator(picture.east_deg, picture.north_deg)
    x = west + (marked[1] + 0.5) / columns * (east - west)
    y = north - (marked[0] + 0.5) / rows * (north - south)
    exact = pyproj.Transformer.from_crs(CRS, 3857, always_xy=True).transform(150_500, 149_500)
    assert abs(x - exact[0]) < (east - west) / columns
    assert abs(y - exact[1]) < (north - south) / rows


def test_the_page_is_the_same_bytes_every_time() -> None:
    content = hand_made_content()
    assert map_html(content) == map_html(hand_made_content())


def test_the_page_names_no_address_to_fetch() -> None:
    page = map_html(hand_made_content()).decode()
    assert re.findall(r"<(?:script|link|img)[^>]+(?:src|href)=", page) == []
    assert "default-src 'none'" in page
    assert "bootstrap" not in page
    assert "fontawesome" not in page.lower()


def test_an_asset_that_is_not_installed_is_an_error() -> None:
    with pytest.raises(InputError, match=r"example\.org"):
        packaged_asset("https://example.org/leaflet.js")


@given(st.text(alphabet="<>&`$'\"{}/!-\u2028\u2029a"))
def test_json_in_the_page_cannot_leave_its_block(text: str) -> None:
    written = safe_json({"text": text})
    assert not re.search("[<>&`$\u2028\u2029]", written)
    assert json.loads(written) == {"text": text}


def test_units_are_those_of_the_reader() -> None:
    by_name = {column.name: column for column in table_columns("parcel_use")}
    assert shown_unit(by_name["pv_kw"]).unit == Words("MW", "MW")
    assert shown_unit(by_name["treated_centimu"]).unit == Words("亩", "mu")
    area = next(column for column in table_columns("parcels") if column.name == "area_ha")
    assert 34_400 / shown_unit(area).divisor == pytest.approx(516_000)


def test_cards_hold_what_the_table_holds() -> None:
    use = hand_made_content().tables.parcel_use
    (column,) = card_columns(use, "parcel_use", ("treated_centimu",))
    assert column["values"] == use["treated_centimu"].tolist()
    assert column["divisor"] == 100


def test_parcels_of_the_plan_and_others_share_no_parcel() -> None:
    layers = {layer.name: layer for layer in plan_layers(hand_made_content())}
    ids = [set(layers[name].frame["parcel_id"]) for name in ("parcels", "other_parcels")]
    assert not ids[0] & ids[1]
    assert len(ids[0] | ids[1]) == 400
    assert "H002" not in set(layers["hubs"].frame["hub_id"])


def test_an_infeasible_run_draws_what_there_is() -> None:
    names = [layer.name for layer in plan_layers(shortfall_content())]
    assert names == ["districts", "other_parcels"]


def test_a_map_without_ground_is_still_a_map() -> None:
    content = replace(hand_made_content(), ground=Ground())
    assert find_pictures(content) == {}
    assert map_html(content).startswith(b"<!DOCTYPE html>")


def test_without_land_there_is_no_map() -> None:
    content = shortfall_content()
    tables = content.tables
    empty = replace(tables, parcels=tables.parcels.head(0), districts=tables.districts.head(0))
    with pytest.raises(InputError) as caught:
        map_html(replace(content, tables=empty))
    assert caught.value.key == "map-no-area"


def test_settings_come_from_the_parameter_file() -> None:
    assert MapSettings.read().eligibility_cell_m == 500


def test_every_text_that_the_scripts_ask_for_exists() -> None:
    from importlib import resources  # noqa: PLC0415  # only here

    folder = resources.files("sandgrid.export.maps") / "assets"
    code = "".join(p.read_text("utf-8") for p in folder.iterdir() if p.name.endswith(".js"))
    asked = set(re.findall(r'say\(app, "([a-z-]+)"', code))
    asked |= set(re.findall(r'S\.text\((?:app\.)?plan, "([a-z-]+)"', code))
    assert {f"map-{key}" for key in asked if not key.endswith("-")} <= set(message_catalogue())
    assert len(asked) > 20
