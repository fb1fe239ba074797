"""Single changes that make an infeasible case feasible, each verified by solving with it."""

# ruff: noqa: PD011  # values of an answer, not of a frame

from dataclasses import dataclass
from itertools import groupby

import numpy as np
import pandas as pd
from scipy import sparse

from sandgrid.messages import Language, tell
from sandgrid.optimize.compilation import Compiled
from sandgrid.optimize.constraints.limits import SCALE
from sandgrid.optimize.giving import (
    COUNTED,
    LEAST_SIZES,
    LOCKS,
    LOWERED,
    QUOTA_UNITS,
    RAISED,
    UNITS,
    family_of,
    unit_text,
)
from sandgrid.optimize.problem import Floats, Problem
from sandgrid.optimize.settings import ExplainSettings
from sandgrid.optimize.solver import Effort, solve_problem
from sandgrid.units import CNY_PER_MILLION, mu_from_ha

ENOUGH = 1e-6


@dataclass(frozen=True)
class Repair:
    """One change that makes a plan possible.

    Parameters
    ----------
    action : str
        Family of the row that is changed, e.g. ``headroom``.
    rows : tuple of str
        The rows that move together: one place over the years, or the targets that are short.
    scope : str
        Substation, district, technology, locked site or parcel; "" for the programme.
    year : int
        First year of the change; 0 for what holds in all years, such as a least size.
    amount : float
        How much [unit].
    unit : str
        Unit.
    objective_cny : float
        Least objective with the change, units fractional [CNY].
    whole : bool
        True if verified with whole units; False if with the linear relaxation only.

    """

    action: str
    rows: tuple[str, ...]
    scope: str
    year: int
    amount: float
    unit: str
    objective_cny: float
    whole: bool

    def text(self, lang: Language = "en") -> str:
        """Return one line in the planner's words."""
        values = {
            "scope": self.scope or tell("explain-programme", lang=lang),
            "year": self.year,
            "amount": f"{self.amount:,.1f}",
            "mu": f"{mu_from_ha(self.amount):,.0f}",
            "count": f"{np.ceil(self.amount - ENOUGH):.0f}",
            "cost": f"{self.objective_cny / CNY_PER_MILLION:,.0f}",
        }
        kind = self.action.replace("_", "-")
        if self.action == "quota":
            told = self.unit in ("MW", "ha")
            kind = f"quota-{self.unit.lower()}" if told else "quota-other"
            values["what"] = self.rows[0].split(",")[-2]
            values["unit"] = unit_text(self.unit, lang)
        return tell(f"repair-{kind}", values, lang=lang)


def find_repairs(
    model: Compiled, limits: tuple[str, ...], short: list[str], settings: ExplainSettings
) -> tuple[Repair, ...]:
    """Try every limit that binds and every demand that is short, one place at a time.

    In small cases every limit and every demand is tried, so that the first is the cheapest of all.

    Parameters
    ----------
    model : Compiled
        The case without plan.
    limits : tuple of str
        Rows that bind in the plan that comes nearest.
    short : list of str
        Rows of demands that are short there.
    settings : ExplainSettings
        How many are tried and returned, and how hard each is solved.

    Returns
    -------
    tuple of Repair
        Cheapest plan first.

    """
    problem = model.problem
    groups = _groups(problem, [*short, *limits])
    tried = groups[: settings.repairs + settings.repairs_tried_beyond]
    if problem.shape[1] <= settings.small_columns:
        known = {key for key, _ in groups}
        rest = _groups(problem, [name for name in _movable(problem) if _place(name) not in known])
        tried = [*groups, *rest]
    found = []
    for (action, scope), rows in tried:
        repair = _try(problem, action, (scope, rows), settings)
        if repair is not None:
            found.append(repair)
    found.sort(key=lambda item: (item.objective_cny, item.rows))
    return tuple(found[: settings.repairs])


def _movable(problem: Problem) -> list[str]:
    """Return the rows that a change may move; of sites and parcels only those locked in."""
    rows = problem.rows
    locked = ~rows["family"].isin(LOCKS) | (rows["lower"] > 0.0)
    return rows["name"][rows["family"].isin([*RAISED, *LOWERED]) & locked].tolist()


