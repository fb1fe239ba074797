"""Rows on hectares: no land is used twice."""

import numpy as np
import pandas as pd

from sandgrid.optimize.case import Case
from sandgrid.optimize.columns import Columns
from sandgrid.optimize.constraints.terms import bounded, keyed
from sandgrid.optimize.problem import Rows, make_rows

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
    table = columns.classes.table
    lower = table["treat_ha"].where(table["locked"], -np.inf)
    return make_rows(
        "parcel_land",
        bounded(table, ["class_id"], lower, table["treat_ha"]),
        [keyed(columns.start, ["class_id"])],
    )


def on_site_land(case: Case, columns: Columns) -> Rows:
    """On-site treatment stays on the parcel's land inside the site's PV land."""
    del case
    inside = columns.start[columns.start["place"] == "on_site"]
    table = columns.classes.table
    table = table[table["class_id"].isin(inside["class_id"])]
    return make_rows(
        "on_site_land",
        bounded(table, ["class_id"], -np.inf, table["on_site_ha"]),
        [keyed(inside, ["class_id"])],
    )


def land(case: Case, columns: Columns) -> Rows:
    """Fit what a set of uses takes of a site into the union of their masks; drop implied rows."""
    sites, inside, tables = case.sites, [], []
    most = _most_taken(case, columns)
    takes = _takes(columns)
    for name, uses in UNIONS.items():
        upper = sites[_area_column(uses)]
        binds = _can_exceed(uses, most, upper, sites)
        tables.append(pd.DataFrame({"site_id": sites["site_id"][binds], "uses": name,
                                    "upper": upper[binds]}))  # fmt: skip
        here = takes["use"].isin(uses) & takes["site_id"].isin(tables[-1]["site_id"])
        inside.append(takes[here].assign(uses=name))
    rows, keys = pd.concat(tables, ignore_index=True), ["site_id", "uses"]
    terms = keyed(pd.concat(inside, ignore_index=True), keys, "takes_ha")
    return make_rows("land", bounded(rows, keys, -np.inf, rows["upper"]), [terms])


def _area_column(uses: tuple[str, ...]) -> str:
    return "any_ha" if len(uses) == len(USES) else "_".join(uses) + "_ha"


def _takes(columns: Columns) -> pd.DataFrame:
    """List what each column takes of its site: use, site_id, column, takes_ha."""
    build = columns.build.assign(
        use=columns.build["technology"], takes_ha=columns.build["gross_ha_per_unit"]
    )
    off = columns.start[(columns.start["place"] == "off_site") & (columns.start["site_id"] != "")]
    fields = ["use", "site_id", "column", "takes_ha"]
    return pd.concat([build[fields], off.assign(use="treat", takes_ha=1.0)[fields]])


def _most_taken(case: Case, columns: Columns) -> pd.DataFrame:
    """Bound what each use can take of each site by land and by units [ha]."""
    sites = case.sites["site_id"]
    build = columns.build.drop_duplicates(["site_id", "technology", "hub_id"])
    by_units = (
        (build["upper"] * build["gross_ha_per_unit"])
        .groupby([build["site_id"], build["technology"]])
        .sum()
    )
    treat = columns.classes.table.groupby("site_id")["treat_ha"].sum()
    most = {g: [by_units.get((site, g), 0.0) for site in sites] for g in ("pv", "wind")}
    return pd.DataFrame(most | {"treat": sites.map(treat).fillna(0.0)})


def _can_exceed(
    uses: tuple[str, ...], most: pd.DataFrame, upper: pd.Series, sites: pd.DataFrame
) -> pd.Series:
    """Tell where a row is not implied by those of its single uses."""
    if len(uses) == 1:
        return most[uses[0]] > upper + SLACK_HA
    single = pd.DataFrame({use: np.minimum(most[use], sites[f"{use}_ha"]) for use in uses})
    present = (single > 0).sum(axis=1) > 1
    beyond = single.sum(axis=1) > upper + SLACK_HA
    if len(uses) < len(USES):
        return beyond & present
    return beyond & present & ~_implied_by_pairs(single, upper, sites)


def _implied_by_pairs(single: pd.DataFrame, upper: pd.Series, sites: pd.DataFrame) -> pd.Series:
    implied = pd.Series(data=False, index=single.index)
    for alone, pair in (("pv", "wind_treat"), ("wind", "pv_treat"), ("treat", "pv_wind")):
        implied |= single[alone] + sites[f"{pair}_ha"] <= upper + SLACK_HA
    return implied


def on_site(case: Case, columns: Columns) -> Rows:
    """On-site treatment takes at most its share of the PV gross area built at the site."""
    share = case.settings.underpanel_share
    inside = columns.start[columns.start["place"] == "on_site"]
    sites = _sites_of(inside)
    pv = _pv_of(columns, sites)
    terms = (keyed(inside, ["site_id"]), keyed(pv, ["site_id"], -share * pv["gross_ha_per_unit"]))
    return make_rows("on_site", bounded(sites, ["site_id"], -np.inf, 0.0), terms)


def acceptance(case: Case, columns: Columns) -> Rows:
    """On-site land counted in or after a year lies under plants accepted no earlier.

    A plant built in year t is accepted in t + lag; the deadlines are nested, so these rows are
    exactly what an earliest-deadline assignment needs.
    """
    lag, share = case.settings.acceptance_lag_years, case.settings.underpanel_share
    inside = columns.start[columns.start["place"] == "on_site"]
    sites = _sites_of(inside)
    pv = _pv_of(columns, sites)
    tables, terms, keys = [], [], ["site_id", "since"]
    for year in case.years[1 + lag :]:
        tables.append(bounded(sites.assign(since=year), keys, -np.inf, 0.0))
        late = inside[inside["count_year"] >= year].assign(since=year)
        built = pv[pv["year"] >= year - lag].assign(since=year)
        area = -share * built["gross_ha_per_unit"]
        terms += [keyed(late, keys), keyed(built, keys, area)]
    none = pd.DataFrame({"key": pd.Series(dtype="str"), "lower": 0.0, "upper": 0.0})
    return make_rows("acceptance", pd.concat([none, *tables], ignore_index=True), terms)


def _sites_of(frame: pd.DataFrame) -> pd.DataFrame:
    return frame[["site_id"]].drop_duplicates().sort_values("site_id", kind="stable")


def _pv_of(columns: Columns, sites: pd.DataFrame) -> pd.DataFrame:
    build = columns.build
    return build[(build["technology"] == "pv") & build["site_id"].isin(sites["site_id"])]
