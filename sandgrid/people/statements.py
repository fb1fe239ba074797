"""Statements of villages (一村一账), accounts of parties, and whether everything closes."""

from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from sandgrid.people.parties import holder_kinds
from sandgrid.people.products import bearing_land, with_industry
from sandgrid.people.sharing import LAND, Sources, works_of_years
from sandgrid.people.yearly import split_whole
from sandgrid.tables import conform_table

VILLAGE: Final = ("collective", "household")
KEYS: Final = ["collective_id", "year"]
WORKS: Final = ("wages", "wages_away", "material")
PURPOSES: Final = {
    "wages_cny": (("wages",), "payee_kind", ("members",)),
    "lease_cny": (("lease",), "payee_kind", ("collective",)),
    "household_lease_cny": (("lease",), "payee_kind", ("household",)),
    "product_cny": (("product",), "payee_kind", VILLAGE),
    "subsidy_cny": (("subsidy",), "payee_kind", ("collective",)),
    "spent_cny": (WORKS, "payer_kind", ("collective",)),
    "reimbursed_cny": (("reimbursement",), "payee_kind", ("collective",)),
    "dividend_cny": (("dividend",), "payer_kind", ("collective",)),
    "own_product_cny": (("product",), "payee_kind", ("collective",)),
}


def village_statements(
    transfers: pd.DataFrame, cash: pd.DataFrame, sources: Sources, *, last_year: int
) -> pd.DataFrame:
    """Return one row per collective and year of the plan, and one for all later years.

    Parameters
    ----------
    transfers : DataFrame
        Contract ``transfers``.
    cash : DataFrame
        Of :func:`sandgrid.people.sharing.plan_cash`.
    sources : Sources
        The plan.
    last_year : int
        Last year of the plan; later ones are added up in the year after it.

    Returns
    -------
    DataFrame
        Contract ``statements``, by collective and year; collectives with land in the plan.

    """
    names, land = _collectives(sources), _land(cash, sources)
    money = {name: _money(transfers, *purpose) for name, purpose in PURPOSES.items()}
    ids = sorted({key[0] for part in (*money.values(), *land.values()) for key in part.index})
    ids = [one for one in ids if one]
    years = [
        int(y) for part in (*money.values(), *land.values()) for y in part.index.get_level_values(1)
    ]
    first = min(years, default=last_year)
    final = max([*years, last_year + 1])
    index = pd.MultiIndex.from_product([ids, range(first, final + 1)], names=KEYS)
    table = pd.DataFrame({n: s.reindex(index).fillna(0) for n, s in {**money, **land}.items()})
    table = _running(table.reset_index())
    kept = _later_as_one(table, last_year, final)
    kept = kept.assign(
        collective=kept["collective_id"].map(names["collective"]),
        district_id=kept["collective_id"].map(names["district_id"]),
        kept_cny=kept["lease_cny"] + kept["own_product_cny"] - kept["dividend_cny"],
        income_cny=kept[["wages_cny", "lease_cny", "household_lease_cny", "product_cny"]].sum(
            axis=1
        ),
    )
    return conform_table(kept.drop(columns="own_product_cny"), "statements")


def _collectives(sources: Sources) -> pd.DataFrame:
    """Return name and district of each collective: those of its first parcel."""
    parcels = sources.parcels.sort_values("parcel_id", kind="stable")
    return parcels.groupby("collective_id")[["collective", "district_id"]].first()


def _money(
    transfers: pd.DataFrame, items: tuple[str, ...], side: str, kinds: tuple[str, ...]
) -> "pd.Series[int]":
    chosen = transfers[transfers["item"].isin(items) & transfers[side].isin(kinds)]
    return chosen.groupby(KEYS)["amount_cny"].sum()


def _land(cash: pd.DataFrame, sources: Sources) -> dict[str, pd.Series]:
    """Return land (pooled, treated, of unknown income) and person-days by collective and year."""
    rows = sources.treatments
    works = works_of_years(cash, sources)
    bearing = bearing_land(with_industry(rows, sources.treat_options), sources.parameters)
    unknown = bearing[bearing["income_per_mu"].isna()]
    local = works["person_days_of_year"] * sources.rules.local_wage_share
    days = works.assign(year=works["year_of_work"], days=local).groupby(KEYS)["days"].sum()
    return {
        "pooled_centimu": _pooled(sources),
        "treated_centimu": _by_year(rows, "count_year"),
        "person_days": days.round(3),
        "unknown_centimu": _by_year(unknown, "bearing_year"),
    }


def _by_year(rows: pd.DataFrame, year: str) -> "pd.Series[int]":
    return rows.assign(year=rows[year]).groupby(KEYS)["area_centimu"].sum()


