"""From the tables of the earlier steps to the planning problem."""

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
from scipy.spatial import cKDTree

from sandgrid.errors import InputError
from sandgrid.optimize.case import CASE_TABLES, Case, CaseSettings, empty_case_table
from sandgrid.optimize.case_settings import SCOPES, Scope
from sandgrid.params import Parameters
from sandgrid.parcels.borders import find_borders
from sandgrid.scenario import Scenario
from sandgrid.scenario.tables import limit_table, quota_table
from sandgrid.scenario.targets import capacity_targets, treated_targets
from sandgrid.units import ha_from_centimu, ha_from_mu

M_PER_KM = 1_000.0


@dataclass(frozen=True)
class CaseTables:
    """What may be built, treated and connected: the tables that `build_case` reads.

    Parameters
    ----------
    parcels, sites, build_options, treat_options : DataFrame
        Contracts of the same names.
    hubs, trunk_options, substations, substation_years : DataFrame
        Contracts of the same names.
    works : DataFrame
        Finished works: district_id, dune_class, sequence_id, area_centimu.

    """

    parcels: pd.DataFrame
    sites: pd.DataFrame
    build_options: pd.DataFrame
    treat_options: pd.DataFrame
    hubs: pd.DataFrame
    trunk_options: pd.DataFrame
    substations: pd.DataFrame
    substation_years: pd.DataFrame
    works: pd.DataFrame


def build_case(scenario: Scenario, parameters: Parameters, tables: CaseTables) -> Case:
    """State the planning problem.

    Parameters
    ----------
    scenario : Scenario
        Years, targets, limits, quotas, locks.
    parameters : Parameters
        Rules of the programme and the discount rate.
    tables : CaseTables
        What may be built, treated and connected.

    Raises
    ------
    InputError
        If the tables contradict each other.

    """
    names = ("sites", "build_options", "parcels", "treat_options", "hubs", "trunk_options")
    frames = {name: _columns(getattr(tables, name), name) for name in names}
    frames["treat_options"] = _industries(frames["treat_options"])
    return Case(
        years=scenario.year_range,
        base_year=scenario.as_of.year,
        discount_rate=parameters.number("finance.discount_rate"),
        settings=_settings(scenario, parameters),
        substations=_columns(tables.substations, "substations"),
        substation_years=_columns(tables.substation_years, "substation_years"),
        works_ha=_works_ha(tables.works),
        capacity_targets=capacity_targets(scenario, unit_mw(parameters)),
        treated_targets=treated_targets(scenario)[["year", "target_ha"]],
        limits=limit_table(scenario),
        quotas=quota_table(scenario),
        borders=_borders(tables, parameters.number("programme.perimeter_price_cny_per_m")),
        reaches=_reaches(tables, parameters.number("programme.treatment_reach_km")),
        **frames,
    )


def _industries(options: pd.DataFrame) -> pd.DataFrame:
    """Leave the industry of sequences empty that serve none."""
    if "industry" not in options:
        return options
    return options.assign(industry=options["industry"].replace("none", ""))


def _reaches(tables: CaseTables, reach_km: float) -> pd.DataFrame:
    """List the sites that each parcel is in reach of, its own among them; none where it is off."""
    if reach_km <= 0:
        return empty_case_table("reaches")
    places = gpd.GeoSeries(tables.parcels.geometry).representative_point()
    tree = cKDTree(tables.sites[["x_m", "y_m"]].to_numpy(dtype=np.float64))
    near = tree.query_ball_point(np.column_stack([places.x, places.y]), reach_km * M_PER_KM)
    ids = tables.sites["site_id"].to_numpy()
    pairs = {
        (parcel, site)
        for parcel, own, found in zip(
            tables.parcels["parcel_id"], tables.parcels["site_id"], near, strict=True
        )
        for site in (*ids[found], own)
        if site
    }
    return pd.DataFrame(sorted(pairs), columns=["parcel_id", "site_id"])


def _borders(tables: CaseTables, price_cny_per_m: float) -> pd.DataFrame:
    """List the borders of parcels; none where they have no price."""
    if price_cny_per_m <= 0:
        return empty_case_table("borders")
    return find_borders(gpd.GeoDataFrame(tables.parcels))


def unit_mw(parameters: Parameters) -> dict[str, float]:
    """Return the capacity of one unit of each technology [MW]."""
    return {"pv": parameters.number("pv.block_mw"), "wind": parameters.number("wind.turbine_mw")}


def _columns(frame: pd.DataFrame, name: str) -> pd.DataFrame:
    rule = CASE_TABLES[name]
    wanted = [c for c in rule.kinds if c in frame.columns or c not in rule.defaults]
    return pd.DataFrame(frame)[wanted]


def _works_ha(works: pd.DataFrame) -> pd.DataFrame:
    key = ["district_id", "dune_class", "sequence_id"]
    area = works.groupby(key, sort=True)["area_centimu"].sum().reset_index()
    counted = area["area_centimu"].map(ha_from_centimu)
    return area[key].assign(counted_ha=counted.astype("float64"))


def _settings(scenario: Scenario, parameters: Parameters) -> CaseSettings:
    locks = scenario.locks
    return CaseSettings(
        obligation_ha_per_mw={
            "pv": ha_from_mu(parameters.number("programme.obligation_pv_mu_per_mw")),
            "wind": ha_from_mu(parameters.number("programme.obligation_wind_mu_per_mw")),
        },
        underpanel_share=parameters.number("programme.underpanel_share"),
        acceptance_lag_years=int(parameters.number("programme.acceptance_lag_years")),
        max_share_enclosure=parameters.number("programme.max_share_enclosure"),
        min_share_mobile_semi_fixed=parameters.number("programme.min_share_mobile_semi_fixed"),
        min_hub_mw=parameters.number("programme.min_hub_mw"),
        min_site_mw=parameters.number("programme.min_site_mw"),
        soil_value_cny_per_t=parameters.number("programme.soil_value_cny_per_t"),
        min_new_soil_t=parameters.number("programme.min_new_soil_t_per_year"),
        obligation_scope=_scope(parameters.text("programme.obligation_scope")),
        min_share_industry=parameters.number("programme.min_share_industry"),
        hybrid_coincidence=parameters.number("programme.hybrid_coincidence"),
        wage_cny_per_day=parameters.number("treatment.wage_cny_per_day"),
        repaid_after_years=int(parameters.number("programme.repaid_after_years")),
        perimeter_cny_per_m=parameters.number("programme.perimeter_price_cny_per_m"),
        within_reach=parameters.number("programme.treatment_reach_km") > 0,
        locked_in_sites=locks.sites_in,
        locked_out_sites=locks.sites_out,
        locked_in_parcels=locks.parcels_in,
        locked_out_parcels=locks.parcels_out,
    )


def _scope(name: str) -> Scope:
    for scope in SCOPES:
        if scope == name:
            return scope
    values = {"table": "parameters", "column": "programme.obligation_scope", "value": name}
    raise InputError("case-unknown-value", values)
