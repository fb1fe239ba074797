"""Which CRS the numbers of a file without one may be in: a suggestion, never a decision."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
import pyproj
from odc.geo.geobox import GeoBox

from sandgrid.errors import InputError
from sandgrid.layers.crs import Bounds, transform_points
from sandgrid.layers.geobox import bounds_of
from sandgrid.layers.sources import LayerSource

WIDE: Final = (100_000.0, 900_000.0)
MILLION: Final = 1_000_000
NORTHINGS_M: Final = (1_900_000.0, 6_000_000.0)
CHINA_DEG: Final = (73.0, 3.0, 136.0, 54.0)
NARROW_ZONES: Final = range(25, 46)
BROAD_ZONES: Final = range(13, 24)
NARROW_PREFIXED: Final = 4513 - 25
BROAD_PREFIXED: Final = 4491 - 13
NARROW_PLAIN: Final = 4534 - 25
BROAD_PLAIN: Final = 4502 - 13
GEOGRAPHIC: Final = 4490
MERCATOR: Final = 3857
PLAIN_SPANS: Final = ("EPSG:4534..4554", "EPSG:4502..4512")


@dataclass(frozen=True)
class Place:
    """Where the area lies, to tell central meridians apart.

    Parameters
    ----------
    bounds : tuple of float
        West, south, east, north.
    crs : CRS
        Of the bounds.

    """

    bounds: Bounds
    crs: pyproj.CRS


def place_of(geobox: GeoBox) -> Place:
    """Return where a grid lies."""
    return Place(bounds_of(geobox), pyproj.CRS.from_user_input(geobox.crs))


def suggest_crs(bounds: Bounds, area: Place | None = None) -> tuple[str, ...]:
    """Return the CRS that coordinates may be in, judging by the numbers alone.

    Parameters
    ----------
    bounds : tuple of float
        Smallest and largest x and y of the file.
    area : Place, optional
        The area; what would put the file elsewhere is left out.

    Returns
    -------
    tuple of str
        EPSG codes, CGCS2000 before others; a code followed by ``(y, x)`` where the axes seem
        swapped; spans of codes where only the central meridian is open and no area tells it;
        empty if nothing fits.

    Notes
    -----
    An easting with a zone prefix tells its zone; without one only the area can tell the central
    meridian.  The datum never shows in the numbers: Beijing54 and Xian80 look the same.

    Examples
    --------
    >>> suggest_crs((41_435_000, 4_870_000, 41_436_000, 4_871_000))
    ('EPSG:4529',)
    >>> suggest_crs((121.5, 43.9, 121.6, 44.0))
    ('EPSG:4490',)
    >>> suggest_crs((43.9, 121.5, 44.0, 121.6))
    ('EPSG:4490 (y, x)',)

    """
    west, south, east, north = bounds
    if not np.isfinite(bounds).all():
        return ()
    if _within(bounds, CHINA_DEG):
        return (f"EPSG:{GEOGRAPHIC}",)
    if _within((south, west, north, east), CHINA_DEG):
        return (f"EPSG:{GEOGRAPHIC} (y, x)",)
    if area is None and WIDE[0] <= west <= east <= WIDE[1] and _northing(bounds):
        return PLAIN_SPANS
    straight = [f"EPSG:{code}" for code in _codes(bounds) if _fits(bounds, code, area)]
    turned = (south, west, north, east)
    swapped = [f"EPSG:{code} (y, x)" for code in _codes(turned) if _fits(turned, code, area)]
    return tuple(straight or swapped)


def _codes(bounds: Bounds) -> Iterator[int]:
    """Yield the codes whose range of numbers holds the bounds."""
    west, _, east, _ = bounds
    if not _northing(bounds):
        return
    zone = int(west // MILLION)
    if zone == int(east // MILLION) and zone in NARROW_ZONES and _wide(west) and _wide(east):
        yield NARROW_PREFIXED + zone
    if zone == int(east // MILLION) and zone in BROAD_ZONES and _wide(west) and _wide(east):
        yield BROAD_PREFIXED + zone
    if WIDE[0] <= west <= east <= WIDE[1]:
        yield from (NARROW_PLAIN + zone for zone in NARROW_ZONES)
        yield from (BROAD_PLAIN + zone for zone in BROAD_ZONES)
    elif west > MILLION:
        yield MERCATOR


def _northing(bounds: Bounds) -> bool:
    return NORTHINGS_M[0] <= bounds[1] <= bounds[3] <= NORTHINGS_M[1]


def _wide(easting_m: float) -> bool:
    return WIDE[0] <= easting_m % MILLION <= WIDE[1]


def _within(bounds: Bounds, box: Bounds) -> bool:
    inside = box[0] <= bounds[0] and box[1] <= bounds[1]
    return inside and bounds[2] <= box[2] and bounds[3] <= box[3]


def _fits(bounds: Bounds, code: int, area: Place | None) -> bool:
    """Return whether the middle of the bounds falls on the area, or in China without one."""
    middle = np.array([[(bounds[0] + bounds[2]) / 2, (bounds[1] + bounds[3]) / 2]])
    target = pyproj.CRS.from_epsg(GEOGRAPHIC) if area is None else area.crs
    x, y = transform_points(middle, pyproj.CRS.from_epsg(code), target)[0]
    west, south, east, north = CHINA_DEG if area is None else area.bounds
    return bool(west <= x <= east and south <= y <= north)


def missing_crs(source: LayerSource, bounds: Bounds, area: Place | None) -> InputError:
    """Return the refusal of a file without CRS, with what its numbers suggest."""
    suggestion = suggest_crs(bounds, area)
    if not suggestion:
        return InputError("layer-no-crs", source.named)
    return InputError("layer-no-crs-like", {**source.named, "suggestion": ", ".join(suggestion)})
