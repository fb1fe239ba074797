"""Repairs by rule: ease a rule about land, judge the land again, see whether a plan exists."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sandgrid.messages import Language, tell
from sandgrid.optimize import Case, compile_problem, explain_settings, solve, solve_settings
from sandgrid.optimize.repair import workspace
from sandgrid.params import Parameters
from sandgrid.pipeline.stages import find_land, state_question
from sandgrid.pipeline.world import read_world
from sandgrid.scenario import Scenario
from sandgrid.units import CNY_PER_MILLION, mu_from_ha

LAND_FAMILIES = ("treated", "obligation", "core_share", "least_soil", "industry_share")
LEAST_GAIN = 1e-6


@dataclass(frozen=True)
class Easing:
    """One rule eased, and what that brings.

    Parameters
    ----------
    name : str
        Key below ``repair`` in the parameters.
    value : float
        New value of the parameter.
    gain : float
        More treatable land [mu] or more capacity on offer [MW].
    unit : {"mu", "MW"}
        Unit of the gain.
    objective_cny : float
        Least objective with the rule eased [CNY].
    whole : bool
        True if verified with whole units; False if with the linear relaxation only.

    """

    name: str
    value: float
    gain: float
    unit: str
    objective_cny: float
    whole: bool

    def text(self, lang: Language = "en") -> str:
        """Return one line in the planner's words."""
        values = {
            "rule": tell(f"ease-{self.name.replace('_', '-')}", {"value": self.value}, lang=lang),
            "gain": f"{self.gain:,.0f}",
            "unit": tell(f"price-unit-{self.unit.lower()}", lang=lang),
            "cost": f"{self.objective_cny / CNY_PER_MILLION:,.0f}",
        }
        return tell("ease-line", values, lang=lang)

    def record(self) -> dict[str, Any]:
        """Return the repair as ``plan.json`` holds it."""
        return {
            "action": f"ease_{self.name}",
            "scope": "",
            "year": None,
            "amount": self.gain,
            "unit": self.unit,
            "objective_cny": self.objective_cny,
            "verified_with_whole_units": self.whole,
            "zh": self.text("zh"),
            "en": self.text("en"),
        }


def find_easings(
    scenario: Scenario, parameters: Parameters, case: Case, rows: list[str]
) -> tuple[Easing, ...]:
    """Try every rule that may be eased and could help what is short.

    Parameters
    ----------
    scenario : Scenario
        The question without plan.
    parameters : Parameters
        ``repair.*`` names the rules and their eased values.
    case : Case
        The problem that it became.
    rows : list of str
        Rows that are short, e.g. ``treated[2027]``.

    Returns
    -------
    tuple of Easing
        Only those with which a plan exists, cheapest plan first.

    """
    wanted = {
        "treated" if row.startswith(LAND_FAMILIES) or "_ha," in row else "capacity" for row in rows
    }
    found = [
        easing
        for name in parameters.below("repair")
        if parameters.text(f"repair.{name}.helps") in wanted
        for easing in _try(scenario, parameters, case, name)
    ]
    return tuple(sorted(found, key=lambda item: (item.objective_cny, item.name)))


def _try(scenario: Scenario, parameters: Parameters, case: Case, name: str) -> Iterator[Easing]:
    value = parameters.number(f"repair.{name}.eased")
    eased = scenario.with_({f"parameters.{parameters.text(f'repair.{name}.parameter')}": value})
    world, land = find_land(read_world(eased))
    other = state_question(world, land)[1].case
    helps = parameters.text(f"repair.{name}.helps")
    measure = _treatable_mu if helps == "treated" else _offered_mw
    gain = measure(other) - measure(case)
    if gain <= LEAST_GAIN:
        return
    objective, whole = _least_objective(other, parameters)
    if objective is not None:
        unit = "mu" if helps == "treated" else "MW"
        yield Easing(name, value, gain, unit, objective, whole)


def _least_objective(case: Case, parameters: Parameters) -> tuple[float | None, bool]:
    """Return the least objective and whether units are whole; None where there is no plan."""
    if compile_problem(case).shape[1] <= explain_settings(parameters).small_columns:
        found = solve(case, settings=solve_settings(parameters))
        return (None if found.status == "infeasible" else found.objective_cny), True
    relaxed = workspace(case).relaxation
    feasible = relaxed.status == "optimal"
    return (relaxed.objective * CNY_PER_MILLION if feasible else None), False


def _treatable_mu(case: Case) -> float:
    used = case.parcels["parcel_id"].isin(case.treat_options["parcel_id"])
    return mu_from_ha(float(case.parcels["treat_ha"][used].sum()))


def _offered_mw(case: Case) -> float:
    options = case.build_options
    mw = (options["units_max"] * options["unit_mw"]).groupby(
        [options["site_id"], options["technology"]]
    )
    return float(mw.max().sum())
