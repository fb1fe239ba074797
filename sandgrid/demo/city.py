"""The whole bundled city: every vector layer and the base grid, in the analysis CRS."""

from collections.abc import Mapping
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import shapely

from sandgrid.demo.fields import wind_speed_ms
from sandgrid.demo.inventory import survey_sand
from sandgrid.demo.landscape import Landscape, draw_landscape
from sandgrid.demo.networks import (
    build_airports,
    build_railways,
    build_rivers,
    build_roads,
    build_water,
)
from sandgrid.demo.overlays import Overlays, overlay_polygons
from sandgrid.demo.power import place_substations, place_wind_farms, string_lines
from sandgrid.demo.protection import protect_land
from sandgrid.demo.settling import Places, build_settlements, found_places
from sandgrid.demo.tables import demo_districts, district_outlines
from sandgrid.demo.works import finish_works
from sandgrid.params import Parameters

# Offsets of the seeds of the parts, so that no two parts share their noise.
_SEEDS: Mapping[str, int] = {
    "places": 1_000, "settlements": 2_000, "roads": 3_000, "water": 4_000, "landscape": 5_000,
    "inventory": 6_000, "protection": 7_000, "works": 8_000, "power": 9_000, "wind": 10_000,
    "rasters": 11_000,
}  # fmt: skip


@dataclass(frozen=True)
class City:
    """The city before it is written.

    Parameters
    ----------
    landscape : Landscape
        Categories on the base grid.
    layers : mapping of str to GeoDataFrame
        Vector layers by role, with the columns of the input contract, in the analysis CRS [m].
    overlays : Overlays
        What stands over the land classes.
    seed : int
        Seed of the whole city.

    """

    landscape: Landscape
    layers: Mapping[str, gpd.GeoDataFrame]
    overlays: Overlays
    seed: int

    def part_seed(self, part: str) -> int:
        """Return the seed of one part of the city."""
        return part_seed(self.seed, part)


def part_seed(seed: int, part: str) -> int:
    """Return the seed of one part of the city.

    Examples
    --------
    >>> part_seed(7, "works") != part_seed(7, "water")
    True

    """
    return 100_003 * seed + _SEEDS[part]


def build_city(parameters: Parameters, *, seed: int) -> City:
    """Build every layer of the city.

    Parameters
    ----------
    parameters : Parameters
        With the section ``demo``.
    seed : int
        Another seed gives another city of the same totals.

    """
    places = found_places(seed=part_seed(seed, "places"))
    layers = _settled_layers(places, parameters, seed=seed)
    settled = _polygons(layers, "settlements", "water", "airport")
    landscape = draw_landscape(settled, parameters, seed=part_seed(seed, "landscape"))
    inventory = survey_sand(landscape, places, parameters, seed=part_seed(seed, "inventory"))
    protection = protect_land(landscape, parameters, seed=part_seed(seed, "protection"))
    layers |= {
        "inventory": inventory,
        "basic_grassland": protection.basic_grassland,
        "permanent_farmland": protection.permanent_farmland,
        "forest": protection.forest,
        "red_line": protection.red_line,
        "reserves": protection.reserves,
    }
    clear = _polygons(layers, "settlements", "water", "airport", "red_line")
    layers["works"] = finish_works(inventory, clear, parameters, seed=part_seed(seed, "works"))
    layers |= _power_layers(landscape, clear, parameters, seed=seed)
    return City(landscape, layers, overlay_polygons(layers, parameters), seed)


def _settled_layers(
    places: Places, parameters: Parameters, *, seed: int
) -> dict[str, gpd.GeoDataFrame]:
    settlements = build_settlements(places, parameters, seed=part_seed(seed, "settlements"))
    rivers = build_rivers(seed=part_seed(seed, "water"))
    roads = part_seed(seed, "roads")
    return {
        "districts": _districts(),
        "townships": places.townships,
        "villages": places.villages,
        "settlements": settlements,
        "roads": build_roads(places, seed=roads),
        "railways": build_railways(seed=roads + 500),
        "rivers": rivers,
        "water": build_water(rivers, settlements, parameters, seed=part_seed(seed, "water") + 50),
        "airport": build_airports(seed=roads + 700),
    }


def _power_layers(
    landscape: Landscape, clear: np.ndarray, parameters: Parameters, *, seed: int
) -> dict[str, gpd.GeoDataFrame]:
    wind = wind_speed_ms(landscape.grid, parameters, seed=part_seed(seed, "wind"))
    substations = place_substations()
    power = part_seed(seed, "power")
    return {
        "substations": substations,
        "power_lines": string_lines(substations, seed=power),
        "wind_farms": place_wind_farms(landscape, clear, wind, parameters, seed=power + 100),
    }


def _districts() -> gpd.GeoDataFrame:
    rows = demo_districts()
    return gpd.GeoDataFrame(
        {
            "district_id": [row.district_id for row in rows],
            "district": [row.zh for row in rows],
            "district_en": [row.en for row in rows],
        },
        geometry=district_outlines(),
    )


def _polygons(layers: Mapping[str, gpd.GeoDataFrame], *roles: str) -> np.ndarray:
    return np.concatenate([shapely.get_parts(layers[role].geometry.to_numpy()) for role in roles])
