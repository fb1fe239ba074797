"""The treatment half: builds are fixed and drawn, the land that is left is treated exactly."""

# ruff: noqa: PD011  # values of an answer, not of a frame

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from sandgrid.errors import InputError, UnprovenError
from sandgrid.optimize.case import Case
from sandgrid.optimize.columns import Columns, list_columns
from sandgrid.optimize.constraints import (
    capacity,
    compactness,
    land,
    limits,
    quotas,
    treatment,
)
from sandgrid.optimize.constraints.terms import bounded, keyed
from sandgrid.optimize.duality import dual_bound
from sandgrid.optimize.problem import Floats, Problem, Rows, assemble, make_rows
from sandgrid.optimize.sheet import Sheet, among, looked_up
from sandgrid.optimize.solution import PlanStatus, binding_rows, item_costs, read_treatments
from sandgrid.optimize.solver import solve_problem
from sandgrid.optimize.weighing import goal_costs, is_net_cost
from sandgrid.units import CNY_PER_MILLION


@dataclass(frozen=True)
class TreatmentSolution:
    """The cheapest treatment beside given builds.

    Parameters
    ----------
    status : str
        optimal or infeasible.
    treatments : DataFrame
        parcel_id, sequence_id, place, year, ha; at most as many parcels are partly treated as
        rows bind.
    objective_cny, outlay_cny, bound_cny : float
        Present cost less soil value; present cost; nothing is cheaper than the bound.  Of a case
        with another goal objective and bound are those of the goal, a million to the solver's unit.
    net_cost_cny : float
        Present cost less soil value, whatever the goal.
    binding : tuple of str
        Rows that hold with equality.

    """

    status: PlanStatus
    treatments: pd.DataFrame
    objective_cny: float
    outlay_cny: float
    bound_cny: float
    net_cost_cny: float = np.inf
    binding: tuple[str, ...] = ()

    @property
    def gap_cny(self) -> float:
        """Objective above the bound [CNY]."""
        return self.objective_cny - self.bound_cny

    @property
    def gap(self) -> float:
        """Objective above the bound as a share of the half's own cost [1]."""
        return self.gap_cny / self.outlay_cny if self.outlay_cny > 0 else 0.0


def solve_treatment(case: Case, builds: pd.DataFrame, land_left: pd.DataFrame) -> TreatmentSolution:
    """Treat the land that drawn builds leave at least cost.

    Parameters
    ----------
    case : Case
        What is asked.
    builds : DataFrame
        site_id, technology, hub_id, year, units.
    land_left : DataFrame
        parcel_id, off_site_ha (treatable land outside what is built), on_site_ha (treatable land
        inside the drawn PV blocks, times the under-panel share).

    Returns
    -------
    TreatmentSolution
        An extreme point of a linear programme, with its bound from the duals.

    Raises
    ------
    InputError
        If a parcel is missing, or a build is not an option of the case.
    UnprovenError
        If the solver is in trouble.

    """
    left = _with_land(case, land_left)
    columns = list_columns(left)
    problem = _problem(left, columns, land_left)
    fixed = _fix_builds(problem, columns, builds)
    answer = solve_problem(fixed)
    if answer.status not in ("optimal", "infeasible"):
        raise UnprovenError("optimize-solver-trouble", {"status": answer.status})
    if answer.values is None:
        nothing = read_treatments(columns, np.zeros(problem.shape[1]))
        return TreatmentSolution("infeasible", nothing, np.inf, 0.0, np.inf)
    return _read(left, columns, fixed, answer.values, dual_bound(fixed, answer.row_duals))


def _with_land(case: Case, land_left: pd.DataFrame) -> Case:
    named = land_left.set_index("parcel_id")
    missing = set(case.parcels["parcel_id"]) - set(named.index)
    if missing:
        raise InputError("treatment-missing-parcel", {"parcel": min(missing)})
    off = case.parcels["parcel_id"].map(named["off_site_ha"])
    inside = case.parcels["parcel_id"].map(named["on_site_ha"])
    return replace(case, parcels=case.parcels.assign(treat_ha=off + inside, on_site_ha=inside))


