"""The names of the package are there, and are loaded only when they are asked for."""

import subprocess
import sys

import pytest

import sandgrid

HEAVY = ("pandas", "rasterio", "highspy", "folium", "numba")


def test_every_name_is_there_and_listed() -> None:
    for name in sandgrid.__all__:
        assert getattr(sandgrid, name).__name__ == name
    assert set(sandgrid.__all__) <= set(dir(sandgrid))


def test_an_unknown_name_is_an_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'plam'"):
        _ = sandgrid.plam


def test_help_loads_nothing_heavy() -> None:
    told = (
        "import sys; sys.argv = ['sandgrid', '--help']\n"
        "from sandgrid.cli import main\n"
        "try: main()\n"
        f"except SystemExit: print('loaded', [m for m in {HEAVY!r} if m in sys.modules])"
    )
    ran = subprocess.run([sys.executable, "-c", told], capture_output=True, text=True, check=True)
    assert "plan" in ran.stdout
    assert ran.stdout.splitlines()[-1] == "loaded []"
