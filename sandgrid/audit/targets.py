"""Checks of what was asked for: capacity, treated land, obligation, shares, locks."""

import math
from typing import Any, Final

import numpy as np
import pandas as pd
import shapely

from sandgrid.audit.comparing import NOTHING, alike, at_least, at_most, equal, gather
from sandgrid.audit.folder import PlanFolder
from sandgrid.audit.report import Outcome
from sandgrid.audit.sequences import read_courses
from sandgrid.units import CENTIMU_PER_MU, KW_PER_MW

CORE_CLASSES: Final = ("mobile", "semi_fixed")
FLOAT_SLACK: Final = 1e-6
M_PER_KM: Final = 1_000
NO_INDUSTRY: Final = ("", "none")


def capacity_kw(builds: pd.DataFrame, technology: str, year: int) -> int:
    """Return what stands at a year's end [kW]; technology is total, pv or wind."""
    counts = (builds["year"] <= year) & (
        (builds["technology"] == technology) | (technology == "total")
    )
    return int(builds["capacity_kw"][counts].sum())


def counted_centimu(plan: PlanFolder, year: int) -> int:
    """Return the land counted by a year's end, finished works included [0.01 mu]."""
    return sum(_until(plan[name], year) for name in ("works", "treatments"))


def _until(rows: pd.DataFrame, year: int) -> int:
    return int(rows["area_centimu"][rows["count_year"] <= year].sum())


def obligation_centimu(plan: PlanFolder, year: int) -> float:
    """Return the land that the capacity of a year's end must carry [0.01 mu]."""
    return _owed_centimu(plan, plan["builds"], year)


def _owed_centimu(plan: PlanFolder, builds: pd.DataFrame, year: int) -> float:
    return sum(
        plan.programme(f"obligation_{technology}_mu_per_mw")
        * CENTIMU_PER_MU
        / KW_PER_MW
        * capacity_kw(builds, technology, year)
        for technology in ("pv", "wind")
    )


def check_capacity(plan: PlanFolder) -> Outcome:
    """Check that capacity lies in the band above each target."""
    asked: list[dict[str, Any]] = plan.question["targets"]["capacity"]
    where = [f"{row['technology']} {row['year']} kW" for row in asked]
    found = [capacity_kw(plan["builds"], row["technology"], row["year"]) for row in asked]
    least = [row["target_mw"] * KW_PER_MW for row in asked]
    band = [math.inf if row["band_mw"] is None else row["band_mw"] for row in asked]
    most = [low + wide * KW_PER_MW for low, wide in zip(least, band, strict=True)]
    slack = FLOAT_SLACK
    return at_least(where, found, least, slack=slack) + at_most(where, found, most, slack=slack)


def check_treated(plan: PlanFolder) -> Outcome:
    """Check that land counted by a year's end reaches the target."""
    asked: list[dict[str, Any]] = plan.question["targets"]["treated"]
    where = [f"{row['year']} 0.01 mu" for row in asked]
    found = [counted_centimu(plan, row["year"]) for row in asked]
    return at_least(where, found, [_target(row["target_mu"], CENTIMU_PER_MU) for row in asked])


def check_obligation(plan: PlanFolder) -> Outcome:
    """Check that land counted by each year's end carries the capacity that stands then."""
    scope = plan.parameters.text("programme.obligation_scope")
    if scope != "programme":
        return _obligation_by_district(plan, scope)
    where = [f"{year} 0.01 mu" for year in plan.years]
    found = [counted_centimu(plan, year) for year in plan.years]
    least = [obligation_centimu(plan, year) for year in plan.years]
    return at_least(where, found, least, slack=FLOAT_SLACK)


def _obligation_by_district(plan: PlanFolder, scope: str) -> Outcome:
    """Compare district by district, by the place of the site or, for hubs, that of the hub."""
    builds = plan["builds"]
    if scope == "hub":
        home = plan["hubs"].set_index("hub_id")["district_id"]
        builds = builds.assign(district_id=builds["hub_id"].map(home))
    where, found, least = [], [], []
    for district in sorted(set(builds["district_id"])):
        here = builds[builds["district_id"] == district]
        rows = [plan[name] for name in ("works", "treatments")]
        rows = [part[part["district_id"] == district] for part in rows]
        for year in plan.years:
            where.append(f"{district} {year} 0.01 mu")
            found.append(sum(_until(part, year) for part in rows))
            least.append(_owed_centimu(plan, here, year))
    return at_least(where, found, least, slack=len(plan["treatments"]))


def check_milestones(plan: PlanFolder) -> Outcome:
    """Check that milestones say what the tables hold and what was asked, and all are met."""
    rows = plan["milestones"]
    expected = pd.DataFrame([_milestone(plan, year) for year in plan.years])
    years = alike(["milestones"], [rows["year"].tolist()], [list(plan.years)])
    if years.faults:
        return years
    columns = (
        equal([f"{year} {name}" for year in plan.years], rows[name], expected[name])
        for name in expected.columns
    )
    met = alike([f"{year} met" for year in plan.years], rows["met"], [True] * len(rows))
    return gather((years, *columns, met))


