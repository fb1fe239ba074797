"""What the power system of a world is read from: substations, plants, and ground for lines."""

from collections.abc import Callable

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import shapely

from sandgrid.layers.geobox import area_geobox
from sandgrid.layers.notices import Report, SandGridWarning, warn
from sandgrid.layers.stack import read_layers
from sandgrid.layers.vector import Window, read_vector
from sandgrid.pipeline.world import World
from sandgrid.power import SubstationTables, Surface, lay_surface, read_substations, surface_roles
from sandgrid.power.capacity import with_headroom
from sandgrid.power.surface import GROUND

M_PER_KM = 1_000.0
PLANTS = "wind_farms"
Floats = npt.NDArray[np.float64]


def read_stations(world: World, *, report: Report = warn) -> SubstationTables:
    """Read the substations within reach of the longest circuit, also beyond the area.

    Each is placed in a district of the whole layer of districts; where the layer of substations
    gives capacity instead of headroom, the plants around reduce it.
    """
    area, catalogue = world.layers.area, world.catalogue
    window = Window(_bounds(area), _longest_reach_m(world))
    layer = read_vector(catalogue.vector("substations"), area.crs, window=window, report=report)
    plants = None
    if PLANTS in catalogue:
        plants = read_vector(catalogue.vector(PLANTS), area.crs, window=window, report=report)
    districts = read_vector(catalogue.vector("districts"), area.crs, report=_ignore)
    years = world.scenario.year_range
    open_layer = with_headroom(layer, plants, years, reach_m=_longest_reach_m(world), report=report)
    return read_substations(open_layer, districts, years)


def _longest_reach_m(world: World) -> float:
    parameters = world.parameters
    kinds = parameters.below("power.circuit")
    return M_PER_KM * max(parameters.number(f"power.circuit.{kind}.reach_km") for kind in kinds)


def surface_around(world: World, *, report: Report = warn) -> Callable[[Floats], Surface]:
    """Return how the cost surface around places of a world is laid.

    The surface covers the places with a margin, also beyond the area, in cells of
    ``power.route_cell_m`` or of the grid, whichever is larger.
    """

    def lay(points: Floats) -> Surface:
        parameters, catalogue = world.parameters, world.catalogue
        cell_m = max(parameters.number("power.route_cell_m"), world.scenario.grid.resolution_m)
        margin_m = parameters.number("power.route_margin_km") * M_PER_KM
        box = shapely.box(*points.min(axis=0) - margin_m, *points.max(axis=0) + margin_m)
        around = gpd.GeoDataFrame(geometry=[box], crs=world.layers.area.crs)
        roles = [role for role in surface_roles(parameters) if role in catalogue]
        missing = [role for role in GROUND if role not in roles]
        if missing:
            report(SandGridWarning("power-no-ground", {"names": ", ".join(missing)}))
        layers = read_layers(
            catalogue,
            area_geobox(around, cell_m),
            around,
            roles,
            max_pixels=world.scenario.grid.max_pixels,
            report=_ignore,
        )
        return lay_surface(layers, parameters)

    return lay


def _bounds(area: gpd.GeoDataFrame) -> tuple[float, float, float, float]:
    west, south, east, north = area.total_bounds.tolist()
    return west, south, east, north


def _ignore(notice: SandGridWarning) -> None:
    """Tell nothing: the same layer was read before, and its notices were told then."""
