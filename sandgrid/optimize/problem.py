"""A compiled problem: named rows and columns, sparse arrays, units MW, ha and million CNY."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import sparse

from sandgrid.optimize.sheet import Array, Keys, find

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
Integers = npt.NDArray[np.int64]
HOLDS = 1e-6


@dataclass(frozen=True)
class Terms:
    """Entries of the matrix, each with the key of its row; repeated entries add up.

    Parameters
    ----------
    keys : tuple of array
        What names the row, an array for each part of the name.
    column : array of int
        Number of the column.
    value : array of float
        Coefficient.

    """

    keys: Keys
    column: Array
    value: Array

    def __len__(self) -> int:
        """Return the number of entries."""
        return len(self.column)

    def take(self, where: Array) -> "Terms":
        """Return some of the entries."""
        keys = tuple(key[where] for key in self.keys)
        return Terms(keys, self.column[where], self.value[where])


@dataclass(frozen=True)
class Bands:
    """Rows before they have entries.

    Parameters
    ----------
    keys : tuple of array
        As of :class:`Terms`.
    names : list of str
        What stands in the brackets of each row's name.
    lower, upper : array of float
        Bounds.

    """

    keys: Keys
    names: list[str]
    lower: Array
    upper: Array


@dataclass(frozen=True)
class Rows:
    """The rows of one family.

    Parameters
    ----------
    family : str
        Name of the rule, e.g. ``headroom``.
    names : list of str
        What stands in the brackets of each row's name.
    lower, upper : array of float
        Bounds.
    row, column, value : array
        The entries of the matrix, rows counted within the family; repeated entries add up.

    """

    family: str
    names: list[str]
    lower: Array
    upper: Array
    row: Array
    column: Array
    value: Array


@dataclass(frozen=True)
class Problem:
    """A mixed-integer linear problem to be minimised.

    Parameters
    ----------
    columns : DataFrame
        name, lower, upper, cost [million CNY per unit of the column], integer.
    rows : DataFrame
        name, family, lower, upper.
    matrix : csc_array
        Rows x columns.

    """

    columns: pd.DataFrame
    rows: pd.DataFrame
    matrix: sparse.csc_array

    @property
    def shape(self) -> tuple[int, int]:
        """Number of rows and columns."""
        return len(self.rows), len(self.columns)

    def holds(self, point: Floats) -> bool:
        """Tell whether a point keeps all rows and bounds within the solver's tolerance."""
        activity = self.matrix @ point
        for value, table in ((activity, self.rows), (point, self.columns)):
            slack = HOLDS * (1.0 + np.abs(value))
            low, high = table["lower"].to_numpy(), table["upper"].to_numpy()
            if (value < low - slack).any() or (value > high + slack).any():
                return False
        return True

    def without(self, family: str) -> "Problem":
        """Return the problem less one family of rows."""
        return self.keep_rows((self.rows["family"] != family).to_numpy())

    def keep_rows(self, keep: Bools | Integers) -> "Problem":
        """Return the problem with some of its rows."""
        where = np.flatnonzero(keep) if keep.dtype == np.bool_ else keep
        rows = self.rows.iloc[where].reset_index(drop=True)
        return replace(self, rows=rows, matrix=sparse.csc_array(self.matrix.tocsr()[where]))

    def keep_columns(self, keep: Bools | Integers) -> "Problem":
        """Return the problem with some of its columns; the others are 0."""
        where = np.flatnonzero(keep) if keep.dtype == np.bool_ else keep
        columns = self.columns.iloc[where].reset_index(drop=True)
        return replace(self, columns=columns, matrix=sparse.csc_array(self.matrix[:, where]))

    def with_bounds(self, lower: Floats, upper: Floats) -> "Problem":
        """Return the problem with other bounds of its columns."""
        return replace(self, columns=self.columns.assign(lower=lower, upper=upper))

    def relaxed(self, names: Iterable[str] = (), *, but: Bools | None = None) -> "Problem":
        """Return the problem with the integers of some column families (all, if none) let go.

        Integers of the columns in ``but`` stay.
        """
        chosen = tuple(names)
        held = ~self.family_mask(*chosen) if chosen else np.zeros(self.shape[1], dtype=np.bool_)
        kept = self.columns["integer"] & (held if but is None else held | but)
        return replace(self, columns=self.columns.assign(integer=kept))

    def family_mask(self, *families: str) -> Bools:
        """Return which columns belong to families such as ``build``."""
        stems = tuple(f"{family}[" for family in families)
        names = self.columns["name"].tolist()
        return np.fromiter((name.startswith(stems) for name in names), np.bool_, len(names))


