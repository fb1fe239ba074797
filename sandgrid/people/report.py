"""Everything that a plan means for people, from the plan alone."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import geopandas as gpd
import pandas as pd

from sandgrid.params import Parameters
from sandgrid.people.equity import closes, district_shares
from sandgrid.people.industries import industry_years
from sandgrid.people.packages import Packages, form_packages
from sandgrid.people.parties import list_parties
from sandgrid.people.rules import record_parameters
from sandgrid.people.sharing import (
    Sources,
    list_transfers,
    plan_cash,
    read_sources,
    works_of_years,
)
from sandgrid.people.statements import close_items, party_accounts, village_statements
from sandgrid.people.steps import list_steps
from sandgrid.plan import Plan


@dataclass(frozen=True, eq=False)
class People:
    """Who does the work, who pays and who gains in a plan.

    Parameters
    ----------
    parties, transfers, statements, accounts, closing, shares, industries : DataFrame
        By their contracts.
    packages : GeoDataFrame
        Contract ``packages``.
    package_parts : DataFrame
        Contract of that name.
    parameters : Parameters
        Of the plan; they remember which of them took part.
    unknown : tuple of str
        Keys of parameters that would matter and are UNKNOWN.
    capped : tuple of str
        Treatments whose person-days at the wage would be more than they cost; they pay the cost.

    """

    parties: pd.DataFrame
    transfers: pd.DataFrame
    statements: pd.DataFrame
    accounts: pd.DataFrame
    closing: pd.DataFrame
    shares: pd.DataFrame
    industries: pd.DataFrame
    packages: gpd.GeoDataFrame
    package_parts: pd.DataFrame
    parameters: Parameters
    unknown: tuple[str, ...]
    capped: tuple[str, ...]

    @property
    def tables(self) -> dict[str, pd.DataFrame]:
        """Tables by their names."""
        names = ("parties", "transfers", "statements", "accounts", "closing", "shares",
                 "industries", "packages", "package_parts")  # fmt: skip
        return {name: getattr(self, name) for name in names}

    def figures(self) -> dict[str, Any]:
        """Return the sums of the programme for ``plan.json``."""
        row: Mapping[Any, Any] = self.shares.to_dict("records")[-1]
        names = ("collectives", "wages_cny", "lease_cny", "product_cny", "subsidy_cny", "peak_cny",
                 "income_cny")  # fmt: skip
        rest = ("wage_share", "gini", "gini_all")
        return {
            **{name: int(row[name]) for name in names},
            **{name: None if row[name] != row[name] else float(row[name]) for name in rest},
            "wage_share_met": bool(row["wage_share_met"]),
            "person_days": round(float(row["person_days"]), 3),
            "closes": closes(self.closing),
            "unknown": list(self.unknown),
            "capped": list(self.capped),
        }


def describe_people(plan: Plan) -> People:
    """Share out a plan: who does the work, who pays, who gains, in which year.

    Parameters
    ----------
    plan : Plan
        Made or read back.

    Returns
    -------
    People
        Tables that close with the plan's costs to the last yuan.

    Raises
    ------
    ScenarioError
        If a sharing rule is none of its choices, or a party that is named by a rule is UNKNOWN.
    """
    parameters = record_parameters(plan.scenario)
    sources = read_sources(plan, parameters)
    cash = plan_cash(sources)
    transfers = list_transfers(sources, cash)
    years = tuple(int(year) for year in plan.scenario["years"])
    statements = village_statements(transfers, cash, sources, last_year=years[-1])
    industries = industry_years(cash, sources, years)
    formed = _packages(plan, cash, sources)
    return People(
        parties=list_parties(plan.parcels, plan.site_parcels, parameters),
        transfers=transfers,
        statements=statements,
        accounts=party_accounts(transfers, last_year=years[-1]),
        closing=close_items(transfers, cash),
        shares=district_shares(
            statements,
            transfers,
            pd.DataFrame(plan.districts)[["district_id", "district"]],
            sources.parcels,
            least_wage_share=sources.rules.least_wage_share,
        ),
        industries=industries,
        packages=formed.packages,
        package_parts=formed.parts,
        parameters=parameters,
        unknown=_unknown_income(industries),
        capped=_capped(cash, sources),
    )


def _packages(plan: Plan, cash: pd.DataFrame, sources: Sources) -> Packages:
    as_of = date.fromisoformat(str(plan.scenario["as_of"]))
    return form_packages(
        list_steps(cash, sources, as_of=as_of),
        plan.treatments,
        sources.parcels,
        sources.parameters,
        as_of=as_of,
        responsible=plan.scenario.get("people", {}).get("responsible", {}),
    )


def _capped(cash: pd.DataFrame, sources: Sources) -> tuple[str, ...]:
    works = works_of_years(cash, sources)
    return tuple(sorted(set(works.loc[works["capped"], "treatment_id"])))


def _unknown_income(industries: pd.DataFrame) -> tuple[str, ...]:
    """Return the industries with land and without a known income."""
    rows = industries[industries["income_cny"].isna() & (industries["area_centimu"] > 0)]
    return tuple(f"industry.{name}" for name in sorted(set(rows["industry"])))
