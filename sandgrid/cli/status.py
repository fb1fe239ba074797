"""How the command line tells how far along a programme is."""

from collections.abc import Iterator
from datetime import date
from typing import Any, Final

import pandas as pd
from rich.table import Table

from sandgrid.errors import ScenarioError
from sandgrid.export.words import word_of
from sandgrid.messages import Language, tell
from sandgrid.people.progress import Status
from sandgrid.tables import table_columns
from sandgrid.units import CENTIMU_PER_MU, KW_PER_MW

SHOWN: Final = ("target_centimu", "done_centimu", "accepted_centimu", "left_centimu",
                "expected_centimu", "on_course")  # fmt: skip
MOST: Final = 15


def read_day(text: str) -> date | None:
    """Return a day that an option states, None where it states none.

    Raises
    ------
    ScenarioError
        If it is no day.

    Examples
    --------
    >>> read_day("2025-03-31"), read_day("")
    (datetime.date(2025, 3, 31), None)

    """
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise ScenarioError("status-no-day", {"value": text}) from error


def status_record(status: Status) -> dict[str, Any]:
    """Return a status as values that JSON can hold, land in mu."""
    return {
        "as_of": status.as_of.isoformat(),
        "rows": _in_mu(status.table),
        "issues": _in_mu(status.issues),
        "window": dict(status.window),
        "connected_mw": status.connected_kw / KW_PER_MW,
        "capacity_target_mw": status.capacity_target_kw / KW_PER_MW,
    }


def _in_mu(frame: pd.DataFrame) -> list[dict[str, Any]]:
    return [
        {
            str(k).replace("_centimu", "_mu"): v / CENTIMU_PER_MU if "_centimu" in str(k) else v
            for k, v in row.items()
        }
        for row in frame.to_dict("records")
    ]


def status_lines(status: Status, lang: Language) -> Iterator[str]:
    """Yield what matters most: done and left, course, the rest of the year, capacity."""
    row, window = status.programme, status.window
    values = {
        "day": status.as_of,
        **{name: f"{row[f'{name}_centimu'] / CENTIMU_PER_MU:,.2f}"
           for name in ("target", "done", "accepted", "left", "expected")},
        "course": tell(f"status-course-{row['on_course'] or 'none'}", lang=lang),
    }  # fmt: skip
    yield tell("status-programme", values, lang=lang)
    seasons = [tell(f"season-{season}", lang=lang) for season in window["seasons"]]
    low, high = window["person_days_least"], window["person_days_most"]
    span = f"{low:,.0f}" if low == high else f"{low:,.0f}-{high:,.0f}"
    people = (window["people_least"], window["people_most"])
    need = {
        "year": window["year"],
        "seasons": ", ".join(seasons) or "-",
        "left": f"{window['left_mu']:,.2f}",
        "days": f"{window['working_days']:,.0f}",
        "person_days": span,
        "people": "-" if people[0] is None else _span(people[0], people[1]),
    }
    yield tell("status-window", need, lang=lang)
    if status.capacity_target_kw or status.connected_kw:
        power = {"connected": f"{status.connected_kw / KW_PER_MW:,.1f}",
                 "target": f"{status.capacity_target_kw / KW_PER_MW:,.1f}"}  # fmt: skip
        yield tell("status-power", power, lang=lang)
    if len(status.issues):
        yield tell("status-issues", {"count": len(status.issues)}, lang=lang)


def _span(low: float, high: float) -> str:
    return f"{low:,.0f}" if low == high else f"{low:,.0f}-{high:,.0f}"


def status_tables(status: Status, lang: Language) -> Iterator[Table]:
    """Yield the tables of a status: one per scope, then the contradictions."""
    columns = {column.name: column for column in table_columns("status")}
    for scope, own in status.table.groupby("scope", sort=False):
        if scope == "programme":
            continue
        heads = [tell(f"status-scope-{scope}", lang=lang)]
        heads += [_head(columns[name].label(lang)) for name in SHOWN]
        table = Table(*heads)
        ranked = own.sort_values("done_centimu", ascending=False, kind="stable")
        for row in (ranked.head(MOST) if scope == "party" else own).to_dict("records"):
            name = status.names.get(str(row["name"]), str(row["name"]))
            table.add_row(_name(str(scope), name, lang), *_cells(row, lang))
        if scope == "party" and len(own) > MOST:
            table.caption = tell("status-more", {"count": len(own) - MOST}, lang=lang)
        yield table
    if len(status.issues):
        yield _issues(status.issues, lang)


def _head(label: str) -> str:
    return label.replace(" (0.01 mu)", "")


def _name(scope: str, name: str, lang: Language) -> str:
    return word_of("sequence_id", name, lang=lang) if scope == "measure" else name


def _cells(row: dict[Any, Any], lang: Language) -> list[str]:
    land = [f"{row[name] / CENTIMU_PER_MU:,.2f}" for name in SHOWN[:-1]]
    return [*land, tell(f"status-course-{row['on_course'] or 'none'}", lang=lang)]


def _issues(issues: pd.DataFrame, lang: Language) -> Table:
    names = ("work_id", "issue", "other", "date", "stated_centimu", "counted_centimu")
    columns = {column.name: column for column in table_columns("works_issues")}
    table = Table(*[_head(columns[name].label(lang)) for name in names])
    for row in issues.to_dict("records"):
        land = [f"{row[name] / CENTIMU_PER_MU:,.2f}" for name in names[4:]]
        words = tell(f"issue-{row['issue']}", lang=lang)
        table.add_row(str(row["work_id"]), words, str(row["other"]), str(row["date"]), *land)
    return table
