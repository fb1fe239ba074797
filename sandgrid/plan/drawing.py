"""From units to the ground: PV blocks, turbines and their pads, and the land that they leave."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import pyproj
import shapely
from shapely.geometry.base import BaseGeometry

from sandgrid.energy.layout import PAD_CORNERS, Lattice, pad_polygons
from sandgrid.errors import InputError
from sandgrid.parcels.cells import cell_shares, eligible_part, polygons_only
from sandgrid.plan.blocks import cut_blocks
from sandgrid.plan.cutting import only_polygons
from sandgrid.plan.inputs import Choices, Ground
from sandgrid.plan.quantise import whole_centimu
from sandgrid.plan.terms import Terms
from sandgrid.tables import column_names, conform_table
from sandgrid.units import CENTIMU_PER_HA, KW_PER_MW, M2_PER_HA

Geometries = npt.NDArray[np.object_]
LEAST_M2 = 1e-3
WHOLE_HA = 1e-6
OPTION = ["site_id", "technology", "hub_id"]


@dataclass(frozen=True, eq=False)
class Drawing:
    """Builds on the ground.

    Parameters
    ----------
    pv_blocks, turbines : GeoDataFrame
        Contracts of the same names.
    pads : GeoDataFrame
        turbine_id, site_id, year and the land of each turbine.
    use : DataFrame
        Land of each unit on each parcel: unit_id, site_id, technology, year, capacity_kw,
        parcel_id ("" where it lies on none), area_m2.
    off_site_land : GeoDataFrame
        parcel_id and the treatable land left of each parcel that a unit touches.
    on_site_land : GeoDataFrame
        parcel_id, site_id, deadline_year, land_centimu (under-panel share taken) and the
        treatable land inside PV blocks.
    land : DataFrame
        parcel_id, off_site_ha, on_site_ha of every parcel, whole hundredths of a mu.

    """

    pv_blocks: gpd.GeoDataFrame
    turbines: gpd.GeoDataFrame
    pads: gpd.GeoDataFrame
    use: pd.DataFrame
    off_site_land: gpd.GeoDataFrame
    on_site_land: gpd.GeoDataFrame
    land: pd.DataFrame


def draw_builds(builds: pd.DataFrame, ground: Ground, *, choices: Choices, terms: Terms) -> Drawing:
    """Draw what is built.

    Parameters
    ----------
    builds : DataFrame
        site_id, technology, hub_id, year, units.
    ground : Ground
        Parcels, sites, PV land and turbine positions.
    choices : Choices
        Build options (capacity and land of a unit) and hubs.
    terms : Terms
        Under-panel share and acceptance lag.

    Raises
    ------
    InputError
        If a build is no option, or its site lacks land or positions.

    """
    rows = with_options(builds, choices.build_options)
    turbines, pads = _draw_turbines(rows[rows["technology"] == "wind"], ground)
    blocks = _draw_blocks(rows[rows["technology"] == "pv"], ground, choices=choices, pads=pads)
    units = _units(blocks, turbines, pads)
    use = _use_of_parcels(units, ground.parcels)
    off_site, on_site = _land_left(units, use, ground=ground, terms=terms)
    return Drawing(
        pv_blocks=blocks,
        turbines=turbines,
        pads=pads,
        use=use,
        off_site_land=off_site,
        on_site_land=on_site,
        land=_land_table(ground.parcels, off_site, on_site),
    )


def with_options(builds: pd.DataFrame, options: pd.DataFrame) -> pd.DataFrame:
    """Return builds with the columns of their options, sorted by site, technology and year.

    Raises
    ------
    InputError
        If a build is no option.

    """
    rows = builds[[*OPTION, "year", "units"]].merge(
        options, on=OPTION, how="left", validate="m:1", indicator=True
    )
    lost = rows[rows["_merge"] != "both"]
    if len(lost):
        name = "-".join(lost.iloc[0][OPTION])
        raise InputError("plan-option-unknown", {"row": name, "table": "build_options"})
    return rows.drop(columns="_merge").sort_values(
        ["site_id", "technology", "year", "hub_id"], kind="stable", ignore_index=True
    )


def _draw_turbines(rows: pd.DataFrame, ground: Ground) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]:
    """Take the first positions of each site, earlier years first."""
    wanted = rows.loc[rows.index.repeat(rows["units"])]
    wanted = wanted.assign(rank=wanted.groupby("site_id").cumcount())
    places = ground.turbine_positions.sort_values("position_id", kind="stable")
    places = places.assign(rank=places.groupby("site_id").cumcount())
    places = pd.DataFrame(places[["site_id", "rank", "position_id", "parcel_id", "x_m", "y_m"]])
    chosen = wanted.merge(places, on=["site_id", "rank"], how="left", validate="1:1")
    _refuse_missing_positions(chosen, places)
    points = chosen[["x_m", "y_m"]].to_numpy("float64")
    area_m2 = chosen["gross_ha_per_unit"].to_numpy("float64") * M2_PER_HA
    frame = _placed(
        chosen.rename(columns={"position_id": "turbine_id"}).assign(
            capacity_kw=_kw(chosen["unit_mw"]),
            pad_centimu=np.rint(area_m2 / M2_PER_HA * CENTIMU_PER_HA).astype("int64"),
            pad_radius_m=np.sqrt(area_m2 / math.pi),
        ),
        np.array(shapely.points(points), dtype=object),
        ground.parcels.crs,
    )
    pads = frame[["turbine_id", "site_id", "year"]].set_geometry(
        gpd.GeoSeries(_pads(points, area_m2), index=frame.index, crs=frame.crs)
    )
    return conform_table(_only(frame, "turbines"), "turbines"), pads


def _refuse_missing_positions(chosen: pd.DataFrame, places: pd.DataFrame) -> None:
    lost = chosen[chosen["position_id"].isna()]
    if len(lost):
        site = lost["site_id"].iloc[0]
        need, have = (chosen["site_id"] == site).sum(), (places["site_id"] == site).sum()
        raise InputError("plan-positions-short", {"site": site, "need": need, "have": have})


def _pads(points: npt.NDArray[np.float64], area_m2: npt.NDArray[np.float64]) -> Geometries:
    """Return polygons of exactly the direct area, the same that the PV land leaves free."""
    result = np.empty(len(points), dtype=object)
    at_radius_1 = PAD_CORNERS / 2 * math.sin(2 * math.pi / PAD_CORNERS)
    for area in np.unique(area_m2):
        here = area_m2 == area
        lattice = Lattice(1.0, 1.0, 0.0, math.sqrt(area / at_radius_1))
        result[here] = pad_polygons(points[here], lattice)
    return result


def _draw_blocks(
    rows: pd.DataFrame, ground: Ground, *, choices: Choices, pads: gpd.GeoDataFrame
) -> gpd.GeoDataFrame:
    """Cut the blocks of each site, nearest the hub and in the earlier years first."""
    land = dict(zip(ground.pv_land["site_id"], ground.pv_land.geometry, strict=True))
    places = choices.hubs.set_index("hub_id")[["x_m", "y_m"]]
    frames, shapes = [], []
    for site_id, builds in rows.groupby("site_id", sort=True):
        toward = tuple(places.loc[builds["hub_id"].iloc[0]].to_numpy("float64"))
        block_m2 = float(builds["gross_ha_per_unit"].iloc[0]) * M2_PER_HA
        free = _without(land[str(site_id)], pads[pads["site_id"] == site_id])
        shapes += cut_blocks(
            free, int(builds["units"].sum()), block_m2, toward=toward, site_id=str(site_id)
        )
        each = builds.loc[builds.index.repeat(builds["units"])].reset_index(drop=True)
        numbers = (each.index + 1).astype("str").str.zfill(3)
        frames.append(each.assign(block_id=str(site_id) + "-B" + numbers))
    blocks = pd.concat(frames, ignore_index=True) if frames else rows.assign(block_id="")
    blocks = blocks.assign(capacity_kw=_kw(blocks["unit_mw"]))
    geometry = np.array(shapes, dtype=object)
    placed = _placed(
        blocks.assign(area_ha=shapely.area(geometry) / M2_PER_HA), geometry, ground.parcels.crs
    )
    return conform_table(_only(placed, "pv_blocks"), "pv_blocks")


def _without(land: BaseGeometry, pads: gpd.GeoDataFrame) -> BaseGeometry:
    if not pads.geometry.intersects(land).any():
        return land
    rest = np.array([land.difference(pads.geometry.union_all())], dtype=object)
    return only_polygons(polygons_only(rest)[0])


def _kw(capacity_mw: pd.Series) -> npt.NDArray[np.int64]:
    return np.asarray(np.rint(capacity_mw.to_numpy("float64") * KW_PER_MW), dtype=np.int64)


def _only(frame: gpd.GeoDataFrame, table: str) -> gpd.GeoDataFrame:
    return frame[[*column_names(table), "geometry"]]


def _placed(frame: pd.DataFrame, shapes: Geometries, crs: pyproj.CRS) -> gpd.GeoDataFrame:
    """Return features with the longitude and latitude of a point inside."""
    lon, lat = degrees(shapely.point_on_surface(shapes), crs)
    return gpd.GeoDataFrame(frame.assign(lon_deg=lon, lat_deg=lat), geometry=shapes, crs=crs)


def degrees(
    points: Geometries, crs: pyproj.CRS
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Return longitude and latitude of points on CGCS2000 [deg]."""
    transformer = pyproj.Transformer.from_crs(crs, "EPSG:4490", always_xy=True)
    lon, lat = transformer.transform(shapely.get_x(points), shapely.get_y(points))
    return np.asarray(lon, dtype=np.float64), np.asarray(lat, dtype=np.float64)


