"""Receptors of drifting sand as points with a weight: villages, roads, railways, plants."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import shapely

from sandgrid.params import Parameters

Floats = npt.NDArray[np.float64]
M_PER_KM: Final = 1_000.0
ONE_EACH: Final = {"settlements": "receptor.settlement", "wind_farms": "receptor.plant"}
BY_LENGTH: Final = {"roads": "receptor.road_per_km", "railways": "receptor.railway_per_km"}


@dataclass(frozen=True, eq=False)
class Receptors:
    """Points with weights.

    Parameters
    ----------
    xy : array, shape (n, 2)
        Places [m].
    units : array, shape (n,)
        Receptor units.

    """

    xy: Floats
    units: Floats


def receptor_points(
    vectors: Mapping[str, gpd.GeoDataFrame], parameters: Parameters, *, step_m: float
) -> Receptors:
    """Return the receptors of the features.

    Parameters
    ----------
    vectors : mapping
        Role -> features in one metric CRS; settlements and wind_farms weigh one each, roads and
        railways by length; roles that are missing weigh nothing.
    parameters : Parameters
        ``receptor.*``.
    step_m : float
        Lines are cut into pieces of at most this length [m].

    Examples
    --------
    >>> from sandgrid.params import default_parameters
    >>> road = gpd.GeoDataFrame(geometry=[shapely.LineString([(0, 0), (1000, 0)])], crs=32651)
    >>> found = receptor_points({"roads": road}, default_parameters(), step_m=500.0)
    >>> found.xy[:, 0].tolist(), found.units.tolist()
    ([250.0, 750.0], [0.025, 0.025])

    """
    parts = [
        _points(vectors[role].geometry.to_numpy(), parameters.number(key))
        for role, key in ONE_EACH.items()
        if role in vectors
    ]
    parts += [
        _pieces(vectors[role].geometry.to_numpy(), parameters.number(key), step_m)
        for role, key in BY_LENGTH.items()
        if role in vectors
    ]
    xy = [part.xy for part in parts]
    units = [part.units for part in parts]
    return Receptors(np.concatenate([np.zeros((0, 2)), *xy]), np.concatenate([np.zeros(0), *units]))


def _points(shapes: npt.NDArray[np.object_], unit: float) -> Receptors:
    xy = shapely.get_coordinates(shapely.point_on_surface(shapes))
    return Receptors(xy, np.full(len(xy), unit))


def _pieces(shapes: npt.NDArray[np.object_], per_km: float, step_m: float) -> Receptors:
    """Return the middles of pieces of lines, weighted by their length."""
    cut = shapely.segmentize(shapely.get_parts(shapes), step_m)
    xy, line = shapely.get_coordinates(cut, return_index=True)
    same = line[1:] == line[:-1]
    low, high = xy[:-1][same], xy[1:][same]
    length_km = np.hypot(*(high - low).T) / M_PER_KM
    return Receptors((low + high) / 2, length_km * per_km)
