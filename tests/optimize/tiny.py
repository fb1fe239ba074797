"""Tiny cases: at most six build options and two years, each bent towards one rule."""

from dataclasses import replace

import numpy as np
import pandas as pd
from draft import Draft
from tiny_more import MORE_BENDS

from sandgrid.optimize.case import Case, CaseSettings, empty_case_table

YEARS = (2024, 2025)
THEMES = (
    "capacity",
    "treated",
    "obligation",
    "enclosure_share",
    "core_share",
    "least_soil",
    "parcel_land",
    "on_site_land",
    "land",
    "on_site",
    "acceptance",
    "one_hub",
    "site_hub",
    "least_site",
    "least_units",
    "most_units",
    "circuit_capacity",
    "headroom",
    "bays",
    "station_capacity",
    "least_hub",
    "stays",
    "budget",
    "person_days",
    "straw",
    "quota",
    *MORE_BENDS,
)


def tiny_case(seed: int, *themes: str) -> Case:
    """Return a tiny case; each theme tightens one rule."""
    rng = np.random.default_rng(seed)
    case = plain_case(rng)
    for theme in filter(None, themes):
        case = BENDS[theme](case, rng)
    return case.finished()


def plain_case(rng: np.random.Generator) -> Draft:
    """Return a tiny case that is not bent yet."""
    return Draft(
        years=YEARS,
        base_year=2024,
        discount_rate=0.08,
        settings=CaseSettings(
            obligation_ha_per_mw={"pv": 1.0, "wind": 1.5},
            underpanel_share=0.6,
            acceptance_lag_years=0,
            min_hub_mw=0.0,
            min_site_mw=0.0,
        ),
        sites=_sites(),
        build_options=_options(rng),
        parcels=_parcels(rng),
        treat_options=_treat_options(rng),
        hubs=pd.DataFrame(
            {
                "hub_id": ["H1", "H2"],
                "district_id": ["D1", "D2"],
                "station_cny": rng.uniform(5e6, 15e6, 2),
                "max_mw": [100.0, 100.0],
            }
        ),
        trunk_options=pd.DataFrame(
            {
                "trunk_id": ["H1-T1-a", "H1-T2-a", "H2-T2-b"],
                "hub_id": ["H1", "H1", "H2"],
                "substation_id": ["T1", "T2", "T2"],
                "kind": ["a", "a", "b"],
                "circuit_mw": [25.0, 25.0, 50.0],
                "cost_cny_per_circuit": rng.uniform(5e6, 2e7, 3),
                "max_circuits": [2, 1, 1],
            }
        ),
        substations=pd.DataFrame(
            {
                "substation_id": ["T1", "T2"],
                "bay_cost_cny": [2e6, 3e6],
                "max_extra_bays": [1, 1],
                "reinforcement_mw": [20.0, 0.0],
                "reinforcement_cost_cny": [9e6, 0.0],
                "reinforcement_year": [2025, 0],
            }
        ),
        substation_years=pd.DataFrame(
            {
                "substation_id": ["T1", "T1", "T2", "T2"],
                "year": [2024, 2025] * 2,
                "headroom_mw": [60.0, 60.0, 60.0, 60.0],
                "free_bays": [2, 2, 2, 2],
            }
        ),
        works_ha=pd.DataFrame(
            {
                "district_id": ["D1"],
                "dune_class": ["fixed"],
                "sequence_id": ["fence"],
                "counted_ha": [4.0],
            }
        ),
        capacity_targets=pd.DataFrame(
            {
                "technology": ["total", "pv"],
                "year": [2024, 2025],
                "target_mw": [20.0, 30.0],
                "band_mw": [np.nan, np.nan],
            }
        ),
        treated_targets=pd.DataFrame({"year": [2024, 2025], "target_ha": [12.0, 40.0]}),
        limits=empty_case_table("limits"),
        quotas=empty_case_table("quotas"),
        borders=empty_case_table("borders"),
        reaches=empty_case_table("reaches"),
    )


def _sites() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "site_id": ["S1", "S2"],
            "district_id": ["D1", "D2"],
            "pv_ha": [70.0, 60.0],
            "wind_ha": [10.0, 10.0],
            "treat_ha": [50.0, 40.0],
            "pv_wind_ha": [75.0, 65.0],
            "pv_treat_ha": [90.0, 80.0],
            "wind_treat_ha": [55.0, 45.0],
            "any_ha": [92.0, 82.0],
        }
    )


