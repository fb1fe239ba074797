"""Recipes: how the files of well-known products are read, ready to be named in a catalogue."""

import difflib
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Final

from sandgrid.errors import InputError

ABOUT: Final = ("get", "note_zh", "note_en")


@dataclass(frozen=True)
class Recipe:
    """How one product is read.

    Parameters
    ----------
    name : str
        What a catalogue calls it: ``recipe = "esa_worldcover"``.
    entry : mapping
        Keys of the catalogue; the user adds `path` and may replace any.
    get : str
        Where the product is to be had.
    note_zh, note_en : str
        What to know before it is used.

    """

    name: str
    entry: Mapping[str, object]
    get: str
    note_zh: str
    note_en: str


@cache
def recipes() -> Mapping[str, Recipe]:
    """Return all recipes by name, in the order of their files.

    Examples
    --------
    >>> recipes()["modis_ndvi"].entry["scale"]
    0.0001

    """
    folder = resources.files("sandgrid") / "reference" / "recipes"
    found: dict[str, Recipe] = {}
    for path in sorted(folder.iterdir(), key=lambda item: item.name):
        for name, table in tomllib.loads(path.read_text(encoding="utf-8")).items():
            entry = {key: value for key, value in table.items() if key not in ABOUT}
            found[name] = Recipe(name, entry, *(str(table[key]) for key in ABOUT))
    return found


def recipe_entry(name: str, named: Mapping[str, object]) -> Mapping[str, object]:
    """Return the catalogue keys of a recipe.

    Raises
    ------
    InputError
        If there is no recipe of that name.

    """
    known = recipes()
    if name not in known:
        near = difflib.get_close_matches(name, known, 1) or list(known)
        raise InputError("catalogue-recipe", {**named, "value": name, "near": ", ".join(near)})
    return known[name].entry
