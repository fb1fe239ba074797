"""Tables and features as GeoPackage and shapefiles, read back before they count as written."""

import csv
import io
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Final

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import pyogrio
import pyogrio.raw
import pyproj
import shapely

from sandgrid.errors import OutputError
from sandgrid.export.files import Staging
from sandgrid.export.zones import export_epsg, follow
from sandgrid.layers.crs import to_crs
from sandgrid.messages import tell
from sandgrid.params import default_parameters
from sandgrid.tables import Column, conform_table, table_columns

FAMILIES: Final[Mapping[str, str]] = {
    "parcels": "MultiPolygon",
    "sites": "MultiPolygon",
    "treatments": "MultiPolygon",
    "pv_blocks": "MultiPolygon",
    "districts": "MultiPolygon",
    "works": "MultiPolygon",
    "packages": "MultiPolygon",
    "turbines": "Point",
    "hubs": "Point",
    "substations": "Point",
    "trunks": "MultiLineString",
}
DICTIONARY: Final = "shp/dictionary.csv"
DICTIONARY_HEAD: Final = (
    "layer", "layer_zh", "field", "name", "zh", "en", "unit", "type", "meaning",
)  # fmt: skip
_DBF_NUMBER_BYTES: Final = 24
_DBF_TEXT_BYTES: Final = 80
_UTF8_BYTES: Final = 4
_FEATURE_BYTES: Final = 64
_VERTEX_BYTES: Final = 16
_FLOAT_RELATIVE: Final = 1e-12


def write_geopackage(path: Path, tables: Mapping[str, pd.DataFrame], *, as_of: str) -> None:
    """Write tables and features as the layers of one GeoPackage and read them back.

    Parameters
    ----------
    path : Path
        The new file.
    tables : mapping
        Name of a table contract -> table; features hold their geometry in one CRS.
    as_of : str
        Date that stands for the time of writing, YYYY-MM-DD.

    Raises
    ------
    OutputError
        If GDAL fails or warns, or a layer reads back differently.

    """
    path.unlink(missing_ok=True)
    stamp = f"{as_of}T00:00:00.000Z"
    with _gdal(path, {"OGR_CURRENT_DATE": stamp, "OGR_SQLITE_SYNCHRONOUS": "OFF"}):
        for index, (name, table) in enumerate(tables.items()):
            family = FAMILIES[name] if isinstance(table, gpd.GeoDataFrame) else None
            options = {"driver": "GPKG", "append": index > 0, "DESCRIPTION": _title(name)}
            _write_layer(path, table, options={**options, "layer": name}, family=family)
    for name, table in tables.items():
        _require_same(table, _read_layer(path, name), where=(name, path), exact=True)


def write_shapefiles(
    staging: Staging, tables: Mapping[str, pd.DataFrame], *, crs: str, as_of: str
) -> None:
    """Write the features as shapefiles, one folder per export CRS, with a dictionary of fields.

    Parameters
    ----------
    staging : Staging
        Where to write: ``shp/EPSG<code>/<layer>.shp`` and ``shp/dictionary.csv``.
    tables : mapping
        Name of a table contract -> table; tables without geometry are left out.
    crs : str
        ``cgcs2000-3deg`` (zone-prefixed, a feature in the zone of its parcel, else of its site,
        else of its own centroid), ``utm``, or an EPSG code.
    as_of : str
        Date of the tables, YYYY-MM-DD.

    Raises
    ------
    OutputError
        If a text or file is too large for the format, GDAL warns, or a file reads back
        differently.

    """
    features = {n: t for n, t in tables.items() if isinstance(t, gpd.GeoDataFrame) and len(t)}
    for name, table in features.items():
        _require_geometry(table, name)
        _require_room(table, name)
    codes = _feature_codes(features, crs)
    for name, table in features.items():
        for code in np.unique(codes[name]).tolist():
            part = to_crs(table[codes[name] == code], pyproj.CRS.from_epsg(code))
            path = staging.path(f"shp/EPSG{code}/{name}.shp")
            _write_shapefile(path, _with_field_names(part, name), as_of=as_of)
    staging.write(DICTIONARY, dictionary_csv(tuple(features)))


