"""The reader of field tracks and points: GPX files, as receivers and phones write them."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import gpxpy
import gpxpy.gpx
import numpy as np
import numpy.typing as npt

from sandgrid.errors import InputError, ResourceError
from sandgrid.layers.guard import require_local
from sandgrid.layers.sources import LayerSource

LARGEST_BYTES: Final = 50_000_000
FEWEST_POINTS: Final = 3


@dataclass(frozen=True, eq=False)
class Track:
    """A walk around or along worked land, or points at its corners.

    Parameters
    ----------
    name : str
        Its name in the file, else its number.
    date : str
        Day of its last point, YYYY-MM-DD; empty where the file has no times.
    lon_lat : array, shape (n, 2)
        Points in order, WGS 84 [deg].
    corners : bool
        Whether the points are corners that somebody marked, not a walk.

    """

    name: str
    date: str
    lon_lat: npt.NDArray[np.float64]
    corners: bool


def read_tracks(path: Path) -> tuple[Track, ...]:
    """Read the tracks of a GPX file, and its waypoints by the first word of their names.

    Parameters
    ----------
    path : Path
        GPX 1.0 or 1.1; coordinates are WGS 84 by the format. Waypoints ``A 1``, ``A 2``, ``A 3``
        are the corners of one piece ``A``, in the order of the file.

    Raises
    ------
    InputError
        If the file is missing, no GPX, or holds no track or corners of three points.
    ResourceError
        If it is too large.

    """
    file = require_local(LayerSource(role="tracks", path=path))
    if file.stat().st_size > LARGEST_BYTES:
        raise ResourceError("works-table-too-large", {"file": path.name})
    data = file.read_bytes()
    if b"<!DOCTYPE" in data or b"<!ENTITY" in data:
        raise InputError("tracks-broken", {"file": path.name, "why": "<!DOCTYPE>"})
    try:
        gpx = gpxpy.parse(data.decode("utf-8-sig"))
    except (gpxpy.gpx.GPXException, UnicodeDecodeError, ValueError) as error:
        raise InputError("tracks-broken", {"file": path.name, "why": error}) from error
    found = (*_walks(gpx), *_corners(gpx))
    kept = tuple(track for track in found if len(track.lon_lat) >= FEWEST_POINTS)
    if not kept:
        raise InputError("tracks-empty", {"file": path.name})
    return kept


def _walks(gpx: gpxpy.gpx.GPX) -> list[Track]:
    walks = []
    for number, track in enumerate(gpx.tracks, start=1):
        points = [point for segment in track.segments for point in segment.points]
        walks.append(_track(track.name or f"track {number}", points, corners=False))
    return walks


def _corners(gpx: gpxpy.gpx.GPX) -> list[Track]:
    groups: dict[str, list[gpxpy.gpx.GPXWaypoint]] = {}
    for point in gpx.waypoints:
        words = (point.name or "").split()
        groups.setdefault(words[0] if words else "points", []).append(point)
    return [_track(name, points, corners=True) for name, points in groups.items()]


def _track(
    name: str,
    points: Sequence[gpxpy.gpx.GPXTrackPoint | gpxpy.gpx.GPXWaypoint],
    *,
    corners: bool,
) -> Track:
    times = [point.time for point in points if point.time is not None]
    day = max(times).date().isoformat() if times else ""
    places = np.array([(point.longitude, point.latitude) for point in points], dtype=np.float64)
    return Track(name, day, places.reshape(-1, 2), corners)
