"""From a part of a plan to a whole one: a core to search in, whole units, all treatment."""

# ruff: noqa: PD011  # values of an answer, not of a frame

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from sandgrid.optimize.case import Case
from sandgrid.optimize.columns import Columns
from sandgrid.optimize.compilation import Compiled, compiled
from sandgrid.optimize.duality import dual_bound
from sandgrid.optimize.halves import BuildHalf, price_halves
from sandgrid.optimize.opening import opening_bounds
from sandgrid.optimize.problem import Bools, Floats, Integers, Problem
from sandgrid.optimize.relaxation import HotRelaxation, Relaxation, early_links, guess_blocks
from sandgrid.optimize.settings import SolveSettings
from sandgrid.optimize.solver import Answer, Effort, solve_problem

DESIGN = ("station", "circuits", "extra_bays", "reinforced")
UNITS = ("build", "feeds", "uses")


@dataclass(frozen=True)
class Workspace:
    """A compiled case with its linear relaxation, solved when first asked for.

    Parameters
    ----------
    model : Compiled
        The case with its problem.
    seconds : float
        Time limit of the relaxation, 0 for none [s].

    """

    model: Compiled
    seconds: float = 0.0

    @cached_property
    def hot(self) -> HotRelaxation:
        """The joint problem with all integers let go, kept by the solver."""
        problem, effort = self.model.problem, Effort(seconds=self.seconds)
        if problem.shape[1] <= SolveSettings().whole_columns:
            return HotRelaxation(problem, effort)
        return HotRelaxation(problem, effort, guess_blocks(problem, self.model.columns, effort))

    @cached_property
    def relaxed(self) -> Relaxation:
        """The answer of the relaxation, and which rows it needed."""
        return self.hot.solve()

    def holds_for(self, seconds: float) -> bool:
        """Return whether the relaxation is solved, or will be within the same time limit."""
        if "relaxed" not in self.__dict__:
            return self.seconds == seconds
        return self.relaxation.status != "limit"

    @property
    def relaxation(self) -> Answer:
        """The answer to the joint problem with all integers let go."""
        return self.relaxed.answer

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

    @cached_property
    def opening_mcny(self) -> Floats:
        """Bounds of all plans that open a hub, for every hub [million CNY]."""
        return opening_bounds(self.half, self.model.columns)

    @cached_property
    def half_place(self) -> Integers:
        """Where each joint column stands in the building half, -1 for treatment."""
        place = np.full(self.model.problem.shape[1], -1)
        place[self.half.columns] = np.arange(len(self.half.columns))
        return place

    def in_half(self, table: pd.DataFrame) -> Integers:
        """Return where the columns of a table stand in the building half."""
        return np.asarray(self.half_place[table["column"].to_numpy()], dtype=np.int64)

    def joint(self, half_values: Floats) -> Floats:
        """Return values of all columns, treatment 0."""
        values = np.zeros(self.model.problem.shape[1])
        values[self.half.columns] = half_values
        return values


def workspace(case: Case, *, seconds: float = 0.0) -> Workspace:
    """Return the workspace of a case; the same object as long as no clock stopped it."""
    found = case.__dict__.get("_workspace")
    if not isinstance(found, Workspace) or not found.holds_for(seconds):
        found = Workspace(compiled(case), seconds)
        object.__setattr__(case, "_workspace", found)
    return found


def hold(problem: Problem, families: tuple[str, ...], values: Floats) -> Problem:
    """Fix families of columns at the nearest whole values."""
    held = problem.family_mask(*families)
    whole = np.rint(values)
    lower = np.where(held, whole, problem.columns["lower"])
    upper = np.where(held, whole, problem.columns["upper"])
    return problem.with_bounds(lower, upper)


