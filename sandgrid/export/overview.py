"""Maps of the whole plan as SVG pictures, for papers."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from sandgrid.export.maps import palette
from sandgrid.export.sketch import round_length
from sandgrid.export.styles import class_colours

WIDTH: Final = 900
_MARGIN: Final = 0.03
_TALLEST: Final = 1.15
_BAR_SHARE: Final = 0.2
_FOOT: Final = 24  # units of the picture
_TEXT: Final = 'font-family="Noto Sans SC" fill="#1b2a33"'
_HALO: Final = 'paint-order="stroke" stroke="white" stroke-width="3" stroke-linejoin="round"'
_POLYGON: Final = 3
_LEAST_CELL: Final = 1.2  # a parcel is drawn at least this wide, so that small ones are seen


@dataclass(frozen=True)
class Frame:
    """From metres on the ground to the units of a picture, y downwards.

    Parameters
    ----------
    west, north, east, south : float
        Bounds [m].
    width : int
        Width of the picture.

    """

    west: float
    north: float
    east: float
    south: float
    width: int = WIDTH

    @property
    def unit_m(self) -> float:
        """Metres per unit of the picture."""
        return (self.east - self.west) / self.width

    @property
    def height(self) -> int:
        """Height of the picture."""
        return round((self.north - self.south) / self.unit_m)

    def points(self, shapes: npt.NDArray[np.object_]) -> npt.NDArray[np.float64]:
        """Return coordinates in the picture, shape (n, 2)."""
        moved = (shapely.get_coordinates(shapes) - (self.west, self.north)) / self.unit_m
        return np.asarray(np.round(moved * (1, -1), 1) + 0.0)

    def path(self, shapes: npt.NDArray[np.object_]) -> str:
        """Return polygons or lines as path data, no finer than half a unit."""
        parts = shapely.get_parts(shapely.simplify(shapes, self.unit_m / 2))
        polygons = shapely.get_type_id(parts) == _POLYGON
        rings = shapely.get_rings(parts[polygons])
        drawn = [*_strokes(self, rings, "Z"), *_strokes(self, parts[~polygons], "")]
        return " ".join(drawn)


def _strokes(frame: Frame, lines: npt.NDArray[np.object_], end: str) -> Iterator[str]:
    for line in lines:
        pairs = frame.points(np.array([line], dtype=object)).tolist()
        yield "M" + "L".join(f"{x:g} {y:g}" for x, y in pairs) + end


def frame_of(table: pd.DataFrame, *others: pd.DataFrame, width: int = WIDTH) -> Frame:
    """Return a frame around features, no taller than wide by much.

    Parameters
    ----------
    table, *others : DataFrame
        What is to be seen whole; empty ones are left out.
    width : int
        Width of the picture.

    """
    shapes = np.concatenate([_shapes(each) for each in (table, *others)])
    west, south, east, north = shapely.total_bounds(shapes).tolist()
    span = max(east - west, (north - south) / _TALLEST) * (1 + 2 * _MARGIN)
    tall = (north - south) + span * 2 * _MARGIN
    x, y = (west + east) / 2, (south + north) / 2
    return Frame(x - span / 2, y + tall / 2, x + span / 2, y - tall / 2, width)


def treatment_map(tables: Mapping[str, pd.DataFrame], scale: str = "{metres} m") -> str:
    """Return the map of what is treated, by sequence, with finished works.

    Parameters
    ----------
    tables : mapping
        Tables of the plan by their contracts.
    scale : str
        Text of the scale bar with the field ``metres``.

    """
    frame = _with_foot(frame_of(tables["districts"]))
    treated = gpd.GeoDataFrame(tables["treatments"])
    colours = class_colours("treatments", treated)
    parts = [*_ground(frame, tables)]
    parts.append(_area(frame, tables["works"], palette.WORKS["1"], 0.5))
    for sequence, colour in colours.items():
        parts.append(_area(frame, treated[treated["sequence_id"] == sequence], colour, 0.95))
    return _svg(
        frame, [*parts, *_names(frame, tables["districts"], "district"), *_bar(frame, scale)]
    )


def energy_map(tables: Mapping[str, pd.DataFrame], scale: str = "{metres} m") -> str:
    """Return the map of what is built: PV blocks, turbines, stations, lines, substations.

    Parameters
    ----------
    tables : mapping
        Tables of the plan by their contracts.
    scale : str
        Text of the scale bar with the field ``metres``.

    """
    used = tables["hubs"]["hub_id"].isin(set(tables["builds"]["hub_id"]))
    ends = tables["substations"]["substation_id"].isin(set(tables["trunks"]["substation_id"]))
    seen = (tables["districts"], tables["trunks"], tables["substations"][ends])
    frame = _with_foot(frame_of(*seen))
    parts = [*_ground(frame, tables)]
    lines = frame.path(_shapes(tables["trunks"]))
    parts.append(f'<path d="{lines}" fill="none" stroke="{palette.TRUNK}" stroke-width="2"/>')
    parts.append(_area(frame, tables["pv_blocks"], palette.TECHNOLOGIES["pv"], 1.0))
    parts += _dots(frame, tables["turbines"], (2.4, palette.TECHNOLOGIES["wind"]))
    parts += _dots(frame, tables["hubs"][used], (4.5, palette.HUB))
    parts += _dots(frame, tables["substations"], (3.5, "#8a8a8a"))
    parts += _dots(frame, tables["substations"][ends], (6.5, palette.SUBSTATION))
    names = _names(frame, tables["substations"][ends], "substation")
    return _svg(frame, [*parts, *names, *_bar(frame, scale)])


def locator_map(
    tables: Mapping[str, pd.DataFrame], place: tuple[float, float], frame: Frame, ground: str
) -> str:
    """Return the small map that shows where a place lies in the area.

    Parameters
    ----------
    tables : mapping
        Tables of the plan by their contracts.
    place : tuple of float
        x, y [m].
    frame : Frame
        Frame of the area.
    ground : str
        Path data of the districts in the frame.

    """
    x, y = frame.points(np.array([shapely.Point(place)], dtype=object)).tolist()[0]
    parts = [
        f'<path d="{ground}" fill="#f4f1e8" stroke="#8a8a8a" stroke-width="1.2"/>',
        *_names(frame, tables["districts"], "district"),
        f'<circle cx="{x:g}" cy="{y:g}" r="9" fill="none" stroke="#b2182b" stroke-width="4"/>',
    ]
    return _svg(frame, parts)


def _ground(frame: Frame, tables: Mapping[str, pd.DataFrame]) -> Iterator[str]:
    districts = frame.path(_shapes(tables["districts"]))
    yield f'<path d="{districts}" fill="#f7f5ee" stroke="#8a8a8a" stroke-width="1.5"/>'


def _area(frame: Frame, table: pd.DataFrame, colour: str, opacity: float) -> str:
    path = frame.path(_shapes(table))
    if not path:
        return ""
    style = f'fill="{colour}" fill-opacity="{opacity}" fill-rule="evenodd"'
    return f'<path d="{path}" {style} stroke="{colour}" stroke-width="{_LEAST_CELL}"/>'


def _dots(frame: Frame, table: pd.DataFrame, look: tuple[float, str]) -> Iterator[str]:
    radius, colour = look
    for x, y in frame.points(_shapes(table)).tolist():
        yield f'<circle cx="{x:g}" cy="{y:g}" r="{radius}" fill="{colour}" stroke="white"/>'


def _names(frame: Frame, table: pd.DataFrame, column: str) -> Iterator[str]:
    shapes = shapely.point_on_surface(_shapes(table))
    size = max(frame.width // 55, 14)
    for name, (x, y) in zip(table[column].tolist(), frame.points(shapes).tolist(), strict=True):
        text = str(name).replace("&", "&amp;").replace("<", "&lt;")
        anchor = _anchor(x, len(text) * size / 2, frame.width)
        place = f'x="{x:g}" y="{y - 6:g}" text-anchor="{anchor}" font-size="{size}"'
        yield f"<text {place} {_TEXT} {_HALO}>{text}</text>"


def _anchor(x: float, half: float, width: int) -> str:
    """Return where a text is held, so that none runs off the picture."""
    if x < half:
        return "start"
    return "end" if x > width - half else "middle"


def _bar(frame: Frame, scale: str) -> Iterator[str]:
    metres = round_length((frame.east - frame.west) * _BAR_SHARE)
    width, x, y = metres / frame.unit_m, 16, frame.height - 14
    line = 'fill="none" stroke="#1b2a33" stroke-width="2"'
    yield f'<path d="M{x} {y}h{width:g}m0-6v12m{-width:g} 0v-12" {line}/>'
    text = scale.format(metres=f"{metres:,}")
    yield f'<text x="{x}" y="{y - 10}" font-size="16" {_TEXT}>{text}</text>'
    right = frame.width - 26
    yield f'<path d="M{right} {y + 6}v-30m-7 9l7-11l7 11" {line}/>'
    yield f'<text x="{right - 24}" y="{y + 4}" font-size="16" {_TEXT}>N</text>'


def _with_foot(frame: Frame) -> Frame:
    """Return a frame with room below for the scale bar and the arrow."""
    return replace(frame, south=frame.south - _FOOT * frame.unit_m)


def _shapes(table: pd.DataFrame) -> npt.NDArray[np.object_]:
    return np.asarray(gpd.GeoDataFrame(table).geometry.to_numpy(), dtype=object)


def _svg(frame: Frame, parts: Sequence[str]) -> str:
    size = f"0 0 {frame.width} {frame.height}"
    return f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{size}">{"".join(parts)}</svg>'
