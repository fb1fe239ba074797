"""SandGrid: one proven plan for sand control, wind and solar.

The names below are the whole way through the house; each can be called alone.  They are loaded
when they are first asked for, so that the command line answers at once.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
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

_HOMES: Final = {
    "sandgrid.audit": ("audit_plan",),
    "sandgrid.land": ("find_eligibility",),
    "sandgrid.optimize": ("compile_problem", "solve"),
    "sandgrid.options": ("list_options",),
    "sandgrid.parcels": ("delineate_parcels",),
    "sandgrid.people": ("describe_people",),
    "sandgrid.pipeline": (
        "MapChoices",
        "check_scenario",
        "find_status",
        "make_plan",
        "read_plan",
        "read_world",
        "run_scenario",
        "show_map",
        "write_map",
        "write_plan",
    ),
    "sandgrid.plan": ("Plan", "compare_plans"),
    "sandgrid.scenario": ("Scenario", "load_scenario"),
}
_HOME_OF: Final = {name: home for home, names in _HOMES.items() for name in names}

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


def __getattr__(name: str) -> Any:  # noqa: ANN401  # whatever the module holds by that name
    """Load what is asked for."""
    if name not in _HOME_OF:
        message = f"module 'sandgrid' has no attribute {name!r}"
        raise AttributeError(message)
    return getattr(import_module(_HOME_OF[name]), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
