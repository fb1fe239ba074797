"""Works judged before they count: what contradicts itself is listed, and nothing counts twice."""

from dataclasses import dataclass
from datetime import date
from typing import Final, cast

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from sandgrid.params import Parameters
from sandgrid.plan.cutting import only_polygons
from sandgrid.tables import conform_table, empty_table
from sandgrid.units import CENTIMU_PER_MU, MU_M2

M2_PER_CENTIMU: Final = float(MU_M2) / CENTIMU_PER_MU
Geometries = npt.NDArray[np.object_]


@dataclass(frozen=True, eq=False)
class Judged:
    """Works that count, and what is wrong with any of them.

    Parameters
    ----------
    works : GeoDataFrame
        The works that count, with ``area_centimu`` and the land that is left to each.
    issues : DataFrame
        Contract ``works_issues``.

    """

    works: gpd.GeoDataFrame
    issues: pd.DataFrame


def judge_works(
    works: gpd.GeoDataFrame, area: gpd.GeoDataFrame, parameters: Parameters, *, as_of: date
) -> Judged:
    """Judge works by date, place, size and overlap.

    Parameters
    ----------
    works : GeoDataFrame
        work_id, date (YYYY-MM-DD), area_mu and polygons.
    area : GeoDataFrame
        Districts of the planned area, in the same CRS.
    parameters : Parameters
        ``progress.*``.
    as_of : date
        Works up to this day count.

    Returns
    -------
    Judged
        A work dated later (``future``) or outside of the area (``elsewhere``) does not count; of
        one that states more land than its polygon has (``larger``), the polygon counts; land
        that an earlier work holds counts with that one alone (``twice``). Listed, but counted as
        stated: works partly ``outside``, ``smaller`` than their polygon, or ``early``.

    """
    table = works.assign(
        stated_centimu=np.rint(works["area_mu"].astype("float64") * CENTIMU_PER_MU).astype("int64")
    )
    issues: list[pd.DataFrame] = []
    future = pd.to_datetime(table["date"]) > pd.Timestamp(as_of)
    issues.append(_listed(table[future], "future", 0))
    table, beside = _inside(table[~future], area)
    issues += beside
    table, larger = _sized(table, parameters)
    issues += larger
    table, twice = _once(table, parameters)
    issues.append(twice)
    issues.append(_early(table, parameters))
    kept = table[table["area_centimu"] > 0]
    kept = kept.sort_values("work_id", kind="stable", ignore_index=True)
    found = pd.concat([part for part in issues if len(part)] or [empty_table("works_issues")])
    found = found.sort_values(["work_id", "issue"], kind="stable", ignore_index=True)
    return Judged(
        cast("gpd.GeoDataFrame", kept.drop(columns="stated_centimu")),
        conform_table(found, "works_issues"),
    )


def _listed(
    rows: pd.DataFrame, issue: str, counted: "int | pd.Series[int]", other: str | list[str] = ""
) -> pd.DataFrame:
    return pd.DataFrame(rows)[["work_id", "date", "stated_centimu"]].assign(
        issue=issue, counted_centimu=counted, other=other
    )


def _inside(
    table: gpd.GeoDataFrame, area: gpd.GeoDataFrame
) -> tuple[gpd.GeoDataFrame, list[pd.DataFrame]]:
    """Keep works with a point of theirs in the area; list those beside and across its edge."""
    whole = area.union_all()
    there = table.representative_point().intersects(whole)
    across = there & ~table.geometry.covered_by(whole.buffer(1.0))
    inside = table[there]
    return inside, [
        _listed(table[~there], "elsewhere", 0),
        _listed(table[across], "outside", table.loc[across, "stated_centimu"]),
    ]


def _sized(
    table: gpd.GeoDataFrame, parameters: Parameters
) -> tuple[gpd.GeoDataFrame, list[pd.DataFrame]]:
    """Count no more than the polygon of a work holds."""
    drawn = np.rint(shapely.area(table.geometry.to_numpy()) / M2_PER_CENTIMU).astype("int64")
    drawn_centimu = pd.Series(drawn, index=table.index)
    slack = np.maximum(drawn * parameters.number("progress.area_tolerance"), 1)
    stated = table["stated_centimu"]
    larger, smaller = stated > drawn + slack, stated < drawn - slack
    counted = stated.where(~larger, drawn_centimu)
    return table.assign(area_centimu=counted), [
        _listed(table[larger], "larger", drawn_centimu[larger]),
        _listed(table[smaller], "smaller", stated[smaller]),
    ]


def _once(table: gpd.GeoDataFrame, parameters: Parameters) -> tuple[gpd.GeoDataFrame, pd.DataFrame]:
    """Take from each work the land that an earlier one holds; the earlier date, then id, first."""
    ordered = table.sort_values(["date", "work_id"], kind="stable", ignore_index=True)
    shapes: Geometries = ordered.geometry.to_numpy().copy()
    counted = ordered["area_centimu"].to_numpy().copy()
    others: dict[int, str] = {}
    ids = ordered["work_id"].tolist()
    least = parameters.number("progress.overlap_m2")
    for later, earlier in _overlaps(shapes, least):
        rest = only_polygons(shapely.difference(shapes[later], shapely.union_all(shapes[earlier])))
        lost = shapely.area(shapes[later]) - rest.area
        if lost <= least:
            continue
        shapes[later] = rest
        counted[later] = min(int(counted[later]), int(rest.area / M2_PER_CENTIMU))
        others[later] = "+".join(ids[k] for k in earlier)
    result = ordered.assign(area_centimu=counted).set_geometry(
        gpd.GeoSeries(shapes, index=ordered.index, crs=ordered.crs)
    )
    rows = sorted(others)
    listed = result.iloc[rows]
    names = [others[k] for k in rows]
    return result, _listed(listed, "twice", listed["area_centimu"], other=names)


def _overlaps(shapes: Geometries, least_m2: float) -> list[tuple[int, list[int]]]:
    """Return for each shape the earlier ones that it overlaps, in order."""
    left, right = shapely.STRtree(shapes).query(shapes, predicate="intersects")
    later, earlier = left[left > right], right[left > right]
    common = shapely.area(shapely.intersection(shapes[later], shapes[earlier]))
    found: dict[int, list[int]] = {}
    for a, b in sorted(zip(later[common > least_m2], earlier[common > least_m2], strict=True)):
        found.setdefault(int(a), []).append(int(b))
    return sorted(found.items())


def _early(table: pd.DataFrame, parameters: Parameters) -> pd.DataFrame:
    """List works before the first day of the programme, where that day is known."""
    start = parameters["progress.start_date"].value
    if start is None:
        return _listed(table.head(0), "early", 0)
    early = table[table["date"] < parameters.text("progress.start_date")]
    return _listed(early, "early", early["area_centimu"])
