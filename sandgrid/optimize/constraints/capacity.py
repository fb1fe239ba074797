"""Rows on megawatts: running totals, targets, quotas."""

import numpy as np
import pandas as pd

from sandgrid.optimize.case import TECHNOLOGIES, Case
from sandgrid.optimize.columns import Columns
from sandgrid.optimize.constraints.terms import a_year_later, bounded, keyed, until_each_year
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
    """Land counted by a year's end carries the capacity that stands then, scope by scope."""
    if case.settings.obligation_scope != "programme":
        return _obligation_by_district(case, columns)
    rate = _rate(case, columns.built_mw)
    terms = (keyed(columns.counted_ha, ["year"]), keyed(columns.built_mw, ["year"], -rate))
    return make_rows("obligation", bounded(columns.counted_ha, ["year"], 0.0, np.inf), terms)


def _rate(case: Case, frame: pd.DataFrame) -> pd.Series:
    share = case.settings.obligation_ha_per_mw
    return frame["technology"].map({g: share.get(g, 0.0) for g in TECHNOLOGIES})


def _obligation_by_district(case: Case, columns: Columns) -> Rows:
    """Ask it of each district: that of the site, or (scope hub) that of the hub.

    A hectare is pledged to one hub of its district; such pledges exist exactly if the land of the
    district carries all its hubs together.
    """
    keys = ["district_id", "year"]
    by_hub = case.settings.obligation_scope == "hub"
    key, table = ("hub_id", case.hubs) if by_hub else ("site_id", case.sites)
    home = table.set_index(key)["district_id"]
    build = columns.build
    built = build[["column", "year"]].assign(
        district_id=build[key].map(home), value=-build["unit_mw"] * _rate(case, build)
    )
    new = columns.start[["column", "district_id"]].assign(year=columns.start["count_year"])
    new = new[new["district_id"].isin(set(home))]
    rows = pd.DataFrame({"district_id": sorted(set(home))}).merge(
        pd.DataFrame({"year": case.years}), how="cross"
    )
    works = case.works_ha.groupby("district_id")["counted_ha"].sum()
    lower = -rows["district_id"].map(works).fillna(0.0)
    terms = (
        keyed(until_each_year(new, case.years), keys),
        keyed(until_each_year(built, case.years), keys, "value"),
    )
    return make_rows("obligation", bounded(rows, keys, lower, np.inf), terms)
