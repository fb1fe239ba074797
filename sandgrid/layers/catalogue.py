"""The layer catalogue: what each input file is, how it is read, what its gaps mean."""

import difflib
import os
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import MISSING, dataclass, fields
from pathlib import Path
from typing import Final, cast

from sandgrid.errors import InputError
from sandgrid.layers.codes import code_table, recode_table
from sandgrid.layers.recipes import recipe_entry
from sandgrid.layers.sources import (
    Codes,
    CoverageSource,
    LayerSource,
    RasterSource,
    Source,
    TableSource,
    VectorSource,
    source_files,
)

__all__ = [
    "Catalogue",
    "Codes",
    "CoverageSource",
    "LayerSource",
    "RasterSource",
    "Source",
    "TableSource",
    "VectorSource",
    "code_table",
    "load_catalogue",
    "source_files",
]
Override = Mapping[str, object]
CHOICES: Final[Mapping[str, tuple[str, ...]]] = {
    "content": ("quantity", "category"),
    "resampling": ("nearest", "mode", "average", "bilinear", "cubic"),
    "nodata_means": ("unknown", "absent"),
    "geometry": ("point", "line", "polygon"),
    "datum": ("gcj02",),
}
CATEGORY_RESAMPLING: Final = ("nearest", "mode")


KINDS: Final[Mapping[str, type[Source]]] = {
    "raster": RasterSource,
    "vector": VectorSource,
    "coverage": CoverageSource,
    "table": TableSource,
}


class Catalogue(Mapping[str, Source]):
    """Layers by role.

    Parameters
    ----------
    sources : mapping
        Role -> source.
    name : str
        Name of the file, for messages.

    """

    def __init__(self, sources: Mapping[str, Source], name: str = "catalogue") -> None:
        self._sources = dict(sources)
        self.name = name

    def __getitem__(self, role: str) -> Source:
        """Return one source; a role that is missing is an error."""
        if role not in self._sources:
            raise InputError("catalogue-role-missing", {"file": self.name, "layer": role})
        return self._sources[role]

    def __iter__(self) -> Iterator[str]:
        """Iterate over the roles in the order of the file."""
        return iter(self._sources)

    def __len__(self) -> int:
        """Return the number of layers."""
        return len(self._sources)

    def __contains__(self, role: object) -> bool:
        """Return whether there is a layer of that role."""
        return role in self._sources

    def raster(self, role: str) -> RasterSource:
        """Return a raster; raises InputError if the role is of another kind."""
        return cast("RasterSource", self._of_kind(role, RasterSource, "raster"))

    def vector(self, role: str) -> VectorSource:
        """Return a vector layer; raises InputError if the role is of another kind."""
        return cast("VectorSource", self._of_kind(role, VectorSource, "vector"))

    def coverage(self, role: str) -> CoverageSource:
        """Return a coverage; raises InputError if the role is of another kind."""
        return cast("CoverageSource", self._of_kind(role, CoverageSource, "coverage"))

    def table(self, role: str) -> TableSource:
        """Return a table; raises InputError if the role is of another kind."""
        return cast("TableSource", self._of_kind(role, TableSource, "table"))

    def without(self, roles: tuple[str, ...]) -> "Catalogue":
        """Return a copy without some roles; raises InputError for a role that is not there."""
        for role in roles:
            self[role]
        kept = {role: source for role, source in self._sources.items() if role not in roles}
        return Catalogue(kept, self.name)

    def _of_kind(self, role: str, kind: type[Source], name: str) -> Source:
        source = self[role]
        if not isinstance(source, kind):
            raise InputError(
                "catalogue-wrong-kind", {"file": self.name, "layer": role, "kind": name}
            )
        return source


def load_catalogue(
    path: Path,
    overrides: Mapping[str, Override] | None = None,
    *,
    paths: Mapping[str, str] | None = None,
    base: Path | None = None,
) -> Catalogue:
    """Read a layer catalogue.

    Parameters
    ----------
    path : Path
        TOML file; the paths in it start from its folder.
    overrides : mapping, optional
        Role -> entry. With `path` it replaces the entry, without it changes single keys.
    paths : mapping, optional
        Name -> folder for ``${NAME}`` in a path; the environment answers for the rest.
    base : Path, optional
        Folder from which the paths of the overrides start; that of the catalogue by default.

    Raises
    ------
    InputError
        If the file is missing or broken, or an entry has an unknown key, lacks one, or names
        an unknown value.

    """
    entries: dict[str, tuple[Override, Path]] = {
        role: (entry, path.parent) for role, entry in _read_toml(path).items()
    }
    for role, change in (overrides or {}).items():
        old, folder = entries.get(role, ({}, path.parent))
        replaced = "path" in change
        entries[role] = (change, base or folder) if replaced else ({**old, **change}, folder)
    sources = {
        role: _source(role, entry, _Place(path.name, folder, paths or {}))
        for role, (entry, folder) in entries.items()
    }
    return Catalogue(sources, path.name)


