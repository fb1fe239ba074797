"""Where only whole units, least sizes or locks stand in the way, the explanation says so."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from brute import cheapest
from tiny import tiny_case

from sandgrid.optimize import (
    ExplainSettings,
    Explanation,
    Shortfall,
    SolveSettings,
    explain_infeasible,
    explain_settings,
)
from sandgrid.optimize import explanation as explaining
from sandgrid.optimize.case import Case
from sandgrid.optimize.giving import CEILINGS, DEMANDS, LOWERED, RAISED, RULES, UNITS
from sandgrid.optimize.solver import Answer
from sandgrid.params import default_parameters


def asking(case: Case, years: tuple[int, ...], mw: tuple[float, ...], band_mw: float) -> Case:
    """Return the case with targets of total capacity alone, each in a band."""
    targets = pd.DataFrame(
        {"technology": "total", "year": years, "target_mw": mw, "band_mw": band_mw}
    )
    return replace(case, capacity_targets=targets)


def lone_site(least_hub: float, locked: tuple[str, ...] = ()) -> Case:
    """Return a case of one site of 35 MW at one hub: PV 2 x 10 MW and a turbine of 15 MW."""
    case = tiny_case(0)
    options = case.build_options
    options = options[(options["site_id"] == "S1") & (options["hub_id"] == "H1")]
    most = np.where(options["technology"] == "pv", 2, 1)
    settings = replace(case.settings, min_hub_mw=least_hub, locked_in_sites=locked)
    case = replace(case, build_options=options.assign(units_max=most), settings=settings)
    return asking(case, (2025,), (30.0,), 10.0)


def short_mw(found: Explanation) -> float:
    return sum(item.amount for item in found.shortfalls if item.row.startswith("capacity"))


def random_case(seed: int) -> Case:
    rng = np.random.default_rng(seed)
    case = tiny_case(seed)
    settings = replace(
        case.settings,
        min_hub_mw=float(rng.choice([0.0, 30.0, 45.0])),
        min_site_mw=float(rng.choice([0.0, 25.0])),
    )
    asked = float(rng.integers(8, 40)), float(rng.integers(20, 85))
    band = float(rng.choice([1.0, 2.0, 4.0, 6.0]))
    return asking(replace(case, settings=settings), (2024, 2025), asked, band)


def test_something_is_short_exactly_where_no_plan_exists() -> None:
    kinds = []
    for seed in (0, 2, 4, 6, 8, 11):
        case = random_case(seed)
        found = explain_infeasible(case, settings=ExplainSettings(repairs=0))
        assert (found.kind == "none") == bool(np.isfinite(cheapest(case))), seed
        assert bool(found.shortfalls) == (found.kind != "none"), seed
        kinds.append(found.kind)
    assert set(kinds) == {"none", "whole units"}


def test_blocks_that_fit_no_milestone_are_short_by_the_least_there_is() -> None:
    """Of 10 and 15 MW nothing lies between 35 and 40; at 36 to 38 at least 1 MW is missing."""
    case = asking(tiny_case(0), (2025,), (36.0,), 2.0)
    assert not np.isfinite(cheapest(case))
    found = explain_infeasible(case)
    assert found.kind == "whole units"
    assert [item.row for item in found.shortfalls] == ["capacity[total,2025]"]
    assert short_mw(found) == pytest.approx(1.0)
    assert np.isfinite(cheapest(asking(case, (2025,), (35.0,), 3.0)))
    assert not np.isfinite(cheapest(asking(case, (2025,), (35.1,), 2.9)))


def capped_case() -> Case:
    """Return PV blocks of 10 MW: 25 MW are asked for, and a quota allows 28."""
    case = tiny_case(0)
    options = case.build_options[case.build_options["technology"] == "pv"]
    cap = {"quantity": "capacity_mw", "scope": "programme", "scope_id": "", "year": 2025}
    quotas = pd.DataFrame([{**cap, "minimum": np.nan, "maximum": 28.0}])
    case = replace(case, build_options=options, quotas=quotas)
    return asking(case, (2025,), (25.0,), 10.0)


def test_a_quota_that_caps_the_blocks_can_be_eased_by_what_is_missing() -> None:
    found = explain_infeasible(capped_case())
    assert found.kind == "whole units"
    assert short_mw(found) == pytest.approx(5.0)
    eased = {repair.action: repair for repair in found.repairs}
    assert eased["quota"].amount == pytest.approx(2.0)


def test_a_least_hub_above_its_sites_is_named_with_what_is_missing() -> None:
    case = lone_site(40.0)
    assert not np.isfinite(cheapest(case))
    found = explain_infeasible(case)
    assert short_mw(found) == pytest.approx(30.0), "nothing can be built at all"
    repair = next(repair for repair in found.repairs if repair.action == "least_hub")
    assert (repair.amount, repair.unit, repair.whole) == (pytest.approx(5.0), "MW", True)
    assert repair.objective_cny == pytest.approx(cheapest(lone_site(35.0)), abs=5.0)
    assert not np.isfinite(cheapest(lone_site(35.1)))
    assert "programme.min_hub_mw) by 5.0 MW" in repair.text("en")
    assert "降低 5.0 MW" in repair.text("zh")


def test_a_locked_site_that_no_hub_may_take_is_named_though_all_targets_are_given_up() -> None:
    case = lone_site(40.0, ("S1",))
    assert not np.isfinite(cheapest(case))
    found = explain_infeasible(case)
    assert found.kind == "relaxation"
    assert found.shortfalls[0].row == "one_hub[S1]"
    assert "locked in (S1) cannot be kept" in found.shortfalls[0].text("en")
    assert "锁定使用的场址（S1）" in found.shortfalls[0].text("zh")
    assert [repair.action for repair in found.repairs] == ["least_hub"]


def test_a_locked_site_without_the_target_may_also_be_unlocked() -> None:
    case = lone_site(40.0, ("S1",))
    case = asking(case, (2025,), (0.0,), 40.0)
    case = replace(case, treated_targets=case.treated_targets.assign(target_ha=0.0))
    found = explain_infeasible(case)
    actions = {repair.action: repair for repair in found.repairs}
    assert set(actions) == {"one_hub", "least_hub"}
    assert actions["one_hub"].scope == "S1"
    free = replace(case, settings=replace(case.settings, locked_in_sites=()))
    assert actions["one_hub"].objective_cny == pytest.approx(cheapest(free), abs=5.0)


def test_a_locked_parcel_beyond_the_budget_is_told_in_money() -> None:
    case = tiny_case(0)
    settings = replace(case.settings, locked_in_parcels=("P1",))
    limits = pd.DataFrame(
        {"resource": "budget_cny", "district_id": "", "year": [2024, 2025], "limit": 1.0}
    )
    found = explain_infeasible(replace(case, settings=settings, limits=limits))
    assert found.kind != "none"
    first = found.shortfalls[0]
    assert (first.row, first.scope, first.unit) == ("budget[2024]", "", "million CNY")
    assert first.needed == pytest.approx(1e-6)
    raised = next(repair for repair in found.repairs if repair.action == "budget")
    more = limits.assign(limit=1.0 + raised.amount * 1e6 + 1.0)
    assert np.isfinite(cheapest(replace(case, settings=settings, limits=more)))
    assert all(item.text("zh") and item.text("en") for item in found.shortfalls)


def test_a_search_that_ends_without_an_answer_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    real = explaining.solve_problem

    def broken_off(problem, effort=None):
        if problem.columns["integer"].any():
            return Answer("limit", None, np.inf, 0.0)
        return real(problem, effort)

    monkeypatch.setattr(explaining, "solve_problem", broken_off)
    found = explain_infeasible(asking(tiny_case(0), (2025,), (36.0,), 2.0))
    assert found.kind == "unknown"
    assert found.shortfalls == ()


def test_how_much_is_told_and_what_counts_as_small_is_a_matter_of_parameters() -> None:
    case = capped_case()
    all_told = explain_infeasible(case).repairs
    first = explain_infeasible(case, settings=ExplainSettings(repairs=1))
    assert len(all_told) > 1
    assert first.repairs == all_told[:1]
    large = explain_infeasible(case, settings=ExplainSettings(small_columns=0))
    assert (large.kind, large.repairs) == ("whole units", ()), "whole units are not tried there"
    changed = default_parameters().with_values({"explain.repairs": 2}, source="the test")
    assert explain_settings(changed) == ExplainSettings(repairs=2)


def test_the_file_holds_what_the_settings_ask_for_and_nothing_else() -> None:
    known = {"explain": vars(ExplainSettings()), "optimize": vars(SolveSettings())}
    for name, settings in known.items():
        told = set(default_parameters().below(name)) - {"priced_parcels"}
        assert told == set(settings) - {"seconds", "presolve"}, name


def test_a_limit_that_gives_way_is_one_that_can_be_raised() -> None:
    assert set(CEILINGS) < set(RAISED)
    assert {*RAISED, *LOWERED, *RULES, *DEMANDS} - {"quota", "least_share"} == set(UNITS)
    shortfall = Shortfall("quota[D1,wages_cny,2025]", "D1", 2025, 3.0, 5.0, "million CNY")
    assert "3.0 百万元" in shortfall.text("zh")
    assert "3.0 million CNY" in shortfall.text("en")
