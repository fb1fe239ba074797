"""The plan for viewers on a phone: KMZ with folders and styles, GPX of corners and turbines."""

import html
import io
import re
import zipfile
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Final

import geopandas as gpd
import gpxpy.gpx
import numpy as np
import pandas as pd
import shapely
import simplekml
from shapely.geometry.base import BaseGeometry
from simplekml.featgeom import Feature

from sandgrid.export.content import PlanContent
from sandgrid.export.corners import find_corners
from sandgrid.export.headline import total_lines
from sandgrid.export.moving import moved, on_grid
from sandgrid.export.readable import readable_labels, readable_table
from sandgrid.export.styles import LOOKS, class_colours
from sandgrid.layers.crs import GEODETIC, to_crs

KMZ_LAYERS: Final = (
    "treatments", "pv_blocks", "turbines", "hubs", "trunks", "substations", "sites", "works",
    "districts",
)  # fmt: skip
_DIGITS: Final = 7
_NEXT_HOLE: Final = re.compile(r"</LinearRing>\s*<LinearRing")
_FILL: Final = "99"
_OPAQUE: Final = "ff"
_LINE_WIDTH: Final = 2
_ICONS: Final = {
    "turbines": "http://maps.google.com/mapfiles/kml/shapes/triangle.png",
    "hubs": "http://maps.google.com/mapfiles/kml/shapes/square.png",
    "substations": "http://maps.google.com/mapfiles/kml/shapes/star.png",
}


def plan_kmz(content: PlanContent) -> bytes:
    """Return what the plan does as KMZ: a folder per kind, a style per class, facts per feature.

    Parameters
    ----------
    content : PlanContent
        The plan; its language names folders and facts.

    Returns
    -------
    bytes
        The file. Its description carries the totals and the warning that apps on GCJ-02 or
        BD-09 maps show everything some 500 m off.

    """
    simplekml.Kml.resetidcounter()
    kml = simplekml.Kml(name=_plain(content.title), open=1)
    kml.document.description = _described([*_heading(content)])
    for name in KMZ_LAYERS:
        table = content.tables[name]
        if isinstance(table, gpd.GeoDataFrame) and len(table):
            folder = kml.newfolder(name=content.tell(f"table-name-{name}"))
            folder.visibility = int(name not in ("sites", "works"))
            placed = moved(table, GEODETIC, layer=name)
            _fill_folder(folder, name, on_grid(placed, 10.0**-_DIGITS, layer=name), content)
    return _zipped("doc.kml", _holes_apart(kml.kml(format=False)).encode(), content.as_of)


def _holes_apart(text: str) -> str:
    """Give each hole an element of its own, as KML asks: readers see one of those in one."""
    return _NEXT_HOLE.sub("</LinearRing></innerBoundaryIs><innerBoundaryIs><LinearRing", text)


def _heading(content: PlanContent) -> Iterator[tuple[str, str]]:
    yield content.tell("kmz-as-of"), content.as_of
    yield from total_lines(content.document, content.lang)
    yield "", content.tell("kmz-shift")
    yield "", content.tell("ledger-internal")
    if content.synthetic:
        yield "", content.tell("ledger-synthetic")


def _fill_folder(
    folder: simplekml.Folder, name: str, table: gpd.GeoDataFrame, content: PlanContent
) -> None:
    look = LOOKS[name]
    colours = class_colours(name, table)
    styles = {code: _style(name, colour) for code, colour in colours.items()}
    labels = readable_labels(name, content.lang)
    shown = pd.DataFrame(readable_table(name, table, lang=content.lang, names=content.names))
    facts = shown[list(labels.values())].to_dict("records")
    codes = table[look.column].tolist() if look.column else [""] * len(table)
    titles = table[look.label].tolist()
    for shape, code, title, fact in zip(table.geometry, codes, titles, facts, strict=True):
        place = _placed(folder, shape)
        place.name = _plain(str(title))
        place.description = _described([(str(k), _figure(v)) for k, v in fact.items()])
        place.style = styles[code]


def _placed(folder: simplekml.Folder, shape: BaseGeometry) -> Feature:
    parts = shapely.get_parts(shape)
    if shape.geom_type == "Point":
        return folder.newpoint(coords=_coordinates(shape))
    if shape.geom_type.endswith("LineString"):
        group = folder.newmultigeometry()
        for part in parts:
            group.newlinestring(coords=_coordinates(part), tessellate=1)
        return group
    group = folder.newmultigeometry()
    for part in parts:
        inner = [_coordinates(ring) for ring in part.interiors]
        group.newpolygon(outerboundaryis=_coordinates(part.exterior), innerboundaryis=inner)
    return group


