"""Sites: groups of neighbouring parcels that can carry a project."""

import math
from dataclasses import dataclass
from typing import Final, cast

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import shapely
from rasterio.features import rasterize

from sandgrid.energy.array import site_mu_per_mw
from sandgrid.energy.crests import active_crests
from sandgrid.energy.layout import Lattice, wind_lattice
from sandgrid.errors import InputError
from sandgrid.layers.crs import GEODETIC, area_ha, grid_convergence_deg, transform_points
from sandgrid.layers.notices import Report, SandGridWarning, warn
from sandgrid.layers.raster import values_at
from sandgrid.layers.stack import Layers
from sandgrid.params import Parameters
from sandgrid.parcels.attributes import UNIONS, Mask
from sandgrid.parcels.cells import Floats, Geometries, Ints, cell_shares, dissolve, in_threads
from sandgrid.parcels.delineation import EligibleCells
from sandgrid.parcels.growing import grow_groups, neighbours, site_limits
from sandgrid.parcels.places import lon_lat
from sandgrid.parcels.site_land import GroupLand, land_under_pads_ha, survey_groups
from sandgrid.tables import conform_table
from sandgrid.units import M2_PER_HA, MU_PER_HA

SLOPE_REACH_M: Final = 500.0
MEANS: Final = {
    "ghi_kwh_m2": "pv_ha",
    "wind_ms": "wind_ha",
    "slope_deg": "area_ha",
    "access_km": "area_ha",
}


@dataclass(frozen=True, eq=False)
class Sites:
    """Sites and what lies on them.

    Parameters
    ----------
    parcels : GeoDataFrame
        Contract ``parcels``, ``site_id`` and ``on_site_ha`` filled in.
    sites : GeoDataFrame
        Contract ``sites``; geometry is the union of the site's parcels.  What the sand does to
        a plant there is missing until the sand is surveyed.
    site_parcels : DataFrame
        Contract ``site_parcels``.
    turbine_positions : GeoDataFrame
        Contract ``turbine_positions``, points; in each site in the order of the lattice.
    pv_land : GeoDataFrame
        ``site_id`` and the land that PV blocks may take: PV-eligible, less all pads.
    lattice : Lattice
        On whose nodes the positions lie; ``pad_polygons`` draws their pads.

    """

    parcels: gpd.GeoDataFrame
    sites: gpd.GeoDataFrame
    site_parcels: pd.DataFrame
    turbine_positions: gpd.GeoDataFrame
    pv_land: gpd.GeoDataFrame
    lattice: Lattice


def form_sites(
    parcels: gpd.GeoDataFrame,
    layers: Layers,
    eligibility: EligibleCells,
    parameters: Parameters,
    *,
    report: Report = warn,
) -> Sites:
    """Group parcels into sites that can carry the least project.

    Groups grow from the parcel with most buildable land outward over parcels of its district
    that touch or lie within a gap, up to a largest area and radius.  A group that can carry
    neither PV blocks nor turbines of the least project size is no site.

    Parameters
    ----------
    parcels : GeoDataFrame
        Contract ``parcels``.
    layers : Layers
        For their geobox.
    eligibility : EligibleCells
        Masks of pv, wind and treatment.
    parameters : Parameters
        ``site.*``, ``wind.*``, ``pv.*``, ``programme.min_site_mw``.
    report : callable
        Takes the warning that groups too small for a project are no sites.

    Raises
    ------
    InputError
        If no group can carry the least project.

    """
    members, group = _grouped(parcels, parameters)
    shapes = _unions(members.geometry.to_numpy(), group)
    lattice = wind_lattice(parameters, _convergence_deg(layers))
    land = survey_groups(
        shapes,
        layers.geobox,
        pv=eligibility.mask("pv"),
        wind=eligibility.mask("wind") & ~_crests(parcels, layers, parameters),
        lattice=lattice,
    )
    large = _carries_project(land, parameters)
    least_mw = parameters.number("programme.min_site_mw")
    if not large.any():
        raise InputError("sites-none", {"least": least_mw})
    if not large.all():
        values = {"count": int((~large).sum()), "least": least_mw}
        report(SandGridWarning("sites-too-small", values))
    ids = _site_ids(members, group, large)
    both = eligibility.mask("pv") & eligibility.mask("treatment")
    found = _with_sites(parcels, members, ids[group])
    found["on_site_ha"] = _on_site_ha(found, land.pads[large[land.group]], both, layers)
    return _tables(found, land, ids, layers=layers, lattice=lattice, parameters=parameters)


