"""The search: relaxation, priced building half, whole units, treatment, proof.

Every step stops by gap, nodes or count, never by a clock unless the user sets one, so the same
case gives the same plan.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd

from sandgrid.optimize.case import Case
from sandgrid.optimize.greedy import GreedyDesign, greedy_design
from sandgrid.optimize.problem import Floats
from sandgrid.optimize.repair import (
    UNITS,
    Workspace,
    complete,
    hold,
    joint_units,
    whole_units,
    workspace,
)
from sandgrid.optimize.solution import JointSolution, no_solution, read_solution, with_proof
from sandgrid.optimize.solver import Answer, Effort, solve_problem
from sandgrid.units import CNY_PER_MILLION

Report = Callable[[str, float, float], None]


@dataclass(frozen=True)
class SolveSettings:
    """When the search stops.

    Parameters
    ----------
    gap : float
        Proof asked for, as a share of the outlay [1].
    design_nodes, unit_nodes : int
        Most nodes of the tree for the design and for whole units.
    seconds : float
        Time limit of each step, 0 for none; a clock makes the plan not reproducible [s].
    seed : int
        Seed of the solver.
    presolve : bool
        Whether the solver simplifies first.

    """

    gap: float = 0.005
    design_nodes: int = 200
    unit_nodes: int = 500
    seconds: float = 0.0
    seed: int = 0
    presolve: bool = True


DESIGN_SHARE = 0.4
UNIT_SHARE = 0.1


@dataclass
class _Run:
    """What the search knows so far [million CNY]."""

    space: Workspace
    settings: SolveSettings
    report: Report
    bound: float = -np.inf
    best: JointSolution | None = None
    log: list[str] = field(default_factory=list)

    def note(self, step: str) -> None:
        incumbent = np.inf if self.best is None else self.best.objective_cny
        self.report(step, self.bound * CNY_PER_MILLION, incumbent)
        self.log.append(f"{step}: bound {self.bound:.3f}, plan {incumbent / 1e6:.3f} MCNY")

    def offer(self, answer: Answer) -> bool:
        if answer.values is None:
            return False
        model = self.space.model
        found = read_solution(model.case, model.columns, model.problem, answer.values)
        if self.best is None or found.objective_cny < self.best.objective_cny:
            self.best = found
        return True

    def outlay(self) -> float:
        """Outlay by the plan, or by the relaxation while there is none."""
        if self.best is not None:
            return self.best.outlay_cny / CNY_PER_MILLION
        model, values = self.space.model, self.space.relaxation.values
        relaxed = read_solution(model.case, model.columns, model.problem, values)
        return relaxed.outlay_cny / CNY_PER_MILLION

    def proven(self) -> bool:
        if self.best is None:
            return False
        gap = self.best.objective_cny / CNY_PER_MILLION - self.bound
        return gap <= self.settings.gap * self.outlay()


def _silent(step: str, bound_cny: float, incumbent_cny: float) -> None:
    del step, bound_cny, incumbent_cny


def solve(
    case: Case,
    *,
    settings: SolveSettings | None = None,
    report: Report | None = None,
    start: JointSolution | None = None,
) -> JointSolution:
    """Find the cheapest plan and prove how near to the best it is.

    Parameters
    ----------
    case : Case
        What is asked.
    settings : SolveSettings
        When to stop.
    report : callable, optional
        Called with step, bound [CNY], incumbent [CNY].
    start : JointSolution, optional
        A plan to start from, such as the greedy one; it is made if not given.

    Returns
    -------
    JointSolution
        Never dearer than the greedy plan; ``infeasible`` only where that is proven.

    Notes
    -----
    The bound holds for continuous units as well: it lets blocks, turbines and the rule of one
    hub per site be fractional.

    """
    run = _Run(workspace(case), settings or SolveSettings(), report or _silent)
    try:
        feasible = _relax(run) and _begin(run, case, start) and _improve(run)
    except KeyboardInterrupt:
        return _finish(run, interrupted=True)
    return _finish(run) if feasible else no_solution(case, tuple(run.log))


def _relax(run: _Run) -> bool:
    if run.space.relaxation.status != "optimal":
        run.note("relaxation")
        return False
    run.bound = run.space.bound_mcny
    run.note("relaxation")
    return True


def _begin(run: _Run, case: Case, start: JointSolution | None) -> bool:
    first = start or greedy_plan(case)
    if first.status != "infeasible":
        run.best = first
    run.note("greedy")
    return True


def _improve(run: _Run) -> bool:
    design = _find_design(run)
    run.bound = max(run.bound, design.bound + run.space.half.offset_mcny)
    run.note("design")
    if design.values is None:
        return design.status != "infeasible"
    for spare in (0, 1):
        if run.proven() and spare > 0:
            break
        _round(run, design.values, spare)
        run.note("units" if spare == 0 else "units with a spare circuit")
    return True


def _effort(run: _Run, share: float, nodes: int) -> Effort:
    settings = run.settings
    return Effort(
        gap=0.0,
        gap_mcny=settings.gap * share * run.outlay(),
        nodes=nodes,
        seconds=settings.seconds,
        presolve=settings.presolve,
        seed=settings.seed,
    )


def _find_design(run: _Run) -> Answer:
    half = run.space.half.problem
    effort = _effort(run, DESIGN_SHARE, run.settings.design_nodes)
    return solve_problem(half.relaxed(UNITS), effort)


def _round(run: _Run, half_values: Floats, spare: int) -> None:
    effort = _effort(run, UNIT_SHARE, run.settings.unit_nodes)
    units = whole_units(run.space, half_values, effort, spare)
    if units.values is None:
        return
    if not run.offer(complete(run.space, units.values)):
        run.offer(joint_units(run.space, units.values, effort))


def _finish(run: _Run, *, interrupted: bool = False) -> JointSolution:
    bound = run.bound * CNY_PER_MILLION
    if run.best is None:
        return replace(no_solution(run.space.model.case), status="interrupted", bound_cny=bound)
    proven = with_proof(run.best, bound, log=tuple(run.log), target_gap=run.settings.gap)
    result = replace(proven, reproducible=run.settings.seconds == 0 and not interrupted)
    return replace(result, status="interrupted") if interrupted else result


def greedy_plan(case: Case) -> JointSolution:
    """Plan as siting tools do, cheapest connected energy first, then treat at least cost.

    Parameters
    ----------
    case : Case
        What is asked.

    Returns
    -------
    JointSolution
        Repaired where the list alone misses a target: first with its sites and trunks held, then
        with one spare circuit beside each; ``infeasible`` where that does not help.

    Notes
    -----
    Sorting and building is that of supply-curve tools: all-in levelised cost with the site's
    share of trunk and station.  Treatment is the cheapest possible beside those builds, which is
    kinder than a list.

    """
    space = workspace(case)
    if space.relaxation.status != "optimal":
        return no_solution(case, ("the relaxation has no plan",))
    values = _design_values(space, greedy_design(case))
    answer, how = _complete_greedy(space, values)
    if answer.values is None:
        return no_solution(case, (f"greedy: {how}",))
    model = space.model
    found = read_solution(case, model.columns, model.problem, answer.values)
    return replace(found, bound_cny=space.bound_mcny * CNY_PER_MILLION, log=(f"greedy: {how}",))


def _complete_greedy(space: Workspace, values: Floats) -> tuple[Answer, str]:
    answer = complete(space, values)
    how, effort = "as listed", Effort(gap=0.0, gap_mcny=GREEDY_GAP_MCNY, nodes=GREEDY_NODES)
    for spare in (0, 1, 2):
        if answer.values is not None:
            break
        how = f"repaired with {spare} spare circuits"
        units = whole_units(space, values, effort, spare)
        if units.values is not None:
            answer = complete(space, units.values)
            if answer.values is None:
                answer = joint_units(space, units.values, effort)
    return answer, how


GREEDY_GAP_MCNY = 20.0
GREEDY_NODES = 100


def _design_values(space: Workspace, design: GreedyDesign) -> Floats:
    """Return the point of the building half that a greedy design stands for."""
    columns, years = space.model.columns, space.model.case.years
    values = np.zeros(space.model.problem.shape[1])
    units = pd.Series(design.units, dtype="float64")
    build = columns.build
    keys = list(zip(*(build[k] for k in ("site_id", "technology", "hub_id", "year")), strict=True))
    values[build["column"]] = [units.get(key, 0.0) for key in keys]
    feeds = {(site, hub) for site, _, hub, _ in design.units}
    pairs = zip(columns.feeds["site_id"], columns.feeds["hub_id"], strict=True)
    values[columns.feeds["column"]] = [float(pair in feeds) for pair in pairs]
    _stand_circuits(columns, design, values, years)
    return values[space.half.columns]


def _stand_circuits(columns, design: GreedyDesign, values: Floats, years: tuple[int, ...]) -> None:
    lines = columns.circuits
    added = [design.circuits.get((t, y), 0) for t, y in zip(lines["trunk_id"], lines["year"], strict=True)]
    stands = lines.assign(added=added)
    stands["stands"] = stands.groupby("trunk_id")["added"].cumsum()
    values[lines["column"]] = stands["stands"]
    station = columns.station
    first = {}
    for (_, _, hub, year) in design.units:
        first[hub] = min(year, first.get(hub, years[-1]))
    values[station["column"]] = [
        float(y >= first.get(h, years[-1] + 1)) for h, y in zip(station["hub_id"], station["year"], strict=True)
    ]
