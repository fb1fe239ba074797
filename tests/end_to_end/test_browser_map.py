"""The map of a real run in Chromium, with the network off, held against plan.gpkg."""

import os
import shutil
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from browser.conftest import ARGUMENTS, Opened, Pages

from sandgrid.pipeline import Result

from .folders import read_shapes, read_table

pytestmark = [
    pytest.mark.browser,
    pytest.mark.end_to_end,
]
LEAST_SHARE = 0.95
ZOOM = 13
CARD = """(() => {
  const id = document.querySelector('.sg-card-id');
  if (!id) return null;
  const cells = [...document.querySelectorAll('.sg-card dd')];
  const values = cells.map(d => [d.dataset.key, d.innerText]);
  return Object.fromEntries([...values, ['id', id.innerText]]);
})()"""


@dataclass(frozen=True)
class Walk:
    """What a page showed and did while every parcel was clicked."""

    cards: dict[str, dict[str, str] | None]
    least_zoom: float
    requests: list[str]
    errors: list[str]


@pytest.fixture(scope="module")
def chromium_path() -> str:
    program = shutil.which("chromium")
    if program is None:
        message = "Chromium is not installed; run `make setup-browser`"
        if os.environ.get("CI"):
            pytest.fail(message)
        pytest.skip(message)
    return program


@pytest.fixture(scope="module")
def planned(kulun: Result) -> pd.DataFrame:
    """Return figures and a place inside for every parcel of the plan."""
    use = read_table(kulun.folder, "parcel_use").set_index("parcel_id")
    shapes = read_shapes(kulun.folder, "parcels").set_index("parcel_id").loc[use.index]
    points = shapes.representative_point()
    return use.assign(lon=points.x, lat=points.y)


@pytest.fixture(scope="module")
def walk(
    chromium_path: str,
    kulun: Result,
    planned: pd.DataFrame,
    tmp_path_factory: pytest.TempPathFactory,
) -> Walk:
    """Click every parcel, in a thread of its own: another page may be open in this one."""
    html, folder = (kulun.folder / "map.html").read_bytes(), tmp_path_factory.mktemp("page")
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(_walk, chromium_path, html, folder, planned).result()


def _walk(program: str, html: bytes, folder: Path, planned: pd.DataFrame) -> Walk:
    from playwright.sync_api import sync_playwright  # noqa: PLC0415  # only with a browser

    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=program, args=list(ARGUMENTS))
        pages = Pages(browser, folder)
        opened = pages.open_map(html)
        opened.shot("kulun-quick")
        shown = [_click(opened, *place) for place in planned[["lon", "lat"]].to_numpy().tolist()]
        opened.shot("kulun-quick-near")
        pages.close()
        browser.close()
    cards = {str(name): card for name, (card, _) in zip(planned.index, shown, strict=True)}
    return Walk(cards, min(zoom for _, zoom in shown), opened.requests, opened.errors)


def _click(opened: Opened, lon: float, lat: float) -> tuple[Any, float]:
    opened.run(f"sandgrid.close(); sandgrid.look({lon}, {lat}, {ZOOM})")
    opened.settle()
    spot = opened.run(f"sandgrid.pixelAt({lon}, {lat})")
    opened.page.mouse.click(spot["x"], spot["y"])
    return opened.run(CARD), opened.run("sandgrid.map.getZoom()")


def test_nearly_every_planned_parcel_can_be_hit(walk: Walk) -> None:
    hits = [name for name, card in walk.cards.items() if card and card["id"] == name]
    assert walk.least_zoom >= ZOOM
    assert len(hits) >= LEAST_SHARE * len(walk.cards)


def test_a_card_says_what_the_plan_says(walk: Walk, planned: pd.DataFrame) -> None:
    for name, row in planned.iterrows():
        card = walk.cards[str(name)]
        if card and card["id"] == name:
            assert card["treated_centimu"] == f"{row['treated_centimu'] / 100:,.2f} 亩"
            assert card["pv_kw"] == f"{row['pv_kw'] / 1000:g} MW"
            assert card["wind_kw"] == f"{row['wind_kw'] / 1000:g} MW"


def test_nothing_leaves_the_page_and_nothing_fails(walk: Walk) -> None:
    assert walk.requests == []
    assert walk.errors == []
