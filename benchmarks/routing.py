"""Least-cost paths over a made city: SandGrid, scikit-image and scipy, in turn in one run.

`python benchmarks/routing.py [--quick] [--repeats N]`. Three parts: one map of least costs from 20
sources, distances compared cell by cell; paths from 200 hubs to 40 substations on the city's 100 m
grid, each search ending once the hubs within 100 km are settled; and how time grows with the side
of the grid. Building scipy's graph is part of its work, as it is for whoever uses it.
"""

import sys
from collections.abc import Callable, Mapping
from importlib import import_module
from math import log
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from measuring import Figures, answer, arguments, in_scratch, measure, print_result, print_table
from scipy.ndimage import gaussian_filter

SEED = 20240630
CELL_M = 100.0
SOURCES = 20
HUBS, SUBSTATIONS, REACH_M = 200, 40, 100_000.0
CITY = (3_800, 3_600)
SIDES = (1_000, 2_000, 3_000)
BARRIERS = 0.05
Costs = npt.NDArray[np.float32]
Cells = npt.NDArray[np.intp]


def made_costs(shape: tuple[int, int]) -> Costs:
    """Return rolling land with patches of barrier and cheap corridors."""
    rng = np.random.default_rng(SEED)
    noise = rng.standard_normal(shape).astype(np.float32)
    rough = gaussian_filter(noise, 8)
    cost = 1 + 3 * np.clip(rough / rough.std(), 0, None).astype(np.float32)
    fine = gaussian_filter(rng.standard_normal(shape).astype(np.float32), 2)
    cost[fine > np.quantile(fine[::7, ::7], 1 - BARRIERS)] = np.inf
    cost[:: shape[0] // 5] = 0.9
    return cost


def places(cost: Costs, count: int, seed: int) -> Cells:
    """Return cells at which lines may start."""
    rng = np.random.default_rng(seed)
    free = np.argwhere(np.isfinite(cost[::5, ::5])) * 5
    return np.asarray(free[rng.choice(len(free), count, replace=False)], dtype=np.intp)


def prepare(folder: Path, shape: tuple[int, int]) -> None:
    """Write the input of a part."""
    folder.mkdir()
    np.save(folder / "cost.npy", made_costs(shape))


def load(folder: Path) -> tuple[Costs, Cells]:
    cost = np.load(folder / "cost.npy")
    return cost, places(cost, SOURCES, 1)


def sandgrid(folder: Path) -> Mapping[str, Any]:
    """Spread costs from the sources with SandGrid."""
    cost, starts = load(folder)
    found = import_module("sandgrid.power").least_costs(cost, CELL_M, starts)
    return kept(folder, "sandgrid", found)


def skimage(folder: Path) -> Mapping[str, Any]:
    """Spread costs from the sources with scikit-image."""
    cost, starts = load(folder)
    walls = np.where(np.isfinite(cost), cost, -1).astype(np.float64)
    solver = import_module("skimage.graph").MCP_Geometric(walls)
    found, _ = solver.find_costs([tuple(start) for start in starts.tolist()])
    return kept(folder, "skimage", found * CELL_M)


def scipy(folder: Path) -> Mapping[str, Any]:
    """Spread costs from the sources with scipy's Dijkstra on a sparse graph."""
    cost, starts = load(folder)
    graph: Any = eight_neighbours(cost.astype(np.float64))
    numbers = starts[:, 0] * cost.shape[1] + starts[:, 1]
    found = import_module("scipy.sparse.csgraph").dijkstra(graph, indices=numbers, min_only=True)
    return kept(folder, "scipy", found.reshape(cost.shape))


def eight_neighbours(cost: npt.NDArray[np.float64]) -> object:
    """Return the graph: mean cost of both cells times the length of the move."""
    rows, columns = cost.shape
    number = np.arange(cost.size).reshape(cost.shape)
    heads, tails, weights = [], [], []
    for down, right in ((0, 1), (1, 0), (1, 1), (1, -1)):
        low, high = max(-right, 0), columns - max(right, 0)
        one = (slice(0, rows - down), slice(low, high))
        two = (slice(down, rows), slice(low + right, high + right))
        weight = (cost[one] + cost[two]) / 2 * np.hypot(down, right) * CELL_M
        passable = np.isfinite(weight)
        heads.append(number[one][passable])
        tails.append(number[two][passable])
        weights.append(weight[passable])
    entries = (np.concatenate(weights), (np.concatenate(heads), np.concatenate(tails)))
    half: Any = import_module("scipy.sparse").csr_array(entries, shape=(cost.size, cost.size))
    return half + half.T


def city(folder: Path) -> Mapping[str, Any]:
    """Find the paths between all hubs and substations within reach."""
    cost = np.load(folder / "cost.npy")
    share = cost.size / (CITY[0] * CITY[1])
    hubs = places(cost, max(int(HUBS * share), 20), 2)
    stations = places(cost, max(int(SUBSTATIONS * share), 4), 3)
    away = np.hypot(*(hubs[:, None, :] - stations[None, :, :]).transpose(2, 0, 1)) * CELL_M
    wanted = [np.flatnonzero(row <= REACH_M).tolist() for row in away]
    paths = import_module("sandgrid.power").find_paths(cost, CELL_M, hubs, stations, wanted)
    return {"hubs": len(hubs), "substations": len(stations), "paths": len(paths)}


def kept(folder: Path, name: str, found: npt.NDArray[np.float64]) -> Mapping[str, Any]:
    np.save(folder / f"{name}.npy", found)
    return {"cells": int(found.size), "reached": int(np.isfinite(found).sum())}


def warm() -> None:
    """Load the compiled kernel, as any run after the first finds it."""
    power = import_module("sandgrid.power")
    one = np.array([[0, 0]])
    power.least_costs(np.ones((3, 3), dtype=np.float32), 1.0, one)
    power.find_paths(np.ones((3, 3), dtype=np.float32), 1.0, one, one + 1, [[0]])


CONTESTANTS: Mapping[str, Callable[[Path], Mapping[str, Any]]] = {
    "sandgrid": sandgrid,
    "skimage": skimage,
    "scipy": scipy,
    "city": city,
}


def largest_difference(folder: Path, one: str, other: str) -> float:
    """Return the largest relative difference of two maps; refuse maps that reach other cells."""
    a, b = (np.load(folder / f"{name}.npy") for name in (one, other))
    known = np.isfinite(a)
    assert (known == np.isfinite(b)).all(), f"{one} and {other} reach other cells"
    return float((np.abs(a[known] - b[known]) / np.maximum(b[known], CELL_M)).max())


def run(folder: Path, *, quick: bool, repeats: int) -> None:
    """Run all parts and print the table and the result."""
    sides = tuple(side // 2 for side in SIDES[:2]) if quick else SIDES
    rows: dict[str, list[Figures]] = {}
    for side in sides:
        part = f"map_{side}"
        prepare(folder / part, (side, side))
        names = ["sandgrid", "skimage", "scipy"] if side == max(sides[0], 1_000) else ["sandgrid"]
        if quick and side == sides[-1]:
            names = ["sandgrid", "skimage", "scipy"]
        rows[part] = [measure(__file__, n, folder / part, repeats=repeats) for n in names]
        print_table(f"{side} x {side} cells, {SOURCES} sources", rows[part], names[-1])
    compared = f"map_{max(sides[0], 1_000)}"
    shape = (CITY[0] // 4, CITY[1] // 4) if quick else CITY
    prepare(folder / "city", shape)
    rows["city"] = [measure(__file__, "city", folder / "city")]
    print_table(f"city, {np.prod(shape) / 1e6:.1f} M cells", rows["city"], "city")
    print_result("routing", rows, ratios(folder, rows, compared, sides))


def ratios(
    folder: Path, rows: dict[str, list[Figures]], part: str, sides: tuple[int, ...]
) -> dict[str, float]:
    """Return the ratios that the bars are about."""
    by = {row.name: row for row in rows[part]}
    found = {}
    for peer in ("skimage", "scipy"):
        found[f"cpu_to_{peer}"] = round(by["sandgrid"].cpu_s / by[peer].cpu_s, 3)
        found[f"difference_to_{peer}"] = largest_difference(folder / part, "sandgrid", peer)
    ends = [rows[f"map_{side}"][0].cpu_s for side in (sides[0], sides[-1])]
    found["growth_exponent_in_cells"] = round(
        log(ends[1] / ends[0]) / log((sides[-1] / sides[0]) ** 2), 3
    )
    found["city_wall_s"] = round(rows["city"][0].wall_s, 2)
    return found


def main() -> None:
    asked = arguments(__doc__ or "")
    if asked.run:
        warm() if asked.run in {"sandgrid", "city"} else import_module("skimage.graph")
        answer(CONTESTANTS[asked.run], asked.folder)
        return
    in_scratch(lambda folder: run(folder, quick=asked.quick, repeats=asked.repeats))


if __name__ == "__main__":
    sys.exit(main())
