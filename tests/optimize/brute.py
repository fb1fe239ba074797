"""The cheapest plan by trying every build and every circuit; shares nothing with the compiler.

Treatment is a small linear programme over parcels, written out here once more and solved by
scipy.  Costs are CNY, as they stand in the tables.
"""

from collections.abc import Iterator
from itertools import product
from typing import Any

import numpy as np
from brute_reading import TOLERANCE, Builds, factor, list_records, site_ha, standing
from brute_treatment import cheapest_treatment, least_weighed, most_of

from sandgrid.optimize.case import Case


def cheapest(case: Case) -> float:
    """Return the least objective [CNY]; infinite if there is no plan."""
    network = _Network(case)
    priced = sorted(((_build_cost(case, b), n, b) for n, b in enumerate(_all_builds(case))))
    best = np.inf
    for cost, _, builds in priced:
        if cost >= best:
            break
        whole = cost + network.cheapest(case, builds)
        if whole < best:
            best = min(best, whole + cheapest_treatment(case, builds))
    return best


def most(case: Case, quantity: str, limit_cny: float) -> float:
    """Return the most of a quantity that a plan within a net cost reaches."""
    network, best = _Network(case), -np.inf
    for builds in _all_builds(case):
        left = limit_cny - _build_cost(case, builds) - network.cheapest(case, builds)
        if not np.isfinite(left):
            continue
        if quantity != "energy_mwh":
            best = max(best, most_of(case, builds, quantity, left))
            continue
        energy = sum(
            sum(p) * list_records(case)[i].energy_mwh_per_unit_year for i, p in builds.items()
        )
        if energy > best and cheapest_treatment(case, builds) <= left:
            best = energy
    return best


def least(case: Case, worth_cny: dict[str, float]) -> float:
    """Return the least net cost less what treatment is worth."""
    network, best = _Network(case), np.inf
    for builds in _all_builds(case):
        cost = _build_cost(case, builds) + network.cheapest(case, builds)
        if np.isfinite(cost):
            best = min(best, cost + least_weighed(case, builds, worth_cny))
    return best


def _all_builds(case: Case) -> Iterator[Builds]:
    """Yield dicts option index -> units added per year that keep all rules without treatment."""
    options = list_records(case)
    paths = []
    for option in options:
        most = 0 if option.site_id in case.settings.locked_out_sites else option.units_max
        own = [
            p
            for p in product(range(most + 1), repeat=len(case.years))
            if sum(p) == 0 or option.units_min <= sum(p) <= most
        ]
        paths.append(own)
    by_site = {
        s: [i for i, o in enumerate(options) if o.site_id == s] for s in case.sites["site_id"]
    }
    per_site = [
        list(_site_choices(case, options, paths, (site, at))) for site, at in by_site.items()
    ]
    bands = _Bands(case)
    for parts in product(*per_site):
        builds = {i: p for part in parts for i, p in part.items()}
        if bands.hold(options, builds):
            yield builds


def _site_choices(case: Case, options: Any, paths: Any, where: Any) -> Iterator[Builds]:
    site, at = where
    row = next(r for r in list_records(case, "sites") if r.site_id == site)
    for chosen in product(*(paths[i] for i in at)):
        used = {i: p for i, p in zip(at, chosen, strict=True) if sum(p)}
        if len({options[i].hub_id for i in used}) > 1:
            continue
        mw = sum(sum(p) * options[i].unit_mw for i, p in used.items())
        if used and mw < case.settings.min_site_mw - TOLERANCE:
            continue
        if not used and site in case.settings.locked_in_sites:
            continue
        pv, wind = (site_ha(options, used, g) for g in ("pv", "wind"))
        if (
            pv <= row.pv_ha + TOLERANCE
            and wind <= row.wind_ha + TOLERANCE
            and pv + wind <= row.pv_wind_ha + TOLERANCE
        ):
            yield used


class _Bands:
    """Capacity targets and quotas as (worth of a unit by option, year index, least, most)."""

    def __init__(self, case: Case) -> None:
        self.rows = []
        options = list_records(case)
        for row in list_records(case, "capacity_targets"):
            band = np.inf if np.isnan(row.band_mw) else row.band_mw
            worth = [o.unit_mw * (row.technology in ("total", o.technology)) for o in options]
            self.rows.append(
                (worth, case.years.index(row.year), row.target_mw, row.target_mw + band)
            )
        self.district = case.sites.set_index("site_id")["district_id"].to_dict()
        built = case.quotas["quantity"].isin(["capacity_mw", "energy_mwh"])
        for row in case.quotas[built].itertuples():
            self._add_quota(options, row, case.years.index(row.year))

    def _add_quota(self, options: Any, row: Any, at: int) -> None:
        column = {"capacity_mw": "unit_mw", "energy_mwh": "energy_mwh_per_unit_year"}[row.quantity]
        all_of = np.array([getattr(o, column) for o in options])
        own = all_of * [
            row.scope == "programme" or self.district[o.site_id] == row.scope_id for o in options
        ]
        low, high = np.nan_to_num(row.minimum, nan=-np.inf), np.nan_to_num(row.maximum, nan=np.inf)
        self.rows.append((own, at, low, high))
        if not np.isnan(row.minimum_share):
            self.rows.append((own - row.minimum_share * all_of, at, 0.0, np.inf))
        if not np.isnan(row.maximum_share):
            self.rows.append((own - row.maximum_share * all_of, at, -np.inf, 0.0))

    def hold(self, options: Any, builds: Builds) -> bool:
        del options
        for worth, at, low, high in self.rows:
            now = sum(sum(p[: at + 1]) * worth[i] for i, p in builds.items())
            if not low - TOLERANCE <= now <= high + TOLERANCE:
                return False
        return True


