"""What an optimum means: the price of a unit of every row that binds, and of losing land.

Prices are multipliers of the linear programme in which the plan's stations, circuits, bays,
reinforcements and the hub of each site are fixed and everything else may move; only the price of
a bay, which that programme cannot know, comes from the linear relaxation.  Each says so.
"""

# values of an answer, not of a frame

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import pandas as pd

from sandgrid.errors import UnprovenError
from sandgrid.optimize.case import Case
from sandgrid.optimize.compilation import Compiled, compiled
from sandgrid.optimize.constraints.limits import SCALE
from sandgrid.optimize.constraints.quotas import UNIT
from sandgrid.optimize.problem import Floats, Problem
from sandgrid.optimize.repair import DESIGN, UNITS, hold, workspace
from sandgrid.optimize.search import solve
from sandgrid.optimize.settings import SolveSettings
from sandgrid.optimize.solution import JointSolution
from sandgrid.optimize.solver import Answer, Solver, solve_problem
from sandgrid.optimize.whatif import point_of
from sandgrid.units import CNY_PER_MILLION, MU_PER_HA

Basis = Literal["design fixed", "relaxation", "builds fixed", "solved again"]
LEAST_PRICE_CNY = 0.01


@dataclass(frozen=True)
class Price:
    """What one unit more of a row costs or saves.

    Parameters
    ----------
    row : str
        Row of the problem.
    price_cny : float
        By how much the optimum rises if one unit more is asked, or falls if one unit more is
        allowed [CNY per unit].
    unit : str
        mu, MW, bay, CNY, d, t, m3, MWh or 1.
    basis : str
        Which linear programme it comes from.

    """

    row: str
    price_cny: float
    unit: str
    basis: Basis


@dataclass(frozen=True)
class Replacement:
    """What losing a parcel or a site costs.

    Parameters
    ----------
    kind : {"parcel", "site"}
        What is lost.
    lost : str
        Its id.
    cost_cny : float
        Rise of the objective; infinite where nothing can replace it.
    low_cny, high_cny : float
        Between what it lies for certain; equal to the cost where it is exact.
    basis : str
        What may move when it is lost.

    """

    kind: Literal["parcel", "site"]
    lost: str
    cost_cny: float
    low_cny: float
    high_cny: float
    basis: Basis


_PLAIN = {
    **dict.fromkeys(
        ("treated", "obligation", "core_share", "industry_share", "enclosure_share"),
        (float(MU_PER_HA), "mu"),
    ),
    "capacity": (1.0, "MW"),
    "headroom": (1.0, "MW"),
    "bays": (1.0, "bay"),
    "least_soil": (1.0, "t"),
}
_RESOURCE = {
    "budget": ("budget_cny", "CNY"),
    "person_days": ("person_days", "d"),
    "straw": ("straw_t", "t"),
    "water": ("water_m3", "m3"),
    "working_capital": ("working_capital_cny", "CNY"),
}
_QUANTITY = {
    "capacity_mw": "MW",
    "energy_mwh": "MWh",
    "treated_ha": "mu",
    "industry_ha": "mu",
    "soil_t": "t",
    "protection": "1",
    "wages_cny": "CNY",
    "net_cost_cny": "CNY",
}


def _unit_of(row: str) -> tuple[float, str] | None:
    """Return how many units of the planner are one of the row, and their name."""
    family, _, inside = row.rstrip("]").partition("[")
    family = family.removesuffix("_season")
    if family in _PLAIN:
        return _PLAIN[family]
    if family in _RESOURCE:
        resource, unit = _RESOURCE[family]
        return 1.0 / SCALE[resource], unit
    if family in ("quota", "least_share", "most_share"):
        quantity = inside.split(",")[-2]
        per_mu = MU_PER_HA if quantity.endswith("_ha") else 1.0
        return per_mu / UNIT[quantity], _QUANTITY[quantity]
    return None


def price_rows(case: Case, plan: JointSolution) -> tuple[Price, ...]:
    """Price a unit of every row that binds.

    Parameters
    ----------
    case : Case
        What was asked.
    plan : JointSolution
        Its plan.

    Returns
    -------
    tuple of Price
        By row; rows with no price are left out.

    Raises
    ------
    InputError
        If the plan belongs to another case.

    """
    space = workspace(case)
    problem = space.model.problem
    held = hold(problem, (*DESIGN, "feeds", "uses"), point_of(plan, problem))
    fixed = solve_problem(held.relaxed())
    priced = list(_priced(problem, fixed.row_duals, "design fixed"))
    return (*priced, *_priced(problem, space.relaxation.row_duals, "relaxation"))


def _priced(problem: Problem, duals: Floats | None, basis: Basis) -> Iterator[Price]:
    if duals is None:
        return
    for row, dual in zip(problem.rows["name"], duals, strict=True):
        known = _unit_of(str(row))
        if known is None or (known[1] == "bay") != (basis == "relaxation"):
            continue
        price = abs(float(dual)) * CNY_PER_MILLION / known[0]
        if price > LEAST_PRICE_CNY * (1e-3 if known[1] == "CNY" else 1.0):
            yield Price(str(row), price, known[1], basis)


