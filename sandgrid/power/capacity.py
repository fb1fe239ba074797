"""Headroom from capacity: what existing and committed plants leave of a substation."""

from collections.abc import Sequence

import geopandas as gpd
import numpy as np
import numpy.typing as npt
from scipy.spatial import cKDTree

from sandgrid.errors import InputError
from sandgrid.layers.notices import Report, SandGridWarning, warn

CAPACITY = "capacity_mw"
BAYS = "free_bays"
Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]


def with_headroom(
    layer: gpd.GeoDataFrame,
    plants: gpd.GeoDataFrame | None,
    years: Sequence[int],
    *,
    reach_m: float,
    report: Report = warn,
) -> gpd.GeoDataFrame:
    """Return substations with the headroom of every year.

    A layer that gives headroom stays as it is.  One that gives ``capacity_mw`` gets what the
    plants leave of it, the same in every year: each plant counts at the substation that it names
    (``substation_id``), else at the nearest.  Likewise ``free_bays`` holds for every year.

    Parameters
    ----------
    layer : GeoDataFrame
        Substations, points.
    plants : GeoDataFrame, optional
        Existing and committed plants, points with ``capacity_mw``; same CRS.
    years : sequence of int
        Years of the plan.
    reach_m : float
        A plant farther than this from all substations counts at none [m].
    report : callable
        Takes the warning that names such plants.

    Raises
    ------
    InputError
        If a plant names a substation that is not there.

    Examples
    --------
    >>> import shapely
    >>> stations = gpd.GeoDataFrame(
    ...     {"substation_id": ["B1", "B2"], "capacity_mw": [100.0, 50.0], "free_bays": 2},
    ...     geometry=shapely.points([(0, 0), (9, 0)]))
    >>> plants = gpd.GeoDataFrame({"capacity_mw": [70.0]}, geometry=shapely.points([(2, 0)]))
    >>> found = with_headroom(stations, plants, [2024], reach_m=10.0)
    >>> found["headroom_mw_2024"].tolist(), found["free_bays_2024"].tolist()
    ([30.0, 50.0], [2, 2])

    """
    result = layer
    if CAPACITY in layer and not any(f"headroom_mw_{year}" in layer for year in years):
        taken = _taken_mw(layer, plants, reach_m, report)
        left = np.maximum(layer[CAPACITY].to_numpy(dtype=np.float64) - taken, 0.0)
        result = result.assign(**{f"headroom_mw_{year}": left for year in years})
    if BAYS in layer:
        free = {f"{BAYS}_{year}": layer[BAYS] for year in years}
        result = result.assign(**{name: v for name, v in free.items() if name not in layer})
    return result


def _taken_mw(
    layer: gpd.GeoDataFrame, plants: gpd.GeoDataFrame | None, reach_m: float, report: Report
) -> Floats:
    """Return what the plants take at each substation [MW]."""
    if plants is None or plants.empty:
        return np.zeros(len(layer))
    at = _named(layer, plants) if "substation_id" in plants else np.full(len(plants), -1)
    tree = cKDTree(np.column_stack([layer.geometry.x, layer.geometry.y]))
    away, nearest = tree.query(np.column_stack([plants.geometry.x, plants.geometry.y]))
    at = np.where((at < 0) & (away <= reach_m), nearest, at)
    if (at < 0).any():
        lost = _names(plants[at < 0])
        report(
            SandGridWarning("power-plants-unplaced", {"count": int((at < 0).sum()), "names": lost})
        )
    placed = at >= 0
    mw = plants["capacity_mw"].to_numpy(dtype=np.float64)
    taken = np.bincount(at[placed], weights=mw[placed], minlength=len(layer))
    return np.asarray(taken, dtype=np.float64)


def _named(layer: gpd.GeoDataFrame, plants: gpd.GeoDataFrame) -> Ints:
    """Return the number of the substation that each plant names, -1 where it names none."""
    number = {name: at for at, name in enumerate(layer["substation_id"])}
    names = plants["substation_id"].fillna("").astype("str")
    strange = (names != "") & ~names.isin(list(number))
    if strange.any():
        raise InputError("power-plant-unknown-substation", {"names": _names(plants[strange])})
    return np.array([number.get(name, -1) for name in names], dtype=np.int64)


def _names(plants: gpd.GeoDataFrame) -> str:
    for column in ("name", "farm_id"):
        if column in plants:
            return ", ".join(plants[column].astype("str"))
    return ", ".join(map(str, plants.index))