def _options(rng: np.random.Generator) -> pd.DataFrame:
    keys = [
        ("S1", "pv", "H1"),
        ("S1", "pv", "H2"),
        ("S1", "wind", "H1"),
        ("S2", "pv", "H1"),
        ("S2", "pv", "H2"),
        ("S2", "wind", "H2"),
    ]
    rows = []
    for site, g, hub in keys:
        mw = 10.0 if g == "pv" else 15.0
        rows.append(
            {
                "site_id": site,
                "technology": g,
                "hub_id": hub,
                "unit_mw": mw,
                "units_min": 1,
                "units_max": 3 if g == "pv" else 1,
                "gross_ha_per_unit": 20.0 if g == "pv" else 6.0,
                "energy_mwh_per_unit_year": 1e4,
                "generation_cny_per_unit": mw * rng.uniform(3e6, 5e6),
                "operation_cny_per_unit": mw * 4e5,
                "lease_cny_per_unit": 1e5,
                "collector_cny_per_unit": mw * rng.uniform(0, 3e5),
                "energy_value_cny_per_unit": mw * rng.uniform(1e6, 2e6),
                "life_years": 25,
            }
        )
    return pd.DataFrame(rows)


def _parcels(rng: np.random.Generator) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "parcel_id": ["P1", "P2", "P3", "P4", "P5"],
            "site_id": ["S1", "S1", "S2", "", ""],
            "district_id": ["D1", "D1", "D2", "D1", "D2"],
            "collective_id": ["C1", "C2", "C1", "C2", "C1"],
            "dune_class": ["mobile", "semi_fixed", "semi_fixed", "fixed", "mobile"],
            "treat_ha": np.round(rng.uniform(15, 25, 5), 1),
            "on_site_ha": [*np.round(rng.uniform(6, 12, 3), 1), 0.0, 0.0],
        }
    )


def _treat_options(rng: np.random.Generator) -> pd.DataFrame:
    rows = []
    for parcel, dune in (
        ("P1", "mobile"),
        ("P2", "semi"),
        ("P3", "semi"),
        ("P4", "fixed"),
        ("P5", "mobile"),
    ):
        for place in ("off_site", "on_site") if parcel in ("P1", "P2", "P3") else ("off_site",):
            for name in ("quick", "slow") if dune != "fixed" else ("fence",):
                slow = name == "slow"
                cost = rng.uniform(5e3, 2e4) * (0.05 if name == "fence" else 1.0)
                cost *= 0.5 if slow else 1.0
                cost *= 0.3 if place == "on_site" else 1.0
                rows.append(
                    {
                        "parcel_id": parcel,
                        "sequence_id": name,
                        "place": place,
                        "cost_cny_per_ha_0": cost,
                        "cost_cny_per_ha_1": cost / 2,
                        "cost_cny_per_ha_2": 0.0,
                        "person_days_per_ha_0": 10.0 if slow else 25.0,
                        "person_days_per_ha_1": 15.0 if slow else 5.0,
                        "person_days_per_ha_2": 0.0,
                        "straw_t_per_ha_0": 0.0 if slow else 6.0,
                        "straw_t_per_ha_1": 0.0,
                        "straw_t_per_ha_2": 0.0,
                        "soil_t_per_ha": 2.0 if name == "fence" else rng.uniform(5, 30),
                        "count_offset_years": int(slow),
                        "first_year": 2024,
                        "reaches_cover": True,
                        "enclosure_only": name == "fence",
                    }
                )
    return pd.DataFrame(rows)


def _set(case: Draft, **changes: object) -> Draft:
    return replace(case, settings=replace(case.settings, **changes))


def _limit(case: Draft, resource: str, amounts: tuple[float, float], district: str = "") -> Draft:
    rows = pd.DataFrame(
        {"resource": resource, "district_id": district, "year": YEARS, "limit": amounts}
    )
    return replace(case, limits=rows)


def _targets(case: Draft, rows: list[tuple[str, int, float, float]]) -> Draft:
    frame = pd.DataFrame(rows, columns=["technology", "year", "target_mw", "band_mw"])
    return replace(case, capacity_targets=frame)


def _bend_capacity(case: Draft, rng: np.random.Generator) -> Draft:
    low = float(rng.choice([20.0, 30.0]))
    return _targets(
        case, [("total", 2024, low, 10.0), ("wind", 2025, 15.0, 5.0), ("total", 2025, 45.0, 15.0)]
    )


def _bend_treated(case: Draft, rng: np.random.Generator) -> Draft:
    case = _set(case, obligation_ha_per_mw={"pv": 0.2, "wind": 0.2})
    first = float(rng.uniform(20, 35))
    return replace(case, treated_targets=pd.DataFrame({"year": YEARS, "target_ha": (first, 60.0)}))