def _milestone(plan: PlanFolder, year: int) -> dict[str, float]:
    targets = {
        (row["technology"], int(row["year"])): _target(row["target_mw"], KW_PER_MW)
        for row in plan.question["targets"]["capacity"]
    }
    names = {"capacity": "total", "pv": "pv", "wind": "wind"}
    stand = {f"{name}_kw": capacity_kw(plan["builds"], g, year) for name, g in names.items()}
    asked = {f"{name}_target_kw": targets.get((g, year), 0) for name, g in names.items()}
    return {
        **stand,
        **asked,
        "treated_centimu": counted_centimu(plan, year),
        "treated_target_centimu": _treated_target(plan, year),
        "obligation_centimu": math.ceil(round(obligation_centimu(plan, year), 6)),
    }


def _treated_target(plan: PlanFolder, year: int) -> int:
    asked = plan.question["targets"]["treated"]
    found = [_target(row["target_mu"], CENTIMU_PER_MU) for row in asked if row["year"] == year]
    return found[0] if found else 0


def _target(value: float, units: int) -> int:
    """Return a target in whole units, rounded up."""
    return math.ceil(round(value * units, 6))


def check_enclosure_share(plan: PlanFolder) -> Outcome:
    """Check that enclosure alone holds no more than its share of all counted land."""
    fences = {key for key, course in read_courses(plan.parameters).items() if course.fence_only}
    last = plan.years[-1]
    tables = [plan["treatments"], plan["works"]]
    fenced = sum(_until(rows[rows["sequence_id"].isin(fences)], last) for rows in tables)
    most = plan.programme("max_share_enclosure") * counted_centimu(plan, last)
    return at_most([f"{last} enclosure 0.01 mu"], [fenced], [most], slack=len(tables[0]))


def check_core_share(plan: PlanFolder) -> Outcome:
    """Check that new land lies on mobile and semi-fixed sand for at least its share."""
    new = plan["treatments"]
    core = new["area_centimu"][new["dune_class"].isin(CORE_CLASSES)].sum()
    least = plan.programme("min_share_mobile_semi_fixed") * new["area_centimu"].sum()
    return at_least(["mobile, semi_fixed 0.01 mu"], [core], [least], slack=len(new))


def check_industry_share(plan: PlanFolder) -> Outcome:
    """Check that new land serves an industry for at least its share."""
    share = plan.programme("min_share_industry")
    if share <= 0.0:
        return NOTHING
    rows = plan["treatments"]
    serves = ~industries(plan).isin(NO_INDUSTRY)
    found = rows["area_centimu"][serves].sum()
    least = share * rows["area_centimu"].sum()
    return at_least(["industry 0.01 mu"], [found], [least], slack=len(rows))


def industries(plan: PlanFolder) -> pd.Series:
    """Return the industry that each treatment serves, as the table of options states it."""
    keys = ["parcel_id", "sequence_id", "place"]
    options = plan["treat_options"]
    named = options[keys].assign(industry=options.get("industry", ""))
    found: pd.Series = plan["treatments"][keys].merge(named, on=keys, how="left")["industry"]
    return found.set_axis(plan["treatments"].index)


def check_reach(plan: PlanFolder) -> Outcome:
    """Check that treated parcels are in reach of a site that is used, where that is asked."""
    reach_m = plan.programme("treatment_reach_km") * M_PER_KM
    if reach_m <= 0.0:
        return NOTHING
    sites = plan["sites"]
    used = sites[sites["site_id"].isin(plan["builds"]["site_id"])]
    treated = plan["parcels"]["parcel_id"].isin(plan["treatments"]["parcel_id"]).to_numpy()
    rows = plan["parcels"][treated]
    own = rows["site_id"].isin(used["site_id"]).to_numpy()
    places = shapely.get_coordinates(shapely.point_on_surface(plan.shapes("parcels")[treated]))
    away = np.min(
        np.hypot(
            places[:, :1] - used["x_m"].to_numpy("float64"),
            places[:, 1:] - used["y_m"].to_numpy("float64"),
        ),
        axis=1,
        initial=np.inf,
    )
    where = [f"{one} m" for one in rows["parcel_id"]]
    return at_most(where, np.where(own, 0.0, away), reach_m, slack=FLOAT_SLACK)


def check_locks(plan: PlanFolder) -> Outcome:
    """Check that sites and parcels that are locked in are used, and those locked out are not."""
    locks = plan.question["locks"]
    used = {
        "sites": set(plan["builds"]["site_id"]),
        "parcels": set(plan["treatments"]["parcel_id"]),
    }
    sides = (("in", True), ("out", False))
    rows = [
        (name, side, one) for name in used for side, _ in sides for one in locks[f"{name}_{side}"]
    ]
    found = [one in used[name] for name, _, one in rows]
    where = [f"{one} {name}_{side}" for name, side, one in rows]
    return alike(where, found, [dict(sides)[side] for _, side, _ in rows])


def check_works(plan: PlanFolder) -> Outcome:
    """Check that works were finished by the as-of day and count in the year of their date."""
    works = plan["works"]
    where = [f"{work} date" for work in works["work_id"]]
    as_of = str(plan.question["as_of"])
    in_time = alike(where, works["date"] <= as_of, [True] * len(works))
    year = works["date"].str[:4].astype("int64") if len(works) else works["count_year"]
    return in_time + equal(where, works["count_year"], year)
