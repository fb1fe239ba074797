"""Every payment of a plan: who pays whom, for what, in which year; in whole CNY that close."""

from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd

from sandgrid.params import Parameters
from sandgrid.people.parties import holder_kinds, treatment_parties
from sandgrid.people.products import product_payments
from sandgrid.people.rules import SharingRules, read_rules
from sandgrid.people.subsidy import subsidy_payments
from sandgrid.people.yearly import split_whole, yearly_cash
from sandgrid.plan import Plan
from sandgrid.tables import column_names, conform_table
from sandgrid.units import CENTIMU_PER_HA

KEYS: Final = [name for name in column_names("transfers") if name != "amount_cny"]
LAND: Final = ["site_id", "technology"]


@dataclass(frozen=True, eq=False)
class Sources:
    """What the payments are made from.

    Parameters
    ----------
    costs, builds, build_options, site_use, parcels, treat_options : DataFrame
        Contracts of the plan.
    treatments : DataFrame
        With their parties, ``spent_cny`` (what the works cost), ``settle_year`` (last year of
        works, not before the counting year) and ``home`` (site of the parcel).
    parameters : Parameters
        Of the plan.
    rules : SharingRules
        Who pays and who gains.

    """

    costs: pd.DataFrame
    builds: pd.DataFrame
    build_options: pd.DataFrame
    site_use: pd.DataFrame
    parcels: pd.DataFrame
    treat_options: pd.DataFrame
    treatments: pd.DataFrame
    parameters: Parameters
    rules: SharingRules


def read_sources(plan: Plan, parameters: Parameters) -> Sources:
    """Return what the payments of a plan are made from."""
    rules = read_rules(parameters)
    costs = plan.costs[plan.costs["item"] == "treatment"]
    spent = costs.groupby("row_id")["amount_cny"].sum()
    done = costs.groupby("row_id")["year"].max()
    rows = treatment_parties(plan.treatments, plan.parcels, parameters, rules)
    home = plan.parcels.set_index("parcel_id")["site_id"]
    return Sources(
        costs=plan.costs,
        builds=plan.builds,
        build_options=plan.build_options,
        site_use=plan.site_use,
        parcels=pd.DataFrame(plan.parcels.drop(columns="geometry")),
        treat_options=plan.treat_options,
        treatments=rows.assign(
            spent_cny=rows["treatment_id"].map(spent).fillna(0).astype("int64"),
            settle_year=np.maximum(rows["treatment_id"].map(done), rows["count_year"]),
            home=rows["parcel_id"].map(home),
        ),
        parameters=parameters,
        rules=rules,
    )


def plan_cash(sources: Sources) -> pd.DataFrame:
    """Return the plan's cash flow by object, item and year."""
    rate = sources.parameters.number("finance.discount_rate")
    return yearly_cash(sources.costs, sources.builds, sources.build_options, rate)


def list_transfers(sources: Sources, cash: pd.DataFrame) -> pd.DataFrame:
    """List every payment.

    Parameters
    ----------
    sources : Sources
        The plan's tables and rules.
    cash : DataFrame
        Of :func:`plan_cash`.

    Returns
    -------
    DataFrame
        Contract ``transfers``: for every item and year of the plan, what parties pay and what
        they receive add up to the plan's amount; money between parties nets to nothing.

    """
    rows, parameters, rules = sources.treatments, sources.parameters, sources.rules
    granted = subsidy_payments(rows, sources.site_use, parameters, rules)
    parts = [
        _plant_payments(cash, parameters),
        _lease_payments(cash, sources),
        *_works_payments(cash, sources),
        granted,
        _settlements(granted, sources),
        product_payments(rows, sources.treat_options, parameters, rules),
    ]
    known = pd.concat([part for part in parts if len(part)] or parts[:1], ignore_index=True)
    return summed(pd.concat([known, _dividends(known, rules)], ignore_index=True))


def summed(payments: pd.DataFrame) -> pd.DataFrame:
    """Add up payments between the same parties for the same reason; contract ``transfers``."""
    filled = payments.assign(**{k: payments[k].fillna("") for k in KEYS if k != "year"})
    table = filled.groupby(KEYS, sort=True)["amount_cny"].sum().reset_index()
    return conform_table(table[table["amount_cny"] != 0].reset_index(drop=True), "transfers")


