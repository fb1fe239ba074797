"""One quantisation: kW of capacity, hundredths of a mu of land, CNY of money, all integers."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from sandgrid.errors import InfeasibleError
from sandgrid.plan.terms import Terms
from sandgrid.units import CENTIMU_PER_HA, CENTIMU_PER_MU

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Rows = npt.NDArray[np.bool_]
SNAP_CENTIMU = 0.005
SNAP = 1e-9
LAND = ["parcel_id", "place", "deadline_year"]


@dataclass(frozen=True)
class LeastPart:
    """New land that some parcels must count by a year: a quota less finished works.

    Parameters
    ----------
    year : int
        By the end of this year.
    parcels : frozenset of str
        Parcels that count towards it.
    least_centimu : int
        Least new land [0.01 mu].

    """

    year: int
    parcels: frozenset[str]
    least_centimu: int


def largest_remainder(values: Floats | pd.Series, total: int | None = None) -> Integers:
    """Round numbers to integers that add up to a total.

    Parameters
    ----------
    values : array of float
        What is rounded; each result is the value rounded down or that plus one or more.
    total : int, optional
        What the integers add up to; by default the rounded sum of the values.

    Returns
    -------
    array of int
        The units that rounding down leaves go to the largest remainders, the first of equals
        first.

    Examples
    --------
    >>> largest_remainder(np.array([1.4, 2.4, 3.2])).tolist()
    [2, 2, 3]
    >>> largest_remainder(np.array([])).tolist()
    []

    """
    exact = np.asarray(values, dtype=np.float64)
    if len(exact) == 0:
        return np.zeros(0, dtype=np.int64)
    floors = np.floor(exact + SNAP)
    wanted = round(float(exact.sum())) if total is None else total
    left = int(wanted - floors.sum())
    order = np.argsort(-np.round(exact - floors, 9), kind="stable")
    result = floors.astype(np.int64)
    step, extra = divmod(left, len(exact))
    result += step
    result[order[:extra]] += 1
    return result


def round_groups(values: pd.Series, groups: pd.DataFrame) -> pd.Series:
    """Round numbers to integers by largest remainder within each group.

    Examples
    --------
    >>> groups = pd.DataFrame({"item": ["a", "a", "b"]})
    >>> round_groups(pd.Series([0.5, 0.5, 0.7]), groups).tolist()
    [1, 0, 1]

    """
    exact, result = values.to_numpy("float64"), np.zeros(len(values), dtype=np.int64)
    for rows in (
        groups.groupby(list(groups.columns), sort=True).indices.values() if len(values) else ()
    ):
        result[rows] = largest_remainder(exact[rows])
    return pd.Series(result, index=values.index)


def whole_centimu(area_ha: pd.Series) -> pd.Series:
    """Return the whole hundredths of a mu in an area, rounded down [0.01 mu].

    Examples
    --------
    >>> whole_centimu(pd.Series([1.0, 0.99999])).tolist()
    [1500, 1499]

    """
    units = np.floor(area_ha.to_numpy("float64") * CENTIMU_PER_HA + SNAP_CENTIMU)
    return pd.Series(units.astype(np.int64), index=area_ha.index)


def quantise_land(
    pieces: pd.DataFrame,
    land_centimu: pd.Series,
    least_centimu: Mapping[int, int],
    parts: Iterable[LeastPart] = (),
) -> pd.DataFrame:
    """Round treated land to whole hundredths of a mu.

    Parameters
    ----------
    pieces : DataFrame
        parcel_id, sequence_id, place, year, count_year, deadline_year, ha.
    land_centimu : Series
        (parcel_id, place, deadline_year) -> land that is left [0.01 mu].
    least_centimu : mapping
        Year -> new land that must count by its end [0.01 mu].
    parts : iterable of LeastPart
        What quotas ask of parts of the land.

    Returns
    -------
    DataFrame
        The pieces, ``ha`` replaced by ``area_centimu``; pieces of nothing are dropped.

    Raises
    ------
    InfeasibleError
        If no land is left for what must count by a year.

    Notes
    -----
    Year after year, the cumulative land is rounded up to whole units and not below what must
    count; the units go to the pieces of that year with the largest remainders whose parcel has
    land left.

    """
    order = ["count_year", "parcel_id", "sequence_id", "place", "year", "deadline_year"]
    table = pieces.sort_values(order, kind="stable", ignore_index=True)
    ledger = _Ledger.of(table, land_centimu)
    everything = np.ones(len(table), dtype=bool)
    for year in sorted(set(table["count_year"]) | set(least_centimu)):
        least = least_centimu.get(int(year), 0)
        ledger.raise_year(int(year), max(ledger.whole_until(int(year)), least), everything)
        ledger.require(int(year), least, everything)
    for part in parts:
        among = table["parcel_id"].isin(part.parcels).to_numpy()
        ledger.raise_year(part.year, part.least_centimu, among)
        ledger.require(part.year, part.least_centimu, among)
    rounded = table.drop(columns="ha").assign(area_centimu=ledger.area)
    return rounded[rounded["area_centimu"] > 0].reset_index(drop=True)


def _snapped(values: Floats) -> Floats:
    near = np.round(values)
    return np.where(np.abs(values - near) <= SNAP_CENTIMU, near, values)


@dataclass(frozen=True, eq=False)
class _Ledger:
    """Pieces in exact and whole units, and the units that the land of each still has."""

    exact: Floats
    area: Integers
    year: Integers
    place: Integers
    spare: Integers

    @classmethod
    def of(cls, table: pd.DataFrame, land_centimu: pd.Series) -> "_Ledger":
        """Round every piece down; the last pieces of a parcel lose what exceeds its land."""
        exact = _snapped(table["ha"].to_numpy("float64") * CENTIMU_PER_HA)
        keys = pd.MultiIndex.from_frame(table[LAND])
        place, names = pd.factorize(keys)
        land = (
            land_centimu.reindex(pd.MultiIndex.from_tuples(names, names=LAND))
            if len(names)
            else land_centimu[:0]
        )
        spare = land.fillna(0).to_numpy("int64").copy()
        area = np.floor(exact).astype(np.int64)
        for row, key in enumerate(place.tolist()):
            area[row] = min(int(area[row]), int(spare[key]))
            spare[key] -= area[row]
        year = table["count_year"].to_numpy("int64")
        return cls(exact, area, year, place.astype(np.int64), spare)

    def whole_until(self, year: int) -> int:
        """Return what counts by a year's end, rounded up to whole units."""
        return int(np.ceil(round(float(self.exact[self.year <= year].sum()), 2)))

    def raise_year(self, year: int, target: int, among: Rows) -> None:
        """Raise what counts by a year's end on some of the land to what must count."""
        until = (self.year <= year) & among
        wanted = target - int(self.area[until].sum())
        remainder = np.round(self.exact - self.area, 6)
        rows = np.flatnonzero(until)
        rows = rows[np.lexsort((rows, -remainder[rows], self.year[rows] != year))]
        for most in (1, wanted):
            for row in rows.tolist():
                if wanted <= 0:
                    return
                wanted -= self._give(row, min(most, wanted))

    def require(self, year: int, least: int, among: Rows) -> None:
        """Refuse a year by whose end less counts on some of the land than must."""
        short = least - int(self.area[(self.year <= year) & among].sum())
        if short > 0:
            values = {"year": year, "mu": short / CENTIMU_PER_MU}
            raise InfeasibleError("plan-land-short", values)

    def _give(self, row: int, most: int) -> int:
        """Add units to one piece as far as its parcel has land; return how many."""
        key = int(self.place[row])
        given = min(int(self.spare[key]), most)
        self.area[row] += given
        self.spare[key] -= given
        return given


def least_new_land(
    terms: Terms, capacity_kw: Mapping[int, Mapping[str, int]], works_centimu: Mapping[int, int]
) -> dict[int, int]:
    """Return the new land that must count by each year: target and obligation less works.

    Parameters
    ----------
    terms : Terms
        Targets and obligation.
    capacity_kw : mapping
        Year -> technology -> capacity at its end [kW].
    works_centimu : mapping
        Year -> finished works counted by its end [0.01 mu].

    """
    return {
        year: max(
            terms.treated_targets_centimu.get(year, 0),
            terms.obligation_centimu(capacity_kw[year]),
        )
        - works_centimu[year]
        for year in terms.years
    }
