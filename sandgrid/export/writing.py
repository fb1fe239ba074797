"""The plan folder: every file of a run, staged, read again and moved into place."""

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final
from xml.etree import ElementTree as ET

import pandas as pd

from sandgrid.export.content import PlanContent
from sandgrid.export.document import (
    INFEASIBLE_KEYS,
    PLAN_JSON,
    SCENARIO_JSON,
    SCHEMA_VERSION,
    plan_json,
    read_document,
)
from sandgrid.export.files import RUN_LOG, Check, Staging, json_text, staged_folder
from sandgrid.export.ledger import ledger_xlsx
from sandgrid.export.raster_styles import eligibility_style, style_names
from sandgrid.export.rasters import access_tiff, check_tiff, eligibility_legend, eligibility_tiff
from sandgrid.export.report import report_pdf
from sandgrid.export.shapefiles import ShapeProfile, write_shapefiles
from sandgrid.export.sheets import parcel_sheets
from sandgrid.export.vector import write_geopackage
from sandgrid.export.words import Words
from sandgrid.export.workbook import check_workbook
from sandgrid.land.eligibility import Eligibility
from sandgrid.layers.raster import Raster
from sandgrid.messages import Language, in_language
from sandgrid.plan.record import Plan

PLAN_GPKG: Final = "plan.gpkg"
MAP_HTML: Final = "map.html"
LEDGER_XLSX: Final = "ledger.xlsx"
REPORT_PDF: Final = "report.pdf"
Audit = Callable[[Path], Mapping[str, Any]]


@dataclass(frozen=True)
class Extras:
    """What a plan folder holds beyond the plan's own tables.

    Parameters
    ----------
    scenario : mapping
        The resolved scenario: ``as_of``, ``export`` (crs, lang, sheets) and ``parameters`` are
        read from it.
    figures : mapping
        The plan in figures, by the schema of ``plan.json``; ``audit`` may be absent.
    map_html : callable
        Returns the offline map; it is waited for last, so it may still be drawn meanwhile.
    eligibility : Eligibility, optional
        Reasons against each use.
    access_km : Raster, optional
        Distance to the nearest usable substation [km].
    names : mapping
        Code -> name, before those of the message catalogue.
    others : mapping
        Relative file name -> bytes, e.g. ``problem.mps``.
    run_log : mapping
        Times, host and versions; written outside the manifest.

    """

    scenario: Mapping[str, Any]
    figures: Mapping[str, Any]
    map_html: Callable[[], bytes]
    eligibility: Eligibility | None = None
    access_km: Raster | None = None
    names: Mapping[str, Words] = field(default_factory=dict)
    others: Mapping[str, bytes] = field(default_factory=dict)
    run_log: Mapping[str, Any] = field(default_factory=dict)


def write_plan(plan: Plan, out: Path, *, extras: Extras, audit: Audit | None = None) -> Path:
    """Write the folder of a plan with its own figures and question.

    Parameters
    ----------
    plan : Plan
        The plan.
    out : Path
        The folder; an older plan in it is replaced when the new one is whole.
    extras : Extras
        Map and rasters; its ``figures`` complete those of the plan: ``scenario``, and what else
        ``plan.json`` should say.
    audit : callable, optional
        As for :func:`write_tables`.

    Returns
    -------
    Path
        The folder.

    """
    figures = {"schema_version": SCHEMA_VERSION, **plan.figures(), **extras.figures}
    whole = replace(extras, scenario=plan.scenario, figures=figures)
    return write_tables(plan.tables, out, extras=whole, audit=audit)


def write_tables(
    tables: Mapping[str, pd.DataFrame], out: Path, *, extras: Extras, audit: Audit | None = None
) -> Path:
    """Write the folder of a plan; the old one stays as it is until the new one is whole.

    Parameters
    ----------
    tables : mapping
        Tables of the plan by their contracts.
    out : Path
        The folder.
    extras : Extras
        Everything else.
    audit : callable, optional
        Given the staged folder, returns what ``plan.json`` says under ``audit``, or raises so
        that nothing is moved into place.

    Returns
    -------
    Path
        The folder.

    Raises
    ------
    OutputError
        If anything cannot be written whole.

    """
    lang: Language = extras.scenario["export"]["lang"]
    figures = {**in_language(extras.figures, lang), "audit": extras.figures.get("audit")}
    with staged_folder(out, checks=CHECKS) as staging:
        staging.write(PLAN_JSON, plan_json(figures))
        with ThreadPoolExecutor(1) as pool:
            papers = pool.submit(_write_papers, staging, tables, extras)
            _write_records(staging, tables, extras)
            if audit is not None:
                figures["audit"] = dict(audit(staging.folder))
            papers.result()
        staging.write(PLAN_JSON, plan_json(figures))
    return Path(out)


