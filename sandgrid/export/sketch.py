"""A small drawing of where a parcel lies, as paths of an SVG picture."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

WIDTH_PX: Final = 640
LARGEST_HEIGHT_PX: Final = 560
SMALLEST_HEIGHT_PX: Final = 240
_MARGIN: Final = 0.25
_BAR_SHARE: Final = 0.3
_ROUND_STEPS: Final = (5, 2, 1)


@dataclass(frozen=True)
class Sketch:
    """One drawing.

    Parameters
    ----------
    width, height : int
        Size [px].
    parcel, others, treatments, pv_blocks : str
        SVG path data, empty where there is nothing.
    turbines : tuple of (float, float)
        Positions [px].
    bar_px, bar_m : float, int
        Length of the scale bar on the drawing and on the ground.

    """

    width: int
    height: int
    parcel: str
    others: str
    treatments: str
    pv_blocks: str
    turbines: tuple[tuple[float, float], ...]
    bar_px: float
    bar_m: int


@dataclass(frozen=True)
class _View:
    """From metres on the ground to pixels, y downwards."""

    west: float
    north: float
    east: float
    south: float

    @property
    def pixel_m(self) -> float:
        return (self.east - self.west) / WIDTH_PX

    @property
    def height(self) -> int:
        return round((self.north - self.south) / self.pixel_m)

    def pixels(self, points: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        moved = (points - (self.west, self.north)) / (self.pixel_m, -self.pixel_m)
        return np.asarray(np.round(moved, 1) + 0.0)

    def path(self, shapes: npt.NDArray[np.object_]) -> str:
        """Return rings as path data, no finer than half a pixel."""
        box = shapely.box(self.west, self.south, self.east, self.north)
        seen = shapely.intersection(shapely.make_valid(shapes), box)
        plain = shapely.simplify(seen, self.pixel_m / 2)
        polygons = shapely.get_parts(plain)
        rings = shapely.get_rings(polygons[shapely.get_type_id(polygons) == _POLYGON])
        return " ".join(_ring_path(self.pixels(shapely.get_coordinates(ring))) for ring in rings)


_POLYGON: Final = 3


def draw_sketch(tables: Mapping[str, pd.DataFrame], parcel_id: str) -> Sketch:
    """Draw a parcel with what is planned on it and the parcels around it.

    Parameters
    ----------
    tables : mapping
        Tables of the plan by their contracts.
    parcel_id : str
        The parcel in the middle.

    """
    parcels = tables["parcels"]
    mine = _shapes(parcels[parcels["parcel_id"] == parcel_id])
    view = _view(shapely.total_bounds(mine))
    treated = tables["treatments"]
    turbines = view.pixels(shapely.get_coordinates(_seen(tables["turbines"], view)))
    bar_m = _round_length((view.east - view.west) * _BAR_SHARE)
    return Sketch(
        width=WIDTH_PX,
        height=view.height,
        parcel=view.path(mine),
        others=view.path(_seen(parcels[parcels["parcel_id"] != parcel_id], view)),
        treatments=view.path(_shapes(treated[treated["parcel_id"] == parcel_id])),
        pv_blocks=view.path(_seen(tables["pv_blocks"], view)),
        turbines=tuple((x, y) for x, y in turbines.tolist()),
        bar_px=round(bar_m / view.pixel_m, 1),
        bar_m=bar_m,
    )


def _shapes(table: pd.DataFrame) -> npt.NDArray[np.object_]:
    features = gpd.GeoDataFrame(table)
    return np.asarray(features.geometry.to_numpy(), dtype=object)


def _seen(table: pd.DataFrame, view: _View) -> npt.NDArray[np.object_]:
    shapes = gpd.GeoDataFrame(table)
    inside = shapes.sindex.query(shapely.box(view.west, view.south, view.east, view.north))
    return np.asarray(shapes.geometry.to_numpy()[np.sort(inside)], dtype=object)


def _view(bounds: npt.NDArray[np.float64]) -> _View:
    """Return a frame around bounds, neither a strip nor a tower."""
    west, south, east, north = bounds.tolist()
    width = max(east - west, (north - south) * WIDTH_PX / LARGEST_HEIGHT_PX) * (1 + 2 * _MARGIN)
    tall = max((north - south) * (1 + 2 * _MARGIN), width * SMALLEST_HEIGHT_PX / WIDTH_PX)
    x, y = (west + east) / 2, (south + north) / 2
    return _View(x - width / 2, y + tall / 2, x + width / 2, y - tall / 2)


def _ring_path(points: npt.NDArray[np.float64]) -> str:
    return "M" + "L".join(f"{x:g} {y:g}" for x, y in points[:-1].tolist()) + "Z"


def _round_length(metres: float) -> int:
    """Return the longest of 1, 2, 5, 10, 20, 50 ... that is not above a length."""
    power = 10 ** int(np.floor(np.log10(max(metres, 1.0))))
    return int(next(step * power for step in _ROUND_STEPS if step * power <= max(metres, 1.0)))
