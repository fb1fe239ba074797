"""Supply against demand before anything is solved: what cannot be met however it is planned."""

import numpy as np
import pandas as pd

from sandgrid.optimize.case import OFFSETS, TECHNOLOGIES, Case
from sandgrid.optimize.columns import Columns
from sandgrid.optimize.constraints.limits import PER_HA
from sandgrid.optimize.constraints.treatment import CORE_CLASSES

CHECK_COLUMNS = ["check", "scope", "year", "supply", "demand", "unit"]


def check_supply(case: Case, columns: Columns) -> pd.DataFrame:
    """Compare what is asked with the most that could be supplied, rule by rule.

    Parameters
    ----------
    case : Case
        What is asked.
    columns : Columns
        Its decisions.

    Returns
    -------
    DataFrame
        check, scope (technology, district or dune class, "" for all), year, supply, demand,
        unit, short (0 where the supply suffices).  Supply is an upper bound: nothing short here
        does not mean that a plan exists.

    """
    rows = [
        *_capacity_rows(case, columns),
        *_substation_rows(case),
        *_land_rows(case, columns),
        *_quota_rows(case, columns),
        *_resource_rows(case, columns),
    ]
    table = pd.DataFrame(rows, columns=CHECK_COLUMNS)
    short = (table["demand"] - table["supply"]).clip(lower=0.0)
    return table.assign(short=short.where(short > SLACK, 0.0))


SLACK = 1e-6
Row = tuple[str, str, int, float, float, str]


def _capacity_rows(case: Case, columns: Columns) -> list[Row]:
    """MW of all options against the targets."""
    options = columns.build.drop_duplicates(["site_id", "technology", "hub_id"])
    mw = (
        (options["upper"] * options["unit_mw"])
        .groupby([options["site_id"], options["technology"]])
        .max()
    )
    by_technology = mw.groupby("technology").sum()
    supply = {g: float(by_technology.get(g, 0.0)) for g in TECHNOLOGIES}
    supply["total"] = sum(supply.values())
    return [
        ("sites", technology, year, supply[technology], target_mw, "MW")
        for technology, year, target_mw in zip(
            *(case.capacity_targets[name] for name in ("technology", "year", "target_mw")),
            strict=True,
        )
    ]


def _substation_rows(case: Case) -> list[Row]:
    """Headroom with reinforcements against the total target, year by year."""
    table = case.substation_years.merge(case.substations, on="substation_id")
    may = (table["reinforcement_year"] > 0) & (table["year"] >= table["reinforcement_year"])
    most = table["headroom_mw"].clip(lower=0.0) + table["reinforcement_mw"].where(may, 0.0)
    bays = table["free_bays"] + table["max_extra_bays"]
    largest = case.trunk_options.groupby("substation_id")["circuit_mw"].max()
    useful = most.clip(upper=bays * table["substation_id"].map(largest).fillna(0.0))
    by_year = useful.groupby(table["year"]).sum()
    demand = case.capacity_targets.pivot_table(
        index="year", columns="technology", values="target_mw", aggfunc="sum"
    )
    rows: list[Row] = []
    for label, asked in demand.iterrows():
        year = int(str(label))
        need = max(asked.get("total", 0.0), asked.reindex(TECHNOLOGIES).fillna(0.0).sum())
        rows.append(("substations", "", year, float(by_year[year]), float(need), "MW"))
    return rows


def _treatable(columns: Columns, year: int | None = None) -> pd.DataFrame:
    """Return the classes of land that can count, by a year's end if one is given."""
    start = columns.start
    used = start if year is None else start[start["count_year"] <= year]
    table = columns.classes.table
    return table[table["class_id"].isin(used["class_id"].unique())]


def _land_rows(case: Case, columns: Columns) -> list[Row]:
    """Treatable land against the target of each year, in all and on mobile and semi-fixed sand."""
    works = float(case.works_ha["counted_ha"].sum())
    share = case.settings.min_share_mobile_semi_fixed
    last, rows = case.years[-1], []
    for year, target_ha in zip(
        case.treated_targets["year"], case.treated_targets["target_ha"], strict=True
    ):
        land = _treatable(columns, int(year))
        most = works + float(land["treat_ha"].sum())
        rows.append(("land", "", int(year), most, float(target_ha), "ha"))
        if year == last and share > 0:
            core = float(land["treat_ha"][land["dune_class"].isin(CORE_CLASSES)].sum())
            need = share * max(0.0, float(target_ha) - works)
            rows.append(("core_land", "mobile+semi_fixed", int(year), core, need, "ha"))
    return [*rows, *_obligation_rows(case, columns, works)]


