"""The cheapest treatment beside given builds: one small linear programme over parcels."""

from itertools import product
from typing import Any

import numpy as np
import pandas as pd
from brute_reading import TOLERANCE, Builds, factor, list_records, site_ha, standing
from scipy.optimize import linprog

from sandgrid.optimize.case import Case


class _Lp:
    """Collects rows of a linear programme over the cells (option, year)."""

    def __init__(self, case: Case) -> None:
        known = case.__dict__.setdefault("_cells", [])
        if not known:
            known.append(self._cells_of(case))
        self.cells: pd.DataFrame = known[0]
        self.rows: list[Any] = []
        self.sides: list[float] = []

    @staticmethod
    def _cells_of(case: Case) -> pd.DataFrame:
        """Return every option in every year in which it may start; the same for all builds."""
        opened = case.treat_options
        if case.settings.require_cover:
            opened = opened[opened["reaches_cover"]]
        opened = opened[~opened["parcel_id"].isin(case.settings.locked_out_parcels)]
        years = pd.DataFrame({"year": case.years})
        cells = opened.merge(case.parcels, on="parcel_id").merge(years, how="cross")
        cells["counted"] = cells["year"] + cells["count_offset_years"]
        open_now = (cells["year"] >= cells["first_year"]) & (cells["counted"] <= case.years[-1])
        return _in_seasons(case, cells[open_now]).reset_index(drop=True)

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


def _in_seasons(case: Case, cells: pd.DataFrame) -> pd.DataFrame:
    """Tell cells apart by the season in which each year's work is done."""
    if (case.limits["season"] == "").all():
        return cells.assign(season_0="", season_1="", season_2="")
    for k in range(3):
        chosen = cells[f"seasons_{k}"].where(cells[f"seasons_{k}"] != "", "spring summer autumn")
        cells = cells.assign(**{f"season_{k}": chosen.str.split()}).explode(f"season_{k}")
    return cells


def cheapest_treatment(case: Case, builds: Builds) -> float:
    return min(_cheapest(case, builds, signs) for signs in _sign_patterns(case))


def _sign_patterns(case: Case) -> Any:
    """Every way in which priced borders can fall off, to either side."""
    priced = case.settings.perimeter_cny_per_m > 0
    return product((1.0, -1.0), repeat=len(case.borders) if priced else 0)


def _border_cost(case: Case, lp: _Lp, signs: Any) -> pd.Series:
    area = case.parcels.set_index("parcel_id")["treat_ha"]
    price = case.settings.perimeter_cny_per_m * factor(case, case.years[-1])
    cost = pd.Series(0.0, index=lp.cells.index)
    for sign, border in zip(signs, list_records(case, "borders"), strict=False):
        share = [
            (lp.cells["parcel_id"] == one) / area.get(one, 1.0)
            for one in (border.parcel_id, border.other_id)
        ]
        fall = sign * (share[0] - share[1])
        lp.least(fall, 0.0)
        cost = cost + fall * border.length_m * price
    return cost


def most_of(case: Case, builds: Builds, quantity: str, left_cny: float) -> float:
    """Return the most of a quantity that treatment for a sum can bring; -inf if there is none."""
    lp = _Lp(case)
    _all_rows(case, lp, builds)
    lp.add(_net_cost(case, lp), left_cny)
    return -lp.solve(-_worth(case, lp, quantity, case.years[-1]).astype("float64"))


def least_weighed(case: Case, builds: Builds, worth_cny: dict[str, float]) -> float:
    """Return the least cost of treatment less what it is worth."""
    lp = _Lp(case)
    _all_rows(case, lp, builds)
    cost = _net_cost(case, lp)
    for quantity, each in worth_cny.items():
        cost = cost - each * _worth(case, lp, quantity, case.years[-1])
    return lp.solve(cost)


def _all_rows(case: Case, lp: _Lp, builds: Builds) -> None:
    _site_rows(case, lp, builds)
    _yearly_rows(case, lp, builds)
    fixed = case.__dict__.setdefault("_fixed", _Lp(case))
    if not fixed.rows:
        _parcel_rows(case, fixed)
        _share_rows(case, fixed)
        _quota_rows(case, fixed)
        _limit_rows(case, fixed)
    lp.rows += fixed.rows
    lp.sides += fixed.sides


def _cheapest(case: Case, builds: Builds, signs: Any) -> float:
    lp = _Lp(case)
    borders = _border_cost(case, lp, signs)
    _all_rows(case, lp, builds)
    return lp.solve(_net_cost(case, lp) + borders)


def _net_cost(case: Case, lp: _Lp) -> pd.Series:
    present = {year: factor(case, year) for year in range(case.years[0], case.years[-1] + 3)}
    cells = lp.cells
    soil = cells["soil_t_per_ha"] * case.settings.soil_value_cny_per_t
    cost = -soil * cells["counted"].map(present)
    for k in range(3):
        cost = cost + cells[f"cost_cny_per_ha_{k}"] * (cells["year"] + k).map(present)
    return cost


def _parcel_rows(case: Case, lp: _Lp) -> None:
    for parcel in list_records(case, "parcels"):
        here = lp.cells["parcel_id"] == parcel.parcel_id
        lp.add(here, parcel.treat_ha)
        lp.add(here & (lp.cells["place"] == "on_site"), parcel.on_site_ha)
        if parcel.parcel_id in case.settings.locked_in_parcels:
            lp.least(here, parcel.treat_ha)


