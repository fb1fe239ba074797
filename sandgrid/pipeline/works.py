"""Finished works: what counts before the plan begins."""

from dataclasses import replace
from datetime import date

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from sandgrid.errors import InputError
from sandgrid.layers.stack import Layers
from sandgrid.plan.cutting import only_polygons
from sandgrid.tables import conform_table
from sandgrid.units import CENTIMU_PER_MU


def finished_works(layers: Layers, as_of: date) -> gpd.GeoDataFrame:
    """Return the works finished by a day inside the area.

    Parameters
    ----------
    layers : Layers
        The area, and the layer ``works`` if there is one.
    as_of : date
        Works up to this day count as finished; later ones are left to the plan.

    Returns
    -------
    GeoDataFrame
        Contract ``works``, by id, analysis CRS.

    Raises
    ------
    InputError
        If a date is no date, or an area is negative.

    """
    frame = layers.vectors.get("works")
    if frame is None:
        empty: dict[str, list[str]] = {
            name: [] for name in ("work_id", "measure", "date", "area_mu", "accepted")
        }
        frame = gpd.GeoDataFrame(
            {**empty, "dune_class": [], "district_id": []}, geometry=[], crs=layers.area.crs
        )
    done = _dates(frame) <= pd.Timestamp(as_of)
    inside = frame.representative_point().intersects(layers.area.union_all())
    kept = frame[done & inside].sort_values("work_id", kind="stable", ignore_index=True)
    if (kept["area_mu"].astype("float64") < 0).any():
        first = kept.loc[kept["area_mu"].astype("float64") < 0, "work_id"].iloc[0]
        raise InputError("works-negative", {"work": first})
    table = kept[["work_id", "date", "dune_class", "geometry"]].assign(
        sequence_id=kept["measure"],
        area_centimu=np.rint(kept["area_mu"].astype("float64") * CENTIMU_PER_MU).astype("int64"),
        count_year=_dates(kept).dt.year,
        accepted=kept["accepted"].astype("int64").astype("bool"),
        district_id=_districts(kept, layers.area),
    )
    return conform_table(table, "works")


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


def _districts(works: gpd.GeoDataFrame, area: gpd.GeoDataFrame) -> "pd.Series[str]":
    """Return the district around a point inside each work; a layer's own code may be another's."""
    points = gpd.GeoDataFrame(geometry=works.representative_point(), crs=works.crs)
    joined = points.sjoin(area[["district_id", "geometry"]], how="left")
    first: pd.Series[str] = joined["district_id"].groupby(level=0, sort=True).first()
    return first
