"""PV blocks of exactly the gross area of a unit, cut straight from the PV land of a site."""

import numpy as np
import shapely
from shapely.geometry import Polygon
from shapely.geometry.base import BaseGeometry

from sandgrid.errors import InputError
from sandgrid.plan.cutting import bisect_polygon, is_high_side, only_polygons, split_area
from sandgrid.units import M2_PER_HA

TOLERANCE_M2 = 0.5


def cut_blocks(
    land: BaseGeometry, count: int, block_m2: float, *, toward: tuple[float, float], site_id: str
) -> list[BaseGeometry]:
    """Cut blocks of one area from the PV land of a site.

    Parameters
    ----------
    land : Polygon or MultiPolygon
        PV land of the site.
    count : int
        Number of blocks.
    block_m2 : float
        Area of each [m2].
    toward : tuple of two floats
        Place (x, y) of the hub [m]; blocks on its side come first.
    site_id : str
        For the error.

    Returns
    -------
    list of geometries
        Blocks that do not overlap.

    Raises
    ------
    InputError
        If the land is too small.

    Notes
    -----
    The largest connected parts are filled first, each from the side of the hub by one straight
    cut and then by halving; what whole blocks leave of all parts is put together for the rest.

    Examples
    --------
    >>> land = shapely.box(0, 0, 40, 10)
    >>> [b.area for b in cut_blocks(land, 3, 100.0, toward=(0, 0), site_id="S001")]
    [100.0, 100.0, 100.0]

    """
    if land.area < count * block_m2 - TOLERANCE_M2:
        have, need = land.area / M2_PER_HA, count * block_m2 / M2_PER_HA
        raise InputError(
            "plan-land-lost", {"site": site_id, "have": f"{have:.4f}", "need": f"{need:.4f}"}
        )
    blocks: list[BaseGeometry] = []
    rests: list[BaseGeometry] = []
    for part in _by_size(land):
        here = min(int((part.area + TOLERANCE_M2) // block_m2), count - len(blocks))
        cut, rest = _fill(part, here, block_m2, toward=toward)
        blocks += cut
        rests.append(rest)
    missing = count - len(blocks)
    if missing:
        blocks += _fill(_together(rests), missing, block_m2, toward=toward)[0]
    return blocks


def _by_size(land: BaseGeometry) -> list[BaseGeometry]:
    parts = shapely.get_parts(land)
    corners = shapely.bounds(parts)
    order = np.lexsort((corners[:, 1], corners[:, 0], -np.round(shapely.area(parts), 3)))
    return [parts[i] for i in order]


def _fill(
    land: BaseGeometry, count: int, block_m2: float, *, toward: tuple[float, float]
) -> tuple[list[BaseGeometry], BaseGeometry]:
    if count == 0:
        return [], land
    high = is_high_side(land, toward)
    whole, rest = split_area(land, count * block_m2, from_high=high)
    return bisect_polygon(whole, count, toward=toward), rest


def _together(parts: list[BaseGeometry]) -> BaseGeometry:
    return only_polygons(
        shapely.union_all([part for part in parts if not part.is_empty] or [Polygon()])
    )
