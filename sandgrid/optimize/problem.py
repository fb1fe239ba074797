"""A compiled problem: named rows and columns, sparse arrays, units MW, ha and million CNY."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import sparse

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
Integers = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Rows:
    """The rows of one family.

    Parameters
    ----------
    family : str
        Name of the rule, e.g. ``headroom``.
    table : DataFrame
        key (what stands in the brackets of the row's name), lower, upper.
    terms : DataFrame
        key, column, value: the entries of the matrix; repeated entries add up.

    """

    family: str
    table: pd.DataFrame
    terms: pd.DataFrame


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

    def relaxed(self, names: Iterable[str] = ()) -> "Problem":
        """Return the problem with the integers of some column families (all, if none) let go."""
        chosen = set(names)
        families = self.columns["name"].str.partition("[")[0]
        free = families.isin(chosen) if chosen else pd.Series(data=True, index=families.index)
        return replace(self, columns=self.columns.assign(integer=self.columns["integer"] & ~free))

    def family_mask(self, *families: str) -> Bools:
        """Return which columns belong to families such as ``build``."""
        return self.columns["name"].str.partition("[")[0].isin(families).to_numpy()


def make_rows(family: str, table: pd.DataFrame, terms: Iterable[pd.DataFrame]) -> Rows:
    """Return a family of rows; every term must have its row.

    Parameters
    ----------
    family : str
        Name of the rule.
    table : DataFrame
        key, lower, upper.
    terms : iterable of DataFrame
        Each with key, column, value.

    """
    parts = [part[["key", "column", "value"]] for part in terms if len(part)]
    joined = pd.concat(parts, ignore_index=True) if parts else _NO_TERMS
    return Rows(family, table[["key", "lower", "upper"]].reset_index(drop=True), joined)


_NO_TERMS = pd.DataFrame(
    {
        "key": pd.Series(dtype="str"),
        "column": pd.Series(dtype="int64"),
        "value": pd.Series(dtype="float64"),
    }
)


NO_ROWS = pd.DataFrame({"key": pd.Series(dtype="str"), "lower": 0.0, "upper": 0.0})


def no_rows(family: str) -> Rows:
    """Return a family without rows: a rule that is off."""
    return Rows(family, NO_ROWS, _NO_TERMS)


def assemble(columns: pd.DataFrame, families: Iterable[Rows]) -> Problem:
    """Join families of rows into a problem.

    Raises
    ------
    ValueError
        If a term has no row of its key, or a name stands twice: a mistake in the compiler.

    """
    tables, entries, start = [], [], 0
    for rows in families:
        if rows.table.empty and rows.terms.empty:
            continue
        index = pd.Index(rows.table["key"])
        at = index.get_indexer(rows.terms["key"])
        if (at < 0).any() or not index.is_unique:
            message = f"rows {rows.family}: a term without its row, or a name twice"
            raise ValueError(message)
        names = rows.family + "[" + rows.table["key"] + "]"
        tables.append(rows.table.assign(name=names, family=rows.family))
        entries.append(
            (at + start, rows.terms["column"].to_numpy(), rows.terms["value"].to_numpy())
        )
        start += len(rows.table)
    row, column, value = (np.concatenate(part) for part in zip(*entries, strict=True))
    matrix = sparse.coo_array((value.astype("float64"), (row, column)), (start, len(columns)))
    table = pd.concat(tables, ignore_index=True)[["name", "family", "lower", "upper"]]
    kept = columns[["name", "lower", "upper", "cost", "integer"]].reset_index(drop=True)
    return Problem(columns=kept, rows=table, matrix=sparse.csc_array(matrix))