def _units(
    blocks: gpd.GeoDataFrame, turbines: gpd.GeoDataFrame, pads: gpd.GeoDataFrame
) -> gpd.GeoDataFrame:
    """Return every unit with the land it takes."""
    names = ["unit_id", "site_id", "technology", "year", "capacity_kw", "geometry"]
    pv = blocks.rename(columns={"block_id": "unit_id"}).assign(technology="pv")
    wind = turbines.rename(columns={"turbine_id": "unit_id"}).assign(technology="wind")
    wind = wind.set_geometry(pads.geometry.to_numpy(), crs=turbines.crs)
    return gpd.GeoDataFrame(pd.concat([pv[names], wind[names]], ignore_index=True), crs=blocks.crs)


def _use_of_parcels(units: gpd.GeoDataFrame, parcels: gpd.GeoDataFrame) -> pd.DataFrame:
    """Return the land that each unit takes of each parcel, and what lies on none."""
    shapes, land = units.geometry.to_numpy(), parcels.geometry.to_numpy()
    unit, parcel = shapely.STRtree(land).query(shapes, predicate="intersects")
    area = shapely.area(shapely.intersection(shapes[unit], land[parcel]))
    pairs = pd.DataFrame({"unit": unit, "parcel": parcel, "area_m2": area})
    pairs = pairs[pairs["area_m2"] > LEAST_M2].sort_values(["unit", "parcel"], kind="stable")
    pairs["parcel_id"] = parcels["parcel_id"].to_numpy()[pairs["parcel"]]
    held = np.bincount(pairs["unit"], weights=pairs["area_m2"], minlength=len(units))
    rest = shapely.area(shapes) - held
    loose = np.flatnonzero(rest > 1.0)
    none = pd.DataFrame({"unit": loose, "parcel": -1, "area_m2": rest[loose], "parcel_id": ""})
    both = pd.concat([pairs, none], ignore_index=True)
    named = units.drop(columns="geometry").iloc[both["unit"].to_numpy()].reset_index(drop=True)
    return pd.DataFrame(named).assign(parcel_id=both["parcel_id"], area_m2=both["area_m2"])


