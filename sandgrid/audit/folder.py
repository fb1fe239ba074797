"""The folder of a plan as the audit reads it."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Final, cast

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import pyproj
import shapely

from sandgrid.audit.report import Fault
from sandgrid.errors import InputError
from sandgrid.layers.plan_files import Reasons, read_plan_layers, read_reasons, read_record
from sandgrid.params import Parameter, Parameters, default_parameters
from sandgrid.tables import conform_table, require_unique

Geometries = npt.NDArray[np.object_]
KEYS: Final[Mapping[str, tuple[str, ...]]] = {
    "parcels": ("parcel_id",),
    "sites": ("site_id",),
    "site_parcels": ("site_id", "parcel_id"),
    "site_use": ("site_id", "parcel_id", "technology"),
    "parcel_use": ("parcel_id",),
    "builds": ("site_id", "technology", "year"),
    "treatments": ("treatment_id",),
    "turbines": ("turbine_id",),
    "pv_blocks": ("block_id",),
    "stations": ("hub_id",),
    "hubs": ("hub_id",),
    "trunks": ("trunk_id", "year"),
    "flows": ("hub_id", "substation_id", "year"),
    "substations": ("substation_id",),
    "substation_use": ("substation_id", "year"),
    "districts": ("district_id",),
    "works": ("work_id",),
    "costs": ("row_id", "object", "item", "year"),
    "milestones": ("year",),
    "substation_years": ("substation_id", "year"),
    "build_options": ("site_id", "technology", "hub_id"),
    "treat_options": ("parcel_id", "sequence_id", "place"),
}
SHAPES: Final = (
    "parcels", "sites", "treatments", "turbines", "pv_blocks", "hubs", "trunks", "substations",
    "districts", "works",
)  # fmt: skip
VALUE_ITEMS: Final = ("energy_value", "soil_value")


@dataclass(frozen=True, eq=False)
class PlanFolder:
    """What a plan folder holds.

    Parameters
    ----------
    folder : Path
        Where it lies.
    tables : mapping
        Layers of ``plan.gpkg`` that keep to their contracts.
    figures, question : mapping
        ``plan.json`` and ``scenario.json``.
    parameters : Parameters
        Those of ``scenario.json``.
    reasons : Reasons
        ``eligibility.tif``.
    broken : tuple of Fault
        Layers that are missing or break their contracts.

    """

    folder: Path
    tables: Mapping[str, pd.DataFrame]
    figures: Mapping[str, Any]
    question: Mapping[str, Any]
    parameters: Parameters
    reasons: Reasons
    broken: tuple[Fault, ...]

    def __getitem__(self, name: str) -> pd.DataFrame:
        """Return a table without its geometry; it is shared, not to be changed."""
        return self._plain[name]

    @cached_property
    def _plain(self) -> dict[str, pd.DataFrame]:
        drop = ["geometry"]
        tables = self.tables.items()
        return {
            name: pd.DataFrame(table.drop(columns=drop, errors="ignore")) for name, table in tables
        }

    def shapes(self, name: str) -> Geometries:
        """Return the geometries of a table, repaired where they are invalid."""
        return self._repaired[name]

    @cached_property
    def _repaired(self) -> dict[str, Geometries]:
        return {name: _valid(gpd.GeoDataFrame(self.tables[name])) for name in SHAPES}

    @property
    def crs(self) -> pyproj.CRS:
        """Return the analysis CRS, as the parcels state it."""
        return cast("pyproj.CRS", gpd.GeoDataFrame(self.tables["parcels"]).crs)

    @cached_property
    def years(self) -> tuple[int, ...]:
        """Return the planning years."""
        return tuple(int(year) for year in self.question["years"])

    @property
    def base_year(self) -> int:
        """Return the year to whose money everything is discounted."""
        return int(str(self.question["as_of"])[:4])

    def number(self, key: str) -> float:
        """Return a parameter of the question."""
        return self.parameters.number(key)

    def programme(self, key: str) -> float:
        """Return a rule of the programme."""
        return self.parameters.number(f"programme.{key}")

    def discount(self, years: pd.Series) -> pd.Series:
        """Return the worth in the base year of 1 CNY due in each year."""
        rate = 1.0 + self.number("finance.discount_rate")
        return pd.Series(rate ** (self.base_year - years.to_numpy("float64")), index=years.index)


def tolerance(name: str) -> float:
    """Return a tolerance of the package: what a scenario says of it does not count."""
    return default_parameters().number(f"audit.{name}")


def read_folder(folder: Path) -> PlanFolder:
    """Read a plan folder; tables that break their contracts are named, not raised.

    Raises
    ------
    InputError
        If a file is missing or broken.

    """
    question = read_record(folder / "scenario.json")
    tables, broken = _conformed(read_plan_layers(folder / "plan.gpkg"))
    return PlanFolder(
        folder=folder,
        tables=tables,
        figures=read_record(folder / "plan.json"),
        question=question,
        parameters=_parameters(question),
        reasons=read_reasons(folder / "eligibility.tif"),
        broken=broken,
    )


def _conformed(
    layers: Mapping[str, pd.DataFrame],
) -> tuple[dict[str, pd.DataFrame], tuple[Fault, ...]]:
    tables: dict[str, pd.DataFrame] = {}
    faults: list[Fault] = []
    for name, keys in KEYS.items():
        if name not in layers:
            faults.append(Fault(name, "-", "=", "plan.gpkg"))
            continue
        try:
            tables[name] = conform_table(layers[name], name)
            require_unique(tables[name], keys, name)
            _require_shapes(tables[name], name)
        except InputError as error:
            faults.append(Fault(name, str(error), "=", f"columns/{name}.csv"))
    return tables, tuple(faults)


def _require_shapes(table: pd.DataFrame, name: str) -> None:
    if name in SHAPES and "geometry" not in table:
        raise InputError("table-missing-columns", {"table": name, "columns": "geometry"})


def _valid(frame: gpd.GeoDataFrame) -> Geometries:
    shapes = np.array(frame.geometry.to_numpy(), dtype=object)
    wrong = ~shapely.is_valid(shapes)
    shapes[wrong] = shapely.make_valid(shapes[wrong])
    return shapes


def _parameters(question: Mapping[str, Any]) -> Parameters:
    entries = question["parameters"].items()
    return Parameters({key: _parameter(entry) for key, entry in entries})


def _parameter(entry: Mapping[str, Any]) -> Parameter:
    value = entry["value"]
    return Parameter(
        value=tuple(value) if isinstance(value, list) else value,
        unit=entry["unit"],
        source=entry["source"],
        confidence=entry["confidence"],
    )