def _pooled(sources: Sources) -> "pd.Series[int]":
    """Return the land of collectives and households that comes into use in each year.

    Treatment off site from its start, generation land from its building; land treated under
    panels lies inside generation land.
    """
    kinds = sources.parcels.set_index("parcel_id")
    village = holder_kinds(kinds).isin(VILLAGE)
    rows = sources.treatments
    off_site = rows[(rows["place"] != "on_site") & rows["parcel_id"].map(village)]
    land = [off_site[["collective_id", "year", "area_centimu"]]]
    builds = sources.builds
    for key, own in sources.site_use.groupby(LAND, sort=True):
        built = builds[(builds["site_id"] == key[0]) & (builds["technology"] == key[1])]
        parts = split_whole(built["gross_centimu"], own["gross_centimu"])
        home = own["parcel_id"].map(kinds["collective_id"]).fillna("").to_numpy()
        held = own["parcel_id"].map(village).fillna(value=False).to_numpy(dtype=bool)
        land += [
            pd.DataFrame(
                {"collective_id": home[held], "year": year, "area_centimu": parts[k][held]}
            )
            for k, year in enumerate(built["year"])
        ]
    return pd.concat(land, ignore_index=True).groupby(KEYS)["area_centimu"].sum()


def _running(table: pd.DataFrame) -> pd.DataFrame:
    """Add what runs on from year to year: pooled land, cash advanced and its peak."""
    by = table["collective_id"]
    out = table["spent_cny"] - table["subsidy_cny"] - table["reimbursed_cny"]
    advanced = out.groupby(by).cumsum()
    return table.assign(
        pooled_centimu=table.groupby("collective_id")["pooled_centimu"].cumsum(),
        advanced_cny=advanced,
        peak_cny=advanced.clip(lower=0).groupby(by).cummax(),
    )


def _later_as_one(table: pd.DataFrame, last_year: int, final: int) -> pd.DataFrame:
    """Add up the years after the plan; what runs on takes its last value."""
    run_on = ["pooled_centimu", "advanced_cny", "peak_cny"]
    later = table["year"] > last_year
    summed = table[later].groupby("collective_id", sort=True)
    once = summed.sum().reset_index()
    once[run_on] = summed[run_on].last().to_numpy()
    once = once.assign(year=last_year + 1, until_year=final)
    within = table[~later].assign(until_year=table["year"])
    both = pd.concat([within, once], ignore_index=True)
    return both.sort_values(KEYS, kind="stable", ignore_index=True)


def party_accounts(transfers: pd.DataFrame, *, last_year: int) -> pd.DataFrame:
    """Return what each party receives and pays by year; contract ``accounts``.

    Examples
    --------
    >>> from sandgrid.tables import empty_table
    >>> len(party_accounts(empty_table("transfers"), last_year=2030))
    0

    """
    final = max([int(y) for y in transfers["year"]] + [last_year + 1])
    year = transfers["year"].clip(upper=last_year + 1)
    sides = []
    for side, name in (("payee", "received_cny"), ("payer", "paid_cny")):
        keys = [transfers[f"{side}_kind"], transfers[side], year]
        found = transfers["amount_cny"].groupby(keys).sum()
        sides.append(found.rename_axis(["party_kind", "party", "year"]).rename(name))
    table = pd.concat(sides, axis=1).fillna(0).astype("int64").sort_index().reset_index()
    table["net_cny"] = table["received_cny"] - table["paid_cny"]
    table["until_year"] = table["year"].where(table["year"] <= last_year, final)
    return conform_table(table, "accounts")


def close_items(transfers: pd.DataFrame, cash: pd.DataFrame) -> pd.DataFrame:
    """Set the plan's cash flow beside the sum over all parties; contract ``closing``.

    Parameters
    ----------
    transfers : DataFrame
        Contract ``transfers``.
    cash : DataFrame
        item, year, amount_cny of the plan.

    Examples
    --------
    >>> from sandgrid.tables import empty_table
    >>> cash = pd.DataFrame({"item": ["lease"], "year": [2025], "amount_cny": [7]})
    >>> close_items(empty_table("transfers"), cash).to_numpy().tolist()
    [['lease', 2025, 7, 0]]

    """
    keys = ["plan_item", "year"]
    planned = cash.rename(columns={"item": "plan_item"}).groupby(keys)["amount_cny"].sum()
    own = transfers[transfers["plan_item"] != ""].groupby(keys)["amount_cny"].sum()
    table = pd.concat([planned.rename("plan_cny"), own.rename("parties_cny")], axis=1)
    return conform_table(table.fillna(0).astype("int64").sort_index().reset_index(), "closing")


def gini(values: npt.ArrayLike) -> float:
    """Return the Gini coefficient of incomes; NaN where nobody earns anything.

    Parameters
    ----------
    values : array of float
        Incomes, none below zero.

    Notes
    -----
    G = sum_i (2 i - n - 1) x_i / (n sum x), x sorted; 0 if all earn alike, (n - 1) / n if one earns
    everything.

    Examples
    --------
    >>> gini([5, 5, 5]), gini([0, 0, 0, 8]), gini([0, 1, 2, 3])
    (0.0, 0.75, 0.4166666666666667)

    """
    x = np.sort(np.asarray(values, dtype=np.float64))
    if not x.sum():
        return float("nan")
    n = len(x)
    ranks = 2 * np.arange(1, n + 1) - n - 1
    return float((ranks * x).sum() / (n * x.sum()))
