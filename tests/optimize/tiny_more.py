"""Tiny cases bent towards the rules that are off unless asked for."""

from dataclasses import replace
from typing import TypeVar

import numpy as np
import pandas as pd
from draft import Draft

from sandgrid.optimize.case import Case

Bent = TypeVar("Bent", Draft, Case)

YEARS = (2024, 2025)
WAGE = 200.0


def _set(case: Draft, **changes: object) -> Draft:
    return replace(case, settings=replace(case.settings, **changes))


def with_columns(case: Bent) -> Bent:
    """Fill the columns that may be left out: quick work is thirsty and may wait for autumn."""
    options = case.treat_options
    quick = options["sequence_id"] == "quick"
    full = options.assign(
        industry=np.where(options["sequence_id"] == "slow", "forage", ""),
        seasons_0=np.where(quick, "spring autumn", "spring"),
        seasons_1=np.where(quick, "summer", "spring summer"),
        water_m3_per_ha_0=np.where(quick, 100.0, 20.0),
        water_m3_per_ha_1=np.where(quick, 0.0, 10.0),
        protection_per_ha=np.where(options["parcel_id"].isin(["P1", "P3"]), 5.0, 1.0),
    )
    return replace(case, treat_options=full)


def _late(case: Draft) -> Draft:
    targets = pd.DataFrame({"year": YEARS, "target_ha": (6.0, 55.0)})
    return _set(
        replace(with_columns(case), treated_targets=targets),
        obligation_ha_per_mw={"pv": 0.1, "wind": 0.1},
        wage_cny_per_day=WAGE,
    )


def _limits(case: Draft, rows: list[tuple[str, str, int, str, float]]) -> Draft:
    names = ["resource", "district_id", "year", "season", "limit"]
    return replace(case, limits=pd.DataFrame(rows, columns=names))


def _quotas(case: Draft, rows: list[tuple[str, str, str, float, float, float, float]]) -> Draft:
    names = ["quantity", "scope", "scope_id", "minimum", "maximum", "minimum_share"]
    frame = pd.DataFrame(rows, columns=[*names, "maximum_share"])
    return replace(case, quotas=frame.assign(year=2025))


def _bend_industry(case: Draft, rng: np.random.Generator) -> Draft:
    options = with_columns(case).treat_options
    dear = options["cost_cny_per_ha_0"] * np.where(options["industry"] == "", 1.0, 4.0)
    case = replace(case, treat_options=options.assign(cost_cny_per_ha_0=dear))
    return _set(case, min_share_industry=rng.uniform(0.4, 0.6))


def _bend_water(case: Draft, rng: np.random.Generator) -> Draft:
    dear = _thirst_is_cheap(_late(case))
    limit = float(rng.uniform(1500, 2500))
    return _limits(dear, [("water_m3", "", 2025, "", limit), ("water_m3", "D1", 2024, "", 400.0)])


def _thirst_is_cheap(case: Draft) -> Draft:
    options = case.treat_options
    quick = options["sequence_id"] == "quick"
    cost = options["cost_cny_per_ha_0"] * np.where(quick, 0.2, 1.0)
    return replace(case, treat_options=options.assign(cost_cny_per_ha_0=cost))


def _bend_capital(case: Draft, rng: np.random.Generator) -> Draft:
    case = _set(_late(case), repaid_after_years=2)
    rows = [("working_capital_cny", "", 2024, "", float(rng.uniform(3e4, 8e4)))]
    return _limits(case, rows)


def _bend_days_season(case: Draft, rng: np.random.Generator) -> Draft:
    rows = [
        ("person_days", "", 2025, "spring", float(rng.uniform(100, 200))),
        ("person_days", "", 2025, "autumn", float(rng.uniform(150, 300))),
        ("person_days", "", 2024, "summer", 60.0),
    ]
    return _limits(_thirst_is_cheap(_late(case)), rows)


def _bend_straw_season(case: Draft, rng: np.random.Generator) -> Draft:
    rows = [
        ("straw_t", "", 2025, "spring", float(rng.uniform(30, 50))),
        ("straw_t", "", 2025, "autumn", float(rng.uniform(30, 50))),
        ("straw_t", "D1", 2024, "spring", 10.0),
    ]
    return _limits(_thirst_is_cheap(_late(case)), rows)


def _bend_water_season(case: Draft, rng: np.random.Generator) -> Draft:
    rows = [
        ("water_m3", "", 2025, "spring", float(rng.uniform(500, 900))),
        ("water_m3", "", 2025, "autumn", float(rng.uniform(500, 900))),
    ]
    return _limits(_thirst_is_cheap(_late(case)), rows)


