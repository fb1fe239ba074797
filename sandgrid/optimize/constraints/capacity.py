"""Rows on megawatts: running totals, targets, quotas."""

import numpy as np

from sandgrid.optimize.case import Case
from sandgrid.optimize.columns import Columns
from sandgrid.optimize.constraints.terms import (
    a_year_later,
    bounded,
    keyed,
    until_each_year,
    wanted,
)
from sandgrid.optimize.problem import Rows, make_rows
from sandgrid.optimize.sheet import Array, Sheet, among, looked_up


def built_total(case: Case, columns: Columns) -> Rows:
    """MW of a technology stand by a year: those of the year before and those built."""
    keys, totals, build = ["technology", "year"], columns.sheet("built_mw"), columns.sheet("build")
    terms = (
        keyed(totals, keys),
        keyed(a_year_later(totals, case.years), keys, -1.0),
        keyed(build, keys, -build["unit_mw"]),
    )
    return make_rows("built_total", bounded(totals, keys, 0.0, 0.0), terms)


def capacity(case: Case, columns: Columns) -> Rows:
    """MW by technology and in total lie in the band above their target."""
    targets, totals = Sheet.of(case.capacity_targets), columns.sheet("built_mw")
    keys, band = ["technology", "year"], targets["band_mw"]
    most = targets["target_mw"] + np.where(np.isnan(band), np.inf, band)
    bands = bounded(targets, keys, targets["target_mw"], most)
    whole = keyed(totals.having(technology="total"), keys)
    terms = (wanted(keyed(totals, keys), bands), wanted(whole, bands))
    return make_rows("capacity", bands, terms)


def obligation(case: Case, columns: Columns) -> Rows:
    """Land counted by a year's end carries the capacity that stands then, scope by scope."""
    if case.settings.obligation_scope != "programme":
        return _obligation_by_district(case, columns)
    counted, built = columns.sheet("counted_ha"), columns.sheet("built_mw")
    terms = (keyed(counted, ["year"]), keyed(built, ["year"], -_rate(case, built)))
    return make_rows("obligation", bounded(counted, ["year"], 0.0, np.inf), terms)


def _rate(case: Case, sheet: Sheet) -> Array:
    return looked_up(sheet["technology"], case.settings.obligation_ha_per_mw)


def _obligation_by_district(case: Case, columns: Columns) -> Rows:
    """Ask it of each district: that of the site, or (scope hub) that of the hub.

    A hectare is pledged to one hub of its district; such pledges exist exactly if the land of the
    district carries all its hubs together.
    """
    keys = ["district_id", "year"]
    by_hub = case.settings.obligation_scope == "hub"
    key, table = ("hub_id", case.hubs) if by_hub else ("site_id", case.sites)
    home = dict(zip(table[key], table["district_id"], strict=True))
    districts, build, start = sorted(set(home.values())), columns.sheet("build"), _new(columns)
    built = build.only("column", "year").having(
        district_id=np.array([home[one] for one in build[key]], dtype=object),
        value=-build["unit_mw"] * _rate(case, build),
    )
    new = start.take(among(start["district_id"], districts))
    rows = Sheet(
        {
            "district_id": np.repeat(np.array(districts, dtype=object), len(case.years)),
            "year": np.tile(np.array(case.years, dtype=np.int64), len(districts)),
        }
    )
    works = case.works_ha.groupby("district_id")["counted_ha"].sum().to_dict()
    terms = (
        keyed(until_each_year(new, case.years), keys),
        keyed(until_each_year(built, case.years), keys, "value"),
    )
    lower = -looked_up(rows["district_id"], works)
    return make_rows("obligation", bounded(rows, keys, lower, np.inf), terms)


def _new(columns: Columns) -> Sheet:
    start = columns.sheet("start")
    return start.only("column", "district_id").having(year=start["count_year"])
