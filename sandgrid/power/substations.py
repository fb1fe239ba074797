"""Substations and what is free at them, from the user's layer."""

from collections.abc import Sequence
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd

from sandgrid.errors import InputError
from sandgrid.tables import column_names, conform_table, require_unique


@dataclass(frozen=True)
class SubstationTables:
    """Substations, and what is free at each in each year.

    Parameters
    ----------
    substations : DataFrame
        Contract ``substations``.
    years : DataFrame
        Contract ``substation_years``.

    """

    substations: pd.DataFrame
    years: pd.DataFrame


def read_substations(
    layer: gpd.GeoDataFrame, districts: gpd.GeoDataFrame, years: Sequence[int]
) -> SubstationTables:
    """Return the substations of a layer as tables.

    Parameters
    ----------
    layer : GeoDataFrame
        Points with the columns of the role ``substations``, analysis CRS.
    districts : GeoDataFrame
        district_id, district and polygons, same CRS; a substation outside gets the district "".
    years : sequence of int
        Years of the plan; the layer must hold headroom_mw_YEAR and free_bays_YEAR for each.

    Raises
    ------
    InputError
        If an id stands twice, two substations share a place and voltage, a year is missing, or
        no substation has any headroom.

    """
    require_unique(layer, ["substation_id"], "substations")
    ordered = layer.sort_values("substation_id", kind="stable", ignore_index=True)
    _refuse_twins(ordered)
    by_year = _years(ordered, years)
    if not (by_year["headroom_mw"] > 0).any():
        names = ", ".join(ordered["name"].astype("str"))
        values = {"years": f"{years[0]}-{years[-1]}", "names": names}
        raise InputError("power-no-headroom", values)
    return SubstationTables(_places(ordered, districts), by_year)


def _refuse_twins(layer: gpd.GeoDataFrame) -> None:
    place = pd.DataFrame(
        {"x": layer.geometry.x, "y": layer.geometry.y, "kv": layer["voltage_kv"]}
    ).round(0)
    twins = place.duplicated(keep=False)
    if twins.any():
        names = ", ".join(layer.loc[twins, "name"].astype("str"))
        raise InputError("power-twin-substations", {"names": names})


def _places(layer: gpd.GeoDataFrame, districts: gpd.GeoDataFrame) -> pd.DataFrame:
    degrees = layer.geometry.to_crs("EPSG:4490")
    named = districts[["district_id", "district", "geometry"]]
    within = layer[["geometry"]].sjoin(named, how="left")
    district = within.groupby(level=0, sort=True)[["district_id", "district"]].first().fillna("")
    table = pd.DataFrame(layer.drop(columns="geometry")).assign(
        substation=layer["name"].astype("str"),
        district_id=district["district_id"].astype("str"),
        district=district["district"].astype("str"),
        x_m=layer.geometry.x,
        y_m=layer.geometry.y,
        lon_deg=np.round(degrees.x, 7),
        lat_deg=np.round(degrees.y, 7),
    )
    return conform_table(table[column_names("substations")], "substations")


def _years(layer: gpd.GeoDataFrame, years: Sequence[int]) -> pd.DataFrame:
    needed = [f"{stem}_{year}" for year in years for stem in ("headroom_mw", "free_bays")]
    missing = [name for name in needed if name not in layer.columns]
    if missing:
        raise InputError(
            "table-missing-columns", {"table": "substations", "columns": ", ".join(missing)}
        )
    parts = [
        pd.DataFrame(
            {
                "substation_id": layer["substation_id"],
                "year": year,
                "headroom_mw": layer[f"headroom_mw_{year}"].astype("float64"),
                "free_bays": layer[f"free_bays_{year}"].astype("int64"),
            }
        )
        for year in years
    ]
    table = pd.concat(parts).sort_values(["substation_id", "year"], kind="stable")
    return conform_table(table.reset_index(drop=True), "substation_years")


def most_headroom_mw(stations: SubstationTables) -> "pd.Series[float]":
    """Return the most that each substation could take in any year, by its id [MW].

    Headroom of the year, with the reinforcement where it can stand by then.
    """
    table = stations.years.merge(stations.substations, on="substation_id", validate="m:1")
    possible = (table["reinforcement_year"] > 0) & (table["year"] >= table["reinforcement_year"])
    total = table["headroom_mw"] + table["reinforcement_mw"].where(possible, 0.0)
    return total.groupby(table["substation_id"]).max()