def _bend_obligation(case: Draft, rng: np.random.Generator) -> Draft:
    return _set(case, obligation_ha_per_mw={"pv": rng.uniform(1.2, 1.6), "wind": 2.0})


def _bend_enclosure(case: Draft, rng: np.random.Generator) -> Draft:
    return _set(case, max_share_enclosure=rng.uniform(0.15, 0.3))


def _bend_core(case: Draft, rng: np.random.Generator) -> Draft:
    return _set(case, min_share_mobile_semi_fixed=rng.uniform(0.7, 0.95))


def _bend_soil(case: Draft, rng: np.random.Generator) -> Draft:
    return _set(case, min_new_soil_t=rng.uniform(500, 700))


def _bend_parcels(case: Draft, rng: np.random.Generator) -> Draft:
    del rng
    parcels = case.parcels.assign(
        treat_ha=case.parcels["treat_ha"] * 0.7, on_site_ha=case.parcels["on_site_ha"] * 0.7
    )
    return replace(case, parcels=parcels)


def _bend_on_site(case: Draft, rng: np.random.Generator) -> Draft:
    del rng
    return replace(case, parcels=case.parcels.assign(on_site_ha=case.parcels["on_site_ha"] * 0.3))


def _bend_land(case: Draft, rng: np.random.Generator) -> Draft:
    area = float(rng.uniform(48, 58))
    sites = case.sites.assign(
        pv_treat_ha=area, any_ha=area + 4.0, pv_ha=area - 8.0, pv_wind_ha=area - 4.0
    )
    return replace(
        case, sites=sites, treated_targets=case.treated_targets.assign(target_ha=[30.0, 75.0])
    )


def _bend_share(case: Draft, rng: np.random.Generator) -> Draft:
    return _set(case, underpanel_share=rng.uniform(0.05, 0.15))


def _bend_acceptance(case: Draft, rng: np.random.Generator) -> Draft:
    case = _targets(case, [("total", 2024, 30.0, 5.0)])
    slow = case.treat_options["sequence_id"] == "slow"
    inside = case.treat_options["place"] == "on_site"
    cheap = case.treat_options.assign(
        cost_cny_per_ha_0=case.treat_options["cost_cny_per_ha_0"].where(
            ~(slow & inside), 10.0 + rng.random()
        ),
        cost_cny_per_ha_1=case.treat_options["cost_cny_per_ha_1"].where(~(slow & inside), 5.0),
    )
    return replace(case, treat_options=cheap)


def _bend_hub(case: Draft, rng: np.random.Generator) -> Draft:
    """Cheap PV towards H2 and cheap wind towards H1 at one site: only one hub may take it."""
    factor = float(rng.uniform(0.5, 0.8))
    options = case.build_options
    wind = options["technology"] == "wind"
    cheap = (
        (options["site_id"] == "S1") & (options["technology"] == "pv") & (options["hub_id"] == "H2")
    ) | ((options["site_id"] == "S1") & (options["technology"] == "wind"))
    cost = options["generation_cny_per_unit"].where(
        ~cheap, options["generation_cny_per_unit"] * factor
    )
    cost = cost.where(~(wind & (options["site_id"] == "S2")), cost * 3)
    case = replace(
        case,
        build_options=options.assign(generation_cny_per_unit=cost),
        hubs=case.hubs.assign(station_cny=1e6),
        trunk_options=case.trunk_options.assign(cost_cny_per_circuit=1e6),
    )
    return _targets(case, [("pv", 2025, 30.0, np.nan), ("wind", 2025, 15.0, np.nan)])


def _bend_site(case: Draft, rng: np.random.Generator) -> Draft:
    """Two cheap small uses of two sites; the least size forbids one."""
    del rng
    options = case.build_options
    first = options["technology"] == "wind"
    options = options.assign(
        generation_cny_per_unit=options["generation_cny_per_unit"].where(~first, 1e7)
    )
    case = _targets(
        replace(case, build_options=options),
        [("wind", 2025, 30.0, np.nan), ("total", 2025, 30.0, np.nan)],
    )
    return _set(case, min_site_mw=25.0)


def _bend_least_units(case: Draft, rng: np.random.Generator) -> Draft:
    pv = case.build_options["technology"] == "pv"
    options = case.build_options.assign(units_min=np.where(pv, 2 + int(rng.random() < 0.5), 1))
    return _targets(
        replace(case, build_options=options),
        [("pv", 2024, 10.0, np.nan), ("wind", 2025, 15.0, np.nan)],
    )


