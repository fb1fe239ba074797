"""Tools of the field team and of the office: reasons, position, mu, print, two plans, basemaps."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pyproj
import pytest
import shapely

from sandgrid.export.maps import Ground, MapContent, Words, find_basemaps, map_html, publish
from sandgrid.layers.gcj02 import to_gcj02

from .conftest import DESKTOP, PHONE, Opened, OpenMap, Pages
from .map_world import CRS, hand_made_content

pytestmark = pytest.mark.browser
PLACE = {"longitude": 121.62, "latitude": 44.09}


@pytest.fixture(scope="module")
def content() -> MapContent:
    return hand_made_content()


@pytest.fixture(scope="module")
def html(content: MapContent) -> bytes:
    return map_html(content)


@pytest.fixture(scope="module")
def one_page(
    chromium: Any, html: bytes, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Opened]:
    found = Pages(chromium, tmp_path_factory.mktemp("page"))
    yield found.open_map(html)
    found.close()


@pytest.fixture
def opened(one_page: Opened) -> Opened:
    """Return the shared page as it was when it opened."""
    one_page.run("sandgrid.close(); sandgrid.setLang('zh'); sandgrid.setYear(2030)")
    one_page.run("sandgrid.look(121.62, 44.09, 12)")
    return one_page


def lon_lat(x_m: float, y_m: float) -> tuple[float, float]:
    lon, lat = pyproj.Transformer.from_crs(CRS, 4490, always_xy=True).transform(x_m, y_m)
    return float(lon), float(lat)


def test_a_place_says_which_rule_is_against_it(opened: Opened, content: MapContent) -> None:
    """The middle of each land class is told as the raster behind it has it."""
    reasons = content.ground.reasons
    assert reasons is not None
    for row, column in ((12, 15), (12, 45), (37, 15), (110, 130), (187, 165)):
        lon, lat = lon_lat(column * 100 + 50, 20_000 - row * 100 - 50)
        found = opened.run(f"sandgrid.reasonsAt({lon}, {lat})")
        told = {one["use"]: [rule["bit"] for rule in one["rules"]] for one in found}
        for use, bits in reasons.bits.items():
            value = int(bits[row, column])
            assert told[use] == [bit for bit in range(32) if value >> bit & 1]
    assert opened.run("sandgrid.reasonsAt(100, 30)") is None


def test_a_click_tells_reasons_steps_and_status(opened: Opened, content: MapContent) -> None:
    spot = content.tables.parcels.set_index("parcel_id").loc[["P000205"]].representative_point()
    lon, lat = spot.to_crs("EPSG:4490").iloc[0].coords[0]
    opened.run(f"sandgrid.clickAt({lon}, {lat})")
    card = opened.page.locator(".sg-card")
    assert card.locator(".sg-card-id").inner_text() == "P000205"
    titles = card.locator(".sg-why summary").all_inner_texts()
    assert titles == ["地块可用性与原因", "此处约 500 m 格的可用性（按多数）"]
    steps = {"草方格＋灌木＋封育": "月", "灌木造林": "", "封沙育林育草": "年"}
    assert any(text in card.inner_text() for text in steps)
    use = content.tables.parcel_use.set_index("parcel_id").loc["P000205"]
    for year in (use["first_year"] - 1, use["first_year"], use["count_year"]):
        opened.run(f"sandgrid.setYear({year})")
        shown = {True: "待开工", False: "施工中"}[bool(year < use["first_year"])]
        shown = "已完成并计入" if year >= use["count_year"] else shown
        assert card.locator(".sg-status-chip").inner_text() == f"{year} 年末：{shown}"
    card.locator(".sg-why summary").first.click()
    opened.shot("map-desktop-reasons")


def test_steps_are_told_with_their_months(opened: Opened, content: MapContent) -> None:
    rows = content.tables.treatments
    parcel = rows.loc[rows["sequence_id"] == "straw_shrub", "parcel_id"].iloc[0]
    year = int(rows.set_index("parcel_id")["year"][parcel])
    opened.run(f"sandgrid.show('{parcel}')")
    steps = opened.page.locator(".sg-steps li").all_inner_texts()
    assert [" ".join(step.split()) for step in steps] == [
        f"{year} 年 3-5, 9 月： 草方格沙障",
        f"{year + 1} 年 4 月： 灌木造林",
    ]


def test_measured_land_is_that_of_the_ellipsoid(opened: Opened) -> None:
    corners = [(121.55, 44.03), (121.66, 44.02), (121.68, 44.11), (121.6, 44.13)]
    m2, metres = opened.run(f"sandgrid.measure({[list(c) for c in corners]})")
    to_mercator = pyproj.Transformer.from_crs(4326, 3857, always_xy=True)
    ring = shapely.segmentize(shapely.Polygon([to_mercator.transform(*c) for c in corners]), 20)
    lon, lat = to_mercator.transform(*np.array(ring.exterior.coords).T, direction="INVERSE")
    area, length = pyproj.Geod(ellps="GRS80").polygon_area_perimeter(lon, lat)
    assert m2 == pytest.approx(abs(area), rel=1e-6)
    assert metres == pytest.approx(length, rel=1e-6)


def test_measuring_reads_mu_and_opens_no_card(opened: Opened) -> None:
    opened.page.locator(".sg-tool-measure").click()
    for x, y in ((700, 300), (800, 300), (800, 420), (700, 420)):
        opened.page.mouse.click(x, y)
    text = opened.page.locator(".sg-measured").inner_text()
    assert "亩" in text
    corners = opened.run("sandgrid.state().measure")
    m2, _ = opened.run(f"sandgrid.measure({corners})")
    assert text.startswith(f"{m2 * 3 / 2000:,.2f} 亩（{m2 / 10_000:,.2f} 公顷）")
    assert not opened.page.locator(".sg-card").is_visible()
    opened.shot("map-desktop-measure")
    opened.page.locator(".sg-measure button").nth(0).click()
    assert len(opened.run("sandgrid.state().measure")) == 3
    opened.page.locator(".sg-tool-measure").click()
    opened.page.mouse.click(700, 300)
    assert opened.page.locator(".sg-card").is_visible()


def test_where_the_browser_refuses_it_points_to_the_other_files(
    open_map: OpenMap, html: bytes
) -> None:
    insecure = "Object.defineProperty(window, 'isSecureContext', { value: false })"
    opened = open_map(html, view=PHONE, before=insecure)
    opened.page.locator(".sg-tool-locate").click()
    text = opened.page.locator(".sg-message").inner_text()
    assert "plan.kmz" in text
    assert "--what kmz,gpx" in text
    assert "不允许" in text
    opened.shot("map-phone-locate-refused")
    opened.page.locator(".sg-message .sg-close").click()
    assert not opened.page.locator(".sg-message").is_visible()
    assert opened.errors == []


@pytest.mark.parametrize(("code", "told"), [(1, "plan.kmz"), (2, "没有定位信号"), (3, "空旷处")])
def test_a_failing_fix_is_told(open_map: OpenMap, html: bytes, code: int, told: str) -> None:
    fails = f"navigator.geolocation.getCurrentPosition = (ok, fail) => fail({{ code: {code} }})"
    opened = open_map(html, view=PHONE, before=fails)
    opened.page.locator(".sg-tool-locate").click()
    assert told in opened.page.locator(".sg-message").inner_text()


def test_a_fix_shows_where_i_am_and_what_is_there(open_map: OpenMap, html: bytes) -> None:
    view = {**PHONE, "geolocation": {**PLACE, "accuracy": 8}, "permissions": ["geolocation"]}
    opened = open_map(html, view=view)
    opened.page.locator(".sg-tool-locate").click()
    opened.page.wait_for_selector(".sg-card-id")
    assert "8 m" in opened.page.locator(".sg-message").inner_text()
    centre = opened.run("[sandgrid.map.getCenter().lng, sandgrid.map.getCenter().lat]")
    assert centre == pytest.approx(list(PLACE.values()), abs=0.01)
    opened.shot("map-phone-located")
    assert opened.errors == []
    assert opened.requests == []


def test_it_prints_with_legend_and_sources(open_map: OpenMap, html: bytes) -> None:
    opened = open_map(html)
    opened.run("window.dispatchEvent(new Event('beforeprint'))")
    opened.page.emulate_media(media="print")
    for hidden in (".sg-find", ".sg-tools", ".sg-language", ".sg-range"):
        assert not opened.page.locator(hidden).is_visible()
    assert "治沙（按措施序列）" in opened.page.locator(".sg-legend").inner_text()
    assert not opened.page.locator(".sg-unshown").first.is_visible()
    sources = opened.page.locator(".sg-print").inner_text()
    assert "沙化图斑: SandGrid demo, CC0, 2024-06-30 [合成]" in sources
    assert "2000/3" in sources
    opened.shot("map-print")
    assert len(opened.page.pdf(prefer_css_page_size=True)) > 50_000


def two_plans(content: MapContent) -> bytes:
    fewer = replace(content.tables, treatments=content.tables.treatments.iloc[::2])
    texts = replace(content.texts, title=Words("第二方案", "Second plan"))
    return map_html(content, replace(content, tables=fewer, texts=texts, ground=Ground()))


@pytest.mark.parametrize(
    "view",
    [pytest.param(DESKTOP, id="desktop"), pytest.param(PHONE, id="phone", marks=pytest.mark.slow)],
)
def test_two_plans_move_together(open_map: OpenMap, content: MapContent, view: Any) -> None:
    opened = open_map(two_plans(content), view=view)
    opened.run("sandgrid_b.ready")
    opened.run("sandgrid_b.painted()")
    opened.shot(f"map-pair-{'phone' if view is PHONE else 'desktop'}")
    assert opened.page.locator("h1").all_inner_texts()[1] == "第二方案"
    assert dict(opened.run("sandgrid_b.counts()"))["roads"] == 2
    opened.run("sandgrid.look(121.6, 44.1, 13)")
    assert opened.run("sandgrid_b.map.getZoom()") == 13
    opened.run("sandgrid_b.look(121.63, 44.09, 12)")
    centre = opened.run("[sandgrid.map.getCenter().lng, sandgrid.map.getCenter().lat]")
    assert centre == pytest.approx([121.63, 44.09], abs=1e-3)
    opened.run("sandgrid.setYear(2026); sandgrid.setLang('en')")
    assert opened.run("[sandgrid_b.state().year, sandgrid_b.state().lang]") == [2026, "en"]
    opened.run("sandgrid.show('P000205')")
    assert opened.page.locator(".sg-card-id").all_inner_texts() == ["P000205", "P000205"]
    assert opened.requests == []
    assert opened.errors == []


def test_two_plans_can_be_reduced_to_what_differs(open_map: OpenMap, content: MapContent) -> None:
    opened = open_map(two_plans(content))
    opened.run("sandgrid_b.ready")
    before = opened.run(SECOND)
    opened.run("sandgrid.setShown('parcels', false)")
    opened.page.locator(".sg-first .sg-fold").click()
    opened.page.locator(".sg-first .sg-legend label", has_text="只看两方案的差别").click()
    opened.run("sandgrid_b.painted()")
    assert opened.run(SECOND) != before
    assert opened.run("[sandgrid.state().differing, sandgrid_b.state().differing]") == [True, True]
    opened.shot("map-pair-differing")


SECOND = """[...document.querySelectorAll('.sg-second .sg-tiles canvas')]
  .map(c => c.toDataURL()).join()"""


def test_no_basemap_is_asked_for_before_it_is_chosen(
    open_map: OpenMap, content: MapContent
) -> None:
    online = replace(content, basemaps=find_basemaps(["gaode-map", "tianditu-map"], "abc123"))
    opened = open_map(map_html(online))
    opened.run("sandgrid.look(121.62, 44.09, 13)")
    assert opened.requests == []
    opened.page.locator(".sg-basemap").select_option("gaode-map")
    opened.page.wait_for_timeout(300)
    assert opened.requests
    assert all("autonavi.com/appmaptile" in address for address in opened.requests)
    assert opened.run("sandgrid.pixelAt(121.62, 44.09)") == {"x": 680, "y": 425}
    opened.requests.clear()
    opened.page.locator(".sg-basemap").select_option("tianditu-map")
    opened.page.wait_for_timeout(300)
    assert all("tianditu.gov.cn" in address for address in opened.requests)
    assert any("tk=abc123" in address for address in opened.requests)


def test_the_shift_of_a_basemap_is_that_of_the_importer(opened: Opened) -> None:
    places = np.array([(119.2, 42.2), (121.6, 44.1), (123.7, 45.7), (122.24, 43.65)])
    shown = np.array(opened.run(f"{places.tolist()}.map(p => sandgrid.toGcj(...p))"))
    assert np.abs(shown - to_gcj02(places)).max() < 1e-9


TILE_OF = """() => {
  const tiles = [...document.querySelectorAll('.leaflet-sg-basemap-pane img')];
  return tiles.map(t => [t.src, t.getBoundingClientRect().left, t.getBoundingClientRect().top,
    t.getBoundingClientRect().width]);
}"""


def test_a_shifted_basemap_lies_right(open_map: OpenMap, content: MapContent) -> None:
    """The tile that holds the shifted place of the centre has that place at the centre."""
    opened = open_map(map_html(replace(content, basemaps=find_basemaps(["gaode-map"]))))
    opened.run("sandgrid.look(121.62, 44.09, 14)")
    opened.page.locator(".sg-basemap").select_option("gaode-map")
    opened.page.wait_for_timeout(300)
    (lon, lat) = to_gcj02(np.array([[121.62, 44.09]]))[0]
    x, y = pyproj.Transformer.from_crs(4326, 3857, always_xy=True).transform(lon, lat)
    side = 40_075_016.686 / 2**14
    column, row = (x / side + 2**13), (2**13 - y / side)
    wanted = f"&x={int(column)}&y={int(row)}&z=14"
    tile = next(t for t in opened.page.evaluate(TILE_OF) if t[0].endswith(wanted))
    assert tile[1] + (column % 1) * tile[3] == pytest.approx(680, abs=1)
    assert tile[2] + (row % 1) * tile[3] == pytest.approx(425, abs=1)


def test_the_public_map_works_like_the_other(open_map: OpenMap, content: MapContent) -> None:
    opened = open_map(map_html(publish(content, approval="审图号：<b>示例</b>")))
    opened.run("sandgrid.show('P000205')")
    assert opened.page.locator(".sg-card-id").inner_text() == "P000205"
    assert opened.page.locator('input[data-layer="substations"]').count() == 0
    opened.shot("map-public")
    assert opened.errors == []
