"""Rows that keep treatment together: reach of used sites, length of borders."""

import numpy as np
import pandas as pd

from sandgrid.optimize.case import Case
from sandgrid.optimize.columns import Columns
from sandgrid.optimize.constraints.terms import bounded, keyed
from sandgrid.optimize.problem import Rows, make_rows, no_rows

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
    start = columns.start[columns.start["class_id"].isin(table["class_id"])]
    terms = (keyed(start, CLASS), keyed(near, CLASS, -near["treat_ha"]))
    return make_rows("reach", bounded(table, CLASS, -np.inf, 0.0), terms)


def border_in(case: Case, columns: Columns) -> Rows:
    """Count a border where the first parcel is treated more than the other."""
    return _border("border_in", 1.0, case, columns)


def border_out(case: Case, columns: Columns) -> Rows:
    """Count a border where the other parcel is treated more than the first."""
    return _border("border_out", -1.0, case, columns)


def _border(family: str, sign: float, case: Case, columns: Columns) -> Rows:
    del case
    edge, start = columns.edge, columns.start
    if edge.empty:
        return no_rows(family)
    area = start["class_id"].map(columns.classes.table.set_index("class_id")["treat_ha"])
    shares = start[["class_id", "column"]].assign(share=1.0 / area)
    own = edge[EDGE].merge(shares.rename(columns={"class_id": "parcel_id"}), on="parcel_id")
    other = edge[EDGE].merge(shares.rename(columns={"class_id": "other_id"}), on="other_id")
    terms = (
        keyed(edge, EDGE),
        keyed(own, EDGE, -sign * own["share"]),
        keyed(other, EDGE, sign * other["share"]),
    )
    return make_rows(family, bounded(pd.DataFrame(edge), EDGE, 0.0, np.inf), terms)
