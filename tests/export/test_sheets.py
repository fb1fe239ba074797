import re
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
import shapely
import world
from hypothesis import given
from hypothesis import strategies as st

from sandgrid.errors import OutputError
from sandgrid.export.maps.content import Words
from sandgrid.export.sheets import SheetSource, chosen_parcels, make_sheet, parcel_sheets
from sandgrid.export.sketch import _round_length, draw_sketch
from sandgrid.export.words import safe_cell, safe_name, word_of

PAYLOADS = (
    "<script>alert(1)</script>", "<img src=x onerror=alert(1)>", '"><svg onload=alert(1)>',
    "{{ 7*7 }}", "${alert(1)}", "'; alert(1); '", "</td></table>", "&lt;b&gt;",
)  # fmt: skip


@pytest.fixture
def source() -> SheetSource:
    return SheetSource(world.tables(), world.scenario(), {}, synthetic=True)


class Page(HTMLParser):
    """Collects tags and text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.text: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        assert not any(name.startswith("on") for name, _ in attrs)
        assert not any(name in ("src", "href") for name, _ in attrs)

    def handle_data(self, data: str) -> None:
        self.text.append(data.strip())


def pages(source: SheetSource, sheets: int | list[str] = 5) -> dict[str, Page]:
    return {name: Page(text) for name, text in parcel_sheets(source, sheets, lang="zh")}


def test_the_largest_treated_parcels_get_a_page(source: SheetSource) -> None:
    assert list(pages(source, 1)) == ["sheets/P000001_库伦旗-科尔沁左翼中旗花吐古拉镇.html"]
    assert chosen_parcels(source.tables["parcel_use"], 0) == []


def test_a_parcel_without_part_in_the_plan_is_refused(source: SheetSource) -> None:
    with pytest.raises(OutputError, match="P000003"):
        pages(source, ["P000003"])


def test_a_page_says_what_when_and_with_how_much(source: SheetSource) -> None:
    text = " ".join(pages(source)["sheets/P000001_库伦旗-科尔沁左翼中旗花吐古拉镇.html"].text)
    for said in ("1,500.00 亩 mu", "2,550,000 元 CNY", "6,000.0 工日", "712.5 t", "草方格沙障",
                 "国有治沙站", "3-5, 9-11", "2025"):  # fmt: skip
        assert said in text


def test_steps_follow_the_sequence_of_the_scenario(source: SheetSource) -> None:
    steps = make_sheet(source, "P000001").tasks[0].steps
    assert [(step.measure, step.year) for step in steps] == [
        ("straw_grid", 2024), ("shrub", 2025), ("enclosure", 2025),
    ]  # fmt: skip


@pytest.mark.parametrize("payload", PAYLOADS)
def test_hostile_text_appears_as_text(source: SheetSource, payload: str) -> None:
    plain = pages(source)
    for column in ("village", "holder", "implementer", "collective", "district"):
        source.tables["parcels"][column] = payload
    for page, before in zip(pages(source).values(), plain.values(), strict=True):
        assert payload in page.text
        assert page.tags == before.tags


def test_a_page_asks_nothing_of_the_network(source: SheetSource) -> None:
    for _, text in parcel_sheets(source, 5, lang="en"):
        assert not re.search(r"https?://(?!evil)", text)
        assert "default-src 'none'" in text


def test_the_sketch_keeps_shape_and_scale(source: SheetSource) -> None:
    sketch = draw_sketch(source.tables, "P000001")
    corners = [tuple(map(float, pair.split())) for pair in
               sketch.parcel.strip("MZ").split("L")]  # fmt: skip
    side = np.ptp([x for x, _ in corners])
    assert np.ptp([y for _, y in corners]) == pytest.approx(side, abs=0.2)
    assert sketch.bar_px / sketch.bar_m == pytest.approx(side / 1000, rel=0.01)
    assert draw_sketch(source.tables, "P000002").turbines != ()


@pytest.mark.parametrize(("metres", "bar"), [(0.2, 1), (9, 5), (10, 10), (460, 200), (5200, 5000)])
def test_the_scale_bar_is_a_round_length(metres: float, bar: int) -> None:
    assert _round_length(metres) == bar


def test_a_broken_polygon_is_still_drawn(source: SheetSource) -> None:
    bowtie = shapely.Polygon([(-2000, 0), (-1000, 1000), (-1000, 0), (-2000, 1000)])
    source.tables["parcels"].loc[0, "geometry"] = bowtie
    assert draw_sketch(source.tables, "P000001").parcel.count("M") == 2


@given(text=st.text(), serial=st.integers(1, 999_999))
def test_file_names_are_plain_short_and_counted(text: str, serial: int) -> None:
    name = safe_name("P", serial, text)
    assert re.fullmatch(r"P\d{6}(_[^\W_]+(-[^\W_]+)*)?", name)
    assert len(name.encode()) <= 88
    assert Path(name).name == name


@pytest.mark.parametrize("text", ["../../evil", "/abs", "CON", "a\0b", "x" * 300, "科尔沁/左翼"])
def test_known_evil_names_are_tamed(text: str) -> None:
    assert not set("/\\:.\0") & set(safe_name("P", 1, text))


@given(text=st.text())
def test_no_cell_of_a_csv_starts_a_formula(text: str) -> None:
    assert not safe_cell(text).startswith(("=", "+", "-", "@", "\t", "\r"))


def test_names_given_come_before_those_of_the_catalogue() -> None:
    names = {"aerial": Words("无人机飞播", "drone seeding")}
    assert word_of("sequence_id", "aerial", lang="zh", names=names) == "无人机飞播"
