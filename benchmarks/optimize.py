"""How fast the joint plan is proven, beside HiGHS on the plain model, OR-Tools and greedy siting.

    python benchmarks/optimize.py [--quick] [--class city] [--seeds 0,1,2,3,4]

Every method runs in a process of its own on the same generated instance (``tests/optimize/
worlds.py``), one after the other; ``--class`` asks for one or more classes (city, options10k,
oneperiod, options50k, ...) and ``--seconds`` ends a method that takes longer, which is then told
as having no end within that time.  Gaps are on outlay; a peer's gap is taken to the best bound
that any method of the run has proven.  The last line is one JSON object.
"""

import argparse
import json
import os
import resource
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from scipy import sparse

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tests" / "optimize"))

from worlds import BANNER, CITY, WORLD_20_KM, WorldSize, make_world  # noqa: E402

from sandgrid.optimize import (  # noqa: E402
    Case,
    JointSolution,
    Problem,
    SolveSettings,
    WhatIf,
    compile_problem,
    greedy_plan,
    solve,
    write_mps,
)
from sandgrid.optimize.compilation import TIGHTENING, compiled  # noqa: E402
from sandgrid.optimize.solver import Effort, solve_problem  # noqa: E402

TEN = WorldSize(sites=1_667, parcels=8_000, hubs=100, substations=30)
CLASSES = {
    "small": WORLD_20_KM,
    "banner": BANNER,
    "city": CITY,
    "options10k": TEN,
    "oneperiod": replace(TEN, years=(2030,)),
    "options50k": WorldSize(sites=8_334, parcels=20_000, hubs=200, substations=40),
}
GAPS = (0.02, 0.01, 0.005, 0.0025, 0.001)
LAST_GAP = {
    "small": 0.005,
    "city": 0.001,
    "options10k": 0.0025,
    "oneperiod": 0.001,
    "options50k": 0.02,
}
PEER_SECONDS = {"small": 3.0, "banner": 3.0}
QUICK_SECONDS = 10.0
CLOSING_SECONDS = 20.0
METHODS = ("sandgrid", "greedy", "highs", "ortools")


def plain(case: Case) -> Problem:
    """Return the model as one would write it down: no tightening rows, circuits at their rating."""
    model = compiled(case)
    problem = model.problem
    keep = ~problem.rows["family"].isin(TIGHTENING).to_numpy()
    circuits = model.columns.circuits
    rating = np.zeros(problem.shape[1])
    rating[circuits["column"]] = circuits["circuit_mw"]
    rows = (problem.rows["family"] == "circuit_capacity").to_numpy()
    matrix = sparse.coo_array(problem.matrix)
    big = rows[matrix.row] & (rating[matrix.col] > 0)
    data = np.where(big, -rating[matrix.col], matrix.data)
    changed = sparse.csc_array((data, (matrix.row, matrix.col)), shape=matrix.shape)
    return replace(problem, matrix=changed).keep_rows(keep)


def run_sandgrid(case: Case, name: str, gap: float) -> dict[str, Any]:
    trace: list[tuple[float, float, float, float]] = []
    begun, spent = time.perf_counter(), time.process_time()

    def told(step: str, bound: float, objective: float) -> None:
        del step
        now = (time.perf_counter() - begun, time.process_time() - spent)
        trace.append((*now, bound, objective))

    settings = SolveSettings(gap=gap or LAST_GAP.get(name, 0.001))
    found = solve(case, settings=settings, report=told)
    told("end", found.bound_cny, found.objective_cny)
    result = {
        "objective": found.objective_cny / 1e6,
        "bound": found.bound_cny / 1e6,
        "outlay": found.outlay_cny / 1e6,
        "gap": found.gap,
        "status": found.status,
        **_times(trace, found.outlay_cny),
    }
    if found.values is None or found.status == "interrupted":
        return result
    try:
        return result | _what_ifs(case, found)
    except KeyboardInterrupt:
        return result


