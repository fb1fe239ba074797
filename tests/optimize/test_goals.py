"""Goals other than cost, by the best plan found without the compiler."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from brute import cheapest, least, most
from tiny import tiny_case
from tiny_more import WAGE, with_columns

from sandgrid.errors import InputError
from sandgrid.optimize import (
    Case,
    Goal,
    JointSolution,
    SolveSettings,
    pursue,
    solve,
    solve_treatment,
    treat_for_goal,
)
from sandgrid.optimize.classes import spread_over_parcels
from sandgrid.optimize.goals import bound_total, goal_case

EXACT = SolveSettings(gap=1e-7)
QUANTITIES = (
    "soil_t",
    "energy_mwh",
    pytest.param("wages_cny", marks=pytest.mark.slow),
    pytest.param("protection", marks=pytest.mark.slow),
)


def _world(seed: int) -> Case:
    """Return a tiny case in which soil, wages, energy and protection differ."""
    case = with_columns(tiny_case(seed))
    options = case.build_options
    energy = np.where(options["technology"] == "wind", 3e4, 1e4) * (1 + 0.1 * options.index)
    case = replace(case, build_options=options.assign(energy_mwh_per_unit_year=energy))
    targets = case.capacity_targets.assign(band_mw=10.0)
    settings = replace(case.settings, wage_cny_per_day=WAGE, locked_out_sites=("S2",))
    return replace(case, capacity_targets=targets, settings=settings)


def _within(case: Case, plan: JointSolution, quantity: str, part: float) -> Goal:
    return Goal(quantity, most_net_cost_cny=plan.objective_cny + part * plan.outlay_cny)


@pytest.mark.parametrize("quantity", QUANTITIES)
@pytest.mark.parametrize("seed", [1, pytest.param(4, marks=pytest.mark.slow)])
def test_the_most_within_a_cost_is_that_of_brute_force(quantity: str, seed: int) -> None:
    case = _world(seed)
    plan = solve(case, settings=EXACT)
    goal = _within(case, plan, quantity, 0.05)
    found = pursue(case, goal, plan, settings=EXACT)
    expected = most(case, quantity, goal.most_net_cost_cny)
    assert found.amount == pytest.approx(expected, rel=1e-5)
    assert found.bound >= expected * (1 - 1e-6)
    assert found.plan.objective_cny <= goal.most_net_cost_cny + 1.0
    assert (found.plan.status, found.gap < 1e-5) == ("optimal", True)


@pytest.mark.parametrize("seed", [2, pytest.param(5, marks=pytest.mark.slow)])
def test_weighed_in_money_it_is_the_least_of_brute_force(seed: int) -> None:
    case = _world(seed)
    worth = {"soil_t": 40.0, "wages_cny": 0.5}
    plan = solve(case, settings=EXACT)
    found = pursue(case, Goal("net_cost_cny", weights=worth), plan, settings=EXACT)
    expected = least(case, worth)
    assert found.amount == pytest.approx(expected, rel=1e-6)
    assert found.bound <= expected + 1.0
    assert found.plan.objective_cny >= plan.objective_cny - 1.0


@pytest.mark.slow
def test_the_plan_is_the_cheapest_that_reaches_the_amount() -> None:
    case = _world(1)
    plan = solve(case, settings=EXACT)
    found = pursue(case, _within(case, plan, "energy_mwh", 0.3), plan, settings=EXACT)
    asked = bound_total(case, "energy_mwh", least=found.amount * (1 - 1e-7))
    assert found.plan.objective_cny == pytest.approx(cheapest(asked), rel=1e-5)


@pytest.mark.slow
def test_a_front_is_a_loop_over_limits() -> None:
    case = _world(4)
    plan = solve(case, settings=EXACT)
    parts = (0.0, 0.02, 0.1, 0.5)
    front = [
        pursue(case, _within(case, plan, "soil_t", part), plan, settings=EXACT).amount
        for part in parts
    ]
    assert (np.diff(front) > -1e-6).all()
    assert front[-1] > front[0]


def test_no_plan_below_the_least_cost() -> None:
    case = _world(1)
    plan = solve(case, settings=EXACT)
    goal = Goal("soil_t", most_net_cost_cny=plan.objective_cny - 0.01 * plan.outlay_cny)
    assert pursue(case, goal, plan, settings=EXACT).plan.status == "infeasible"


def test_treatment_of_drawn_builds_states_its_gap_in_money() -> None:
    case = _world(2)
    plan = solve(case, settings=EXACT)
    found = pursue(case, Goal("net_cost_cny", weights={"soil_t": 40.0}), plan, settings=EXACT)
    parcels = case.parcels
    left = parcels[["parcel_id"]].assign(off_site_ha=parcels["treat_ha"], on_site_ha=0.0)
    treated = treat_for_goal(case, found, found.plan.builds, left)
    cheapest_one = solve_treatment(case, found.plan.builds, left)
    assert treated.gap == pytest.approx(0.0, abs=1e-6)
    assert treated.objective_cny == treated.net_cost_cny
    assert treated.objective_cny >= cheapest_one.objective_cny - 1.0


def test_the_tighter_of_two_bounds_stays() -> None:
    case = goal_case(_world(1), Goal("soil_t", most_net_cost_cny=5e9))
    quotas = bound_total(case, "net_cost_cny", least=1.0, most=7e9).quotas
    row = quotas[quotas["quantity"] == "net_cost_cny"]
    assert row[["minimum", "maximum"]].to_numpy().tolist() == [[1.0, 5e9]]
    assert isinstance(quotas, pd.DataFrame)


@pytest.mark.parametrize(
    ("quantity", "weights"),
    [("straw_t", {}), ("soil_t", {"soil_t": 1.0}), ("net_cost_cny", {"x": 1})],
)
def test_refuses_what_cannot_be_a_goal(quantity: str, weights: dict[str, float]) -> None:
    with pytest.raises(InputError, match="goal"):
        Goal(quantity, weights=weights)


def test_off_site_treatment_keeps_to_the_land_outside_what_is_drawn() -> None:
    members = pd.DataFrame(
        {"class_id": "A", "parcel_id": ["A", "B"], "treat_ha": 10.0, "on_site_ha": [8.0, 0.0]}
    )
    chosen = pd.DataFrame(
        {"class_id": ["A"], "sequence_id": "grass", "place": "off_site", "year": 2025, "ha": 12.0}
    )
    spread = spread_over_parcels(chosen, members, apart=True)
    assert spread[["parcel_id", "ha"]].to_numpy().tolist() == [["A", 2.0], ["B", 10.0]]
