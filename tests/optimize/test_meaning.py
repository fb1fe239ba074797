"""Prices of a unit, of a parcel, of a site; what a change of the question costs."""

from dataclasses import replace

import numpy as np
import pytest
from tiny import tiny_case

from sandgrid.errors import InputError
from sandgrid.optimize import (
    JointSolution,
    SolveSettings,
    WhatIf,
    price_rows,
    replace_parcels,
    replace_sites,
    sites_in_design,
    solve,
)
from sandgrid.optimize.case import Case
from sandgrid.optimize.compilation import compile_problem
from sandgrid.optimize.repair import DESIGN, UNITS, hold
from sandgrid.optimize.solver import solve_problem
from sandgrid.units import CNY_PER_MILLION

EXACT = SolveSettings(gap=1e-7)


@pytest.fixture(scope="module")
def case() -> Case:
    return tiny_case(1, "treated")


@pytest.fixture(scope="module")
def plan(case: Case) -> JointSolution:
    return solve(case, settings=EXACT)


def _objective_cny(case: Case) -> float:
    return solve_problem(compile_problem(case)).objective * CNY_PER_MILLION


def _with_builds_cny(case: Case, plan: JointSolution) -> float:
    held = hold(compile_problem(case), DESIGN + UNITS, plan.values)
    return solve_problem(held.relaxed()).objective * CNY_PER_MILLION


def test_a_mu_costs_what_one_mu_more_costs(case: Case, plan: JointSolution) -> None:
    prices = {price.row: price for price in price_rows(case, plan)}
    mu = prices["treated[2025]"]
    more = case.treated_targets.assign(target_ha=case.treated_targets["target_ha"] + [0, 1 / 15])
    dearer = _with_builds_cny(replace(case, treated_targets=more), plan)
    assert (mu.unit, mu.basis) == ("mu", "design fixed")
    assert dearer - plan.objective_cny == pytest.approx(mu.price_cny, rel=1e-4)


def test_a_parcel_costs_what_its_loss_costs(case: Case, plan: JointSolution) -> None:
    for lost in replace_parcels(case, plan, ["P1", "P3", "P5"]):
        gone = replace(case.settings, locked_out_parcels=(lost.lost,))
        try:
            expected = _without(case, plan, gone)
        except ValueError:
            expected = np.inf
        assert lost.cost_cny == pytest.approx(expected, abs=1.0), lost.lost


def _without(case: Case, plan: JointSolution, settings: object) -> float:
    """Objective without a parcel, all builds as planned, found by names of columns."""
    left = compile_problem(replace(case, settings=settings))
    names = compile_problem(case).columns["name"]
    values = dict(zip(names, plan.values, strict=True))
    point = np.array([values[name] for name in left.columns["name"]])
    answer = solve_problem(hold(left, DESIGN + UNITS, point).relaxed())
    return answer.objective * CNY_PER_MILLION - plan.objective_cny


def test_a_site_costs_what_solving_without_it_costs(case: Case, plan: JointSolution) -> None:
    for lost in replace_sites(case, plan, ["S1", "S2"], settings=EXACT):
        gone = replace(case, settings=replace(case.settings, locked_out_sites=(lost.lost,)))
        expected = _objective_cny(gone) - _objective_cny(case)
        assert lost.basis == "solved again"
        assert lost.low_cny - 1 <= lost.cost_cny <= lost.high_cny + 1
        assert lost.cost_cny == pytest.approx(max(expected, 0.0), abs=20.0)


def test_the_only_site_is_irreplaceable() -> None:
    case = tiny_case(0)
    case = replace(case, settings=replace(case.settings, locked_out_sites=("S2",)))
    plan = solve(case, settings=EXACT)
    (lost,) = replace_sites(case, plan, ["S1"])
    assert np.isinf(lost.cost_cny)
    (within,) = sites_in_design(case, plan)
    assert np.isinf(within.cost_cny)
    assert within.basis == "design fixed"


def test_a_tightening_keeps_the_old_bound(case: Case, plan: JointSolution) -> None:
    used = plan.treatments["parcel_id"].iloc[0]
    found = WhatIf(case, plan).ask({"treated[2025]": (62.0, None)})
    assert found.kind == "tightening"
    assert found.bound_cny >= plan.bound_cny
    assert found.plan is not None
    assert found.plan.objective_cny >= plan.objective_cny
    assert found.gap is not None
    assert used


def test_a_relaxation_keeps_the_old_plan_and_loses_the_old_bound(
    case: Case, plan: JointSolution
) -> None:
    found = WhatIf(case, plan).ask({"treated[2025]": (50.0, None)})
    assert (found.kind, found.source) == ("relaxation", "relaxation")
    assert found.plan is not None
    assert found.plan.objective_cny == plan.objective_cny
    asked = case.treated_targets.assign(target_ha=[case.treated_targets["target_ha"][0], 50.0])
    assert found.bound_cny <= _objective_cny(replace(case, treated_targets=asked)) + 1.0


def test_a_change_that_nothing_can_meet_is_proven_infeasible(
    case: Case, plan: JointSolution
) -> None:
    asked = WhatIf(case, plan)
    found = asked.ask({"treated[2025]": (1e6, None)})
    assert (found.status, found.plan) == ("infeasible", None)
    assert asked.ask({}).bound_cny == plan.bound_cny


def test_a_lock_names_all_columns_of_a_site(case: Case, plan: JointSolution) -> None:
    site = plan.builds["site_id"].iloc[0]
    found = WhatIf(case, plan).ask({f"build[{site},*]": (0.0, 0.0)})
    assert found.kind == "tightening"
    assert found.plan is not None
    assert site not in set(found.plan.builds["site_id"])
    assert found.plan.objective_cny > plan.objective_cny
    with pytest.raises(InputError, match="S9"):
        WhatIf(case, plan).ask({"build[S9,*]": (0.0, 0.0)})
