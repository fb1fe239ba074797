"""The whole way from a scenario to a plan folder, and the questions around it."""

from sandgrid.pipeline.asking import (
    Findings,
    check_scenario,
    compare_folders,
    explain_place,
    removed_land,
    verify_folder,
)
from sandgrid.pipeline.exporting import export_plan
from sandgrid.pipeline.floors import FloorPrice, price_floor
from sandgrid.pipeline.making import make_plan
from sandgrid.pipeline.mapping import MapChoices, show_map, write_map
from sandgrid.pipeline.people import write_people
from sandgrid.pipeline.reading import read_plan
from sandgrid.pipeline.running import Result, run_scenario
from sandgrid.pipeline.status import find_status, read_field_tracks
from sandgrid.pipeline.world import World, read_world
from sandgrid.pipeline.writing import write_plan

__all__ = [
    "Findings",
    "FloorPrice",
    "MapChoices",
    "Result",
    "World",
    "check_scenario",
    "compare_folders",
    "explain_place",
    "export_plan",
    "find_status",
    "make_plan",
    "price_floor",
    "read_field_tracks",
    "read_plan",
    "read_world",
    "removed_land",
    "run_scenario",
    "show_map",
    "verify_folder",
    "write_map",
    "write_people",
    "write_plan",
]