def _off_site_land(columns: Columns, land_left: pd.DataFrame) -> Rows:
    """Off-site treatment stays on the land outside what is built."""
    class_of = columns.classes.members.set_index("parcel_id")["class_id"]
    by_class = land_left.groupby(land_left["parcel_id"].map(class_of))["off_site_ha"].sum()
    table = columns.classes.table
    rows = Sheet.of(table[table["on_site_ha"] > 0], "class_id")
    upper = looked_up(rows["class_id"], by_class.to_dict())
    start = columns.sheet("start")
    off = (start["place"] == "off_site") & among(start["class_id"], rows["class_id"])
    return make_rows(
        "off_site_land",
        bounded(rows, ["class_id"], -np.inf, upper),
        [keyed(start.only("class_id", "column").take(off), ["class_id"])],
    )


def _problem(case: Case, columns: Columns, land_left: pd.DataFrame) -> Problem:
    rules = (
        capacity.built_total,
        treatment.counted_total,
        treatment.treated,
        capacity.obligation,
        treatment.enclosure_share,
        treatment.core_share,
        treatment.industry_share,
        treatment.least_soil,
        land.parcel_land,
        land.on_site_land,
        land.acceptance,
        limits.budget,
        limits.person_days,
        limits.straw,
        limits.water,
        limits.working_capital,
        limits.person_days_season,
        limits.straw_season,
        limits.water_season,
        quotas.quota,
        quotas.least_share,
        quotas.most_share,
        compactness.reach,
        compactness.border_in,
        compactness.border_out,
    )
    named = columns.joined().assign(cost=goal_costs(case, columns))
    rows = [rule(case, columns) for rule in rules]
    return assemble(named, [*rows, _off_site_land(columns, land_left)]).relaxed()


def _fix_builds(problem: Problem, columns: Columns, builds: pd.DataFrame) -> Problem:
    """Hold the builds; nothing else but treatment and totals moves."""
    free = problem.family_mask("start", "built_mw", "counted_ha", "edge")
    lower = np.where(free, problem.columns["lower"], 0.0)
    upper = np.where(free, problem.columns["upper"], 0.0)
    at = build_columns(columns, builds)
    lower[at] = upper[at] = builds["units"].to_numpy("float64")
    feeds = columns.feeds
    used = pd.MultiIndex.from_frame(builds[["site_id", "hub_id"]])
    inside = pd.MultiIndex.from_frame(feeds[["site_id", "hub_id"]]).isin(used)
    lower[feeds["column"]] = upper[feeds["column"]] = inside.astype("float64")
    return problem.with_bounds(lower, upper)


def build_columns(
    columns: Columns, builds: pd.DataFrame
) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """Return the numbers of the columns of some builds.

    Raises
    ------
    InputError
        If a build is not an option of the case.

    """
    keys = ["site_id", "technology", "hub_id", "year"]
    found = builds[keys].merge(columns.build[[*keys, "column"]], on=keys, how="left")
    if found["column"].isna().any():
        first = found[found["column"].isna()].iloc[0]
        raise InputError(
            "treatment-unknown-build", {"site": first["site_id"], "hub": first["hub_id"]}
        )
    return found["column"].to_numpy("int64")


def _read(
    case: Case, columns: Columns, problem: Problem, values: Floats, bound_mcny: float
) -> TreatmentSolution:
    costs = item_costs(case, columns, values)
    constant = float(
        problem.columns["cost"] @ np.where(problem.family_mask("start", "edge"), 0.0, values)
    )
    outlay = costs.get("treatment", 0.0) + costs.get("perimeter", 0.0)
    net = money = outlay - costs.get("soil_value", 0.0)
    if not is_net_cost(case.settings.goal):
        net = (float(problem.columns["cost"] @ values) - constant) * CNY_PER_MILLION
    return TreatmentSolution(
        status="optimal",
        treatments=read_treatments(columns, values, apart=True),
        objective_cny=net,
        outlay_cny=outlay,
        bound_cny=min((bound_mcny - constant) * CNY_PER_MILLION, net),
        net_cost_cny=money,
        binding=binding_rows(problem, values),
    )
