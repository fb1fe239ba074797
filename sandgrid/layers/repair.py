"""Geometries as they come: what is refused, and what is repaired with a report."""

from typing import Final, cast

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import shapely

from sandgrid.errors import InputError
from sandgrid.layers.catalogue import VectorSource
from sandgrid.layers.crs import Geometries
from sandgrid.layers.notices import Report, SandGridWarning
from sandgrid.units import M2_PER_HA

FAMILIES: Final = {"point": 0, "line": 1, "polygon": 2}
SHOWN: Final = 5
ISSUE_EXAMPLES: Final = 3
DEGREE_LIMITS: Final = (360.0, 90.0)


def checked_geometries(
    frame: gpd.GeoDataFrame, source: VectorSource, report: Report
) -> gpd.GeoDataFrame:
    """Return the features with valid geometries of one family.

    Parameters
    ----------
    frame : GeoDataFrame
        Indexed by the number of the feature in its file.
    source : VectorSource
        Says which family is expected and whether invalid geometries are repaired.
    report : callable
        What is done with a warning.

    Raises
    ------
    InputError
        Naming features that are empty, not finite, of another family, or invalid.

    """
    names = _names(frame, source)
    geometries = frame.geometry.to_numpy()
    _refuse(shapely.is_missing(geometries) | shapely.is_empty(geometries), "empty", source, names)
    _refuse(_not_finite(geometries), "not-finite", source, names)
    _require_degrees(frame, source, names)
    family = shapely.get_dimensions(geometries)
    collection = shapely.get_type_id(geometries) == shapely.GeometryType.GEOMETRYCOLLECTION
    _refuse((family != FAMILIES[source.geometry]) | collection, "family", source, names)
    invalid = ~shapely.is_valid(geometries)
    if not invalid.any():
        return frame
    if not source.repair:
        _refuse_invalid(geometries, invalid, source, names)
    return cast("gpd.GeoDataFrame", frame.set_geometry(_repaired(frame, invalid, source, report)))


def _names(frame: gpd.GeoDataFrame, source: VectorSource) -> npt.NDArray[np.object_]:
    """Return what each feature is called in a message: its id, or its number in the file."""
    column = source.columns.get(source.id)
    if column is None:
        return np.array([f"#{number}" for number in frame.index], dtype=object)
    return np.asarray(frame[column].astype("object").astype(str), dtype=object)


def _refuse(
    bad: npt.NDArray[np.bool_], what: str, source: VectorSource, names: npt.NDArray[np.object_]
) -> None:
    if bad.any():
        values = {**source.named, "count": int(bad.sum()), "features": _some(names[bad])}
        key = f"geometry-{what}"
        raise InputError(key, {**values, "geometry": source.geometry})


def _some(names: npt.NDArray[np.object_]) -> str:
    rest = f" ... ({len(names)})" if len(names) > SHOWN else ""
    return ", ".join(str(name) for name in names[:SHOWN]) + rest


def _not_finite(geometries: Geometries) -> npt.NDArray[np.bool_]:
    coordinates, owner = shapely.get_coordinates(geometries, return_index=True)
    bad = np.zeros(len(geometries), bool)
    bad[owner[~np.isfinite(coordinates).all(axis=1)]] = True
    return bad


def _require_degrees(
    frame: gpd.GeoDataFrame, source: VectorSource, names: npt.NDArray[np.object_]
) -> None:
    """Refuse latitudes beyond the pole: metres called degrees, or the axes swapped."""
    if frame.crs is None or not frame.crs.is_geographic:
        return
    bounds = np.abs(frame.bounds.to_numpy())
    bad = (bounds[:, [0, 2]] > DEGREE_LIMITS[0]).any(axis=1)
    bad |= (bounds[:, [1, 3]] > DEGREE_LIMITS[1]).any(axis=1)
    _refuse(bad, "not-degrees", source, names)


def _refuse_invalid(
    geometries: Geometries,
    invalid: npt.NDArray[np.bool_],
    source: VectorSource,
    names: npt.NDArray[np.object_],
) -> None:
    reasons = shapely.is_valid_reason(geometries[invalid])
    told = [f"{name} ({reason})" for name, reason in zip(names[invalid], reasons, strict=True)]
    features = "; ".join(told[:ISSUE_EXAMPLES])
    values = {**source.named, "count": int(invalid.sum()), "features": features}
    raise InputError("geometry-invalid", values)


def _repaired(
    frame: gpd.GeoDataFrame, invalid: npt.NDArray[np.bool_], source: VectorSource, report: Report
) -> gpd.GeoSeries:
    geometries = frame.geometry.to_numpy().copy()
    before = shapely.area(geometries[invalid]).sum()
    whole = shapely.make_valid(geometries[invalid], method="structure", keep_collapsed=False)
    geometries[invalid] = _of_family(whole, FAMILIES[source.geometry])
    gone = shapely.is_empty(geometries)
    names = _names(frame, source)
    _refuse(gone, "collapsed", source, names)
    values = {
        **source.named,
        "count": int(invalid.sum()),
        "features": _some(names[invalid]),
        "change": _change(frame, float(shapely.area(geometries[invalid]).sum() - before)),
    }
    report(SandGridWarning("geometry-repaired", values))
    return gpd.GeoSeries(geometries, index=frame.index, crs=frame.crs)


def _change(frame: gpd.GeoDataFrame, change: float) -> str:
    if frame.crs is not None and frame.crs.is_geographic:
        return f"{change:+.6g} deg2"
    return f"{change / M2_PER_HA:+.4f} ha"


def _of_family(geometries: Geometries, family: int) -> Geometries:
    """Keep the parts of one dimension; a repaired polygon may come with stray lines."""
    result = geometries.copy()
    mixed = shapely.get_type_id(geometries) == shapely.GeometryType.GEOMETRYCOLLECTION
    for place in np.flatnonzero(mixed):
        parts = shapely.get_parts(shapely.get_parts(geometries[place]))
        result[place] = shapely.union_all(parts[shapely.get_dimensions(parts) == family])
    return result
