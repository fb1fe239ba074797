"""What a floor on village wages or an industry's share costs: the plan with it and without it."""

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from sandgrid.people import describe_people
from sandgrid.pipeline.making import make_plan
from sandgrid.plan import Plan
from sandgrid.scenario import Scenario


@dataclass(frozen=True, eq=False)
class FloorPrice:
    """Two plans of one question, without and with a floor.

    Parameters
    ----------
    without, within : Plan
        The plans.
    table : DataFrame
        objective_cny, outlay_cny, wages_cny (of villages), person_days, treated_mu, each without
        and with the floor, and the difference.

    """

    without: Plan
    within: Plan
    table: pd.DataFrame

    @property
    def price_cny(self) -> int:
        """What the floor costs: objective with it less objective without it [CNY].

        It is known to the gaps of both plans: ``least_cny`` and ``most_cny`` hold it for certain.
        """
        return self.within.proof.objective_cny - self.without.proof.objective_cny

    @property
    def least_cny(self) -> int:
        """No less than this, whatever plans are best [CNY]."""
        return self.within.proof.bound_cny - self.without.proof.objective_cny

    @property
    def most_cny(self) -> int:
        """No more than this, whatever plans are best [CNY]."""
        return self.within.proof.objective_cny - self.without.proof.bound_cny


def price_floor(scenario: Scenario, floor: Mapping[str, object]) -> FloorPrice:
    """Make a plan without and with a floor and say what the floor costs.

    Parameters
    ----------
    scenario : Scenario
        The question.
    floor : mapping
        Dotted key -> value that states the floor, as for ``Scenario.with_``; e.g. ``{"quotas":
        [{"quantity": "wages_cny", "district": "150524", "year": 2026, "minimum": 3e6}]}``.

    Raises
    ------
    InfeasibleError
        If the floor cannot be met.

    """
    plans = make_plan(scenario), make_plan(scenario.with_(dict(floor)))
    columns = [_figures(plan) for plan in plans]
    table = pd.DataFrame(columns, index=["without", "within"]).T
    return FloorPrice(*plans, table.assign(difference=table["within"] - table["without"]))


def _figures(plan: Plan) -> dict[str, float]:
    people = describe_people(plan)
    return {
        "objective_cny": plan.proof.objective_cny,
        "outlay_cny": plan.proof.outlay_cny,
        "wages_cny": int(people.figures()["wages_cny"]),
        "person_days": round(float(plan.treatments["person_days"].sum()), 3),
        "treated_mu": plan.totals.treated_mu,
    }