def _plant_payments(cash: pd.DataFrame, parameters: Parameters) -> pd.DataFrame:
    """Return what the developer pays for plants and lines, and what energy earns."""
    developer = parameters.text("party.developer")
    rows = cash[~cash["item"].isin(["lease", "treatment"])]
    sold = (rows["item"] == "energy_value").to_numpy()
    return rows[["year", "item", "district_id", "amount_cny"]].assign(
        plan_item=rows["item"],
        payer_kind=np.where(sold, "power_buyer", "developer"),
        payer=np.where(sold, "", developer),
        payee_kind=np.where(sold, "developer", "suppliers"),
        payee=np.where(sold, developer, ""),
        collective_id="",
        industry="",
    )


def _lease_payments(cash: pd.DataFrame, sources: Sources) -> pd.DataFrame:
    """Split each build's lease over the holders of its land, by the land that lies on theirs."""
    lease = cash[cash["item"] == "lease"].merge(
        sources.builds[["build_id", *LAND]], left_on="row_id", right_on="build_id", validate="m:1"
    )
    land = charged_land(sources)
    parts = [
        _split_lease(rows, land[(land["site_id"] == key[0]) & (land["technology"] == key[1])])
        for key, rows in lease.groupby(LAND, sort=True)
    ]
    if not parts:
        return pd.DataFrame(columns=[*KEYS, "amount_cny"])
    paid = pd.concat(parts, ignore_index=True)
    return paid.assign(
        item="lease",
        plan_item="lease",
        payer_kind="developer",
        payer=sources.parameters.text("party.developer"),
        industry="",
    )


def charged_land(sources: Sources) -> pd.DataFrame:
    """Return generation land by site, technology and holder [0.01 mu].

    Returns
    -------
    DataFrame
        site_id, technology, collective_id, payee_kind, payee, gross_centimu; land on no parcel
        is ``unassigned``.

    """
    parcels = pd.DataFrame(sources.parcels)
    known = parcels[["parcel_id", "collective_id", "holder"]].assign(
        payee_kind=holder_kinds(parcels)
    )
    rows = sources.site_use.merge(known, on="parcel_id", how="left", validate="m:1")
    rows["payee_kind"] = rows["payee_kind"].fillna("unassigned")
    rows = rows.fillna({"collective_id": "", "holder": ""}).rename(columns={"holder": "payee"})
    keys = [*LAND, "collective_id", "payee_kind", "payee"]
    return rows.groupby(keys, sort=True)["gross_centimu"].sum().reset_index()


def _split_lease(rows: pd.DataFrame, land: pd.DataFrame) -> pd.DataFrame:
    amounts = split_whole(rows["amount_cny"], land["gross_centimu"])
    holders = land[["collective_id", "payee_kind", "payee"]]
    repeated = holders.iloc[np.tile(np.arange(len(land)), len(rows))].reset_index(drop=True)
    times = rows[["year", "district_id"]].iloc[np.repeat(np.arange(len(rows)), len(land))]
    return repeated.assign(
        year=times["year"].to_numpy(),
        district_id=times["district_id"].to_numpy(),
        amount_cny=amounts.ravel(),
    )


