"""Rows on sites: one hub each, least sizes, no site before its station."""

import numpy as np
import pandas as pd

from sandgrid.optimize.case import Case
from sandgrid.optimize.columns import Columns
from sandgrid.optimize.constraints.terms import bounded, keyed, until_each_year
from sandgrid.optimize.problem import Rows, make_rows, no_rows

OPTION = ["site_id", "technology", "hub_id"]
PAIR = ["site_id", "hub_id"]


def one_hub(case: Case, columns: Columns) -> Rows:
    """Let a site feed one hub at most; a locked-in site feeds one."""
    sites = columns.feeds[["site_id"]].drop_duplicates()
    lower = sites["site_id"].isin(case.settings.locked_in_sites).astype("float64")
    table = bounded(sites, ["site_id"], lower, 1.0)
    return make_rows("one_hub", table, [keyed(columns.feeds, ["site_id"])])


def site_hub(case: Case, columns: Columns) -> Rows:
    """Let an option be built only towards the hub that its site feeds."""
    del case
    options = columns.build.drop_duplicates(OPTION)
    feeds = (
        options[OPTION]
        .merge(columns.feeds[[*PAIR, "column"]], on=PAIR)
        .merge(options[[*OPTION, "upper"]], on=OPTION)
    )
    terms = (keyed(columns.build, OPTION), keyed(feeds, OPTION, -feeds["upper"]))
    return make_rows("site_hub", bounded(options, OPTION, -np.inf, 0.0), terms)


def least_site(case: Case, columns: Columns) -> Rows:
    """Ask that a site that is used reaches the least size by the last year."""
    least, settings = case.settings.min_site_mw, case.settings
    if least <= 0.0 and not settings.locked_in_sites and not settings.within_reach:
        return no_rows("least_site")  # nothing asks whether a site that feeds a hub is built
    terms = (
        keyed(columns.build, PAIR, "unit_mw"),
        keyed(columns.feeds, PAIR, -max(least, _ANY_MW)),
    )
    return make_rows("least_site", bounded(columns.feeds, PAIR, 0.0, np.inf), terms)


_ANY_MW = 1e-3


def least_units(case: Case, columns: Columns) -> Rows:
    """Ask that an option that is used reaches its least number of units."""
    del case
    uses, build = columns.uses, columns.build
    if uses.empty:
        return no_rows("least_units")
    built = build[build["units_min"] > 1]
    terms = (keyed(built, OPTION), keyed(uses, OPTION, -uses["units_min"].astype("float64")))
    return make_rows("least_units", bounded(uses, OPTION, 0.0, np.inf), terms)


def most_units(case: Case, columns: Columns) -> Rows:
    """Let an option with a least number of units be built only when it is used."""
    del case
    uses, build = columns.uses, columns.build
    if uses.empty:
        return no_rows("most_units")
    built = build[build["units_min"] > 1]
    terms = (keyed(built, OPTION), keyed(uses, OPTION, -uses["units_max"].astype("float64")))
    return make_rows("most_units", bounded(uses, OPTION, -np.inf, 0.0), terms)


def site_station(case: Case, columns: Columns) -> Rows:
    """Nothing is built towards a hub before its station stands."""
    keys = [*OPTION, "year"]
    build = columns.build
    station = build[[*keys, "upper"]].merge(
        columns.station[["hub_id", "year", "column"]], on=["hub_id", "year"]
    )
    terms = (
        keyed(until_each_year(build, case.years), keys),
        keyed(station, keys, -station["upper"]),
    )
    return make_rows("site_station", bounded(build, keys, -np.inf, 0.0), terms)


def feeds_station(case: Case, columns: Columns) -> Rows:
    """Let a site feed a hub only if its station stands at last."""
    feeds = columns.feeds
    final = columns.station[columns.station["year"] == case.years[-1]]
    station = feeds[PAIR].merge(final[["hub_id", "column"]], on="hub_id")
    terms = (keyed(feeds, PAIR), keyed(station, PAIR, -1.0))
    return make_rows("feeds_station", bounded(feeds, PAIR, -np.inf, 0.0), terms)


def site_terms(columns: Columns) -> pd.DataFrame:
    """Return the build columns with their MW: column, site_id, hub_id, year, unit_mw."""
    return columns.build[["column", "site_id", "hub_id", "year", "unit_mw"]]
