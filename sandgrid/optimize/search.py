"""The search: relaxation, a core of the priced building half, whole units, treatment, proof.

Every step stops by gap, nodes or count, never by a clock unless the user sets one, and the hand
that looks for plans and the hand that raises the bound exchange what they know only between
steps, so the same case gives the same plan.
"""

# values of an answer, not of a frame

from dataclasses import replace
from functools import partial

import numpy as np

from sandgrid.errors import UnprovenError
from sandgrid.optimize.case import Case
from sandgrid.optimize.greedy_plans import greedy_plan, known_greedy, listed_design
from sandgrid.optimize.knowledge import Knowledge, Report
from sandgrid.optimize.pairing import near_or_both, side_by_side
from sandgrid.optimize.problem import Floats, Problem
from sandgrid.optimize.proof import is_small, search_bound
from sandgrid.optimize.repair import (
    DESIGN,
    UNITS,
    complete,
    core,
    free_hubs,
    joint_units,
    loosen,
    open_hubs,
    solve_within,
    workspace,
)
from sandgrid.optimize.settings import SolveSettings
from sandgrid.optimize.solution import JointSolution, no_solution, with_proof
from sandgrid.optimize.solver import Answer, Effort, solve_problem
from sandgrid.units import CNY_PER_MILLION


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
    run = Knowledge(workspace(case, seconds=used.seconds), used, report or _silent)
    try:
        if start is None:
            side_by_side(lambda: run.space.relaxed, partial(listed_design, case))
        feasible = _relax(run) and _improve(run, _begin(run, case, start))
    except (KeyboardInterrupt, _OutOfTimeError):
        return _stopped(run, case)
    if not feasible and run.best is not None:
        raise UnprovenError("optimize-solver-trouble", {"status": "infeasible"})
    return _finish(run) if feasible else no_solution(case, tuple(run.log))


class _OutOfTimeError(Exception):
    """The clock has stopped the relaxation, before there is a bound or a plan."""


def _relax(run: Knowledge) -> bool:
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
    run.bound, _ = run.space.bound_mcny, run.space.half_place
    run.note("relaxation")
    return True


def _begin(run: Knowledge, case: Case, start: JointSolution | None) -> Answer:
    """Take the plan to start from, made if not given, beside the design of the core."""
    if start is not None:
        first, design = start, _core_design(run)
    else:
        make = partial(_greedy, run, case)
        design, first = side_by_side(partial(_core_design, run), make)
    _accept(run, first)
    run.note("greedy")
    return design


def _greedy(run: Knowledge, case: Case) -> JointSolution:
    plan = greedy_plan(case, seconds=run.settings.seconds)
    run.report("greedy", run.bound * CNY_PER_MILLION, plan.objective_cny)
    return plan


def _accept(run: Knowledge, plan: JointSolution) -> None:
    """Take a ready plan for the best; its building half where it is of this very problem."""
    if not np.isfinite(plan.objective_cny):
        return
    run.best = plan
    if plan.values is not None and len(plan.values) == run.space.model.problem.shape[1]:
        run.best_half = plan.values[run.space.half.columns]


def _improve(run: Knowledge, design: Answer) -> bool:
    """Exchange plans and bounds step by step until the gap is closed; False if there is none."""
    proof = _first_exchange(run, design)
    if not run.proven():
        _solve_jointly(run)
    for stage in range(run.settings.stages):
        if run.proven():
            break
        proof = proof if proof is not None else _prove(run, run.settings.stage_growth**stage)
        if proof.status == "infeasible":
            return False
        proof = _exchange(run, proof, stage)
    return run.best is not None or _last_resort(run)


def _exchange(run: Knowledge, proof: Answer, stage: int) -> Answer | None:
    """Look beside the best plan and, if the half is large, raise the bound meanwhile."""
    if is_small(run) or stage + 1 == run.settings.stages:
        run.learn(_look_beside(run.aside(), proof, stage))
        return None
    raise_bound = partial(
        search_bound, run, run.best_half, run.settings.stage_growth ** (stage + 1)
    )
    look = partial(_look_beside, run.aside(), proof, stage)
    found, beside = near_or_both(raise_bound, look, run.proves)
    run.learn(beside)
    return _take_bound(run, found)


def _first_exchange(run: Knowledge, design: Answer) -> Answer | None:
    """Make the design of the core a plan; beside it, if the half is large, prove it."""
    if design.values is None:
        return None
    _is_new(run, design.values)
    problem = loosen(run.space, design.values, spare=run.settings.spare_circuits)
    if is_small(run):
        _take(run, _find_units(run, problem, design.objective), "units")
        return None
    units = partial(_find_units, run.aside(), problem, design.objective)
    prove = partial(search_bound, run.aside(), design.values, 1)
    found, proof = near_or_both(units, prove, partial(_is_enough, run))
    _take(run, found, "units")
    return None if proof is None else _take_bound(run, proof)


def _is_enough(run: Knowledge, answer: Answer) -> bool:
    """Tell whether a plan needs no proof beyond the relaxation."""
    hoped = run.aside()
    return hoped.offer(answer) and hoped.proven()


