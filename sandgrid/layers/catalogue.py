"""The layer catalogue: what each input file is, how it is read, what its gaps mean."""

import csv
import difflib
import os
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import MISSING, dataclass, field, fields
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Final, Literal, cast

from sandgrid.errors import InputError

Resampling = Literal["nearest", "mode", "average", "bilinear", "cubic"]
NodataMeans = Literal["unknown", "absent"]
Codes = Mapping[str, tuple[int, ...]]
Override = Mapping[str, object]
CHOICES: Final[Mapping[str, tuple[str, ...]]] = {
    "content": ("quantity", "category"),
    "resampling": ("nearest", "mode", "average", "bilinear", "cubic"),
    "nodata_means": ("unknown", "absent"),
    "geometry": ("point", "line", "polygon"),
    "datum": ("gcj02",),
}
CATEGORY_RESAMPLING: Final = ("nearest", "mode")


@dataclass(frozen=True, kw_only=True)
class LayerSource:
    """One entry of the catalogue.

    Parameters
    ----------
    role : str
        Key of the entry.
    path : Path
        File.
    unit : str
        Unit of the values, for the reader.
    title_zh, title_en, source, licence, date : str
        What the layer is, where it comes from, under which terms, of which day.
    synthetic : bool
        Whether the layer is made up.
    assume_crs : str
        CRS of a file that does not say.

    """

    role: str
    path: Path
    unit: str = ""
    title_zh: str = ""
    title_en: str = ""
    source: str = ""
    licence: str = ""
    date: str = ""
    synthetic: bool = False
    assume_crs: str = ""

    @property
    def named(self) -> dict[str, object]:
        """Return layer and file as fields of a message."""
        return {"layer": self.role, "file": self.path.name}


@dataclass(frozen=True, kw_only=True)
class RasterSource(LayerSource):
    """A raster of the catalogue.

    Parameters
    ----------
    content : {"quantity", "category"}
        Quantities are resampled as declared, categories by nearest or mode.
    resampling : str
        nearest, mode, average, bilinear or cubic.
    nodata_means : {"unknown", "absent"}
        Whether a gap is something not known or something that is not there.
    nodata : float, "none" or None
        A number or "none" where the file does not say; None where it does.
    valid_range : pair of float, optional
        Values outside are refused.
    codes : mapping
        Code or class of a category -> raster values; empty for a quantity.
    band : int, optional
        Band, needed where the file holds several.

    """

    content: Literal["quantity", "category"]
    resampling: Resampling
    nodata_means: NodataMeans
    nodata: float | Literal["none"] | None = None
    valid_range: tuple[float, float] | None = None
    codes: Codes = field(default_factory=dict)
    band: int | None = None


@dataclass(frozen=True, kw_only=True)
class VectorSource(LayerSource):
    """A vector layer of the catalogue.

    Parameters
    ----------
    geometry : {"point", "line", "polygon"}
        Family of every geometry.
    id : str
        Column that tells the features apart; counted in file order if no column gives it.
    columns : mapping
        Column inside SandGrid -> column of the file.
    fill : mapping
        Column that the file lacks -> its one value.
    recode : mapping
        Column -> value of the file -> value inside SandGrid.
    where : mapping
        Column of the file -> values that are kept.
    layer : str
        Layer of a GeoPackage that holds several.
    encoding : str
        Encoding of a shapefile's text where the .cpg is missing or wrong.
    repair : bool
        Whether invalid geometries are repaired by make_valid.
    sparse : bool
        Whether the area may hold no feature of the layer at all.
    datum : str
        ``gcj02`` where the coordinates are shifted as on Chinese phones and web maps; they are
        moved back.

    """

    geometry: Literal["point", "line", "polygon"]
    id: str
    columns: Mapping[str, str] = field(default_factory=dict)
    fill: Mapping[str, object] = field(default_factory=dict)
    recode: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    where: Mapping[str, tuple[object, ...]] = field(default_factory=dict)
    layer: str = ""
    encoding: str = ""
    repair: bool = False
    sparse: bool = False
    datum: Literal["", "gcj02"] = ""


@dataclass(frozen=True, kw_only=True)
class TableSource(LayerSource):
    """A table without geometry (CSV) of the catalogue."""


Source = RasterSource | VectorSource | TableSource
KINDS: Final[Mapping[str, type[RasterSource | VectorSource | TableSource]]] = {
    "raster": RasterSource,
    "vector": VectorSource,
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
    values = dict(entry)
    kind = values.pop("kind", None)
    named = {"file": place.file, "layer": role}
    if kind not in KINDS:
        raise InputError("catalogue-kind", {**named, "value": kind, "known": ", ".join(KINDS)})
    made = KINDS[str(kind)]
    _check_keys(values, made, named)
    _check_choices(values, named)
    values["path"] = _expand(str(values["path"]), place, named)
    return made(role=role, **_tidied(values, named))  # type: ignore[arg-type]  # keys are checked


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


def _tidied(values: dict[str, object], named: Mapping[str, object]) -> dict[str, object]:
    tidy = dict(values)
    if "codes" in tidy:
        tidy["codes"] = _codes(tidy["codes"], named)
    if isinstance(tidy.get("valid_range"), list):
        low, high = cast("list[float]", tidy["valid_range"])
        tidy["valid_range"] = (float(low), float(high))
    if isinstance(tidy.get("where"), dict):
        where = cast("dict[str, list[object]]", tidy["where"])
        tidy["where"] = {key: tuple(kept) for key, kept in where.items()}
    if "date" in tidy:
        tidy["date"] = str(tidy["date"])
    return tidy


def _codes(given: object, named: Mapping[str, object]) -> Codes:
    if isinstance(given, str):
        return code_table(given)
    if isinstance(given, list) and all(isinstance(code, int) for code in given):
        return {str(code): (code,) for code in given}
    raise InputError("catalogue-codes", {**named, "value": given})


@cache
def code_table(name: str) -> Codes:
    """Return a code table that SandGrid ships: each code and each class -> raster values.

    Parameters
    ----------
    name : str
        File of ``reference/landcodes``: dltb for the third land survey (三调).

    Raises
    ------
    InputError
        If there is no table of that name.

    Examples
    --------
    >>> code_table("dltb")["0305"] == code_table("dltb")["shrubland"]
    True

    """
    path = resources.files("sandgrid") / "reference" / "landcodes" / f"{name}.csv"
    if not path.is_file():
        raise InputError("catalogue-code-table", {"name": name})
    found: dict[str, list[int]] = {}
    for row in csv.DictReader(path.read_text(encoding="utf-8").splitlines()):
        for label in dict.fromkeys((row.get("code") or row["class"], row["class"])):
            found.setdefault(label, []).append(int(row["value"]))
    return {label: tuple(values) for label, values in found.items()}


def source_files(source: Source) -> tuple[Path, ...]:
    """Return the files of a layer: for a shapefile also its .dbf, .shx, .prj, .cpg."""
    if source.path.suffix.lower() != ".shp":
        return (source.path,)
    parts = (source.path.with_suffix(end) for end in (".shp", ".shx", ".dbf", ".prj", ".cpg"))
    return tuple(part for part in parts if part.is_file())