def _times(trace: list[tuple[float, float, float, float]], outlay: float) -> dict[str, Any]:
    """Return when the first plan stood and when each gap was proven [s wall, s CPU]."""
    times: dict[str, Any] = {}
    best = np.inf
    bound = -np.inf
    for wall, cpu, low, high in trace:
        best, bound = min(best, high), max(bound, low)
        if np.isfinite(best):
            times.setdefault("first", [round(wall, 1), round(cpu, 1)])
        for gap in GAPS:
            if best - bound <= gap * outlay:
                times.setdefault(f"gap_{gap:g}", [round(wall, 1), round(cpu, 1)])
    return times


def _what_ifs(case: Case, found: JointSolution) -> dict[str, Any]:
    """Time an LP certificate of a tightening and of a relaxation, the relaxation kept hot."""
    asked = WhatIf(case, found)
    site = found.builds["site_id"].iloc[0]
    last, result = case.years[-1], {}
    target = float(case.treated_targets["target_ha"].iloc[-1])
    for name, change in (
        ("lock", {f"build[{site},*]": (0.0, 0.0)}),
        ("more_land", {f"treated[{last}]": (target * 1.02, None)}),
        ("less_land", {f"treated[{last}]": (target * 0.98, None)}),
    ):
        begun, spent = time.perf_counter(), time.process_time()
        certificate = asked.ask(change)
        result[f"what_if_{name}"] = {
            "wall": round(time.perf_counter() - begun, 2),
            "cpu": round(time.process_time() - spent, 2),
            "gap": certificate.gap,
            "kind": certificate.kind,
        }
    return result


def run_greedy(case: Case, name: str, seconds: float) -> dict[str, Any]:
    del name, seconds
    found = greedy_plan(case)
    return {"objective": found.objective_cny / 1e6, "outlay": found.outlay_cny / 1e6}


def run_highs(case: Case, name: str, seconds: float) -> dict[str, Any]:
    del name
    answer = solve_problem(plain(case), Effort(seconds=seconds))
    return {"objective": answer.objective, "bound": answer.bound, "status": answer.status}


def run_ortools(case: Case, name: str, seconds: float) -> dict[str, Any]:
    del name
    from ortools.linear_solver.python import model_builder  # noqa: PLC0415

    model = model_builder.Model()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "plain.mps"
        path.write_text(write_mps(plain(case)), encoding="utf-8")
        model.import_from_mps_file(str(path))
    solver = model_builder.Solver("scip")
    solver.set_time_limit_in_seconds(seconds)
    status = solver.solve(model)
    solved = status in (model_builder.SolveStatus.OPTIMAL, model_builder.SolveStatus.FEASIBLE)
    return {
        "objective": solver.objective_value if solved else np.inf,
        "bound": solver.best_objective_bound if solved else -np.inf,
        "status": str(status),
    }


RUN = {
    "sandgrid": run_sandgrid,
    "greedy": run_greedy,
    "highs": run_highs,
    "ortools": run_ortools,
}


