"""Checks of sums: districts, parcels and plan.json say what the tables hold."""

from typing import Any, Final

import numpy as np
import pandas as pd
import shapely

from sandgrid.audit.comparing import NOTHING, alike, equal, gather, same_sums, totals
from sandgrid.audit.folder import VALUE_ITEMS, PlanFolder, tolerance
from sandgrid.audit.report import Outcome
from sandgrid.audit.targets import capacity_kw, counted_centimu
from sandgrid.units import CENTIMU_PER_MU, KW_PER_MW, M2_PER_HA

HA_PER_KM2: Final = 100
MWH_PER_GWH: Final = 1_000


def check_districts(plan: PlanFolder) -> Outcome:
    """Check that the table of districts holds the sums of what lies in each."""
    builds, works, new = plan["builds"], plan["works"], plan["treatments"]
    last = plan.years[-1]
    counted = pd.concat([rows[rows["count_year"] <= last] for rows in (works, new)])
    costs = plan["costs"]
    listed = costs["district_id"].isin(plan["districts"]["district_id"])
    spent = costs[~costs["item"].isin(VALUE_ITEMS) & listed]
    parts = {
        "capacity_kw": totals(builds, ["district_id"], "capacity_kw"),
        "pv_kw": totals(builds[builds["technology"] == "pv"], ["district_id"], "capacity_kw"),
        "wind_kw": totals(builds[builds["technology"] == "wind"], ["district_id"], "capacity_kw"),
        "treated_centimu": totals(counted, ["district_id"], "area_centimu"),
        "works_centimu": totals(
            works[works["count_year"] <= last], ["district_id"], "area_centimu"
        ),
        "cost_cny": totals(spent, ["district_id"], "present_cny"),
    }
    rows = plan["districts"].set_index("district_id")
    sums = (same_sums(rows[name].astype("float64"), part, name) for name, part in parts.items())
    return gather((*sums, _district_areas(plan)))


def _district_areas(plan: PlanFolder) -> Outcome:
    rows = plan["districts"]
    area_km2 = shapely.area(plan.shapes("districts")) / M2_PER_HA / HA_PER_KM2
    where = [f"{one} area_km2" for one in rows["district_id"]]
    return equal(where, rows["area_km2"], area_km2, slack=tolerance("relative") * area_km2 + 1e-3)


def check_parcel_use(plan: PlanFolder) -> Outcome:
    """Check that the use of parcels is the sum of treatments and of what sites take."""
    use = plan["parcel_use"].set_index("parcel_id")
    parts = {**_treated_parts(plan), **_taken_parts(plan)}
    return gather(
        same_sums(use[name].astype("float64"), part, name, slack=tolerance("relative"))
        for name, part in parts.items()
    )


def _treated_parts(plan: PlanFolder) -> dict[str, pd.Series]:
    new, key = plan["treatments"], ["parcel_id"]
    return {
        "treated_centimu": totals(new, key, "area_centimu"),
        "on_site_centimu": totals(new[new["place"] == "on_site"], key, "area_centimu"),
        "treatment_cny": totals(new, key, "cost_cny"),
        "person_days": totals(new, key, "person_days"),
        "straw_t": totals(new, key, "straw_t"),
        "count_year": new.groupby("parcel_id", sort=True)["count_year"].max().astype("float64"),
    }


def _taken_parts(plan: PlanFolder) -> dict[str, pd.Series]:
    use, key = plan["site_use"], ["parcel_id"]
    use = use[use["parcel_id"] != ""]
    return {
        "gross_centimu": totals(use, key, "gross_centimu"),
        "pv_kw": totals(use[use["technology"] == "pv"], key, "capacity_kw"),
        "wind_kw": totals(use[use["technology"] == "wind"], key, "capacity_kw"),
        "lease_cny": totals(use, key, "lease_cny"),
    }


def check_totals(plan: PlanFolder) -> Outcome:
    """Check that the figures of plan.json are those of the tables."""
    figures, last = plan.figures, plan.years[-1]
    new = plan["treatments"]
    inside = new["area_centimu"][new["place"] == "on_site"].sum()
    energy = plan["builds"]["energy_mwh_per_year"].sum() / MWH_PER_GWH
    technologies = ("total", "pv", "wind")
    stand = [capacity_kw(plan["builds"], one, last) / KW_PER_MW for one in technologies]
    values = [
        ("treated_mu", figures["treated_mu"], counted_centimu(plan, last) / CENTIMU_PER_MU),
        ("on_site_mu", figures["on_site_mu"], inside / CENTIMU_PER_MU),
        ("energy_gwh_per_year", figures["energy_gwh_per_year"], energy),
        *(
            (f"capacity_mw {one}", figures["capacity_mw"][one], mw)
            for one, mw in zip(technologies, stand, strict=True)
        ),
    ]
    where, found, expected = zip(*values, strict=True)
    slack = tolerance("thousandth")
    return equal(where, found, expected, slack=slack) + _split(plan) + _told_milestones(plan)


def _split(plan: PlanFolder) -> Outcome:
    """Compare treated land by dune class and by sequence with its sums."""
    last = plan.years[-1]
    tables = (plan["treatments"], plan["works"])
    rows = pd.concat([table[table["count_year"] <= last] for table in tables])
    outcome = NOTHING
    for name, column in (("class", "dune_class"), ("sequence", "sequence_id")):
        stated: dict[str, Any] = plan.figures[f"treated_mu_by_{name}"]
        found = pd.Series(stated, dtype="float64").rename_axis(column)
        expected = totals(rows, [column], "area_centimu") / CENTIMU_PER_MU
        outcome += same_sums(found, expected, f"treated_mu_by_{name}", slack=tolerance("relative"))
    return outcome


def _told_milestones(plan: PlanFolder) -> Outcome:
    """Compare the milestones of plan.json with their table."""
    told = pd.DataFrame(plan.figures["milestones"])
    rows = plan["milestones"]
    years = alike(["plan.json milestones"], [told["year"].tolist()], [rows["year"].tolist()])
    if years.faults:
        return years
    pairs = {
        "capacity_mw": ("capacity_kw", KW_PER_MW),
        "treated_mu": ("treated_centimu", CENTIMU_PER_MU),
    }
    values = (
        equal(
            [f"{year} {name}" for year in rows["year"]],
            np.asarray(told[name], dtype=np.float64),
            rows[column] / units,
            slack=tolerance("relative"),
        )
        for name, (column, units) in pairs.items()
    )
    met = alike([f"{year} met" for year in rows["year"]], told["met"], rows["met"])
    return gather((years, *values, met))
