"""All checks of a plan folder, in order."""

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Final

from sandgrid.audit import (
    building,
    compactness,
    connecting,
    files,
    goals,
    land,
    limits,
    money,
    people,
    quotas,
    sequences,
    soil,
    summing,
    targets,
    written,
)
from sandgrid.audit.folder import PlanFolder, read_folder
from sandgrid.audit.report import AuditReport, Check, Outcome, judged, not_checked

FIRST: Final = ("tables", "references")
CHECKS: Final[Mapping[str, Callable[[PlanFolder], Outcome]]] = MappingProxyType(
    {
        "manifest": files.check_manifest,
        "question": files.check_question,
        "tables": files.check_tables,
        "references": files.check_references,
        "shapes": land.check_shapes,
        "written_layers": written.check_written_layers,
        "places": land.check_places,
        "parcels": land.check_parcels,
        "sites": land.check_sites,
        "capacity": targets.check_capacity,
        "treated": targets.check_treated,
        "obligation": targets.check_obligation,
        "milestones": targets.check_milestones,
        "works": targets.check_works,
        "enclosure_share": targets.check_enclosure_share,
        "core_share": targets.check_core_share,
        "industry_share": targets.check_industry_share,
        "reach": targets.check_reach,
        "quotas": quotas.check_quotas,
        "locks": targets.check_locks,
        "treated_once": land.check_treated_once,
        "treatment_area": land.check_treatment_area,
        "treatment_parcel": land.check_treatment_parcel,
        "treatment_eligible": land.check_treatment_eligible,
        "measure_eligible": land.check_measure_eligible,
        "generation_land": land.check_generation_land,
        "on_site_land": land.check_on_site_land,
        "on_site_share": sequences.check_on_site_share,
        "deadlines": sequences.check_deadlines,
        "count_years": sequences.check_count_years,
        "sequences": sequences.check_sequences,
        "treatment_cost": sequences.check_treatment_cost,
        "soil": soil.check_soil,
        "limits": limits.check_limits,
        "units": building.check_units,
        "least_site": building.check_least_site,
        "pv_blocks": building.check_pv_blocks,
        "pv_eligible": land.check_pv_eligible,
        "turbines": building.check_turbines,
        "wind_eligible": land.check_wind_eligible,
        "spacing": building.check_spacing,
        "pads": building.check_pads,
        "site_land": building.check_on_site_of_site,
        "site_use": building.check_site_use,
        "hub_of_site": building.check_hub_of_site,
        "hubs": connecting.check_hubs,
        "stations": connecting.check_stations,
        "flows": connecting.check_flows,
        "circuits": connecting.check_circuits,
        "trunks": connecting.check_trunks,
        "bays": connecting.check_bays,
        "headroom": connecting.check_headroom,
        "substation_use": connecting.check_substation_use,
        "discount": money.check_discount,
        "cost_rows": money.check_cost_rows,
        "build_prices": money.check_build_prices,
        "connection_prices": money.check_connection_prices,
        "perimeter": compactness.check_perimeter,
        "cost_totals": money.check_cost_totals,
        "objective": money.check_objective,
        "gap": money.check_gap,
        "status": goals.check_status,
        "goal": goals.check_goal,
        "districts": summing.check_districts,
        "parcel_use": summing.check_parcel_use,
        "totals": summing.check_totals,
        "payments": people.check_payments,
        "packages": people.check_packages,
        "statements": people.check_statements,
    }
)


def audit_plan(folder: Path, *, names: Iterable[str] = tuple(CHECKS)) -> AuditReport:
    """Check a plan folder against the question that lies in it.

    Parameters
    ----------
    folder : Path
        What a run has written, finished or still staged.
    names : iterable of str
        Checks to make; all by default.

    Returns
    -------
    AuditReport
        Every check by name. Where tables break their contracts or ids lead nowhere, the checks
        that need them are not made and do not pass.

    Raises
    ------
    InputError
        If a file of the plan is missing or broken.

    """
    plan = read_folder(Path(folder))
    first = {name: judged(name, CHECKS[name](plan)) for name in _sound(plan)}
    sound = len(first) == len(FIRST) and all(check.passed for check in first.values())
    # one after the other: checks prepare the same shapes, which GEOS does not allow to two threads
    return AuditReport(tuple(first.get(name) or _made(name, plan, sound=sound) for name in names))


def _sound(plan: PlanFolder) -> tuple[str, ...]:
    """Return the checks on which the others rest, as far as they can be made."""
    return FIRST[:1] if plan.broken else FIRST


def _made(name: str, plan: PlanFolder, *, sound: bool) -> Check:
    if name == "manifest":
        staged = files.is_staged(plan.folder)
        return not_checked(name, "audit-staged") if staged else judged(name, CHECKS[name](plan))
    if not sound:
        return not_checked(name, "audit-unsound", passed=False)
    return judged(name, CHECKS[name](plan))
