"""The building half with its unlikely sites summed up: a smaller tree whose bound holds for all.

Sites that the relaxation does not use, and whose options it finds dear, keep a price and no rows
of their own: their rows are charged in the objective at the multipliers of the relaxation
(Lagrangian relaxation), which costs nothing of its value, and their options are summed up by hub,
technology, year and the limits that they count in, in bins by reduced cost, each as cheap and as
sparing as the best in it.  Whatever the far sites could do, their sums can do for no more, so the
least of the smaller problem is a bound of the larger.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import sparse

from sandgrid.optimize.duality import usable_multipliers
from sandgrid.optimize.problem import Bools, Floats, Integers, Problem

SITE_ROWS = (
    "land",
    "site_hub",
    "feeds_station",
    "one_hub",
    "least_site",
    "least_units",
    "most_units",
    "site_station",
)


@dataclass(frozen=True)
class Tail:
    """A problem with some of its columns summed up.

    Parameters
    ----------
    problem : Problem
        The kept columns, then the sums [MW].
    kept : array of int
        Where the kept columns stand in the whole problem.
    sums : csr_array, shape (sums, columns of the whole)
        MW of each column in each sum.
    constant_mcny : float
        What to add to a bound of this problem to get one of the whole [million CNY].

    """

    problem: Problem
    kept: Integers
    sums: sparse.csr_array
    constant_mcny: float

    def shorten(self, values: Floats) -> Floats:
        """Return the point that a point of the whole problem stands for here."""
        return np.concatenate([values[self.kept], self.sums @ values])

    def lengthen(self, values: Floats) -> Floats:
        """Return the kept part of a point, the far sites left unbuilt."""
        whole = np.zeros(self.sums.shape[1])
        whole[self.kept] = values[: len(self.kept)]
        return whole


def sum_up(problem: Problem, duals: Floats, far: Bools, column_mw: Floats, *, bins: int) -> Tail:
    """Sum up the columns of far sites.

    Parameters
    ----------
    problem : Problem
        Its far columns have lower bound 0 and no integers.
    duals : array, shape (rows,)
        Multipliers of its relaxation; any give a valid bound.
    far : array of bool, shape (columns,)
        Columns of the far sites, their choice of hub among them.
    column_mw : array, shape (columns,)
        MW of one unit of a column, 0 for one that is no build [MW].
    bins : int
        Most sums of columns that count alike, by reduced cost: the cheapest alone, then two,
        four, eight, at last all others.

    """
    own = far & (abs(problem.matrix).T @ ~_at_sites(problem) == 0)
    dropped = _at_sites(problem) & (abs(problem.matrix) @ far.astype("float64") > 0)
    prices, paid = usable_multipliers(problem, np.where(dropped, duals, 0.0))
    cost = problem.columns["cost"].to_numpy() - problem.matrix.T @ prices
    upper = problem.columns["upper"].to_numpy()
    summed = np.flatnonzero(far & ~own & (column_mw > 0))
    kept = np.flatnonzero(~own & ~np.isin(np.arange(len(cost)), summed))
    rest = problem.keep_rows(~dropped)
    reduced = cost[summed] - rest.matrix.T[summed] @ duals[~dropped]
    members = _members(_per_mw(rest, summed, column_mw), rest, reduced / column_mw[summed], bins)
    members.index = pd.Index(summed)
    constant = paid + float(np.minimum(cost[own] * upper[own], 0.0).sum())
    joined = _join(rest, kept, members, cost, column_mw)
    sums = sparse.csr_array(
        (column_mw[members.index], (members.to_numpy(), members.index)),
        shape=(joined.shape[1] - len(kept), problem.shape[1]),
    )
    return Tail(joined, kept, sums, constant)


def _at_sites(problem: Problem) -> Bools:
    return np.asarray(problem.rows["family"].isin(SITE_ROWS), dtype=np.bool_)


def _members(per_mw: sparse.csc_array, rest: Problem, reduced: Floats, bins: int) -> pd.Series:
    """Return the number of its sum for every column that is summed up, by reduced cost per MW."""
    equal = np.isfinite(rest.rows["lower"].to_numpy()) & np.isfinite(rest.rows["upper"].to_numpy())
    data = np.where(equal[per_mw.indices], per_mw.data, 0.0)
    spans = list(zip(per_mw.indptr[:-1], per_mw.indptr[1:], strict=True))
    kinds = [per_mw.indices[a:b].tobytes() + data[a:b].tobytes() for a, b in spans]
    table = pd.DataFrame({"kind": pd.factorize(pd.Series(kinds, dtype=object))[0]})
    rank = table.assign(reduced=reduced).groupby("kind")["reduced"].rank(method="first")
    table["bin"] = np.minimum(np.log2(rank.to_numpy()).astype("int64"), bins - 1)
    return table.groupby(["kind", "bin"], sort=True).ngroup()


def _per_mw(rest: Problem, summed: Integers, column_mw: Floats) -> sparse.csc_array:
    """Return the columns that are summed up, per MW."""
    part = sparse.csc_array(rest.matrix[:, summed])
    part.sort_indices()
    part.data = part.data / np.repeat(column_mw[summed], np.diff(part.indptr))
    return part


def _join(
    rest: Problem, kept: Integers, members: pd.Series, cost: Floats, column_mw: Floats
) -> Problem:
    """Put kept columns and sums together; a sum takes the least cost and the mildest entries."""
    summed, number = members.index.to_numpy(), members.to_numpy()
    count = int(number.max()) + 1 if len(number) else 0
    least = np.full(count, np.inf)
    np.minimum.at(least, number, cost[summed] / column_mw[summed])
    upper = np.bincount(
        number, rest.columns["upper"].to_numpy()[summed] * column_mw[summed], minlength=count
    )
    entries = sparse.coo_array(_per_mw(rest, summed, column_mw))
    table = pd.DataFrame(
        {"row": entries.row, "sum": number[entries.col], "value": entries.data}
    ).groupby(["row", "sum"])["value"]
    asked = np.isfinite(rest.rows["lower"].to_numpy())
    low, high = table.min(), table.max()
    row, at = (low.index.get_level_values(k).to_numpy() for k in ("row", "sum"))
    value = np.where(asked[row], high.to_numpy(), low.to_numpy())
    tail = sparse.csc_array((value, (row, at)), shape=(rest.shape[0], count))
    names = pd.Series(range(count), dtype="int64").astype("str")
    sums = pd.DataFrame({"name": "tail[" + names + "]", "lower": 0.0, "upper": upper})
    sums = sums.assign(cost=least, integer=False)
    own = rest.columns.iloc[kept].assign(cost=cost[kept])
    columns = pd.concat([own, sums], ignore_index=True)
    matrix = sparse.hstack([rest.matrix[:, kept], tail], format="csc")
    return Problem(columns=columns, rows=rest.rows, matrix=sparse.csc_array(matrix))
