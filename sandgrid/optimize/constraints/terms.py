"""Small steps that every rule shares: key the terms, add up over the years."""

import numpy as np

from sandgrid.optimize.problem import Bands, Terms
from sandgrid.optimize.sheet import Array, Sheet, filled, find, named


def keyed(sheet: Sheet, keys: list[str], value: float | str | Array = 1.0) -> Terms:
    """Return the terms of some columns.

    Parameters
    ----------
    sheet : Sheet
        Columns of the problem, with ``column`` and the key columns.
    keys : list of str
        Columns whose values name the row.
    value : float, str or array
        Coefficient, or the column that holds it.

    """
    values = sheet[value] if isinstance(value, str) else _spread(sheet, value)
    return Terms(sheet.keys(keys), sheet["column"], values)


def bounded(
    sheet: Sheet,
    keys: list[str],
    lower: float | Array,
    upper: float | Array,
    names: list[str] | None = None,
) -> Bands:
    """Return some rows with their bounds, named by their keys if not otherwise."""
    key = sheet.keys(keys)
    low, high = _spread(sheet, lower), _spread(sheet, upper)
    return Bands(key, named(key) if names is None else names, low, high)


def _spread(sheet: Sheet, value: float | Array) -> Array:
    return value if isinstance(value, np.ndarray) else filled(len(sheet), float(value))


def wanted(terms: Terms, bands: Bands) -> Terms:
    """Return the terms that have a row."""
    return terms.take(find(terms.keys, bands.keys) >= 0)


def until_each_year(
    sheet: Sheet, years: tuple[int, ...], asked: tuple[int, ...] | None = None
) -> Sheet:
    """Repeat each row for every year from its own on: what is built stays built.

    Parameters
    ----------
    sheet : Sheet
        With ``year``.
    years : tuple of int
        All years, in order.
    asked : tuple of int, optional
        Those of them that matter, in order.

    Examples
    --------
    >>> built = Sheet({"column": np.array([0, 1]), "year": np.array([2024, 2025])})
    >>> until_each_year(built, (2024, 2025)).frame()
       column  year
    0       0  2024
    1       0  2025
    2       1  2025

    """
    ends = np.array(years if asked is None else asked, dtype=np.int64)
    row, end = np.nonzero(sheet["year"][:, None] <= ends[None, :])
    return sheet.take(row).having(year=ends[end])


def a_year_later(sheet: Sheet, years: tuple[int, ...]) -> Sheet:
    """Return the columns of a running total under the year that follows, the last dropped."""
    later = sheet.having(year=sheet["year"] + 1)
    return later.take(later["year"] <= years[-1])
