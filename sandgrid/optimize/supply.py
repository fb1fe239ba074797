"""Supply against demand before anything is solved: what cannot be met however it is planned."""

import pandas as pd

from sandgrid.optimize.case import TECHNOLOGIES, Case
from sandgrid.optimize.columns import Columns
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
        *_labour_rows(case, columns),
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


def _treatable(columns: Columns) -> pd.DataFrame:
    used = columns.start["class_id"].unique()
    table = columns.classes.table
    return table[table["class_id"].isin(used)]


def _land_rows(case: Case, columns: Columns) -> list[Row]:
    """Treatable land against the target, in all and on mobile and semi-fixed sand."""
    land, works = _treatable(columns), float(case.works_ha["counted_ha"].sum())
    targets, most = case.treated_targets, works + float(land["treat_ha"].sum())
    rows: list[Row] = [
        ("land", "", year, most, target_ha, "ha")
        for year, target_ha in zip(targets["year"], targets["target_ha"], strict=True)
    ]
    share = case.settings.min_share_mobile_semi_fixed
    if len(case.treated_targets) and share > 0:
        last = case.treated_targets.iloc[-1]
        supply = float(land["treat_ha"][land["dune_class"].isin(CORE_CLASSES)].sum())
        need = share * max(0.0, float(last["target_ha"]) - works)
        rows.append(("land", "mobile+semi_fixed", int(last["year"]), supply, need, "ha"))
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


def _labour_rows(case: Case, columns: Columns) -> list[Row]:
    """Days that the least laborious treatment of the first years' target needs, against limits."""
    start, limits = columns.start, case.limits
    days = limits[(limits["resource"] == "person_days") & (limits["district_id"] == "")]
    if not len(days) or not len(start) or not len(case.treated_targets):
        return []
    least = start[[f"person_days_per_ha_{offset}" for offset in range(3)]].sum(axis=1).min()
    works = float(case.works_ha["counted_ha"].sum())
    rows: list[Row] = []
    targets = case.treated_targets
    for year, target_ha in zip(targets["year"], targets["target_ha"], strict=True):
        until = days[days["year"] <= year]
        if set(until["year"]) == set(range(case.years[0], year + 1)):
            need = float(least) * max(0.0, target_ha - works)
            rows.append(("labour", "", year, float(until["limit"].sum()), need, "d"))
    return rows
