"""Parcels: sand inventory by district, cut to the cells that are eligible for any use."""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Final, Protocol, cast

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import pyproj
import shapely

from sandgrid.errors import InputError
from sandgrid.layers.crs import area_ha
from sandgrid.layers.notices import Report, SandGridWarning, warn
from sandgrid.layers.stack import Layers
from sandgrid.layers.terrain import slope_deg
from sandgrid.params import Parameters
from sandgrid.parcels.attributes import (
    USES,
    Mask,
    areas_by_use,
    distance_km,
    holders,
    mean_values,
)
from sandgrid.parcels.cells import (
    CellShares,
    Geometries,
    cell_shares,
    cell_size_m,
    eligible_part,
    in_threads,
    without_taken,
)
from sandgrid.parcels.own import inventory_from_rasters
from sandgrid.parcels.places import lon_lat, place_names
from sandgrid.parcels.trimming import split_by_district, without_overlaps
from sandgrid.tables import conform_table
from sandgrid.units import M2_PER_HA

RASTER_COLUMNS: Final = {
    "cover": "cover",
    "rain": "rain_mm",
    "ghi": "ghi_kwh_m2",
    "wind_speed": "wind_ms",
}
NOTHING: Final = np.zeros(0, dtype=object)


class EligibleCells(Protocol):
    """What parcels need to know of eligibility."""

    def mask(self, use: str) -> Mask:
        """Return the cells that are eligible for a use."""


def delineate_parcels(
    layers: Layers,
    eligibility: EligibleCells,
    parameters: Parameters,
    *,
    taken: Geometries = NOTHING,
    report: Report = warn,
) -> gpd.GeoDataFrame:
    """Return the parcels of an area.

    Each polygon of the sand inventory is cut by district and to the union of the cells that are
    eligible for any use.  Where there is no inventory, one is delineated from the rasters.

    Parameters
    ----------
    layers : Layers
        Area, rasters ``cover``, ``rain``, ``ghi``, ``wind_speed``, ``dem``; features ``roads``,
        if given ``inventory``, ``townships`` and ``villages``.
    eligibility : EligibleCells
        Masks of pv, wind and treatment on the same geobox.
    parameters : Parameters
        ``parcel.*``.
    taken : ndarray of polygons
        Land that no use may have, however small its share of a cell: a road of 20 m.
    report : callable
        Takes the warning that pieces below the least area were dropped.

    Returns
    -------
    GeoDataFrame
        Contract ``parcels`` with polygons that do not overlap; ids counted by district and
        source id; ``site_id`` is empty and ``on_site_ha`` zero until sites are formed, and what
        the wind does to a parcel is missing until the sand is surveyed.

    Raises
    ------
    InputError
        If inventory polygons overlap, a layer is missing or knows nothing of a parcel, or no
        parcel is left.

    """
    if "inventory" in layers.vectors:
        inventory = layers.vector("inventory")
    else:
        inventory = inventory_from_rasters(layers, _any_use(eligibility), parameters)
    pieces = _pieces(inventory, layers, parameters, taken)
    return _parcels_of(pieces, layers, eligibility, parameters=parameters, report=report)


def delineate_from_rasters(
    layers: Layers,
    eligibility: EligibleCells,
    parameters: Parameters,
    *,
    report: Report = warn,
) -> gpd.GeoDataFrame:
    """Return parcels as :func:`delineate_parcels` does, the inventory made from the rasters."""
    inventory = inventory_from_rasters(layers, _any_use(eligibility), parameters)
    pieces = _pieces(inventory, layers, parameters, NOTHING)
    return _parcels_of(pieces, layers, eligibility, parameters=parameters, report=report)


def _pieces(
    inventory: gpd.GeoDataFrame, layers: Layers, parameters: Parameters, taken: Geometries
) -> gpd.GeoDataFrame:
    """Return the polygons of an inventory by district, less the land that is taken."""
    pieces = split_by_district(without_overlaps(inventory, parameters), layers.area)
    left = without_taken(pieces.geometry.to_numpy(), taken)
    kept = pieces.set_geometry(gpd.GeoSeries(left, index=pieces.index, crs=pieces.crs))
    return cast("gpd.GeoDataFrame", kept[shapely.area(left) > 0].reset_index(drop=True))


