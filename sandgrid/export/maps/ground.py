"""The ground below the plan: shaded land cover, eligible land, roads, rivers, water and names."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

import geopandas as gpd
import numpy as np

from sandgrid.export.maps import palette
from sandgrid.export.maps.content import MapContent
from sandgrid.export.maps.layer import Group, MapLayer, ShapeKind
from sandgrid.export.maps.pictures import (
    Picture,
    columns_of,
    ground_picture,
    mercator_geobox,
    warp_array,
)
from sandgrid.export.maps.underlay import Ground
from sandgrid.export.maps.words import Words
from sandgrid.layers.geobox import cell_m

ROAD_CLASSES: Final = ("village", "county", "provincial", "national", "motorway")
LINE_ROLES: Final[Mapping[str, str]] = MappingProxyType(
    {"water": "#7fa8c9", "rivers": "#7fa8c9", "railways": "#777777", "power_lines": "#a08060"}
)
ROAD_COLOUR: Final = "#b08a5a"
PLACE_KINDS: Final = ("village", "town", "city")


def find_pictures(content: MapContent) -> dict[str, Picture]:
    """Draw the picture of the ground: ``ground``, shaded land cover; nothing without terrain.

    Parameters
    ----------
    content : MapContent
        Ground and settings.

    """
    if content.ground.hillshade is None:
        return {}
    field = content.ground.hillshade
    finest = columns_of(field.geobox, max(cell_m(field.geobox), content.settings.ground_cell_m))
    width = min(content.settings.ground_width_px, finest)
    return {"ground": _ground_picture(content.ground, width)}


def _ground_picture(ground: Ground, width_px: int) -> Picture:
    shade = ground.hillshade
    if shade is None:  # pragma: no cover  # the caller asks first
        raise AssertionError
    target = mercator_geobox(shade.geobox, width_px)
    warped = warp_array(shade.cells, shade.geobox, target, method="average")
    colours = [palette.COVERS.get(name, palette.NEUTRAL_COVER) for name in ground.covers]
    cover = ground.cover
    if cover is None:
        number = np.full(target.shape, np.nan, dtype=np.float32)
    else:
        number = warp_array(cover.cells, cover.geobox, target, method="mode")
    return ground_picture(warped, number, target, colours=[*colours, palette.NEUTRAL_COVER])


def ground_layers(content: MapContent) -> list[MapLayer]:
    """Return water, rivers, railways, power lines, roads and names, the lowest first."""
    ground = content.ground
    tolerance = content.settings.ground_tolerance_m
    layers = [
        _line_layer(role, ground.lines[role], colour, tolerance)
        for role, colour in LINE_ROLES.items()
        if role in ground.lines and len(ground.lines[role])
    ]
    if "roads" in ground.lines and len(ground.lines["roads"]):
        layers.append(_road_layer(ground.lines["roads"], tolerance))
    if ground.places is not None and len(ground.places):
        layers.append(_place_layer(ground.places))
    return layers


def _title(name: str) -> Words:
    return Words.of(f"map-layer-{name.replace('_', '-')}")


def _line_layer(role: str, frame: gpd.GeoDataFrame, colour: str, tolerance_m: float) -> MapLayer:
    marked = frame.assign(layer_year=0, layer_group="").reset_index(drop=True)
    groups = (Group("", _title(role), colour),)
    shape: ShapeKind = "polygon" if role == "water" else "line"
    return MapLayer(role, shape, _title(role), marked, groups, [], tolerance_m)


def _road_layer(frame: gpd.GeoDataFrame, tolerance_m: float) -> MapLayer:
    known = frame[frame["road_class"].isin(ROAD_CLASSES)]
    marked = known.assign(layer_year=0, layer_group=known["road_class"]).reset_index(drop=True)
    groups = tuple(
        Group(name, Words.of(f"map-value-{name}-road"), ROAD_COLOUR) for name in ROAD_CLASSES
    )
    return MapLayer("roads", "line", _title("roads"), marked, groups, [], tolerance_m)


def _place_layer(frame: gpd.GeoDataFrame) -> MapLayer:
    known = frame[frame["kind"].isin(PLACE_KINDS)]
    marked = known.assign(layer_year=0, layer_group=known["kind"]).reset_index(drop=True)
    points = marked.set_geometry(marked.representative_point())
    groups = tuple(Group(name, Words.of(f"map-value-{name}"), "#333333") for name in PLACE_KINDS)
    name_column: dict[str, object] = {
        "key": "name",
        "label": [Words.of("map-name").zh, Words.of("map-name").en],
        "unit": ["", ""],
        "divisor": 1,
        "digits": 0,
        "kind": "text",
        "values": [str(name) for name in marked["name"]],
    }
    return MapLayer("places", "point", _title("places"), points, groups, [name_column], 0.0)
