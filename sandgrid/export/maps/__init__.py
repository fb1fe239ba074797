"""The field map: one HTML file that needs no network."""

from folium import Map

from sandgrid.export.maps.basemaps import find_basemaps
from sandgrid.export.maps.carried import CarriedGround, map_layers, read_carried
from sandgrid.export.maps.content import MapContent, MapSettings, MapTables, MapTexts
from sandgrid.export.maps.gathering import (
    erosion_field,
    find_ground,
    find_sources,
    plan_content,
    plan_texts,
    shortfall_content,
    shortfall_texts,
)
from sandgrid.export.maps.page import draw_map, map_html
from sandgrid.export.maps.publishing import publish
from sandgrid.export.maps.underlay import Field, Ground
from sandgrid.export.maps.words import Source, Words

__all__ = [
    "CarriedGround",
    "Field",
    "Ground",
    "Map",
    "MapContent",
    "MapSettings",
    "MapTables",
    "MapTexts",
    "Source",
    "Words",
    "draw_map",
    "erosion_field",
    "find_basemaps",
    "find_ground",
    "find_sources",
    "map_html",
    "map_layers",
    "plan_content",
    "plan_texts",
    "publish",
    "read_carried",
    "shortfall_content",
    "shortfall_texts",
]
