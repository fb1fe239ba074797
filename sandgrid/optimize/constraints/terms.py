"""Small steps that every rule shares: key the terms, add up over the years."""

import numpy as np
import pandas as pd

from sandgrid.optimize.columns import joined_key


def keyed(
    frame: pd.DataFrame, keys: list[str], value: float | str | pd.Series = 1.0
) -> pd.DataFrame:
    """Return the terms key, column, value of some columns.

    Parameters
    ----------
    frame : DataFrame
        Columns of the problem, with ``column`` and the key columns.
    keys : list of str
        Columns whose values name the row.
    value : float, str or Series
        Coefficient, or the column that holds it.

    """
    values = frame[value] if isinstance(value, str) else value
    return pd.DataFrame({"key": joined_key(frame, keys), "column": frame["column"]}).assign(
        value=values
    )


def bounded(
    frame: pd.DataFrame, keys: list[str], lower: float | pd.Series, upper: float | pd.Series
) -> pd.DataFrame:
    """Return the table key, lower, upper of some rows."""
    return pd.DataFrame({"key": joined_key(frame, keys)}).assign(lower=lower, upper=upper)


def until_each_year(frame: pd.DataFrame, years: tuple[int, ...], of: str = "year") -> pd.DataFrame:
    """Repeat each row for every year from its own on: what is built stays built.

    Examples
    --------
    >>> until_each_year(pd.DataFrame({"column": [0, 1], "year": [2024, 2025]}), (2024, 2025))
       column  year
    0       0  2024
    1       0  2025
    2       1  2025

    """
    now = np.tile(np.array(years, dtype=np.int64), len(frame))
    since = np.repeat(frame[of].to_numpy(dtype=np.int64), len(years))
    row = np.repeat(np.arange(len(frame)), len(years))[now >= since]
    table = frame.drop(columns="year", errors="ignore").take(row).reset_index(drop=True)
    return table.assign(year=now[now >= since])


def a_year_later(frame: pd.DataFrame, years: tuple[int, ...]) -> pd.DataFrame:
    """Return the columns of a running total under the year that follows, the last dropped."""
    later = frame.assign(year=frame["year"] + 1)
    return later[later["year"] <= years[-1]]
