"""Tables and features as layers of a GeoPackage, read back before they count as written."""

import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from threading import RLock
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
from sandgrid.export.readback import require_same
from sandgrid.messages import Language, tell
from sandgrid.tables import conform_table

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
_ONE_AT_A_TIME: Final = RLock()


def write_geopackage(
    path: Path, tables: Mapping[str, pd.DataFrame], *, as_of: str, lang: Language = "zh"
) -> None:
    """Write tables and features as the layers of one GeoPackage and read them back.

    Parameters
    ----------
    path : Path
        The new file.
    tables : mapping
        Name of a table contract -> table; features hold their geometry in one CRS.
    as_of : str
        Date that stands for the time of writing, YYYY-MM-DD.
    lang : {"zh", "en"}, optional
        Language of the titles of layers; Chinese ones are bilingual.

    Raises
    ------
    OutputError
        If GDAL fails or warns, or a layer reads back differently.

    """
    path.unlink(missing_ok=True)
    with gdal(path, dated(as_of)):
        for index, (name, table) in enumerate(tables.items()):
            family = FAMILIES[name] if isinstance(table, gpd.GeoDataFrame) else None
            options = {**geopackage_options(index), "DESCRIPTION": layer_title(name, lang)}
            write_layer(path, table, options={**options, "layer": name}, family=family)
    for name, table in tables.items():
        found = conform_table(read_layer(path, name), name)
        require_same(table, found, where=(name, path), exact=True)


def dated(as_of: str) -> dict[str, str]:
    """Return what GDAL is told so that a GeoPackage carries the date of the plan."""
    return {"OGR_CURRENT_DATE": f"{as_of}T00:00:00.000Z", "OGR_SQLITE_SYNCHRONOUS": "OFF"}


def geopackage_options(layers_before: int) -> dict[str, object]:
    """Return the options of the next layer; version 1.2 opens without a warning in old programs."""
    if layers_before:
        return {"driver": "GPKG", "append": True}
    return {"driver": "GPKG", "append": False, "dataset_options": {"VERSION": "1.2"}}


def layer_title(name: str, lang: Language = "zh") -> str:
    """Return the name of a table in English, after the Chinese one where outputs are Chinese.

    Examples
    --------
    >>> layer_title("parcels"), layer_title("parcels", "en")
    ('地块 Parcels', 'Parcels')

    """
    key = f"table-name-{name}"
    title = tell(key, lang="en")
    return title if lang == "en" else f"{tell(key, lang='zh')} {title}"


def write_layer(
    path: Path, table: pd.DataFrame, *, options: Mapping[str, object], family: str | None
) -> None:
    """Write one layer; unlike write_dataframe it does not search the EPSG register each time."""
    fields = [column for column in table.columns if column != "geometry"]
    shapes = shapely.to_wkb(table.geometry.to_numpy()) if family else None
    crs = gpd.GeoDataFrame(table).crs if family else None
    pyogrio.raw.write(
        path,
        geometry=shapes,
        field_data=[_values(table[field]) for field in fields],
        fields=fields,
        geometry_type=family,
        promote_to_multi=bool(family and family.startswith("Multi")),
        crs=crs and _crs_text(crs),
        **options,
    )


def _values(column: pd.Series) -> npt.NDArray[np.generic]:
    """Return the values of a column; a time of day is never meant, so dates are days."""
    values = np.asarray(column)
    return values.astype("datetime64[D]") if values.dtype.kind == "M" else values


@cache
def _crs_text(crs: pyproj.CRS) -> str:
    code = crs.to_epsg()
    return f"EPSG:{code}" if code else crs.to_wkt("WKT1_GDAL")


@contextmanager
def gdal(path: Path, options: dict[str, str]) -> Iterator[None]:
    """Set options, and turn what GDAL raises or warns of into one error of ours.

    A warning is raised inside a callback of GDAL, where it cannot stop the call; it is recorded
    and raised afterwards.  Options and warnings are of the whole process: one thread has them at
    a time, and what another one is warned of meanwhile is told as if nobody had listened.
    """
    with _ONE_AT_A_TIME:
        pyogrio.set_gdal_config_options(options)
        try:
            with warnings.catch_warnings(record=True) as heard:
                warnings.simplefilter("always")
                yield
        except (RuntimeError, ValueError) as error:
            raise _write_error(path, error) from error
        finally:
            pyogrio.set_gdal_config_options(dict.fromkeys(options))
    for warning in heard:
        if Path(warning.filename).parent.name == "pyogrio":
            raise _write_error(path, warning.message)
        warnings.warn_explicit(warning.message, warning.category, warning.filename, warning.lineno)


def _write_error(path: Path, reason: object) -> OutputError:
    return OutputError("export-write-failed", {"folder": path.name, "reason": reason})


def read_layer(path: Path, layer: str) -> pd.DataFrame:
    """Read a layer back as it stands."""
    with gdal(path, {}):
        found: pd.DataFrame = pyogrio.read_dataframe(path, layer=layer)
    return found
