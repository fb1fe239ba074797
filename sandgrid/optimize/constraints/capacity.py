"""Rows on megawatts: running totals, targets, quotas."""

import numpy as np
import pandas as pd

from sandgrid.optimize.case import TECHNOLOGIES, Case
from sandgrid.optimize.columns import Columns
from sandgrid.optimize.constraints.terms import a_year_later, bounded, keyed
from sandgrid.optimize.problem import Rows, make_rows


def built_total(case: Case, columns: Columns) -> Rows:
    """MW of a technology stand by a year: those of the year before and those built."""
    keys, totals = ["technology", "year"], columns.built_mw
    terms = (
        keyed(totals, keys),
        keyed(a_year_later(totals, case.years), keys, -1.0),
        keyed(columns.build, keys, -columns.build["unit_mw"]),
    )
    return make_rows("built_total", bounded(totals, keys, 0.0, 0.0), terms)


def capacity(case: Case, columns: Columns) -> Rows:
    """MW by technology and in total lie in the band above their target."""
    targets = case.capacity_targets
    keys = ["technology", "year"]
    band = targets["target_mw"] + targets["band_mw"].fillna(np.inf)
    totals = columns.built_mw
    both = pd.concat([totals, totals.assign(technology="total")])
    asked = both.merge(targets[keys], on=keys)
    return make_rows(
        "capacity", bounded(targets, keys, targets["target_mw"], band), [keyed(asked, keys)]
    )


def obligation(case: Case, columns: Columns) -> Rows:
    """Land counted by a year's end carries the capacity that stands then."""
    share = case.settings.obligation_ha_per_mw
    rate = columns.built_mw["technology"].map({g: share.get(g, 0.0) for g in TECHNOLOGIES})
    terms = (keyed(columns.counted_ha, ["year"]), keyed(columns.built_mw, ["year"], -rate))
    return make_rows("obligation", bounded(columns.counted_ha, ["year"], 0.0, np.inf), terms)
