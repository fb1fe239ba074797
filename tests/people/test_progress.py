"""How far along: works judged once, left + done = target, tables and hostile files told clearly."""

from datetime import date
from pathlib import Path

import geopandas as gpd
import numpy as np
import openpyxl
import pandas as pd
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from sandgrid.errors import InputError
from sandgrid.layers.works_tables import read_works_table
from sandgrid.messages import tell
from sandgrid.params import default_parameters
from sandgrid.people.judging import judge_works
from sandgrid.people.progress import due_centimu
from sandgrid.people.tabled import land_of_rows
from sandgrid.pipeline import find_status
from tests.people import world
from tests.plan.world import CRS

ROOT = Path(__file__).parents[2]
MU = 2000 / 3
MONTHS = (3, 4, 5, 6, 7, 8, 9, 10, 11)


def square(x: float, mu: float) -> shapely.Polygon:
    """Return a square of so many mu whose lower left corner lies at x."""
    side = (mu * MU) ** 0.5
    return shapely.box(x, 0, x + side, side)


def works(*rows: tuple[str, str, float, shapely.Geometry]) -> gpd.GeoDataFrame:
    frame = pd.DataFrame(rows, columns=["work_id", "date", "area_mu", "geometry"])
    return gpd.GeoDataFrame(frame.assign(measure="shrub", accepted=1), crs=CRS)


AREA = gpd.GeoDataFrame({"district_id": ["A"]}, geometry=[shapely.box(0, 0, 9000, 9000)], crs=CRS)


def judged(*rows: tuple[str, str, float, shapely.Geometry]) -> tuple[dict[str, int], list[object]]:
    found = judge_works(works(*rows), AREA, default_parameters(), as_of=date(2024, 6, 30))
    counted = dict(zip(found.works["work_id"], found.works["area_centimu"], strict=True))
    return counted, found.issues[["work_id", "issue", "counted_centimu"]].to_numpy().tolist()


def test_works_that_agree_count_as_stated() -> None:
    counted, issues = judged(
        ("W1", "2024-05-01", 30.0, square(0, 30)), ("W2", "2024-05-02", 12.34, square(500, 12.34))
    )
    assert counted == {"W1": 3000, "W2": 1234}
    assert issues == []


def test_land_that_two_works_hold_counts_with_the_earlier() -> None:
    whole = square(0, 30)
    counted, issues = judged(("W1", "2024-05-02", 30.0, whole), ("W2", "2024-05-01", 30.0, whole))
    assert counted == {"W2": 3000}
    assert issues == [["W1", "twice", 0]]
    half = shapely.transform(whole, lambda xy: np.add(xy, (whole.bounds[2] / 2, 0)))
    counted, issues = judged(("W1", "2024-05-01", 30.0, whole), ("W2", "2024-05-01", 30.0, half))
    assert counted == {"W1": 3000, "W2": 1500}
    assert issues == [["W2", "twice", 1500]]


def test_what_cannot_count_as_stated_is_listed() -> None:
    counted, issues = judged(
        ("F", "2024-07-01", 30.0, square(0, 30)),
        ("L", "2024-05-01", 99.0, square(1000, 30)),
        ("S", "2024-05-01", 20.0, square(2000, 30)),
        ("X", "2024-05-01", 30.0, square(99_000, 30)),
        (
            "O",
            "2024-05-01",
            30.0,
            shapely.transform(square(0, 30), lambda xy: np.add(xy, (4000, -60))),
        ),
    )
    assert counted == {"L": 3000, "S": 2000, "O": 3000}
    assert issues == [["F", "future", 0], ["L", "larger", 3000], ["O", "outside", 3000],
                      ["S", "smaller", 2000], ["X", "elsewhere", 0]]  # fmt: skip