def _coordinates(shape: BaseGeometry) -> list[tuple[float, float]]:
    rounded = np.round(shapely.get_coordinates(shape), _DIGITS)
    return [(x, y) for x, y in rounded.tolist()]


def _style(name: str, colour: str) -> simplekml.Style:
    style = simplekml.Style()
    blue_green_red = colour[5:7] + colour[3:5] + colour[1:3]
    style.linestyle.color = _OPAQUE + blue_green_red
    style.linestyle.width = _LINE_WIDTH
    style.polystyle.color = (_FILL if LOOKS[name].alpha else "00") + blue_green_red
    style.iconstyle.color = _OPAQUE + blue_green_red
    style.iconstyle.icon.href = _ICONS.get(name, "")
    return style


def _described(lines: Sequence[tuple[str, str]]) -> str:
    """Return facts as a small table, every text escaped: viewers show it as HTML."""
    rows = (
        f"<tr><td>{html.escape(label)}</td><td>{html.escape(text)}</td></tr>"
        for label, text in lines
        if text
    )
    return f"<table>{''.join(rows)}</table>"


def _figure(value: object) -> str:
    if isinstance(value, pd.Timestamp):
        return str(value.date())
    if value is pd.NaT:
        return ""
    return f"{value:,.10g}" if isinstance(value, float) else str(value)


def _plain(text: str) -> str:
    """Return a name that no viewer takes for markup."""
    return text.replace("<", "‹").replace(">", "›").replace("&", "＆")


def _zipped(name: str, data: bytes, as_of: str) -> bytes:
    year, month, day = (int(part) for part in as_of.split("-"))
    stream = io.BytesIO()
    entry = zipfile.ZipInfo(name, (year, month, day, 0, 0, 0))
    entry.compress_type = zipfile.ZIP_DEFLATED
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr(entry, data)
    return stream.getvalue()


def turbines_gpx(content: PlanContent) -> bytes:
    """Return the turbine positions as waypoints, named by their ids."""
    table = to_crs(gpd.GeoDataFrame(content.tables["turbines"]), GEODETIC)
    places = shapely.get_coordinates(table.geometry.to_numpy()).tolist()
    hubs = table["hub_id"].tolist()
    points = [
        _waypoint(name, place, kind=f"{content.tell('table-name-turbines')} {hub}")
        for name, place, hub in zip(table["turbine_id"].tolist(), places, hubs, strict=True)
    ]
    return _gpx(points, content)


def corners_gpx(content: PlanContent, *, crs: str) -> bytes:
    """Return the corner points of treated land and PV blocks as waypoints, ``T000001-J1``.

    Parameters
    ----------
    content : PlanContent
        The plan.
    crs : str
        As for ``corners.write_corners``, so that a corner has the number that it has there.

    """
    points: list[gpxpy.gpx.GPXWaypoint] = []
    for found in find_corners(content, crs):
        kind = content.tell(f"table-name-{found.layer}")
        names = found.corners["feature_id"].astype(str) + "-J" + found.corners["point"].astype(str)
        places = found.corners[["lon_deg", "lat_deg"]].to_numpy().tolist()
        pairs = zip(names.tolist(), places, strict=True)
        points += [_waypoint(corner, place, kind=kind) for corner, place in pairs]
    return _gpx(points, content)


def _waypoint(name: str, place: Sequence[float], *, kind: str) -> gpxpy.gpx.GPXWaypoint:
    lon, lat = (round(part, _DIGITS) for part in place)
    return gpxpy.gpx.GPXWaypoint(latitude=lat, longitude=lon, name=name, type=kind, symbol="Flag")


def _gpx(points: Sequence[gpxpy.gpx.GPXWaypoint], content: PlanContent) -> bytes:
    document = gpxpy.gpx.GPX()
    document.creator = "SandGrid"
    document.name = content.title
    totals = "; ".join(
        f"{label} {text}" for label, text in total_lines(content.document, content.lang)
    )
    document.description = f"{totals}; {content.tell('kmz-shift')}"
    document.time = datetime.fromisoformat(content.as_of).replace(tzinfo=UTC)
    document.waypoints = list(points)
    return document.to_xml(version="1.1").encode()
