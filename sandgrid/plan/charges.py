"""What each parcel carries: land, capacity, lease and treatment, in integers that add up."""

from collections.abc import Iterator

import numpy as np
import pandas as pd

from sandgrid.plan.drawing import Drawing
from sandgrid.plan.quantise import largest_remainder
from sandgrid.tables import column_names, conform_table

SITE = ["site_id", "technology"]


def charge_parcels(
    drawing: Drawing, builds: pd.DataFrame, treatments: pd.DataFrame, costs: pd.DataFrame
) -> pd.DataFrame:
    """Charge each parcel the land, capacity, lease and on-site treatment that lie on it.

    Parameters
    ----------
    drawing : Drawing
        Land of each unit on each parcel.
    builds, treatments, costs : DataFrame
        Contracts of the same names.

    Returns
    -------
    DataFrame
        Contract ``site_use``; land and lease add up to those of the builds, on-site treatment to
        that of the treatments.

    """
    keys = [*SITE, "parcel_id"]
    land = drawing.use.groupby(keys, sort=True)["area_m2"].sum().reset_index()
    weight = drawing.use.assign(kw_m2=_weights(drawing.use))
    land["kw"] = weight.groupby(keys, sort=True)["kw_m2"].sum().to_numpy()
    wanted = _wanted(builds, costs)
    inside = treatments[treatments["place"] == "on_site"]
    on_site = inside.groupby(["site_id", "parcel_id"])["area_centimu"].sum()
    parts = list(_shared(land, wanted))
    table = (
        pd.concat(parts, ignore_index=True)
        if parts
        else pd.DataFrame(columns=column_names("site_use"))
    )
    places = pd.MultiIndex.from_frame(table[["site_id", "parcel_id"]])
    found = on_site.reindex(places).fillna(0).to_numpy("float64")
    table["on_site_centimu"] = np.where(table["technology"] == "pv", found, 0).astype("int64")
    return conform_table(table[column_names("site_use")], "site_use")


def _weights(use: pd.DataFrame) -> pd.Series:
    """Return the capacity of a unit shared over its parcels by area [kW]."""
    whole = use.groupby("unit_id")["area_m2"].transform("sum")
    return use["capacity_kw"] * use["area_m2"] / whole


def _wanted(builds: pd.DataFrame, costs: pd.DataFrame) -> pd.DataFrame:
    lease = costs[costs["item"] == "lease"].groupby("row_id")["present_cny"].sum()
    owed = builds["build_id"].map(lease).fillna(0).astype("int64")
    return (
        builds.assign(lease_cny=owed)
        .groupby(SITE)[["gross_centimu", "capacity_kw", "lease_cny"]]
        .sum()
    )


def _shared(land: pd.DataFrame, wanted: pd.DataFrame) -> Iterator[pd.DataFrame]:
    for key, rows in land.groupby(SITE, sort=True):
        whole = rows["area_m2"] / rows["area_m2"].sum()
        total = wanted.loc[[key]].iloc[0]
        gross, kw, lease = (int(total[n]) for n in ("gross_centimu", "capacity_kw", "lease_cny"))
        yield rows[[*SITE, "parcel_id"]].assign(
            gross_centimu=largest_remainder(whole * gross, gross),
            capacity_kw=largest_remainder(rows["kw"] / rows["kw"].sum() * kw, kw),
            lease_cny=largest_remainder(whole * lease, lease),
        )


def use_of_parcels(
    site_use: pd.DataFrame, treatments: pd.DataFrame, drawing: Drawing
) -> pd.DataFrame:
    """Return what map, ledger and sheets show for each parcel that the plan uses.

    Parameters
    ----------
    site_use, treatments : DataFrame
        Contracts of the same names.
    drawing : Drawing
        First year of each unit.

    Returns
    -------
    DataFrame
        Contract ``parcel_use``.

    """
    ids = sorted((set(site_use["parcel_id"]) | set(treatments["parcel_id"])) - {""})
    table = pd.DataFrame({"parcel_id": pd.Series(ids, dtype="str")}).set_index("parcel_id")
    treated = treatments.groupby("parcel_id")
    charged = site_use.groupby("parcel_id")
    for technology in ("pv", "wind"):
        kw = site_use[site_use["technology"] == technology].groupby("parcel_id")["capacity_kw"]
        table[f"{technology}_kw"] = kw.sum()
    table["gross_centimu"] = charged["gross_centimu"].sum()
    table["lease_cny"] = charged["lease_cny"].sum()
    table["on_site_centimu"] = charged["on_site_centimu"].sum()
    table["treated_centimu"] = treated["area_centimu"].sum()
    table["treatment_cny"] = treated["cost_cny"].sum()
    table["person_days"] = treated["person_days"].sum()
    table["straw_t"] = treated["straw_t"].sum()
    table["count_year"] = treated["count_year"].max()
    built = drawing.use.groupby("parcel_id")["year"].min()
    table["first_year"] = pd.concat([built, treated["year"].min()], axis=1).min(axis=1)
    table = table.fillna(0)
    named = treated["sequence_id"].agg(lambda ids: "+".join(sorted(set(ids))))
    table["sequences"] = named.reindex(table.index).fillna("")
    table["kind"] = _kinds(table)
    return conform_table(table.reset_index(), "parcel_use")


def _kinds(table: pd.DataFrame) -> list[str]:
    flags = table["gross_centimu"] > 0, table["pv_kw"] > 0, table["wind_kw"] > 0
    rows = zip(*flags, table["treated_centimu"] > 0, strict=True)
    return [
        _kind(bool(used), (bool(pv), bool(wind)), treated=bool(t)) for used, pv, wind, t in rows
    ]


def _kind(used: bool, technologies: tuple[bool, bool], *, treated: bool) -> str:  # noqa: FBT001
    parts = [name for name, here in zip(("pv", "wind"), technologies, strict=True) if here]
    power = "hybrid" if len(parts) > 1 else "".join(parts)
    words = [power] if power else (["pv"] if used else [])
    return "+".join([*words, *(["treatment"] if treated else [])])