def core(space: Workspace, *, hub_share: float, price_mcny_per_mw: float) -> Bools:
    """Return which columns of the building half a good plan is likely to use.

    Hubs that the relaxation opens by more than a share; of their options those that the
    relaxation uses or whose reduced cost per MW is small.  A restriction, so it says nothing
    about the bound.
    """
    relaxed, columns = space.relaxation, space.model.columns
    values, reduced = relaxed.values, relaxed.reduced_costs
    if values is None or reduced is None:
        return np.ones(len(space.half.columns), dtype=bool)
    keep = np.zeros(len(values), dtype=bool)
    keep[space.half.columns] = True
    opened = columns.station.assign(open=values[columns.station["column"]])
    hubs = set(opened["hub_id"][opened["open"] > hub_share])
    for name in ("build", "feeds", "uses", "station", "circuits", "flow", "hub_mw"):
        table = getattr(columns, name)
        keep[table["column"]] = table["hub_id"].isin(hubs)
    build = columns.build
    at = build["column"].to_numpy()
    cheap = reduced[at] / build["unit_mw"].to_numpy() < price_mcny_per_mw
    keep[at] &= cheap | (values[at] > 0)
    return keep[space.half.columns]


def loosen(space: Workspace, values: Floats, *, spare: int) -> Problem:
    """Let a design grow: spare circuits on every trunk of its hubs, earlier stations, bays."""
    half, columns = space.half.problem, space.model.columns
    lower = half.columns["lower"].to_numpy().copy()
    upper = half.columns["upper"].to_numpy().copy()
    whole = np.rint(values)
    hubs = open_hubs(space, values)
    for table, more in ((columns.station, 1), (columns.circuits, spare)):
        at = space.in_half(table)
        used = table["hub_id"].isin(hubs).to_numpy()
        lower[at] = whole[at]
        upper[at] = np.where(used, np.minimum(upper[at], _final(table, whole[at]) + more), 0.0)
    return half.with_bounds(lower, upper)


def open_hubs(space: Workspace, values: Floats) -> list[str]:
    """Return the hubs whose station stands at last."""
    station = space.model.columns.station
    stands = np.rint(values[space.in_half(station)]) > 0
    return sorted(set(station["hub_id"][stands]))


def _final(table: pd.DataFrame, whole: Floats) -> Floats:
    """Return what stands at last, for every year of a line or station."""
    key = "trunk_id" if "trunk_id" in table else "hub_id"
    final = pd.Series(whole).groupby(table[key].to_numpy()).transform("max")
    return final.to_numpy("float64")


def free_hubs(space: Workspace, values: Floats, hubs: list[str]) -> Problem:
    """Hold the design except at some hubs: a neighbourhood of a plan."""
    half, columns = space.half.problem, space.model.columns
    lower = half.columns["lower"].to_numpy().copy()
    upper = half.columns["upper"].to_numpy().copy()
    for table in (columns.station, columns.circuits):
        at = space.in_half(table)
        held = ~table["hub_id"].isin(hubs).to_numpy()
        lower[at[held]] = upper[at[held]] = np.rint(values[at[held]])
    return half.with_bounds(lower, upper)


def solve_within(problem: Problem, keep: Bools, effort: Effort, start: Floats | None) -> Answer:
    """Solve with some columns only and return values for all; columns held above 0 are kept."""
    wanted = np.flatnonzero(keep | (problem.columns["lower"].to_numpy() > 0))
    first = None if start is None else start[wanted]
    answer = solve_problem(problem.keep_columns(wanted), effort, start=first)
    if answer.values is None:
        return answer
    values = np.zeros(problem.shape[1])
    values[wanted] = answer.values
    return Answer(answer.status, values, answer.objective, answer.bound)


def complete(space: Workspace, half_values: Floats) -> Answer:
    """Add the cheapest treatment to whole builds; infeasible if the land does not allow it."""
    problem, values = space.model.problem, space.joint(half_values)
    held = hold(problem, DESIGN + UNITS, values).relaxed()
    kept = np.flatnonzero(~_idle(space, values))
    part = held.keep_columns(kept)
    filled = np.diff(part.matrix.tocsr().indptr) > 0
    blocks = space.hot.classes(kept)
    if blocks is None or _asks(held, ~filled):
        return solve_problem(held)
    answer = HotRelaxation(part.keep_rows(filled), Effort(), blocks).solve().answer
    if answer.values is None:
        return answer
    whole = np.zeros(problem.shape[1])
    whole[kept] = answer.values
    return Answer(answer.status, whole, answer.objective, answer.bound)


