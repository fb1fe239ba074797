"""What a solve hands back, and how it is read off the values of the columns."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Literal

import numpy as np
import pandas as pd

from sandgrid.optimize.case import Case
from sandgrid.optimize.classes import spread_over_parcels
from sandgrid.optimize.columns import Columns
from sandgrid.optimize.objective import GAINS, unit_prices
from sandgrid.optimize.problem import Floats, Problem
from sandgrid.optimize.weighing import is_money, is_net_cost
from sandgrid.units import CNY_PER_MILLION

PlanStatus = Literal["optimal", "feasible", "infeasible", "interrupted"]
BINDING_FAMILIES = (
    "capacity",
    "treated",
    "obligation",
    "enclosure_share",
    "core_share",
    "industry_share",
    "least_soil",
    "land",
    "on_site",
    "acceptance",
    "headroom",
    "bays",
    "station_capacity",
    "least_hub",
    "budget",
    "person_days",
    "straw",
    "water",
    "working_capital",
    "person_days_season",
    "straw_season",
    "water_season",
    "quota",
    "least_share",
    "most_share",
    "reach",
)
BINDING_TOLERANCE = 1e-6
LEAST_HA = 1e-7


@dataclass(frozen=True)
class JointSolution:
    """One plan of the joint model.

    Parameters
    ----------
    status : str
        optimal (within the gap asked for), feasible, infeasible or interrupted.
    builds : DataFrame
        site_id, technology, hub_id, year, units.
    stations : DataFrame
        hub_id, year.
    circuits : DataFrame
        trunk_id, year, added.
    bays_bought : DataFrame
        substation_id, year, count.
    reinforcements : DataFrame
        substation_id, year.
    treatments : DataFrame
        parcel_id, sequence_id, place, year, ha.
    objective_cny, outlay_cny, bound_cny : float
        Present values; nothing costs less than the bound.  Of a case with another goal objective
        and bound are those of the goal, a million to the solver's unit, and the outlay is what
        the gap is a share of.
    costs_cny : mapping
        Item -> present value; ``energy_value`` and ``soil_value`` are gains.
    binding : tuple of str
        Rows that hold with equality.
    log : tuple of str
        What was done, step by step.
    reproducible : bool
        False if a clock stopped anything.
    values : array or None
        Values of the columns of the problem, where there is a plan.

    """

    status: PlanStatus
    builds: pd.DataFrame
    stations: pd.DataFrame
    circuits: pd.DataFrame
    bays_bought: pd.DataFrame
    reinforcements: pd.DataFrame
    treatments: pd.DataFrame
    objective_cny: float
    outlay_cny: float
    bound_cny: float
    costs_cny: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({}))
    binding: tuple[str, ...] = ()
    log: tuple[str, ...] = ()
    reproducible: bool = True
    values: Floats | None = field(default=None, compare=False, repr=False)

    @property
    def gap_cny(self) -> float:
        """Objective above the bound [CNY]."""
        return self.objective_cny - self.bound_cny

    @property
    def gap(self) -> float:
        """Objective above the bound as a share of the outlay [1]."""
        return self.gap_cny / self.outlay_cny if self.outlay_cny > 0 else float("inf")


def read_solution(case: Case, columns: Columns, problem: Problem, values: Floats) -> JointSolution:
    """Return the plan that the values of the columns stand for.

    Parameters
    ----------
    case : Case
        What was asked.
    columns, problem
        Its decisions and rows.
    values : array, shape (columns,)
        A feasible point.

    """
    costs = item_costs(case, columns, values)
    objective, outlay = _worth(case, problem, values, costs)
    return JointSolution(
        status="feasible",
        builds=_builds(columns, values),
        stations=_first_years(columns.station, values, "hub_id"),
        circuits=_added(columns.circuits, values, "trunk_id", "added"),
        bays_bought=_added(columns.extra_bays, values, "substation_id", "count"),
        reinforcements=_first_years(columns.reinforced, values, "substation_id"),
        treatments=read_treatments(columns, values),
        objective_cny=objective,
        outlay_cny=outlay,
        bound_cny=-np.inf,
        costs_cny=MappingProxyType(costs),
        binding=binding_rows(problem, values),
        values=values,
    )


def _worth(
    case: Case, problem: Problem, values: Floats, costs: Mapping[str, float]
) -> tuple[float, float]:
    """Return the objective and what a gap is a share of: the outlay, or a goal's own amount."""
    goal = case.settings.goal
    outlay = sum(value for item, value in costs.items() if item not in GAINS)
    if is_net_cost(goal):
        return outlay - sum(costs.get(item, 0.0) for item in GAINS), outlay
    worth = float(problem.columns["cost"] @ values) * CNY_PER_MILLION
    return worth, outlay if is_money(goal) else abs(worth)


