"""Whole numbers that the tree may split on: how many stations stand in a year.

The relaxation opens seven and a half hubs where seven or eight must stand.  No single station tells
so, and a tree that splits on stations one by one learns it late; their number told as a column of
its own is split at once.  Such a column takes nothing from the problem, as it is a sum of whole
numbers anyway.
"""

import numpy as np
import pandas as pd
from scipy import sparse

from sandgrid.optimize.problem import Integers, Problem


def count_together(problem: Problem, group: Integers) -> tuple[Problem, sparse.csr_array]:
    """Add the sums of groups of whole columns as whole columns.

    Parameters
    ----------
    problem : Problem
        Its columns of the groups are whole.
    group : array of int, shape (columns,)
        Number of each column's group, -1 for none.

    Returns
    -------
    Problem
        Its columns, then the sums; its rows, then those that make them sums.
    csr_array, shape (groups, columns)
        The sums at a point.

    """
    member = np.flatnonzero(group >= 0)
    count = int(group.max(initial=-1)) + 1
    shape = (count, problem.shape[1])
    sums = sparse.csr_array((np.ones(len(member)), (group[member], member)), shape=shape)
    upper = sums @ problem.columns["upper"].to_numpy()
    names = pd.Series([f"count[{number}]" for number in range(count)], dtype="str")
    whole = pd.DataFrame({"name": names, "lower": 0.0, "upper": upper, "cost": 0.0})
    rows = pd.DataFrame({"name": names, "family": "count", "lower": 0.0, "upper": 0.0})
    right = sparse.csc_array((problem.shape[0], count))
    above = sparse.hstack([problem.matrix, right])
    matrix = sparse.vstack([above, sparse.hstack([sums, -sparse.eye_array(count)])])
    counted = Problem(
        columns=pd.concat([problem.columns, whole.assign(integer=True)], ignore_index=True),
        rows=pd.concat([problem.rows, rows], ignore_index=True),
        matrix=sparse.csc_array(matrix),
    )
    return counted, sums
