"""Rows on sites: one hub each, least sizes, no site before its station."""

import numpy as np

from sandgrid.optimize.case import Case
from sandgrid.optimize.columns import Columns
from sandgrid.optimize.constraints.terms import bounded, keyed, until_each_year
from sandgrid.optimize.problem import Rows, make_rows, no_rows
from sandgrid.optimize.sheet import Sheet, among, find

OPTION = ["site_id", "technology", "hub_id"]
PAIR = ["site_id", "hub_id"]


def one_hub(case: Case, columns: Columns) -> Rows:
    """Let a site feed one hub at most; a locked-in site feeds one."""
    feeds = columns.sheet("feeds")
    sites = Sheet({"site_id": np.array(list(dict.fromkeys(feeds["site_id"])), dtype=object)})
    lower = among(sites["site_id"], case.settings.locked_in_sites).astype(np.float64)
    return make_rows(
        "one_hub", bounded(sites, ["site_id"], lower, 1.0), [keyed(feeds, ["site_id"])]
    )


def site_hub(case: Case, columns: Columns) -> Rows:
    """Let an option be built only towards the hub that its site feeds."""
    build, feeds = columns.sheet("build"), columns.sheet("feeds")
    options = build.only(*OPTION, "year", "upper").take(build["year"] == case.years[0])
    fed = feeds["column"][find(options.keys(PAIR), feeds.keys(PAIR))]
    terms = (keyed(build, OPTION), keyed(options.having(column=fed), OPTION, -options["upper"]))
    return make_rows("site_hub", bounded(options, OPTION, -np.inf, 0.0), terms)


def least_site(case: Case, columns: Columns) -> Rows:
    """Ask that a site that is used reaches the least size by the last year."""
    least, settings = case.settings.min_site_mw, case.settings
    if least <= 0.0 and not settings.locked_in_sites and not settings.within_reach:
        return no_rows("least_site")  # nothing asks whether a site that feeds a hub is built
    feeds = columns.sheet("feeds")
    terms = (
        keyed(columns.sheet("build"), PAIR, "unit_mw"),
        keyed(feeds, PAIR, -max(least, _ANY_MW)),
    )
    return make_rows("least_site", bounded(feeds, PAIR, 0.0, np.inf), terms)


_ANY_MW = 1e-3


def least_units(case: Case, columns: Columns) -> Rows:
    """Ask that an option that is used reaches its least number of units."""
    del case
    return _all_or_nothing("least_units", "units_min", (0.0, np.inf), columns)


def most_units(case: Case, columns: Columns) -> Rows:
    """Let an option with a least number of units be built only when it is used."""
    del case
    return _all_or_nothing("most_units", "units_max", (-np.inf, 0.0), columns)


def _all_or_nothing(family: str, units: str, band: tuple[float, float], columns: Columns) -> Rows:
    uses, build = columns.sheet("uses"), columns.sheet("build")
    if not len(uses):
        return no_rows(family)
    built = build.only(*OPTION, "column").take(build["units_min"] > 1)
    terms = (keyed(built, OPTION), keyed(uses, OPTION, -uses[units].astype(np.float64)))
    return make_rows(family, bounded(uses, OPTION, *band), terms)


def site_station(case: Case, columns: Columns) -> Rows:
    """Nothing is built towards a hub before its station stands."""
    keys, hub = [*OPTION, "year"], ["hub_id", "year"]
    build, station = (
        columns.sheet("build").only(*OPTION, "year", "column", "upper"),
        columns.sheet("station"),
    )
    needed = station["column"][find(build.keys(hub), station.keys(hub))]
    terms = (
        keyed(until_each_year(build, case.years), keys),
        keyed(build.having(column=needed), keys, -build["upper"]),
    )
    return make_rows("site_station", bounded(build, keys, -np.inf, 0.0), terms)


def feeds_station(case: Case, columns: Columns) -> Rows:
    """Let a site feed a hub only if its station stands at last."""
    feeds, station = columns.sheet("feeds"), columns.sheet("station")
    final = station.only("hub_id", "column").take(station["year"] == case.years[-1])
    needed = final["column"][find(feeds.keys(["hub_id"]), final.keys(["hub_id"]))]
    terms = (keyed(feeds, PAIR), keyed(feeds.having(column=needed), PAIR, -1.0))
    return make_rows("feeds_station", bounded(feeds, PAIR, -np.inf, 0.0), terms)
