"""The stages of a run, each from the records of the one before."""

from collections.abc import Iterator
from concurrent.futures import Executor
from dataclasses import dataclass, replace

import geopandas as gpd

from sandgrid.land import Eligibility, Rule, find_eligibility
from sandgrid.land.shares import covered_for_all, takes_from_all
from sandgrid.layers.notices import SandGridWarning
from sandgrid.optimize import Case
from sandgrid.options import Options, Screening, list_options
from sandgrid.parcels import Sites, delineate_parcels, form_sites
from sandgrid.pipeline.casing import CaseTables, build_case
from sandgrid.pipeline.grid import read_stations, surface_around
from sandgrid.pipeline.measures import refused_measures
from sandgrid.pipeline.sand import Sand, survey_world
from sandgrid.pipeline.wakes import sites_with_wakes
from sandgrid.pipeline.works import finished_works, read_works_tables, without_works
from sandgrid.pipeline.world import World
from sandgrid.power import Connections, connect_sites


@dataclass(frozen=True, eq=False)
class Land:
    """What may stand where: eligibility, parcels and sites.

    Parameters
    ----------
    eligibility : Eligibility
        Masks with reasons.
    sites : Sites
        Parcels, sites, turbine positions and PV land.
    works : GeoDataFrame
        Finished works, contract ``works``.
    districts : GeoDataFrame
        Districts of the area.
    sand : Sand
        What the sand does, and to whom.

    """

    eligibility: Eligibility
    sites: Sites
    works: gpd.GeoDataFrame
    districts: gpd.GeoDataFrame
    sand: Sand


@dataclass(frozen=True, eq=False)
class Question:
    """The planning problem with the tables it was made from.

    Parameters
    ----------
    case : Case
        What the optimizer is asked.
    options : Options
        Builds and treatments to choose from.
    connections : Connections
        Hubs, trunks and substations.

    """

    case: Case
    options: Options
    connections: Connections


def find_land(world: World, executor: Executor | None = None) -> tuple[World, Land]:
    """Judge every cell, draw parcels and sites, and survey the sand.

    Parameters
    ----------
    world : World
        Layers, rules, parameters.
    executor : Executor, optional
        Where cells are judged, tile by tile; threads here by default.

    Returns
    -------
    World
        With the notices of this stage.
    Land
        Eligibility, parcels, sites and works.

    """
    notices: list[SandGridWarning] = []
    eligibility = find_eligibility(
        world.rules, world.layers, executor=executor, report=notices.append
    )
    notices.extend(_in_parts(world.rules))
    finished = finished_works(
        world.layers,
        world.scenario.as_of,
        world.parameters,
        rows=read_works_tables(world.scenario.works_tables),
        report=notices.append,
    )
    works = finished.works
    parcels = delineate_parcels(
        without_works(world.layers, works),
        eligibility,
        world.parameters,
        taken=covered_for_all(world.rules, world.layers),
        report=notices.append,
    )
    sites = form_sites(parcels, world.layers, eligibility, world.parameters, report=notices.append)
    parameters, sand = survey_world(world, sites, report=notices.append)
    sites = replace(sites, parcels=sand.survey.parcels, sites=sand.survey.sites)
    world = replace(world, parameters=parameters)
    return _noticed(world, notices), Land(eligibility, sites, works, world.layers.area, sand)


def _in_parts(rules: tuple[Rule, ...]) -> Iterator[SandGridWarning]:
    """Tell where parcels count whole cells though rules count parts: not of every use, or weights.

    What a rule takes from every use is cut out of the parcels.
    """
    parts = [rule for rule in rules if rule.fractional or rule.effect == "weigh"]
    names = [rule.id for rule in parts if not takes_from_all(rule)]
    if names:
        yield SandGridWarning("rules-in-parts", {"rules": ", ".join(names)})


def state_question(world: World, land: Land) -> tuple[World, Question]:
    """List options and connections and state the planning problem."""
    notices: list[SandGridWarning] = []
    connections = connect_sites(
        land.sites.sites,
        read_stations(world, report=notices.append),
        surface_around(world, report=notices.append),
        parameters=world.parameters,
        report=notices.append,
    )
    options = list_options(
        land.sites.parcels,
        sites_with_wakes(land.sites, land.sand.wind, world.parameters),
        connections.links,
        world.parameters,
        as_of=world.scenario.as_of,
        screening=Screening(
            refused=refused_measures(land.eligibility, land.sites.parcels, world.parameters),
            prune=not _wants_work(world),
        ),
    )
    tables = CaseTables(
        parcels=land.sites.parcels,
        sites=land.sites.sites,
        build_options=options.build_options,
        treat_options=options.treat_options,
        hubs=connections.hubs,
        trunk_options=connections.trunk_options,
        substations=connections.substations,
        substation_years=connections.substation_years,
        works=land.works,
    )
    case = build_case(world.scenario, world.parameters, tables)
    return _noticed(world, notices), Question(case, options, connections)


def _wants_work(world: World) -> bool:
    """Tell whether the question asks for wages, so that more work is not worse."""
    scenario = world.scenario
    aims = {scenario.objective.quantity, *scenario.objective.worth_cny}
    return "wages_cny" in aims or any(q.quantity == "wages_cny" for q in scenario.quotas)


def _noticed(world: World, notices: list[SandGridWarning]) -> World:
    return replace(world, notices=(*world.notices, *notices))
