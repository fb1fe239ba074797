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
COLOURS: Final = {
    "parcel": "#fff3c4",
    "treatment": "#8fc39b",
    "pv": "#7aa0cf",
    "turbine": "#c05621",
    "other": "#f0ead8",
}
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
    bar_m = round_length((view.east - view.west) * _BAR_SHARE)
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


def sketch_svg(sketch: Sketch, scale: str) -> str:
    """Return a drawing as an SVG picture with a north arrow and a scale bar.

    Parameters
    ----------
    sketch : Sketch
        The drawing.
    scale : str
        What stands above the bar.

    """
    wide, high, bar = sketch.width, sketch.height, sketch.bar_px
    paths = (
        (sketch.others, f'fill="{COLOURS["other"]}" stroke="#c9bfa2" stroke-width="1"'),
        (sketch.parcel, f'fill="{COLOURS["parcel"]}" stroke="#1b2a33" stroke-width="2.5"'),
        (sketch.treatments, f'fill="{COLOURS["treatment"]}" stroke="#2f6b3f"'),
        (sketch.pv_blocks, f'fill="{COLOURS["pv"]}" stroke="#1a4778"'),
    )
    parts = [f'<path d="{path}" {style} fill-rule="evenodd"/>' for path, style in paths if path]
    parts += [
        f'<circle cx="{x:g}" cy="{y:g}" r="6" fill="{COLOURS["turbine"]}" stroke="white"/>'
        for x, y in sketch.turbines
    ]
    text = 'font-family="Noto Sans SC" font-size="15" fill="#1b2a33"'
    line = 'fill="none" stroke="#1b2a33" stroke-width="2"'
    parts += [
        f'<path d="M{wide - 26} 48v-30m-7 9l7-11l7 11" {line}/>',
        f'<text x="{wide - 32}" y="66" {text}>N</text>',
        f'<path d="M14 {high - 14}h{bar:g}m0-5v10m{-bar:g} 0v-10" {line}/>',
        f'<text x="14" y="{high - 22}" {text}>{scale}</text>',
        f'<rect width="{wide}" height="{high}" fill="none" stroke="#b9c7ce"/>',
    ]
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {wide} {high}">'
    return f"{head}{''.join(parts)}</svg>"


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


def round_length(metres: float) -> int:
    """Return the longest of 1, 2, 5, 10, 20, 50 ... that is not above a length."""
    power = 10 ** int(np.floor(np.log10(max(metres, 1.0))))
    return int(next(step * power for step in _ROUND_STEPS if step * power <= max(metres, 1.0)))