def moved_bounds(old: pd.DataFrame, new: pd.DataFrame) -> tuple[Integers, Floats, Floats]:
    """Return which rows or columns have other bounds now, and those."""
    low, high = (new[side].to_numpy() for side in ("lower", "upper"))
    moved = (old["lower"].to_numpy() != low) | (old["upper"].to_numpy() != high)
    at = np.flatnonzero(moved)
    return at, low[at], high[at]


def make_rows(family: str, bands: Bands, terms: Iterable[Terms]) -> Rows:
    """Return a family of rows; every term must have its row.

    Parameters
    ----------
    family : str
        Name of the rule.
    bands : Bands
        The rows.
    terms : iterable of Terms
        Their entries.

    Raises
    ------
    ValueError
        If a term has no row of its key, or a name stands twice: a mistake in the compiler.

    """
    parts = [part for part in terms if len(part)]
    joined = joined_terms(parts) if parts else _no_terms(len(bands.keys))
    row = find(joined.keys, bands.keys)
    if (row < 0).any() or len(set(bands.names)) < len(bands.names):
        message = f"rows {family}: a term without its row, or a name twice"
        raise ValueError(message)
    return Rows(family, bands.names, bands.lower, bands.upper, row, joined.column, joined.value)


def joined_bands(parts: list[Bands]) -> Bands:
    """Return rows one after the other; there is at least one part."""
    keys = tuple(np.concatenate(key) for key in zip(*(part.keys for part in parts), strict=True))
    names = [name for part in parts for name in part.names]
    lower = np.concatenate([part.lower for part in parts])
    return Bands(keys, names, lower, np.concatenate([part.upper for part in parts]))


def joined_terms(parts: list[Terms]) -> Terms:
    """Return terms one after the other."""
    if len(parts) == 1:
        return parts[0]
    keys = tuple(np.concatenate(key) for key in zip(*(part.keys for part in parts), strict=True))
    column = np.concatenate([part.column for part in parts])
    return Terms(keys, column, np.concatenate([part.value for part in parts]))


def _no_terms(parts: int) -> Terms:
    return Terms((np.zeros(0, dtype=np.int64),) * parts, np.zeros(0, dtype=np.int64), np.zeros(0))


def no_rows(family: str) -> Rows:
    """Return a family without rows: a rule that is off."""
    none = np.zeros(0)
    whole = np.zeros(0, dtype=np.int64)
    return Rows(family, [], none, none, whole, whole, none)


def assemble(columns: pd.DataFrame, families: Iterable[Rows]) -> Problem:
    """Join families of rows into a problem.

    Parameters
    ----------
    columns : DataFrame
        name, lower, upper, cost, integer.
    families : iterable of Rows
        In the order in which their rows shall stand.

    """
    given = [rows for rows in families if rows.names]
    start = np.cumsum([0, *(len(rows.names) for rows in given)])
    at = [rows.row + first for rows, first in zip(given, start, strict=False)]
    row, column = np.concatenate(at), np.concatenate([rows.column for rows in given])
    value = np.concatenate([rows.value for rows in given]).astype(np.float64)
    matrix = sparse.coo_array((value, (row, column)), (int(start[-1]), len(columns)))
    kept = columns[["name", "lower", "upper", "cost", "integer"]].reset_index(drop=True)
    return Problem(columns=kept, rows=_row_table(given), matrix=sparse.csc_array(matrix))


def _row_table(families: list[Rows]) -> pd.DataFrame:
    names = [f"{rows.family}[{name}]" for rows in families for name in rows.names]
    return pd.DataFrame(
        {
            "name": pd.array(names, dtype="str"),
            "family": pd.array([r.family for r in families for _ in r.names], dtype="str"),
            "lower": np.concatenate([rows.lower for rows in families]),
            "upper": np.concatenate([rows.upper for rows in families]),
        }
    )
