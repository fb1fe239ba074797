"""Finished works: what counts before the plan begins."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Final, cast

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from sandgrid.errors import InputError
from sandgrid.layers.notices import Report, SandGridWarning, warn
from sandgrid.layers.stack import Layers
from sandgrid.layers.works_tables import read_works_table
from sandgrid.params import Parameters
from sandgrid.people.judging import judge_works
from sandgrid.people.tabled import land_of_rows
from sandgrid.plan.cutting import only_polygons
from sandgrid.tables import conform_table

SHOWN: Final = 5


@dataclass(frozen=True, eq=False)
class FinishedWorks:
    """What counts before the plan begins.

    Parameters
    ----------
    works : GeoDataFrame
        Contract ``works``, by id, analysis CRS.
    issues : DataFrame
        Contract ``works_issues``: contradictions, each counted by the rules.

    """

    works: gpd.GeoDataFrame
    issues: pd.DataFrame


def finished_works(
    layers: Layers,
    as_of: date,
    parameters: Parameters,
    *,
    rows: pd.DataFrame | None = None,
    report: Report = warn,
) -> FinishedWorks:
    """Return the works finished by a day inside the area.

    Parameters
    ----------
    layers : Layers
        The area, and the layers ``works``, ``inventory`` and ``villages`` as far as there are.
    as_of : date
        Works up to this day count as finished; later ones are listed and left to the plan.
    parameters : Parameters
        ``progress.*``.
    rows : DataFrame, optional
        Works of tables, of :func:`read_works_tables`.
    report : callable
        Told how many works contradict themselves or others.

    Raises
    ------
    InputError
        If a date is no date, an area is negative, an id stands twice, or a parcel or measure of
        a table is not known.

    """
    frame, beyond = _together(layers, rows, parameters)
    _require_sense(frame)
    judged = judge_works(frame, layers.area, parameters, as_of=as_of)
    kept = judged.works
    issues = pd.concat([judged.issues, beyond], ignore_index=True) if len(beyond) else judged.issues
    table = kept[["work_id", "date", "dune_class", "area_centimu", "geometry"]].assign(
        sequence_id=kept["measure"],
        count_year=_dates(kept).dt.year,
        accepted=kept["accepted"].astype("int64").astype("bool"),
        district_id=_around(kept, layers.area, "district_id"),
        collective=_collectives(kept, layers),
    )
    _tell(issues, report)
    _tell_power(rows, report)
    return FinishedWorks(conform_table(table, "works"), conform_table(issues, "works_issues"))


def read_works_tables(paths: Iterable[Path]) -> pd.DataFrame:
    """Read every table of works; an id that stands in two of them is an error.

    Raises
    ------
    InputError
        As :func:`sandgrid.layers.works_tables.read_works_table`.

    """
    parts = [read_works_table(path).assign(file=path.name) for path in paths]
    table = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame()
    if len(table) and table["work_id"].duplicated().any():
        first = table[table["work_id"].duplicated()].iloc[0]
        raise InputError("works-table-id-twice", {"file": first["file"], "work": first["work_id"]})
    return table


def _together(
    layers: Layers, rows: pd.DataFrame | None, parameters: Parameters
) -> tuple[gpd.GeoDataFrame, pd.DataFrame]:
    """Return the works of the layer and of tables in one frame, and what exceeds its parcel."""
    frame = layers.vectors.get("works")
    if frame is None:
        empty: dict[str, list[str]] = {
            name: [] for name in ("work_id", "measure", "date", "area_mu", "accepted")
        }
        frame = gpd.GeoDataFrame({**empty, "dune_class": []}, geometry=[], crs=layers.area.crs)
    land = pd.DataFrame() if rows is None or rows.empty else rows[rows["area_mu"].notna()]
    if land.empty:
        return frame, pd.DataFrame()
    drawn, beyond = land_of_rows(land, layers.vector("inventory"), parameters)
    twice = sorted(set(frame["work_id"]) & set(drawn["work_id"]))
    if twice:
        raise InputError("works-table-id-twice", {"file": "works", "work": twice[0]})
    return cast("gpd.GeoDataFrame", pd.concat([frame, drawn], ignore_index=True)), beyond


def _require_sense(frame: gpd.GeoDataFrame) -> None:
    _dates(frame)
    negative = frame["area_mu"].astype("float64") < 0
    if negative.any():
        raise InputError("works-negative", {"work": frame.loc[negative, "work_id"].iloc[0]})


def _tell(issues: pd.DataFrame, report: Report) -> None:
    """Tell each kind of issue once, with its first works; works of other areas are no news."""
    for issue, own in issues[issues["issue"] != "elsewhere"].groupby("issue", sort=True):
        ids = own["work_id"].tolist()
        shown = ", ".join(ids[:SHOWN]) + (" …" if len(ids) > SHOWN else "")
        report(SandGridWarning(f"works-issue-{issue}", {"count": len(ids), "works": shown}))


def _tell_power(rows: pd.DataFrame | None, report: Report) -> None:
    """Tell what is connected: the plan's targets mean what is still to be built."""
    mw = 0.0 if rows is None or rows.empty else float(rows["mw"].sum())
    if mw:
        report(SandGridWarning("works-power", {"mw": f"{mw:,.1f}"}))


def _collectives(works: gpd.GeoDataFrame, layers: Layers) -> "pd.Series[str]":
    villages = layers.vectors.get("villages")
    if villages is None or "collective" not in villages:
        return pd.Series("", index=works.index, dtype="str")
    return _around(works, villages, "collective").fillna("")


def without_works(layers: Layers, works: gpd.GeoDataFrame) -> Layers:
    """Return the layers with the land of finished works taken out of the sand inventory.

    A rule judges whole cells by their centre; land beside a work would else be treated again up
    to half a cell inside it.

    Parameters
    ----------
    layers : Layers
        With the layer ``inventory``; without one they are returned as they are.
    works : GeoDataFrame
        Finished works, analysis CRS.

    """
    inventory = layers.vectors.get("inventory")
    if inventory is None or works.empty:
        return layers
    done = works.geometry.to_numpy()
    shapes = inventory.geometry.to_numpy().copy()
    touched, _ = shapely.STRtree(done).query(shapes, predicate="intersects")
    for row in np.unique(touched):
        near = done[shapely.intersects(done, shapes[row])]
        shapes[row] = only_polygons(shapely.difference(shapes[row], shapely.union_all(near)))
    kept = inventory.set_geometry(gpd.GeoSeries(shapes, index=inventory.index, crs=inventory.crs))
    rest = kept[~shapely.is_empty(shapes)].reset_index(drop=True)
    return replace(layers, vectors={**layers.vectors, "inventory": rest})


def _dates(frame: gpd.GeoDataFrame) -> "pd.Series[pd.Timestamp]":
    dates: pd.Series[pd.Timestamp] = pd.to_datetime(
        frame["date"], format="%Y-%m-%d", errors="coerce"
    )
    if dates.isna().any():
        row = frame[dates.isna()].iloc[0]
        raise InputError("works-no-date", {"work": row["work_id"], "date": row["date"]})
    return dates


def _around(works: gpd.GeoDataFrame, polygons: gpd.GeoDataFrame, column: str) -> "pd.Series[str]":
    """Return what lies around a point inside each work; a layer's own code may be another's."""
    points = gpd.GeoDataFrame(geometry=works.representative_point(), crs=works.crs)
    joined = points.sjoin(polygons[[column, "geometry"]], how="left")
    first: pd.Series[str] = joined[column].groupby(level=0, sort=True).first()
    return first
