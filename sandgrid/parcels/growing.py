"""Groups of neighbouring parcels, grown from the most promising one outward."""

import heapq
from dataclasses import dataclass
from typing import Final

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import shapely

from sandgrid.params import Parameters
from sandgrid.parcels.cells import Floats, Geometries

Links = list[list[int]]
Numbers = npt.NDArray[np.int64]

NO_GROUP: Final = -1
M_PER_KM: Final = 1_000.0
HA_PER_KM2: Final = 100.0


@dataclass(frozen=True)
class GroupLimits:
    """How large a group may grow.

    Parameters
    ----------
    max_area_ha : float
        Most land [ha].
    max_radius_m : float
        Farthest parcel from the first, between points inside both [m].

    """

    max_area_ha: float
    max_radius_m: float


def site_limits(parameters: Parameters) -> GroupLimits:
    """Return the limits of sites that the parameters ``site.*`` state."""
    return GroupLimits(
        max_area_ha=parameters.number("site.max_area_km2") * HA_PER_KM2,
        max_radius_m=parameters.number("site.max_radius_km") * M_PER_KM,
    )


def neighbours(parcels: gpd.GeoDataFrame, gap_m: float) -> Links:
    """Return for each parcel the parcels of its district that touch it or lie within a gap.

    Parameters
    ----------
    parcels : GeoDataFrame, n rows
        With ``district_id``.
    gap_m : float
        Widest gap [m].

    Returns
    -------
    list of n lists of int
        Positions, ascending.

    """
    shapes = parcels.geometry.to_numpy()
    first, second = _near(shapes, gap_m)
    districts = parcels["district_id"].to_numpy()
    same = (first != second) & (districts[first] == districts[second])
    links: Links = [[] for _ in range(len(parcels))]
    for one, other in sorted(zip(first[same].tolist(), second[same].tolist(), strict=True)):
        links[one].append(other)
    return links


def _near(shapes: Geometries, gap_m: float) -> tuple[Numbers, Numbers]:
    """Return pairs within a distance of each other; boxes first, then distances once per pair."""
    tree = shapely.STRtree(shapes)
    bounds = shapely.bounds(shapes)
    reach = shapely.box(*(bounds + gap_m * np.array([-1, -1, 1, 1])).T)
    first, second = tree.query(reach)
    once = first < second
    first, second = first[once], second[once]
    shapely.prepare(shapes)
    close = shapely.dwithin(shapes[first], shapes[second], gap_m)
    first, second = first[close], second[close]
    return np.concatenate([first, second]), np.concatenate([second, first])


def grow_groups(
    links: Links, points: Floats, areas_ha: Floats, *, worth: Floats, limits: GroupLimits
) -> Numbers:
    """Grow groups from the parcel of most worth outward, nearest neighbours first.

    Parameters
    ----------
    links : list of lists of int
        Neighbours of each parcel.
    points : array, shape (n, 2)
        A point inside each parcel [m].
    areas_ha : array, shape (n,)
        Land of each parcel [ha].
    worth : array, shape (n,)
        The parcel with the most that is left starts the next group; ties go to the first.
    limits : GroupLimits
        How large a group may grow; a single parcel may exceed the area.

    Returns
    -------
    int array, shape (n,)
        Number of the group of each parcel, in the order in which groups were started.

    Examples
    --------
    >>> points = np.array([[0.0, 0.0], [500.0, 0.0], [1000.0, 0.0], [9000.0, 0.0]])
    >>> links = [[1], [0, 2], [1], []]
    >>> grow_groups(links, points, np.full(4, 25.0), worth=np.array([1.0, 1.0, 3.0, 2.0]),
    ...             limits=GroupLimits(50.0, 3000.0)).tolist()
    [2, 0, 0, 1]

    """
    groups = np.full(len(points), NO_GROUP, dtype=np.int64)
    order = np.argsort(-worth, kind="stable")
    number = 0
    for seed in order.tolist():
        if groups[seed] == NO_GROUP:
            for member in _grow(seed, links, points, areas_ha, (groups, limits)):
                groups[member] = number
            number += 1
    return groups


def _grow(
    seed: int,
    links: Links,
    points: Floats,
    areas_ha: Floats,
    state: tuple[Numbers, GroupLimits],
) -> list[int]:
    """Return the members of one group; what does not fit is passed over."""
    groups, limits = state
    members: list[int] = []
    seen, area_ha = {seed}, 0.0
    waiting = [(0.0, seed)]
    while waiting:
        distance_m, parcel = heapq.heappop(waiting)
        if members and area_ha + areas_ha[parcel] > limits.max_area_ha:
            continue
        members.append(parcel)
        area_ha += areas_ha[parcel]
        for near in links[parcel]:
            distance_m = float(np.hypot(*(points[near] - points[seed])))
            if near not in seen and groups[near] == NO_GROUP and distance_m <= limits.max_radius_m:
                seen.add(near)
                heapq.heappush(waiting, (distance_m, near))
    return members
