"""Features in another coordinate system, mended where projecting them made edges cross.

A vertex that lies on an edge of another part lies beside that edge after projecting, because a
straight line is not straight in another projection: the two parts then overlap by a hair, and
programs refuse the feature.  Such features are mended, and what that changed is told.
"""

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, cast

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pyproj
import shapely

from sandgrid.errors import OutputError
from sandgrid.export.files import Staging
from sandgrid.export.words import safe_cell, told_csv
from sandgrid.layers.crs import METRES_PER_DEGREE, crs_name, require_finite, to_crs
from sandgrid.messages import Language, tell
from sandgrid.params import default_parameters

MENDED_HEAD: Final = ("layer", "layer_zh", "id", "crs", "change_m2")
_DECIMALS: Final = 4
_POLYGON: Final = 2  # dimensions

Shapes = npt.NDArray[np.object_]


@dataclass(frozen=True)
class Mended:
    """A feature that projecting had made invalid.

    Parameters
    ----------
    layer, feature_id : str
        Which.
    crs : str
        System in which it was invalid.
    change_m2 : float
        Area after mending less before [m2].

    """

    layer: str
    feature_id: str
    crs: str
    change_m2: float


Told = Callable[[Mended], object]


def untold(_: Mended) -> None:
    """Tell nobody: what is mended is finer than the digits that are written."""


def moved(
    table: gpd.GeoDataFrame,
    crs: pyproj.CRS,
    *,
    layer: str,
    straight: bool = False,
    told: Told = untold,
) -> gpd.GeoDataFrame:
    """Return features in another CRS, each valid; attributes stay as they are.

    Parameters
    ----------
    table : GeoDataFrame
        Its first column names the features.
    crs : CRS
        Target.
    layer : str
        Name of the layer.
    straight : bool
        Whether only corners are moved; else long edges get vertices between.
    told : callable
        Told each feature that had to be mended.

    Returns
    -------
    GeoDataFrame
        As many rows, in the same order.

    Raises
    ------
    InputError
        If a point has no place in the target.
    OutputError
        If mending a feature would change its area by more than ``export.mended_m2``.

    Examples
    --------
    >>> shape = shapely.box(120, 43, 121, 44)
    >>> square = gpd.GeoDataFrame({"id": ["P1"]}, geometry=[shape], crs=4490)
    >>> moved(square, pyproj.CRS.from_epsg(4549), layer="parcels").geometry.is_valid.tolist()
    [True]

    """
    placed = table.to_crs(crs) if straight else to_crs(table, crs)
    shapes = np.array(placed.geometry.to_numpy(), dtype=object)
    require_finite(shapes, crs)
    wrong = np.flatnonzero(~shapely.is_valid(shapes))
    if not len(wrong):
        return placed
    for row in wrong.tolist():
        whole = _whole(shapes[row])
        told(_mended(layer, str(table.iloc[row, 0]), (shapes[row], whole), crs))
        shapes[row] = whole
    return _with_shapes(placed, shapes)


def _with_shapes(table: gpd.GeoDataFrame, shapes: Shapes) -> gpd.GeoDataFrame:
    series = gpd.GeoSeries(shapes, index=table.index, crs=table.crs)
    return cast("gpd.GeoDataFrame", table.set_geometry(series))


def _whole(shape: shapely.Geometry) -> shapely.Geometry:
    """Return a shape made valid; what is left of a polygon is polygons."""
    if shapely.get_dimensions(shape) < _POLYGON:
        return shapely.make_valid(shape)
    return shapely.make_valid(shape, method="structure", keep_collapsed=False)


def _mended(
    layer: str, feature_id: str, pair: tuple[shapely.Geometry, shapely.Geometry], crs: pyproj.CRS
) -> Mended:
    change = (shapely.area(pair[1]) - shapely.area(pair[0])) * _m2_per_unit(pair[0], crs)
    limit = default_parameters().number("export.mended_m2")
    gone = shapely.is_empty(pair[1]) or not shapely.is_valid(pair[1])
    if gone or abs(change) > limit:
        values = {"layer": layer, "id": feature_id, "crs": crs_name(crs), "limit": limit}
        raise OutputError("export-not-mended", {**values, "change": f"{change:+.{_DECIMALS}f}"})
    return Mended(layer, feature_id, crs_name(crs), round(float(change), _DECIMALS) + 0.0)


def _m2_per_unit(shape: shapely.Geometry, crs: pyproj.CRS) -> float:
    """Return the square metres of a square unit of the coordinates, about right for a change."""
    if not crs.is_geographic:
        return 1.0
    _, south, _, north = shapely.bounds(shape).tolist()
    return METRES_PER_DEGREE**2 * math.cos(math.radians((south + north) / 2))


def on_grid(table: gpd.GeoDataFrame, step: float, *, layer: str) -> gpd.GeoDataFrame:
    """Return features whose polygons have coordinates of few digits and are valid still.

    Parameters
    ----------
    table : GeoDataFrame
        Valid features; the first column names them.
    step : float
        What coordinates are whole multiples of, in their unit.
    layer : str
        Name of the layer.

    Raises
    ------
    OutputError
        If nothing is left of a feature.

    Examples
    --------
    >>> spike = shapely.Polygon([(0, 0), (4, 0), (4, 4), (4.0001, 9), (3.9999, 4), (0, 4)])
    >>> table = gpd.GeoDataFrame({"id": ["P1"]}, geometry=[spike], crs=4549)
    >>> on_grid(table, 0.001, layer="parcels").geometry.iloc[0].bounds
    (0.0, 0.0, 4.0, 4.0)

    """
    shapes = np.array(table.geometry.to_numpy(), dtype=object)
    areas = shapely.get_dimensions(shapes) == _POLYGON
    shapes[areas] = shapely.set_precision(shapes[areas], step)
    gone = np.flatnonzero(shapely.is_empty(shapes))
    if len(gone):
        values = {"layer": layer, "id": table.iloc[int(gone[0]), 0], "step": f"{step:g}"}
        raise OutputError("export-too-small", values)
    return _with_shapes(table, shapes)


def mended_csv(found: Sequence[Mended], lang: Language = "zh") -> bytes:
    """Return what was mended, as CSV that Excel opens in Chinese.

    Examples
    --------
    >>> text = mended_csv([Mended("treatments", "T000013", "EPSG:4529", 0.0008)], "en")
    >>> text.decode("utf-8-sig").splitlines()
    ['layer,id,crs,change_m2', 'treatments,T000013,EPSG:4529,0.0008']

    """
    return told_csv(MENDED_HEAD, list(_rows(found)), lang)


def _rows(found: Sequence[Mended]) -> Iterator[tuple[str, ...]]:
    for one in found:
        title = tell(f"table-name-{one.layer}", lang="zh")
        change = f"{one.change_m2:.{_DECIMALS}f}"
        yield one.layer, title, safe_cell(one.feature_id), one.crs, change


def write_mended(staging: Staging, name: str, found: Iterable[Mended], lang: Language) -> None:
    """Write what was mended, one file per system; none where nothing was.

    Parameters
    ----------
    staging : Staging
        Where to write.
    name : str
        Relative name with ``{crs}`` in it, which becomes ``EPSG4529``.
    found : iterable of Mended
        What was mended.
    lang : {"zh", "en"}
        Language.

    """
    by_crs: dict[str, list[Mended]] = {}
    for one in found:
        by_crs.setdefault(one.crs.replace(":", ""), []).append(one)
    for crs, rows in by_crs.items():
        staging.write(name.format(crs=crs), mended_csv(rows, lang))
