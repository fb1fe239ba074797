"""The search: relaxation, a core of the priced building half, whole units, treatment, proof.

Every step stops by gap, nodes or count, never by a clock unless the user sets one, so the same
case gives the same plan.
"""

# ruff: noqa: PD011  # values of an answer, not of a frame

from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd

from sandgrid.errors import UnprovenError
from sandgrid.optimize.case import Case
from sandgrid.optimize.greedy import GreedyDesign, greedy_design
from sandgrid.optimize.problem import Floats, Problem
from sandgrid.optimize.repair import (
    UNITS,
    Workspace,
    add_design,
    complete,
    core,
    free_hubs,
    joint_units,
    loosen,
    needed_rows,
    open_hubs,
    solve_within,
    workspace,
)
from sandgrid.optimize.settings import SolveSettings
from sandgrid.optimize.solution import JointSolution, no_solution, read_solution, with_proof
from sandgrid.optimize.solver import Answer, Effort, solve_problem
from sandgrid.units import CNY_PER_MILLION

Report = Callable[[str, float, float], None]


@dataclass
class _Run:
    """What the search knows so far [million CNY]."""

    space: Workspace
    settings: SolveSettings
    report: Report
    bound: float = -np.inf
    best: JointSolution | None = None
    best_half: Floats | None = None
    log: list[str] = field(default_factory=list)

    def note(self, step: str) -> None:
        incumbent = np.inf if self.best is None else self.best.objective_cny
        self.report(step, self.bound * CNY_PER_MILLION, incumbent)
        self.log.append(f"{step}: bound {self.bound:.3f}, plan {incumbent / 1e6:.3f} MCNY")

    def watch_bound(self, bound: float, objective: float) -> None:
        """Tell a bound of the building half as one of the whole while its tree grows."""
        del objective
        whole = max(self.bound, bound + self.space.half.offset_mcny)
        incumbent = np.inf if self.best is None else self.best.objective_cny
        if np.isfinite(whole):
            self.report("proof", whole * CNY_PER_MILLION, incumbent)

    def offer(self, answer: Answer) -> bool:
        if answer.values is None:
            return False
        model = self.space.model
        found = read_solution(model.case, model.columns, model.problem, answer.values)
        if self.best is None or found.objective_cny < self.best.objective_cny:
            self.best, self.best_half = found, answer.values[self.space.half.columns]
        return True

    def effort(self, share: float, nodes: int) -> Effort:
        """Return when a step stops: part of the gap, nodes, and the clock if one is set."""
        settings = self.settings
        return Effort(
            gap=0.0,
            gap_mcny=settings.gap * share * self.outlay(),
            nodes=nodes,
            seconds=settings.seconds,
            presolve=settings.presolve,
            seed=settings.seed,
        )

    def outlay(self) -> float:
        """Outlay by the plan, or by the relaxation while there is none."""
        if self.best is not None:
            return self.best.outlay_cny / CNY_PER_MILLION
        model, values = self.space.model, self.space.relaxation.values
        if values is None:
            message = "the relaxation has no values: ask for its status first"
            raise ValueError(message)
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
        Never dearer than the greedy plan; ``infeasible`` only where that is proven;
        ``interrupted`` and without values where a clock or Ctrl-C came before any plan.

    Raises
    ------
    UnprovenError
        If the solver is in trouble: unbounded, numerical failure, or a half that it calls
        infeasible beside a plan.

    Notes
    -----
    The bound holds for continuous units as well: it lets blocks, turbines and the rule of one
    hub per site be fractional.

    """
    used = settings or SolveSettings()
    run = _Run(workspace(case, seconds=used.seconds), used, report or _silent)
    try:
        feasible = _relax(run) and _begin(run, case, start) and _improve(run)
    except (KeyboardInterrupt, _OutOfTimeError):
        return _finish(run, interrupted=True)
    if not feasible and run.best is not None:
        raise UnprovenError("optimize-solver-trouble", {"status": "infeasible"})
    return _finish(run) if feasible else no_solution(case, tuple(run.log))


class _OutOfTimeError(Exception):
    """The clock has stopped the relaxation, before there is a bound or a plan."""


def _relax(run: _Run) -> bool:
    status = run.space.relaxation.status
    if status == "infeasible":
        run.note("relaxation")
        return False
    if status == "limit":
        raise _OutOfTimeError
    if status == "unbounded":
        raise UnprovenError("optimize-unbounded")
    if status != "optimal":
        raise UnprovenError("optimize-solver-trouble", {"status": status})
    run.bound = run.space.bound_mcny
    run.note("relaxation")
    return True


def _begin(run: _Run, case: Case, start: JointSolution | None) -> bool:
    first = start or greedy_plan(case)
    if np.isfinite(first.objective_cny):
        run.best = first
        fits = first.values is not None and len(first.values) == run.space.model.problem.shape[1]
        if first.values is not None and fits:
            run.best_half = first.values[run.space.half.columns]
    run.note("greedy")
    return True


def _improve(run: _Run) -> bool:
    design = _core_design(run)
    if design.values is not None:
        _whole(run, loosen(run.space, design.values, spare=1), "units")
    if not run.proven():
        _solve_jointly(run)
    for stage in range(run.settings.stages):
        if run.proven():
            break
        if not _stage(run, stage):
            return False
    return run.best is not None or _last_resort(run)


def _solve_jointly(run: _Run) -> None:
    """Solve a small case whole: what the halves' prices leave open closes in one tree."""
    problem, settings = run.space.model.problem, run.settings
    if problem.shape[1] > settings.joint_columns:
        return
    effort = run.effort(PROOF_SHARE, settings.joint_nodes)
    answer = solve_problem(problem, effort, None)
    run.bound = max(run.bound, answer.bound)
    run.offer(answer)
    run.note("joint")


