"""From the tables of the earlier steps to the planning problem."""

from dataclasses import dataclass

import pandas as pd

from sandgrid.optimize.case import CASE_TABLES, Case, CaseSettings
from sandgrid.params import Parameters
from sandgrid.scenario import Scenario
from sandgrid.scenario.tables import limit_table, quota_table
from sandgrid.scenario.targets import capacity_targets, treated_targets
from sandgrid.units import ha_from_centimu, ha_from_mu


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
        **frames,
    )


def unit_mw(parameters: Parameters) -> dict[str, float]:
    """Return the capacity of one unit of each technology [MW]."""
    return {"pv": parameters.number("pv.block_mw"), "wind": parameters.number("wind.turbine_mw")}


def _columns(frame: pd.DataFrame, name: str) -> pd.DataFrame:
    return pd.DataFrame(frame)[list(CASE_TABLES[name].kinds)]


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
        locked_in_sites=locks.sites_in,
        locked_out_sites=locks.sites_out,
        locked_in_parcels=locks.parcels_in,
        locked_out_parcels=locks.parcels_out,
    )
