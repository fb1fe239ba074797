"""One paper per parcel (一地块一方案) for those who work there: what, where, when, how much."""

import io
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import segno

from sandgrid.errors import OutputError
from sandgrid.export.content import PlanContent
from sandgrid.export.overview import frame_of, locator_map
from sandgrid.export.readable import shown_as
from sandgrid.export.sketch import COLOURS, draw_sketch, sketch_svg
from sandgrid.export.steps import steps_of, subsidy_of
from sandgrid.export.typesetting import Paper, read_template, typeset
from sandgrid.export.words import safe_name, word_of
from sandgrid.params import default_parameters
from sandgrid.tables import Column, table_columns
from sandgrid.units import CENTIMU_PER_HA, MU_PER_HA

Fact = tuple[str, str]
Row = Mapping[str, Any]
_LAND: Final = ("dune_class", "degree", "cover", "slope_deg", "rain_mm", "area_ha", "lon_deg",
                "lat_deg")  # fmt: skip
_PEOPLE: Final = ("collective", "holder_kind", "holder", "implementer", "beneficiary")
_TASK: Final = ("place", "area_centimu", "year", "count_year", "deadline_year", "person_days",
                "straw_t", "cost_cny", "soil_t_per_year")  # fmt: skip
_GENERATION: Final = ("pv_kw", "wind_kw", "gross_centimu", "lease_cny")
_WORDS: Final = ("land", "people", "work", "generation", "sketch", "acceptance", "status")
_STATUSES: Final = ("open", "running", "done", "accepted")
_LEGEND: Final = ("parcel", "treatment", "pv", "turbine", "other")
_FORMATS: Final[Mapping[str, str]] = {"lon_deg": ".6f", "lat_deg": ".6f", "cover": ".0%"}
_SHOWN: Final[Mapping[str, str]] = {"mw": ",.3f", "mu": ",.2f", "cny": ",.0f", "real": ",.1f"}
_POSITION_DIGITS: Final = 6
_SKETCH_MM: Final = 56
_LOCATOR_WIDTH: Final = 420


def parcel_sheets(content: PlanContent, sheets: int | Sequence[str]) -> Iterator[tuple[str, bytes]]:
    """Make the papers of the chosen parcels.

    Parameters
    ----------
    content : PlanContent
        The plan; its language is that of the papers.
    sheets : int or sequence of str
        Parcels by id, or how many of the largest treated ones.

    Yields
    ------
    tuple of (str, bytes)
        File name and PDF.

    Raises
    ------
    OutputError
        If a named parcel has no part in the plan, or no font holds a character of a name.

    """
    parcels, template = content.tables["parcels"], read_template("sheet")
    serial = {parcel: row for row, parcel in enumerate(parcels["parcel_id"], start=1)}
    source, frame = _by_parcel(content), frame_of(content.tables["districts"], width=_LOCATOR_WIDTH)
    ground = frame.path(np.asarray(gpd.GeoDataFrame(content.tables["districts"]).geometry))
    inside = dict(zip(parcels["parcel_id"], gpd.GeoDataFrame(parcels).geometry, strict=True))
    for parcel_id in chosen_parcels(content.tables["parcel_use"], sheets):
        said = sheet_data(content, parcel_id, source)
        point = inside[parcel_id].point_on_surface()
        said["locator"] = locator_map(content.tables, (point.x, point.y), frame, ground)
        title = f"{parcel_id} {said['title']}"
        paper = Paper(title, content.as_of, content.lang, _footer(content), content.fonts)
        name = safe_name("P", serial[parcel_id], str(said["place"]))
        yield f"sheets/{name}.pdf", typeset(template, said, paper=paper)