def test_works_before_the_programme_are_listed_once_its_start_is_known() -> None:
    frame = works(("W1", "2023-05-01", 30.0, square(0, 30)))
    known = default_parameters().with_values({"progress.start_date": "2024-01-01"}, "test")
    found = judge_works(frame, AREA, known, as_of=date(2024, 6, 30))
    assert found.issues["issue"].tolist() == ["early"]
    assert found.works["area_centimu"].tolist() == [3000]


@given(
    st.lists(
        st.tuples(st.integers(0, 60), st.integers(5, 40), st.integers(1, 28)),
        min_size=1,
        max_size=8,
    )
)
def test_no_land_counts_twice(rows: list[tuple[int, int, int]]) -> None:
    """Whatever overlaps: works that count lie apart, and count no more than their union holds."""
    frame = works(
        *((f"W{k}", f"2024-05-{day:02d}", float(mu), square(10 * x, mu))
          for k, (x, mu, day) in enumerate(rows))
    )  # fmt: skip
    found = judge_works(frame, AREA, default_parameters(), as_of=date(2024, 6, 30))
    union = shapely.union_all(frame.geometry.to_numpy()).area / MU
    total = found.works["area_centimu"].sum() / 100
    slack = 0.02 * len(rows) + 10 * len(rows) ** 2 / MU
    assert total <= union + slack
    assert total >= union - slack


def test_the_course_is_a_staircase_of_working_months() -> None:
    targets = {2024: 900, 2025: 1800}
    assert due_centimu(targets, date(2024, 2, 29), MONTHS) == 0
    assert due_centimu(targets, date(2024, 3, 31), MONTHS) == 100
    assert due_centimu(targets, date(2024, 11, 30), MONTHS) == 900
    assert due_centimu(targets, date(2025, 4, 15), MONTHS) == 900 + 100 + 50
    assert due_centimu(targets, date(2026, 4, 15), MONTHS) == 1800


# ------------------------------------------------------------------- the mid-2024 state


def test_mid_2024_has_110000_done_and_54000_left() -> None:
    found = find_status(ROOT / "scenarios" / "tongliao-2030.toml")
    row = found.programme
    assert row["done_centimu"] == 11_000_000
    assert row["left_centimu"] == 5_400_000
    assert row["target_centimu"] == row["done_centimu"] + row["left_centimu"] == 16_400_000
    assert 0 < row["accepted_centimu"] < row["done_centimu"]
    assert row["on_course"] == "yes"
    assert row["expected_centimu"] == round(16_400_000 * 4 / 9)
    assert len(found.issues) == 0
    window = found.window
    assert window["seasons"] == ["autumn"]
    assert window["first_day"] == "2024-09-01"
    assert window["left_mu"] == 54_000
    # from enclosure alone (0.05 d/mu) to a straw grid by hand (3 d/mu)
    assert window["person_days_least"] == pytest.approx(54_000 * 0.05)
    assert window["person_days_most"] == pytest.approx(54_000 * 3.0)
    for scope in ("district", "measure", "party"):
        part = found.table[found.table["scope"] == scope]
        assert part["done_centimu"].sum() == 11_000_000
        assert part["accepted_centimu"].sum() == row["accepted_centimu"]


# ------------------------------------------------------------------------------ with a plan


def table(path: Path, text: str, encoding: str = "utf-8") -> Path:
    path.write_bytes(text.encode(encoding))
    return path