def _stage(run: _Run, stage: int) -> bool:
    """Raise the bound with ever more nodes, then look beside the plan; False if there is none."""
    design = _prove(run, STAGE_GROWTH**stage)
    if design.status == "infeasible":
        return False
    if design.values is not None and not run.proven():
        _whole(run, loosen(run.space, design.values, spare=1), "units of the proof")
    for number in range(run.settings.rounds):
        if not run.proven() and run.best_half is not None:
            _neighbourhood(run, stage * run.settings.rounds + number)
    return True


STAGE_GROWTH = 4


def _core_design(run: _Run) -> Answer:
    """Search the design among hubs and options that the relaxation likes, wider if in vain."""
    settings = run.settings
    effort = run.effort(settings.design_share, settings.design_nodes)
    design = run.space.half.problem.relaxed(UNITS)
    for part in WIDENING:
        keep = core(
            run.space,
            hub_share=settings.core_hub * part,
            price_mcny_per_mw=settings.core_price_mcny_per_mw / part,
        )
        answer = solve_within(design, keep, effort, None)
        if answer.values is not None:
            break
    return answer


WIDENING = (1.0, 0.25)


def _whole(run: _Run, problem: Problem, step: str) -> None:
    """Find whole units in a building half whose design is mostly held, then treat."""
    settings = run.settings
    keep = core(run.space, hub_share=-1.0, price_mcny_per_mw=settings.core_price_mcny_per_mw)
    effort = run.effort(settings.units_share, settings.units_nodes)
    units = solve_within(problem, keep, effort, None)
    if units.values is not None and not run.offer(complete(run.space, units.values)):
        run.offer(joint_units(run.space, units.values, effort))
    run.note(step)


def _prove(run: _Run, times: int) -> Answer:
    """Raise the bound over all options; a better design may turn up.

    A small half keeps its whole units; a large one lets them be fractional.
    """
    half, settings = run.space.half, run.settings
    rows = needed_rows(run.space)
    small = half.problem.shape[1] <= settings.exact_columns
    problem = half.problem if small else half.problem.relaxed(UNITS).keep_rows(rows)
    nodes = times * (settings.exact_nodes if small else settings.proof_nodes)
    effort = run.effort(PROOF_SHARE, nodes)
    answer = solve_problem(problem, effort, run.best_half, run.watch_bound)
    run.bound = max(run.bound, answer.bound + half.offset_mcny)
    run.note("proof")
    if small and answer.values is not None:
        run.offer(complete(run.space, answer.values))
    return answer


