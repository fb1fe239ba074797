"""Field tracks become works by a stated rule; what does not fit is listed."""

from collections.abc import Sequence
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import shapely

from sandgrid.errors import InputError
from sandgrid.layers.crs import transform_points
from sandgrid.layers.tracks import Track
from sandgrid.params import Parameters
from sandgrid.plan.cutting import only_polygons
from sandgrid.units import CENTIMU_PER_MU, MU_M2

WGS84 = pyproj.CRS.from_epsg(4326)


@dataclass(frozen=True, eq=False)
class Tracked:
    """Works from tracks.

    Parameters
    ----------
    rows : DataFrame
        work_id, parcel, measure, area_mu, date, accepted: a table of works, one row per track
        and parcel.
    land : GeoDataFrame
        The same rows with the land of each, in the CRS of the parcels.
    outside : DataFrame
        track, area_mu: land of tracks that lies on no parcel.

    """

    rows: pd.DataFrame
    land: gpd.GeoDataFrame
    outside: pd.DataFrame


def track_land(track: Track, crs: pyproj.CRS, parameters: Parameters) -> shapely.Geometry:
    """Return the land that a track stands for.

    Parameters
    ----------
    track : Track
        Points in WGS 84.
    crs : CRS
        In metres.
    parameters : Parameters
        ``tracks.*``.

    Notes
    -----
    Corners, and a track whose ends are at most ``tracks.close_m`` apart, enclose the land: the
    polygon through their points, made valid. Any other track is a pass along which a strip of
    ``tracks.width_m`` was worked.

    """
    points = transform_points(track.lon_lat, WGS84, crs)
    apart = float(np.hypot(*(points[-1] - points[0])))
    if track.corners or apart <= parameters.number("tracks.close_m"):
        return only_polygons(shapely.make_valid(shapely.Polygon(points)))
    return shapely.LineString(points).buffer(
        parameters.number("tracks.width_m") / 2, cap_style="flat", join_style="mitre"
    )


def works_from_tracks(
    tracks: Sequence[Track], parcels: gpd.GeoDataFrame, parameters: Parameters, *, measure: str
) -> Tracked:
    """Turn field tracks into a table of works, to be looked at and handed in.

    Parameters
    ----------
    tracks : sequence of Track
        As read; each needs a day.
    parcels : GeoDataFrame
        ``source_id`` and polygons, in a CRS in metres; they do not overlap.
    parameters : Parameters
        ``tracks.*``.
    measure : str
        What was done.

    Returns
    -------
    Tracked
        Land of a track on each parcel, once: what an earlier track holds is not counted again.
        Works from tracks are never accepted by themselves.

    Raises
    ------
    InputError
        If a track has no time.

    """
    rows, shapes, beside = [], [], []
    taken: shapely.Geometry = shapely.Polygon()
    for number, track in enumerate(sorted(tracks, key=lambda t: (t.date, t.name)), start=1):
        if not track.date:
            raise InputError("tracks-no-time", {"track": track.name})
        whole = track_land(track, parcels.crs, parameters)
        fresh = only_polygons(shapely.difference(whole, taken))
        taken = shapely.union(taken, whole)
        inside = shapely.intersection(parcels.geometry.to_numpy(), fresh)
        areas = shapely.area(inside) / float(MU_M2)
        for row in np.flatnonzero(areas >= parameters.number("tracks.least_mu")):
            rows.append(_row(f"GPS-{number:03d}", parcels["source_id"].iloc[row], areas[row],
                             (measure, track.date)))  # fmt: skip
            shapes.append(only_polygons(inside[row]))
        left = fresh.area / float(MU_M2) - float(areas.sum())
        if left >= parameters.number("tracks.least_mu"):
            beside.append({"track": track.name, "area_mu": round(left, 2)})
    names = ["work_id", "parcel", "measure", "area_mu", "date", "accepted"]
    table = pd.DataFrame(rows, columns=names)
    return Tracked(
        table,
        gpd.GeoDataFrame(table, geometry=shapes, crs=parcels.crs),
        pd.DataFrame(beside, columns=["track", "area_mu"]),
    )


def _row(track: str, parcel: str, area_mu: float, what: tuple[str, str]) -> dict[str, object]:
    whole = np.floor(area_mu * CENTIMU_PER_MU + 1e-6) / CENTIMU_PER_MU
    return {
        "work_id": f"{track}-{parcel}",
        "parcel": parcel,
        "measure": what[0],
        "area_mu": float(whole),
        "date": what[1],
        "accepted": 0,
    }