def write_infeasible(out: Path, *, extras: Extras) -> Path:
    """Write the answer to targets that cannot be met: question, shortfalls, map, manifest.

    Parameters
    ----------
    out : Path
        The folder.
    extras : Extras
        ``figures`` hold status, shortfalls and repairs, and no totals.

    """
    with staged_folder(out, checks=CHECKS) as staging:
        staging.write(SCENARIO_JSON, json_text(extras.scenario))
        told = in_language(extras.figures, extras.scenario["export"]["lang"])
        staging.write(PLAN_JSON, plan_json(told, keys=INFEASIBLE_KEYS))
        staging.write(MAP_HTML, extras.map_html())
        _write_run_log(staging, extras)
    return Path(out)


def _write_records(staging: Staging, tables: Mapping[str, pd.DataFrame], extras: Extras) -> None:
    """Write what other programs read, and the audit."""
    as_of, export = extras.scenario["as_of"], extras.scenario["export"]
    staging.write(SCENARIO_JSON, json_text(extras.scenario))
    lang: Language = export["lang"]
    write_geopackage(staging.path(PLAN_GPKG), tables, as_of=as_of, lang=lang)
    profile = ShapeProfile(export["crs"], lang=lang)
    write_shapefiles(staging, tables, as_of=as_of, profile=profile)
    if extras.eligibility is not None:
        staging.write("eligibility.tif", eligibility_tiff(extras.eligibility))
        staging.write("eligibility.csv", eligibility_legend(extras.eligibility, lang))
        for use, name in style_names(extras.eligibility.reasons).items():
            staging.write(name, eligibility_style(extras.eligibility, use, lang))
    if extras.access_km is not None:
        staging.write("grid_access.tif", access_tiff(extras.access_km))
    for name, content in sorted(extras.others.items()):
        staging.write(name, content)
    _write_run_log(staging, extras)


def _write_papers(staging: Staging, tables: Mapping[str, pd.DataFrame], extras: Extras) -> None:
    """Write what people read; the audit reads none of it."""
    export = extras.scenario["export"]
    lang: Language = export["lang"]
    content = PlanContent(tables, extras.figures, extras.scenario, extras.names, lang)
    staging.write(LEDGER_XLSX, ledger_xlsx(content))
    staging.write(REPORT_PDF, report_pdf(content))
    for name, paper in parcel_sheets(content, export["sheets"]):
        staging.write(name, paper)
    staging.write(MAP_HTML, extras.map_html())


def _write_run_log(staging: Staging, extras: Extras) -> None:
    if extras.run_log:
        staging.write(RUN_LOG, json_text(extras.run_log))


def _check_json(path: Path) -> None:
    read_document(path.parent, path.name)


def _check_html(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    if not text.rstrip().endswith("</html>"):
        raise ValueError(path.name)


def _check_pdf(path: Path) -> None:
    data = path.read_bytes()
    if not (data.startswith(b"%PDF-") and data.rstrip().endswith(b"%%EOF")):
        raise ValueError(path.name)


def _check_dxf(path: Path) -> None:
    if path.read_bytes().rstrip()[-3:] != b"EOF":
        raise ValueError(path.name)


def _check_xml(path: Path) -> None:
    ET.parse(path)  # noqa: S314  # what we wrote ourselves


# GeoPackage and shapefiles are read back, value by value, by their own writers.
CHECKS: Final[Mapping[str, Check]] = MappingProxyType(
    {
        ".json": _check_json,
        ".html": _check_html,
        ".tif": check_tiff,
        ".xlsx": check_workbook,
        ".kmz": check_workbook,
        ".pdf": _check_pdf,
        ".dxf": _check_dxf,
        ".gpx": _check_xml,
        ".qml": _check_xml,
    }
)
