"""What if: a changed limit, target or lock, answered by a certificate before anything is searched.

The linear relaxation stays hot in the solver.  A change of bounds then costs a few pivots, and
its multipliers prove a bound of the changed case whatever tolerance they came with.  Two rules
come free: a tightening keeps the old bound, a relaxation keeps the old plan.
"""

# values of an answer, not of a frame

from collections.abc import Mapping
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from functools import partial
from typing import Literal

import numpy as np

from sandgrid.errors import InputError
from sandgrid.optimize.case import Case
from sandgrid.optimize.duality import dual_bound
from sandgrid.optimize.pairing import side_by_side
from sandgrid.optimize.problem import Floats, Problem, moved_bounds
from sandgrid.optimize.repair import DESIGN, UNITS, hold, workspace
from sandgrid.optimize.settings import MoveSettings
from sandgrid.optimize.solution import JointSolution, read_solution
from sandgrid.optimize.solver import Answer, Solver
from sandgrid.optimize.spare import Mover
from sandgrid.units import CNY_PER_MILLION

Band = tuple[float | None, float | None]
Kind = Literal["none", "tightening", "relaxation", "mixed"]


@dataclass(frozen=True)
class Certificate:
    """What is proven of a changed case.

    Parameters
    ----------
    kind : {"none", "tightening", "relaxation", "mixed"}
        Whether the change only narrows, only widens, or does both.
    status : {"bounded", "infeasible"}
        ``infeasible`` where not even fractional units keep the changed rows: that is proven.
    bound_cny : float
        No plan of the changed case costs less [CNY].
    plan : JointSolution or None
        A plan of the changed case, every row of it checked: the old one if it keeps the change,
        else the old builds with treatment found again, else (a site locked out, more capacity)
        the old builds less what is lost and with spare units at stations that stand already.
        None where that finds none, which does not mean that there is none.
    source : {"relaxation", "old bound"}
        Where the bound comes from.

    """

    kind: Kind
    status: Literal["bounded", "infeasible"]
    bound_cny: float
    plan: JointSolution | None
    source: Literal["relaxation", "old bound"]

    @property
    def gap(self) -> float | None:
        """Plan above the bound as a share of its outlay [1]; None without a plan."""
        return None if self.plan is None else self.plan.gap


class WhatIf:
    """A case and its plan, kept ready for changes of bounds.

    Parameters
    ----------
    case : Case
        What was asked.
    plan : JointSolution
        Its plan with its bound.
    settings : MoveSettings, optional
        How far a place is sought for units that a change takes away; by default as in the
        parameter file.

    Examples
    --------
    ``WhatIf(case, plan).ask({"capacity[pv,2030]": (2350, 2360), "build[S014,*]": (0, 0)})``
    asks for more PV and locks a site out.

    """

    def __init__(
        self, case: Case, plan: JointSolution, *, settings: MoveSettings | None = None
    ) -> None:
        self._space = workspace(case)
        self._plan = plan
        self._mover = None
        if self._space.relaxation.status == "optimal":
            self._space.hot.without_clock()
            self._space.hot.widen()
            self._mover = Mover(self._space, settings or MoveSettings())
        relaxed = self._space.model.problem.relaxed()
        self._point = point_of(plan, relaxed)
        self._fixed = relaxed.family_mask(*DESIGN, *UNITS)
        self._held = hold(relaxed, DESIGN + UNITS, self._point)
        self._treating = Solver(self._held)
        self._treating.solve()

    def ask(self, changes: Mapping[str, Band]) -> Certificate:
        """Bound the changed case and find a plan of it without searching.

        Parameters
        ----------
        changes : mapping
            Name of a row or column, or a pattern with ``*``, -> (lower, upper) in the units of the
            problem (MW, ha, million CNY, 1,000 d, 1,000 t); None keeps a side.

        Raises
        ------
        InputError
            If a name stands for no row or column.

        """
        problem = self._space.model.problem
        changed = change_bounds(problem, changes)
        kind = _kind(problem, changed)
        old_mcny = self._plan.bound_cny / CNY_PER_MILLION
        enough_mcny = old_mcny if kind in ("none", "tightening") else -np.inf
        answer, plan = side_by_side(
            partial(self._relax, changed, enough_mcny), partial(self._find_plan, changed)
        )
        if answer.status == "infeasible":
            return Certificate(kind, "infeasible", np.inf, None, "relaxation")
        relaxed = dual_bound(changed.relaxed(), answer.row_duals) * CNY_PER_MILLION
        keeps = kind in ("none", "tightening") and self._plan.bound_cny > relaxed
        bound = self._plan.bound_cny if keeps else relaxed
        if plan is not None:
            plan = replace(plan, bound_cny=min(bound, plan.objective_cny))
        return Certificate(kind, "bounded", bound, plan, "old bound" if keeps else "relaxation")

    def _relax(self, changed: Problem, enough_mcny: float) -> Answer:
        """Relax the changed case, no further than until the old bound is known to be better."""
        hot = self._space.hot
        hot.change(changed)
        try:
            return hot.solve(enough_mcny=enough_mcny).answer
        finally:
            hot.change(self._space.model.problem)

    def _find_plan(self, changed: Problem) -> JointSolution | None:
        """Return the old plan if it still holds, else one near it with treatment found again."""
        if changed.holds(self._point):
            return self._plan
        builds: Floats | None = self._point
        if self._mover is not None:
            builds = self._mover.move(changed, self._point)
        return None if builds is None else self._treat(changed, builds)

    def _treat(self, changed: Problem, builds: Floats) -> JointSolution | None:
        """Return the plan of some builds with the cheapest treatment, if all of it holds."""
        model = self._space.model
        lower, upper = (np.where(self._fixed, np.rint(builds), changed.columns[side])
                        for side in ("lower", "upper"))  # fmt: skip
        held = changed.with_bounds(lower, upper)
        _change(self._treating, self._held, held)
        answer = self._treating.solve()
        _change(self._treating, held, self._held)
        if answer.values is None or not changed.holds(answer.values):
            return None
        return read_solution(model.case, model.columns, changed, answer.values)


