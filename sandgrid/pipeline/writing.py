"""Writing a plan: figures, map, audit, folder."""

import platform
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

import geopandas as gpd
import shapely

from sandgrid.audit import audit_plan
from sandgrid.errors import AuditError, OutputError
from sandgrid.export.maps import find_sources, map_html
from sandgrid.export.writing import Extras, write_tables
from sandgrid.land import Eligibility, grid_access_km
from sandgrid.layers.catalogue import Catalogue
from sandgrid.layers.notices import SandGridWarning
from sandgrid.layers.raster import Raster
from sandgrid.people import People, describe_people
from sandgrid.pipeline.mapping import map_content
from sandgrid.pipeline.people import chosen_papers, people_files
from sandgrid.plan import Origin, Plan
from sandgrid.scenario.resolved import scenario_sha256

SCHEMA_VERSION: Final = 1
PACKAGES: Final = ("sandgrid", "highspy", "geopandas", "rasterio", "shapely", "numpy")


def write_plan(plan: Plan, out: str | Path, *, seconds: Mapping[str, float] | None = None) -> Path:
    """Audit a plan and write its folder; an older plan there is replaced when the new is whole.

    Parameters
    ----------
    plan : Plan
        As ``make_plan`` returned it.
    out : str or Path
        The folder.
    seconds : mapping, optional
        Seconds that each step took, for ``run.log.json``.

    Returns
    -------
    Path
        The folder.

    Raises
    ------
    AuditError
        If the plan contradicts itself; nothing is written.
    OutputError
        If the folder cannot be written whole, or the plan was read back from one.

    """
    if plan.origin is None:
        raise OutputError("write-no-origin", {"name": plan.scenario["name"]})
    _settle_extents(plan)
    with ThreadPoolExecutor(1) as pool:
        page = pool.submit(lambda: map_html(map_content(plan)))
        people, papers = _people_and_papers(plan)
        extras = Extras(
            scenario=plan.scenario,
            figures={**plan_figures(plan, plan.origin), "people": people.figures()},
            map_html=page.result,
            eligibility=plan.origin.eligibility,
            access_km=_access(plan, plan.origin),
            others={**plan.origin.others, **papers},
            run_log=run_log(seconds or {}),
        )
        return write_tables(plan.tables, Path(out), extras=extras, audit=_audit)


def _settle_extents(plan: Plan) -> None:
    """Let GEOS work out the extent of every shape, which it keeps, before two threads read them."""
    for table in plan.tables.values():
        if isinstance(table, gpd.GeoDataFrame):
            shapely.bounds(table.geometry.to_numpy())


def _people_and_papers(plan: Plan) -> tuple[People, dict[str, bytes]]:
    """Return who is asked to do what, and files with pages for a few villages and packages."""
    people = describe_people(plan)
    sheets = plan.scenario["export"]["sheets"]
    most = int(people.parameters.number("people.papers"))
    count = min(most, sheets) if isinstance(sheets, int) else most
    villages, packages = chosen_papers(people, count)
    return people, dict(people_files(people, plan, villages=villages, packages=packages))


def plan_figures(plan: Plan, origin: Origin) -> dict[str, Any]:
    """Return the plan in figures, as ``plan.json`` holds them."""
    return {
        **heading(plan.scenario, origin.catalogue, origin.notices),
        **plan.figures(),
        "tightest": tightest(plan),
        "sources": list_sources(origin.catalogue, origin.layers.roles),
        "rules": list_rules(origin.eligibility),
        "audit": None,
    }


def heading(
    record: Mapping[str, Any], catalogue: Catalogue, notices: tuple[SandGridWarning, ...]
) -> dict[str, Any]:
    """Return what every ``plan.json`` begins with."""
    return {
        "schema_version": SCHEMA_VERSION,
        "scenario": {
            "name": record["name"],
            "title_zh": record["title_zh"],
            "title_en": record["title_en"],
            "sha256": scenario_sha256(record),
            "as_of": record["as_of"],
        },
        "synthetic_layers": sorted(role for role in catalogue if catalogue[role].synthetic),
        "notices": [{"zh": notice.text("zh"), "en": notice.text("en")} for notice in notices],
    }


def list_sources(catalogue: Catalogue, roles: Iterable[str]) -> list[dict[str, Any]]:
    """Return where each layer that was read comes from, for ``plan.json``."""
    return [
        {
            "title_zh": source.title.zh,
            "title_en": source.title.en,
            "source": source.source,
            "licence": source.licence,
            "date": source.date,
            "synthetic": source.synthetic,
        }
        for source in find_sources(catalogue, roles)
    ]


def list_rules(eligibility: Eligibility) -> list[dict[str, Any]]:
    """Return each rule in words with its uses and its document, for ``plan.json``."""
    parts = ("id", "zh", "en", "document", "number", "date")
    return [
        {**{part: str(getattr(rule, part)) for part in parts}, "uses": list(rule.uses)}
        for rule in eligibility.rules
    ]


def tightest(plan: Plan) -> list[Any]:
    """Return the substation with the least headroom left, by name, and the year."""
    used = plan.substation_use[plan.substation_use["connected_kw"] > 0]
    if used.empty:
        return []
    room = used["headroom_kw"] + used["reinforcement_kw"] - used["connected_kw"]
    row = used.iloc[int(room.to_numpy().argmin())]
    names = plan.substations.set_index("substation_id")["substation"]
    return [str(names[row["substation_id"]]), int(row["year"])]


def _access(plan: Plan, origin: Origin) -> Raster:
    """Return the distance to the nearest substation that can take power in some year."""
    years = plan.substation_years
    usable = years.loc[years["headroom_mw"] > 0, "substation_id"]
    chosen = plan.substations[plan.substations["substation_id"].isin(usable)]
    points = [(float(x), float(y)) for x, y in chosen[["x_m", "y_m"]].to_numpy()]
    return grid_access_km(origin.eligibility.geobox, points)


def run_log(seconds: Mapping[str, float]) -> dict[str, Any]:
    """Return what ``run.log.json`` says: times, machine, versions."""
    return {
        "seconds": dict(seconds),
        "python": platform.python_version(),
        "machine": platform.machine(),
        "versions": {name: version(name) for name in PACKAGES},
    }


def _audit(folder: Path) -> dict[str, Any]:
    """Audit a staged folder; a plan that fails is not written as a plan."""
    report = audit_plan(folder)
    failed = [check for check in report.checks if not check.passed]
    if failed:
        detail = {"check": failed[0].name, "detail": failed[0].text("en")}
        raise AuditError("run-audit-failed", detail)
    return {"passed": True, "checks": [check.name for check in report.checks]}