def _solve_jointly(run: Knowledge) -> None:
    """Solve a small case whole: what the halves' prices leave open closes in one tree."""
    problem, settings = run.space.model.problem, run.settings
    if problem.shape[1] > settings.joint_columns:
        return
    effort = replace(run.effort(settings.proof_share, settings.joint_nodes), restart=False)
    known = None if run.best is None else run.best.values
    start = known if known is not None and len(known) == problem.shape[1] else None
    answer = solve_problem(problem, effort, start)
    run.bound = max(run.bound, answer.bound)
    run.offer(answer)
    run.note("joint")


def _look_beside(run: Knowledge, proof: Answer, stage: int) -> Knowledge:
    """Make a design of the proof whole, then look in neighbourhoods of the best plan."""
    if proof.values is not None and not run.proven() and _is_new(run, proof.values):
        problem = loosen(run.space, proof.values, spare=run.settings.spare_circuits)
        _take(run, _find_units(run, problem, proof.objective), "units of the proof")
    for number in range(run.settings.rounds):
        if not run.proven() and run.best_half is not None:
            _neighbourhood(run, run.best_half, stage * run.settings.rounds + number)
    return run


def _is_new(run: Knowledge, values: Floats) -> bool:
    """Tell whether a design has not been made whole before, and remember it."""
    held = run.space.half.problem.family_mask(*DESIGN)
    design = np.rint(values[held]).tobytes()
    new = design not in run.tried
    run.tried.add(design)
    return new


def _core_design(run: Knowledge) -> Answer:
    """Search the design among hubs and options that the relaxation likes, wider if in vain."""
    settings = run.settings
    effort = run.effort(settings.design_share, settings.design_nodes)
    effort = replace(effort, gap_mcny=max(effort.gap_mcny, settings.design_gap * run.outlay()))
    design = run.space.half.problem.relaxed(UNITS)
    for part in (1.0, settings.widening):
        keep = core(
            run.space,
            hub_share=settings.core_hub * part,
            price_mcny_per_mw=settings.core_price_mcny_per_mw / part,
        )
        answer = solve_within(design, keep, effort, None)
        if answer.values is not None:
            break
    return answer


def _find_units(run: Knowledge, problem: Problem, promised_mcny: float = -np.inf) -> Answer:
    """Find whole units in a building half whose design is mostly held, then treat.

    Few options are searched first.  Where they lose much of what the design has promised, more
    are, from the plan that the few have given.
    """
    settings = run.settings
    effort = replace(run.effort(settings.units_share, settings.units_nodes), restart=False)
    enough_mcny = promised_mcny + settings.units_loss_share * settings.gap * run.outlay()
    few = core(run.space, hub_share=-1.0, price_mcny_per_mw=settings.units_price_mcny_per_mw)
    answer = solve_within(problem, few, effort, None)
    if answer.objective > enough_mcny:
        more = core(run.space, hub_share=-1.0, price_mcny_per_mw=settings.core_price_mcny_per_mw)
        more = more if answer.values is None else more | (answer.values > 0)
        answer = solve_within(problem, more, effort, answer.values)
    if answer.values is not None:
        units, answer = answer.values, complete(run.space, answer.values)
        if answer.values is None:
            answer = joint_units(run.space, units, effort)
    run.found.append(answer)
    return answer


def _take(run: Knowledge, answer: Answer, step: str) -> None:
    run.offer(answer)
    run.note(step)


def _prove(run: Knowledge, times: int) -> Answer:
    """Raise the bound; a better design, or a better plan, may turn up."""
    return _take_bound(run, search_bound(run, run.best_half, times))


def _take_bound(run: Knowledge, answer: Answer) -> Answer:
    run.bound = max(run.bound, answer.bound + run.space.half.offset_mcny)
    run.note("proof")
    if is_small(run) and answer.values is not None:
        run.offer(complete(run.space, answer.values))
    return answer


def _neighbourhood(run: Knowledge, half: Floats, number: int) -> None:
    """Free the design of a random half of the open hubs and of those the relaxation likes."""
    hubs = open_hubs(run.space, half)
    chance = np.random.default_rng([run.settings.seed, number])
    freed = sorted(chance.permutation(hubs)[: (len(hubs) + 1) // 2].tolist())
    liked = core(run.space, hub_share=run.settings.core_hub, price_mcny_per_mw=0.0)
    station = run.space.model.columns.station
    closed = set(station["hub_id"][liked[run.space.in_half(station)]]) - set(hubs)
    problem = free_hubs(run.space, half, [*freed, *sorted(closed)])
    _take(run, _find_units(run, problem), f"neighbourhood {number + 1}")


def _last_resort(run: Knowledge) -> bool:
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


def _stopped(run: Knowledge, case: Case) -> JointSolution:
    """Keep the best of what both hands had when a clock or Ctrl-C came."""
    known = known_greedy(case)
    if run.best is None and known is not None:
        _accept(run, known)
    for answer in list(run.found):
        run.offer(answer)
    run.bound = max([run.bound, *run.seen])
    return _finish(run, interrupted=True)


def _finish(run: Knowledge, *, interrupted: bool = False) -> JointSolution:
    bound = run.bound * CNY_PER_MILLION
    if run.best is None:
        return replace(no_solution(run.space.model.case), status="interrupted", bound_cny=bound)
    proven = with_proof(run.best, bound, log=tuple(run.log), target_gap=run.settings.gap)
    result = replace(proven, reproducible=run.settings.seconds == 0 and not interrupted)
    return replace(result, status="interrupted") if interrupted else result