def _build_cost(case: Case, builds: Builds) -> float:
    options = list_records(case)
    total = 0.0
    for i, path in builds.items():
        o = options[i]
        each = (
            o.generation_cny_per_unit
            + o.operation_cny_per_unit
            + o.lease_cny_per_unit
            + o.collector_cny_per_unit
            - o.energy_value_cny_per_unit
        )
        total += sum(n * each * factor(case, y) for n, y in zip(path, case.years, strict=True))
    return total


class _Network:
    """All designs of circuits with their bays and reinforcements, cheapest first."""

    def __init__(self, case: Case) -> None:
        trunks = list_records(case, "trunk_options")
        stations = list_records(case, "substations")
        head = case.substation_years.set_index(["substation_id", "year"])
        self.head = head["headroom_mw"].to_dict()
        bays = head["free_bays"].to_dict()
        paths = [
            [
                p
                for p in product(range(t.max_circuits + 1), repeat=len(case.years))
                if list(p) == sorted(p)
            ]
            for t in trunks
        ]
        choices = [
            [
                None,
                *(
                    y
                    for y in case.years
                    if s.reinforcement_year and s.reinforcement_mw > 0 and y >= s.reinforcement_year
                ),
            ]
            for s in stations
        ]
        self.designs = []
        for number, (design, since) in enumerate(product(product(*paths), product(*choices))):
            cost = sum(
                _steps(case, p) * t.cost_cny_per_circuit
                for t, p in zip(trunks, design, strict=True)
            )
            cost += _bay_cost(case, (trunks, stations), design, bays)
            cost += sum(
                s.reinforcement_cost_cny * factor(case, y)
                for s, y in zip(stations, since, strict=True)
                if y
            )
            if np.isfinite(cost):
                self.designs.append((cost, number, design, since))
        self.designs.sort(key=lambda item: item[:2])
        self.trunks, self.stations, self.known = trunks, stations, {}
        self.hubs = list(case.hubs["hub_id"])

    def cheapest(self, case: Case, builds: Builds) -> float:
        load = {h: tuple(standing(case, builds, lambda o, k=h: o.hub_id == k)) for h in self.hubs}
        sent = {h: _connected(case, builds, h) for h in self.hubs}
        key = (tuple(sorted(load.items())), tuple(sorted(sent.items())))
        if key not in self.known:
            self.known[key] = self._cheapest(case, load, sent)
        return self.known[key]

    def _cheapest(self, case: Case, load: Any, sent: Any) -> float:
        cost = 0.0
        for hub in list_records(case, "hubs"):
            mw = load[hub.hub_id]
            if mw[-1] == 0:
                continue
            if mw[-1] > hub.max_mw + TOLERANCE or mw[-1] < case.settings.min_hub_mw - TOLERANCE:
                return np.inf
            first = next(t for t, value in enumerate(mw) if value > 0)
            cost += hub.station_cny * factor(case, case.years[first])
        for price, _, design, since in self.designs:
            if self._flows(case, sent, (design, since)):
                return cost + price
        return np.inf

    def _flows(self, case: Case, load: Any, made: Any) -> bool:
        """Max flow, min cut: every set of hubs fits the circuits and headroom that it can reach."""
        design, since = made
        hubs = [h for h in load if load[h][-1] > 0]
        for t, year in enumerate(case.years):
            for mask in product((0, 1), repeat=len(hubs)):
                inside = {h for h, m in zip(hubs, mask, strict=True) if m}
                reach = 0.0
                for s, begun in zip(self.stations, since, strict=True):
                    head = self.head[s.substation_id, year] + (
                        s.reinforcement_mw if begun and begun <= year else 0.0
                    )
                    lines = sum(
                        p[t] * k.circuit_mw
                        for k, p in zip(self.trunks, design, strict=True)
                        if k.substation_id == s.substation_id and k.hub_id in inside
                    )
                    reach += min(head, lines)
                if sum(load[h][t] for h in inside) > reach + TOLERANCE:
                    return False
        return True


def _connected(case: Case, builds: Builds, hub: str) -> tuple[float, ...]:
    """What a hub sends: the larger of PV and wind and a part of the smaller."""
    pv, wind = (
        standing(case, builds, lambda o, k=g: (o.hub_id, o.technology) == (hub, k))
        for g in ("pv", "wind")
    )
    part = case.settings.hybrid_coincidence
    return tuple(max(a, b) + part * min(a, b) for a, b in zip(pv, wind, strict=True))


def _steps(case: Case, standing: Any) -> float:
    """Present value of one CNY at every step up."""
    before, total = 0, 0.0
    for year, now in zip(case.years, standing, strict=True):
        total += (now - before) * factor(case, year)
        before = now
    return total


def _bay_cost(case: Case, tables: Any, design: Any, bays: Any) -> float:
    trunks, stations = tables
    total = 0.0
    for station in stations:
        extra, most = [], 0
        for t, year in enumerate(case.years):
            used = sum(
                p[t]
                for k, p in zip(trunks, design, strict=True)
                if k.substation_id == station.substation_id
            )
            most = max(most, used - bays[station.substation_id, year])
            extra.append(most)
        if most > station.max_extra_bays:
            return np.inf
        total += _steps(case, extra) * station.bay_cost_cny
    return total
