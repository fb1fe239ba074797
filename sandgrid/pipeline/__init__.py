"""The whole way from a scenario to a plan folder, and the questions around it."""

from sandgrid.pipeline.making import make_plan
from sandgrid.pipeline.running import Result, run_scenario
from sandgrid.pipeline.world import World, read_world

__all__ = ["Result", "World", "make_plan", "read_world", "run_scenario"]
