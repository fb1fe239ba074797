"""A change that takes units from a plan comes with a plan where spare units stand beside it."""

from dataclasses import replace

import numpy as np
import pytest
from brute import cheapest
from instances import instance
from tiny import tiny_case
from worlds import make_world, three_years

from sandgrid.optimize import JointSolution, SolveSettings, WhatIf, solve
from sandgrid.optimize.case import Case
from sandgrid.optimize.compilation import compile_problem
from sandgrid.optimize.problem import Problem
from sandgrid.optimize.settings import MoveSettings
from sandgrid.optimize.solver import solve_problem
from sandgrid.units import CNY_PER_MILLION

EXACT = SolveSettings(gap=1e-7)
ROUND_CNY = 20.0
TINY = [tiny_case(seed, "treated") for seed in range(4)]
TINY += [instance(number) for number in (0, 54, 81)]


@pytest.fixture(scope="module")
def small() -> Case:
    return make_world(2, three_years(sites=10, parcels=60, pv_mw=60.0))


@pytest.fixture(scope="module")
def planned(small: Case) -> JointSolution:
    return solve(small, settings=EXACT)


def without(case: Case, site: str) -> Case:
    return replace(case, settings=replace(case.settings, locked_out_sites=(site,)))


def mapped(plan: JointSolution, case: Case, other: Problem) -> np.ndarray:
    """Return the values of a plan for the columns of another case, by name; 0 where it has none."""
    names = compile_problem(case).columns["name"]
    values = dict(zip(names, plan.values, strict=True))
    return np.array([values[name] for name in other.columns["name"]])


def broken_rows(problem: Problem, point: np.ndarray) -> list[str]:
    activity, rows = problem.matrix @ point, problem.rows
    room = 1e-5 * (1 + np.abs(activity))
    bad = (activity < rows["lower"] - room) | (activity > rows["upper"] + room)
    return rows["name"][bad].tolist()


def assert_is_a_plan_without(case: Case, site: str, plan: JointSolution) -> None:
    """A plan of the case in which the site stands nowhere: compiled anew, not changed."""
    assert site not in set(plan.builds["site_id"])
    left = compile_problem(without(case, site))
    point = mapped(plan, case, left)
    assert broken_rows(left, point) == []
    whole = left.columns["integer"].to_numpy()
    assert np.abs(point[whole] - np.rint(point[whole])).max() < 1e-6
    assert plan.objective_cny == pytest.approx(
        left.columns["cost"].to_numpy() @ point * CNY_PER_MILLION, abs=ROUND_CNY
    )


def could_move(case: Case, site: str, plan: JointSolution) -> bool:
    """Tell by other means whether the plan's other builds leave room for what is lost."""
    problem = compile_problem(case)
    columns = problem.columns.set_index("name")
    values = dict(zip(problem.columns["name"], np.rint(plan.values), strict=True))
    lost = plan.builds[plan.builds["site_id"] == site]
    hubs, kinds = set(plan.stations["hub_id"]), set(lost["technology"])
    fed = {tuple(pair) for pair in plan.builds[["site_id", "hub_id"]].to_numpy()}
    losing = {hub for own, hub in fed if own == site}
    for name, value in values.items():
        family, _, inside = name.rstrip("]").partition("[")
        parts = inside.split(",")
        if family in ("build", "feeds", "uses"):
            own, hub = parts[0], parts[2 if family != "feeds" else 1]
            spare = hub in hubs and ((own, hub) in fed or own not in {pair[0] for pair in fed})
            spare &= family == "feeds" or parts[1] in kinds
            spare &= family != "build" or int(parts[3]) >= lost["year"].min()
            columns.loc[name, "lower"] = 0.0 if own == site else value
            if own == site or not spare:
                columns.loc[name, "upper"] = 0.0 if own == site else value
        elif family == "station" or (family == "circuits" and parts[0][:2] in hubs):
            last = max(values[f"{family}[{parts[0]},{year}]"] for year in case.years)
            more = 1.0 if family == "circuits" and last else 0.0
            most = last + more if family == "circuits" else value
            columns.loc[name, "upper"] = min(columns.loc[name, "upper"], most)
            columns.loc[name, "lower"] = 0.0 if parts[0][:2] in losing else value
        elif family in ("extra_bays", "reinforced"):
            columns.loc[name, "lower"] = value
    return solve_problem(replace(problem, columns=columns.reset_index())).values is not None


def test_a_site_locked_out_comes_with_a_plan_no_better_than_brute_force() -> None:
    got, none = 0, 0
    for number, case in enumerate(TINY):
        plan = solve(case, settings=EXACT)
        for site in sorted(set(plan.builds["site_id"])):
            found = WhatIf(case, plan).ask({f"build[{site},*]": (0.0, 0.0)})
            least = cheapest(without(case, site))
            assert found.bound_cny <= least + ROUND_CNY or found.status == "infeasible"
            assert (found.status == "bounded") or not np.isfinite(least)
            if found.plan is None:
                none += 1
                assert not np.isfinite(least) or not could_move(case, site, plan), (number, site)
                continue
            got += 1
            assert_is_a_plan_without(case, site, found.plan)
            assert found.plan.objective_cny >= least - ROUND_CNY, (number, site)
            assert found.plan.objective_cny >= found.plan.bound_cny
    assert min(got, none) >= 2


def test_every_site_of_a_small_world_may_be_lost(small: Case, planned: JointSolution) -> None:
    case, plan = small, planned
    asked = WhatIf(case, plan)
    for site in sorted(set(plan.builds["site_id"])):
        found = asked.ask({f"build[{site},*]": (0.0, 0.0)})
        best = solve_problem(compile_problem(without(case, site)))
        assert found.plan is not None
        assert_is_a_plan_without(case, site, found.plan)
        assert found.plan.objective_cny >= best.objective * CNY_PER_MILLION - ROUND_CNY
        assert found.bound_cny <= best.objective * CNY_PER_MILLION + ROUND_CNY
    assert asked.ask({}).plan == plan, "nothing of a question stays behind"


def test_more_capacity_is_found_at_stations_that_stand(small: Case, planned: JointSolution) -> None:
    case, plan = small, planned
    rows = compile_problem(case).rows.set_index("name")
    name, total = "capacity[pv,2030]", "capacity[total,2030]"
    low, high = rows.loc[name, "lower"], rows.loc[name, "upper"]
    more = {name: (low + 12.5, high + 12.5), total: (None, np.inf)}
    found = WhatIf(case, plan).ask(more)
    assert found.plan is not None
    assert set(found.plan.stations["hub_id"]) <= set(plan.stations["hub_id"])
    problem = compile_problem(case)
    rows.loc[name, ["lower", "upper"]] = more[name]
    rows.loc[total, "upper"] = np.inf
    asked = replace(problem, rows=rows.reset_index())
    assert broken_rows(asked, found.plan.values) == []


def test_no_effort_finds_no_place(small: Case, planned: JointSolution) -> None:
    """Without a node and without a circuit more a place may be missed, never made up."""
    case, plan = small, planned
    site = plan.builds["site_id"].iloc[0]
    mean = WhatIf(case, plan, settings=MoveSettings(circuits=0, gap=0.5, nodes=1))
    found = mean.ask({f"build[{site},*]": (0.0, 0.0)})
    if found.plan is not None:
        assert_is_a_plan_without(case, site, found.plan)
    assert mean.ask({"build[*": (0.0, 0.0)}).plan is None
