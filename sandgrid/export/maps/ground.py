"""The ground below the plan: shaded land cover, eligible land, roads, rivers, water and names."""

from collections.abc import Mapping
from itertools import pairwise
from types import MappingProxyType
from typing import Final

import geopandas as gpd
import numpy as np

from sandgrid.export.maps import palette
from sandgrid.export.maps.content import MapContent
from sandgrid.export.maps.layer import Group, MapLayer, ShapeKind
from sandgrid.export.maps.pictures import (
    Picture,
    class_picture,
    columns_of,
    ground_picture,
    mercator_geobox,
    warp_array,
)
from sandgrid.export.maps.underlay import Field, Ground
from sandgrid.export.maps.words import Words
from sandgrid.layers.geobox import cell_m
from sandgrid.sand.loss import SL190, SL190_FROM_T_KM2, T_KM2_PER_T_HA, sl190_class

ROAD_CLASSES: Final = ("village", "county", "provincial", "national", "motorway")
LINE_ROLES: Final[Mapping[str, str]] = MappingProxyType(
    {"water": "#7fa8c9", "rivers": "#7fa8c9", "railways": "#777777", "power_lines": "#a08060"}
)
ROAD_COLOUR: Final = "#b08a5a"
PLACE_KINDS: Final = ("village", "town", "city")


def find_pictures(content: MapContent) -> dict[str, Picture]:
    """Draw the pictures under the plan: ``ground``, shaded land cover, and ``erosion``.

    What the ground does not hold is not drawn.

    Parameters
    ----------
    content : MapContent
        Ground and settings.

    """
    ground, found = content.ground, {}
    if ground.hillshade is not None:
        found["ground"] = _ground_picture(ground, _width_px(ground.hillshade, content))
    if ground.erosion is not None:
        found["erosion"] = _erosion_picture(ground.erosion, _width_px(ground.erosion, content))
    return found


def _width_px(field: Field, content: MapContent) -> int:
    finest = columns_of(field.geobox, max(cell_m(field.geobox), content.settings.ground_cell_m))
    return min(content.settings.ground_width_px, finest)


def _erosion_picture(field: Field, width_px: int) -> Picture:
    """Draw the classes of SL 190 from light on."""
    target = mercator_geobox(field.geobox, width_px)
    loss = warp_array(field.cells, field.geobox, target, method="average")
    number = sl190_class(loss.astype(np.float64)).astype(np.float32) - 1
    return class_picture(number, target, colours=palette.EROSION)


def erosion_classes() -> list[list[str]]:
    """Return colour, Chinese and English text of each class of erosion that is drawn.

    Examples
    --------
    >>> erosion_classes()[0]
    ['#fef0a0', '轻度 2–25 t/(ha·a)', 'light 2–25 t/(ha·a)']

    """
    limits = [f"{limit / T_KM2_PER_T_HA:.0f}" for limit in SL190_FROM_T_KM2]
    spans = [f"{a}–{b}" for a, b in pairwise(limits)] + [f"> {limits[-1]}"]
    classes = zip(palette.EROSION, SL190[1:], spans, strict=True)
    return [
        ["#{:02x}{:02x}{:02x}".format(*colour), *_class_texts(name, span)]
        for colour, name, span in classes
    ]


def _class_texts(name: str, span: str) -> tuple[str, str]:
    words = Words.of(f"map-erosion-{name}")
    return f"{words.zh} {span} t/(ha·a)", f"{words.en} {span} t/(ha·a)"


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
