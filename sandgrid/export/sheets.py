"""One page per parcel for the people who do the work: what, where, when, with how much."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, partial
from typing import Any, Final

import jinja2
import pandas as pd

from sandgrid.errors import OutputError
from sandgrid.export.sketch import draw_sketch
from sandgrid.export.words import Words, safe_name, word_of
from sandgrid.messages import Language, tell
from sandgrid.tables import Column, table_columns
from sandgrid.units import CENTIMU_PER_MU, KW_PER_MW, mu_from_ha

Fact = tuple[Column, str]
_LAND: Final = ("dune_class", "degree", "cover", "slope_deg", "rain_mm", "area_ha", "lon_deg",
                "lat_deg")  # fmt: skip
_PEOPLE: Final = ("collective", "holder_kind", "holder", "implementer", "beneficiary")
_TASK: Final = ("place", "area_centimu", "year", "count_year", "deadline_year", "person_days",
                "straw_t", "cost_cny")  # fmt: skip
_GENERATION: Final = ("pv_kw", "wind_kw", "gross_centimu", "lease_cny")
_UNITS: Final[Mapping[str, str]] = {"d": "工日 person-days", "deg": "°"}
LANGUAGES: Final[tuple[Language, Language]] = ("zh", "en")
_FORMATS: Final[Mapping[str, str]] = {"lon_deg": ".6f", "lat_deg": ".6f", "cover": ".0%"}


@dataclass(frozen=True)
class Step:
    """One measure of a sequence, as a line of the sheet."""

    measure: str
    year: int
    months: str
    straw: str
    labour: str


@dataclass(frozen=True)
class Task:
    """One treatment of the parcel."""

    treatment_id: str
    sequence_id: str
    facts: tuple[Fact, ...]
    steps: tuple[Step, ...]


@dataclass(frozen=True)
class Sheet:
    """What one page says."""

    parcel_id: str
    place: str
    land: tuple[Fact, ...]
    people: tuple[Fact, ...]
    generation: tuple[Fact, ...]
    tasks: tuple[Task, ...]
    origin: Mapping[str, str]
    synthetic: bool


@dataclass(frozen=True)
class SheetSource:
    """What the sheets are made from.

    Parameters
    ----------
    tables : mapping
        Tables of the plan by their contracts.
    scenario : mapping
        The resolved scenario, as in ``scenario.json``; its parameters describe the measures.
    names : mapping
        Code -> name.
    synthetic : bool
        Whether layers behind the plan are made up.

    """

    tables: Mapping[str, pd.DataFrame]
    scenario: Mapping[str, Any]
    names: Mapping[str, Words]
    synthetic: bool

    def parameter(self, key: str, default: object) -> Any:  # noqa: ANN401  # as JSON holds it
        """Return the value of a parameter of the scenario."""
        entry = self.scenario["parameters"].get(key)
        return default if entry is None else entry["value"]


def parcel_sheets(
    source: SheetSource, sheets: int | Sequence[str], *, lang: Language
) -> Iterator[tuple[str, str]]:
    """Make the pages of the chosen parcels.

    Parameters
    ----------
    source : SheetSource
        The plan.
    sheets : int or sequence of str
        Parcels by id, or how many of the largest treated ones.
    lang : {"zh", "en"}
        Language of the page's title; labels stand in both.

    Yields
    ------
    tuple of (str, str)
        File name and HTML text.

    Raises
    ------
    OutputError
        If a named parcel has no part in the plan.

    """
    parcels = source.tables["parcels"]
    serial = {parcel: row for row, parcel in enumerate(parcels["parcel_id"], start=1)}
    for parcel_id in chosen_parcels(source.tables["parcel_use"], sheets):
        sheet = make_sheet(source, parcel_id)
        name = safe_name("P", serial[parcel_id], sheet.place)
        yield f"sheets/{name}.html", render_sheet(sheet, source, lang=lang)


def chosen_parcels(parcel_use: pd.DataFrame, sheets: int | Sequence[str]) -> list[str]:
    """Return the parcels that get a page, the largest first or as they are named.

    Examples
    --------
    >>> use = pd.DataFrame({"parcel_id": ["P1", "P2", "P3"], "treated_centimu": [5, 9, 5]})
    >>> chosen_parcels(use, 2), chosen_parcels(use, ["P3"])
    (['P2', 'P1'], ['P3'])

    """
    if isinstance(sheets, int):
        order = ["treated_centimu", "parcel_id"]
        ranked = parcel_use.sort_values(order, ascending=[False, True], kind="stable")
        return [str(parcel) for parcel in ranked["parcel_id"].head(sheets)]
    known = set(parcel_use["parcel_id"])
    for parcel in sheets:
        if parcel not in known:
            raise OutputError("sheet-unknown-parcel", {"parcel": parcel})
    return list(sheets)


def make_sheet(source: SheetSource, parcel_id: str) -> Sheet:
    """Gather what the page of one parcel says."""
    parcel = _record(source.tables["parcels"], parcel_id)
    use = _record(source.tables["parcel_use"], parcel_id)
    treated = source.tables["treatments"]
    tasks = _records(treated[treated["parcel_id"] == parcel_id])
    place = " ".join(str(parcel[k]) for k in ("district", "township", "village") if parcel[k])
    scenario = source.scenario
    return Sheet(
        parcel_id=parcel_id,
        place=place,
        land=_facts("parcels", parcel, _LAND, source),
        people=_facts("parcels", parcel, _PEOPLE, source),
        generation=_facts("parcel_use", use, _GENERATION, source) if use["gross_centimu"] else (),
        tasks=tuple(_task(row, source) for row in tasks),
        origin={"date": str(scenario["as_of"]), "name": str(scenario["name"])},
        synthetic=source.synthetic,
    )


def render_sheet(sheet: Sheet, source: SheetSource, *, lang: Language) -> str:
    """Return the page of one parcel, all text escaped."""
    return _template().render(
        sheet=sheet,
        sketch=draw_sketch(source.tables, sheet.parcel_id),
        lang=lang,
        text=_text,
        word=partial(word_of, names=source.names),
        label=_column,
    )


@cache
def _template() -> jinja2.Template:
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("sandgrid.export", "assets"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
    )
    return environment.get_template("parcel.html")


def _text(key: str, lang: Language, values: Mapping[str, object] | None = None) -> str:
    return tell(key, values, lang=lang)


def _record(table: pd.DataFrame, parcel_id: str) -> Mapping[str, Any]:
    return _records(table[table["parcel_id"] == parcel_id])[0]


def _records(table: pd.DataFrame) -> list[Mapping[str, Any]]:
    plain = pd.DataFrame(table.drop(columns="geometry", errors="ignore"))
    columns = [str(column) for column in plain.columns]
    values = zip(*(plain[column].tolist() for column in columns), strict=True)
    return [dict(zip(columns, row, strict=True)) for row in values]


def _facts(
    table: str, row: Mapping[str, Any], names: Sequence[str], source: SheetSource
) -> tuple[Fact, ...]:
    columns = [_column(table, name) for name in names]
    return tuple((column, _shown(column, row[column.name], source)) for column in columns)


@cache
def _column(table: str, name: str) -> Column:
    return next(column for column in table_columns(table) if column.name == name)


def _shown(column: Column, value: Any, source: SheetSource) -> str:  # noqa: ANN401  # a cell
    if isinstance(value, str):
        zh, en = (word_of(column.name, value, lang=lang, names=source.names) for lang in LANGUAGES)
        return zh if zh == en else f"{zh} {en}"
    if column.name in _FORMATS:
        return format(value, _FORMATS[column.name])
    return _quantity(column, value)


def _quantity(column: Column, value: float) -> str:
    if column.unit == "0.01 mu":
        return f"{value / CENTIMU_PER_MU:,.2f} 亩 mu"
    if column.unit == "ha":
        return f"{mu_from_ha(value):,.2f} 亩 mu ({value:,.2f} ha)"
    if column.unit == "kW":
        return f"{value / KW_PER_MW:,.3f} MW"
    if column.unit == "CNY":
        return f"{value:,.0f} 元 CNY"
    if column.kind == "int":
        return f"{value:d}" if value else "-"
    return f"{value:,.1f} {_UNITS.get(column.unit, column.unit)}"


def _task(row: Mapping[str, Any], source: SheetSource) -> Task:
    return Task(
        treatment_id=row["treatment_id"],
        sequence_id=row["sequence_id"],
        facts=_facts("treatments", row, _TASK, source),
        steps=tuple(_steps(row["sequence_id"], row["year"], source)),
    )


def _steps(sequence_id: str, year: int, source: SheetSource) -> Iterator[Step]:
    measures = str(source.parameter(f"sequence.{sequence_id}.measures", "")).split()
    offsets = source.parameter(f"sequence.{sequence_id}.offsets", [0] * len(measures))
    for measure, offset in zip(measures, offsets, strict=True):
        months = source.parameter(f"measure.{measure}.window_months", ())
        yield Step(
            measure=measure,
            year=year + int(offset),
            months=_months([int(month) for month in months]),
            straw=f"{source.parameter(f'measure.{measure}.straw_kg_per_mu', 0):,.0f}",
            labour=f"{source.parameter(f'measure.{measure}.labour_days_per_mu', 0):,.2f}",
        )


def _months(months: Sequence[int]) -> str:
    """Return months as runs.

    Examples
    --------
    >>> _months([3, 4, 5, 9, 10]), _months([])
    ('3-5, 9-10', '-')

    """
    runs: list[list[int]] = []
    for month in months:
        if runs and month == runs[-1][-1] + 1:
            runs[-1].append(month)
        else:
            runs.append([month])
    shown = (f"{run[0]}-{run[-1]}" if len(run) > 1 else str(run[0]) for run in runs)
    return ", ".join(shown) or "-"
