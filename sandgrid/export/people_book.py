"""The workbook of people: villages, districts, parties, packages, industries, sources."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

import pandas as pd

from sandgrid.export.readable import Kind
from sandgrid.export.words import word_of
from sandgrid.export.workbook import Field, Page, add_page, new_workbook
from sandgrid.messages import Language, message_catalogue, tell
from sandgrid.params import Parameters
from sandgrid.people import People
from sandgrid.people.rules import UNSET
from sandgrid.tables import Column, table_columns
from sandgrid.units import CENTIMU_PER_MU, KW_PER_MW

PAGES: Final = ("statements", "shares", "accounts", "packages", "industries", "closing")
SUMMED: Final = frozenset(
    {"wages_cny", "lease_cny", "household_lease_cny", "product_cny", "subsidy_cny", "spent_cny",
     "reimbursed_cny", "dividend_cny", "income_cny", "treated_centimu", "person_days",
     "received_cny", "paid_cny", "net_cny", "counted_centimu", "straw_t", "cost_cny", "plan_cny",
     "parties_cny"}
)  # fmt: skip
NOT_SUMMED: Final = ("shares", "industries")
UNITS: Final[Mapping[str, tuple[Kind, int, str]]] = {
    "kW": ("mw", KW_PER_MW, "MW"),
    "0.01 mu": ("mu", CENTIMU_PER_MU, "unit-mu"),
    "CNY": ("cny", 1, "unit-cny"),
}


def people_xlsx(people: People, record: Mapping[str, Any], *, lang: Language) -> bytes:
    """Return the workbook of people, the same bytes on every run.

    Parameters
    ----------
    people : People
        Of :func:`sandgrid.people.describe_people`.
    record : mapping
        The resolved scenario: name and date.
    lang : {"zh", "en"}
        Language of all labels.

    """
    title = tell("people-book", lang=lang)
    with new_workbook(title, str(record["as_of"])) as (book, styles, stream):
        for name in PAGES:
            add_page(book, styles, _page(name, people.tables[name], lang), lang=lang)
        add_page(book, styles, _sources(people.parameters, lang), lang=lang)
    return stream.getvalue()


def _page(name: str, table: pd.DataFrame, lang: Language) -> Page:
    plain = pd.DataFrame(table.drop(columns="geometry", errors="ignore"))
    fields = tuple(_field(name, column, plain, lang) for column in table_columns(name))
    return Page(tell(f"table-name-{name}", lang=lang), fields)


def _field(table: str, column: Column, frame: pd.DataFrame, lang: Language) -> Field:
    values = frame[column.name]
    text = column.zh if lang == "zh" else column.en
    kind, divisor, unit = _shown(column)
    if kind == "text":
        return Field(column.name, text, tuple(_words(column.name, values, lang)))
    summed = column.name in SUMMED and table not in NOT_SUMMED
    total = float(values.sum()) / divisor if summed else None
    shown = (values / divisor if divisor > 1 else values).tolist()
    label = f"{text} ({tell(unit, lang=lang) if unit.startswith('unit-') else unit})"
    return Field(column.name, label if unit else text, tuple(shown), kind, total)


def _shown(column: Column) -> tuple[Kind, int, str]:
    if column.kind in ("str", "bool"):
        return ("text", 1, "")
    if column.unit in UNITS:
        return UNITS[column.unit]
    if column.kind == "int":
        return ("year" if column.name.endswith("year") else "count", 1, "")
    return ("real", 1, column.unit)


def _words(name: str, values: pd.Series, lang: Language) -> Iterator[str]:
    for value in values.tolist():
        if isinstance(value, bool):
            yield tell("ledger-yes" if value else "ledger-no", lang=lang)
        else:
            yield people_word(name, str(value), lang)


def people_word(column: str, code: str, lang: Language) -> str:
    """Return what a reader calls a code of the tables of people.

    Examples
    --------
    >>> people_word("season", "autumn", "en"), people_word("party", "autumn", "en")
    ('autumn', 'autumn')
    >>> people_word("industry", "forage", "zh")
    '饲草'

    """
    key = f"{PREFIXES.get(column, '')}-{code}"
    if column in PREFIXES and key in message_catalogue():
        return tell(key, lang=lang)
    return word_of("measure" if column == "measures" else column, code, lang=lang)


PREFIXES: Final[Mapping[str, str]] = {
    "season": "season",
    "industry": "industry",
    "role": "role",
    "object": "people-object",
    **dict.fromkeys(
        ("party_kind", "implementer_kind", "payer_kind", "payee_kind", "holder_kind"), "party"
    ),
}


def _sources(parameters: Parameters, lang: Language) -> Page:
    """Return the parameters that took part, placeholders marked."""
    keys = list(parameters.used)
    heads = tell("people-source-heads", lang=lang).split("|")
    rows = [_source(key, parameters, lang) for key in keys]
    fields = tuple(Field(head, head, tuple(row[k] for row in rows)) for k, head in enumerate(heads))
    return Page(tell("people-page-sources", lang=lang), fields)


def _source(key: str, parameters: Parameters, lang: Language) -> tuple[str, ...]:
    entry = parameters[key]
    value = UNSET if entry.value is None else str(entry.value)
    mark = tell("people-placeholder", lang=lang) if entry.confidence == "low" else ""
    return (key, value, entry.unit, entry.cite(lang), entry.confidence, mark)
