"""Papers for people: the statement of a village, one page of a work package, the calendar."""

import html
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import pandas as pd

from sandgrid.export.charts import gantt_svg
from sandgrid.export.people_book import people_word
from sandgrid.export.typesetting import Paper, read_template, typeset
from sandgrid.export.words import safe_name, word_of
from sandgrid.messages import Language, tell
from sandgrid.people import People
from sandgrid.people.rules import UNSET
from sandgrid.people.tracing import Trace, trace_numbers, traced_columns
from sandgrid.plan import Plan
from sandgrid.tables import Column, table_columns
from sandgrid.units import CENTIMU_PER_MU

SHOWN: Final = 5
PACKAGE_FACTS: Final = (
    "implementer", "implementer_kind", "year", "season", "start_date", "end_date",
    "acceptance_date", "parcels", "area_centimu", "counted_centimu", "crews", "days",
    "person_days", "straw_t", "seedlings", "cost_cny",
)  # fmt: skip


def largest(table: pd.DataFrame, column: str, key: str, count: int) -> list[str]:
    """Return the keys with the largest sums, the first of equals first.

    Examples
    --------
    >>> rows = pd.DataFrame({"id": ["a", "b", "b"], "mu": [3, 2, 2]})
    >>> largest(rows, "mu", "id", 1)
    ['b']

    """
    sums = table.groupby(key, sort=True)[column].sum().sort_values(ascending=False, kind="stable")
    return [str(name) for name in sums.index[:count]]


def village_papers(
    people: People, plan: Plan, collectives: Sequence[str], *, lang: Language
) -> Iterator[tuple[str, bytes]]:
    """Make the statements of villages (一村一账) as PDF.

    Parameters
    ----------
    people : People
        Of the plan.
    plan : Plan
        The plan.
    collectives : sequence of str
        Collectives by id.
    lang : {"zh", "en"}
        Language.

    Yields
    ------
    tuple of (str, bytes)
        File name and PDF. Every number stands with the parameters behind it; placeholders are
        marked.

    """
    known = sorted(set(people.statements["collective_id"]))
    for one in collectives:
        rows = people.statements[people.statements["collective_id"] == one]
        name = str(rows["collective"].iloc[0]) or one
        title = tell("people-village-title", {"name": name}, lang=lang)
        data = village_data(people, plan, one, lang=lang)
        paper = Paper(title, str(plan.scenario["as_of"]), lang, _footer(plan, lang), _fonts(plan))
        pdf = typeset(read_template("village"), {**data, "title": title}, paper=paper)
        yield f"people/villages/{safe_name('C', known.index(one) + 1, name)}.pdf", pdf


def village_data(
    people: People, plan: Plan, collective_id: str, *, lang: Language
) -> dict[str, Any]:
    """Return what the statement of a village says: amounts by year, and where they come from."""
    rows = people.statements[people.statements["collective_id"] == collective_id]
    columns = traced_columns(rows)
    traces = trace_numbers(columns, people.parameters, _names(plan, people, collective_id))
    contract = {column.name: column for column in table_columns("statements")}
    heads = [tell("people-item", lang=lang), *(_year(row, lang) for row in rows.to_dict("records"))]
    return {
        "heads": heads,
        "rows": [
            [_label(contract[name], lang), *(_amount(contract[name], v) for v in rows[name])]
            for name in columns
        ],
        "packages_head": tell("table-name-packages", lang=lang),
        "packages_heads": tell("people-package-heads", lang=lang).split("|"),
        "packages": [_package_line(row, lang) for row in _own_packages(people, rows)],
        "sources_head": tell("people-page-sources", lang=lang),
        "source_heads": tell("people-trace-heads", lang=lang).split("|"),
        "sources": _trace_lines(traces, contract, lang),
        "note": tell("people-village-note", lang=lang),
        "unknown": _unknown(people, lang),
    }


def _names(plan: Plan, people: People, collective_id: str) -> dict[str, list[str]]:
    """Return the measures, sequences and industries that play a part in a village."""
    home = plan.parcels.set_index("parcel_id")["collective_id"]
    own = plan.treatments[plan.treatments["parcel_id"].map(home) == collective_id]
    sequences = sorted(set(own["sequence_id"]))
    texts = [people.parameters.text(f"sequence.{one}.measures").split() for one in sequences]
    keys = ["parcel_id", "sequence_id", "place"]
    found = pd.DataFrame(own)[keys].merge(plan.treat_options[[*keys, "industry"]], on=keys)
    return {
        "measure": sorted({m for measures in texts for m in measures}),
        "sequence": sequences,
        "industry": sorted(set(found["industry"])),
    }


