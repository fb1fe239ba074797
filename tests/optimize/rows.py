"""Reads which rows of a rule a point keeps."""

from collections.abc import Callable, Mapping

import numpy as np
import pandas as pd

from sandgrid.optimize.case import Case
from sandgrid.optimize.columns import Columns, list_columns
from sandgrid.optimize.problem import Rows, assemble

Rule = Callable[[Case, Columns], Rows]
Point = Mapping[str, float]


def kept_rows(case: Case, rule: Rule, point: Point) -> dict[str, bool]:
    columns = list_columns(case)
    problem = assemble(columns.joined().assign(cost=0.0), [rule(case, columns)])
    at = pd.Index(problem.columns["name"])
    values = np.zeros(len(at))
    for name, value in point.items():
        assert name in at, name
        values[at.get_loc(name)] = value
    activity = problem.matrix @ values
    inside = (activity >= problem.rows["lower"] - 1e-9) & (activity <= problem.rows["upper"] + 1e-9)
    return dict(zip(problem.rows["name"], inside, strict=True))