def treatable_land(parcels: gpd.GeoDataFrame, ground: Ground) -> Geometries:
    """Return the land of each parcel that may be treated.

    Parameters
    ----------
    parcels : GeoDataFrame
        Some rows of the contract ``parcels``.
    ground : Ground
        With the cells that may be treated.

    """
    shapes = np.array(parcels.geometry.to_numpy(), dtype=object)
    cells = ground.treat_cells
    partly = (parcels["treat_ha"] < parcels["area_ha"] - WHOLE_HA).to_numpy()
    if cells is not None and partly.any():
        shares = cell_shares(shapes[partly], cells.geobox)
        shapes[partly] = eligible_part(
            shapes[partly], cells.mask, geobox=cells.geobox, shares=shares
        )
    return shapes


def _land_left(
    units: gpd.GeoDataFrame, use: pd.DataFrame, *, ground: Ground, terms: Terms
) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]:
    """Return the treatable land of touched parcels outside all units and inside PV blocks."""
    touched = sorted(set(use["parcel_id"]) - {""})
    parcels = ground.parcels.set_index("parcel_id", drop=False).loc[touched]
    land = dict(zip(touched, treatable_land(parcels, ground), strict=True))
    shapes = dict(zip(units["unit_id"], units.geometry, strict=True))
    off, on = [], []
    for parcel_id, rows in use[use["parcel_id"] != ""].groupby("parcel_id", sort=True):
        taken = shapely.union_all([shapes[unit] for unit in rows["unit_id"]])
        off.append((parcel_id, shapely.difference(land[str(parcel_id)], taken)))
        pv = rows[rows["technology"] == "pv"]
        for _, part in pv.groupby(["site_id", "year"], sort=True):
            blocks = shapely.union_all([shapes[unit] for unit in part["unit_id"]])
            inside = shapely.intersection(land[str(parcel_id)], blocks)
            deadline = int(part["year"].iloc[0]) + terms.acceptance_lag_years
            on.append((parcel_id, part["site_id"].iloc[0], deadline, inside))
    outside = _features(off, ["parcel_id"], ground.parcels.crs)
    inside = _features(on, ["parcel_id", "site_id", "deadline_year"], ground.parcels.crs)
    share_ha = inside.geometry.area / M2_PER_HA * terms.underpanel_share
    return outside, inside.assign(land_centimu=np.floor(share_ha * CENTIMU_PER_HA).astype("int64"))


def _features(
    rows: Sequence[tuple[object, ...]], names: list[str], crs: pyproj.CRS
) -> gpd.GeoDataFrame:
    frame = pd.DataFrame([row[:-1] for row in rows], columns=names)
    shapes = polygons_only(np.array([row[-1] for row in rows], dtype=object))
    return gpd.GeoDataFrame(frame, geometry=shapes, crs=crs)


def _land_table(
    parcels: gpd.GeoDataFrame, off_site: gpd.GeoDataFrame, on_site: gpd.GeoDataFrame
) -> pd.DataFrame:
    left = pd.Series(off_site.geometry.area.to_numpy() / M2_PER_HA, index=off_site["parcel_id"])
    ids = parcels["parcel_id"].reset_index(drop=True)
    off = whole_centimu(ids.map(left).fillna(parcels["treat_ha"].reset_index(drop=True)))
    inside = on_site.groupby("parcel_id")["land_centimu"].sum()
    on = ids.map(inside).fillna(0)
    return pd.DataFrame(
        {
            "parcel_id": ids,
            "off_site_ha": off / CENTIMU_PER_HA,
            "on_site_ha": on / CENTIMU_PER_HA,
        }
    )