def test_works_and_what_is_left_are_the_target_of_every_part(tmp_path: Path) -> None:
    later = table(
        tmp_path / "autumn.csv",
        "编号,地块编号,措施,面积(亩),完成日期,已验收\n"
        f"A1,P000006,{tell('measure-shrub', lang='zh')},1000.5,2024-10-01,是\n"
        "A2,P000005,straw_shrub,500,2024/10/02,0\n",
        "gb18030",
    )
    found = find_status(world.plan(), works=[later], as_of=date(2024, 10, 31))
    row = found.programme
    assert row["target_centimu"] == 250_000
    assert row["done_centimu"] == 30_000 + 100_050 + 50_000
    assert row["accepted_centimu"] == 30_000 + 100_050
    assert row["left_centimu"] == 250_000 - 180_050
    for scope in ("programme", "year", "district", "measure", "party"):
        part = found.table[found.table["scope"] == scope]
        short = part[part["done_centimu"] <= part["target_centimu"]]
        assert len(short)
        assert (short["done_centimu"] + short["left_centimu"] == short["target_centimu"]).all()
    b = found.table.query("scope == 'district' and name == 'B'").iloc[0]
    planned = world.plan().treatments.query("district_id == 'B' and count_year <= 2024")
    assert b["target_centimu"] == planned["area_centimu"].sum()
    assert b["done_centimu"] == 150_050
    assert (
        found.table.query("scope == 'party' and name == '乙村集体'")["done_centimu"].sum()
        == 150_050
    )


def test_more_than_the_parcel_and_twice_are_listed_and_count_once(tmp_path: Path) -> None:
    later = table(
        tmp_path / "autumn.csv",
        "id,parcel,measure,mu,date,accepted\nA1,P000006,shrub,1200,2024-10-01,1\n"
        "A2,P000006,shrub,1200,2024-10-02,1\nA3,P000002,shrub,10,2024-10-03,1\n"
        "A4,P000006,shrub,5,2024-12-24,1\n",
    )
    found = find_status(world.plan(), works=[later], as_of=date(2024, 10, 31))
    issues = found.issues.set_index("work_id")
    assert issues.loc["A2", "issue"] == "beyond"
    assert issues.loc["A2", "stated_centimu"] == 120_000
    assert issues.loc["A2", "counted_centimu"] == 30_000
    assert issues.loc["A3", "issue"] == "unplanned"
    assert "A4" in issues.index
    assert found.programme["done_centimu"] == 30_000 + 150_000 + 1_000


def test_megawatts_connected_are_told(tmp_path: Path) -> None:
    power = table(tmp_path / "mw.csv", "id,technology,MW,日期\nG1,pv,30.5,2024-09-01\n"
                                       "G2,wind,20,2025-01-01\n")  # fmt: skip
    found = find_status(world.plan(), works=[power], as_of=date(2024, 10, 31))
    assert found.connected_kw == 30_500
    assert found.capacity_target_kw == 40_000


def test_the_window_of_a_plan_is_that_of_its_packages() -> None:
    found = find_status(world.plan(), as_of=date(2024, 6, 30))
    packages = world.people().packages
    own = packages[packages["year"] == 2024]
    assert found.window["person_days_least"] == pytest.approx(own["person_days"].sum(), abs=0.1)
    assert found.window["counted_mu"] == own["counted_centimu"].sum() / 100


# --------------------------------------------------------------------- hostile files


HEAD = "id,parcel,measure,mu,date,accepted\n"
BAD = [
    ("A,P1,shrub,-5,2024-05-01,1", "below zero"),
    ("A,P1,shrub,inf,2024-05-01,1", "not finite"),
    ("A,P1,shrub,nan,2024-05-01,1", "not finite"),
    ("A,P1,shrub,five,2024-05-01,1", "is no number"),
    ("A,P1,shrub,5,2024-13-01,1", "write it as YYYY-MM-DD"),
    ("A,P1,shrub,5,soon,1", "write it as YYYY-MM-DD"),
    ("A,P1,shrub,5,2024-05-01,maybe", "write 1 or 0"),
    ("A,,shrub,5,2024-05-01,1", "no parcel is named"),
    ("A,P1,shrub,,2024-05-01,1", "either mu or MW"),
    ("A,P1,shrub,5,2024-05-01,1\nA,P2,shrub,5,2024-05-01,1", "stands more than once"),
]


@pytest.mark.parametrize(("rows", "text"), BAD)
def test_a_row_that_cannot_be_meant_is_refused(tmp_path: Path, rows: str, text: str) -> None:
    with pytest.raises(InputError, match=text) as caught:
        read_works_table(table(tmp_path / "w.csv", HEAD + rows))
    assert "w.csv" in str(caught.value)
    assert caught.value.text("zh")
    assert caught.value.exit_code == 3