def no_solution(case: Case, log: tuple[str, ...] = ()) -> JointSolution:
    """Return the answer that there is no plan."""
    from sandgrid.optimize.columns import list_columns  # noqa: PLC0415

    columns = list_columns(case)
    empty = np.zeros(len(columns.joined()))
    return JointSolution(
        status="infeasible",
        builds=_builds(columns, empty),
        stations=_first_years(columns.station, empty, "hub_id"),
        circuits=_added(columns.circuits, empty, "trunk_id", "added"),
        bays_bought=_added(columns.extra_bays, empty, "substation_id", "count"),
        reinforcements=_first_years(columns.reinforced, empty, "substation_id"),
        treatments=read_treatments(columns, empty),
        objective_cny=np.inf,
        outlay_cny=0.0,
        bound_cny=np.inf,
        log=log,
    )


def item_costs(case: Case, columns: Columns, values: Floats) -> dict[str, float]:
    """Return present value by item [CNY]."""
    amounts: dict[str, float] = {}
    for price in filter(lambda one: len(one.column), unit_prices(case, columns)):
        amount = float((price.value * values[price.column]).sum())
        amounts[price.item] = amounts.get(price.item, 0.0) + amount
    return dict(sorted(amounts.items()))


def _builds(columns: Columns, values: Floats) -> pd.DataFrame:
    build = columns.build
    units = np.rint(values[build["column"].to_numpy()]).astype("int64")
    kept = build.assign(units=units)[units > 0]
    names = ["site_id", "technology", "hub_id", "year", "units"]
    return pd.DataFrame(kept[names].reset_index(drop=True))


def _first_years(table: pd.DataFrame, values: Floats, key: str) -> pd.DataFrame:
    stands = table[values[table["column"].to_numpy()] > 0.5]  # noqa: PLR2004  # half of a yes
    return pd.DataFrame(stands.groupby(key, as_index=False, sort=True)["year"].min())


def _added(table: pd.DataFrame, values: Floats, key: str, name: str) -> pd.DataFrame:
    stands = np.rint(values[table["column"].to_numpy()]).astype("int64")
    frame = table[[key, "year"]].assign(stands=stands)
    added = frame.groupby(key)["stands"].diff().fillna(frame["stands"]).astype("int64")
    return frame.assign(**{name: added})[added > 0][[key, "year", name]].reset_index(drop=True)


def read_treatments(columns: Columns, values: Floats, *, apart: bool = False) -> pd.DataFrame:
    """Return the treated hectares by parcel: parcel_id, sequence_id, place, year, ha."""
    start = columns.start
    ha = values[start["column"].to_numpy()]
    chosen = start[["class_id", "sequence_id", "place", "year"]].assign(ha=ha)[ha > LEAST_HA]
    return spread_over_parcels(chosen, columns.classes.members, apart=apart)


def binding_rows(problem: Problem, values: Floats) -> tuple[str, ...]:
    """Return the names of the planner's rows that hold with equality and are not empty."""
    rows = problem.rows
    activity = problem.matrix @ values
    moved = abs(problem.matrix) @ np.abs(values) > BINDING_TOLERANCE
    tolerance = BINDING_TOLERANCE * (1 + np.abs(activity))
    tight = (np.abs(activity - rows["lower"]) <= tolerance) | (
        np.abs(activity - rows["upper"]) <= tolerance
    )
    named = rows["family"].isin(BINDING_FAMILIES)
    return tuple(rows["name"][tight & named & moved])


def with_proof(
    solution: JointSolution, bound_cny: float, *, log: tuple[str, ...], target_gap: float
) -> JointSolution:
    """Return the plan with its bound; optimal if the gap is within the target."""
    bound = min(bound_cny, solution.objective_cny)
    proven = replace(solution, bound_cny=bound, log=log)
    return replace(proven, status="optimal" if proven.gap <= target_gap else "feasible")
