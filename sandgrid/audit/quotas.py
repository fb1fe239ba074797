"""Checks of quotas: what a programme, district or collective has by a year."""

from typing import Any

import pandas as pd

from sandgrid.audit.comparing import NOTHING, at_least, at_most, gather
from sandgrid.audit.folder import PlanFolder
from sandgrid.audit.report import Outcome
from sandgrid.audit.sequences import yearly_needs
from sandgrid.audit.targets import NO_INDUSTRY, industries
from sandgrid.units import CENTIMU_PER_HA, KW_PER_MW

FLOAT_SLACK = 1e-6
OPTION = ["parcel_id", "sequence_id", "place"]
SCOPED = ("district", "collective")


def check_quotas(plan: PlanFolder) -> Outcome:
    """Check that every quantity lies within its quota, in amounts and in shares."""
    amounts = {name: amounts_of(plan, name) for name in sorted(_asked(plan))}
    return gather(_quota(row, amounts[row["quantity"]]) for row in plan.question["quotas"])


def _asked(plan: PlanFolder) -> set[str]:
    return {str(row["quantity"]) for row in plan.question["quotas"]}


def _quota(row: dict[str, Any], amounts: pd.DataFrame) -> Outcome:
    where = [f"{row['scope_id']} {row['year']} {row['quantity']}".strip()]
    until = amounts[amounts["year"] <= row["year"]]
    scope = row["scope"]
    here = until[until[scope] == row["scope_id"]] if scope in SCOPED else until
    whole, slack = until["amount"].sum(), FLOAT_SLACK + until["step"].sum()
    found, outcome = here["amount"].sum(), NOTHING
    for side, compare in (("minimum", at_least), ("maximum", at_most)):
        if row[side] is not None:
            outcome += compare(where, [found], [row[side]], slack=slack)
        if row[f"{side}_share"] is not None:
            outcome += compare(where, [found], [row[f"{side}_share"] * whole], slack=slack)
    return outcome


def amounts_of(plan: PlanFolder, quantity: str) -> pd.DataFrame:
    """Return what counts towards a quantity: district, collective, year, amount, step.

    ``step`` is what rounding of land to 0.01 mu may move; finished works count as treated land and
    have no collective.
    """
    if quantity in ("capacity_mw", "energy_mwh"):
        return _built(plan, quantity)
    if quantity == "wages_cny":
        return _wages(plan)
    new = _counted(plan, _per_ha(plan, quantity))
    return pd.concat([new, _works(plan)]) if quantity == "treated_ha" else new


def _built(plan: PlanFolder, quantity: str) -> pd.DataFrame:
    builds = plan["builds"]
    mw = builds["capacity_kw"] / KW_PER_MW
    amount = mw if quantity == "capacity_mw" else builds["energy_mwh_per_year"]
    return pd.DataFrame(
        {"district": builds["district_id"], "collective": "", "year": builds["year"]}
    ).assign(amount=amount, step=FLOAT_SLACK)


def _works(plan: PlanFolder) -> pd.DataFrame:
    works = plan["works"]
    return pd.DataFrame(
        {"district": works["district_id"], "collective": "", "year": works["count_year"]}
    ).assign(amount=works["area_centimu"] / CENTIMU_PER_HA, step=0.0)


def _collective(plan: PlanFolder, parcels: pd.Series) -> pd.Series:
    return parcels.map(plan["parcels"].set_index("parcel_id")["collective_id"])


def _counted(plan: PlanFolder, per_ha: pd.Series) -> pd.DataFrame:
    new = plan["treatments"]
    ha = new["area_centimu"] / CENTIMU_PER_HA
    return pd.DataFrame(
        {
            "district": new["district_id"],
            "collective": _collective(plan, new["parcel_id"]),
            "year": new["count_year"],
            "amount": ha * per_ha,
            "step": per_ha / CENTIMU_PER_HA,
        }
    )


def _per_ha(plan: PlanFolder, quantity: str) -> pd.Series:
    """Return what a hectare of each treatment brings."""
    new = plan["treatments"]
    one = pd.Series(1.0, index=new.index)
    if quantity == "treated_ha":
        return one
    if quantity == "industry_ha":
        return one.where(~industries(plan).isin(NO_INDUSTRY), 0.0)
    column = {"soil_t": "soil_t_per_ha", "protection": "protection_per_ha"}[quantity]
    found: pd.Series = new[OPTION].merge(plan["treat_options"], on=OPTION, how="left")[column]
    return found.set_axis(new.index)


def _wages(plan: PlanFolder) -> pd.DataFrame:
    """Return wages by the year of the work; those after the last year are not asked for."""
    needs = yearly_needs(plan)
    home = plan["treatments"].set_index("treatment_id")["parcel_id"]
    wage = plan.number("treatment.wage_cny_per_day")
    amount = needs["person_days"] * wage
    return pd.DataFrame(
        {
            "district": needs["district_id"],
            "collective": _collective(plan, needs["treatment_id"].map(home)),
            "year": needs["year"],
            "amount": amount,
            "step": amount / needs["area_centimu"],
        }
    )
