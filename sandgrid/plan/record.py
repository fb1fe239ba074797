"""The plan: a frozen record of its tables, totals and proof."""

import html
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

import geopandas as gpd
import pandas as pd

from sandgrid.land import Eligibility
from sandgrid.layers.catalogue import Catalogue
from sandgrid.layers.notices import SandGridWarning
from sandgrid.layers.stack import Layers
from sandgrid.messages import Language, tell
from sandgrid.parcels.shelter import Coarse
from sandgrid.plan.totals import Totals, total_plan
from sandgrid.units import CENTIMU_PER_MU, CNY_PER_MILLION, KW_PER_MW

MU_PER_WAN = 10_000


@dataclass(frozen=True)
class Proof:
    """How good the plan is known to be.

    Parameters
    ----------
    objective_cny, outlay_cny : int
        Of the quantised plan.
    bound_cny : int
        No plan costs less.
    treatment_gap : float
        Cost of treatment above its own bound, as a share of it.
    greedy_objective_cny : int, optional
        Objective of the greedy plan.
    reproducible : bool
        False if a clock stopped anything.
    treatment_bound_cny : int, optional
        No treatment beside these builds costs less, less what its soil is worth.

    """

    objective_cny: int
    outlay_cny: int
    bound_cny: int
    treatment_gap: float
    greedy_objective_cny: int | None = None
    reproducible: bool = True
    treatment_bound_cny: int | None = None

    @property
    def gap_cny(self) -> int:
        """Objective above the bound [CNY]."""
        return self.objective_cny - self.bound_cny

    @property
    def gap(self) -> float:
        """Objective above the bound as a share of the outlay [1]."""
        return self.gap_cny / self.outlay_cny if self.outlay_cny else 0.0

    @property
    def gap_of_choice(self) -> float | None:
        """Gap as a share of what choosing well can save: greedy objective above the bound [1]."""
        if self.greedy_objective_cny is None or self.greedy_objective_cny <= self.bound_cny:
            return None
        return self.gap_cny / (self.greedy_objective_cny - self.bound_cny)

    def record(self) -> dict[str, Any]:
        """Return the figures by the keys of ``plan.json``."""
        return {
            "reproducible": self.reproducible,
            "objective_cny": self.objective_cny,
            "bound_cny": self.bound_cny,
            "gap_cny": self.gap_cny,
            "gap": self.gap,
            "treatment_gap": self.treatment_gap,
            "treatment_bound_cny": self.treatment_bound_cny,
            "gap_of_choice": self.gap_of_choice,
            "outlay_cny": self.outlay_cny,
            "greedy_objective_cny": self.greedy_objective_cny,
        }


def cost_goal(proof: Proof) -> dict[str, Any]:
    """Return the objective of a plan of least cost, by the keys of ``plan.json``."""
    return {
        "quantity": "net_cost_cny",
        "unit": "CNY",
        "sense": "least",
        "amount": proof.objective_cny,
        "bound": proof.bound_cny,
        "gap": proof.gap,
        "max_net_cost_cny": None,
        "worth_cny": {},
        "least_cost": None,
    }


@dataclass(frozen=True, eq=False)
class Origin:
    """What a plan was made from and its files show beside it; a plan read back has none.

    Parameters
    ----------
    layers : Layers
        Everything on one grid.
    catalogue : Catalogue
        Where each layer comes from.
    eligibility : Eligibility
        Reasons against each use.
    notices : tuple of SandGridWarning
        What was legal but is probably a mistake.
    others : mapping
        Further files, relative name -> bytes, e.g. ``problem.mps``.
    coarse : Coarse, optional
        The sand on a coarse grid, loss to the wind included.

    """

    layers: Layers
    catalogue: Catalogue
    eligibility: Eligibility
    notices: tuple[SandGridWarning, ...] = ()
    others: Mapping[str, bytes] = field(default_factory=dict)
    coarse: Coarse | None = None