def replace_parcels(
    case: Case, plan: JointSolution, parcels: Iterable[str]
) -> tuple[Replacement, ...]:
    """Price the loss of parcels, one at a time, with the builds as planned: exact for them.

    Parameters
    ----------
    case : Case
        What was asked.
    plan : JointSolution
        Its plan.
    parcels : iterable of str
        Ids of parcels.

    Returns
    -------
    tuple of Replacement
        In the order asked; infinite where the rest of the land cannot take its place.

    """
    model = compiled(case)
    point = point_of(plan, model.problem)
    held = hold(model.problem, DESIGN + UNITS, point).relaxed()
    solver = Solver(held)
    base = solver.solve().objective
    members = model.columns.classes.members.set_index("parcel_id")
    return tuple(_without_parcel(solver, held, (members, base), parcel) for parcel in parcels)


def _without_parcel(
    solver: Solver, held: Problem, known: tuple[pd.DataFrame, float], parcel: str
) -> Replacement:
    members, base = known
    if parcel not in members.index:
        return Replacement("parcel", parcel, 0.0, 0.0, 0.0, "builds fixed")
    own = members.loc[parcel]
    names = [f"parcel_land[{own['class_id']}]", f"on_site_land[{own['class_id']}]"]
    rows = held.rows[held.rows["name"].isin(names)]
    less = np.where(rows["family"] == "parcel_land", own["treat_ha"], own["on_site_ha"])
    at, lower, upper = rows.index.to_numpy(), rows["lower"].to_numpy(), rows["upper"].to_numpy()
    room = np.maximum(upper - less, 0.0)
    solver.set_row_bounds(at, np.minimum(lower, room), room)
    answer = solver.solve()
    solver.set_row_bounds(at, lower, upper)
    cost = _rise(answer, base)
    return Replacement("parcel", parcel, cost, cost, cost, "builds fixed")


def _rise(answer: Answer, base_mcny: float) -> float:
    if answer.status == "infeasible":
        return np.inf
    if answer.status != "optimal":
        raise UnprovenError("optimize-solver-trouble", {"status": answer.status})
    return max(0.0, answer.objective - base_mcny) * CNY_PER_MILLION


def sites_in_design(case: Case, plan: JointSolution) -> tuple[Replacement, ...]:
    """Price the loss of each site that is used, with the plan's stations and circuits.

    Units may be fractional.  Infinite means that the plan's own stations and circuits cannot
    replace the site; :func:`replace_sites` asks whether others can.
    """
    model = compiled(case)
    held = hold(model.problem, DESIGN, point_of(plan, model.problem)).relaxed()
    solver = Solver(held)
    base = solver.solve().objective
    return tuple(
        _without_site(solver, model, (held, base), site)
        for site in sorted(set(plan.builds["site_id"]))
    )


def _without_site(
    solver: Solver, model: Compiled, known: tuple[Problem, float], site: str
) -> Replacement:
    held, base = known
    feeds, build = model.columns.feeds, model.columns.build
    at = np.concatenate(
        [table["column"][table["site_id"] == site].to_numpy() for table in (feeds, build)]
    )
    nothing = np.zeros(len(at))
    solver.set_bounds(at, nothing, nothing)
    answer = solver.solve()
    bounds = held.columns.iloc[at]
    solver.set_bounds(at, bounds["lower"].to_numpy(), bounds["upper"].to_numpy())
    cost = _rise(answer, base)
    return Replacement("site", site, cost, 0.0, cost, "design fixed")


def replace_sites(
    case: Case,
    plan: JointSolution,
    sites: Iterable[str],
    *,
    settings: SolveSettings | None = None,
) -> tuple[Replacement, ...]:
    """Price the loss of sites by solving the whole case again without each.

    Parameters
    ----------
    case : Case
        What was asked.
    plan : JointSolution
        Its plan with its bound.
    sites : iterable of str
        Ids of sites.
    settings : SolveSettings
        When each search stops; the price lies between ``low_cny`` and ``high_cny``.

    """
    return tuple(_solved_without(case, plan, site, settings) for site in sites)


def _solved_without(
    case: Case, plan: JointSolution, site: str, settings: SolveSettings | None
) -> Replacement:
    locks = replace(
        case.settings, locked_out_sites=tuple(sorted({*case.settings.locked_out_sites, site}))
    )
    found = solve(replace(case, settings=locks), settings=settings)
    if found.status == "infeasible":
        return Replacement("site", site, np.inf, np.inf, np.inf, "solved again")
    low = max(0.0, found.bound_cny - plan.objective_cny)
    high = found.objective_cny - plan.bound_cny
    cost = min(max(found.objective_cny - plan.objective_cny, low), high)
    return Replacement("site", site, cost, low, high, "solved again")
