"""The search against a solver of another kind: CP-SAT on the same compiled problem."""

from pathlib import Path

import numpy as np
import pytest
from ortools.linear_solver.python import model_builder
from worlds import WorldSize, make_world

from sandgrid.optimize import SolveSettings, compile_problem, solve, write_mps
from sandgrid.units import CNY_PER_MILLION

LARGER = WorldSize(
    sites=3,
    parcels=12,
    hubs=2,
    substations=2,
    districts=1,
    years=(2028, 2029, 2030),
    side_km=20.0,
    pv_mw=50.0,
    wind_mw=25.0,
)
GAP = 0.002


def _agree(seed: int, folder: Path) -> None:
    case = make_world(seed, LARGER)
    found = solve(case, settings=SolveSettings(gap=GAP, seed=seed % 3, presolve=seed % 2 == 0))
    path = folder / "problem.mps"
    path.write_text(write_mps(compile_problem(case)), encoding="utf-8")
    model = model_builder.Model()
    assert model.import_from_mps_file(str(path))
    solver = model_builder.Solver("sat")
    solver.set_time_limit_in_seconds(60.0)
    status = solver.solve(model)
    if status == model_builder.SolveStatus.INFEASIBLE:
        assert found.status == "infeasible"
        return
    assert status == model_builder.SolveStatus.OPTIMAL
    other = solver.objective_value * CNY_PER_MILLION
    slack = GAP * found.outlay_cny
    assert found.bound_cny <= other + 1e-4 * found.outlay_cny
    assert abs(found.objective_cny - other) <= slack + 1e-4 * found.outlay_cny
    assert np.isfinite(found.gap)


@pytest.mark.parametrize("seed", range(2))
def test_within_the_gap_of_cp_sat(seed: int, tmp_path: Path) -> None:
    _agree(seed, tmp_path)


@pytest.mark.slow  # eighteen more of them
@pytest.mark.parametrize("seed", range(2, 20))
def test_within_the_gap_of_cp_sat_on_more(seed: int, tmp_path: Path) -> None:
    _agree(seed, tmp_path)