@pytest.mark.parametrize(
    ("name", "content", "text"),
    [
        ("w.csv", b"", "is empty"),
        ("w.csv", b"parcel,mu\nP1,5\n", "lacks the columns date"),
        ("w.csv", b"parcel,date\nP1,2024-05-01\n", "lacks the columns area_mu"),
        ("w.csv", b"parcel,mu,area_mu,date\nP1,5,5,2024-05-01\n", "more than once"),
        ("w.csv", b"\xff\xfe\x00\x81", "neither UTF-8 nor GB18030"),
        ("w.csv", b'id,mu,date\n"A,5', "cannot be read"),
        ("w.xls", b"x", "neither CSV nor xlsx"),
        ("w.xlsx", b"PK no archive", "cannot be read"),
    ],
)
def test_a_file_that_is_no_table_is_refused(
    tmp_path: Path, name: str, content: bytes, text: str
) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(InputError, match=text):
        read_works_table(path)


def test_a_missing_file_and_an_unknown_parcel_or_measure_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="does not exist"):
        read_works_table(tmp_path / "none.csv")
    rows = [("A,P9,shrub,5,2024-05-01,1", "parcel P9 is not"), ("A,P000006,magic,5,2024-05-01,1",
            "measure 'magic' is not")]  # fmt: skip
    for row, text in rows:
        path = table(tmp_path / "w.csv", HEAD + row)
        with pytest.raises(InputError, match=text):
            find_status(world.plan(), works=[path])


def test_a_workbook_reads_as_its_csv(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.append(["工程编号", "图斑号", "措施", "面积（亩）", "完成日期", "已验收"])
    sheet.append(["甲1", "Q001", "灌木", 12.5, pd.Timestamp("2024-05-03").to_pydatetime(), 1])
    sheet.append(["甲2", 7, "shrub", 3, "2024年5月4日", "否"])
    book.save(tmp_path / "w.xlsx")
    text = ("工程编号,图斑号,措施,面积（亩）,完成日期,已验收\n甲1,Q001,灌木,12.5,2024-05-03,1\n"
            "甲2,7,shrub,3,2024-05-04,0\n")  # fmt: skip
    found = read_works_table(tmp_path / "w.xlsx")
    for codec in ("utf-8", "utf-8-sig", "gb18030"):
        same = read_works_table(table(tmp_path / "w.csv", text, codec))
        pd.testing.assert_frame_equal(found, same)
    assert found["parcel"].tolist() == ["Q001", "7"]
    assert found["accepted"].tolist() == [True, False]


def test_rows_take_their_land_from_the_polygon_they_name() -> None:
    inventory = gpd.GeoDataFrame(
        {"source_id": ["Q1"], "dune_class": ["mobile"]}, geometry=[square(0, 100)], crs=CRS
    )
    rows = pd.DataFrame(
        {"work_id": ["A", "B", "C"], "parcel": "Q1", "measure": "straw_grid",
         "area_mu": [30.0, 60.0, 20.0], "date": ["2024-05-02", "2024-05-01", "2024-05-03"],
         "accepted": [True, False, True]}
    )  # fmt: skip
    drawn, beyond = land_of_rows(rows, inventory, default_parameters())
    area = dict(zip(drawn["work_id"], drawn.area / MU, strict=True))
    assert area == pytest.approx({"B": 60, "A": 30, "C": 10})
    assert drawn["area_mu"].tolist() == pytest.approx([60, 30, 10])
    assert beyond[["work_id", "stated_centimu", "counted_centimu"]].to_numpy().tolist() == [
        ["C", 2000, 1000]
    ]
    assert shapely.union_all(drawn.geometry.to_numpy()).area == pytest.approx(100 * MU)
