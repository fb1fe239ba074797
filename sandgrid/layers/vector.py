"""The only reader of vector layers: checked features with known columns in one CRS."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, cast

import geopandas as gpd
import numpy as np
import pyogrio
import pyproj
import shapely
from pyogrio.errors import DataLayerError, DataSourceError, FeatureError, FieldError, GeometryError

from sandgrid.errors import InputError
from sandgrid.layers.catalogue import VectorSource
from sandgrid.layers.columns import conform_columns, leave_out
from sandgrid.layers.crs import (
    GEODETIC,
    Bounds,
    crs_name,
    extent_text,
    old_datum_off_m,
    to_crs,
)
from sandgrid.layers.gcj02 import from_gcj02, shift_m
from sandgrid.layers.guard import (
    dbf_encoding,
    require_local,
    require_whole_shapefile,
    vector_driver,
)
from sandgrid.layers.guessing import Place, missing_crs
from sandgrid.layers.notices import Report, SandGridWarning, warn
from sandgrid.layers.repair import SHOWN, checked_geometries
from sandgrid.params import default_parameters

GEOMETRY_ERRORS: Final = (DataSourceError, DataLayerError, FeatureError, FieldError, GeometryError)


@dataclass(frozen=True)
class Window:
    """Where features are wanted, in the analysis CRS.

    Parameters
    ----------
    bounds : tuple of float
        West, south, east, north of the area [m].
    margin_m : float
        How far beyond the area features are kept, so that their setbacks reach into it [m].

    """

    bounds: Bounds
    margin_m: float = 0.0

    @property
    def wide(self) -> Bounds:
        """Return the bounds with the margin."""
        west, south, east, north = self.bounds
        margin = self.margin_m
        return west - margin, south - margin, east + margin, north + margin


def read_vector(
    source: VectorSource,
    crs: pyproj.CRS,
    *,
    window: Window | None = None,
    report: Report = warn,
) -> gpd.GeoDataFrame:
    """Read a vector layer.

    Parameters
    ----------
    source : VectorSource
        Entry of the catalogue.
    crs : CRS
        Analysis CRS.
    window : Window, optional
        Where features are wanted; everywhere by default.
    report : callable
        What is done with a warning.

    Returns
    -------
    GeoDataFrame
        The declared columns and geometry, in the analysis CRS, sorted by id.

    Raises
    ------
    InputError
        If the file is missing, cut off, of another format, without CRS or elsewhere; if a
        geometry is empty, invalid or of another family; if an id stands twice; if a column is
        missing or holds a value that the role does not know.

    """
    frame = _opened(source, report)
    area = None if window is None else Place(window.bounds, crs)
    _require_crs(frame, source, area, report)
    frame = leave_out(_filtered(frame, source), source, report)
    frame = checked_geometries(frame, source, report)
    frame = conform_columns(frame, source)
    if source.datum:
        frame = _shifted_back(frame, source, report)
    moved = _moved(frame, source, crs)
    if source.geometry == "polygon" and not crs.is_geographic:
        _tell_slivers(moved, source, report)
    if window is not None:
        moved = _within(moved, source, window)
    return cast("gpd.GeoDataFrame", moved.sort_values(source.id, kind="stable", ignore_index=True))


def _opened(source: VectorSource, report: Report) -> gpd.GeoDataFrame:
    path = require_local(source)
    driver = vector_driver(source)
    encoding = _encoding(source, driver, report)
    layer = _layer(source, str(path), driver)
    try:
        info = pyogrio.read_info(path, layer=layer, encoding=encoding)
        if info["driver"] != driver:
            raise InputError("layer-wrong-format", {**source.named, "format": driver})
        fields = [str(name) for name in info["fields"]]
        wanted = _wanted(source, fields, empty=info["features"] == 0)
        frame = pyogrio.read_dataframe(
            path,
            layer=layer,
            encoding=encoding,
            columns=[name for name in wanted if name in fields],
            force_2d=True,
            fid_as_index=True,
            datetime_as_string=True,
        )
    except GEOMETRY_ERRORS as error:
        raise InputError("layer-broken", {**source.named, "why": str(error)}) from error
    if not isinstance(frame, gpd.GeoDataFrame):
        raise InputError("layer-no-geometry", source.named)
    return frame if fields else frame.assign(**dict.fromkeys(wanted, ""))


def _encoding(source: VectorSource, driver: str, report: Report) -> str | None:
    if driver != "ESRI Shapefile":
        return None
    require_whole_shapefile(source)
    encoding, guessed = dbf_encoding(source, source.encoding)
    if guessed:
        values = {**source.named, "encoding": encoding.upper()}
        report(SandGridWarning("layer-encoding-guessed", values))
    return encoding


def _layer(source: VectorSource, path: str, driver: str) -> str | None:
    if driver != "GPKG":
        return None
    try:
        names = [str(name) for name in pyogrio.list_layers(path)[:, 0]]
    except GEOMETRY_ERRORS as error:
        raise InputError("layer-broken", {**source.named, "why": str(error)}) from error
    if not source.layer and len(names) != 1:
        raise InputError("layer-needs-layer", {**source.named, "layers": ", ".join(names)})
    if source.layer and source.layer not in names:
        raise InputError(
            "layer-no-layer", {**source.named, "name": source.layer, "layers": ", ".join(names)}
        )
    return source.layer or names[0]


def _wanted(source: VectorSource, fields: list[str], *, empty: bool) -> list[str]:
    """Return the columns that are read; an empty GeoJSON has none, and nobody misses them."""
    wanted = list(dict.fromkeys([*source.columns.values(), *source.where]))
    missing = [name for name in wanted if name not in fields]
    if missing and not (empty and source.sparse):
        raise InputError(
            "layer-columns-missing",
            {**source.named, "columns": ", ".join(missing), "fields": ", ".join(fields)},
        )
    return wanted


def _require_crs(
    frame: gpd.GeoDataFrame, source: VectorSource, area: Place | None, report: Report
) -> None:
    if frame.crs is None:
        if not source.assume_crs:
            raise missing_crs(source, cast("Bounds", tuple(frame.total_bounds.tolist())), area)
        frame.set_crs(source.assume_crs, inplace=True)
    off_m = old_datum_off_m(cast("pyproj.CRS", frame.crs))
    if off_m:
        values = {**source.named, "crs": crs_name(frame.crs), "off_m": off_m}
        report(SandGridWarning("layer-old-datum", values))


def _filtered(frame: gpd.GeoDataFrame, source: VectorSource) -> gpd.GeoDataFrame:
    keep = np.ones(len(frame), bool)
    for column, values in source.where.items():
        keep &= frame[column].isin(values).to_numpy()
    if not keep.any() and not source.sparse:
        raise InputError("layer-empty", {**source.named, "where": _where_text(source.where)})
    return cast("gpd.GeoDataFrame", frame[keep])


def _where_text(where: Mapping[str, tuple[object, ...]]) -> str:
    parts = (f"{column} in {list(values)}" for column, values in where.items())
    return "; ".join(parts) or "-"


def _shifted_back(
    frame: gpd.GeoDataFrame, source: VectorSource, report: Report
) -> gpd.GeoDataFrame:
    """Return features whose GCJ-02 coordinates are moved back to where they belong."""
    degrees = frame.to_crs(GEODETIC).geometry.to_numpy()
    true = from_gcj02(shapely.get_coordinates(degrees))
    report(SandGridWarning("layer-gcj02", {**source.named, "shift_m": _middle(shift_m(true))}))
    moved = shapely.set_coordinates(degrees, true)
    return cast(
        "gpd.GeoDataFrame", frame.set_geometry(gpd.GeoSeries(moved, frame.index, crs=GEODETIC))
    )


def _middle(values: np.ndarray) -> float:
    return float(np.median(values)) if len(values) else 0.0


def _moved(frame: gpd.GeoDataFrame, source: VectorSource, crs: pyproj.CRS) -> gpd.GeoDataFrame:
    try:
        return to_crs(frame, crs)
    except InputError as error:
        values = {**source.named, "crs": crs_name(frame.crs), "count": error.values["count"]}
        raise InputError("layer-no-place", values) from error


def _tell_slivers(frame: gpd.GeoDataFrame, source: VectorSource, report: Report) -> None:
    """Tell of polygons narrower than a metre: left over from a cut, seldom land of anybody."""
    shapes = frame.geometry.to_numpy()
    least_m = default_parameters().number("layers.sliver_width_m")
    thin = 2 * shapely.area(shapes) < least_m * shapely.length(shapes)
    if thin.any():
        names = ", ".join(frame[source.id][thin].astype(str).tolist()[:SHOWN])
        values = {"count": int(thin.sum()), "features": names, "width_m": least_m}
        report(SandGridWarning("geometry-slivers", {**source.named, **values}))


def _within(frame: gpd.GeoDataFrame, source: VectorSource, window: Window) -> gpd.GeoDataFrame:
    """Keep the features near the area; a layer that lies elsewhere is an error."""
    if frame.empty and source.sparse:
        return frame
    bounds = frame.bounds.to_numpy()
    near = _touches(bounds, window.wide)
    if not _touches(bounds, window.bounds).any() and not (
        source.sparse and _distance_m(bounds, window.bounds) <= _far_away_m()
    ):
        raise InputError(
            "layer-elsewhere",
            {
                **source.named,
                "extent": extent_text(_total(bounds), cast("pyproj.CRS", frame.crs)),
                "area": extent_text(window.bounds, cast("pyproj.CRS", frame.crs)),
            },
        )
    return cast("gpd.GeoDataFrame", frame[near])


def _far_away_m() -> float:
    return default_parameters().number("layers.far_away_m")


def _touches(bounds: np.ndarray, box: Bounds) -> np.ndarray:
    west, south, east, north = bounds.T
    return np.asarray((west <= box[2]) & (east >= box[0]) & (south <= box[3]) & (north >= box[1]))


def _total(bounds: np.ndarray) -> Bounds:
    low, high = bounds[:, :2].min(axis=0), bounds[:, 2:].max(axis=0)
    return cast("Bounds", (*low.tolist(), *high.tolist()))


def _distance_m(bounds: np.ndarray, box: Bounds) -> float:
    return float(shapely.distance(shapely.box(*bounds.T), shapely.box(*box)).min(initial=np.inf))
