"""The one record of totals from which every file derives, computed from the plan's integers."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import pandas as pd

from sandgrid.plan.costing import GAINS
from sandgrid.units import CENTIMU_PER_MU, KW_PER_MW

MWH_PER_GWH = 1_000
ITEMS = (
    "generation",
    "connection",
    "treatment",
    "operation",
    "lease",
    "energy_value",
    "soil_value",
)
IF_PRICED = ("perimeter",)
Tables = Mapping[str, pd.DataFrame]


@dataclass(frozen=True)
class Totals:
    """What ``plan.json`` says of a plan, exact to the last kW, 0.01 mu and CNY.

    Parameters
    ----------
    objective_cny, outlay_cny : int
        Present outlay less gains; present outlay.
    capacity_mw : mapping
        total, pv, wind.
    treated_mu, works_mu, on_site_mu : float
        Land counted at the end, finished works included; the part of works; the part in PV land.
    treated_mu_by_class, treated_mu_by_sequence : mapping
        Land counted at the end, works included.
    energy_gwh_per_year : float
        Energy of a mean year.
    cost_cny : mapping
        Item -> present value; energy_value and soil_value are gains; perimeter where it is priced.
    milestones, districts, substations : tuple of mappings
        By year; by district; by substation and year.

    """

    objective_cny: int
    outlay_cny: int
    capacity_mw: Mapping[str, float]
    treated_mu: float
    works_mu: float
    on_site_mu: float
    treated_mu_by_class: Mapping[str, float]
    treated_mu_by_sequence: Mapping[str, float]
    energy_gwh_per_year: float
    cost_cny: Mapping[str, int]
    milestones: tuple[Mapping[str, Any], ...]
    districts: tuple[Mapping[str, Any], ...]
    substations: tuple[Mapping[str, Any], ...]

    def record(self) -> dict[str, Any]:
        """Return the totals as values that JSON can hold, by the keys of ``plan.json``."""
        return {k: list(v) if isinstance(v, tuple) else v for k, v in asdict(self).items()}


def total_plan(tables: Tables) -> Totals:
    """Add up the tables of a plan.

    Parameters
    ----------
    tables : mapping
        builds, treatments, works, costs, milestones, districts and substation_use by their
        contracts.

    """
    builds, costs = tables["builds"], tables["costs"]
    last = int(tables["milestones"]["year"].max())
    counted = _counted(tables, last)
    named = (*ITEMS, *(item for item in IF_PRICED if (costs["item"] == item).any()))
    items = {k: int(costs.loc[costs["item"] == k, "present_cny"].sum()) for k in named}
    outlay = sum(value for item, value in items.items() if item not in GAINS)
    by_technology = builds.groupby("technology")["capacity_kw"].sum()
    on_site = tables["treatments"]["place"] == "on_site"
    return Totals(
        objective_cny=outlay - sum(items[item] for item in GAINS),
        outlay_cny=outlay,
        capacity_mw={
            "total": _mw(builds["capacity_kw"].sum()),
            "pv": _mw(by_technology.get("pv", 0)),
            "wind": _mw(by_technology.get("wind", 0)),
        },
        treated_mu=_mu(counted["area_centimu"].sum()),
        works_mu=_mu(counted.loc[counted["place"] == "works", "area_centimu"].sum()),
        on_site_mu=_mu(tables["treatments"].loc[on_site, "area_centimu"].sum()),
        treated_mu_by_class=_by(counted, "dune_class"),
        treated_mu_by_sequence=_by(counted, "sequence_id"),
        energy_gwh_per_year=round(float(builds["energy_mwh_per_year"].sum()) / MWH_PER_GWH, 3),
        cost_cny=items,
        milestones=tuple(_milestones(tables["milestones"])),
        districts=tuple(_districts(tables["districts"])),
        substations=tuple(_substations(tables["substation_use"])),
    )


def _counted(tables: Tables, last: int) -> pd.DataFrame:
    """Return the land that counts by the last year, new and finished."""
    names = ["sequence_id", "dune_class", "count_year", "area_centimu", "place"]
    works = pd.DataFrame(tables["works"]).assign(place="works")[names]
    both = pd.concat([pd.DataFrame(tables["treatments"])[names], works], ignore_index=True)
    return both[both["count_year"] <= last]


def _mw(capacity_kw: float) -> float:
    return int(capacity_kw) / KW_PER_MW


def _mu(area_centimu: float) -> float:
    return int(area_centimu) / CENTIMU_PER_MU


def _by(frame: pd.DataFrame, column: str) -> dict[str, float]:
    return {str(k): _mu(v) for k, v in frame.groupby(column)["area_centimu"].sum().items()}


_EDGES = {"kw": ("mw", KW_PER_MW), "centimu": ("mu", CENTIMU_PER_MU)}


def _at_edge(row: Mapping[Any, Any]) -> dict[str, Any]:
    """Return a row in MW and mu instead of kW and hundredths of a mu."""
    result: dict[str, Any] = {}
    for name, value in row.items():
        stem, _, unit = str(name).rpartition("_")
        if unit in _EDGES:
            edge, size = _EDGES[unit]
            result[f"{stem}_{edge}"] = int(value) / size
        else:
            result[str(name)] = value
    return result


def _milestones(frame: pd.DataFrame) -> list[dict[str, Any]]:
    return [_at_edge(row) for row in frame.to_dict("records")]


def _districts(frame: pd.DataFrame) -> list[dict[str, Any]]:
    plain = pd.DataFrame(frame.drop(columns=["geometry"], errors="ignore"))
    return [_at_edge(row) for row in plain.to_dict("records")]


def _substations(frame: pd.DataFrame) -> list[dict[str, Any]]:
    return [_at_edge(row) for row in frame.to_dict("records")]
