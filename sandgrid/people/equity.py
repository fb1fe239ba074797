"""What villages gain per district and over the programme, and how evenly."""

import pandas as pd

from sandgrid.people.statements import gini
from sandgrid.tables import conform_table

SUMS = ["person_days", "wages_cny", "lease_cny", "product_cny", "income_cny"]


def district_shares(
    statements: pd.DataFrame,
    transfers: pd.DataFrame,
    districts: pd.DataFrame,
    parcels: pd.DataFrame,
    *,
    least_wage_share: float,
) -> pd.DataFrame:
    """Return the sums of statements per district, and of the programme in the last row.

    Parameters
    ----------
    statements, transfers : DataFrame
        Contracts of the same names.
    districts : DataFrame
        district_id, district.
    parcels : DataFrame
        Contract ``parcels``: the collectives that there are.
    least_wage_share : float
        Least wages per CNY of central money (以工代赈) [1].

    Returns
    -------
    DataFrame
        Contract ``shares``; district_id is blank for the programme.

    """
    names = dict(zip(districts["district_id"], districts["district"], strict=True))
    rows = [
        _row(statements, transfers, parcels, district_id=key, name=name)
        for key, name in sorted(names.items())
    ]
    rows.append(_row(statements, transfers, parcels, district_id="", name=""))
    table = pd.DataFrame(rows)
    paid = table["subsidy_cny"].where(table["subsidy_cny"] > 0)
    table["wage_share"] = table["wages_cny"] / paid
    table["wage_share_met"] = ~(table["wage_share"] < least_wage_share)
    return conform_table(table, "shares")


def _row(
    statements: pd.DataFrame,
    transfers: pd.DataFrame,
    parcels: pd.DataFrame,
    *,
    district_id: str,
    name: str,
) -> dict[str, object]:
    own, paid, land = (
        frame if not district_id else frame[frame["district_id"] == district_id]
        for frame in (statements, transfers, parcels)
    )
    income = own.groupby("collective_id")["income_cny"].sum()
    there = sorted(set(land["collective_id"]) - {""} | set(income.index))
    lease = int(own["lease_cny"].sum() + own["household_lease_cny"].sum())
    return {
        "district_id": district_id,
        "district": name,
        "collectives": len(income),
        "pooled_centimu": int(own.groupby("collective_id")["pooled_centimu"].last().sum()),
        "subsidy_cny": int(paid.loc[paid["item"] == "subsidy", "amount_cny"].sum()),
        "peak_cny": int(own.groupby("year")["advanced_cny"].sum().max()) if len(own) else 0,
        **{k: own[k].sum() for k in SUMS},
        "lease_cny": lease,
        "gini": gini(income),
        "gini_all": gini(income.reindex(there).fillna(0)),
    }


def closes(closing: pd.DataFrame) -> bool:
    """Return whether parties hand over the plan's amount for every item and year."""
    return bool((closing["parties_cny"] == closing["plan_cny"]).all())
