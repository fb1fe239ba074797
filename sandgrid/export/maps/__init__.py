"""The field map: one HTML file that needs no network."""

from sandgrid.export.maps.content import (
    Field,
    Ground,
    MapContent,
    MapSettings,
    MapTables,
    MapTexts,
    Source,
    Words,
)
from sandgrid.export.maps.page import draw_map, map_html

__all__ = [
    "Field",
    "Ground",
    "MapContent",
    "MapSettings",
    "MapTables",
    "MapTexts",
    "Source",
    "Words",
    "draw_map",
    "map_html",
]
