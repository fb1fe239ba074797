"""A whole run: plan, audit, write; and what reads a plan back."""

import platform
from collections.abc import Mapping
from dataclasses import dataclass, replace
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

from sandgrid.audit import AuditReport, audit_plan
from sandgrid.errors import AuditError
from sandgrid.export.files import check_target
from sandgrid.export.maps import (
    Words,
    find_ground,
    find_sources,
    map_html,
    plan_content,
    plan_texts,
)

from sandgrid.export.writing import Extras, write_infeasible, write_tables
from sandgrid.land import grid_access_km
from sandgrid.layers.raster import Raster
from sandgrid.optimize import write_mps
from sandgrid.pipeline.inputs import list_inputs
from sandgrid.pipeline.making import Run, plan_scenario, removed_layers
from sandgrid.pipeline.progress import Clock, Reporter, Silent
from sandgrid.pipeline.shortfalls import Shortfalls, find_shortfalls
from sandgrid.plan import Plan
from sandgrid.scenario import Scenario
from sandgrid.scenario.resolved import scenario_sha256

EXIT_DONE: Final = 0
EXIT_INFEASIBLE: Final = 4
EXIT_UNPROVEN: Final = 5
USES: Final = ("pv", "wind", "treatment")


@dataclass(frozen=True, eq=False)
class Result:
    """What a run ended with.

    Parameters
    ----------
    folder : Path
        Where its files are.
    figures : mapping
        What ``plan.json`` says.
    plan : Plan, optional
        None where the targets cannot be met.
    exit_code : int
        0 done, 4 infeasible, 5 stopped before the proof asked for.

    """

    folder: Path
    figures: Mapping[str, Any]
    plan: Plan | None
    exit_code: int


def run_scenario(scenario: Scenario, out: Path, *, reporter: Reporter | None = None) -> Result:
    """Make the plan of a scenario, audit it, and write its folder.

    Parameters
    ----------
    scenario : Scenario
        What is asked.
    out : Path
        Folder to write; an older plan in it is replaced when the new one is whole.
    reporter : Reporter, optional
        Told of every step.

    Raises
    ------
    AuditError
        If the plan contradicts itself; nothing is written.
    OutputError
        If the folder cannot be written whole.

    """
    check_target(out)
    clock = Clock(reporter or Silent())
    run = plan_scenario(scenario, clock)
    if run.plan is None:
        return _answer_infeasible(run, out, clock)
    figures = plan_figures(run, run.plan)
    with clock.step("run-map"):
        page = _page(run, run.plan)
    with clock.step("run-write") as told:
        extras = _extras(run, figures, page, clock)
        audited: list[AuditReport] = []
        write_tables(
            run.plan.tables, out, extras=extras, audit=lambda folder: _audit(folder, audited)
        )
        told["checks"] = len(audited[0].checks)
        told["folder"] = out
    code = EXIT_DONE if run.plan.status == "optimal" else EXIT_UNPROVEN
    return Result(out, figures, run.plan, code)


def _audit(folder: Path, audited: list[AuditReport]) -> dict[str, Any]:
    """Audit a staged folder; a plan that fails is not written as a plan."""
    report = audit_plan(folder)
    audited.append(report)
    if not report.passed:
        failed = [check for check in report.checks if not check.passed]
        raise AuditError(
            "run-audit-failed", {"check": failed[0].name, "detail": failed[0].text("en")}
        )
    return {"passed": True, "checks": [check.name for check in report.checks]}


def plan_figures(run: Run, plan: Plan) -> dict[str, Any]:
    """Return the plan in figures, as ``plan.json`` holds them."""
    return {**_heading(run), **plan.figures(), "audit": None}


def _heading(run: Run) -> dict[str, Any]:
    record, catalogue = run.record, run.world.catalogue
    return {
        "schema_version": 1,
        "scenario": {
            "name": record["name"],
            "title_zh": record["title_zh"],
            "title_en": record["title_en"],
            "sha256": scenario_sha256(record),
            "as_of": record["as_of"],
        },
        "synthetic_layers": sorted(role for role in catalogue if catalogue[role].synthetic),
        "notices": [{"zh": n.text("zh"), "en": n.text("en")} for n in run.world.notices],
    }


def _page(run: Run, plan: Plan) -> bytes:
    """Return the offline map."""
    texts = plan_texts(
        scenario_title(run.record),
        plan.milestones,
        outlay_cny=plan.proof.outlay_cny,
        as_of=str(run.record["as_of"]),
    )
    sources = find_sources(run.world.catalogue, run.world.layers.roles)
    eligible = {use: run.land.eligibility.mask(use) for use in USES}
    content = plan_content(
        plan.tables,
        replace(texts, sources=sources),
        ground=find_ground(run.world.layers, eligible),
        lang=run.world.scenario.export.lang,
    )
    return map_html(content)


def scenario_title(record: Mapping[str, Any]) -> Words:
    """Return the title of a scenario; its name where it has none."""
    name = str(record["name"])
    return Words(str(record["title_zh"]) or name, str(record["title_en"]) or name)


def _extras(run: Run, figures: Mapping[str, Any], page: bytes, clock: Clock) -> Extras:
    others = {}
    if run.world.scenario.export.problem_mps:
        others["problem.mps"] = write_mps(run.question.case).encode()
    return Extras(
        scenario=run.record,
        figures=figures,
        map_html=page,
        eligibility=run.land.eligibility,
        access_km=_access(run),
        others=others,
        run_log=_run_log(clock),
    )


def _access(run: Run) -> Raster:
    """Return the distance to the nearest substation that can take power in some year."""
    years = run.question.connections.substation_years
    usable = years.loc[years["headroom_mw"] > 0, "substation_id"]
    places = run.question.connections.substations
    chosen = places[places["substation_id"].isin(usable)]
    points = [(float(x), float(y)) for x, y in chosen[["x_m", "y_m"]].to_numpy()]
    return grid_access_km(run.land.eligibility.geobox, points)


def _run_log(clock: Clock) -> dict[str, Any]:
    packages = ("sandgrid", "highspy", "geopandas", "rasterio", "shapely", "numpy")
    return {
        "seconds": clock.seconds,
        "python": platform.python_version(),
        "machine": platform.machine(),
        "versions": {name: version(name) for name in packages},
    }


def _answer_infeasible(run: Run, out: Path, clock: Clock) -> Result:
    """Write what is short, by how much, and what would help."""
    with clock.step("run-explain") as told:
        found: Shortfalls = find_shortfalls(run)
        told["shortfalls"] = len(found.shortfalls)
    figures = {
        **_heading(run),
        "status": "infeasible",
        "shortfalls": found.shortfalls,
        "repairs": found.repairs,
        "layers": removed_layers(run.land),
        "inputs": list_inputs(run.world),
        "placeholders": [],
    }
    with clock.step("run-write-infeasible") as told:
        extras = Extras(
            scenario=run.record, figures=figures, map_html=found.page, run_log=_run_log(clock)
        )
        write_infeasible(out, extras=extras)
        told["folder"] = out
    return Result(out, figures, None, EXIT_INFEASIBLE)
