"""Checks of what treatment takes of a year: money, labour, straw, water, by season too."""

from collections.abc import Iterator
from itertools import combinations
from typing import Any, Final

import pandas as pd

from sandgrid.audit.comparing import NOTHING, at_most, gather
from sandgrid.audit.folder import PlanFolder, tolerance
from sandgrid.audit.report import Outcome
from sandgrid.audit.sequences import yearly_needs
from sandgrid.units import CENTIMU_PER_HA

SEASONS: Final = ("spring", "summer", "autumn")
OPTION: Final = ["parcel_id", "sequence_id", "place"]
STEMS: Final = {
    "person_days": "person_days_per_ha",
    "straw_t": "straw_t_per_ha",
    "water_m3": "water_m3_per_ha",
}


def check_limits(plan: PlanFolder) -> Outcome:
    """Check that treatment keeps to the money, labour, straw and water of a year."""
    rows = pd.DataFrame(plan.question["limits"])
    if rows.empty:
        return NOTHING
    yearly = rows[rows["season"] == ""]
    found = [_within(_needs(plan, str(row["resource"])), row, plan) for row in _records(yearly)]
    return gather((*found, *_seasons(plan, rows[rows["season"] != ""])))


def _records(rows: pd.DataFrame) -> list[dict[str, Any]]:
    return [{str(key): value for key, value in row.items()} for row in rows.to_dict("records")]


def _needs(plan: PlanFolder, resource: str) -> pd.DataFrame:
    """Return what each treatment takes by year: district_id, year, amount, area_centimu."""
    if resource == "water_m3":
        return _by_option(plan, resource)
    column = "cost_cny" if resource.endswith("cny") else resource
    return yearly_needs(plan).rename(columns={column: "amount"})


def _by_option(plan: PlanFolder, resource: str) -> pd.DataFrame:
    """Return the same from the table of options, with the seasons of each step."""
    rows = plan["treatments"].merge(
        plan["treat_options"].drop(columns="soil_t_per_ha"), on=OPTION, how="left"
    )
    ha = rows["area_centimu"] / CENTIMU_PER_HA
    parts = [
        rows[["district_id", "area_centimu"]].assign(
            year=rows["year"] + offset,
            amount=ha * rows[f"{STEMS[resource]}_{offset}"],
            seasons=rows[f"seasons_{offset}"],
        )
        for offset in range(3)
    ]
    return pd.concat(parts, ignore_index=True)


def _within(needs: pd.DataFrame, row: dict[str, Any], plan: PlanFolder) -> Outcome:
    district, year, name = str(row["district_id"]), int(row["year"]), str(row["resource"])
    tied = name == "working_capital_cny"
    lag = int(plan.programme("repaid_after_years")) if tied else 1
    now = (needs["year"] <= year) & (needs["year"] > year - lag)
    return _at_most(needs[now], district, f"{district} {year} {name}".strip(), row["limit"])


def _at_most(needs: pd.DataFrame, district: str, where: str, limit: float) -> Outcome:
    here = needs[(needs["district_id"] == district) | (district == "")]
    rounding = (here["amount"] / here["area_centimu"]).sum()
    slack = rounding + tolerance("relative") * limit
    return at_most([where], [here["amount"].sum()], [limit], slack=slack)


def _seasons(plan: PlanFolder, limits: pd.DataFrame) -> Iterator[Outcome]:
    """Check every set of seasons: work that may fall in no other fits what they offer together."""
    for key, rows in limits.groupby(["resource", "district_id", "year"], sort=True):
        resource, district, year = str(key[0]), str(key[1]), int(str(key[2]))
        needs = _by_option(plan, resource)
        needs = needs[needs["year"] == year]
        offer = dict(zip(rows["season"], rows["limit"], strict=True))
        for size in range(1, len(offer) + 1):
            for inside in combinations(sorted(offer), size):
                bound = needs["seasons"].map(lambda s, t=inside: set(s.split() or SEASONS) <= {*t})
                where = f"{district} {year} {'+'.join(inside)} {resource}".strip()
                total = sum(offer[season] for season in inside)
                yield _at_most(needs[bound], district, where, total)
