"""What a run writes for people: traced numbers, marked placeholders, the same bytes every time."""

import io
from pathlib import Path

import openpyxl
import pandas as pd
import pypdf
import pytest

from sandgrid.export.charts import burn_up_svg, gantt_svg
from sandgrid.export.people_papers import package_data, village_data
from sandgrid.layers.plan_files import read_plan_layers
from sandgrid.params import default_parameters
from sandgrid.people import People
from sandgrid.people.tracing import trace_numbers, trace_patterns, traced_columns
from sandgrid.pipeline import find_status, write_people
from sandgrid.pipeline.people import chosen_papers, people_files
from sandgrid.tables import conform_table
from tests.people import world
from tests.plan.world import write_plan

MARK = "※占位"


@pytest.fixture(scope="module")
def people() -> People:
    return world.people()


@pytest.fixture(scope="module")
def files(people: People) -> dict[str, bytes]:
    villages, packages = chosen_papers(people, 1)
    made = people_files(people, world.plan(), villages=villages, packages=packages)
    return dict(made)


def test_every_amount_of_a_statement_can_be_traced(people: People) -> None:
    amounts = [c for c in people.statements.columns if c.endswith(("_cny", "_centimu", "_days"))]
    assert set(amounts) == set(trace_patterns())
    parameters = default_parameters()
    names = {
        "measure": parameters.below("measure"),
        "sequence": parameters.below("sequence"),
        "industry": parameters.below("industry"),
    }
    for column in amounts:
        traces = trace_numbers([column], parameters, names)
        assert traces, column
        assert all(t.parameter.source and t.parameter.confidence for t in traces)


@pytest.mark.parametrize("village", ["C1", "C2"])
def test_a_village_page_names_the_parameters_behind_each_number(
    people: People, village: str
) -> None:
    rows = people.statements[people.statements["collective_id"] == village]
    data = village_data(people, world.plan(), village, lang="zh")
    columns = traced_columns(rows)
    assert len(data["rows"]) == len(columns)
    sources = {row[0].removeprefix(f"{MARK} "): row for row in data["sources"]}
    behind = ", ".join(row[4] for row in data["sources"])
    for row in data["rows"]:
        assert row[0].split(" (")[0] in behind
    for key, row in sources.items():
        entry = people.parameters[key]
        assert row[2] == entry.source
        assert row[3] == entry.confidence
        doubtful = entry.confidence == "low" or entry.value is None
        assert row[0].startswith(MARK) == doubtful
    assert any(row[0].startswith(MARK) for row in data["sources"])


def test_amounts_on_a_page_are_those_of_the_table(people: People) -> None:
    rows = people.statements[people.statements["collective_id"] == "C2"]
    data = village_data(people, world.plan(), "C2", lang="en")
    shown = {row[0]: row[1:] for row in data["rows"]}
    assert shown["Wages (CNY)"] == [f"{value:,}" for value in rows["wages_cny"]]
    assert shown["Land treated (mu)"] == [f"{v / 100:,.2f}" for v in rows["treated_centimu"]]


def test_papers_are_pdf_with_the_same_words(files: dict[str, bytes]) -> None:
    (village,) = [name for name in files if name.startswith("people/villages/")]
    text = "".join(
        page.extract_text() for page in pypdf.PdfReader(io.BytesIO(files[village])).pages
    )
    plain = "".join(text.split())
    assert "一村一账" in plain
    assert "sharing.dividend_share" in plain or "sharing.local_wage_share" in plain
    (package,) = [name for name in files if name.startswith("people/packages/")]
    reader = pypdf.PdfReader(io.BytesIO(files[package]))
    assert len(reader.pages) == 1
    assert "成活率" in "".join(reader.pages[0].extract_text().split())


def test_the_same_plan_gives_the_same_bytes(people: People, files: dict[str, bytes]) -> None:
    villages, packages = chosen_papers(people, 1)
    again = dict(people_files(world.people(), world.plan(), villages=villages, packages=packages))
    assert {name: again[name] == content for name, content in files.items()} == dict.fromkeys(
        files, True
    )


def test_the_tables_read_back_as_they_are(
    people: People, files: dict[str, bytes], tmp_path: Path
) -> None:
    path = tmp_path / "people.gpkg"
    path.write_bytes(files["people.gpkg"])
    layers = read_plan_layers(path)
    for name, table in people.tables.items():
        found = conform_table(layers[name], name).drop(columns="geometry", errors="ignore")
        wanted = table.drop(columns="geometry", errors="ignore")
        pd.testing.assert_frame_equal(pd.DataFrame(found), pd.DataFrame(wanted))


def test_the_workbook_adds_up_to_the_statements(people: People, files: dict[str, bytes]) -> None:
    book = openpyxl.load_workbook(io.BytesIO(files["people.xlsx"]), data_only=True)
    sheet = book["一村一账"]
    heads = [cell.value for cell in sheet[3]]
    column = heads.index("务工收入 (元)") + 1
    values = [sheet.cell(row, column).value for row in range(4, sheet.max_row + 1)]
    assert sum(values) == people.statements["wages_cny"].sum()
    assert "数字来源" in book.sheetnames


def test_a_package_page_says_what_is_judged(people: People) -> None:
    row = people.packages[people.packages["measures"].str.contains("shrub")].iloc[0].to_dict()
    data = package_data(people, world.plan(), row, lang="en")
    assert any("Survival" in text for text in data["criteria"])
    assert len(data["parts"]) == (people.package_parts["package_id"] == row["package_id"]).sum()
    assert "people.responsible" in data["responsible"]


def test_charts_show_each_package_and_every_target(people: People) -> None:
    own = people.packages[people.packages["district_id"] == "B"]
    chart = gantt_svg(pd.DataFrame(own), 2025, lang="en")
    assert chart.count('rx="2"') == (own["year"] == 2025).sum()
    status = find_status(world.plan())
    assert burn_up_svg(status, lang="zh") == burn_up_svg(find_status(world.plan()), lang="zh")
    assert burn_up_svg(status, lang="zh").count("<polyline") == 3


def test_everything_can_be_written_beside_a_plan(tmp_path: Path) -> None:
    folder = write_plan(tmp_path / "plan")
    out = write_people(folder, tmp_path / "people", count=1)
    names = {path.relative_to(out).as_posix() for path in out.rglob("*.*")}
    assert {"people.gpkg", "people.xlsx", "people/calendar.html", "manifest.json"} <= names
