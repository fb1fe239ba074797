"""Features as shapefiles: one folder per system, ASCII fields, a dictionary, styles for QGIS."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import shapely

from sandgrid.errors import OutputError
from sandgrid.export.dbf import dbf_bytes, encoded_texts
from sandgrid.export.files import Staging
from sandgrid.export.moving import Mended, write_mended
from sandgrid.export.readable import as_days, is_date
from sandgrid.export.readback import require_geometry, require_same
from sandgrid.export.styles import layer_style
from sandgrid.export.vector import FAMILIES, gdal, write_layer
from sandgrid.export.words import CODED, safe_cell, told_csv, word_of
from sandgrid.export.zones import CGCS2000_3DEG, by_system
from sandgrid.messages import Language, tell
from sandgrid.params import default_parameters
from sandgrid.tables import Column, table_columns

Encoding = Literal["UTF-8", "GB18030"]
DICTIONARY_HEAD: Final = (
    "layer", "layer_zh", "field", "name", "zh", "en", "unit", "type", "meaning",
)  # fmt: skip
CODES_HEAD: Final = ("field", "code", "zh", "en")
_DBF_NUMBER_BYTES: Final = 24
_DBF_TEXT_BYTES: Final = 80
_MOST_BYTES_PER_CHARACTER: Final = 4
_FEATURE_BYTES: Final = 64
_VERTEX_BYTES: Final = 16


@dataclass(frozen=True)
class ShapeProfile:
    """How shapefiles are written.

    Parameters
    ----------
    crs : str
        ``cgcs2000-3deg`` (zone-prefixed, a feature in the zone of its parcel, else of its site,
        else of its own centroid), ``cgcs2000-3deg-cm`` (the same without the zone number before
        the easting), ``utm``, or an EPSG code.
    encoding : {"UTF-8", "GB18030"}
        Of text; GB18030 for software that does not look at the ``.cpg``.
    lang : {"zh", "en"}
        Language of the legends in the styles; dictionaries in Chinese are bilingual.

    """

    crs: str = CGCS2000_3DEG
    encoding: Encoding = "UTF-8"
    lang: Language = "zh"

    @property
    def folder(self) -> str:
        """Folder below the plan's: ``shp``, or ``shp-gb18030``."""
        return "shp" if self.encoding == "UTF-8" else f"shp-{self.encoding.lower()}"


def write_shapefiles(
    staging: Staging,
    tables: Mapping[str, pd.DataFrame],
    *,
    as_of: str,
    profile: ShapeProfile | None = None,
) -> None:
    """Write the features as shapefiles, one folder per export CRS, with a dictionary of fields.

    Parameters
    ----------
    staging : Staging
        Where to write: ``shp/EPSG<code>/<layer>.shp`` with ``.qml``, ``shp/dictionary.csv`` (what
        each field means), ``shp/codes.csv`` (what each code means) and, if projecting made
        features invalid, ``mended.csv`` beside them (which, and the change of area).
    tables : mapping
        Name of a table contract -> table; tables without geometry are left out.
    as_of : str
        Date of the tables, YYYY-MM-DD.
    profile : ShapeProfile, optional
        Systems, encoding and language.

    Raises
    ------
    OutputError
        If a text or file is too large for the format, a character is not in the encoding, GDAL
        warns, or a file reads back differently.

    """
    form = profile or ShapeProfile()
    features = {n: t for n, t in tables.items() if isinstance(t, gpd.GeoDataFrame) and len(t)}
    for name, table in features.items():
        require_geometry(table, name)
        _require_room(table, name, form.encoding)
    mended: list[Mended] = []
    for code, layers in by_system(features, form.crs, told=mended.append).items():
        for name, table in layers.items():
            path = staging.path(f"{form.folder}/EPSG{code}/{name}.shp")
            _write_shapefile(path, _with_field_names(table, name), as_of=as_of, form=form)
            style = _style(name, features[name], form.lang)
            staging.write(f"{form.folder}/EPSG{code}/{name}.qml", style)
    staging.write(f"{form.folder}/dictionary.csv", dictionary_csv(tuple(features), form.lang))
    staging.write(f"{form.folder}/codes.csv", codes_csv(features, form.lang))
    write_mended(staging, f"{form.folder}/{{crs}}/mended.csv", mended, form.lang)


def dictionary_csv(names: tuple[str, ...], lang: Language = "zh") -> bytes:
    """Return what each field of the shapefiles means, as CSV that Excel opens in Chinese.

    Examples
    --------
    >>> text = dictionary_csv(("turbines",)).decode("utf-8-sig")
    >>> text.splitlines()[0]
    'layer,layer_zh,field,name,zh,en,unit,type,meaning'
    >>> dictionary_csv((), "en").decode("utf-8-sig").strip()
    'layer,field,name,en,unit,type,meaning'

    """
    rows: list[tuple[str, ...]] = []
    for name in names:
        title = tell(f"table-name-{name}", lang="zh")
        rows += [
            (name, title, c.dbf, c.name, c.zh, c.en, c.unit, c.kind, c.meaning)
            for c in _exported(name)
        ]
    return told_csv(DICTIONARY_HEAD, rows, lang)


