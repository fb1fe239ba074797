"""The map in a browser: from a file, with the network off, by mouse and by finger."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pandas as pd
import pytest

from sandgrid.export.maps import MapContent, Words, draw_map, map_html

from .conftest import DESKTOP, PHONE, Opened, OpenMap, Pages
from .map_world import hand_made_content, shortfall_content

pytestmark = pytest.mark.browser

VIEWS = {"desktop": DESKTOP, "phone": PHONE}
LEAST_SHARE = 0.95


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
    one_page.page.locator(".sg-search").fill("")
    one_page.run("sandgrid.look(121.62, 44.09, 12)")
    one_page.settle()
    return one_page


def planned_points(content: MapContent) -> pd.DataFrame:
    """Position and expected card of every parcel of the plan."""
    parcels = content.tables.parcels.set_index("parcel_id")
    use = content.tables.parcel_use.set_index("parcel_id")
    points = parcels.loc[use.index].representative_point().to_crs("EPSG:4490")
    return use.assign(lon=points.x, lat=points.y)


# A parcel under a button or a panel is first brought to the middle, as a hand would do.
SPOT = """([lon, lat]) => {
  const at = sandgrid.pixelAt(lon, lat);
  const top = document.elementFromPoint(at.x, at.y);
  if (top && !top.closest('.sg-page, .leaflet-control')) return at;
  sandgrid.look(lon, lat, sandgrid.map.getZoom());
  return sandgrid.pixelAt(lon, lat);
}"""


def find_spot(opened: Opened, row: pd.Series) -> tuple[float, float]:
    opened.run("sandgrid.close()")
    spot = opened.page.evaluate(SPOT, [row["lon"], row["lat"]])
    return spot["x"], spot["y"]


def card_value(opened: object, key: str) -> str:
    return opened.page.locator(f'.sg-card dd[data-key="{key}"]').inner_text()


@pytest.mark.parametrize("view", VIEWS)
def test_nothing_leaves_the_page_and_nothing_fails(
    open_map: OpenMap, html: bytes, view: str
) -> None:
    opened = open_map(html, view=VIEWS[view])
    opened.shot(f"map-{view}")
    opened.run("sandgrid.look(121.55, 44.03, 12)")
    opened.shot(f"map-{view}-near")
    assert opened.requests == []
    assert opened.errors == []


def test_it_draws_without_decompression_stream(open_map: OpenMap, html: bytes) -> None:
    opened = open_map(html, before="delete window.DecompressionStream")
    assert dict(opened.run("sandgrid.counts()"))["parcels"] == len(
        hand_made_content().tables.parcel_use
    )
    assert opened.errors == []


def check_card(opened: Opened, parcel: str, row: pd.Series) -> bool:
    """Hold a card against the tables; return whether it is the card of the parcel."""
    card = opened.run(CARD)
    if not card or card["id"] != parcel:
        return False
    assert card["treated_centimu"] == f"{row['treated_centimu'] / 100:,.2f} 亩"
    assert card["pv_kw"] == f"{row['pv_kw'] / 1000:g} MW"
    assert card["wind_kw"] == f"{row['wind_kw'] / 1000:g} MW"
    return True


CARD = """(() => {
  const id = document.querySelector('.sg-card-id');
  if (!id) return null;
  const cells = [...document.querySelectorAll('.sg-card dd')];
  const values = cells.map(d => [d.dataset.key, d.innerText]);
  return Object.fromEntries([...values, ['id', id.innerText]]);
})()"""


def test_parcels_answer_a_click_with_their_own_figures(opened: Opened, content: MapContent) -> None:
    hits = 0
    points = planned_points(content).iloc[::3]
    for parcel, row in points.iterrows():
        opened.page.mouse.click(*find_spot(opened, row))
        hits += check_card(opened, parcel, row)
    assert hits >= LEAST_SHARE * len(points)
    assert opened.errors == []


def test_parcels_answer_a_finger_with_their_own_figures(
    open_map: OpenMap, html: bytes, content: MapContent
) -> None:
    opened = open_map(html, view=PHONE)
    opened.run("sandgrid.map.doubleClickZoom.disable()")
    points = planned_points(content).iloc[::5]
    hits = 0
    for parcel, row in points.iterrows():
        opened.page.touchscreen.tap(*find_spot(opened, row))
        opened.page.wait_for_selector(".sg-card-id")  # the click follows the tap when there is time
        hits += check_card(opened, parcel, row)
    assert hits >= LEAST_SHARE * len(points)
    assert opened.errors == []


def test_every_parcel_is_under_its_own_point(
    open_map: OpenMap, html: bytes, content: MapContent
) -> None:
    opened = open_map(html, view=PHONE)
    points = planned_points(content)
    asked = [[row["lon"], row["lat"]] for _, row in points.iterrows()]
    found = opened.run(f"{asked}.map(p => sandgrid.hitsAt(...p).map(hit => hit[1]))")
    under = sum(parcel in hits for parcel, hits in zip(points.index, found, strict=True))
    assert under == len(points)


def test_slider_restyles(opened: Opened) -> None:
    prints = set()
    for place in range(7):
        opened.page.locator(".sg-range").fill(str(place))
        opened.settle()
        prints.add(opened.run(TILES))
        assert str(2024 + place) in opened.page.locator(".sg-yearLabel").inner_text()
    assert len(prints) == 7
    opened.page.locator(".sg-range").fill("1")
    opened.page.locator(".sg-colour select").select_option("year")
    opened.shot("map-desktop-by-year")
    opened.page.locator(".sg-colour select").select_option("measure")


TILES = """[...document.querySelectorAll('.sg-tiles canvas')].map(c => c.toDataURL()).join('|')"""


def test_layers_can_be_hidden(opened: Opened) -> None:
    full = opened.run(TILES)
    opened.page.locator('input[data-layer="treatments"]').uncheck()
    opened.settle()
    assert opened.run(TILES) != full
    opened.page.locator('input[data-layer="eligible-pv"]').check()
    assert opened.page.locator("img.leaflet-image-layer").count() == 2
    opened.shot("map-desktop-eligible")
    opened.page.locator('input[data-layer="eligible-pv"]').uncheck()
    opened.page.locator('input[data-layer="treatments"]').check()


@pytest.mark.parametrize(
    ("words", "first", "count"),
    [
        ("P000106", "P000106", 1),
        ("p000106", "P000106", 1),
        ("TB-0105", "TB-0105", 1),
        ("哈图嘎查2经济", "哈图嘎查2经济合作社", 40),
        ("S001", "S001", 1),
        ("额勒顺", "额勒顺", 1),
    ],
)
def test_search_finds(opened: Opened, words: str, first: str, count: int) -> None:
    opened.page.locator(".sg-search").fill(words)
    top = opened.page.locator(".sg-result").first
    assert top.locator("b").inner_text() == first
    top.click()
    opened.settle()
    found = dict(opened.run(f"sandgrid.search({words!r})"))
    assert len(found[first]) == count
    assert opened.errors == []


def test_search_opens_the_card_on_a_phone(open_map: OpenMap, html: bytes) -> None:
    opened = open_map(html, view=PHONE)
    opened.page.locator(".sg-search").fill("P000106")
    opened.page.locator(".sg-result").first.click()
    assert opened.page.locator(".sg-card-id").inner_text() == "P000106"
    opened.shot("map-phone-card")


def test_language_switches(opened: Opened) -> None:
    assert opened.page.locator("h1").inner_text().startswith("库伦")
    opened.page.locator(".sg-language").click()
    assert opened.page.locator("h1").inner_text().startswith("Hure")
    assert opened.run("document.documentElement.lang") == "en"
    opened.run("sandgrid.show('P000106')")
    assert "Treated land" in opened.page.locator(".sg-card").inner_text()
    opened.shot("map-desktop-english")


def test_the_year_of_the_slider_is_the_year_of_a_substation(opened: Opened) -> None:
    opened.run("sandgrid.show('B01')")
    assert card_value(opened, "connected_kw") == "600 MW"
    opened.run("sandgrid.setYear(2026)")
    assert card_value(opened, "connected_kw") == "200 MW"


def test_shortfalls_are_told_and_coloured(open_map: OpenMap) -> None:
    opened = open_map(map_html(shortfall_content()))
    text = opened.page.locator(".sg-shortfalls").inner_text()
    assert "缺 4,000 亩" in text
    assert "补救办法" in text
    assert "坡度上限放宽到 25 度" in text
    assert not opened.page.locator(".sg-slider").is_visible()
    opened.shot("map-desktop-shortfalls")
    assert opened.errors == []


def test_a_notebook_shows_it_without_network(open_page: OpenMap, content: MapContent) -> None:
    shown = draw_map(content)._repr_html_()
    opened = open_page(f"<!doctype html><body>{shown}</body>".encode())
    frame = opened.page.frames[-1]
    frame.wait_for_function("window.sandgrid")
    frame.evaluate("sandgrid.ready")
    assert frame.locator("h1").inner_text().startswith("库伦")
    assert [address for address in opened.requests if not address.startswith("about:")] == []
    assert opened.errors == []


def test_a_foreign_script_does_not_run(open_map: OpenMap, html: bytes) -> None:
    opened = open_map(html)
    opened.run(
        "document.body.insertAdjacentHTML('beforeend', "
        '\'<img src=x onerror="window.hacked=1"><svg onload="window.hacked=1">\')'
    )
    opened.page.wait_for_timeout(100)
    assert opened.run("window.hacked") is None


def test_the_title_may_be_hostile_too(open_map: OpenMap, content: MapContent) -> None:
    bad = "</title><script>window.hacked=1</script>${window.hacked=2}"
    texts = replace(content.texts, title=Words(bad, bad), status=Words(bad, bad))
    opened = open_map(map_html(replace(content, texts=texts)))
    assert opened.page.title() == bad
    assert opened.run("window.hacked") is None