def works_of_years(cash: pd.DataFrame, sources: Sources) -> pd.DataFrame:
    """Return treatments by the years in which they are worked on.

    Returns
    -------
    DataFrame
        The treatments with year_of_work, amount_cny, person_days_of_year and, in whole CNY,
        wages_cny, local_cny, away_cny, material_cny. Wages are at most what the works cost;
        ``capped`` says where person-days at the wage would be more.

    """
    paid = cash[cash["item"] == "treatment"].rename(
        columns={"row_id": "treatment_id", "year": "year_of_work"}
    )
    rows = sources.treatments.merge(
        paid[["treatment_id", "year_of_work", "amount_cny"]], on="treatment_id", validate="1:m"
    )
    options = sources.treat_options
    keys = ["parcel_id", "sequence_id", "place"]
    days = options[[*keys, *(f"person_days_per_ha_{k}" for k in range(3))]]
    rows = rows.merge(days, on=keys, how="left", validate="m:1")
    offset = (rows["year_of_work"] - rows["year"]).to_numpy()
    per_ha = rows[[f"person_days_per_ha_{k}" for k in range(3)]].to_numpy()
    rows["person_days_of_year"] = (
        per_ha[np.arange(len(rows)), offset] * rows["area_centimu"] / CENTIMU_PER_HA
    )
    wages = np.rint(rows["person_days_of_year"] * sources.rules.wage_cny_per_day)
    whole = np.minimum(wages, rows["amount_cny"]).astype("int64")
    local = np.rint(whole * sources.rules.local_wage_share).astype("int64")
    return rows.assign(
        capped=wages > rows["amount_cny"] + 1,
        wages_cny=whole,
        local_cny=local,
        away_cny=whole - local,
        material_cny=rows["amount_cny"] - whole,
    )


def _works_payments(cash: pd.DataFrame, sources: Sources) -> list[pd.DataFrame]:
    """Return what works cost: wages of the village, wages of others, material and machines."""
    works = works_of_years(cash, sources)
    kinds = (
        ("wages", "local_cny", "members"),
        ("wages_away", "away_cny", "workers_away"),
        ("material", "material_cny", "suppliers"),
    )
    payer = works.assign(**advancing(works, sources))
    return [
        payer[["district_id", "collective_id", "payer_kind", "payer"]].assign(
            year=works["year_of_work"],
            item=item,
            plan_item="treatment",
            payee_kind=kind,
            payee=works["collective"] if kind == "members" else "",
            industry="",
            amount_cny=works[column],
        )
        for item, column, kind in kinds
    ]


def advancing(rows: pd.DataFrame, sources: Sources) -> dict[str, pd.Series]:
    """Return who pays for works while they are done: kind and name."""
    if sources.rules.advance == "implementer":
        return {"payer_kind": rows["implementer_kind"], "payer": rows["implementer"]}
    name = sources.parameters.text("party.developer")
    return {
        "payer_kind": pd.Series("developer", index=rows.index),
        "payer": pd.Series(name, index=rows.index),
    }


def _settlements(granted: pd.DataFrame, sources: Sources) -> pd.DataFrame:
    """Return what is settled after the last works, where one advances and another bears it."""
    rules = sources.rules
    if rules.advance == rules.treatment_payer:
        return pd.DataFrame(columns=[*KEYS, "amount_cny"])
    given = granted.groupby("treatment_id")["amount_cny"].sum()
    rows = sources.treatments
    owed = rows["spent_cny"] - rows["treatment_id"].map(given).fillna(0).astype("int64")
    others = rows.assign(amount_cny=owed)[rows["implementer_kind"] != "developer"]
    ends = ("payer", "payee") if rules.advance == "implementer" else ("payee", "payer")
    settled = others[["district_id", "collective_id", "amount_cny"]].assign(
        year=others["settle_year"].astype("int64"), item="reimbursement", plan_item="", industry=""
    )
    settled[f"{ends[0]}_kind"] = "developer"
    settled[ends[0]] = sources.parameters.text("party.developer")
    settled[f"{ends[1]}_kind"] = others["implementer_kind"]
    settled[ends[1]] = others["implementer"]
    return settled


def _dividends(payments: pd.DataFrame, rules: SharingRules) -> pd.DataFrame:
    """Pay out part of what collectives earn from lease and products, in whole CNY down."""
    base = payments[
        (payments["payee_kind"] == "collective") & payments["item"].isin(["lease", "product"])
    ]
    keys = ["year", "collective_id", "district_id", "payee"]
    earned = base.groupby(keys, sort=True)["amount_cny"].sum().reset_index()
    share = np.floor(earned["amount_cny"] * rules.dividend_share + 1e-9).astype("int64")
    return earned.assign(
        amount_cny=share,
        item="dividend",
        plan_item="",
        payer_kind="collective",
        payer=earned["payee"],
        payee_kind="members",
        industry="",
    )
