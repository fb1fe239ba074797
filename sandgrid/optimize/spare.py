"""What a change takes from a plan, moved to spare units at stations that stand already.

All other builds of the plan stay, and so do its stations and circuits but for a few circuits
more; so the problem is small.  Treatment is priced in it as the relaxation prices it, and has to
be found again for what comes out.
"""

# ruff: noqa: PD011  # values of an answer, not of a frame

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import pandas as pd
from scipy import sparse

from sandgrid.optimize.columns import Columns
from sandgrid.optimize.problem import HOLDS, Bools, Floats, Integers, Problem
from sandgrid.optimize.repair import UNITS, Workspace
from sandgrid.optimize.settings import MoveSettings
from sandgrid.optimize.solver import Effort, solve_problem

DESIGN_OF_HUBS = ("station", "circuits")
PAIR = ["site_id", "hub_id"]


@dataclass(frozen=True)
class Mover:
    """Finds a place for units that a change takes from a plan.

    Parameters
    ----------
    space : Workspace
        The case before, its relaxation solved: the prices of land are those.
    settings : MoveSettings
        How far it looks.

    """

    space: Workspace
    settings: MoveSettings

    @cached_property
    def rows(self) -> Integers:
        """Where the rows of the building half stand in the joint problem."""
        named = set(self.space.half.problem.rows["name"])
        return np.flatnonzero(self.space.model.problem.rows["name"].isin(named))

    def half_of(self, changed: Problem) -> Problem:
        """Return the building half of the case's problem with other bounds."""
        half = self.space.half
        asked = changed.columns.iloc[half.columns].reset_index(drop=True)
        columns = asked.assign(cost=half.problem.columns["cost"])
        rows = changed.rows.iloc[self.rows].reset_index(drop=True)
        return replace(half.problem, columns=columns, rows=rows)

    def move(self, changed: Problem, point: Floats) -> Floats | None:
        """Move the units that a change does not allow to other sites of the plan's stations.

        The plan's builds stay as they are if they keep all rows that treatment takes no part in.

        Parameters
        ----------
        changed : Problem
            The case's problem with other bounds.
        point : array, shape (columns,)
            A plan of the case before.

        Returns
        -------
        array or None
            Values of all columns, treatment to be found again; None where it finds no such builds.

        """
        half, at = self.half_of(changed), self.space.half.columns
        if half.holds(point[at]):
            return point
        room = _Room(self.space.model.columns, changed, np.rint(point), self.settings)
        lower, upper = (side[at] for side in room.bounds)
        found = _solve_free(half, lower, upper, self.settings)
        return None if found is None else self.space.joint(found)


