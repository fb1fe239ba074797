"""SandGrid: one proven plan for sand control, wind and solar.

The names below are the whole way through the house; each can be called alone.
"""

from sandgrid.audit import audit_plan
from sandgrid.land import find_eligibility
from sandgrid.optimize import compile_problem, solve
from sandgrid.options import list_options
from sandgrid.parcels import delineate_parcels
from sandgrid.people import describe_people
from sandgrid.pipeline import (
    MapChoices,
    check_scenario,
    find_status,
    make_plan,
    read_plan,
    read_world,
    run_scenario,
    show_map,
    write_map,
    write_plan,
)
from sandgrid.plan import Plan, compare_plans
from sandgrid.scenario import Scenario, load_scenario

__all__ = [
    "MapChoices",
    "Plan",
    "Scenario",
    "audit_plan",
    "check_scenario",
    "compare_plans",
    "compile_problem",
    "delineate_parcels",
    "describe_people",
    "find_eligibility",
    "find_status",
    "list_options",
    "load_scenario",
    "make_plan",
    "read_plan",
    "read_world",
    "run_scenario",
    "show_map",
    "solve",
    "write_map",
    "write_plan",
]
