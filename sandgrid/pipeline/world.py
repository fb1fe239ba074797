"""From a scenario to its layers on one grid."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import geopandas as gpd
import pyproj

from sandgrid.land import Rule, load_rules, without_layers
from sandgrid.layers.catalogue import Catalogue, load_catalogue
from sandgrid.layers.crs import local_equal_area
from sandgrid.layers.geobox import area_geobox
from sandgrid.layers.notices import Report, SandGridWarning, warn
from sandgrid.layers.stack import Layers, read_layers, select_area
from sandgrid.layers.vector import read_vector
from sandgrid.params import Parameters
from sandgrid.sand.greenness import COVER, NDVI, Greenness, cover_of_layers
from sandgrid.scenario import Scenario
from sandgrid.scenario.resolved import scenario_parameters

GEOGRAPHIC: Final = pyproj.CRS.from_epsg(4490)
CENTRE_STEP_DEG: Final = 0.5


@dataclass(frozen=True)
class World:
    """A scenario and everything it reads.

    Parameters
    ----------
    scenario : Scenario
        What the planner stated.
    parameters : Parameters
        Defaults with the scenario's own values.
    catalogue : Catalogue
        Where each layer comes from.
    rules : tuple of Rule
        What removes land.
    layers : Layers
        Everything on one grid.
    notices : tuple of SandGridWarning
        What was legal but is probably a mistake.
    greenness : Greenness, optional
        How cover was made from NDVI, where the catalogue has it.

    """

    scenario: Scenario
    parameters: Parameters
    catalogue: Catalogue
    rules: tuple[Rule, ...]
    layers: Layers
    notices: tuple[SandGridWarning, ...]
    greenness: Greenness | None = None


def read_world(scenario: Scenario) -> World:
    """Read the layers, rules and parameters of a scenario.

    Raises
    ------
    InputError, ScenarioError, ResourceError
        Naming the file, the feature and the remedy.

    """
    notices: list[SandGridWarning] = []
    parameters = scenario_parameters(scenario)
    catalogue = scenario_catalogue(scenario)
    area = read_area(scenario, catalogue, report=notices.append)
    geobox = area_geobox(area, scenario.grid.resolution_m)
    layers = read_layers(
        catalogue, geobox, area, max_pixels=scenario.grid.max_pixels, report=notices.append
    )
    layers, greenness = cover_of_layers(layers, parameters, report=notices.append)
    return World(
        scenario=scenario,
        parameters=parameters,
        catalogue=catalogue,
        rules=scenario_rules(scenario, parameters),
        layers=layers,
        notices=tuple(notices),
        greenness=greenness,
    )


def scenario_rules(scenario: Scenario, parameters: Parameters) -> tuple[Rule, ...]:
    """Return the rules of a scenario, without those whose layers it leaves out.

    A rule that reads cover stays where cover is made from NDVI.
    """
    rules = load_rules(rule_file(scenario), parameters, leave_out=scenario.rules.leave_out)
    left_out = scenario.layers.leave_out
    if COVER in left_out and NDVI in scenario_catalogue(scenario):
        left_out = tuple(role for role in left_out if role != COVER)
    return without_layers(rules, left_out)


def scenario_catalogue(scenario: Scenario) -> Catalogue:
    """Return the layer catalogue of a scenario, with its own entries put in."""
    paths = {
        name: os.environ.get(name) or str((scenario.folder / value).resolve())
        for name, value in scenario.paths.items()
    }
    catalogue = load_catalogue(
        scenario.folder / scenario.layers.catalogue,
        scenario.layers.override,
        paths=paths,
        base=scenario.folder,
    )
    return catalogue.without(scenario.layers.leave_out)


def read_area(
    scenario: Scenario, catalogue: Catalogue, *, report: Report = warn
) -> gpd.GeoDataFrame:
    """Return the planned area in the analysis CRS."""
    source = catalogue.vector("districts")
    chosen = scenario.area
    if scenario.grid.centre_deg is None:
        degrees = read_vector(source, GEOGRAPHIC, report=_ignore)
        part = select_area(degrees, chosen.districts, bbox_deg=chosen.bbox_deg)
        west, south, east, north = part.total_bounds.tolist()
        centre = (_to_step((west + east) / 2), _to_step((south + north) / 2))
    else:
        centre = scenario.grid.centre_deg
    districts = read_vector(source, local_equal_area(*centre), report=report)
    return select_area(districts, chosen.districts, bbox_deg=chosen.bbox_deg)


def _to_step(degrees: float) -> float:
    return round(degrees / CENTRE_STEP_DEG) * CENTRE_STEP_DEG


def _ignore(notice: SandGridWarning) -> None:
    """Tell nothing: the same layer is read again, in the analysis CRS."""


def rule_file(scenario: Scenario) -> str | Path:
    """Return the rule file of a scenario: a name that SandGrid ships, or a path."""
    name = scenario.rules.file
    return scenario.folder / name if name.endswith(".toml") else name
