import io
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pypdf
import pytest
import shapely
import world
from hypothesis import given
from hypothesis import strategies as st

from sandgrid.errors import OutputError
from sandgrid.export.content import PlanContent
from sandgrid.export.maps.content import Words
from sandgrid.export.sheets import chosen_parcels, parcel_sheets
from sandgrid.export.sketch import draw_sketch, round_length
from sandgrid.export.steps import steps_of, subsidy_of
from sandgrid.export.words import safe_cell, safe_name, word_of

HOSTILE = ('" #read("x") $', "#let x = 1", "*a* _b_ [c] @d", "{{ 7*7 }}", "\\u{41}", "${alert(1)}")


@pytest.fixture
def content() -> PlanContent:
    return world.content()


def text_of(pdf: bytes) -> str:
    found = "".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(pdf)).pages)
    return re.sub(r"\s+", "", found)


def papers(content: PlanContent, sheets: int | list[str] = 5) -> dict[str, str]:
    return {name: text_of(pdf) for name, pdf in parcel_sheets(content, sheets)}


def test_the_largest_treated_parcels_get_a_paper(content: PlanContent) -> None:
    names = list(papers(content))
    assert [name[:14] for name in names] == ["sheets/P000001", "sheets/P000002"]
    assert all(name.endswith(".pdf") for name in names)


def test_a_parcel_without_part_in_the_plan_is_refused(content: PlanContent) -> None:
    with pytest.raises(OutputError, match="P000003"):
        papers(content, ["P000003"])


def test_a_paper_says_what_when_where_with_how_much_and_for_whom(content: PlanContent) -> None:
    first = next(iter(papers(content, 1).values()))
    for part in ("流动沙地", "1,500.00亩", "6,000.0工日", "712.5t", "2,550,000元", "国有治沙站",
                 "责任人（填写）", "geo:43.000000,121.480000", "草方格沙障", "3-5,9-11月",
                 "第三年植被盖度不低于30%", "成活率不低于85%", "保存率不低于70%", "2024-06-30",
                 world.NAME):  # fmt: skip
        assert part in first, part


def test_a_paper_in_english_has_no_chinese_label(content: PlanContent) -> None:
    text = next(iter(papers(replace(content, lang="en"), 1).values()))
    assert "Planofoneparcel" in text
    assert "mobilesand" in text
    assert "流动" not in text


def test_steps_follow_the_sequence_of_the_scenario(content: PlanContent) -> None:
    row = {"sequence_id": "straw_shrub", "year": 2024, "parcel_id": "P000001"}
    steps = steps_of(row, {"seasons_0": "spring autumn"}, content)
    assert [step[1] for step in steps] == ["草方格沙障", "灌木造林", "封沙育林育草（围栏）"]
    assert [step[2] for step in steps] == ["2024", "2025", "2025"]
    assert steps[0][3] == "春季、秋季 （3-5, 9-11 月）"
    assert steps[0][4] == "475"


def test_subsidy_comes_in_steps_and_never_counts_an_unknown_rate(content: PlanContent) -> None:
    row = {"sequence_id": "shrub", "place": "off_site", "year": 2024, "area_centimu": 10_000}
    rows, note = subsidy_of(row, content)
    assert [step[0] for step in rows] == ["2024", "2025", "2027"]
    assert [step[3] for step in rows] == ["16,000", "12,000", "12,000"]
    assert "400 元/亩" in note
    parameters = content.scenario["parameters"]
    parameters["measure.shrub.subsidy_cny_per_mu"]["value"] = None
    unknown, _ = subsidy_of(row, content)
    assert {step[3] for step in unknown} == {"标准待定"}
    assert subsidy_of({**row, "place": "on_site"}, content)[0] == []


@pytest.mark.parametrize("payload", HOSTILE)
def test_hostile_text_appears_as_text(content: PlanContent, payload: str) -> None:
    content.tables["parcels"].loc[0, "holder"] = payload
    text = next(iter(papers(content, 1).values()))
    assert re.sub(r"\s+", "", payload) in text


def test_two_runs_write_the_same_bytes(content: PlanContent) -> None:
    assert dict(parcel_sheets(content, 1)) == dict(parcel_sheets(world.content(), 1))


def test_a_name_without_a_glyph_stops_the_paper(content: PlanContent) -> None:
    content.tables["parcels"].loc[0, "holder"] = "\u1820"
    with pytest.raises(OutputError, match=r"U\+1820"):
        papers(content, 1)


def test_the_sketch_keeps_shape_and_scale(content: PlanContent) -> None:
    sketch = draw_sketch(content.tables, "P000001")
    numbers = [float(n) for n in re.findall(r"[\d.]+", sketch.parcel)]
    corners = np.array(numbers).reshape(-1, 2)
    assert np.ptp(corners[:, 0]) == np.ptp(corners[:, 1])
    pixels_per_metre = np.ptp(corners[:, 0]) / 1000
    assert sketch.bar_px == pytest.approx(sketch.bar_m * pixels_per_metre, rel=0.01)
    assert sketch.treatments == sketch.parcel


@pytest.mark.parametrize(("metres", "nice"), [(0.4, 1), (1, 1), (19.9, 10), (20, 20), (731, 500)])
def test_the_scale_bar_is_a_round_length(metres: float, nice: int) -> None:
    assert round_length(metres) == nice


def test_a_broken_polygon_is_still_drawn(content: PlanContent) -> None:
    bowtie = shapely.Polygon([(-2000, 0), (-1000, 1000), (-1000, 0), (-2000, 1000)])
    content.tables["parcels"].loc[0, "geometry"] = bowtie
    assert draw_sketch(content.tables, "P000001").parcel.startswith("M")


@given(text=st.text(max_size=60))
def test_a_file_name_holds_nothing_but_letters_and_digits(text: str) -> None:
    name = safe_name("P", 7, text)
    assert re.fullmatch(r"P000007(_[^\W_]+(-[^\W_]+)*)?", name)
    assert len(name.encode()) < 120
    assert Path(f"sheets/{name}.pdf").name == f"{name}.pdf"


@pytest.mark.parametrize("name", ["../x", "CON", "a" * 300, "科尔沁/左翼", "a\\b", "a\0b", "NUL."])
def test_a_reserved_or_hostile_name_stays_a_plain_file(name: str) -> None:
    plain = safe_name("P", 1, name)
    assert plain.startswith("P000001")
    assert not set(plain) & set('/\\:*?"<>|.\0')


@given(text=st.text(max_size=20))
def test_no_text_starts_like_a_formula(text: str) -> None:
    cell = safe_cell(text)
    assert cell.removeprefix("'") == text.removeprefix("'")
    assert not cell.startswith(("=", "+", "-", "@", "\t", "\r", "\n"))


def test_names_of_the_plan_come_before_the_catalogue() -> None:
    names = {"mobile": Words("自定", "own")}
    assert word_of("dune_class", "mobile", lang="zh", names=names) == "自定"
    assert chosen_parcels(world.tables()["parcel_use"], 1) == ["P000001"]
