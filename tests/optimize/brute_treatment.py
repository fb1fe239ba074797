"""The cheapest treatment beside given builds: one small linear programme over parcels."""

from typing import Any

import numpy as np
import pandas as pd
from brute_reading import TOLERANCE, Builds, factor, list_records, site_ha, standing
from scipy.optimize import linprog

from sandgrid.optimize.case import Case


class _Lp:
    """Collects rows of a linear programme over the cells (option, year)."""

    def __init__(self, case: Case) -> None:
        opened = case.treat_options
        if case.settings.require_cover:
            opened = opened[opened["reaches_cover"]]
        opened = opened[~opened["parcel_id"].isin(case.settings.locked_out_parcels)]
        years = pd.DataFrame({"year": case.years})
        cells = opened.merge(case.parcels, on="parcel_id").merge(years, how="cross")
        cells["counted"] = cells["year"] + cells["count_offset_years"]
        open_now = (cells["year"] >= cells["first_year"]) & (cells["counted"] <= case.years[-1])
        self.cells = cells[open_now].reset_index(drop=True)
        self.rows: list[Any] = []
        self.sides: list[float] = []

    def add(self, weight: pd.Series, at_most: float) -> None:
        self.rows.append(weight.to_numpy("float64"))
        self.sides.append(at_most)

    def least(self, weight: pd.Series, at_least: float) -> None:
        self.add(-weight.astype("float64"), -at_least)

    def solve(self, cost: pd.Series) -> float:
        if not len(self.cells):
            return 0.0 if min(self.sides, default=0.0) >= -TOLERANCE else np.inf
        found = linprog(
            cost.to_numpy(),
            A_ub=np.array(self.rows),
            b_ub=np.array(self.sides),
            bounds=(0, None),
            method="highs",
        )
        return float(found.fun) if found.status == 0 else np.inf


def cheapest_treatment(case: Case, builds: Builds) -> float:
    lp = _Lp(case)
    _parcel_rows(case, lp)
    _site_rows(case, lp, builds)
    _yearly_rows(case, lp, builds)
    _share_rows(case, lp)
    _quota_rows(case, lp)
    _limit_rows(case, lp)
    present = {year: factor(case, year) for year in range(case.years[0], case.years[-1] + 3)}
    cells = lp.cells
    soil = cells["soil_t_per_ha"] * case.settings.soil_value_cny_per_t
    cost = -soil * cells["counted"].map(present)
    for k in range(3):
        cost = cost + cells[f"cost_cny_per_ha_{k}"] * (cells["year"] + k).map(present)
    return lp.solve(cost)


def _parcel_rows(case: Case, lp: _Lp) -> None:
    for parcel in case.parcels.itertuples():
        here = lp.cells["parcel_id"] == parcel.parcel_id
        lp.add(here, parcel.treat_ha)
        lp.add(here & (lp.cells["place"] == "on_site"), parcel.on_site_ha)
        if parcel.parcel_id in case.settings.locked_in_parcels:
            lp.least(here, parcel.treat_ha)


def _site_rows(case: Case, lp: _Lp, builds: Builds) -> None:
    options = list_records(case)
    for site in case.sites.itertuples():
        used = {i: p for i, p in builds.items() if options[i].site_id == site.site_id}
        pv, wind = site_ha(options, used, "pv"), site_ha(options, used, "wind")
        here = lp.cells["site_id"] == site.site_id
        off = here & (lp.cells["place"] == "off_site")
        lp.add(off, site.treat_ha)
        lp.add(off, site.pv_treat_ha - pv)
        lp.add(off, site.wind_treat_ha - wind)
        lp.add(off, site.any_ha - pv - wind)
        _deadline_rows(case, lp, (here & (lp.cells["place"] == "on_site"), used))


def _deadline_rows(case: Case, lp: _Lp, where: Any) -> None:
    """Every late set of on-site hectares fits under plants accepted late enough (Hall)."""
    inside, used = where
    options = list_records(case)
    for since in case.years:
        room = sum(
            n * options[i].gross_ha_per_unit
            for i, p in used.items()
            if options[i].technology == "pv"
            for n, y in zip(p, case.years, strict=True)
            if y + case.settings.acceptance_lag_years >= since
        )
        late = inside & (lp.cells["counted"] >= since)
        lp.add(late, case.settings.underpanel_share * room)


def _yearly_rows(case: Case, lp: _Lp, builds: Builds) -> None:
    targets = case.treated_targets.set_index("year")["target_ha"].to_dict()
    works = case.works_ha["counted_ha"].sum()
    rates = case.settings.obligation_ha_per_mw
    mw = {g: standing(case, builds, lambda o, k=g: o.technology == k) for g in ("pv", "wind")}
    for t, year in enumerate(case.years):
        carried = sum(rates[g] * mw[g][t] for g in mw)
        lp.least(lp.cells["counted"] <= year, max(targets.get(year, 0.0), carried) - works)


def _share_rows(case: Case, lp: _Lp) -> None:
    settings, works = case.settings, case.works_ha
    fences = set(case.treat_options["sequence_id"][case.treat_options["enclosure_only"]])
    fenced = works["counted_ha"][works["sequence_id"].isin(fences)].sum()
    share = settings.max_share_enclosure
    if share < 1:
        lp.add(lp.cells["enclosure_only"] - share, share * works["counted_ha"].sum() - fenced)
    core = settings.min_share_mobile_semi_fixed
    if core > 0:
        lp.least((lp.cells["dune_class"] != "fixed") - core, 0.0)
    if settings.min_new_soil_t > 0:
        lp.least(lp.cells["soil_t_per_ha"], settings.min_new_soil_t)


def _quota_rows(case: Case, lp: _Lp) -> None:
    works = case.works_ha.groupby("district_id")["counted_ha"].sum()
    for quota in case.quotas[case.quotas["quantity"] == "treated_ha"].itertuples():
        done = works.get(quota.scope_id, 0.0) if quota.scope == "district" else 0.0
        here = (lp.cells[f"{quota.scope}_id"] == quota.scope_id) & (
            lp.cells["counted"] <= quota.year
        )
        if not np.isnan(quota.minimum):
            lp.least(here, quota.minimum - done)
        if not np.isnan(quota.maximum):
            lp.add(here, quota.maximum - done)


_STEMS = {
    "budget_cny": "cost_cny_per_ha",
    "person_days": "person_days_per_ha",
    "straw_t": "straw_t_per_ha",
}


def _limit_rows(case: Case, lp: _Lp) -> None:
    for limit in case.limits.itertuples():
        scoped = (lp.cells["district_id"] == limit.district_id) | (limit.district_id == "")
        used = pd.Series(0.0, index=lp.cells.index)
        for k in range(3):
            then = scoped & (lp.cells["year"] + k == limit.year)
            used = used + lp.cells[f"{_STEMS[limit.resource]}_{k}"].where(then, 0.0)
        lp.add(used, limit.limit)
