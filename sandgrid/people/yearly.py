"""The cash flow of a plan year by year: what falls due once, and what returns every year."""

from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from sandgrid.energy.cost import annuity

Integers = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
RECURRING: Final = ("operation", "lease", "energy_value")
NOT_CASH: Final = ("soil_value", "perimeter")
COLUMNS: Final = ["row_id", "object", "item", "year", "district_id", "amount_cny"]
_OPTION: Final = ["site_id", "technology", "hub_id"]


def yearly_cash(
    costs: pd.DataFrame, builds: pd.DataFrame, options: pd.DataFrame, rate: float
) -> pd.DataFrame:
    """Return the plan's cash flow by object, item and year.

    Parameters
    ----------
    costs, builds, options : DataFrame
        Contracts ``costs``, ``builds`` and ``build_options``.
    rate : float
        Discount rate [1/a].

    Returns
    -------
    DataFrame
        row_id, object, item, year, district_id, amount_cny, by item, year and row.

    Notes
    -----
    The table of costs holds operation, lease and energy as their worth at commissioning. Each is
    paid in level amounts at the end of every year of the plant's life; they are whole CNY whose
    running sum is never more than half a CNY away from the exact one. The value of soil and
    the price of borders are no cash.

    """
    cash = costs[~costs["item"].isin(NOT_CASH)]
    once = cash[~cash["item"].isin(RECURRING)][COLUMNS]
    again = cash[cash["item"].isin(RECURRING)]
    life = builds.merge(options[[*_OPTION, "life_years"]], on=_OPTION, how="left", validate="m:1")
    years = again["row_id"].map(life.set_index("build_id")["life_years"]).astype("int64")
    parts = [once, *(_paid(row, int(n), rate) for row, n in zip(_rows(again), years, strict=True))]
    table = pd.concat(parts, ignore_index=True)
    return table.sort_values(["item", "year", "object", "row_id"], kind="stable", ignore_index=True)


def _rows(frame: pd.DataFrame) -> list[dict[str, object]]:
    return [{str(k): v for k, v in row.items()} for row in frame[COLUMNS].to_dict("records")]


def _paid(row: dict[str, object], life: int, rate: float) -> pd.DataFrame:
    worth, start = int(str(row["amount_cny"])), int(str(row["year"]))
    amounts = level_payments(worth / annuity(rate, life), life)
    years = np.arange(start + 1, start + 1 + life)
    return pd.DataFrame({**row, "year": years, "amount_cny": amounts})[COLUMNS]


def level_payments(amount_cny: float, years: int) -> Integers:
    """Return whole yearly payments whose running sum follows the exact one.

    Examples
    --------
    >>> level_payments(2.5, 4).tolist()
    [3, 2, 3, 2]

    """
    until = np.floor(np.arange(years + 1) * amount_cny + 0.5).astype(np.int64)
    return np.asarray(np.diff(until), dtype=np.int64)


def split_whole(totals: npt.ArrayLike, shares: npt.ArrayLike) -> Integers:
    """Split whole amounts by shares; each row adds up to its amount.

    Parameters
    ----------
    totals : array of int, shape (n,)
        What is split.
    shares : array of float, shape (m,) or (n, m)
        Weights, not all zero.

    Returns
    -------
    array of int, shape (n, m)
        Largest remainder, the first of equals first.

    Examples
    --------
    >>> split_whole([10, 1], [1, 1, 1]).tolist()
    [[4, 3, 3], [1, 0, 0]]

    """
    whole = np.asarray(totals, dtype=np.int64)
    weights = np.broadcast_to(
        np.asarray(shares, dtype=np.float64), (len(whole), np.shape(shares)[-1])
    )
    exact = whole[:, None] * weights / weights.sum(axis=1, keepdims=True)
    parts = np.floor(exact + 1e-9).astype(np.int64)
    left = whole - parts.sum(axis=1)
    order = np.argsort(-np.round(exact - parts, 9), axis=1, kind="stable")
    rank = np.argsort(order, axis=1, kind="stable")
    return np.asarray(parts + (rank < left[:, None]), dtype=np.int64)
