"""Code tables that SandGrid ships, or that a user brings: codes, land classes, words of a file."""

import csv
from collections.abc import Mapping
from functools import cache
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Final

from sandgrid.errors import InputError
from sandgrid.layers.sources import Codes

COLUMNS: Final = ("value", "class")


@cache
def code_table(name: str, folder: Path | None = None) -> Codes:
    """Return a code table: each code and each class -> raster values.

    Parameters
    ----------
    name : str
        A table that SandGrid ships (dltb for the third land survey 三调, esa_worldcover,
        soil_texture), or a CSV of the user's with the columns value, code, class.
    folder : Path, optional
        Where a CSV of the user's lies.

    Raises
    ------
    InputError
        If there is no table of that name, or it lacks a column.

    Examples
    --------
    >>> code_table("dltb")["0305"] == code_table("dltb")["shrubland"]
    True

    """
    found: dict[str, list[int]] = {}
    for row in _rows(name, folder):
        if not all((row.get(column) or "").strip() for column in COLUMNS):
            raise InputError("catalogue-code-columns", {"name": name})
        for label in dict.fromkeys((row.get("code") or row["class"], row["class"])):
            found.setdefault(label, []).append(int(row["value"]))
    return {label: tuple(values) for label, values in found.items()}


def _rows(name: str, folder: Path | None) -> list[dict[str, str]]:
    own = name.endswith(".csv") and folder is not None
    path: Path | Traversable = Path(folder or "") / name if own else _shipped(f"{name}.csv")
    if not path.is_file():
        raise InputError("catalogue-code-table", {"name": name, "known": ", ".join(_names())})
    return list(csv.DictReader(path.read_text(encoding="utf-8-sig").splitlines()))


def _shipped(name: str) -> Traversable:
    return resources.files("sandgrid") / "reference" / "landcodes" / name


def _names() -> list[str]:
    tables = (resources.files("sandgrid") / "reference" / "landcodes").iterdir()
    return sorted(path.name.removesuffix(".csv") for path in tables if path.is_file())


@cache
def land_classes() -> tuple[str, ...]:
    """Return the land classes that rules may speak of, whatever table a layer is coded by.

    Examples
    --------
    >>> "orchard" in land_classes()
    True

    """
    path = resources.files("sandgrid") / "reference" / "land_classes.csv"
    rows = csv.DictReader(path.read_text(encoding="utf-8").splitlines())
    return tuple(row["class"] for row in rows)


@cache
def recode_table(name: str) -> Mapping[str, str]:
    """Return a table that turns words of a file into SandGrid's; "" leaves a feature out.

    Parameters
    ----------
    name : str
        File of ``reference/recodes``: sand_inventory, sand_degree, osm_roads, osm_places,
        osm_voltage.

    Raises
    ------
    InputError
        If there is no table of that name.

    Examples
    --------
    >>> recode_table("sand_inventory")["流动沙地"]
    'mobile'

    """
    path = resources.files("sandgrid") / "reference" / "recodes" / f"{name}.csv"
    if not path.is_file():
        tables = (resources.files("sandgrid") / "reference" / "recodes").iterdir()
        known = sorted(item.name.removesuffix(".csv") for item in tables)
        raise InputError("catalogue-recode-table", {"name": name, "known": ", ".join(known)})
    rows = csv.DictReader(path.read_text(encoding="utf-8").splitlines())
    return {row["from"]: row["to"] for row in rows}