def _change(solver: Solver, old: Problem, new: Problem) -> None:
    """Tell a solver the bounds that differ; all else in it stays hot."""
    solver.set_bounds(*moved_bounds(old.columns, new.columns))
    solver.set_row_bounds(*moved_bounds(old.rows, new.rows))


def point_of(plan: JointSolution, problem: Problem) -> Floats:
    """Return the values of the columns that a plan stands for.

    Raises
    ------
    InputError
        If the plan has none, or is one of another case.

    """
    if plan.values is None or len(plan.values) != problem.shape[1]:
        raise InputError("optimize-other-plan", {"columns": problem.shape[1]})
    return plan.values


def change_bounds(problem: Problem, changes: Mapping[str, Band]) -> Problem:
    """Return a problem with other bounds of some rows and columns.

    Raises
    ------
    InputError
        If a name stands for no row or column.

    """
    rows, columns = problem.rows.copy(), problem.columns.copy()
    for name, band in changes.items():
        found = False
        for table in (rows, columns):
            at = _named(table["name"].tolist(), name)
            found |= bool(at)
            for side, value in zip(("lower", "upper"), band, strict=True):
                if value is not None:
                    table.loc[at, side] = value
        if not found:
            raise InputError("optimize-unknown-row", {"name": name})
    return replace(problem, rows=rows, columns=columns)


def _named(names: list[str], wanted: str) -> list[int]:
    stem, star, _ = wanted.partition("*")
    if not star:
        return [at for at, name in enumerate(names) if name == wanted]
    # brackets are plain characters in names, not sets of characters
    pattern = wanted.replace("[", "[[]")
    likely = [(at, name) for at, name in enumerate(names) if name.startswith(stem)]
    return [at for at, name in likely if fnmatchcase(name, pattern)]


def _kind(old: Problem, new: Problem) -> Kind:
    narrowed = widened = False
    for before, after in ((old.rows, new.rows), (old.columns, new.columns)):
        for side, sign in (("lower", 1.0), ("upper", -1.0)):
            left, right = sign * before[side].to_numpy(), sign * after[side].to_numpy()
            narrowed |= bool((right > left).any())
            widened |= bool((right < left).any())
    if narrowed and widened:
        return "mixed"
    return "tightening" if narrowed else "relaxation" if widened else "none"
