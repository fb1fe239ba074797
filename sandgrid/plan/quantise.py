"""One quantisation: kW of capacity, hundredths of a mu of land, CNY of money, all integers."""

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import pandas as pd

from sandgrid.errors import InfeasibleError
from sandgrid.plan.terms import Terms
from sandgrid.units import CENTIMU_PER_HA

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
SNAP_CENTIMU = 0.005
SNAP = 1e-9
LAND = ["parcel_id", "place", "deadline_year"]


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
    result = pd.Series(0, index=values.index, dtype="int64")
    if len(values):
        for rows in groups.groupby(list(groups.columns), sort=True).indices.values():
            result.iloc[rows] = largest_remainder(values.iloc[rows])
    return result


def whole_centimu(area_ha: pd.Series) -> pd.Series:
    """Return the whole hundredths of a mu in an area, rounded down [0.01 mu].

    Examples
    --------
    >>> whole_centimu(pd.Series([1.0, 0.99999])).tolist()
    [1500, 1499]

    """
    return np.floor(area_ha * CENTIMU_PER_HA + SNAP_CENTIMU).astype("int64")


def quantise_land(
    pieces: pd.DataFrame, land_centimu: pd.Series, least_centimu: Mapping[int, int]
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
    exact = _snapped(table["ha"].to_numpy() * CENTIMU_PER_HA)
    table["area_centimu"] = np.floor(exact).astype(np.int64)
    keys = pd.MultiIndex.from_frame(table[LAND])
    land = land_centimu.reindex(keys).fillna(0).to_numpy(dtype=np.int64)
    table["area_centimu"] = _within_land(table, land)
    for year in sorted(set(table["count_year"]) | set(least_centimu)):
        _raise_year(table, exact, land, (year, least_centimu.get(year, 0)))
    kept = table[table["area_centimu"] > 0]
    return kept.drop(columns="ha").reset_index(drop=True)


def _snapped(values: Floats) -> Floats:
    near = np.round(values)
    return np.where(np.abs(values - near) <= SNAP_CENTIMU, near, values)


def _within_land(table: pd.DataFrame, land: Integers) -> Integers:
    """Take off the last pieces of a parcel what exceeds its land."""
    running = table.groupby(LAND)["area_centimu"].cumsum().to_numpy()
    excess = np.clip(running - land, 0, table["area_centimu"].to_numpy())
    return (table["area_centimu"].to_numpy() - excess).astype(np.int64)


def _raise_year(table: pd.DataFrame, exact: Floats, land: Integers, least: tuple[int, int]) -> None:
    year, target = least
    until = (table["count_year"] <= year).to_numpy()
    rounded_up = int(np.ceil(round(float(exact[until].sum()), 2)))
    wanted = max(rounded_up, target) - int(table["area_centimu"][until].sum())
    if wanted <= 0:
        return
    remainder = exact - table["area_centimu"].to_numpy()
    candidates = [i for i in np.argsort(-remainder, kind="stable") if until[i]]
    for i in sorted(candidates, key=lambda i: table["count_year"].iat[i] != year):
        wanted -= _give(table, land, i, least=min(wanted, 1))
        if wanted == 0:
            return
    for i in candidates:
        wanted -= _give(table, land, i, least=wanted)
        if wanted == 0:
            return
    if target > 0:
        raise InfeasibleError("plan-land-short", {"year": year, "mu": wanted / 100})


def _give(table: pd.DataFrame, land: Integers, row: int, *, least: int) -> int:
    """Add units to one piece as far as its parcel has land; return how many."""
    same = (table[LAND] == table[LAND].iloc[row]).all(axis=1)
    spare = int(land[row]) - int(table["area_centimu"][same].sum())
    given = max(min(spare, least), 0)
    table.loc[row, "area_centimu"] += given
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