def chosen_parcels(parcel_use: pd.DataFrame, sheets: int | Sequence[str]) -> list[str]:
    """Return the parcels that get a paper, the largest first or as they are named.

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


def sheet_data(
    content: PlanContent, parcel_id: str, source: Mapping[str, Mapping[str, list[Row]]]
) -> dict[str, Any]:
    """Gather what the paper of one parcel says."""
    parcel, use = source["parcels"][parcel_id][0], source["parcel_use"][parcel_id][0]
    sketch = draw_sketch(content.tables, parcel_id)
    built = use["gross_centimu"] > 0
    geo = f"geo:{parcel['lat_deg']:.{_POSITION_DIGITS}f},{parcel['lon_deg']:.{_POSITION_DIGITS}f}"
    blank = [(content.tell(f"sheet-{key}"), "") for key in ("responsible", "phone", "signed")]
    return {
        "title": content.tell("sheet-title"),
        "parcel_id": parcel_id,
        "place": " ".join(str(parcel[k]) for k in ("district", "township", "village") if parcel[k]),
        "notes": _notes(content),
        "geo": geo,
        "qr": _qr_svg(geo),
        "words": {key: content.tell(f"sheet-{key}") for key in _WORDS},
        "heads": {
            key: content.tell(f"sheet-heads-{key}").split("|") for key in ("steps", "subsidy")
        },
        "land": _facts("parcels", parcel, _LAND, content),
        "people": [*_facts("parcels", parcel, _PEOPLE, content), *blank],
        "tasks": [_task(row, source, content) for row in source["treatments"].get(parcel_id, [])],
        "generation": _facts("parcel_use", use, _GENERATION, content) if built else [],
        "acceptance": _acceptance(parcel, content),
        "statuses": [content.tell(f"sheet-status-{key}") for key in _STATUSES],
        "sketch": sketch_svg(sketch, content.tell("sheet-scale", {"metres": sketch.bar_m})),
        "sketch_height": _SKETCH_MM,
        "legend": [(COLOURS[key], content.tell(f"sheet-legend-{key}")) for key in _LEGEND],
    }


def _notes(content: PlanContent) -> list[str]:
    synthetic = [content.tell("ledger-synthetic")] if content.synthetic else []
    return [*synthetic, content.tell("ledger-internal")]


def _footer(content: PlanContent) -> str:
    values = {"date": content.as_of, "name": content.scenario["name"]}
    return content.tell("sheet-as-of", values)


def _by_parcel(content: PlanContent) -> dict[str, dict[str, list[Row]]]:
    """Return the rows of each parcel, table by table."""
    found: dict[str, dict[str, list[Row]]] = {}
    for name in ("parcels", "parcel_use", "treatments", "treat_options"):
        rows = _records(content.tables[name]) if name in content.tables else []
        grouped = found.setdefault(name, {})
        for row in rows:
            grouped.setdefault(row["parcel_id"], []).append(row)
    return found


def _records(table: pd.DataFrame) -> list[Row]:
    plain = pd.DataFrame(table.drop(columns="geometry", errors="ignore"))
    columns = [str(column) for column in plain.columns]
    values = zip(*(plain[column].tolist() for column in columns), strict=True)
    return [dict(zip(columns, row, strict=True)) for row in values]


def _facts(table: str, row: Row, names: Sequence[str], content: PlanContent) -> list[Fact]:
    columns = [_column(table, name) for name in names if name in row]
    return [
        (
            column.zh if content.lang == "zh" else column.en,
            _shown(column, row[column.name], content),
        )
        for column in columns
    ]


@cache
def _column(table: str, name: str) -> Column:
    return next(column for column in table_columns(table) if column.name == name)


def _shown(column: Column, value: Any, content: PlanContent) -> str:  # noqa: ANN401  # a cell
    if isinstance(value, str):
        return word_of(column.name, value, lang=content.lang, names=content.names)
    if column.name in _FORMATS:
        return format(value, _FORMATS[column.name]) + ("°" if column.unit == "deg" else "")
    form = shown_as(column)
    if form.kind in ("year", "count"):
        return f"{value:d}" if value else "-"
    if column.unit == "ha":
        mu = f"{value * MU_PER_HA:,.2f} {content.tell('unit-mu')}"
        return f"{mu} ({value:,.2f} ha)"
    unit = content.tell(form.unit) if form.unit.startswith("unit-") else form.unit
    unit = {"d": content.tell("unit-person-day"), "deg": "°"}.get(unit, unit)
    return f"{value / form.divisor:{_SHOWN.get(form.kind, ',.2f')}} {unit}"


def _task(
    row: Row, source: Mapping[str, Mapping[str, list[Row]]], content: PlanContent
) -> dict[str, Any]:
    options = source["treat_options"].get(row["parcel_id"], [])
    keys = ("sequence_id", "place")
    option = next((o for o in options if all(o[k] == row[k] for k in keys)), {})
    area_ha = row["area_centimu"] / CENTIMU_PER_HA
    facts = _facts("treatments", row, _TASK, content)
    if "seedlings_per_ha" in option:
        plants = f"{round(option['seedlings_per_ha'] * area_ha):,d}"
        facts.append((content.tell("sheet-seedlings"), f"{plants} {content.tell('unit-plants')}"))
    if option.get("industry", "none") != "none":
        word = word_of("industry", option["industry"], lang=content.lang, names=content.names)
        facts.append((content.tell("sheet-industry"), word))
    subsidy, note = subsidy_of(row, content)
    return {
        "id": row["treatment_id"],
        "name": word_of("sequence_id", row["sequence_id"], lang=content.lang, names=content.names),
        "facts": facts,
        "steps": steps_of(row, option, content),
        "subsidy": subsidy,
        "subsidy_note": note,
    }


def _acceptance(parcel: Row, content: PlanContent) -> list[str]:
    """Return what the work is accepted by: cover in year 3 by dune class, plants alive, area."""
    dune = parcel["dune_class"]
    cover = float(parcel["cover"])
    target = content.parameter(f"treatment.target_cover_{dune}", None)
    gain = float(content.parameter("treatment.target_gain_fixed", 0.0))
    values = {
        "cover": f"{float(target) if target is not None else cover + gain:.0%}",
        "survival": f"{float(content.parameter('treatment.survival_target', 1.0)):.0%}",
        "kept": f"{default_parameters().number('acceptance.kept_year3'):.0%}",
    }
    keys = ("area", "cover", "survival", "kept")
    return [content.tell(f"sheet-acceptance-{key}", values) for key in keys]


def _qr_svg(text: str) -> str:
    stream = io.BytesIO()
    segno.make(text, error="m").save(stream, kind="svg", border=2, xmldecl=False, scale=4)
    return stream.getvalue().decode()
