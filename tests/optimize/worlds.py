"""Made-up worlds for tests and timing: the shape of Tongliao, none of its data."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from sandgrid.optimize.case import Case, CaseSettings

HA_PER_MU = 1 / 15
UNIT_MW = {"pv": 3.125, "wind": 6.25}
GROSS_HA = {"pv": 5.83, "wind": 2.8}
PRICE = {"pv": 0.22, "wind": 0.25}
CAPEX = {"pv": 3.2e6, "wind": 4.4e6}
SEQUENCES = {
    "mobile": (("straw_shrub", 25_500.0, 60.0, 7.0, 1), ("willow_shrub", 21_000.0, 45.0, 0.0, 1)),
    "semi_fixed": (("shrub", 7_500.0, 15.0, 0.0, 0), ("grass", 6_000.0, 4.5, 0.0, 0)),
    "fixed": (("enclosure", 1_500.0, 0.8, 0.0, 0), ("grass", 6_000.0, 4.5, 0.0, 0)),
}


@dataclass(frozen=True)
class WorldSize:
    """How large a made-up world is."""

    sites: int = 200
    parcels: int = 6000
    hubs: int = 50
    substations: int = 20
    districts: int = 8
    years: tuple[int, ...] = (2024, 2025, 2026, 2027, 2028, 2029, 2030)
    side_km: float = 240.0
    pv_mw: float = 2300.0
    wind_mw: float = 1200.0
    continuous_costs: bool = True


CITY = WorldSize()
BANNER = WorldSize(
    sites=30,
    parcels=800,
    hubs=10,
    substations=6,
    districts=1,
    side_km=80.0,
    pv_mw=400.0,
    wind_mw=200.0,
)
WORLD_20_KM = WorldSize(
    sites=6, parcels=80, hubs=3, substations=2, districts=1, side_km=20.0, pv_mw=100.0, wind_mw=50.0
)


def three_years(*, sites: int, parcels: int, pv_mw: float) -> WorldSize:
    """Return a small world of two hubs, half as much wind as PV and three years."""
    return WorldSize(
        sites=sites,
        parcels=parcels,
        hubs=2,
        substations=2,
        districts=1,
        years=(2028, 2029, 2030),
        side_km=20.0,
        pv_mw=pv_mw,
        wind_mw=pv_mw / 2,
    )


def make_world(seed: int, size: WorldSize = CITY) -> Case:
    """Return a made-up case; the same seed gives the same case."""
    rng = np.random.default_rng(seed)
    spots = _spots(rng, size)
    parcels = _parcels(rng, size, spots)
    sites = _sites(rng, size, spots, parcels)
    trunks = _trunks(spots)
    ramp = _ramp(size)
    hubs = pd.DataFrame(
        {
            "hub_id": spots["hub"].index,
            "district_id": spots["hub"]["district_id"].to_numpy(),
            "station_cny": 25e6 + 5e6 * rng.random(size.hubs),
            "max_mw": 600.0,
        }
    )
    return Case(
        years=size.years,
        base_year=2024,
        discount_rate=0.06,
        settings=CaseSettings(
            obligation_ha_per_mw={"pv": 8.0, "wind": 200 / 15},
            underpanel_share=0.6,
            acceptance_lag_years=1,
            max_share_enclosure=0.3,
            min_share_mobile_semi_fixed=0.6,
            min_hub_mw=40.0,
            min_site_mw=20.0,
        ),
        sites=sites,
        build_options=_build_options(rng, sites, spots),
        parcels=parcels,
        treat_options=_treat_options(rng, parcels, size),
        hubs=hubs,
        trunk_options=trunks,
        substations=_substations(size, spots),
        substation_years=_substation_years(rng, size, spots),
        works_ha=pd.DataFrame(
            {
                "district_id": ["D0"],
                "dune_class": ["mobile"],
                "sequence_id": ["straw_shrub"],
                "counted_ha": [_finished_ha(ramp)],
            }
        ),
        capacity_targets=_capacity_targets(ramp, size),
        treated_targets=pd.DataFrame({"year": size.years, "target_ha": ramp["treated"].to_numpy()}),
        limits=_limits(ramp, size),
        quotas=_quotas(size),
    )


def _spots(rng: np.random.Generator, size: WorldSize) -> dict[str, pd.DataFrame]:
    found = {}
    for name, count in (("site", size.sites), ("hub", size.hubs), ("station", size.substations)):
        letter = {"site": "S", "hub": "H", "station": "T"}[name]
        frame = pd.DataFrame(
            rng.random((count, 2)) * size.side_km,
            columns=["x", "y"],
            index=[f"{letter}{i:03d}" for i in range(count)],
        )
        strip = np.minimum(
            (frame["x"] / size.side_km * size.districts).astype(int), size.districts - 1
        )
        frame["district_id"] = ["D" + str(k) for k in strip]
        found[name] = frame
    return found


def _parcels(
    rng: np.random.Generator, size: WorldSize, spots: dict[str, pd.DataFrame]
) -> pd.DataFrame:
    n = size.parcels
    site = np.where(rng.random(n) < 0.6, rng.integers(0, size.sites, n), -1)
    ids = np.array([*spots["site"].index, ""])
    area = rng.lognormal(3.2, 0.6, n)
    home = [
        spots["site"]["district_id"].iloc[k] if k >= 0 else "D" + str(rng.integers(size.districts))
        for k in site
    ]
    return pd.DataFrame(
        {
            "parcel_id": [f"P{i:06d}" for i in range(n)],
            "site_id": ids[site],
            "district_id": home,
            "collective_id": [f"C{k}" for k in rng.integers(0, 40, n)],
            "dune_class": rng.choice(["mobile", "semi_fixed", "fixed"], n, p=[0.2, 0.4, 0.4]),
            "treat_ha": area * 0.8,
            "on_site_ha": np.where(site >= 0, area * 0.5, 0.0),
        }
    )


def _sites(
    rng: np.random.Generator, size: WorldSize, spots: dict[str, pd.DataFrame], parcels: pd.DataFrame
) -> pd.DataFrame:
    treat = parcels[parcels["site_id"] != ""].groupby("site_id")["treat_ha"].sum()
    treat = treat.reindex(spots["site"].index).fillna(0.0)
    pv = treat * (0.7 + 0.6 * rng.random(size.sites))
    wind = pv * 0.12
    larger = pd.Series(np.maximum(pv, treat))
    return pd.DataFrame(
        {
            "site_id": spots["site"].index,
            "district_id": spots["site"]["district_id"].to_numpy(),
            "pv_ha": pv.to_numpy(),
            "wind_ha": wind.to_numpy(),
            "treat_ha": treat.to_numpy(),
            "pv_wind_ha": (pv + wind).to_numpy(),
            "pv_treat_ha": (larger * 1.15).to_numpy(),
            "wind_treat_ha": (treat + 0.4 * wind).to_numpy(),
            "any_ha": (larger * 1.15 + 0.4 * wind).to_numpy(),
        }
    )


def _nearest(here: pd.Series, there: pd.DataFrame, count: int) -> pd.Series:
    away = np.hypot(there["x"] - here["x"], there["y"] - here["y"])
    nearest: pd.Series = away.sort_values(kind="stable").head(count)
    return nearest


def _build_options(
    rng: np.random.Generator, sites: pd.DataFrame, spots: dict[str, pd.DataFrame]
) -> pd.DataFrame:
    rows = []
    site: Any
    for site in sites.itertuples():
        hours = {"pv": 1550 + 150 * rng.random(), "wind": 2400 + 900 * rng.random()}
        slope = rng.random()
        for hub, km in _nearest(spots["site"].loc[site.site_id], spots["hub"], 3).items():
            for g in ("pv", "wind"):
                land = site.pv_ha if g == "pv" else site.wind_ha
                energy = hours[g] * UNIT_MW[g] * 0.93
                rows.append(
                    {
                        "site_id": site.site_id,
                        "technology": g,
                        "hub_id": hub,
                        "unit_mw": UNIT_MW[g],
                        "units_min": 1,
                        "units_max": min(int(land / GROSS_HA[g]), 96 if g == "pv" else 40),
                        "gross_ha_per_unit": GROSS_HA[g],
                        "energy_mwh_per_unit_year": energy,
                        "generation_cny_per_unit": CAPEX[g] * UNIT_MW[g] * (1 + 0.1 * slope),
                        "operation_cny_per_unit": 50e3 * UNIT_MW[g] * 11,
                        "lease_cny_per_unit": 1200 * GROSS_HA[g] * 11,
                        "collector_cny_per_unit": 1.5e3 * km * UNIT_MW[g],
                        "energy_value_cny_per_unit": energy * PRICE[g] * 1e3 * 11,
                        "life_years": 25,
                    }
                )
    return pd.DataFrame(rows)


def _treat_options(
    rng: np.random.Generator, parcels: pd.DataFrame, size: WorldSize
) -> pd.DataFrame:
    factor = 1 + 0.3 * rng.random(len(parcels))
    if not size.continuous_costs:
        factor = np.round(factor, 1)
    rows = []
    parcel: Any
    for parcel, times in zip(parcels.itertuples(), factor, strict=True):
        for name, cost, days, straw, offset in SEQUENCES[parcel.dune_class]:
            for place in ("off_site", "on_site") if parcel.on_site_ha > 0 else ("off_site",):
                share = (0.6, 0.4) if offset else (1.0, 0.0)
                rows.append(
                    {
                        "parcel_id": parcel.parcel_id,
                        "sequence_id": name,
                        "place": place,
                        "cost_cny_per_ha_0": cost * times * share[0],
                        "cost_cny_per_ha_1": cost * times * share[1],
                        "cost_cny_per_ha_2": 0.0,
                        "person_days_per_ha_0": days * share[0],
                        "person_days_per_ha_1": days * share[1],
                        "person_days_per_ha_2": 0.0,
                        "straw_t_per_ha_0": straw,
                        "straw_t_per_ha_1": 0.0,
                        "straw_t_per_ha_2": 0.0,
                        "soil_t_per_ha": 20.0,
                        "count_offset_years": 0,
                        "first_year": size.years[0],
                        "reaches_cover": True,
                        "enclosure_only": name == "enclosure",
                    }
                )
    return pd.DataFrame(rows)


def _trunks(spots: dict[str, pd.DataFrame]) -> pd.DataFrame:
    rows = []
    for hub, here in spots["hub"].iterrows():
        for station, km in _nearest(here, spots["station"], 3).items():
            for kind, mw, cost in (("66", 60.0, 0.9e6), ("220", 300.0, 1.9e6)):
                rows.append(
                    {
                        "trunk_id": f"{hub}-{station}-{kind}",
                        "hub_id": hub,
                        "substation_id": station,
                        "kind": kind,
                        "circuit_mw": mw,
                        "cost_cny_per_circuit": cost * km * 1.25 + 4e6,
                        "max_circuits": 3,
                    }
                )
    return pd.DataFrame(rows)


def _substations(size: WorldSize, spots: dict[str, pd.DataFrame]) -> pd.DataFrame:
    even = np.arange(size.substations) % 2 == 0
    return pd.DataFrame(
        {
            "substation_id": spots["station"].index,
            "bay_cost_cny": 6e6,
            "max_extra_bays": 2,
            "reinforcement_mw": np.where(even, 120.0, 0.0),
            "reinforcement_cost_cny": np.where(even, 60e6, 0.0),
            "reinforcement_year": np.where(even, size.years[len(size.years) // 2], 0),
        }
    )


def _substation_years(
    rng: np.random.Generator, size: WorldSize, spots: dict[str, pd.DataFrame]
) -> pd.DataFrame:
    weight = 0.5 + rng.random(size.substations)
    weight /= weight.sum()
    total = size.pv_mw + size.wind_mw
    ramp = _rise(1.5 * total * 0.314, 1.35 * total, len(size.years))
    rows = []
    for k, station in enumerate(spots["station"].index):
        for year, mw in zip(size.years, ramp, strict=True):
            early = year < min(size.years[0] + 3, size.years[-1])
            full = k < 2 and early and size.substations > 10
            rows.append(
                {
                    "substation_id": station,
                    "year": year,
                    "headroom_mw": 0.0 if full else round(mw * weight[k], 1),
                    "free_bays": 3,
                }
            )
    return pd.DataFrame(rows)


def _rise(first: float, last: float, years: int) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """Return even steps to the last value, which stands alone where there is one year."""
    return np.linspace(last, first, years)[::-1]


def _ramp(size: WorldSize) -> pd.DataFrame:
    share = _rise(700 / 2300, 1.0, len(size.years))
    wind = _rise(1 / 3, 1.0, len(size.years))
    pv_mw, wind_mw = size.pv_mw * share, size.wind_mw * wind
    return pd.DataFrame(
        {"year": size.years, "total": pv_mw + wind_mw, "treated": 8 * pv_mw + wind_mw * 200 / 15}
    )


def _finished_ha(ramp: pd.DataFrame) -> float:
    """Return 110 of the 164 of the first stage; one year alone holds all 516 of the programme."""
    first_stage = 1.0 if len(ramp) > 1 else 164 / 516
    return float(ramp["treated"].iloc[0]) * first_stage * 110 / 164


def _capacity_targets(ramp: pd.DataFrame, size: WorldSize) -> pd.DataFrame:
    rows = [
        {"technology": "total", "year": r.year, "target_mw": r.total, "band_mw": 6.25}
        for r in ramp.itertuples()
    ]
    stages = {size.years[0]: (700 / 2300, 1 / 3), size.years[-1]: (1.0, 1.0)}
    for year, (pv, wind) in stages.items():
        rows.append(
            {"technology": "pv", "year": year, "target_mw": size.pv_mw * pv, "band_mw": 3.125}
        )
        rows.append(
            {"technology": "wind", "year": year, "target_mw": size.wind_mw * wind, "band_mw": 6.25}
        )
    return pd.DataFrame(rows)


def _limits(ramp: pd.DataFrame, size: WorldSize) -> pd.DataFrame:
    per_year = ramp["treated"].iloc[-1] / len(size.years)
    rows = [
        {"resource": resource, "district_id": "", "year": year, "limit": per_year * each}
        for resource, each in (("budget_cny", 15_000.0), ("person_days", 22.0), ("straw_t", 2.0))
        for year in size.years
    ]
    return pd.DataFrame(rows)


def _quotas(size: WorldSize) -> pd.DataFrame:
    last, total = size.years[-1], size.pv_mw + size.wind_mw
    rows = [
        {
            "quantity": "treated_ha",
            "scope": "district",
            "scope_id": f"D{k}",
            "year": last,
            "minimum": 0.02 * 9.8 * total,
            "maximum": 0.5 * 9.8 * total,
        }
        for k in range(size.districts)
        if size.districts > 1
    ]
    if size.districts > 1:
        rows.append(
            {
                "quantity": "capacity_mw",
                "scope": "district",
                "scope_id": "D1",
                "year": last,
                "minimum": 0.08 * total,
                "maximum": np.nan,
            }
        )
    return pd.DataFrame(
        rows, columns=["quantity", "scope", "scope_id", "year", "minimum", "maximum"]
    )
