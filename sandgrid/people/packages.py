"""Work packages (标段): adjacent land, one implementer, one year and season, one crew's work."""

from collections.abc import Iterator, Mapping
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
from sandgrid.treatment.catalogue import season_months

GROUP: Final = ["district_id", "implementer_kind", "implementer", "year", "season"]
DIGITS: Final = 6


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
    numbered = _numbered(steps, shapes, parameters)
    rain = dict(zip(parcels["parcel_id"], parcels["rain_mm"], strict=True))
    rows = [
        _package(own, parameters, rain, as_of=as_of)
        for _, own in numbered.groupby("package_id", sort=True)
    ]
    table = pd.DataFrame(rows)
    table["responsible"] = [responsible.get(name, "") for name in table["implementer"]]
    land = [
        shapely.union_all([shapes[one] for one in sorted(set(own["treatment_id"]))])
        for _, own in numbered.groupby("package_id", sort=True)
    ]
    frame = gpd.GeoDataFrame(table, geometry=land, crs=treatments.crs)
    order = ["package_id", "treatment_id", "measure", "repair"]
    parts = numbered.sort_values(order, kind="stable", ignore_index=True)
    shown = ("person_days", "straw_t", "seedlings")
    parts = parts.assign(**{name: parts[name].round(DIGITS) for name in shown})
    names = list(empty_table("package_parts").columns)
    return Packages(conform_table(frame, "packages"), conform_table(parts[names], "package_parts"))


def _numbered(
    steps: pd.DataFrame, shapes: Mapping[str, shapely.Geometry], parameters: Parameters
) -> pd.DataFrame:
    """Return the steps with the package that each belongs to."""
    parts, count = [], 0
    for _, own in steps.groupby(GROUP, sort=True):
        ids = sorted(set(own["treatment_id"]))
        near = neighbours(
            np.array([shapes[one] for one in ids], dtype=object),
            parameters.number("package.adjacent_m"),
        )
        for group in group_pieces(near, _loads(own, ids, parameters)):
            count += 1
            chosen = own[own["treatment_id"].isin([ids[k] for k in group])]
            parts.append(chosen.assign(package_id=f"L{count:05d}"))
    return pd.concat(parts, ignore_index=True)


def _loads(own: pd.DataFrame, ids: list[str], parameters: Parameters) -> np.ndarray:
    """Return the share of a season that each piece takes of a crew and of each machine."""
    season = str(own["season"].iloc[0])
    days = parameters.number(f"package.working_days.{season}")
    crew = parameters.number("package.crew_persons") * days
    columns = [own.groupby("treatment_id")["person_days"].sum().reindex(ids) / crew]
    for machine, work in own.groupby("measure", sort=True)["machine_days"]:
        if work.sum() > 0:
            used = own[own["measure"] == machine].groupby("treatment_id")["machine_days"].sum()
            columns.append(used.reindex(ids).fillna(0) / days)
    return np.column_stack([column.to_numpy("float64") for column in columns])


def _package(
    own: pd.DataFrame, parameters: Parameters, rain: Mapping[str, float], *, as_of: date
) -> dict[str, object]:
    first = own.iloc[0]
    ids = sorted(set(own["treatment_id"]))
    share = float(_loads(own, ids, parameters).sum(axis=0).max())
    crews = max(ceil(share - 1e-9), 1)
    days = share / crews * parameters.number(f"package.working_days.{first['season']}")
    counted = own[own["counts"]]
    return {
        **{name: first[name] for name in ("package_id", *GROUP)},
        **_dates(own, days, parameters, as_of=as_of),
        "parcels": own["parcel_id"].nunique(),
        "measures": "+".join(sorted(set(own["measure"]))),
        "area_centimu": int(own.drop_duplicates("treatment_id")["area_centimu"].sum()),
        "counted_centimu": int(counted["area_centimu"].sum()),
        "crews": crews,
        "days": round(days, 3),
        "person_days": round(float(own["person_days"].sum()), DIGITS),
        "straw_t": round(float(own["straw_t"].sum()), DIGITS),
        "seedlings": round(float(own["seedlings"].sum()), 3),
        "cost_cny": int(own["cost_cny"].sum()),
        "soil_t_per_year": round(float(counted["soil_t_per_year"].sum()), DIGITS),
        "survival_min": _survival(own, parameters, rain),
        "cover_min": _cover(own, parameters),
    }


def _dates(
    own: pd.DataFrame, days: float, parameters: Parameters, *, as_of: date
) -> dict[str, object]:
    """Return start, end and acceptance: the season's days spread over its calendar."""
    year, season = int(own["year"].iloc[0]), str(own["season"].iloc[0])
    months = season_months(parameters)[season]
    start = max(date(year, min(months), 1), as_of + timedelta(days=1))
    last = date(year, max(months) + 1, 1) - timedelta(days=1)
    most = parameters.number(f"package.working_days.{season}")
    length = ceil(days / most * ((last - start).days + 1) - 1e-9)
    end = start + timedelta(days=max(length, 1) - 1)
    wait = max(parameters.number(f"package.acceptance_days.{r}") for r in sorted(set(own["role"])))
    return {
        "start_date": start.isoformat(),
        "end_date": end.isoformat(),
        "acceptance_date": (end + timedelta(days=int(wait))).isoformat(),
    }


def _survival(own: pd.DataFrame, parameters: Parameters, rain: Mapping[str, float]) -> float:
    """Return the least survival: the stricter one where any planted parcel has the rain for it."""
    planted = own[own["role"] == "planting"]["parcel_id"]
    if planted.empty:
        return float("nan")
    wet = any(rain[one] >= parameters.number("package.survival.rain_mm") for one in planted)
    return parameters.number("package.survival.wet" if wet else "package.survival.dry")


def _cover(own: pd.DataFrame, parameters: Parameters) -> float:
    found = list(_targets(own, parameters))
    return min(found) if found else float("nan")


def _targets(own: pd.DataFrame, parameters: Parameters) -> Iterator[float]:
    for kind in sorted(set(own["dune_class"])):
        key = f"treatment.target_cover_{kind}"
        if key in parameters:
            yield parameters.number(key)