def run_one(name: str, seed: int, method: str, seconds: float) -> None:
    case = make_world(seed, CLASSES[name])
    begun, spent = time.perf_counter(), time.process_time()
    result = RUN[method](case, name, seconds)
    result["wall"] = round(time.perf_counter() - begun, 1)
    result["cpu"] = round(time.process_time() - spent, 1)
    result["peak_mib"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    result["load"] = round(os.getloadavg()[0], 1)
    if method == "sandgrid":
        result["shape"] = list(compile_problem(case).shape)
    print(json.dumps(result))


def measure(name: str, seed: int, method: str, limits: tuple[float, float]) -> dict[str, Any]:
    """Run one method in a process of its own; Ctrl-C when its time is over, which keeps a plan.

    Parameters
    ----------
    name, seed, method
        What to run.
    limits : (float, float)
        Seconds after which it is stopped; what the method itself is given: the gap that SandGrid
        is asked for (0: that of the class), the seconds of a peer.

    """
    seconds, own = limits
    command = [sys.executable, __file__, "--one", name, str(seed), method, str(own)]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    with subprocess.Popen(command, **pipes) as running:
        out, err = _wait(running, seconds)
    if running.returncode:
        return {"failed": err.strip().splitlines()[-1:] or [f"no end within {seconds:g} s"]}
    found: dict[str, Any] = json.loads(out.splitlines()[-1])
    return found


def _wait(running: "subprocess.Popen[str]", seconds: float) -> tuple[str, str]:
    try:
        return running.communicate(timeout=seconds)
    except subprocess.TimeoutExpired:
        running.send_signal(signal.SIGINT)
    try:
        return running.communicate(timeout=CLOSING_SECONDS)
    except subprocess.TimeoutExpired:
        running.kill()
        return running.communicate()


def gap_of(found: dict[str, Any], reference: dict[str, Any]) -> float | None:
    """Return a peer's gap to the best bound proven, on SandGrid's outlay."""
    objective, outlay = found.get("objective"), reference.get("outlay")
    if objective is None or not outlay or not np.isfinite(objective):
        return None
    if not np.isfinite(reference["bound"]):
        return None
    return float((objective - reference["bound"]) / outlay)


def table(name: str, rows: list[dict[str, Any]]) -> dict[str, Any]:
    """Print one class and return its medians."""
    print(f"\n{name}: {len(rows)} instance(s); wall s / CPU s")
    for row in rows:
        best = row["sandgrid"]
        print(f"  seed {row['seed']}  rows x columns {best.get('shape')}")
        for method in METHODS:
            found = row.get(method, {})
            gap = found.get("gap") if method == "sandgrid" else gap_of(found, best)
            told = "no plan" if gap is None else f"gap {gap:8.3%}"
            wall, cpu, peak, load = (
                found.get(key, "-") for key in ("wall", "cpu", "peak_mib", "load")
            )
            print(f"    {method:9s} {told:14s} {wall:>7} / {cpu:>7}  {peak} MiB  load {load}")
            if "failed" in found:
                print(f"              {found['failed']}")
        print("    " + ", ".join(f"{k} {best[k]}" for k in ("first", *_gaps()) if k in best))
    return {"name": name, "medians": _medians(rows), "rows": rows}


def _gaps() -> list[str]:
    return [f"gap_{gap:g}" for gap in GAPS]


def _medians(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """Return medians of SandGrid's times; an instance that did not get there counts as for ever."""
    result: dict[str, Any] = {}
    for key in ("first", *_gaps()):
        for at, kind in enumerate(("wall", "cpu")):
            values = [row["sandgrid"].get(key, [np.inf, np.inf])[at] for row in rows]
            middle = statistics.median(values)
            result[f"{key}_{kind}"] = middle if np.isfinite(middle) else None
    gaps = [row["sandgrid"].get("gap", np.inf) for row in rows]
    result["gap"] = statistics.median(gaps)
    return result


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--class", dest="classes", default="city,options10k,oneperiod,options50k")
    parser.add_argument("--gap", type=float, default=0.0)
    parser.add_argument("--seconds", type=float, default=1800.0)
    parser.add_argument("--seeds", default="0,1,2,3,4")
    parser.add_argument("--peers", default="greedy,highs,ortools")
    parser.add_argument("--peer-seconds", type=float, default=60.0)
    parser.add_argument("--one", nargs=4, metavar=("CLASS", "SEED", "METHOD", "SECONDS"))
    asked = parser.parse_args()
    if asked.one:
        name, seed, method, seconds = asked.one
        run_one(name, int(seed), method, float(seconds))
        return
    names = ["small"] if asked.quick else asked.classes.split(",")
    seeds = [0] if asked.quick else [int(seed) for seed in asked.seeds.split(",")]
    longest = QUICK_SECONDS if asked.quick else asked.seconds
    peers = [name for name in asked.peers.split(",") if name]
    results = []
    for name in names:
        rows = []
        for seed in seeds:
            row: dict[str, Any] = {"seed": seed}
            for method in ("sandgrid", *peers):
                peer = PEER_SECONDS.get(name, asked.peer_seconds)
                own = asked.gap if method == "sandgrid" else peer
                row[method] = measure(name, seed, method, (longest, own))
            rows.append(row)
        results.append(table(name, rows))
    print(json.dumps({"benchmark": "optimize", "quick": asked.quick, "classes": results}))


if __name__ == "__main__":
    main()
