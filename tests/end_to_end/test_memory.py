"""What a command does with freed memory, seen from a process of its own."""

import platform
import subprocess
import sys

import pytest

LOOK = """
import sys
import numpy as np
from sandgrid.cli.memory import keep_freed_memory

def resident_mb():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * 4096 / 1e6

if sys.argv[1] == "keep":
    keep_freed_memory()
held = np.ones(25_000_000)
before = resident_mb()
del held
print(before - resident_mb())
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc has the two thresholds")
@pytest.mark.parametrize(("choice", "least", "most"), [("keep", -1, 20), ("leave", 180, 220)])
def test_freed_memory_is_kept_for_the_arrays_to_come(choice: str, least: int, most: int) -> None:
    done = subprocess.run(
        [sys.executable, "-c", LOOK, choice], check=True, capture_output=True, text=True
    )
    assert least <= float(done.stdout) <= most
