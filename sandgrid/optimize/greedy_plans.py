"""The plan of the field's standard method as a whole plan: listed, repaired, treated.

It is what an optimum is compared with, and the first plan that a search knows.
"""

# ruff: noqa: PD011  # values of an answer, not of a frame

from dataclasses import replace

import numpy as np
import pandas as pd

from sandgrid.optimize.case import Case
from sandgrid.optimize.greedy import GreedyDesign, greedy_design
from sandgrid.optimize.problem import Floats
from sandgrid.optimize.repair import (
    Workspace,
    add_design,
    complete,
    core,
    joint_units,
    loosen,
    solve_within,
    workspace,
)
from sandgrid.optimize.settings import SolveSettings
from sandgrid.optimize.solution import JointSolution, no_solution, read_solution
from sandgrid.optimize.solver import Answer, Effort
from sandgrid.units import CNY_PER_MILLION


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
        Repaired where the list alone misses a target: first with its trunks held, then with one
        spare circuit beside each, both among its own sites and those that the relaxation finds
        cheap, at last among all sites; ``infeasible`` where that does not help;
        ``interrupted`` and without values where the clock stopped the relaxation.

    Notes
    -----
    Sorting and building is that of supply-curve tools: all-in levelised cost with the site's
    share of trunk and station.  Treatment is the cheapest possible beside those builds, which is
    kinder than a list.  The same plan is handed out again for the same case.

    """
    known = known_greedy(case)
    if known is None:
        known = _make_greedy(case, workspace(case, seconds=seconds))
        if known.status != "interrupted":
            object.__setattr__(case, "_greedy", known)
    return known


def known_greedy(case: Case) -> JointSolution | None:
    """Return the greedy plan of a case if it has been made already."""
    found = case.__dict__.get("_greedy")
    return found if isinstance(found, JointSolution) else None


def listed_design(case: Case) -> GreedyDesign:
    """Return what the sorted list builds; the same object for the same case."""
    found = case.__dict__.get("_listed")
    if not isinstance(found, GreedyDesign):
        found = greedy_design(case)
        object.__setattr__(case, "_listed", found)
    return found


def _make_greedy(case: Case, space: Workspace) -> JointSolution:
    if space.relaxation.status == "limit":
        out_of_time = no_solution(case, ("the clock stopped the relaxation",))
        return replace(out_of_time, status="interrupted", bound_cny=-np.inf)
    if space.relaxation.status != "optimal":
        return no_solution(case, ("the relaxation has no plan",))
    values = _design_values(space, listed_design(case))
    answer, how = _complete_greedy(space, values)
    if answer.values is None:
        return no_solution(case, (f"greedy: {how}",))
    model = space.model
    found = read_solution(case, model.columns, model.problem, answer.values)
    return replace(found, bound_cny=space.bound_mcny * CNY_PER_MILLION, log=(f"greedy: {how}",))


def _complete_greedy(space: Workspace, values: Floats) -> tuple[Answer, str]:
    answer, how = complete(space, values), "as listed"
    settings = SolveSettings()
    effort = Effort(gap=0.0, gap_mcny=settings.greedy_gap_mcny, nodes=settings.greedy_nodes)
    price = settings.greedy_price_mcny_per_mw
    likely = core(space, hub_share=-1.0, price_mcny_per_mw=price) | (values > 0)
    for spare, keep in ((0, likely), (1, likely), (1, np.ones_like(likely))):
        if answer.values is not None:
            break
        how = f"repaired with {spare} spare circuits"
        units = solve_within(loosen(space, values, spare=spare), keep, effort, None)
        if units.values is not None:
            answer = complete(space, units.values)
            if answer.values is None:
                answer = joint_units(space, units.values, effort)
    return answer, how


def _design_values(space: Workspace, design: GreedyDesign) -> Floats:
    """Return the point of the building half that a greedy design stands for."""
    columns = space.model.columns
    values = np.zeros(space.model.problem.shape[1])
    build = columns.build
    keys = list(zip(*(build[k] for k in ("site_id", "technology", "hub_id", "year")), strict=True))
    values[build["column"]] = [float(design.units.get(key, 0)) for key in keys]
    rows = [(trunk, year, added) for (trunk, year), added in sorted(design.circuits.items())]
    circuits = pd.DataFrame(rows, columns=["trunk_id", "year", "added"])
    circuits = circuits.astype({"trunk_id": "str", "year": "int64", "added": "float64"})
    return add_design(columns, values, circuits)[space.half.columns]