def dictionary_csv(names: tuple[str, ...]) -> bytes:
    """Return what each field of the shapefiles means, as CSV that Excel opens in Chinese.

    Examples
    --------
    >>> text = dictionary_csv(("turbines",)).decode("utf-8-sig")
    >>> text.splitlines()[0]
    'layer,layer_zh,field,name,zh,en,unit,type,meaning'

    """
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\r\n")
    writer.writerow(DICTIONARY_HEAD)
    for name in names:
        title = tell(f"table-name-{name}", lang="zh")
        for c in _exported(name):
            writer.writerow((name, title, c.dbf, c.name, c.zh, c.en, c.unit, c.kind, c.meaning))
    return stream.getvalue().encode("utf-8-sig")


def _exported(name: str) -> tuple[Column, ...]:
    return tuple(column for column in table_columns(name) if column.dbf)


def _title(name: str) -> str:
    key = f"table-name-{name}"
    return f"{tell(key, lang='zh')} {tell(key, lang='en')}"


def _write_layer(
    path: Path, table: pd.DataFrame, *, options: Mapping[str, object], family: str | None
) -> None:
    """Write one layer; unlike write_dataframe it does not search the EPSG register each time."""
    fields = [column for column in table.columns if column != "geometry"]
    shapes = shapely.to_wkb(table.geometry.to_numpy()) if family else None
    crs = gpd.GeoDataFrame(table).crs if family else None
    pyogrio.raw.write(
        path,
        geometry=shapes,
        field_data=[np.asarray(table[field]) for field in fields],
        fields=fields,
        geometry_type=family,
        promote_to_multi=bool(family and family.startswith("Multi")),
        crs=crs and _crs_text(crs),
        **options,
    )


@cache
def _crs_text(crs: pyproj.CRS) -> str:
    code = crs.to_epsg()
    return f"EPSG:{code}" if code else crs.to_wkt("WKT1_GDAL")


@contextmanager
def _gdal(path: Path, options: dict[str, str]) -> Iterator[None]:
    """Set options, and turn what GDAL raises or warns of into one error of ours.

    A warning is raised inside a callback of GDAL, where it cannot stop the call; it is recorded
    and raised afterwards.
    """
    pyogrio.set_gdal_config_options(options)
    try:
        with warnings.catch_warnings(record=True) as heard:
            warnings.simplefilter("always")
            yield
    except (RuntimeError, ValueError) as error:
        raise _write_error(path, error) from error
    finally:
        pyogrio.set_gdal_config_options(dict.fromkeys(options))
    if heard:
        raise _write_error(path, heard[0].message)


def _write_error(path: Path, reason: object) -> OutputError:
    return OutputError("export-write-failed", {"folder": path.name, "reason": reason})


def _read_layer(path: Path, name: str) -> pd.DataFrame:
    with _gdal(path, {}):
        found: pd.DataFrame = pyogrio.read_dataframe(path, layer=name)
    return conform_table(found, name)


def _write_shapefile(path: Path, table: gpd.GeoDataFrame, *, as_of: str) -> None:
    with _gdal(path, {}):
        options = {"driver": "ESRI Shapefile", "encoding": "UTF-8"}
        options["DBF_DATE_LAST_UPDATE"] = as_of
        _write_layer(path, table, options=options, family=FAMILIES[path.stem])
        found = pyogrio.read_dataframe(path)
    _require_same(table, found, where=(path.stem, path), exact=False)


def _with_field_names(table: gpd.GeoDataFrame, name: str) -> gpd.GeoDataFrame:
    fields = {column.name: column.dbf for column in _exported(name)}
    return table[[*fields, "geometry"]].rename(columns=fields)


def _feature_codes(
    features: Mapping[str, gpd.GeoDataFrame], crs: str
) -> dict[str, npt.NDArray[np.int64]]:
    codes = {
        name: export_epsg(shapely.centroid(table.geometry.to_numpy()), table.crs, crs)
        for name, table in features.items()
    }
    parents = {
        f"{name[:-1]}_id": dict(
            zip(features[name][f"{name[:-1]}_id"], codes[name].tolist(), strict=True)
        )
        for name in ("parcels", "sites")
        if name in features
    }
    return {
        name: codes[name] if name in ("parcels", "sites") else follow(table, codes[name], parents)
        for name, table in features.items()
    }