def _crests(parcels: gpd.GeoDataFrame, layers: Layers, parameters: Parameters) -> Mask:
    """Return the cells of active crests; none where the terrain is not known."""
    mobile = parcels.geometry[parcels["dune_class"] == "mobile"]
    if "dem" not in layers.rasters or mobile.empty:
        return np.zeros(tuple(layers.geobox.shape), dtype=bool)
    shape, affine = tuple(layers.geobox.shape), layers.geobox.affine
    burnt = rasterize(mobile.tolist(), shape, transform=affine, dtype="uint8").astype(bool)
    dem = layers.raster("dem")
    heights = np.where(dem.known, dem.values, np.nan)
    return active_crests(heights, burnt, float(affine.a), parameters)


def _convergence_deg(layers: Layers) -> float:
    """Return the grid convergence at the middle of the area."""
    west, south, east, north = layers.area.total_bounds.tolist()
    crs = pyproj.CRS.from_user_input(layers.geobox.crs)
    middle = np.array([[(west + east) / 2, (south + north) / 2]])
    lon, lat = transform_points(middle, crs, GEODETIC)[0]
    return float(grid_convergence_deg(lon, lat, crs))


def _grouped(parcels: gpd.GeoDataFrame, parameters: Parameters) -> tuple[gpd.GeoDataFrame, Ints]:
    """Return the parcels with land to build on, and the group of each."""
    buildable = parcels["pv_wind_ha"] >= parameters.number("site.min_parcel_ha")
    members = cast("gpd.GeoDataFrame", parcels[buildable].reset_index(drop=True))
    points = shapely.get_coordinates(
        in_threads(shapely.point_on_surface, members.geometry.to_numpy())
    )
    groups = grow_groups(
        neighbours(members, parameters.number("site.gap_m")),
        points,
        members["area_ha"].to_numpy(dtype=np.float64),
        worth=members["pv_wind_ha"].to_numpy(dtype=np.float64),
        limits=site_limits(parameters),
    )
    return members, groups


def _unions(shapes: Geometries, group: Ints) -> Geometries:
    """Return the union of the shapes of each group."""
    order = np.argsort(group, kind="stable")
    parts, owner = shapely.get_parts(shapes[order], return_index=True)
    return dissolve(parts, group[order][owner])


def _carries_project(land: GroupLand, parameters: Parameters) -> Mask:
    """Return which groups can carry the least project by PV alone or by wind alone."""
    least_mw = parameters.number("programme.min_site_mw")
    block_mw = parameters.number("pv.block_mw")
    block_ha = block_mw * parameters.number("pv.gross_mu_per_mw") / MU_PER_HA
    pv_mw = np.floor(land.pv_net_ha / block_ha) * block_mw
    wind_mw = land.positions * parameters.number("wind.turbine_mw")
    return np.asarray(np.maximum(pv_mw, wind_mw) >= least_mw)


def _site_ids(members: gpd.GeoDataFrame, group: Ints, large: Mask) -> "np.ndarray":
    """Return the id of each group, counted by district and first parcel; empty if no site."""
    first = (
        pd.DataFrame(
            {"group": group, "district": members["district_id"], "parcel": members["parcel_id"]}
        )
        .sort_values(["district", "parcel"], kind="stable")
        .drop_duplicates("group")
    )
    order = first["group"].to_numpy()
    order = order[large[order]]
    digits = max(3, int(math.log10(len(order))) + 1)
    ids = np.full(len(large), "", dtype=object)
    ids[order] = [f"S{number:0{digits}d}" for number in range(1, len(order) + 1)]
    return ids


def _with_sites(
    parcels: gpd.GeoDataFrame, members: gpd.GeoDataFrame, site_ids: "np.ndarray"
) -> gpd.GeoDataFrame:
    by_parcel = dict(zip(members["parcel_id"], site_ids, strict=True))
    ids = [by_parcel.get(parcel, "") for parcel in parcels["parcel_id"]]
    return cast("gpd.GeoDataFrame", parcels.assign(site_id=ids))


def _on_site_ha(parcels: gpd.GeoDataFrame, pads: Geometries, both: Mask, layers: Layers) -> Floats:
    """Return the treatable PV land of each parcel of a site, less pads [ha]."""
    result = np.zeros(len(parcels))
    chosen = (parcels["site_id"] != "").to_numpy()
    shapes = parcels.geometry.to_numpy()[chosen]
    shares = cell_shares(shapes, layers.geobox)
    inside_m2 = shares.total(both.ravel()[shares.cell].astype(np.float64)) * shares.cell_m2
    under_ha = land_under_pads_ha(shapes, pads, both, layers.geobox)
    result[chosen] = np.maximum(inside_m2 / M2_PER_HA - under_ha, 0.0)
    return result