def _parcels_of(
    pieces: gpd.GeoDataFrame,
    layers: Layers,
    eligibility: EligibleCells,
    *,
    parameters: Parameters,
    report: Report,
) -> gpd.GeoDataFrame:
    with ThreadPoolExecutor(1) as pool:
        laid = pool.submit(cell_shares, pieces.geometry.to_numpy(), layers.geobox)
        rasters = parcel_rasters(layers)
        masks = _known_masks(eligibility, rasters, cell_ha=_cell_ha(layers), report=report)
        shares = laid.result()
    areas = areas_by_use(shares, masks)
    large = (areas["any_ha"] >= parameters.number("parcel.min_area_ha")).to_numpy()
    _tell_dropped(areas.loc[~large, "any_ha"], parameters, report)
    found, shares = len(pieces), _chosen(shares, large)
    pieces = pieces[large].reset_index(drop=True)
    if pieces.empty:
        raise InputError("parcels-none", {"polygons": found})
    kept = np.logical_or.reduce(list(masks.values()))
    cut = eligible_part(pieces.geometry.to_numpy(), kept, geobox=layers.geobox, shares=shares)
    means = {name: mean_values(shares, values, kept) for name, values in rasters.items()}
    table = pieces.set_geometry(gpd.GeoSeries(cut, crs=pieces.crs)).assign(**means)
    table = pd.concat([table, areas[large].reset_index(drop=True)], axis=1)
    return _completed(table, layers, parameters)


def _any_use(eligibility: EligibleCells) -> Mask:
    return eligibility.mask("pv") | eligibility.mask("wind") | eligibility.mask("treatment")


def _cell_ha(layers: Layers) -> float:
    return cell_size_m(layers.geobox) ** 2 / M2_PER_HA


def parcel_rasters(layers: Layers) -> dict[str, npt.NDArray[np.floating]]:
    """Return the rasters whose means stand on a parcel, by its column; NaN where unknown."""
    found = {}
    for role, column in RASTER_COLUMNS.items():
        raster = layers.raster(role)
        found[column] = np.where(raster.unknown, np.nan, raster.values)
    found["slope_deg"] = slope_deg(layers.raster("dem").values, cell_size_m(layers.geobox))
    return found


def _known_masks(
    eligibility: EligibleCells,
    rasters: Mapping[str, npt.NDArray[np.floating]],
    *,
    cell_ha: float,
    report: Report,
) -> dict[str, Mask]:
    """Return the masks without the cells of which some raster knows nothing."""
    eligible, gaps = _any_use(eligibility), []
    known = np.ones_like(eligible)
    for column, values in rasters.items():
        finite = np.isfinite(values)
        if (eligible & ~finite).any():
            gaps.append(column)
        known &= finite
    if gaps:
        lost_ha = float((eligible & ~known).sum() * cell_ha)
        report(SandGridWarning("parcels-unknown", {"area": lost_ha, "layers": ", ".join(gaps)}))
    return {use: eligibility.mask(use) & known for use in USES}


def _tell_dropped(dropped_ha: "pd.Series[float]", parameters: Parameters, report: Report) -> None:
    partly = dropped_ha[dropped_ha > 0]
    if len(partly):
        least = parameters.number("parcel.min_area_ha")
        values = {"count": len(partly), "area": float(partly.sum()), "least": least}
        report(SandGridWarning("parcels-dropped", values))


def _chosen(shares: CellShares, chosen: Mask) -> CellShares:
    """Return the shares of the chosen geometries, counted anew."""
    rows = chosen[shares.geometry]
    number = np.cumsum(chosen) - 1
    return CellShares(
        geometry=number[shares.geometry[rows]],
        cell=shares.cell[rows],
        share=shares.share[rows],
        geometries=int(chosen.sum()),
        cell_m2=shares.cell_m2,
    )


def _completed(
    pieces: gpd.GeoDataFrame, layers: Layers, parameters: Parameters
) -> gpd.GeoDataFrame:
    """Add places, holders and ids."""
    points = in_threads(shapely.point_on_surface, pieces.geometry.to_numpy())
    table = pieces.assign(
        **lon_lat(points, pyproj.CRS.from_user_input(layers.geobox.crs)),
        access_km=distance_km(points, layers.vector("roads"), "roads"),
        area_ha=area_ha(pieces.geometry),
        on_site_ha=0.0,
        site_id="",
        dune_detail="",
        cover_class="",
        **dict.fromkeys(("erodibility", "erosion_t_per_ha", "shelter_per_ha"), np.nan),
        parcel_id=[f"P{number:06d}" for number in range(1, len(pieces) + 1)],
    )
    table = table.assign(**place_names(table, points, layers))
    for role in ("implementer", "beneficiary"):
        kinds = parameters.below(f"parcel.{role}")
        columns = {kind: parameters.text(f"parcel.{role}.{kind}") for kind in kinds}
        parties = {name: parameters.text(f"party.{name}") for name in columns.values()
                   if f"party.{name}" in parameters}  # fmt: skip
        table[role] = holders(table.assign(**parties), role, columns)
    return conform_table(cast("gpd.GeoDataFrame", table), "parcels")