@dataclass(frozen=True)
class _Room:
    """What of a plan is let go in a changed problem, and what may take its place."""

    columns: Columns
    changed: Problem
    whole: Floats
    settings: MoveSettings

    @cached_property
    def asked(self) -> tuple[Floats, Floats]:
        low, high = (self.changed.columns[side].to_numpy("float64") for side in ("lower", "upper"))
        return low, high

    @cached_property
    def bounds(self) -> tuple[Floats, Floats]:
        """Bounds of all columns, those of treatment as asked."""
        lower, upper = (side.copy() for side in self.asked)
        parts = [(name, self._of_units(name)) for name in UNITS]
        parts += [(name, self._of_hubs(name)) for name in DESIGN_OF_HUBS]
        for name, (low, high) in parts:
            at = getattr(self.columns, name)["column"].to_numpy()
            lower[at], upper[at] = low, high
        for name in ("extra_bays", "reinforced"):
            at = getattr(self.columns, name)["column"].to_numpy()
            lower[at] = np.maximum(lower[at], self.whole[at])
        return lower, upper

    def _lost(self, table: pd.DataFrame) -> Bools:
        """Tell of which columns the plan's value is no longer allowed."""
        at = table["column"].to_numpy()
        low, high = (side[at] for side in self.asked)
        return np.asarray((self.whole[at] < low - HOLDS) | (self.whole[at] > high + HOLDS))

    def _standing(self, table: pd.DataFrame) -> pd.DataFrame:
        return pd.DataFrame(table[self.whole[table["column"].to_numpy()] > 0])

    @cached_property
    def fed(self) -> pd.DataFrame:
        """Return the pairs of site and hub of the plan."""
        return self._standing(self.columns.feeds)

    @cached_property
    def lost_sites(self) -> set[str]:
        """Sites of which a unit or a hub is lost."""
        tables = [getattr(self.columns, name) for name in DESIGN_OF_HUBS]
        hubs = {hub for table in tables for hub in table["hub_id"][self._lost(table)]}
        units = [getattr(self.columns, name) for name in UNITS]
        sites = {site for table in units for site in table["site_id"][self._lost(table)]}
        return sites | set(self.fed["site_id"][self.fed["hub_id"].isin(hubs)])

    @cached_property
    def open_hubs(self) -> set[str]:
        return set(self._standing(self.columns.station)["hub_id"])

    @cached_property
    def lost_units(self) -> pd.DataFrame:
        """Builds of the sites that are lost: what takes their place is no other kind or earlier."""
        built = self._standing(self.columns.build)
        return built[built["site_id"].isin(self.lost_sites)]

    def _free(self, table: pd.DataFrame) -> Bools:
        """Tell which units may be more than in the plan: spare ones at hubs that stand."""
        pairs = pd.MultiIndex.from_frame(table[PAIR])
        own = pairs.isin(pd.MultiIndex.from_frame(self.fed[PAIR]))
        idle = ~table["site_id"].isin(set(self.fed["site_id"])).to_numpy()
        free = table["hub_id"].isin(self.open_hubs).to_numpy() & (own | idle)
        if len(self.lost_units) and "technology" in table:
            free &= table["technology"].isin(set(self.lost_units["technology"])).to_numpy()
        if len(self.lost_units) and "year" in table:
            free &= (table["year"] >= self.lost_units["year"].min()).to_numpy()
        return np.asarray(free, dtype=np.bool_)

    def _of_units(self, name: str) -> tuple[Floats, Floats]:
        table = getattr(self.columns, name)
        at = table["column"].to_numpy()
        low, high = (side[at] for side in self.asked)
        lost = table["site_id"].isin(self.lost_sites).to_numpy()
        most = np.where(self._free(table) | lost, high, np.minimum(high, self.whole[at]))
        return np.where(lost, low, np.maximum(low, self.whole[at])), most

    def _of_hubs(self, name: str) -> tuple[Floats, Floats]:
        """Return bounds of what stands: that of hubs that lose a site may go or come later."""
        table = getattr(self.columns, name)
        at = table["column"].to_numpy()
        low, high = (side[at] for side in self.asked)
        losing = set(self.fed["hub_id"][self.fed["site_id"].isin(self.lost_sites)])
        least = np.where(table["hub_id"].isin(losing), low, np.maximum(low, self.whole[at]))
        most = self.whole[at]
        if name == "circuits":
            last = pd.Series(most).groupby(table["trunk_id"].to_numpy()).transform("max")
            most = np.where(last > 0, last + self.settings.circuits, 0.0)
        return least, np.minimum(high, most)


def _solve_free(
    problem: Problem, lower: Floats, upper: Floats, settings: MoveSettings
) -> Floats | None:
    """Solve for the columns whose bounds leave room; None where there is no point or none found."""
    if (lower > upper + HOLDS).any():
        return None
    free = upper > lower
    values = np.where(free, 0.0, lower)
    rest = _without_fixed(problem.with_bounds(lower, upper), free, values)
    if rest is None:
        return None
    answer = solve_problem(rest, Effort(gap=settings.gap, nodes=settings.nodes))
    if answer.values is None:
        return None
    values[free] = answer.values
    return values


def _without_fixed(problem: Problem, free: Bools, values: Floats) -> Problem | None:
    """Return the part of a problem that is free; None where what is fixed breaks a row."""
    done = problem.matrix @ values
    matrix = sparse.csr_array(problem.matrix[:, np.flatnonzero(free)])
    low, high = (problem.rows[side].to_numpy() - done for side in ("lower", "upper"))
    moved = np.diff(matrix.indptr) > 0
    slack = HOLDS * (1.0 + np.abs(done))
    if not (((low <= slack) & (high >= -slack)) | moved).all():
        return None
    part = replace(problem.keep_columns(free), rows=problem.rows.assign(lower=low, upper=high))
    return part.keep_rows(moved)
