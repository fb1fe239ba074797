import io
import re
import shutil
import subprocess
import zipfile
from decimal import Decimal
from pathlib import Path
from typing import Literal

import openpyxl
import pandas as pd
import pytest
import world

from sandgrid.export.content import PlanContent
from sandgrid.export.ledger import ledger_pages, ledger_xlsx, year_table
from sandgrid.export.words import word_of
from sandgrid.export.workbook import FIRST_ROW, HEAD_ROW, TOTAL_ROW
from sandgrid.messages import tell
from sandgrid.optimize.solution import BINDING_FAMILIES


def made(tables: dict[str, pd.DataFrame], lang: Literal["zh", "en"] = "zh") -> PlanContent:
    return PlanContent(tables, world.document(), world.scenario(), {}, lang)


@pytest.fixture
def ledger() -> PlanContent:
    return made(world.tables())


def opened(ledger: PlanContent, *, values: bool) -> openpyxl.Workbook:
    return openpyxl.load_workbook(io.BytesIO(ledger_xlsx(ledger)), data_only=values)


@pytest.mark.parametrize(
    ("lang", "names"),
    [
        ("zh", ["汇总", "分年", "分旗县", "变电站", "集体经济组织", "地块", "治沙任务", "场址",
                "建设", "已实施工程", "约束", "占位参数"]),
        ("en", ["Summary", "By year", "By district", "Substations", "Collectives",
                "Parcels", "Treatments", "Sites", "Builds", "Finished works", "Binding rows",
                "Placeholders"]),
    ],
)  # fmt: skip
def test_pages_are_named_in_the_language(lang: Literal["zh", "en"], names: list[str]) -> None:
    book = opened(made(world.tables(), lang), values=True)
    assert book.sheetnames == names


def test_two_writes_give_the_same_bytes(ledger: PlanContent) -> None:
    assert ledger_xlsx(ledger) == ledger_xlsx(ledger)


def test_every_total_has_a_cached_value_equal_to_its_rows(ledger: PlanContent) -> None:
    live, cached = (opened(ledger, values=values) for values in (False, True))
    seen = 0
    for page in ledger_pages(ledger).values():
        for column, field in enumerate(page.fields, start=1):
            formula = live[page.name].cell(TOTAL_ROW + 1, column).value
            if field.total is None or not isinstance(formula, str):
                continue
            seen += 1
            cells = [cached[page.name].cell(FIRST_ROW + 1 + row, column).value
                     for row in range(page.rows)]  # fmt: skip
            assert formula.startswith("=SUBTOTAL(109,")
            total = cached[page.name].cell(TOTAL_ROW + 1, column).value
            assert total == pytest.approx(sum(cells), abs=1e-9)
    assert seen == 4 + 7 + 0 + 9 + 9 + 5 + 5 + 6 + 1


def test_the_summary_adds_what_the_pages_hold(ledger: PlanContent) -> None:
    live, cached = (opened(ledger, values=values)["汇总"] for values in (False, True))
    rows = {live.cell(row, 1).value: row for row in range(1, live.max_row + 1)}
    treated = rows["累计治沙 (亩)"]
    assert live.cell(treated, 2).value == (
        "=SUMIF('治沙任务'!$M$4:$M$5,\"<=2025\",'治沙任务'!$N$4:$N$5)"
        "+SUMIF('已实施工程'!$F$4,\"<=2025\",'已实施工程'!$G$4)"
    )
    assert cached.cell(treated, 2).value == 2590
    outlay = max(row for label, row in rows.items() if label == "总支出现值 (元)")
    assert cached.cell(outlay, 2).value == 101_604_003
    assert live.cell(outlay, 2).value.startswith("=SUM(B")


def test_formulas_point_at_the_column_of_their_name(ledger: PlanContent) -> None:
    book = opened(ledger, values=True)
    assert book["治沙任务"].cell(HEAD_ROW + 1, 14).value == "面积 (亩)"
    assert book["已实施工程"].cell(HEAD_ROW + 1, 7).value == "面积 (亩)"


def test_hostile_text_stays_text(ledger: PlanContent) -> None:
    page = opened(ledger, values=False)["地块"]
    cells = [cell for row in page.iter_rows() for cell in row if cell.value is not None]
    hostile = [cell for cell in cells if cell.value in (world.FORMULA, "+86 138", world.SCRIPT)]
    assert {cell.value for cell in hostile} == {world.FORMULA, "+86 138", world.SCRIPT}
    assert all(cell.data_type == "s" for cell in hostile)


def test_no_formula_but_ours_is_in_the_file(ledger: PlanContent) -> None:
    book = opened(ledger, values=False)
    formulas = [cell.value for page in book for row in page.iter_rows() for cell in row
                if cell.data_type == "f"]  # fmt: skip
    assert formulas
    assert all(text.startswith(("=SUBTOTAL(109,", "=SUM(", "=SUMIF(")) for text in formulas)


def test_heads_are_frozen_and_filtered(ledger: PlanContent) -> None:
    book = opened(ledger, values=True)
    for page in ledger_pages(ledger).values():
        assert book[page.name].freeze_panes == "B4"
        assert book[page.name].auto_filter.ref.startswith("A3:")


