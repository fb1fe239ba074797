"""The parts of the map that need no browser: geometry, pictures, texts, bytes."""

import base64
import gzip
import io
import json
import re
from dataclasses import replace
from typing import Any

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

from sandgrid.errors import InputError, ScenarioError
from sandgrid.export.maps import (
    Ground,
    MapSettings,
    Words,
    erosion_field,
    find_basemaps,
    map_html,
    palette,
    publish,
    read_carried,
)
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
from sandgrid.export.maps.payload import encode_pictures, safe_json
from sandgrid.export.maps.pictures import ground_picture, mercator_geobox, warp_array
from sandgrid.export.maps.reasons import coarse_reasons, judge_parcels
from sandgrid.export.maps.underlay import Reasons, RuleText
from sandgrid.messages import message_catalogue
from sandgrid.parcels.shelter import LOSS, Coarse
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


def test_erosion_is_drawn_by_the_classes_of_sl_190_where_land_is_lost() -> None:
    content = hand_made_content()
    shade = content.ground.hillshade
    assert shade is not None
    loss = np.zeros(shade.geobox.shape, dtype=np.float64)
    middle = loss.shape[1] // 2
    loss[:, :middle], loss[:, -3:] = 30.0, 1.0
    coarse = Coarse(shade.geobox, 1, {LOSS: loss})
    ground = replace(content.ground, erosion=erosion_field(coarse))
    picture = find_pictures(replace(content, ground=ground))["erosion"]
    image = np.array(Image.open(io.BytesIO(picture.png)).convert("RGBA"))
    row = image[image.shape[0] // 2]
    assert row[image.shape[1] // 4].tolist() == [*palette.EROSION[1], 255]
    assert row[-2, 3] == 0  # slight loss is not drawn
    (entry,) = [e for e in json.loads(encode_pictures(replace(content, ground=ground)))
                if e["name"] == "erosion"]  # fmt: skip
    assert entry["classes"][1][1:] == ["中度 25–50 t/(ha·a)", "moderate 25–50 t/(ha·a)"]


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


def reasons_of(bits: np.ndarray, cell: float = 100.0) -> Reasons:
    geobox = GeoBox(bits.shape, Affine(cell, 0, 0, 0, -cell, cell * len(bits)), CRS)
    rules = (RuleText(("pv",), 0, Words("甲", "a"), ""), RuleText(("pv",), 3, Words("乙", "b"), ""))
    return Reasons({"pv": bits.astype(np.uint32)}, geobox, rules, outside_bits=1 << 31)


def test_each_parcel_is_told_what_is_against_it() -> None:
    """Four parcels of 2 x 1 cells: all eligible, half by one rule, all by two, and a crumb."""
    bits = np.array([[0, 0], [1, 0], [9, 9]])
    boxes = [shapely.box(0, 200, 200, 300), shapely.box(0, 100, 200, 200)]
    crumb = shapely.box(110, 10, 112, 12)
    boxes += [shapely.box(0, 0, 200, 100), crumb]
    frame = gpd.GeoDataFrame(geometry=boxes, crs=CRS)
    found = judge_parcels(frame.iloc[:3], reasons_of(bits))
    assert found == {"pv": [None, [50, 0, 50], [0, 0, 100, 3, 100]]}
    assert judge_parcels(frame.iloc[3:], reasons_of(bits)) == {"pv": [[0, 0, 100, 3, 100]]}
    assert judge_parcels(frame, reasons_of(np.zeros((3, 2)))) == {"pv": [None] * 4}
    assert judge_parcels(frame.head(0), reasons_of(bits)) == {"pv": []}


def test_a_coarse_cell_goes_by_the_larger_part_and_names_the_widest_reason() -> None:
    """10 x 10 cells become one: 60 % free, then 40 % free with reasons on 35 % and 25 %."""
    bits = np.zeros((10, 20))
    bits[:4, :10] = 1
    bits[:6, 10:] = 1
    bits[:2, 10:15] = 8
    bits[:3, 15:] = 8
    source = reasons_of(bits)
    target = GeoBox((1, 2), Affine(1000, 0, 0, 0, -1000, 1000), CRS)
    raster = coarse_reasons(source, "pv", target)
    assert raster.cells.tolist() == [[1, 2]]
    assert raster.codes == (1,)
    assert raster.encode().hex() == "0203"


def test_outside_the_area_nothing_is_told() -> None:
    source = reasons_of(np.full((10, 10), 1 << 31))
    target = GeoBox((1, 1), Affine(1000, 0, 0, 0, -1000, 1000), CRS)
    assert coarse_reasons(source, "pv", target).cells.tolist() == [[0]]


def test_a_page_gives_its_ground_back() -> None:
    content = hand_made_content()
    carried = read_carried(map_html(content), "map.html")
    again = replace(content, ground=Ground(carried=carried))
    assert map_html(again) == map_html(content)
    assert carried.sources == content.texts.sources


@pytest.mark.parametrize("page", [b"", b"<html>", b"\xff" * 40])
def test_a_page_of_others_is_refused(page: bytes) -> None:
    with pytest.raises(InputError) as caught:
        read_carried(page, "map.html")
    assert caught.value.key == "map-not-a-page"


def test_a_damaged_page_is_refused() -> None:
    page = map_html(shortfall_content())
    place = page.index(b'id="sandgrid-plan">') + 60
    with pytest.raises(InputError):
        read_carried(page[:place] + b"AAAAAAAA" + page[place + 8 :], "map.html")


def shown_layers(page: bytes) -> dict[str, Any]:
    block = re.search(rb'id="sandgrid-plan">([^<]*)<', page)
    assert block
    body = gzip.decompress(base64.b64decode(block[1]))
    size = int.from_bytes(body[:4], "little")
    header: dict[str, Any] = json.loads(body[4 : 4 + size])
    return header


@pytest.mark.parametrize("ground", ["own", "carried"])
def test_a_public_map_is_coarse_and_keeps_the_power_system_to_itself(ground: str) -> None:
    content = hand_made_content()
    if ground == "carried":
        brought = read_carried(map_html(content), "map.html")
        content = replace(content, ground=Ground(carried=brought))
    page = map_html(publish(content))
    header = shown_layers(page)
    names = {layer["name"] for layer in header["layers"]}
    assert not names & {"substations", "hubs", "trunks", "power_lines"}
    assert {"parcels", "treatments", "turbines", "roads"} <= names
    step_m = np.cos(np.radians(44.2)) * EARTH_M / 2**LEVEL
    assert all(2 ** layer["coarse"] * step_m >= 50 for layer in header["layers"])
    assert "库伦 220 千伏变电站" not in json.dumps(header, ensure_ascii=False)
    assert header["bounds"] == [[44.0, 121.5], [44.18, 121.75]]


def test_land_that_is_treated_whole_is_written_once() -> None:
    content = hand_made_content()
    tables = content.tables
    shapes = tables.parcels.set_index("parcel_id").geometry
    whole = tables.treatments.set_geometry(
        gpd.GeoSeries([shapes[p] for p in tables.treatments["parcel_id"]], crs=CRS)
    )
    layers = {
        layer.name: layer
        for layer in plan_layers(replace(content, tables=replace(tables, treatments=whole)))
    }
    twin = layers["treatments"].twin
    assert twin is not None
    ids = layers["parcels"].frame["parcel_id"].tolist()
    assert [ids[row] for row in twin.rows] == whole["parcel_id"].tolist()
    assert layers["treatments"].encode().hex() == "00000000"


def test_online_basemaps_open_the_policy_for_their_hosts_only() -> None:
    content = hand_made_content()
    online = replace(content, basemaps=find_basemaps(["gaode-map", "tianditu-image"], "abc"))
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', map_html(online).decode())
    assert policy
    pictures = "img-src data: blob: https://*.is.autonavi.com https://*.tianditu.gov.cn;"
    assert pictures in policy[1]
    assert "default-src 'none'" in policy[1]
    assert "http" not in re.findall(r"img-src [^;]*", map_html(content).decode())[0]


@pytest.mark.parametrize("key", ["", "a b", "<script>", "a" * 65, "x&tk=1"])
def test_a_key_that_is_none_is_refused(key: str) -> None:
    with pytest.raises(ScenarioError) as caught:
        find_basemaps(["tianditu-map"], key)
    assert caught.value.key == "map-basemap-key"


def test_an_unknown_basemap_is_refused() -> None:
    with pytest.raises(ScenarioError, match="gaode-map"):
        find_basemaps(["osm"])