def _year(row: Mapping[Any, Any], lang: Language) -> str:
    if row["until_year"] == row["year"]:
        return str(row["year"])
    return tell("people-later", {"first": row["year"], "last": row["until_year"]}, lang=lang)


def _label(column: Column, lang: Language) -> str:
    text = column.zh if lang == "zh" else column.en
    unit = {"0.01 mu": tell("unit-mu", lang=lang), "CNY": tell("unit-cny", lang=lang)}
    return f"{text} ({unit.get(column.unit, column.unit)})"


def _amount(column: Column, value: float) -> str:
    if column.unit == "0.01 mu":
        return f"{value / CENTIMU_PER_MU:,.2f}"
    return f"{value:,.0f}" if column.kind == "int" else f"{value:,.1f}"


def _own_packages(people: People, rows: pd.DataFrame) -> list[dict[Any, Any]]:
    name = str(rows["collective"].iloc[0])
    own = people.packages[people.packages["implementer"] == name]
    return pd.DataFrame(own.drop(columns="geometry")).to_dict("records")


def _package_line(row: Mapping[Any, Any], lang: Language) -> list[str]:
    return [
        str(row["package_id"]),
        f"{row['year']} {people_word('season', row['season'], lang)}",
        word_of("measure", str(row["measures"]), lang=lang),
        f"{row['area_centimu'] / CENTIMU_PER_MU:,.2f}",
        f"{row['person_days']:,.0f}",
        f"{row['start_date']} – {row['end_date']}",
    ]


def _trace_lines(
    traces: Sequence[Trace], contract: Mapping[str, Column], lang: Language
) -> list[list[str]]:
    """Return one line per parameter, with the items that rest on it."""
    items: dict[str, list[str]] = {}
    for trace in traces:
        column = contract[trace.column]
        items.setdefault(trace.key, []).append(column.zh if lang == "zh" else column.en)
    found = {trace.key: trace for trace in traces}
    mark = tell("people-placeholder", lang=lang)
    return [
        [
            f"{mark} {key}" if found[key].placeholder else key,
            _value(found[key]),
            found[key].parameter.cite(lang),
            found[key].parameter.confidence,
            ", ".join(dict.fromkeys(names)),
        ]
        for key, names in items.items()
    ]


def _value(trace: Trace) -> str:
    entry = trace.parameter
    if entry.value is None:
        return UNSET
    text = (
        ", ".join(f"{v:g}" for v in entry.value) if isinstance(entry.value, tuple) else entry.value
    )
    return f"{text} {'' if entry.unit == '1' else entry.unit}".strip()


def _unknown(people: People, lang: Language) -> str:
    """Return what the reader must know of figures that are missing or held down."""
    notes = []
    if people.unknown:
        notes.append(tell("people-unknown", {"keys": ", ".join(people.unknown)}, lang=lang))
    if people.capped:
        shown = ", ".join(people.capped[:SHOWN])
        values = {"count": len(people.capped), "treatments": shown}
        notes.append(tell("people-capped", values, lang=lang))
    return " ".join(notes)


def _fonts(plan: Plan) -> Path | None:
    folder = plan.scenario["export"].get("fonts")
    return Path(folder) if folder else None


def _footer(plan: Plan, lang: Language) -> str:
    record = plan.scenario
    title = str(record["title_zh"] if lang == "zh" else record["title_en"]) or str(record["name"])
    return tell("people-footer", {"title": title, "day": record["as_of"]}, lang=lang)