def _groups(problem: Problem, names: list[str]) -> list[tuple[tuple[str, str], list[str]]]:
    """Group rows of one place over the years; a limit that binds is raised from then on."""
    keyed = [(_place(name), name) for name in dict.fromkeys(names)]
    movable = set(_movable(problem))
    keyed = [item for item in keyed if item[1] in movable]
    order = {key: at for at, (key, _) in reversed(list(enumerate(keyed)))}
    keyed.sort(key=lambda item: order[item[0]])
    groups = []
    for key, rows in groupby(keyed, key=lambda item: item[0]):
        listed = [name for _, name in rows]
        groups.append((key, _from_then_on(problem, key[0], listed)))
    return groups


def _place(name: str) -> tuple[str, str]:
    """Return the family of a row and what moves as one: a place over the years, a least size."""
    family, _, inside = name.rstrip("]").partition("[")
    if family in LEAST_SIZES:
        return family, ""
    return family, inside if family in LOCKS else ",".join(inside.split(",")[:-1])


def _year(name: str) -> int:
    if family_of(name) in (*LEAST_SIZES, *LOCKS):
        return 0
    return int(name.rstrip("]").rpartition(",")[2].rpartition("[")[2])


def _from_then_on(problem: Problem, family: str, names: list[str]) -> list[str]:
    if family not in ("headroom", "bays"):
        return sorted(names)
    place, first = _place(names[0]), min(map(_year, names))
    same = problem.rows["name"][problem.rows["family"] == family]
    return [name for name in same if _place(name) == place and _year(name) >= first]


def _try(
    problem: Problem, action: str, where: tuple[str, list[str]], settings: ExplainSettings
) -> Repair | None:
    """Move some rows together as little as possible; None if that does not help."""
    scope, names = where
    price_mcny = settings.repair_price_mcny
    changed = _with_slack(problem, names, price_mcny)
    whole = problem.shape[1] <= settings.small_columns
    effort = Effort(settings.small_gap, nodes=settings.repair_nodes)
    answer = solve_problem(changed, effort) if whole else solve_problem(changed.relaxed())
    amount = np.inf if answer.values is None else float(answer.values[-1])
    if not np.isfinite(amount) or amount <= ENOUGH:
        return None
    unit = UNITS[action] if action in UNITS else QUOTA_UNITS[scope.split(",")[-1]]
    cost = (answer.objective - price_mcny * amount) * CNY_PER_MILLION
    place = scope.partition(",")[0]
    shown = "" if place == "total" else place
    told = amount / SCALE[COUNTED[action]] if action in COUNTED else amount
    return Repair(action, tuple(names), shown, min(map(_year, names)), told, unit, cost, whole)


def _with_slack(problem: Problem, names: list[str], price_mcny: float) -> Problem:
    """Add one column that widens the named rows on the side that holds; bays in whole numbers."""
    at = np.flatnonzero(problem.rows["name"].isin(set(names)))
    sign = _widening(problem, at)
    extra = pd.DataFrame(
        {
            "name": ["change"],
            "lower": [0.0],
            "upper": [np.inf],
            "cost": [price_mcny],
            "integer": [names[0].startswith("bays")],
        }
    )
    column = sparse.csc_array((sign, (at, np.zeros(len(at), dtype=int))), (problem.shape[0], 1))
    matrix = sparse.csc_array(sparse.hstack([problem.matrix, column]))
    columns = pd.concat([problem.columns, extra], ignore_index=True)
    return Problem(columns=columns, rows=problem.rows, matrix=matrix)


def _widening(problem: Problem, at: np.ndarray[tuple[int], np.dtype[np.int64]]) -> Floats:
    """Return -1 for rows held from above and +1 for demands."""
    rows = problem.rows.iloc[at]
    demand = rows["family"].isin(LOWERED) & np.isfinite(rows["lower"])
    return np.where(demand, 1.0, -1.0)
