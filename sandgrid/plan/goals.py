"""What a plan brings beside its cost: soil, wages, energy, protection."""

import pandas as pd

from sandgrid.plan.costing import OFFSETS, with_treat_options
from sandgrid.plan.record import Plan
from sandgrid.units import CENTIMU_PER_HA


def goal_amounts(plan: Plan) -> dict[str, float]:
    """Return what a plan brings by the end of its last year.

    Parameters
    ----------
    plan : Plan
        With builds, treatments and the options that it uses.

    Returns
    -------
    dict
        soil_t [t/a], protection [1], energy_mwh [MWh/a], and wages_cny [CNY] of work on treatment
        within the planning years.

    """
    rows = with_treat_options(pd.DataFrame(plan.treatments), plan.treat_options)
    last = int(plan.milestones["year"].max())
    area_ha = rows["area_centimu"] / CENTIMU_PER_HA
    counted = area_ha.where(rows["count_year"] <= last, 0.0)
    days = sum(
        (
            area_ha * rows[f"person_days_per_ha_{offset}"] * (rows["year"] + offset <= last)
            for offset in OFFSETS
        ),
        start=pd.Series(0.0, index=rows.index),
    )
    wage = float(plan.scenario["parameters"]["treatment.wage_cny_per_day"]["value"])
    return {
        "soil_t": float((counted * rows["soil_t_per_ha"]).sum()),
        "protection": float((counted * rows["protection_per_ha"]).sum()),
        "energy_mwh": float(plan.builds["energy_mwh_per_year"].sum()),
        "wages_cny": float(days.sum() * wage),
    }
