"""Whether a layer reads back as it was written."""

from pathlib import Path
from typing import Final

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from sandgrid.errors import OutputError
from sandgrid.params import default_parameters

_FLOAT_RELATIVE: Final = 1e-12
_TYPE_TO_MULTI: Final = 3  # from Point to MultiPoint, and so on, in the numbering of GEOS
_MULTI_HEAD_BYTES: Final = 9  # of a collection in WKB: byte order, type, number of parts

Shapes = npt.NDArray[np.object_]
Flags = npt.NDArray[np.bool_]


def require_geometry(table: gpd.GeoDataFrame, name: str) -> None:
    """Refuse a feature without geometry, naming it."""
    missing = table.geometry.isna().to_numpy() | table.geometry.is_empty.to_numpy()
    if missing.any():
        row = int(np.flatnonzero(missing)[0])
        values = {"layer": name, "row": row, "id": table.iloc[row, 0]}
        raise OutputError("export-geometry-missing", values)


def require_same(
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


def _differences(written: pd.DataFrame, found: pd.DataFrame, column: str, *, exact: bool) -> Flags:
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


def _moved(left: Shapes, right: Shapes, *, exact: bool) -> Flags:
    """Return which shapes differ; those of equal bytes need no closer look."""
    turned = left if exact else shapely.orient_polygons(left, exterior_cw=True)
    differs = _flags(_parts_wkb(turned) != _parts_wkb(right))
    if differs.any():
        differs[differs] = _apart(left[differs], right[differs], exact=exact)
    return differs


def _parts_wkb(shapes: Shapes) -> Shapes:
    """Return shapes as bytes, a multi of one part as that part."""
    found: Shapes = np.array(shapely.to_wkb(shapes), dtype=object)
    alone = (shapely.get_type_id(shapes) > _TYPE_TO_MULTI) & (
        shapely.get_num_geometries(shapes) == 1
    )
    found[alone] = [wkb[_MULTI_HEAD_BYTES:] for wkb in found[alone]]
    return found


def _apart(left: Shapes, right: Shapes, *, exact: bool) -> Flags:
    one, two = _as_multi(left), _as_multi(right)
    if exact:
        return ~_flags(shapely.equals_exact(one, two, tolerance=0.0))
    tolerance = default_parameters().number("export.geometry_tolerance_m")
    pair = shapely.normalize(one), shapely.normalize(two)
    return ~_flags(shapely.equals_exact(*pair, tolerance=tolerance))


def _flags(values: object) -> Flags:
    return np.asarray(values, dtype=np.bool_)


def _as_multi(shapes: Shapes) -> Shapes:
    """Return shapes with their parts in a collection, so that one part equals its multi."""
    parts, owner = shapely.get_parts(shapes, return_index=True)
    collected = np.full(len(shapes), None, dtype=object)
    shapely.geometrycollections(parts, indices=owner, out=collected)
    return collected
