"""From a design or a part of one to a whole plan: whole units, then all treatment."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from sandgrid.optimize.case import Case
from sandgrid.optimize.compilation import Compiled, compiled
from sandgrid.optimize.halves import BuildHalf, price_halves
from sandgrid.optimize.problem import Floats, Problem
from sandgrid.optimize.solver import Answer, Effort, dual_bound, solve_problem

DESIGN = ("station", "circuits", "extra_bays", "reinforced")
UNITS = ("build", "feeds", "uses")


@dataclass(frozen=True)
class Workspace:
    """A compiled case with its linear relaxation, solved when first asked for."""

    model: Compiled

    @cached_property
    def relaxation(self) -> Answer:
        """The joint problem with all integers let go."""
        return solve_problem(self.model.problem.relaxed())

    @cached_property
    def bound_mcny(self) -> float:
        """What the relaxation proves [million CNY]."""
        return dual_bound(self.model.problem.relaxed(), self.relaxation.row_duals)

    @cached_property
    def half(self) -> BuildHalf:
        """The building half at the prices of the relaxation."""
        duals = self.relaxation.row_duals
        if duals is None:
            message = "the relaxation has no multipliers: ask for its status first"
            raise ValueError(message)
        return price_halves(self.model.problem, duals)


def workspace(case: Case) -> Workspace:
    """Return the workspace of a case; the same object for the same case."""
    found = case.__dict__.get("_workspace")
    if not isinstance(found, Workspace):
        found = Workspace(compiled(case))
        object.__setattr__(case, "_workspace", found)
    return found


def hold(problem: Problem, families: tuple[str, ...], values: Floats) -> Problem:
    """Fix whole-number families of columns at the nearest whole values."""
    held = problem.family_mask(*families)
    whole = np.rint(values)
    lower = np.where(held, whole, problem.columns["lower"])
    upper = np.where(held, whole, problem.columns["upper"])
    return problem.with_bounds(lower, upper)


def loosen(problem: Problem, values: Floats, spare: int) -> Problem:
    """Let the design grow by spare circuits where one is used; what is unused stays so."""
    circuits = problem.family_mask("circuits")
    stations = problem.family_mask("station")
    last = np.where(circuits & (values > 0), values + spare, 0.0)
    upper = np.where(circuits, last, problem.columns["upper"])
    upper = np.where(stations, np.rint(values), upper)
    upper = np.minimum(upper, problem.columns["upper"])
    return problem.with_bounds(problem.columns["lower"].to_numpy(), upper)


def whole_units(space: Workspace, values: Floats, effort: Effort, spare: int) -> Answer:
    """Find whole blocks and turbines and one hub per site for a design of the building half.

    Parameters
    ----------
    space : Workspace
        The case.
    values : array
        A point of the building half whose design is to be used.
    effort : Effort
        When to stop.
    spare : int
        Circuits that may be added beside every one that is used; 0 holds the design.

    """
    half = space.half.problem
    open_half = hold(half, DESIGN, values) if spare == 0 else loosen(half, values, spare)
    return solve_problem(open_half, effort)


def complete(space: Workspace, half_values: Floats) -> Answer:
    """Add the cheapest treatment to whole builds; infeasible if the land does not allow it."""
    problem = space.model.problem
    values = np.zeros(problem.shape[1])
    values[space.half.columns] = half_values
    return solve_problem(hold(problem, DESIGN + UNITS, values).relaxed())


def joint_units(space: Workspace, half_values: Floats, effort: Effort) -> Answer:
    """Find units and treatment together for a design, where land is too tight to take turns."""
    problem = space.model.problem
    values = np.zeros(problem.shape[1])
    values[space.half.columns] = half_values
    return solve_problem(hold(problem, DESIGN, values), effort)