def test_figures_equal_the_integers_of_the_plan(ledger: PlanContent) -> None:
    page = opened(ledger, values=True)["建设"]
    heads = [cell.value for cell in page[HEAD_ROW + 1]]
    cost = heads.index("现值支出 (元)") + 1
    shown = [page.cell(FIRST_ROW + 1 + row, cost).value for row in range(2)]
    assert shown == ledger.tables["builds"]["cost_cny"].tolist()
    land = heads.index("用地 (亩)") + 1
    exact = [Decimal(str(page.cell(FIRST_ROW + 1 + row, land).value)) * 100 for row in range(2)]
    assert exact == ledger.tables["builds"]["gross_centimu"].tolist()


def test_years_add_up_to_the_last_milestone(ledger: PlanContent) -> None:
    years = year_table(ledger.tables)
    assert years["new_pv_kw"].sum() + years["new_wind_kw"].sum() == 12_500
    assert years["new_treated_centimu"].cumsum().tolist() == [250_000, 259_000]
    assert years["amount_cny"].tolist() == [71_604_001, 31_950_002]


def test_works_before_the_first_year_count_in_it(ledger: PlanContent) -> None:
    ledger.tables["works"].loc[0, "count_year"] = 2022
    assert year_table(ledger.tables)["new_treated_centimu"].tolist() == [250_000, 9000]


def test_a_plan_without_rows_makes_a_ledger(ledger: PlanContent) -> None:
    empty = {name: table.iloc[:0] for name, table in ledger.tables.items()}
    book = opened(made(empty, "en"), values=True)
    assert book["Parcels"].cell(TOTAL_ROW + 1, 16).value == 0


def test_what_binds_and_what_is_assumed_is_listed_in_words(ledger: PlanContent) -> None:
    book = opened(ledger, values=True)
    binding = [cell.value for cell in book["约束"][FIRST_ROW + 1]]
    assert binding == ["headroom[T03,2025]", "变电站可接入容量", "T03,2025"]
    assumed = [cell.value for cell in book["占位参数"][FIRST_ROW + 1]]
    assert assumed[:3] == ["programme.underpanel_share", "0.6", "1"]


def test_every_row_that_may_bind_has_a_name() -> None:
    for family in BINDING_FAMILIES:
        assert word_of("row", family, lang="zh") != family


def test_the_headings_of_text_pages_agree_in_number() -> None:
    for key, count in (("binding", 3), ("placeholders", 4)):
        for lang in ("zh", "en"):
            assert tell(f"ledger-heads-{key}", lang=lang).count("|") == count - 1


def test_collectives_add_up_their_parcels(ledger: PlanContent) -> None:
    live, cached = (opened(ledger, values=values)["集体经济组织"] for values in (False, True))
    heads = [cell.value for cell in live[HEAD_ROW + 1]]
    treated = heads.index("治沙 (亩)") + 1
    assert live.cell(FIRST_ROW + 1, 1).value == "-"
    assert live.cell(FIRST_ROW + 1, treated).value == (
        "=SUMIF('地块'!$E$4:$E$5,$A4,'地块'!$P$4:$P$5)"
    )
    assert cached.cell(FIRST_ROW + 1, treated).value == 1590


def test_an_id_that_a_spreadsheet_would_read_as_a_condition_has_no_formula() -> None:
    tables = world.tables()
    tables["parcels"].loc[0, "collective_id"] = ">0*"
    live = opened(made(tables), values=False)["集体经济组织"]
    assert live.cell(FIRST_ROW + 2, 1).value == ">0*"
    cells = [cell for row in live.iter_rows(min_row=FIRST_ROW + 1) for cell in row]
    assert not [cell for cell in cells if cell.data_type == "f"]


def test_one_row_per_parcel_and_per_site(ledger: PlanContent) -> None:
    book = opened(ledger, values=True)
    assert book["地块"].max_row == FIRST_ROW + 2
    assert [book["场址"].cell(FIRST_ROW + 1, c).value for c in (1, 3)] == ["S001", "光伏 + 风电"]


def without_values(data: bytes) -> bytes:
    """Return a workbook whose formulas carry no value, so that a reader must calculate."""
    stream = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(stream, "w") as new:
        for name in old.namelist():
            new.writestr(name, re.sub(rb"(</f>)<v>[^<]*</v>", rb"\1", old.read(name)))
    return stream.getvalue()


@pytest.mark.slow
def test_libreoffice_calculates_every_formula_to_our_value(
    ledger: PlanContent, tmp_path: Path
) -> None:
    program = shutil.which("soffice")
    if program is None:
        pytest.skip("LibreOffice is not installed")
    (tmp_path / "bare.xlsx").write_bytes(without_values(ledger_xlsx(ledger)))
    profile = f"-env:UserInstallation={(tmp_path / 'profile').as_uri()}"
    asked = [
        "--convert-to",
        "xlsx",
        "--outdir",
        str(tmp_path / "made"),
        str(tmp_path / "bare.xlsx"),
    ]
    subprocess.run([program, "--headless", profile, *asked], check=True, capture_output=True)
    theirs = openpyxl.load_workbook(tmp_path / "made" / "bare.xlsx", data_only=True)
    formulas, values = opened(ledger, values=False), opened(ledger, values=True)
    places = [
        (page.title, cell.coordinate)
        for page in formulas
        for row in page.iter_rows()
        for cell in row
        if isinstance(cell.value, str) and cell.value.startswith("=")
    ]
    assert len(places) > 50
    for page, place in places:
        told = theirs[page][place].value
        assert told == pytest.approx(values[page][place].value), (page, place)