def _obligation_rows(case: Case, columns: Columns, works: float) -> list[Row]:
    """Treatable land against what the least capacity of each year must carry."""
    rates = case.settings.obligation_ha_per_mw
    cheapest = min((rates.get(g, 0.0) for g in TECHNOLOGIES), default=0.0)
    asked = case.capacity_targets.pivot_table(
        index="year", columns="technology", values="target_mw", aggfunc="sum"
    )
    rows: list[Row] = []
    for label, targets in asked.iterrows():
        year = int(str(label))
        own = {g: float(np.nan_to_num(targets.get(g, 0.0))) for g in TECHNOLOGIES}
        rest = max(0.0, float(np.nan_to_num(targets.get("total", 0.0))) - sum(own.values()))
        need = sum(rates.get(g, 0.0) * mw for g, mw in own.items()) + cheapest * rest
        most = works + float(_treatable(columns, year)["treat_ha"].sum())
        rows.append(("obligation", "", year, most, need, "ha"))
    return rows


def _quota_rows(case: Case, columns: Columns) -> list[Row]:
    """Least quotas against what lies in the district or belongs to the collective."""
    land = _treatable(columns)
    works = case.works_ha.groupby("district_id")["counted_ha"].sum()
    district = case.sites.set_index("site_id")["district_id"]
    options = columns.build.drop_duplicates(["site_id", "technology", "hub_id"])
    mw = (
        (options["upper"] * options["unit_mw"])
        .groupby([options["site_id"], options["technology"]])
        .max()
    )
    mw_by = mw.groupby(mw.index.get_level_values(0).map(district.to_dict())).sum()
    rows: list[Row] = []
    asked = case.quotas.dropna(subset=["minimum"])
    asked = asked[asked["quantity"].isin(["capacity_mw", "treated_ha"])]
    asked = asked[asked["scope"] != "programme"]
    for quantity, scope, scope_id, year, minimum in zip(
        *(asked[name] for name in ("quantity", "scope", "scope_id", "year", "minimum")),
        strict=True,
    ):
        if quantity == "capacity_mw":
            supply, unit = float(mw_by.get(scope_id, 0.0)), "MW"
        else:
            here = land[f"{scope}_id"] == scope_id
            done = float(works.get(scope_id, 0.0)) if scope == "district" else 0.0
            supply, unit = float(land["treat_ha"][here].sum()) + done, "ha"
        rows.append(("quota", scope_id, year, supply, minimum, unit))
    return rows


_SPENT = (
    ("labour", "person_days", "d"),
    ("straw", "straw_t", "t"),
    ("budget", "budget_cny", "CNY"),
    ("water", "water_m3", "m3"),
)


def _resource_rows(case: Case, columns: Columns) -> list[Row]:
    """Compare limits with what the thriftiest treatment takes until it counts, year by year.

    Only where every year until then is limited for the programme; each resource on its own.
    """
    rows: list[Row] = []
    if columns.start.empty:
        return rows
    works = float(case.works_ha["counted_ha"].sum())
    targets = case.treated_targets
    for check, resource, unit in _SPENT:
        least = _least_until_counted(columns.start, PER_HA[resource])
        limits = case.limits
        limits = limits[(limits["resource"] == resource) & (limits["season"] == "")]
        limits = limits[limits["district_id"] == ""]
        for year, target_ha in zip(targets["year"], targets["target_ha"], strict=True):
            until = limits[limits["year"] <= year]
            if set(until["year"]) == set(range(case.years[0], int(year) + 1)):
                need = least * max(0.0, float(target_ha) - works)
                rows.append((check, "", int(year), float(until["limit"].sum()), need, unit))
    return rows


def _least_until_counted(start: pd.DataFrame, stem: str) -> float:
    """Return the least that a hectare takes by the end of the year in which it counts."""
    taken = sum(
        (
            start[f"{stem}_{offset}"].where(start["count_offset_years"] >= offset, 0.0)
            for offset in OFFSETS
        ),
        start=pd.Series(0.0, index=start.index),
    )
    return float(taken.min())
