"""Rows on hectares: no land is used twice."""

import numpy as np

from sandgrid.optimize.case import TECHNOLOGIES, Case
from sandgrid.optimize.columns import Columns
from sandgrid.optimize.constraints.terms import bounded, keyed, wanted
from sandgrid.optimize.problem import Bools, Rows, make_rows
from sandgrid.optimize.sheet import Array, Sheet, among, stacked

USES = ("pv", "wind", "treat")
UNIONS = {
    "pv": ("pv",),
    "wind": ("wind",),
    "treat": ("treat",),
    "pv+wind": ("pv", "wind"),
    "pv+treat": ("pv", "treat"),
    "wind+treat": ("wind", "treat"),
    "pv+wind+treat": USES,
}
SLACK_HA = 1e-9


def parcel_land(case: Case, columns: Columns) -> Rows:
    """Let a hectare of a parcel start one sequence at most; a locked-in parcel is treated whole."""
    del case
    table = Sheet.of(columns.classes.table, "class_id", "treat_ha", "locked")
    lower = np.where(table["locked"], table["treat_ha"], -np.inf)
    return make_rows(
        "parcel_land",
        bounded(table, ["class_id"], lower, table["treat_ha"]),
        [keyed(columns.sheet("start"), ["class_id"])],
    )


def on_site_land(case: Case, columns: Columns) -> Rows:
    """On-site treatment stays on the parcel's land inside the site's PV land."""
    del case
    inside = _on_site(columns)
    table = Sheet.of(columns.classes.table, "class_id", "on_site_ha")
    table = table.take(among(table["class_id"], inside["class_id"]))
    return make_rows(
        "on_site_land",
        bounded(table, ["class_id"], -np.inf, table["on_site_ha"]),
        [keyed(inside, ["class_id"])],
    )


def _on_site(columns: Columns) -> Sheet:
    start = columns.sheet("start")
    fields = start.only("column", "class_id", "site_id", "count_year")
    return fields.take(start["place"] == "on_site")


def land(case: Case, columns: Columns) -> Rows:
    """Fit what a set of uses takes of a site into the union of their masks; drop implied rows."""
    sites, inside, tables = Sheet.of(case.sites), [], []
    most = _most_taken(case, columns)
    takes = _takes(columns)
    for name, uses in UNIONS.items():
        upper = sites[_area_column(uses)]
        rows = sites.only("site_id").having(uses=name, upper=upper)
        tables.append(rows.take(_can_exceed(uses, most, upper, sites)))
        inside += [takes[use].having(uses=name) for use in uses]
    keys = ["site_id", "uses"]
    rows = stacked(tables, [*keys, "upper"])
    bands = bounded(rows, keys, -np.inf, rows["upper"])
    terms = [wanted(keyed(part, keys, "takes_ha"), bands) for part in inside]
    return make_rows("land", bands, terms)


def _area_column(uses: tuple[str, ...]) -> str:
    return "any_ha" if len(uses) == len(USES) else "_".join(uses) + "_ha"


def _takes(columns: Columns) -> dict[str, Sheet]:
    """Tell what each column takes of its site by use: site_id, column, takes_ha."""
    build, start = columns.sheet("build"), columns.sheet("start")
    built = build.only("site_id", "column").having(takes_ha=build["gross_ha_per_unit"])
    off = start.only("site_id", "column").having(takes_ha=1.0)
    outside = (start["place"] == "off_site") & (start["site_id"] != "")
    return {
        "pv": built.take(build["technology"] == "pv"),
        "wind": built.take(build["technology"] == "wind"),
        "treat": off.take(outside),
    }


def _most_taken(case: Case, columns: Columns) -> dict[str, Array]:
    """Bound what each use can take of each site by land and by units [ha]."""
    build = columns.sheet("build")
    build = build.take(build["year"] == case.years[0])
    table = Sheet.of(columns.classes.table, "site_id", "treat_ha")
    by_units = build["upper"] * build["gross_ha_per_unit"]
    most = {
        g: _sums(case, build["site_id"][of], by_units[of])
        for g in TECHNOLOGIES
        for of in [build["technology"] == g]
    }
    return most | {"treat": _sums(case, table["site_id"], table["treat_ha"])}


def _sums(case: Case, sites: Array, values: Array) -> Array:
    """Add up values by site, in the order of sites."""
    total = dict.fromkeys(case.sites["site_id"], 0.0) | {"": 0.0}
    for site, value in zip(sites.tolist(), values.tolist(), strict=True):
        total[site] += value
    del total[""]
    return np.array(list(total.values()), dtype=np.float64)


def _can_exceed(uses: tuple[str, ...], most: dict[str, Array], upper: Array, sites: Sheet) -> Bools:
    """Tell where a row is not implied by those of its single uses."""
    if len(uses) == 1:
        return np.asarray(most[uses[0]] > upper + SLACK_HA, dtype=np.bool_)
    single = {use: np.minimum(most[use], sites[f"{use}_ha"]) for use in uses}
    every = np.array(list(single.values()))
    beyond = (every.sum(axis=0) > upper + SLACK_HA) & ((every > 0).sum(axis=0) > 1)
    if len(uses) == len(USES):
        beyond &= ~_implied_by_pairs(single, upper, sites)
    return np.asarray(beyond, dtype=np.bool_)


def _implied_by_pairs(single: dict[str, Array], upper: Array, sites: Sheet) -> Bools:
    implied = np.zeros(len(upper), dtype=np.bool_)
    for alone, pair in (("pv", "wind_treat"), ("wind", "pv_treat"), ("treat", "pv_wind")):
        implied |= single[alone] + sites[f"{pair}_ha"] <= upper + SLACK_HA
    return implied


def on_site(case: Case, columns: Columns) -> Rows:
    """On-site treatment takes at most its share of the PV gross area built at the site."""
    share, key = case.settings.underpanel_share, ["site_id"]
    inside = _on_site(columns)
    sites = _sites_of(inside)
    pv = _pv_of(columns, sites)
    terms = (keyed(inside, key), keyed(pv, key, -share * pv["gross_ha_per_unit"]))
    return make_rows("on_site", bounded(sites, key, -np.inf, 0.0), terms)


def acceptance(case: Case, columns: Columns) -> Rows:
    """On-site land counted in or after a year lies under plants accepted no earlier.

    A plant built in year t is accepted in t + lag; the deadlines are nested, so these rows are
    exactly what an earliest-deadline assignment needs.
    """
    lag, share = case.settings.acceptance_lag_years, case.settings.underpanel_share
    inside, keys = _on_site(columns), ["site_id", "since"]
    sites = _sites_of(inside)
    pv = _pv_of(columns, sites)
    tables, terms = [sites.having(since=0).take(np.zeros(0, dtype=np.int64))], []
    for year in case.years[1 + lag :]:
        tables.append(sites.having(since=year))
        late = inside.take(inside["count_year"] >= year).having(since=year)
        built = pv.take(pv["year"] >= year - lag).having(since=year)
        terms += [keyed(late, keys), keyed(built, keys, -share * built["gross_ha_per_unit"])]
    rows = stacked(tables, keys)
    return make_rows("acceptance", bounded(rows, keys, -np.inf, 0.0), terms)


def _sites_of(sheet: Sheet) -> Sheet:
    return Sheet({"site_id": np.array(sorted(set(sheet["site_id"])), dtype=object)})


def _pv_of(columns: Columns, sites: Sheet) -> Sheet:
    build = columns.sheet("build")
    of = (build["technology"] == "pv") & among(build["site_id"], sites["site_id"])
    return build.only("column", "site_id", "year", "gross_ha_per_unit").take(of)
