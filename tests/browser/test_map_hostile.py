"""Hostile text in every place that can hold text appears as text."""

from dataclasses import fields, replace

import geopandas as gpd
import pandas as pd
import pytest

from sandgrid.export.maps import Ground, MapContent, MapTables, Source, Words, map_html
from sandgrid.export.maps.content import SequenceStep

from .conftest import OpenMap
from .map_world import hand_made_content, shortfall_content

pytestmark = pytest.mark.browser

PAYLOADS = {
    "script": "<script>window.hacked=1</script></script><script>window.hacked=1</script>",
    "handler": "<img src=x onerror=window.hacked=1>\"'><svg onload=window.hacked=1>\\\"'",
    "template": "${window.hacked=1}`${alert(1)}`{{ 7*7 }}{% raw %}<b>{# x #}",
    "right-to-left": "\u202egnp.\u2066abc\u2069\u2028\u2029<i>",
    "comment": "<!--<script>]]>&lt;img onerror=1&gt;<iframe srcdoc=x>",
}
CODES = frozenset(
    {"parcel_id", "site_id", "hub_id", "technology", "dune_class", "kind", "place", "role"}
)
NEEDED = frozenset({"technology", "road_class", "kind"})


def _poisoned(frame: pd.DataFrame, bad: str) -> pd.DataFrame:
    """Put hostile text into every text column that is not a code of the package."""
    texts = [
        name
        for name in frame.columns
        if name != "geometry" and name not in CODES and frame[name].dtype == "str"
    ]
    return frame.assign(**dict.fromkeys(texts, bad))


def hostile_content(bad: str) -> MapContent:
    content = hand_made_content()
    tables = content.tables
    kept = {"parcels": tables.parcels.head(8), "treatments": tables.treatments.head(4)}
    changed = {
        entry.name: _poisoned(kept.get(entry.name, getattr(tables, entry.name)), bad)
        for entry in fields(MapTables)
    }
    changed["parcel_use"] = changed["parcel_use"].head(4)
    texts = replace(
        content.texts,
        title=Words(bad, bad),
        status=Words(bad, bad),
        as_of=bad,
        sources=(Source(Words(bad, bad), bad, bad, bad, synthetic=True),),
        names={bad: Words(bad, bad)},
    )
    places = content.ground.places
    assert isinstance(places, gpd.GeoDataFrame)
    reasons = content.ground.reasons
    assert reasons is not None
    rules = tuple(replace(rule, title=Words(bad, bad), document=bad) for rule in reasons.rules)
    ground = Ground(
        lines=content.ground.lines,
        places=places.assign(name=bad),
        reasons=replace(reasons, rules=rules),
    )
    short = pd.DataFrame(
        {"district_id": [bad], "year": [2030], "zh": [bad], "en": [bad], "share": [0.5]}
    )
    return replace(
        content,
        tables=MapTables(**changed),
        texts=texts,
        ground=ground,
        shortfalls=short,
        steps={bad: (SequenceStep(bad, 0, (4,)), SequenceStep(bad, 1, ()))},
        approval=bad,
    )


@pytest.mark.parametrize("name", PAYLOADS)
def test_hostile_text_is_text(open_map: OpenMap, name: str) -> None:
    bad = PAYLOADS[name]
    content = hostile_content(bad)
    beside = replace(content, ground=Ground())
    html = map_html(content, beside)
    opened = open_map(html, name="map<img src=x onerror=alert(1)>${alert(1)}`'.html")
    opened.run("sandgrid_b.ready")
    shown = 0
    for lang in ("zh", "en"):
        opened.run(f"sandgrid.setLang('{lang}')")
        for layer, count in opened.run("sandgrid.counts()"):
            if count and opened.run(f"sandgrid.layerHasCard('{layer}')"):
                opened.run(f"sandgrid.open('{layer}', 0)")
                values = opened.page.locator(".sg-first .sg-card dd").all_inner_texts()
                shown += opened.run("document.querySelector('.sg-card').textContent").count(bad)
                assert values
    opened.run("sandgrid.clickAt(121.56, 44.03)")
    assert bad in opened.run("document.querySelector('.sg-why').textContent")
    opened.run("window.dispatchEvent(new Event('beforeprint'))")
    assert bad in opened.run("document.querySelector('.sg-print').textContent")
    opened.page.locator(".sg-first .sg-search").fill(bad)
    found = opened.page.locator(".sg-first .sg-result b").all_text_contents()
    assert bad in found
    texts = opened.run("document.querySelector('.sg-page').textContent")
    assert texts.count(bad) >= 8
    assert shown >= 20
    foreign = ":is(.sg-page, .sg-print) :is(img, svg, iframe, script)"
    assert opened.run(f"document.querySelectorAll('{foreign}').length") == 0
    assert opened.run("window.hacked") is None
    assert opened.page.title().replace(" ", "") != ""
    assert opened.errors == []
    assert opened.requests == []


def test_hostile_shortfalls_are_text(open_map: OpenMap) -> None:
    bad = PAYLOADS["handler"]
    content = shortfall_content()
    short = content.shortfalls.assign(zh=bad, en=bad)
    repairs = (Words(bad, bad),)
    opened = open_map(map_html(replace(content, shortfalls=short, repairs=repairs)))
    assert opened.page.locator(".sg-shortfalls").inner_text().count(bad) == len(short) + 1
    assert opened.errors == []