def _bend_headroom(case: Draft, rng: np.random.Generator) -> Draft:
    """Cheap lines of both hubs end at T2, which cannot take what both could send."""
    low = float(rng.choice([21.0, 24.0]))
    lines = case.trunk_options
    cost = np.where(lines["substation_id"] == "T2", 1e6, 3e7)
    case = _targets(case, [("pv", 2024, 40.0, np.nan)])
    return replace(
        case,
        hubs=case.hubs.assign(station_cny=1e6),
        substation_years=case.substation_years.assign(headroom_mw=[60.0, 60.0, low, low]),
        trunk_options=lines.assign(cost_cny_per_circuit=cost),
    )


def _bend_bays(case: Draft, rng: np.random.Generator) -> Draft:
    del rng
    case = replace(case, substation_years=case.substation_years.assign(free_bays=0))
    return _targets(case, [("total", 2024, 30.0, np.nan), ("total", 2025, 60.0, np.nan)])


def _bend_station(case: Draft, rng: np.random.Generator) -> Draft:
    case = _targets(case, [("total", 2024, 30.0, np.nan), ("total", 2025, 45.0, np.nan)])
    return replace(case, hubs=case.hubs.assign(max_mw=float(rng.choice([25.0, 30.0]))))


def _bend_least_hub(case: Draft, rng: np.random.Generator) -> Draft:
    case = _targets(case, [("total", 2024, 20.0, np.nan)])
    return _set(case, min_hub_mw=float(rng.choice([30.0, 40.0])))


def _bend_stays(case: Draft, rng: np.random.Generator) -> Draft:
    """Headroom of the first year is gone in the second: a circuit would like to move along."""
    years, head = case.substation_years, [60.0, 12.0, 12.0, 60.0]
    case = replace(case, substation_years=years.assign(headroom_mw=head))
    first = float(rng.choice([20.0, 30.0]))
    return _targets(case, [("total", 2024, first, np.nan)])


def _bend_budget(case: Draft, rng: np.random.Generator) -> Draft:
    case = _late_works(case)
    return _limit(case, "budget_cny", (float(rng.uniform(3e4, 8e4)), 1e9))


def _bend_days(case: Draft, rng: np.random.Generator) -> Draft:
    case = _late_works(case)
    return _limit(case, "person_days", (1e9, float(rng.uniform(300, 500))))


def _bend_straw(case: Draft, rng: np.random.Generator) -> Draft:
    return _limit(
        _late_works(case), "straw_t", (float(rng.uniform(14, 40)), float(rng.uniform(60, 150)))
    )


def _late_works(case: Draft) -> Draft:
    return _set(
        replace(case, treated_targets=pd.DataFrame({"year": YEARS, "target_ha": (6.0, 55.0)})),
        obligation_ha_per_mw={"pv": 0.1, "wind": 0.1},
    )


def _bend_quota(case: Draft, rng: np.random.Generator) -> Draft:
    rows = [
        ("capacity_mw", "district", "D2", 2025, 20.0, np.nan),
        ("treated_ha", "district", "D2", 2025, float(rng.uniform(20, 30)), np.nan),
        ("treated_ha", "collective", "C1", 2025, np.nan, float(rng.uniform(25, 35))),
    ]
    frame = pd.DataFrame(
        rows, columns=["quantity", "scope", "scope_id", "year", "minimum", "maximum"]
    )
    return replace(case, quotas=frame)


BENDS = {
    "capacity": _bend_capacity,
    "treated": _bend_treated,
    "obligation": _bend_obligation,
    "enclosure_share": _bend_enclosure,
    "core_share": _bend_core,
    "least_soil": _bend_soil,
    "parcel_land": _bend_parcels,
    "on_site_land": _bend_on_site,
    "land": _bend_land,
    "on_site": _bend_share,
    "acceptance": _bend_acceptance,
    "one_hub": _bend_hub,
    "site_hub": _bend_hub,
    "least_site": _bend_site,
    "least_units": _bend_least_units,
    "most_units": _bend_least_units,
    "headroom": _bend_headroom,
    "bays": _bend_bays,
    "circuit_capacity": _bend_bays,
    "station_capacity": _bend_station,
    "least_hub": _bend_least_hub,
    "stays": _bend_stays,
    "budget": _bend_budget,
    "person_days": _bend_days,
    "straw": _bend_straw,
    "quota": _bend_quota,
    **MORE_BENDS,
}
