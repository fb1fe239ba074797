"""Minimum cost with targets, as the conservation field asks: plain problems of the same kind."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import Bounds, LinearConstraint, milp

from sandgrid.optimize.constraints.terms import bounded, keyed
from sandgrid.optimize.problem import Problem, assemble, make_rows
from sandgrid.optimize.sheet import Sheet
from sandgrid.optimize.solver import Effort, solve_problem

PROOF = 1e-4


@dataclass(frozen=True)
class Instance:
    """Planning units x zones with a cost each; features with a target over all zones."""

    cost: np.ndarray
    amount: np.ndarray
    targets: np.ndarray
    locked_in: tuple[int, ...]
    locked_out: tuple[int, ...]


def make_instance(seed: int, units: int = 100, zones: int = 2, features: int = 4) -> Instance:
    rng = np.random.default_rng(seed)
    cost = rng.uniform(1.0, 10.0, (units, zones))
    amount = rng.gamma(0.5, 2.0, (features, units, zones))
    chosen = rng.permutation(units)
    return Instance(
        cost=cost,
        amount=amount,
        targets=amount.max(axis=2).sum(axis=1) * 0.3,
        locked_in=tuple(sorted(chosen[:10].tolist())),
        locked_out=tuple(sorted(chosen[10:30].tolist())),
    )


def as_problem(instance: Instance) -> Problem:
    """Write the instance as named rows and columns."""
    units, zones = instance.cost.shape
    unit, zone = (part.ravel() for part in np.indices((units, zones)))
    columns = pd.DataFrame(
        {
            "name": [f"use[{u:03d},{z}]" for u, z in zip(unit, zone, strict=True)],
            "lower": 0.0,
            "upper": np.where(np.isin(unit, instance.locked_out), 0.0, 1.0),
            "cost": instance.cost.ravel(),
            "integer": True,
        }
    )
    at = Sheet({"unit": unit, "column": np.arange(len(columns))})
    once = bounded(
        Sheet({"unit": np.arange(units)}),
        ["unit"],
        np.isin(np.arange(units), instance.locked_in) * 1.0,
        1.0,
    )
    features = Sheet({"feature": np.arange(len(instance.targets))})
    asked = bounded(features, ["feature"], np.asarray(instance.targets, dtype=float), np.inf)
    held = [
        keyed(at.having(feature=f), ["feature"], instance.amount[f].ravel())
        for f in range(len(instance.targets))
    ]
    rows = (make_rows("once", once, [keyed(at, ["unit"])]), make_rows("target", asked, held))
    return assemble(columns, rows)


def oracle(instance: Instance) -> float:
    """Solve the instance from its arrays with scipy."""
    units, zones = instance.cost.shape
    once = np.kron(np.eye(units), np.ones(zones))
    low = np.isin(np.arange(units), instance.locked_in) * 1.0
    amounts = instance.amount.reshape(len(instance.targets), -1)
    upper = np.repeat(~np.isin(np.arange(units), instance.locked_out), zones) * 1.0
    found = milp(
        instance.cost.ravel(),
        constraints=[
            LinearConstraint(once, low, 1.0),
            LinearConstraint(amounts, instance.targets, np.inf),
        ],
        integrality=np.ones(units * zones),
        bounds=Bounds(0.0, upper),
        options={"mip_rel_gap": PROOF},
    )
    return float(found.fun) if found.status == 0 else np.inf


@pytest.mark.parametrize("seed", [0, *(pytest.param(s, marks=pytest.mark.slow) for s in (1, 2))])
def test_proven_to_a_hundredth_of_a_per_cent(seed: int) -> None:
    instance = make_instance(seed)
    answer = solve_problem(as_problem(instance), Effort(gap=PROOF))
    assert answer.status == "optimal"
    assert answer.objective - answer.bound <= PROOF * answer.objective
    assert answer.objective == pytest.approx(oracle(instance), rel=2 * PROOF)


def test_locks_and_zones_are_kept() -> None:
    instance = make_instance(7)
    answer = solve_problem(as_problem(instance), Effort(gap=PROOF))
    used = np.rint(answer.values).reshape(instance.cost.shape)
    assert used.sum(axis=1).max() <= 1
    assert (used[list(instance.locked_in)].sum(axis=1) == 1).all()
    assert used[list(instance.locked_out)].sum() == 0
    assert ((instance.amount * used).sum(axis=(1, 2)) >= instance.targets - 1e-6).all()


def test_a_restoration_target_beyond_all_land_is_infeasible() -> None:
    instance = make_instance(1, units=40)
    beyond = instance.amount.max(axis=2).sum(axis=1) * 1.01
    wanted = Instance(instance.cost, instance.amount, beyond, (), ())
    assert solve_problem(as_problem(wanted)).status == "infeasible"
    assert not np.isfinite(oracle(wanted))