def _idle(space: Workspace, values: Floats) -> Bools:
    """Tell which columns are of hubs where nothing stands."""
    hub = space.model.columns.hub_of_column
    busy = np.zeros(hub.max(initial=-1) + 2, dtype=np.bool_)
    busy[hub[values != 0]] = True
    return np.asarray((hub >= 0) & ~busy[hub])


def _asks(problem: Problem, rows: Bools) -> bool:
    """Tell whether some rows cannot be kept by nothing at all."""
    asked = problem.rows[rows]
    return bool(((asked["lower"] > 0) | (asked["upper"] < 0)).any())


def joint_units(space: Workspace, half_values: Floats, effort: Effort) -> Answer:
    """Find units and treatment together for a design, where land is too tight to take turns."""
    problem = space.model.problem
    return solve_problem(hold(problem, DESIGN, space.joint(half_values)), effort)


def needed_rows(space: Workspace) -> Bools:
    """Return the rows of the building half, of the links to stations those that mattered."""
    problem = space.model.problem
    needed = set(problem.rows["name"][space.relaxed.rows | ~early_links(problem)])
    return np.asarray(space.half.problem.rows["name"].isin(needed), dtype=np.bool_)


def far_columns(space: Workspace, price_mcny_per_mw: float, used: Floats | None) -> Bools:
    """Return the columns of sites that a good plan is unlikely to build, for a building half.

    No option of theirs is built by the relaxation or by a point, or has a reduced cost below a
    price, and none of their columns must be.
    """
    relaxed, columns = space.relaxation, space.model.columns
    values, reduced = relaxed.values, relaxed.reduced_costs
    far = np.zeros(space.model.problem.shape[1], dtype=np.bool_)
    if values is None or reduced is None:
        return far[space.half.columns]
    build = columns.build
    at = build["column"].to_numpy()
    likely = (values[at] > 0) | (reduced[at] / build["unit_mw"].to_numpy() < price_mcny_per_mw)
    if used is not None:
        likely |= used[space.in_half(build)] > 0
    near = set(build["site_id"][likely]) | set(space.model.case.settings.locked_in_sites)
    for table in (build, columns.feeds, columns.uses):
        far[table["column"]] = ~table["site_id"].isin(near)
    return far[space.half.columns]


def half_mw(space: Workspace) -> Floats:
    """Return MW of one unit of each column of the building half, 0 for one that is no build."""
    build = space.model.columns.build
    sizes = np.zeros(space.model.problem.shape[1])
    sizes[build["column"]] = build["unit_mw"]
    return sizes[space.half.columns]


def add_design(columns: Columns, values: Floats, circuits: pd.DataFrame) -> Floats:
    """Set what stands each year by circuits added and by the first year of each station.

    Parameters
    ----------
    columns : Columns
        The decisions.
    values : array
        Joint values with builds in them; changed in place and returned.
    circuits : DataFrame
        trunk_id, year, added.

    """
    added = columns.circuits.merge(circuits, on=["trunk_id", "year"], how="left")["added"]
    lines = columns.circuits.assign(added=added.fillna(0.0).to_numpy())
    values[lines["column"]] = lines.groupby("trunk_id")["added"].cumsum()
    build = columns.build
    used = build[values[build["column"].to_numpy()] > 0]
    first = used.groupby("hub_id")["year"].min()
    station = columns.station
    since = station["hub_id"].map(first)
    values[station["column"]] = (station["year"] >= since).astype("float64")
    pairs = pd.MultiIndex.from_frame(used[["site_id", "hub_id"]])
    feeds = pd.MultiIndex.from_frame(columns.feeds[["site_id", "hub_id"]])
    values[columns.feeds["column"]] = feeds.isin(pairs).astype("float64")
    return values
