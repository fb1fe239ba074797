"""The plan in figures (``plan.json``) and the question it answers (``scenario.json``)."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from sandgrid.errors import OutputError
from sandgrid.export.files import json_text

SCHEMA_VERSION: Final = 1
PLAN_JSON: Final = "plan.json"
SCENARIO_JSON: Final = "scenario.json"
PLAN_KEYS: Final = (
    "schema_version", "scenario", "status", "reproducible", "objective_cny", "bound_cny",
    "gap_cny", "gap", "treatment_gap", "gap_of_choice", "outlay_cny", "greedy_objective_cny",
    "capacity_mw", "treated_mu", "treated_mu_by_class", "treated_mu_by_sequence", "on_site_mu",
    "energy_gwh_per_year", "cost_cny", "milestones", "districts", "substations", "binding",
    "audit", "layers", "shortfalls", "repairs", "inputs", "placeholders",
)  # fmt: skip
INFEASIBLE_KEYS: Final = (
    "schema_version", "scenario", "status", "shortfalls", "repairs", "layers", "inputs",
    "placeholders",
)  # fmt: skip


def plan_json(figures: Mapping[str, Any], *, keys: tuple[str, ...] = PLAN_KEYS) -> str:
    """Return figures as the text of ``plan.json``: the contract's keys in order, then others.

    Parameters
    ----------
    figures : mapping
        The plan in figures.
    keys : tuple of str
        Keys that must be there.

    Raises
    ------
    OutputError
        If a key is missing.

    Examples
    --------
    >>> print(plan_json({"b": 2, "more": 3, "a": 1}, keys=("a", "b")), end="")
    {
     "a": 1,
     "b": 2,
     "more": 3
    }

    """
    missing = [key for key in keys if key not in figures]
    if missing:
        raise OutputError("export-document-lacks", {"keys": ", ".join(missing)})
    others = sorted(set(figures) - set(keys))
    return json_text({key: figures[key] for key in (*keys, *others)})


def read_document(folder: Path, name: str = PLAN_JSON) -> dict[str, Any]:
    """Read ``plan.json`` or ``scenario.json`` of a plan folder.

    Raises
    ------
    OutputError
        If the file is absent or not JSON.

    """
    try:
        found: dict[str, Any] = json.loads((folder / name).read_bytes())
    except (OSError, ValueError) as error:
        raise OutputError("export-not-plan", {"folder": folder}) from error
    return found