def codes_csv(features: Mapping[str, pd.DataFrame], lang: Language = "zh") -> bytes:
    """Return what each code in the fields of the shapefiles stands for, as CSV.

    Examples
    --------
    >>> table = pd.DataFrame({"dune_class": ["fixed", ""]})
    >>> codes_csv({"works": table}).decode("utf-8-sig").splitlines()
    ['field,code,zh,en', 'dune,fixed,固定沙地,fixed sand']

    """
    found = {
        (c.dbf, c.name, code)
        for name, table in features.items()
        for c in _exported(name)
        if c.name in CODED and c.name in table
        for code in set(table[c.name].unique().tolist()) - {""}
    }
    rows = []
    for field, column, code in sorted(found):
        zh, en = (safe_cell(word_of(column, code, lang=spoken)) for spoken in ("zh", "en"))
        rows.append((field, safe_cell(code), zh, en))
    return told_csv(CODES_HEAD, rows, lang)


def _exported(name: str) -> tuple[Column, ...]:
    return tuple(column for column in table_columns(name) if column.dbf)


def _style(name: str, table: gpd.GeoDataFrame, lang: Language) -> str:
    fields = {column.name: column.dbf for column in _exported(name)}
    return layer_style(name, table, fields=fields, lang=lang, coded=True)


def _write_shapefile(
    path: Path, table: gpd.GeoDataFrame, *, as_of: str, form: ShapeProfile
) -> None:
    _require_characters(table, path.stem, form.encoding)
    values = table.drop(columns="geometry")
    attributes = dbf_bytes(values, as_of=as_of, encoding=form.encoding)
    with gdal(path, {}):
        options = {"driver": "ESRI Shapefile", "encoding": form.encoding}
        shapes = table[[table.columns[0], "geometry"]]
        write_layer(path, shapes, options=options, family=FAMILIES[path.stem])
        path.with_suffix(".dbf").write_bytes(attributes)
        found = pyogrio.read_dataframe(path, encoding=form.encoding)
    require_same(table, found, where=(path.stem, path), exact=False)


def _with_field_names(table: gpd.GeoDataFrame, name: str) -> gpd.GeoDataFrame:
    fields = {column.name: column.dbf for column in _exported(name)}
    days = {c.name: as_days(table[c.name]) for c in _exported(name) if is_date(c)}
    return table.assign(**days)[[*fields, "geometry"]].rename(columns=fields)


def _require_characters(table: gpd.GeoDataFrame, layer: str, encoding: Encoding) -> None:
    """Refuse a character that the encoding lacks."""
    for field in _text_fields(table):
        texts = table[field].tolist()
        try:
            encoded_texts(texts, encoding)
        except UnicodeEncodeError as error:
            mark = error.object[error.start]
            row = next(row for row, text in enumerate(texts) if mark in text)
            values = {"layer": layer, "column": field, "id": table.iloc[row, 0]}
            code = {"mark": f"U+{ord(mark):04X}", "encoding": encoding}
            raise OutputError("export-not-encodable", {**values, **code}) from error


def _text_fields(table: gpd.GeoDataFrame) -> list[str]:
    return [str(field) for field, kind in table.dtypes.items() if kind == "str"]


def _require_room(table: gpd.GeoDataFrame, name: str, encoding: Encoding) -> None:
    """Refuse what a shapefile would cut short without a word."""
    width = _FEATURE_BYTES
    for column in _exported(name):
        text = column.kind == "str"
        width += _longest_text(table, column.name, (name, encoding)) if text else _DBF_NUMBER_BYTES
    vertices = int(shapely.get_num_coordinates(table.geometry.to_numpy()).sum())
    _require_size(name, len(table) * width + vertices * _VERTEX_BYTES)


def _longest_text(table: gpd.GeoDataFrame, column: str, where: tuple[str, Encoding]) -> int:
    """Return the width of a text field [B], refusing a text that it cannot hold."""
    name, encoding = where
    limit = int(default_parameters().number("export.dbf_text_bytes"))
    lengths = np.array([len(text) for text in table[column].tolist()], dtype=np.int64)
    long = table.loc[lengths * _MOST_BYTES_PER_CHARACTER > limit, column]
    taken = np.array([_DBF_TEXT_BYTES, *(len(text.encode(encoding, "replace")) for text in long)])
    if taken.max() > limit:
        row = long.index[int(taken[1:].argmax())]
        values = {"layer": name, "column": column, "id": table.loc[row].iloc[0]}
        limits = {"bytes": int(taken.max()), "limit": limit}
        raise OutputError("export-text-too-long", {**values, **limits})
    return int(taken.max())


def _require_size(name: str, size_bytes: int) -> None:
    limit = int(default_parameters().number("export.shapefile_bytes"))
    if size_bytes > limit:
        values = {"layer": name, "bytes": f"{size_bytes:,}", "limit": f"{limit:,}"}
        raise OutputError("export-shapefile-too-big", values)
