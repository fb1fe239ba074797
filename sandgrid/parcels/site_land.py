"""The land of groups of parcels: turbine positions, and PV land less their pads."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import shapely
from odc.geo.geobox import GeoBox

from sandgrid.energy.layout import (
    NO_SITE,
    Lattice,
    Strip,
    find_turbine_positions,
    pad_polygons,
    strip_polygons,
)
from sandgrid.parcels.attributes import Mask
from sandgrid.parcels.cells import (
    CellShares,
    Floats,
    Geometries,
    Ints,
    cell_shares,
    eligible_part,
    gathered,
    in_threads,
    polygons_only,
)
from sandgrid.units import M2_PER_HA

WHOLE_CELL: Final = 1 - 1e-9


@dataclass(frozen=True, eq=False)
class GroupLand:
    """What groups of parcels hold.

    Parameters
    ----------
    shapes : ndarray of geometries, shape (n,)
        Unions of the parcels of each group.
    pv : ndarray of geometries, shape (n,)
        PV-eligible land less the pads of all positions, and what PV leaves free around them.
    points : ndarray of float64, shape (m, 2)
        Turbine positions, x and y [m].
    pads : ndarray of polygons, shape (m,)
        Land of each turbine.
    group : ndarray of int, shape (m,)
        Group of each position.

    """

    shapes: Geometries
    pv: Geometries
    points: Floats
    pads: Geometries
    group: Ints

    @property
    def pv_net_ha(self) -> Floats:
        """Return the PV land of each group [ha]."""
        return np.asarray(shapely.area(self.pv)) / M2_PER_HA

    @property
    def positions(self) -> Ints:
        """Return the number of turbine positions of each group."""
        return np.bincount(self.group, minlength=len(self.shapes)).astype(np.int64)


def survey_groups(
    shapes: Geometries, geobox: GeoBox, *, pv: Mask, wind: Mask, lattice: Lattice
) -> GroupLand:
    """Return turbine positions and PV land of groups of parcels.

    Parameters
    ----------
    shapes : ndarray of geometries, shape (n,)
        Land of each group; groups do not overlap.
    geobox : GeoBox
        Of the masks.
    pv, wind : ndarray of bool
        Eligible cells.
    lattice : Lattice
        Where turbines may stand.

    """
    shares = cell_shares(shapes, geobox)
    with ThreadPoolExecutor(1) as pool:
        cut = pool.submit(eligible_part, shapes, pv, geobox=geobox, shares=shares)
        points, group = find_turbine_positions(group_cells(shares, wind), geobox, lattice)
        land = cut.result()
    order = np.argsort(group, kind="stable")
    points, group = points[order], group[order].astype(np.int64)
    pads = pad_polygons(points, lattice)
    free = without_strips(without_pads(land, pads, group), points, lattice.strip)
    return GroupLand(shapes=shapes, pv=free, points=points, pads=pads, group=group)


def group_cells(shares: CellShares, mask: Mask) -> npt.NDArray[np.int32]:
    """Return the group that holds each cell of a mask whole, -1 elsewhere."""
    labels = np.full(mask.size, NO_SITE, dtype=np.int32)
    whole = (shares.share >= WHOLE_CELL) & mask.ravel()[shares.cell]
    labels[shares.cell[whole]] = shares.geometry[whole]
    return labels.reshape(mask.shape)


def without_pads(land: Geometries, pads: Geometries, group: Ints) -> Geometries:
    """Return the land of each group less the pads that stand in it.

    Parameters
    ----------
    land : ndarray of geometries, shape (n,)
        Land of each group.
    pads : ndarray of polygons, shape (m,)
        Pads that do not overlap.
    group : ndarray of int, shape (m,)
        Group of each pad, ascending.

    """
    result = np.array(land, dtype=object)
    held = np.unique(group)
    if len(held):
        taken = gathered(pads, group)
        result[held] = polygons_only(in_threads(shapely.difference, result[held], taken))
    return result


def without_strips(land: Geometries, points: Floats, strip: Strip) -> Geometries:
    """Return the land of each group less what PV leaves free around the turbines of all groups.

    Parameters
    ----------
    land : ndarray of geometries, shape (n,)
        Land of each group.
    points : ndarray of float64, shape (m, 2)
        Turbine positions, x and y [m].
    strip : Strip
        Circle and strip of shade.

    """
    if strip.is_empty or not len(points):
        return land
    strips = strip_polygons(points, strip)
    near, held = shapely.STRtree(strips).query(land, predicate="intersects")
    result = np.array(land, dtype=object)
    for one in np.unique(near):
        taken = shapely.union_all(strips[held[near == one]])
        result[one] = shapely.difference(result[one], taken)
    return polygons_only(result)


def land_under_pads_ha(shapes: Geometries, pads: Geometries, mask: Mask, geobox: GeoBox) -> Floats:
    """Return how much of a mask inside each parcel lies under pads [ha].

    Parameters
    ----------
    shapes : ndarray of geometries, shape (n,)
        Parcels.
    pads : ndarray of polygons
        Pads that do not overlap.
    mask : ndarray of bool
        Cells that count.
    geobox : GeoBox
        Of the mask.

    """
    pad, parcel = shapely.STRtree(shapes).query(pads, predicate="intersects")
    parts = polygons_only(in_threads(shapely.intersection, pads[pad], shapes[parcel]))
    shares = cell_shares(parts, geobox)
    inside_m2 = shares.total(mask.ravel()[shares.cell].astype(np.float64)) * shares.cell_m2
    under_m2 = np.bincount(parcel, weights=inside_m2, minlength=len(shapes))
    return np.asarray(under_m2 / M2_PER_HA, dtype=np.float64)