PROOF_SHARE = 0.9


def _neighbourhood(run: _Run, number: int) -> None:
    """Free the design of a random half of the open hubs and of those the relaxation likes."""
    if run.best_half is None:
        return
    hubs = open_hubs(run.space, run.best_half)
    chance = np.random.default_rng([run.settings.seed, number])
    freed = sorted(chance.permutation(hubs)[: (len(hubs) + 1) // 2].tolist())
    liked = core(run.space, hub_share=run.settings.core_hub, price_mcny_per_mw=0.0)
    station = run.space.model.columns.station
    closed = set(station["hub_id"][liked[run.space.in_half(station)]]) - set(hubs)
    problem = free_hubs(run.space, run.best_half, [*freed, *sorted(closed)])
    _whole(run, problem, f"neighbourhood {number + 1}")


def _last_resort(run: _Run) -> bool:
    """Ask for any whole plan of the building half, or learn that there is none."""
    run.note("last resort")
    effort = Effort(gap=1.0, seed=run.settings.seed, seconds=run.settings.seconds)
    units = solve_problem(run.space.half.problem, effort)
    if units.values is None:
        return units.status != "infeasible"
    if run.offer(complete(run.space, units.values)):
        return True
    whole = solve_problem(run.space.model.problem, effort)
    return run.offer(whole) or whole.status != "infeasible"


def _finish(run: _Run, *, interrupted: bool = False) -> JointSolution:
    bound = run.bound * CNY_PER_MILLION
    if run.best is None:
        return replace(no_solution(run.space.model.case), status="interrupted", bound_cny=bound)
    proven = with_proof(run.best, bound, log=tuple(run.log), target_gap=run.settings.gap)
    result = replace(proven, reproducible=run.settings.seconds == 0 and not interrupted)
    return replace(result, status="interrupted") if interrupted else result


def greedy_plan(case: Case, *, seconds: float = 0.0) -> JointSolution:
    """Plan as siting tools do, cheapest connected energy first, then treat at least cost.

    Parameters
    ----------
    case : Case
        What is asked.
    seconds : float
        Time limit of the relaxation, 0 for none [s].

    Returns
    -------
    JointSolution
        Repaired where the list alone misses a target: first with its sites and trunks held, then
        with one spare circuit beside each; ``infeasible`` where that does not help;
        ``interrupted`` and without values where the clock stopped the relaxation.

    Notes
    -----
    Sorting and building is that of supply-curve tools: all-in levelised cost with the site's
    share of trunk and station.  Treatment is the cheapest possible beside those builds, which is
    kinder than a list.

    """
    space = workspace(case, seconds=seconds)
    if space.relaxation.status == "limit":
        out_of_time = no_solution(case, ("the clock stopped the relaxation",))
        return replace(out_of_time, status="interrupted", bound_cny=-np.inf)
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
    answer, how = complete(space, values), "as listed"
    effort = Effort(gap=0.0, gap_mcny=GREEDY_GAP_MCNY, nodes=GREEDY_NODES)
    for spare in (0, 1):
        if answer.values is not None:
            break
        how = f"repaired with {spare} spare circuits"
        units = solve_problem(loosen(space, values, spare=spare), effort)
        if units.values is not None:
            answer = complete(space, units.values)
            if answer.values is None:
                answer = joint_units(space, units.values, effort)
    return answer, how


GREEDY_GAP_MCNY = 20.0
GREEDY_NODES = 20


def _design_values(space: Workspace, design: GreedyDesign) -> Floats:
    """Return the point of the building half that a greedy design stands for."""
    columns = space.model.columns
    values = np.zeros(space.model.problem.shape[1])
    build = columns.build
    keys = list(zip(*(build[k] for k in ("site_id", "technology", "hub_id", "year")), strict=True))
    values[build["column"]] = [float(design.units.get(key, 0)) for key in keys]
    rows = [(trunk, year, added) for (trunk, year), added in sorted(design.circuits.items())]
    circuits = pd.DataFrame(rows, columns=["trunk_id", "year", "added"])
    return add_design(columns, values, circuits)[space.half.columns]
