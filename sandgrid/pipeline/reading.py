"""Reading a plan folder back."""

from dataclasses import fields
from pathlib import Path
from typing import Any

from sandgrid.layers.plan_files import read_plan_layers, read_record
from sandgrid.plan import Plan, Proof
from sandgrid.tables import conform_table


def read_plan(folder: str | Path) -> Plan:
    """Read a written plan.

    Parameters
    ----------
    folder : str or Path
        Folder that ``write_plan`` or ``sandgrid plan`` wrote.

    Returns
    -------
    Plan
        With the same tables, figures and scenario as the plan that was written.

    Raises
    ------
    InputError
        If a file is missing or broken, or a table does not keep its contract.

    """
    place = Path(folder)
    figures = read_record(place / "plan.json")
    layers = read_plan_layers(place / "plan.gpkg")
    tables: dict[str, Any] = {
        item.name: conform_table(layers[item.name], item.name)
        for item in fields(Plan)
        if item.name in layers
    }
    return Plan(
        status=figures["status"],
        scenario=read_record(place / "scenario.json"),
        proof=Proof(
            objective_cny=figures["objective_cny"],
            outlay_cny=figures["outlay_cny"],
            bound_cny=figures["bound_cny"],
            treatment_gap=figures["treatment_gap"],
            greedy_objective_cny=figures["greedy_objective_cny"],
            reproducible=figures["reproducible"],
            treatment_bound_cny=figures.get("treatment_bound_cny"),
        ),
        binding=tuple(figures["binding"]),
        placeholders=tuple(figures["placeholders"]),
        prices=tuple(figures.get("prices", ())),
        replacement=tuple(figures.get("replacement", ())),
        goal=figures.get("objective", {}),
        layers=tuple(figures["layers"]),
        inputs=tuple(figures["inputs"]),
        **tables,
    )
