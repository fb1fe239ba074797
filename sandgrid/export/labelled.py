"""The plan for QGIS: one GeoPackage in CGCS2000 degrees with labels for names and styles inside."""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import pyogrio.raw

from sandgrid.export.content import PlanContent
from sandgrid.export.moving import Told, moved, untold
from sandgrid.export.readable import readable_labels, readable_table
from sandgrid.export.readback import require_same
from sandgrid.export.styles import layer_style
from sandgrid.export.vector import (
    FAMILIES,
    dated,
    gdal,
    geopackage_options,
    read_layer,
    write_layer,
)
from sandgrid.layers.crs import GEODETIC

STYLES_TABLE: Final = "layer_styles"
LEFT_OUT: Final = frozenset({"build_options", "treat_options", "substation_years"})
_STYLE_FIELDS: Final = (
    "f_table_catalog", "f_table_schema", "f_table_name", "f_geometry_column", "styleName",
    "styleQML", "styleSLD", "useAsDefault", "description", "owner", "ui", "update_time",
)  # fmt: skip
_GEOMETRY: Final = "geom"


def write_labelled(path: Path, content: PlanContent, *, told: Told = untold) -> None:
    """Write every table under the names that readers know, each layer with its style.

    Parameters
    ----------
    path : Path
        The new file.
    content : PlanContent
        The plan; its language names layers and columns.
    told : callable
        Told each feature that projecting made invalid, and that was mended.

    Raises
    ------
    OutputError
        If GDAL fails or warns, or a layer reads back differently.

    Notes
    -----
    QGIS takes the style of a layer from the table ``layer_styles`` of the GeoPackage, where its
    own "save style in database" puts it.

    """
    path.unlink(missing_ok=True)
    tables = {n: t for n, t in content.tables.items() if n not in LEFT_OUT}
    shown = {name: _shown(name, table, content, told=told) for name, table in tables.items()}
    with gdal(path, dated(content.as_of)):
        for number, (name, table) in enumerate(shown.items()):
            options = {**geopackage_options(number), "layer": _layer(name, content)}
            family = FAMILIES[name] if isinstance(table, gpd.GeoDataFrame) else None
            write_layer(path, table, options=options, family=family)
        _write_styles(path, tables, content)
    for name, table in shown.items():
        found = read_layer(path, _layer(name, content))
        require_same(table, found, where=(name, path), exact=True)


def _layer(name: str, content: PlanContent) -> str:
    return content.tell(f"table-name-{name}")


def _shown(name: str, table: pd.DataFrame, content: PlanContent, *, told: Told) -> pd.DataFrame:
    if isinstance(table, gpd.GeoDataFrame):
        table = moved(table, GEODETIC, layer=name, told=told)
    return readable_table(name, table, lang=content.lang, names=content.names)


def _write_styles(path: Path, tables: Mapping[str, pd.DataFrame], content: PlanContent) -> None:
    rows = [
        _style_row(name, table, content)
        for name, table in tables.items()
        if isinstance(table, gpd.GeoDataFrame)
    ]
    columns: list[npt.NDArray[np.generic]] = []
    for number, field in enumerate(_STYLE_FIELDS):
        kind = {"useAsDefault": "bool", "update_time": "datetime64[ms]"}.get(field, "object")
        columns.append(np.array([row[number] for row in rows], dtype=kind))
    pyogrio.raw.write(
        path,
        geometry=None,
        field_data=columns,
        fields=list(_STYLE_FIELDS),
        driver="GPKG",
        layer=STYLES_TABLE,
        append=True,
        FID="id",
    )


def _style_row(name: str, table: pd.DataFrame, content: PlanContent) -> tuple[object, ...]:
    layer, fields = _layer(name, content), readable_labels(name, content.lang)
    style = layer_style(name, table, fields=fields, lang=content.lang, names=content.names)
    made = np.datetime64(f"{content.as_of}T00:00:00")
    place = ("", "", layer, _GEOMETRY)
    return (*place, layer, style, "", True, "SandGrid", "", "", made)