@dataclass(frozen=True)
class _Place:
    """Where an entry stands: file for messages, folder and names for its path."""

    file: str
    folder: Path
    paths: Mapping[str, str]


def _read_toml(path: Path) -> dict[str, Override]:
    if not path.is_file():
        raise InputError("catalogue-missing", {"file": str(path)})
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError("catalogue-broken", {"file": path.name, "why": str(error)}) from error
    for role, entry in table.items():
        if not isinstance(entry, dict):
            raise InputError("catalogue-not-entry", {"file": path.name, "layer": role})
    return table


def _source(role: str, entry: Override, place: _Place) -> Source:
    named = {"file": place.file, "layer": role}
    values = _with_recipe(entry, named)
    kind = values.pop("kind", None)
    if kind not in KINDS:
        raise InputError("catalogue-kind", {**named, "value": kind, "known": ", ".join(KINDS)})
    made = KINDS[str(kind)]
    _check_keys(values, made, named)
    _check_choices(values, named)
    values["path"] = _expand(str(values["path"]), place, named)
    return made(role=role, **_tidied(values, place, named))  # type: ignore[arg-type]  # checked


def _with_recipe(entry: Override, named: Mapping[str, object]) -> dict[str, object]:
    """Return an entry on top of the recipe that it names."""
    values = dict(entry)
    name = values.pop("recipe", None)
    return values if name is None else {**recipe_entry(str(name), named), **values}


def _check_keys(values: Override, made: type[Source], named: Mapping[str, object]) -> None:
    known = {item.name: item for item in fields(made) if item.name != "role"}
    for key in values:
        if key not in known:
            near = difflib.get_close_matches(key, known, 1) or sorted(known)
            raise InputError("catalogue-key", {**named, "key": key, "near": ", ".join(near)})
    for key, item in known.items():
        needed = item.default is MISSING and item.default_factory is MISSING
        if needed and key not in values:
            raise InputError("catalogue-key-missing", {**named, "key": key})
    if values.get("content") == "category" and "codes" not in values:
        raise InputError("catalogue-key-missing", {**named, "key": "codes"})


def _check_choices(values: Override, named: Mapping[str, object]) -> None:
    for key, known in CHOICES.items():
        if key in values and values[key] not in known:
            raise InputError(
                "catalogue-value",
                {**named, "key": key, "value": values[key], "known": ", ".join(known)},
            )
    if values.get("content") == "category" and values["resampling"] not in CATEGORY_RESAMPLING:
        raise InputError("catalogue-category-resampling", {**named, "value": values["resampling"]})


def _expand(text: str, place: _Place, named: Mapping[str, object]) -> Path:
    def folder(match: re.Match[str]) -> str:
        name = match.group(1)
        value = place.paths.get(name, os.environ.get(name))
        if value is None:
            raise InputError("catalogue-path-name", {**named, "name": name})
        return value

    expanded = re.sub(r"\$\{(\w+)\}", folder, text)
    if "://" in expanded or expanded.startswith(("/vsi", "<")) or re.match(r"\w{2,}:", expanded):
        raise InputError("layer-not-local", {"layer": named["layer"], "file": expanded})
    return place.folder / expanded


def _tidied(
    values: dict[str, object], place: _Place, named: Mapping[str, object]
) -> dict[str, object]:
    tidy = dict(values)
    if "codes" in tidy:
        tidy["codes"] = _codes(tidy["codes"], place, named)
    if isinstance(tidy.get("valid_range"), list):
        low, high = cast("list[float]", tidy["valid_range"])
        tidy["valid_range"] = (float(low), float(high))
    if isinstance(tidy.get("nodata"), list):
        tidy["nodata"] = tuple(float(value) for value in cast("list[float]", tidy["nodata"]))
    if isinstance(tidy.get("where"), dict):
        where = cast("dict[str, list[object]]", tidy["where"])
        tidy["where"] = {key: tuple(kept) for key, kept in where.items()}
    if isinstance(tidy.get("recode"), dict):
        recode = cast("dict[str, str | Mapping[str, str]]", tidy["recode"])
        tidy["recode"] = {
            key: recode_table(told) if isinstance(told, str) else told
            for key, told in recode.items()
        }
    if "date" in tidy:
        tidy["date"] = str(tidy["date"])
    return tidy


def _codes(given: object, place: _Place, named: Mapping[str, object]) -> Codes:
    if isinstance(given, str):
        return code_table(given, place.folder)
    if isinstance(given, list) and all(isinstance(code, int) for code in given):
        return {str(code): (code,) for code in given}
    raise InputError("catalogue-codes", {**named, "value": given})
