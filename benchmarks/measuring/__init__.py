"""Contestants run in turn, each in a process of its own: CPU time, wall time, peak memory.

A benchmark calls :func:`main` with functions that take a folder and return figures of their own.
The file of the benchmark is started again for each of them, so that no contestant inherits the
memory or the warm caches of another. Imports are not counted.
"""

import argparse
import json
import os
import platform
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

Contestant = Callable[[Path], Mapping[str, Any]]
MIB = 1024.0


@dataclass(frozen=True)
class Figures:
    """What one contestant took.

    Parameters
    ----------
    name : str
        Contestant.
    cpu_s, wall_s : float
        Time, medians over the repeats [s].
    peak_mib : float
        Most memory of its process [MiB].
    told : mapping
        What the contestant returned.

    """

    name: str
    cpu_s: float
    wall_s: float
    peak_mib: float
    told: Mapping[str, Any] = field(default_factory=dict)


def arguments(description: str) -> argparse.Namespace:
    """Return the arguments that every benchmark takes."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--quick", action="store_true", help="a small input, within 50 s")
    parser.add_argument("--repeats", type=int, default=1)
    parser.add_argument("--parts", type=_names, help="only these parts, by commas")
    parser.add_argument("--only", type=_names, help="only these contestants, by commas")
    parser.add_argument("--scratch", type=Path, help="folder that keeps the input for later runs")
    parser.add_argument("--run", help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    return parser.parse_args()


def _names(text: str) -> tuple[str, ...]:
    return tuple(filter(None, text.split(",")))


def answer(contestant: Contestant, folder: Path) -> None:
    """Run one contestant in this process and print its figures."""
    before, start = _cpu_s(), time.perf_counter()
    told = contestant(folder)
    figures = {
        "cpu_s": _cpu_s() - before,
        "wall_s": time.perf_counter() - start,
        "peak_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / MIB,
        "told": told,
    }
    print(json.dumps(figures))


def _cpu_s() -> float:
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(each.ru_utime + each.ru_stime for each in used)


def measure(file: str, name: str, folder: Path, *, repeats: int = 1) -> Figures:
    """Start the benchmark's file for one contestant and return what it took."""
    command = [sys.executable, file, "--run", name, "--folder", str(folder)]
    runs = []
    for _ in range(repeats):
        done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
        runs.append(json.loads(done.stdout.splitlines()[-1]))
    cpu, wall, peak = (median(run[key] for run in runs) for key in ("cpu_s", "wall_s", "peak_mib"))
    return Figures(name, cpu, wall, peak, runs[0]["told"])


def in_scratch(work: Callable[[Path], None], kept: Path | None = None) -> None:
    """Call something with a folder that is gone afterwards, or with one that is kept."""
    if kept is not None:
        kept.mkdir(parents=True, exist_ok=True)
        work(kept)
        return
    with tempfile.TemporaryDirectory(prefix="sandgrid-bench-") as folder:
        work(Path(folder))


def machine() -> dict[str, Any]:
    """Return what figures depend on: cores, load, versions."""
    return {
        "cores": os.cpu_count(),
        "load_1min": round(os.getloadavg()[0], 2),
        "python": platform.python_version(),
    }


def print_table(title: str, rows: list[Figures], against: str) -> None:
    """Print what each contestant took, and its share of one of them."""
    base = next((row for row in rows if row.name == against), rows[0])
    print(f"\n{title}")
    print(f"{'':34} {'CPU s':>8} {'wall s':>8} {'MiB':>7} {'CPU / ' + against:>22}")
    for row in rows:
        ratio = row.cpu_s / base.cpu_s
        print(f"{row.name:34} {row.cpu_s:8.2f} {row.wall_s:8.2f} {row.peak_mib:7.0f} {ratio:22.3f}")
        for key, value in row.told.items():
            print(f"    {key}: {value}")


def print_result(name: str, rows: Mapping[str, list[Figures]], ratios: Mapping[str, Any]) -> None:
    """Print the last line: one JSON object with figures and ratios."""
    figures = {
        part: {
            row.name: {
                "cpu_s": round(row.cpu_s, 3),
                "wall_s": round(row.wall_s, 3),
                "peak_mib": round(row.peak_mib, 1),
                **row.told,
            }
            for row in held
        }
        for part, held in rows.items()
    }
    print(json.dumps({"benchmark": name, **machine(), "figures": figures, "ratios": dict(ratios)}))