def _reach_rows(case: Case, lp: _Lp, builds: Builds) -> None:
    if case.settings.within_reach:
        used = {list_records(case)[i].site_id for i in builds}
        near = set(case.reaches["parcel_id"][case.reaches["site_id"].isin(used)])
        lp.add(~lp.cells["parcel_id"].isin(near), 0.0)


def _site_rows(case: Case, lp: _Lp, builds: Builds) -> None:
    _reach_rows(case, lp, builds)
    options = list_records(case)
    for site in list_records(case, "sites"):
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
    if case.settings.obligation_scope != "programme":
        for year, target in targets.items():
            lp.least(lp.cells["counted"] <= year, target - works)
        _district_rows(case, lp, builds)
        return
    rates = case.settings.obligation_ha_per_mw
    mw = {g: standing(case, builds, lambda o, k=g: o.technology == k) for g in ("pv", "wind")}
    for t, year in enumerate(case.years):
        carried = sum(rates[g] * mw[g][t] for g in mw)
        lp.least(lp.cells["counted"] <= year, max(targets.get(year, 0.0), carried) - works)


def _district_rows(case: Case, lp: _Lp, builds: Builds) -> None:
    """Each district carries what its sites (or hubs) bear."""
    sites = case.sites.set_index("site_id")["district_id"]
    hubs = case.hubs.set_index("hub_id")["district_id"]
    by_hub = case.settings.obligation_scope == "hub"
    for home in sorted({*sites, *hubs} if by_hub else {*sites}):
        works = case.works_ha["counted_ha"][case.works_ha["district_id"] == home].sum()
        for t, year in enumerate(case.years):
            carried = sum(
                case.settings.obligation_ha_per_mw[o.technology] * o.unit_mw * sum(p[: t + 1])
                for o, p in ((list_records(case)[i], p) for i, p in builds.items())
                if (hubs[o.hub_id] if by_hub else sites[o.site_id]) == home
            )
            here = (lp.cells["district_id"] == home) & (lp.cells["counted"] <= year)
            lp.least(here, carried - works)


def _share_rows(case: Case, lp: _Lp) -> None:
    settings, works = case.settings, case.works_ha
    if settings.min_share_industry > 0:
        lp.least((lp.cells["industry"] != "") - settings.min_share_industry, 0.0)
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


def _worth(case: Case, lp: _Lp, quantity: str, year: int) -> pd.Series:
    """What a hectare of each cell brings by a year's end."""
    cells = lp.cells
    done = cells["counted"] <= year
    if quantity == "wages_cny":
        return (
            sum(
                cells[f"person_days_per_ha_{k}"].where(cells["year"] + k <= year, 0.0)
                for k in range(3)
            )
            * case.settings.wage_cny_per_day
        )
    each = {
        "treated_ha": 1.0,
        "industry_ha": (cells["industry"] != "") * 1.0,
        "soil_t": cells["soil_t_per_ha"],
        "protection": cells["protection_per_ha"],
    }[quantity]
    return done * each


def _quota_rows(case: Case, lp: _Lp) -> None:
    by_district = case.works_ha.groupby("district_id")["counted_ha"].sum()
    built = case.quotas["quantity"].isin(["capacity_mw", "energy_mwh"])
    for quota in case.quotas[~built].itertuples():
        worth = _worth(case, lp, quota.quantity, quota.year)
        counts = quota.quantity == "treated_ha"
        all_done = case.works_ha["counted_ha"].sum() * counts
        done = {"district": by_district.get(quota.scope_id, 0.0) * counts, "collective": 0.0}.get(
            quota.scope, all_done
        )
        own = worth
        if quota.scope != "programme":
            own = worth.where(lp.cells[f"{quota.scope}_id"] == quota.scope_id, 0.0)
        if not np.isnan(quota.minimum):
            lp.least(own, quota.minimum - done)
        if not np.isnan(quota.maximum):
            lp.add(own, quota.maximum - done)
        low, high = quota.minimum_share, quota.maximum_share
        if not np.isnan(low):
            lp.least(own - low * worth, low * all_done - done)
        if not np.isnan(high):
            lp.add(own - high * worth, high * all_done - done)


_STEMS = {
    "budget_cny": "cost_cny_per_ha",
    "person_days": "person_days_per_ha",
    "straw_t": "straw_t_per_ha",
    "water_m3": "water_m3_per_ha",
    "working_capital_cny": "cost_cny_per_ha",
}


def _limit_rows(case: Case, lp: _Lp) -> None:
    for limit in list_records(case, "limits"):
        scoped = (lp.cells["district_id"] == limit.district_id) | (limit.district_id == "")
        used = pd.Series(0.0, index=lp.cells.index)
        tied = limit.resource == "working_capital_cny"
        for k in range(3):
            spent = lp.cells["year"] + k
            then = scoped & (spent == limit.year)
            if tied:
                repaid = spent + case.settings.repaid_after_years
                then = scoped & (spent <= limit.year) & (limit.year < repaid)
            if limit.season:
                then &= lp.cells[f"season_{k}"] == limit.season
            used = used + lp.cells[f"{_STEMS[limit.resource]}_{k}"].where(then, 0.0)
        lp.add(used, limit.limit)