NAN = np.nan


def _bend_wages(case: Draft, rng: np.random.Generator) -> Draft:
    low = float(rng.uniform(0.8, 1.0)) * WAGE * 25.0 * 40.0
    return _quotas(_late(case), [("wages_cny", "collective", "C2", low, NAN, NAN, NAN)])


def _bend_amounts(case: Draft, rng: np.random.Generator) -> Draft:
    rows = [
        ("soil_t", "programme", "", float(rng.uniform(900, 1100)), NAN, NAN, NAN),
        ("protection", "district", "D1", float(rng.uniform(80, 110)), NAN, NAN, NAN),
        ("industry_ha", "programme", "", NAN, float(rng.uniform(5, 20)), NAN, NAN),
    ]
    return _quotas(_late(case), rows)


def _bend_energy(case: Draft, rng: np.random.Generator) -> Draft:
    options = case.build_options
    hours = np.where(options["site_id"] == "S1", 1e4, 2e4)
    case = replace(case, build_options=options.assign(energy_mwh_per_unit_year=hours))
    low = float(rng.choice([5e4, 6e4]))
    rows = [
        ("energy_mwh", "programme", "", low, NAN, NAN, NAN),
        ("capacity_mw", "programme", "", NAN, 45.0, NAN, NAN),
    ]
    return _quotas(case, rows)


def _bend_least_share(case: Draft, rng: np.random.Generator) -> Draft:
    rows = [
        ("treated_ha", "district", "D2", NAN, NAN, float(rng.uniform(0.5, 0.6)), NAN),
        ("capacity_mw", "district", "D2", NAN, NAN, 0.3, NAN),
    ]
    return _quotas(_late(case), rows)


def _bend_most_share(case: Draft, rng: np.random.Generator) -> Draft:
    rows = [
        ("treated_ha", "collective", "C1", NAN, NAN, NAN, float(rng.uniform(0.35, 0.45))),
        ("capacity_mw", "district", "D1", NAN, NAN, NAN, 0.7),
    ]
    return _quotas(_late(case), rows)


def _bend_district_obligation(case: Draft, rng: np.random.Generator) -> Draft:
    rates = {"pv": float(rng.uniform(0.9, 1.2)), "wind": 1.5}
    return _set(case, obligation_scope="district", obligation_ha_per_mw=rates)


def _bend_hub_obligation(case: Draft, rng: np.random.Generator) -> Draft:
    rates = {"pv": float(rng.uniform(0.9, 1.2)), "wind": 1.5}
    return _set(case, obligation_scope="hub", obligation_ha_per_mw=rates)


def _bend_hybrid(case: Draft, rng: np.random.Generator) -> Draft:
    """PV of 30 MW and wind of 15 MW share circuits of 25 MW."""
    names = ["technology", "year", "target_mw", "band_mw"]
    rows = [("pv", 2024, 30.0, 5.0), ("wind", 2025, 15.0, 5.0)]
    case = replace(case, capacity_targets=pd.DataFrame(rows, columns=names))
    return _set(case, hybrid_coincidence=float(rng.uniform(0.1, 0.3)))


def _bend_reach(case: Draft, rng: np.random.Generator) -> Draft:
    del rng
    pairs = [("P1", "S1"), ("P2", "S1"), ("P3", "S2"), ("P4", "S1"), ("P5", "S2")]
    case = replace(case, reaches=pd.DataFrame(pairs, columns=["parcel_id", "site_id"]))
    return _set(_late(case), within_reach=True)


def _bend_border(case: Draft, rng: np.random.Generator) -> Draft:
    pairs = [("P1", "P2", 900.0), ("P2", "P4", 700.0), ("P3", "P5", 800.0), ("P5", "", 300.0)]
    borders = pd.DataFrame(pairs, columns=["parcel_id", "other_id", "length_m"])
    case = _set(_late(case), perimeter_cny_per_m=float(rng.uniform(50, 200)))
    return replace(case, borders=borders)


MORE_BENDS = {
    "industry_share": _bend_industry,
    "water": _bend_water,
    "working_capital": _bend_capital,
    "person_days_season": _bend_days_season,
    "straw_season": _bend_straw_season,
    "water_season": _bend_water_season,
    "quota-wages": _bend_wages,
    "quota-amounts": _bend_amounts,
    "quota-energy": _bend_energy,
    "least_share": _bend_least_share,
    "most_share": _bend_most_share,
    "obligation-district": _bend_district_obligation,
    "obligation-hub": _bend_hub_obligation,
    "hub_flow": _bend_hybrid,
    "reach": _bend_reach,
    "border_in": _bend_border,
    "border_out": _bend_border,
}