def _tables(
    parcels: gpd.GeoDataFrame,
    land: GroupLand,
    ids: "np.ndarray",
    *,
    layers: Layers,
    lattice: Lattice,
    parameters: Parameters,
) -> Sites:
    groups = np.argsort(ids, kind="stable")[int((ids == "").sum()) :]
    held = cast("gpd.GeoDataFrame", parcels[parcels["site_id"] != ""])
    return Sites(
        parcels=conform_table(parcels, "parcels"),
        sites=_site_table(held, land, (ids, groups), layers, parameters),
        site_parcels=_site_parcels(held),
        turbine_positions=_positions(held, land, ids),
        pv_land=gpd.GeoDataFrame(
            {"site_id": ids[groups]}, geometry=land.pv[groups], crs=parcels.crs
        ),
        lattice=lattice,
    )


def _site_table(
    held: gpd.GeoDataFrame,
    land: GroupLand,
    numbering: "tuple[np.ndarray, Ints]",
    layers: Layers,
    parameters: Parameters,
) -> gpd.GeoDataFrame:
    ids, groups = numbering
    grouped = held.groupby("site_id", sort=True)
    sums = grouped[list(UNIONS)].sum()
    means = {name: _weighted(held, name, weight) for name, weight in MEANS.items()}
    points = in_threads(shapely.point_on_surface, land.shapes[groups])
    places = shapely.get_coordinates(points)
    crs = pyproj.CRS.from_user_input(layers.geobox.crs)
    shapes = gpd.GeoSeries(land.shapes[groups], crs=held.crs)
    table = pd.DataFrame({"site_id": ids[groups]}).merge(
        sums.assign(
            parcels=grouped.size(), **means, **grouped[["district_id", "district"]].first()
        ),
        left_on="site_id",
        right_index=True,
        validate="1:1",
    )
    table = table.assign(
        area_ha=area_ha(shapes),
        pv_net_ha=land.pv_net_ha[groups],
        turbine_positions=land.positions[groups],
        x_m=places[:, 0],
        y_m=places[:, 1],
        **lon_lat(points, crs),
        **dict.fromkeys(("soiling_share", "abrasion_share", "upkeep_factor"), np.nan),
        **_terrain_at(places, layers),
    )
    table["pv_mu_per_mw"] = site_mu_per_mw(
        table["lat_deg"].to_numpy(), table["south_slope_deg"].to_numpy(), parameters
    )
    return conform_table(gpd.GeoDataFrame(table, geometry=shapes.to_numpy(), crs=held.crs), "sites")


def _terrain_at(places: Floats, layers: Layers) -> dict[str, Floats]:
    """Return height and slope to the south at places; NaN where the terrain is not known."""
    if "dem" not in layers.rasters:
        return dict.fromkeys(("elevation_m", "south_slope_deg"), np.full(len(places), np.nan))
    dem, step = layers.raster("dem"), np.array([0.0, SLOPE_REACH_M])
    here, north, south = (
        values_at(dem, points) for points in (places, places + step, places - step)
    )
    fall = (north - south) / (2 * SLOPE_REACH_M)
    return {"elevation_m": here, "south_slope_deg": np.degrees(np.arctan(fall))}


def _weighted(held: gpd.GeoDataFrame, name: str, weight: str) -> "pd.Series[float]":
    """Return means by site, weighted by land; by all land where there is none of the kind."""
    weights = held[weight].where(
        held.groupby("site_id")[weight].transform("sum") > 0, held["area_ha"]
    )
    sums = (held[name] * weights).groupby(held["site_id"]).sum()
    return cast("pd.Series[float]", sums / weights.groupby(held["site_id"]).sum())


def _site_parcels(held: gpd.GeoDataFrame) -> pd.DataFrame:
    pairs = pd.DataFrame(held[["site_id", "parcel_id"]])
    ordered = pairs.sort_values(["site_id", "parcel_id"], kind="stable", ignore_index=True)
    return conform_table(ordered, "site_parcels")


def _positions(held: gpd.GeoDataFrame, land: GroupLand, ids: "np.ndarray") -> gpd.GeoDataFrame:
    """Return the positions of all sites, each with the parcel it stands on."""
    site_ids = ids[land.group]
    chosen = np.argsort(site_ids, kind="stable")[int((site_ids == "").sum()) :]
    points = shapely.points(land.points[chosen])
    parcel = shapely.STRtree(held.geometry.to_numpy()).query_nearest(points, all_matches=False)[1]
    table = pd.DataFrame({"site_id": site_ids[chosen]})
    number = table.groupby("site_id").cumcount() + 1
    table = table.assign(
        position_id=[f"{s}-T{n:03d}" for s, n in zip(table["site_id"], number, strict=True)],
        parcel_id=held["parcel_id"].to_numpy()[parcel],
        x_m=land.points[chosen, 0],
        y_m=land.points[chosen, 1],
    )
    return conform_table(
        gpd.GeoDataFrame(table, geometry=points, crs=held.crs), "turbine_positions"
    )
