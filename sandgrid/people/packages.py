"""Work packages (标段): adjacent land, one implementer, one year and season, one crew's work."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from math import ceil
from typing import Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from sandgrid.params import Parameters
from sandgrid.people.grouping import group_pieces, neighbours
from sandgrid.tables import conform_table, empty_table
from sandgrid.treatment.catalogue import SEASONS, season_months

GROUP: Final = ["district_id", "implementer_kind", "implementer", "year", "season"]
DIGITS: Final = 6
SHARE: Final = "share_"
COVER: Final = "treatment.target_cover_"


@dataclass(frozen=True, eq=False)
class Packages:
    """The packages of a plan.

    Parameters
    ----------
    packages : GeoDataFrame
        Contract ``packages``, with the land of each.
    parts : DataFrame
        Contract ``package_parts``: each step of each treatment is in exactly one package.

    """

    packages: gpd.GeoDataFrame
    parts: pd.DataFrame


def form_packages(
    steps: pd.DataFrame,
    treatments: gpd.GeoDataFrame,
    parcels: pd.DataFrame,
    parameters: Parameters,
    *,
    as_of: date,
    responsible: Mapping[str, str],
) -> Packages:
    """Put the steps of a plan into work packages.

    Parameters
    ----------
    steps : DataFrame
        Of :func:`sandgrid.people.steps.list_steps`.
    treatments : GeoDataFrame
        Contract ``treatments``.
    parcels : DataFrame
        parcel_id, rain_mm.
    parameters : Parameters
        ``package.*``, ``treatment.season_months.*``, ``treatment.target_cover_*``.
    as_of : date
        Work starts after this day.
    responsible : mapping
        Implementer -> name of the responsible person.

    """
    if steps.empty:
        frame = gpd.GeoDataFrame(empty_table("packages"), geometry=[], crs=treatments.crs)
        return Packages(frame, empty_table("package_parts"))
    shapes = dict(zip(treatments["treatment_id"], treatments.geometry, strict=True))
    judged = _judged(_shared(steps, parameters), parcels, parameters)
    numbered = _numbered(judged, shapes, parameters)
    table = _summed(numbered)
    table["responsible"] = [responsible.get(name, "") for name in table["implementer"]]
    for name, values in _dates(table, parameters, as_of).items():
        table[name] = values
    pieces = numbered.drop_duplicates(["package_id", "treatment_id"])
    land = [
        shapely.union_all([shapes[one] for one in sorted(own)])
        for _, own in pieces.groupby("package_id", sort=True)["treatment_id"]
    ]
    names = list(empty_table("packages").columns)
    frame = gpd.GeoDataFrame(table[names], geometry=land, crs=treatments.crs)
    return Packages(conform_table(frame, "packages"), _parts(numbered))


def _parts(numbered: pd.DataFrame) -> pd.DataFrame:
    order = ["package_id", "treatment_id", "measure", "repair"]
    parts = numbered.sort_values(order, kind="stable", ignore_index=True)
    shown = ("person_days", "straw_t", "seedlings")
    parts = parts.assign(**{name: parts[name].round(DIGITS) for name in shown})
    return conform_table(parts[list(empty_table("package_parts").columns)], "package_parts")


def _shared(steps: pd.DataFrame, parameters: Parameters) -> pd.DataFrame:
    """Return the steps with the share of a season that each takes of a crew and of its machine."""
    days = steps["season"].map(
        {season: parameters.number(f"package.working_days.{season}") for season in SEASONS}
    )
    crew = steps["person_days"] / (parameters.number("package.crew_persons") * days)
    machines = {
        f"{SHARE}{measure}": (steps["machine_days"] / days).where(steps["measure"] == measure, 0.0)
        for measure in sorted(set(steps.loc[steps["machine_days"] > 0, "measure"]))
    }
    return steps.assign(season_days=days, **{f"{SHARE}crew": crew, **machines})


def _judged(steps: pd.DataFrame, parcels: pd.DataFrame, parameters: Parameters) -> pd.DataFrame:
    """Return the steps with what is asked of each at acceptance, and after how many days."""
    rain = steps["parcel_id"].map(dict(zip(parcels["parcel_id"], parcels["rain_mm"], strict=True)))
    wet = rain >= parameters.number("package.survival.rain_mm")
    least = np.where(
        wet, parameters.number("package.survival.wet"), parameters.number("package.survival.dry")
    )
    wait = {role: parameters.number(f"package.acceptance_days.{role}")
            for role in parameters.below("package.acceptance_days")}  # fmt: skip
    cover = {kind: parameters.number(f"{COVER}{kind}") for kind in sorted(set(steps["dune_class"]))
             if f"{COVER}{kind}" in parameters}  # fmt: skip
    return steps.assign(
        survival_min=np.where(steps["role"] == "planting", least, np.nan),
        cover_min=steps["dune_class"].map(cover).astype("float64"),
        wait=steps["role"].map(wait),
    )


def _numbered(
    steps: pd.DataFrame, shapes: Mapping[str, shapely.Geometry], parameters: Parameters
) -> pd.DataFrame:
    """Return the steps with the package that each belongs to."""
    names = [name for name in steps.columns if str(name).startswith(SHARE)]
    pieces = steps.groupby([*GROUP, "treatment_id"], sort=True)[names].sum().reset_index()
    apart = parameters.number("package.adjacent_m")
    numbers = np.zeros(len(pieces), dtype=np.int64)
    count = 0
    for found in pieces.groupby(GROUP, sort=True).indices.values():
        rows = np.asarray(found, dtype=np.int64)
        land = np.array([shapes[one] for one in pieces["treatment_id"].iloc[rows]], dtype=object)
        loads = pieces[names].iloc[rows].to_numpy("float64")
        for group in group_pieces(neighbours(land, apart), loads):
            count += 1
            numbers[rows[group]] = count
    pieces["package_id"] = [f"L{number:05d}" for number in numbers]
    keys = [*GROUP, "treatment_id"]
    return steps.merge(pieces[[*keys, "package_id"]], on=keys, how="left", validate="m:1")


def _summed(numbered: pd.DataFrame) -> pd.DataFrame:
    """Return one row per package: land, days, crews, quantities, criteria."""
    by = numbered.groupby("package_id", sort=True)
    names = [name for name in numbered.columns if str(name).startswith(SHARE)]
    share = by[names].sum().max(axis=1)
    counted = numbered[numbered["counts"]].groupby("package_id")
    pieces = numbered.drop_duplicates(["package_id", "treatment_id"]).groupby("package_id")
    table = by[[*GROUP, "season_days"]].first()
    table["crews"] = np.maximum(np.ceil(share - 1e-9), 1).astype("int64")
    table["days"] = (share / table["crews"] * table["season_days"]).round(3)
    table["parcels"] = by["parcel_id"].nunique()
    table["measures"] = by["measure"].agg(lambda codes: "+".join(sorted(set(codes))))
    table["area_centimu"] = pieces["area_centimu"].sum()
    table["counted_centimu"] = counted["area_centimu"].sum()
    table["soil_t_per_year"] = counted["soil_t_per_year"].sum().round(DIGITS)
    for name in ("person_days", "straw_t", "seedlings"):
        table[name] = by[name].sum().round(DIGITS)
    table["cost_cny"] = by["cost_cny"].sum()
    table["survival_min"] = by["survival_min"].max()
    table["cover_min"] = by["cover_min"].min()
    table["wait"] = by["wait"].max()
    whole = table.fillna({"counted_centimu": 0, "soil_t_per_year": 0.0}).reset_index()
    return whole.astype({"counted_centimu": "int64"})


def _dates(table: pd.DataFrame, parameters: Parameters, as_of: date) -> dict[str, list[str]]:
    """Return start, end and acceptance: the season's days spread over its calendar."""
    months = season_months(parameters)
    found: dict[str, list[str]] = {"start_date": [], "end_date": [], "acceptance_date": []}
    columns = ["year", "season", "days", "season_days", "wait"]
    for year, season, days, most, wait in table[columns].to_numpy().tolist():
        start = max(date(year, min(months[season]), 1), as_of + timedelta(days=1))
        last = date(year, max(months[season]) + 1, 1) - timedelta(days=1)
        length = ceil(days / most * ((last - start).days + 1) - 1e-9)
        end = start + timedelta(days=max(length, 1) - 1)
        accepted = end + timedelta(days=int(wait))
        for name, day in zip(found, (start, end, accepted), strict=True):
            found[name].append(day.isoformat())
    return found