@dataclass(frozen=True, eq=False, repr=False)
class Plan:
    """One plan: tables by their contracts in the analysis CRS, with totals and proof.

    Parameters
    ----------
    status : str
        optimal (within the gap asked for), feasible or interrupted.
    scenario : mapping
        The resolved scenario, as in ``scenario.json``.
    proof : Proof
        How good the plan is known to be.
    parcels, sites, districts, works, substations : GeoDataFrame
        What there is.
    site_parcels, build_options, treat_options, substation_years : DataFrame
        What there is; options only where the plan uses them.
    builds, stations, flows, substation_use, site_use, parcel_use : DataFrame
        What is built, connected and charged.
    treatments, turbines, pv_blocks, hubs, trunks : GeoDataFrame
        What is drawn.
    costs, milestones : DataFrame
        Amounts by object, item and year; targets by year.
    binding, placeholders : tuple of str
        Names of binding rows; parameters of low confidence.
    prices, replacement : tuple of mappings
        What a unit of each binding row is worth; what losing a site or parcel costs.
    goal : mapping
        Objective of the plan: quantity, unit, amount, bound, gap, what it may cost, and the least
        cost from which a share is measured.
    layers, inputs : tuple of mappings
        Land that each exclusion removed; files read, with their SHA-256.
    origin : Origin, optional
        What it was made from; None for a plan that was read back.

    """

    status: str
    scenario: Mapping[str, Any]
    proof: Proof
    parcels: gpd.GeoDataFrame
    sites: gpd.GeoDataFrame
    site_parcels: pd.DataFrame
    builds: pd.DataFrame
    treatments: gpd.GeoDataFrame
    turbines: gpd.GeoDataFrame
    pv_blocks: gpd.GeoDataFrame
    hubs: gpd.GeoDataFrame
    stations: pd.DataFrame
    trunks: gpd.GeoDataFrame
    flows: pd.DataFrame
    substations: gpd.GeoDataFrame
    substation_use: pd.DataFrame
    districts: gpd.GeoDataFrame
    works: gpd.GeoDataFrame
    site_use: pd.DataFrame
    parcel_use: pd.DataFrame
    costs: pd.DataFrame
    milestones: pd.DataFrame
    build_options: pd.DataFrame
    treat_options: pd.DataFrame
    substation_years: pd.DataFrame
    binding: tuple[str, ...] = ()
    placeholders: tuple[str, ...] = ()
    prices: tuple[Mapping[str, Any], ...] = ()
    replacement: tuple[Mapping[str, Any], ...] = ()
    goal: Mapping[str, Any] = field(default_factory=dict)
    layers: tuple[Mapping[str, Any], ...] = ()
    inputs: tuple[Mapping[str, Any], ...] = ()
    origin: Origin | None = None

    @property
    def tables(self) -> dict[str, pd.DataFrame]:
        """Tables by their names, in the order in which they are written."""
        found = {item.name: getattr(self, item.name) for item in fields(self)}
        return {name: table for name, table in found.items() if isinstance(table, pd.DataFrame)}

    @property
    def totals(self) -> Totals:
        """The totals, computed from the tables."""
        return total_plan(self.tables)

    def figures(self) -> dict[str, Any]:
        """Return the plan in figures by the keys of ``plan.json``, without version and audit."""
        return {
            "status": self.status,
            **self.proof.record(),
            **self.totals.record(),
            "binding": list(self.binding),
            "prices": list(self.prices),
            "replacement": list(self.replacement),
            "objective": dict(self.goal) or cost_goal(self.proof),
            "layers": list(self.layers),
            "shortfalls": [],
            "repairs": [],
            "inputs": list(self.inputs),
            "placeholders": list(self.placeholders),
        }

    def summary(self, lang: Language = "en") -> pd.DataFrame:
        """Return the short table of the plan: one row per year, as text.

        Parameters
        ----------
        lang : {"zh", "en"}
            Language of the headings.

        """
        heads = ("year", "capacity", "target", "treated", "target-land", "met")
        names = [tell(f"plan-head-{head}", lang=lang) for head in heads]
        rows = [_line(row, lang) for row in self.milestones.to_dict("records")]
        return pd.DataFrame(rows, columns=names)

    def headline(self, lang: Language = "en") -> str:
        """Return the plan in one line."""
        values = {
            "name": self.scenario.get("name", ""),
            "status": tell(f"plan-status-{self.status}", lang=lang),
            "outlay": f"{self.proof.outlay_cny / CNY_PER_MILLION:,.1f}",
            "gap": f"{self.proof.gap:.2%}",
        }
        return tell("plan-headline", values, lang=lang)

    def __repr__(self) -> str:
        """Return the headline and a row per year."""
        return f"{self.headline()}\n{self.summary().to_string(index=False)}"

    def _repr_html_(self) -> str:
        return shown_html(self.headline(), self.summary())


def shown_html(headline: str, table: pd.DataFrame) -> str:
    """Return a headline and a table as HTML, all text escaped."""
    return f"<p><b>{html.escape(headline)}</b></p>{table.to_html(index=False, escape=True)}"


def _line(row: Mapping[Any, Any], lang: Language) -> list[str]:
    return [
        str(row["year"]),
        f"{row['capacity_kw'] / KW_PER_MW:,.1f}",
        f"{row['capacity_target_kw'] / KW_PER_MW:,.1f}",
        f"{row['treated_centimu'] / CENTIMU_PER_MU / MU_PER_WAN:,.2f}",
        f"{row['treated_target_centimu'] / CENTIMU_PER_MU / MU_PER_WAN:,.2f}",
        tell("plan-met-yes" if row["met"] else "plan-met-no", lang=lang),
    ]