def package_papers(
    people: People, plan: Plan, packages: Sequence[str], *, lang: Language
) -> Iterator[tuple[str, bytes]]:
    """Make one page per work package as PDF.

    Parameters
    ----------
    people : People
        Of the plan.
    plan : Plan
        The plan.
    packages : sequence of str
        Packages by id.
    lang : {"zh", "en"}
        Language.

    Yields
    ------
    tuple of (str, bytes)
        File name and PDF.

    """
    for number, one in enumerate(packages, start=1):
        row = people.packages[people.packages["package_id"] == one].iloc[0].to_dict()
        title = tell("people-package-title", {"package": one}, lang=lang)
        paper = Paper(title, str(plan.scenario["as_of"]), lang, _footer(plan, lang), _fonts(plan))
        data = {**package_data(people, plan, row, lang=lang), "title": title}
        pdf = typeset(read_template("package"), data, paper=paper)
        place = f"{one} {row['implementer']} {row['season']} {row['year']}"
        yield f"people/packages/{safe_name('L', number, place)}.pdf", pdf


def package_data(
    people: People, plan: Plan, row: Mapping[Any, Any], *, lang: Language
) -> dict[str, Any]:
    """Return what the page of a package says."""
    contract = {column.name: column for column in table_columns("packages")}
    parts = people.package_parts[people.package_parts["package_id"] == row["package_id"]]
    places = plan.parcels.set_index("parcel_id")
    return {
        "facts": [
            [_plain_label(contract[name], lang), _fact(contract[name], row[name], lang)]
            for name in PACKAGE_FACTS
        ],
        "responsible_label": _plain_label(contract["responsible"], lang),
        "responsible": str(row["responsible"]) or tell("people-unnamed", lang=lang),
        "criteria_head": tell("people-criteria", lang=lang),
        "criteria": list(_criteria(row, lang)),
        "parts_head": tell("people-parts", lang=lang),
        "part_heads": tell("people-part-heads", lang=lang).split("|"),
        "parts": [
            [
                str(part["parcel_id"]),
                str(places.loc[part["parcel_id"], "village"]),
                word_of("measure", str(part["measure"]), lang=lang)
                + (tell("people-repair", lang=lang) if part["repair"] else ""),
                f"{part['area_centimu'] / CENTIMU_PER_MU:,.2f}",
                f"{part['person_days']:,.1f}",
                f"{part['straw_t']:,.1f}",
                f"{part['cost_cny']:,.0f}",
            ]
            for part in parts.to_dict("records")
        ],
        "sign": tell("people-sign", lang=lang).split("|"),
    }


def _plain_label(column: Column, lang: Language) -> str:
    return column.zh if lang == "zh" else column.en


def _fact(column: Column, value: Any, lang: Language) -> str:  # noqa: ANN401  # a cell
    if column.kind == "str":
        return people_word(column.name, str(value), lang) if value else "-"
    if column.name == "year":
        return str(value)
    unit = {"0.01 mu": tell("unit-mu", lang=lang), "CNY": tell("unit-cny", lang=lang), "1": ""}
    return f"{_amount(column, value)} {unit.get(column.unit, column.unit)}".strip()


def _criteria(row: Mapping[Any, Any], lang: Language) -> Iterator[str]:
    """Yield what is judged at acceptance, and what is measured of the work."""
    yield tell("people-criterion-area", {"mu": f"{row['area_centimu'] / CENTIMU_PER_MU:,.2f}"},
               lang=lang)  # fmt: skip
    for name in ("survival", "cover"):
        least = row[f"{name}_min"]
        if least == least:  # noqa: PLR0124  # NaN where nothing is asked
            yield tell(f"people-criterion-{name}", {"least": f"{least:.0%}"}, lang=lang)
    values = {"soil": f"{row['soil_t_per_year']:,.0f}", "days": f"{row['person_days']:,.0f}"}
    yield tell("people-indicator", values, lang=lang)


def calendar_html(people: People, plan: Plan, *, lang: Language) -> str:
    """Return the season calendars of all districts as one page."""
    names = dict(zip(plan.districts["district_id"], plan.districts["district"], strict=True))
    title = tell("people-calendar", lang=lang)
    parts = []
    for district, own in people.packages.groupby("district_id", sort=True):
        parts.append(f"<h2>{html.escape(str(names.get(district, district)))}</h2>")
        plain = pd.DataFrame(own.drop(columns="geometry"))
        parts += [gantt_svg(plain, year, lang=lang) for year in sorted(set(own["year"]))]
    return (
        f'<!DOCTYPE html>\n<html lang="{lang}"><head><meta charset="utf-8">'
        f"<title>{html.escape(title)}</title></head><body><h1>{html.escape(title)}</h1>"
        f"{''.join(parts)}</body></html>\n"
    )
