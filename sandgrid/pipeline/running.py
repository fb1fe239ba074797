"""A whole run: plan, audit, write; or the answer to targets that cannot be met."""

from collections.abc import Mapping
from concurrent.futures import Executor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from sandgrid.export.document import read_document
from sandgrid.export.files import check_target
from sandgrid.export.typesetting import font_files
from sandgrid.export.writing import Extras, write_infeasible
from sandgrid.export.zones import check_export_crs
from sandgrid.pipeline.inputs import list_inputs
from sandgrid.pipeline.making import Run, placeholders, plan_scenario, removed_layers
from sandgrid.pipeline.mapping import scenario_title
from sandgrid.pipeline.progress import Clock, Reporter, Silent
from sandgrid.pipeline.shortfalls import find_shortfalls
from sandgrid.pipeline.writing import heading, run_log, write_plan
from sandgrid.plan import Plan
from sandgrid.scenario import Scenario

EXIT_DONE: Final = 0
EXIT_INFEASIBLE: Final = 4
EXIT_UNPROVEN: Final = 5


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


def run_scenario(
    scenario: Scenario,
    out: str | Path,
    *,
    reporter: Reporter | None = None,
    executor: Executor | None = None,
) -> Result:
    """Make the plan of a scenario, audit it, and write its folder.

    Parameters
    ----------
    scenario : Scenario
        What is asked.
    out : str or Path
        Folder to write; an older plan in it is replaced when the new one is whole.
    reporter : Reporter, optional
        Told of every step.
    executor : Executor, optional
        Where the cells of land are judged, tile by tile; threads here by default.

    Raises
    ------
    AuditError
        If the plan contradicts itself; nothing is written.
    OutputError
        If the folder cannot be written whole.

    """
    folder = Path(out)
    check_target(folder)
    check_export_crs(scenario.export.crs)
    font_files(scenario.fonts)
    clock = Clock(reporter or Silent())
    run = plan_scenario(scenario, clock, executor=executor)
    if run.plan is None:
        return _answer_infeasible(run, folder, clock)
    with clock.step("run-write") as told:
        write_plan(run.plan, folder, seconds=clock.seconds)
        figures = read_document(folder)
        told.update(checks=len(figures["audit"]["checks"]), folder=folder)
    code = EXIT_DONE if run.plan.status == "optimal" else EXIT_UNPROVEN
    return Result(folder, figures, run.plan, code)


def _answer_infeasible(run: Run, out: Path, clock: Clock) -> Result:
    """Write what is short, by how much, and what would help."""
    with clock.step("run-explain") as told:
        found = find_shortfalls(run, scenario_title(run.record))
        told["shortfalls"] = len(found.shortfalls)
    figures = {
        **heading(run.record, run.world.catalogue, run.world.notices),
        "status": "infeasible",
        "short_in": found.kind,
        "supply": found.supply,
        "shortfalls": found.shortfalls,
        "repairs": found.repairs,
        "limits": found.limits,
        "layers": removed_layers(run.land),
        "inputs": list_inputs(run.world),
        "placeholders": list(placeholders(run.world.parameters, ())),
    }
    with clock.step("run-write-infeasible") as told:
        extras = Extras(
            scenario=run.record,
            figures=figures,
            map_html=lambda: found.page,
            run_log=run_log(clock.seconds),
        )
        write_infeasible(out, extras=extras)
        told["folder"] = out
    return Result(out, figures, None, EXIT_INFEASIBLE)