def _require_geometry(table: gpd.GeoDataFrame, name: str) -> None:
    missing = table.geometry.isna().to_numpy() | table.geometry.is_empty.to_numpy()
    if missing.any():
        row = int(np.flatnonzero(missing)[0])
        values = {"layer": name, "row": row, "id": table.iloc[row, 0]}
        raise OutputError("export-geometry-missing", values)


def _require_room(table: gpd.GeoDataFrame, name: str) -> None:
    """Refuse what a shapefile would cut short without a word."""
    width = _FEATURE_BYTES
    for column in _exported(name):
        text = column.kind == "str"
        width += _longest_text(table, column.name, name) if text else _DBF_NUMBER_BYTES
    vertices = int(shapely.get_num_coordinates(table.geometry.to_numpy()).sum())
    _require_size(name, len(table) * width + vertices * _VERTEX_BYTES)


def _longest_text(table: gpd.GeoDataFrame, column: str, name: str) -> int:
    """Return the width of a text field [B], refusing a text that it cannot hold."""
    limit = int(default_parameters().number("export.dbf_text_bytes"))
    long = table.loc[table[column].str.len() * _UTF8_BYTES > limit, column]
    taken = np.array([_DBF_TEXT_BYTES, *(len(text.encode()) for text in long)])
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


def _require_same(
    written: pd.DataFrame, found: pd.DataFrame, *, where: tuple[str, Path], exact: bool
) -> None:
    """Refuse a layer that reads back differently, naming the first place where it does."""
    name, path = where
    for column in written.columns:
        differs = _differences(written, found, column, exact=exact)
        if differs.any():
            row = int(np.flatnonzero(differs)[0])
            values = {"layer": name, "file": path.name, "column": column, "row": row}
            raise OutputError("export-layer-differs", {**values, "id": written.iloc[row, 0]})


def _differences(
    written: pd.DataFrame, found: pd.DataFrame, column: str, *, exact: bool
) -> npt.NDArray[np.bool_]:
    if column not in found or len(found) != len(written):
        return np.ones(max(len(written), 1), dtype=bool)
    left, right = written[column], found[column]
    if column == "geometry":
        return _moved(left.to_numpy(), right.to_numpy(), exact=exact)
    if left.dtype.kind == "f":
        tolerance = 0.0 if exact else _FLOAT_RELATIVE
        pair = left.to_numpy(), right.to_numpy(dtype=np.float64)
        return ~_flags(np.isclose(*pair, rtol=tolerance, atol=tolerance, equal_nan=True))
    if left.dtype.kind in "iub":
        return _flags(left.to_numpy() != right.to_numpy())
    return _flags(left.to_numpy(dtype=object) != right.fillna("").to_numpy(dtype=object))


def _moved(
    left: npt.NDArray[np.object_], right: npt.NDArray[np.object_], *, exact: bool
) -> npt.NDArray[np.bool_]:
    one, two = _as_multi(left), _as_multi(right)
    if exact:
        same = shapely.equals_exact(one, two, tolerance=0.0)
    else:
        tolerance = default_parameters().number("export.geometry_tolerance_m")
        pair = shapely.normalize(one), shapely.normalize(two)
        same = shapely.equals_exact(*pair, tolerance=tolerance)
    return ~_flags(same)


def _flags(values: object) -> npt.NDArray[np.bool_]:
    return np.asarray(values, dtype=np.bool_)


def _as_multi(shapes: npt.NDArray[np.object_]) -> npt.NDArray[np.object_]:
    """Return shapes with their parts in a collection, so that one part equals its multi."""
    parts, owner = shapely.get_parts(shapes, return_index=True)
    collected = np.full(len(shapes), None, dtype=object)
    shapely.geometrycollections(parts, indices=owner, out=collected)
    return collected
