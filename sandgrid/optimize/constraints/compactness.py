"""Rows that keep treatment together: reach of used sites, length of borders."""

import numpy as np
import pandas as pd

from sandgrid.optimize.case import Case
from sandgrid.optimize.columns import Columns
from sandgrid.optimize.constraints.terms import bounded, keyed
from sandgrid.optimize.problem import Rows, make_rows, no_rows
from sandgrid.optimize.sheet import Sheet, looked_up

CLASS = ["class_id"]
EDGE = ["parcel_id", "other_id"]


def reach(case: Case, columns: Columns) -> Rows:
    """Treat a parcel only if a site in its reach is used at last."""
    if not case.settings.within_reach:
        return no_rows("reach")
    table = columns.classes.table
    near = case.reaches.merge(columns.feeds[["site_id", "column"]], on="site_id")
    near = near.rename(columns={"parcel_id": "class_id"})
    near = near.merge(table[["class_id", "treat_ha"]], on="class_id")
    around = Sheet.of(near, "class_id", "column", "treat_ha")
    terms = (keyed(columns.sheet("start"), CLASS), keyed(around, CLASS, -around["treat_ha"]))
    rows = Sheet.of(table, *CLASS)
    return make_rows("reach", bounded(rows, CLASS, -np.inf, 0.0), terms)


def border_in(case: Case, columns: Columns) -> Rows:
    """Count a border where the first parcel is treated more than the other."""
    return _border("border_in", 1.0, case, columns)


def border_out(case: Case, columns: Columns) -> Rows:
    """Count a border where the other parcel is treated more than the first."""
    return _border("border_out", -1.0, case, columns)


def _border(family: str, sign: float, case: Case, columns: Columns) -> Rows:
    del case
    edge, start = columns.sheet("edge"), columns.sheet("start")
    if not len(edge):
        return no_rows(family)
    table = columns.classes.table
    area = dict(zip(table["class_id"], table["treat_ha"], strict=True))
    share = pd.DataFrame(
        {
            "class_id": start["class_id"],
            "column": start["column"],
            "share": 1.0 / looked_up(start["class_id"], area),
        }
    )
    borders = pd.DataFrame({name: edge[name] for name in EDGE})
    own = Sheet.of(borders.merge(share, left_on="parcel_id", right_on="class_id"))
    other = Sheet.of(borders.merge(share, left_on="other_id", right_on="class_id"))
    terms = (
        keyed(edge, EDGE),
        keyed(own, EDGE, -sign * own["share"]),
        keyed(other, EDGE, sign * other["share"]),
    )
    return make_rows(family, bounded(edge, EDGE, 0.0, np.inf), terms)
