"""The sand surveyed tile by tile: loss, erodibility and shelter of parcels, hazard of sites."""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final, cast

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from odc.geo.geobox import GeoBox

from sandgrid.land.sweeping import in_order
from sandgrid.layers.notices import Report, SandGridWarning, warn
from sandgrid.layers.stack import Layers
from sandgrid.layers.tiles import Tile, cut_tiles
from sandgrid.params import Parameters
from sandgrid.parcels.cells import THREADS, Geometries, cell_shares, cell_size_m
from sandgrid.parcels.own import CLASSES
from sandgrid.parcels.sand_cells import NUMBER, OPTIONAL, Codes, burned, tile_cells
from sandgrid.parcels.shelter import (
    LOSS,
    SANDS,
    Coarse,
    coarse_grid,
    hazard_of_sites,
    mean_on,
    receptor_units,
    shelter_per_ha,
    upwind_shares,
)
from sandgrid.sand.cover import class_of_cover, detail_within
from sandgrid.sand.field import Erodibility, erodibility_by_code, loss_of, soil_factor
from sandgrid.sand.receptors import receptor_points
from sandgrid.tables import conform_table
from sandgrid.units import M2_PER_HA

Floats = npt.NDArray[np.float64]
TILE: Final = 1_000
DIGITS: Final = 6


@dataclass(frozen=True, eq=False)
class Survey:
    """What was found of the sand.

    Parameters
    ----------
    parcels, sites : GeoDataFrame
        Contracts of the same names, with what the sand does.
    districts : DataFrame
        district_id, area_ha, loss_t [t/a], and the area of each dune class [ha].
    differences : DataFrame
        dune_class, cover_class, parcels, treat_ha: the inventory against the cover.
    coarse : Coarse
        Grid on which the shelter was summed.
    shelter : ndarray
        Receptor units that a hectare of each coarse cell protects [1/ha].
    units : float
        Receptor units of the whole area.

    """

    parcels: gpd.GeoDataFrame
    sites: gpd.GeoDataFrame
    districts: pd.DataFrame
    differences: pd.DataFrame
    coarse: Coarse
    shelter: Floats
    units: float


def survey_sand(
    parcels: gpd.GeoDataFrame,
    sites: gpd.GeoDataFrame,
    layers: Layers,
    parameters: Parameters,
    *,
    rose: Floats,
    report: Report = warn,
) -> Survey:
    """Survey the sand of an area: the state, the loss to the wind, who is reached.

    Parameters
    ----------
    parcels, sites : GeoDataFrame
        Contracts of the same names.
    layers : Layers
        Raster ``cover``; where given ``land_class``, ``soil``, ``dem``, features ``inventory``,
        ``settlements``, ``roads``, ``railways``, ``wind_farms``.
    parameters : Parameters
        ``sand.*``, ``soil.*``, ``shelter.*``, ``receptor.*``, ``hazard.*``.
    rose : array, shape (16,)
        Share of the drift by sector it comes from [1].
    report : callable
        Told of missing layers, and where inventory and cover disagree.

    Notes
    -----
    The rasters are read tile by tile; beyond them memory holds the parcels and a grid of
    ``shelter.cell_m``.

    """
    missing = [role for role in OPTIONAL if role not in layers.roles]
    if missing:
        report(SandGridWarning("sand-layer-missing", {"layers": ", ".join(missing)}))
    coarse = coarse_grid(layers.geobox, parameters.number("shelter.cell_m"))
    sums = _Sums(parcels, layers, parameters, coarse)
    sums.add_all()
    points = receptor_points(layers.vectors, parameters, step_m=cell_size_m(coarse.geobox))
    units = receptor_units(coarse, points, sites.geometry.to_numpy(), parameters)
    shelter = shelter_per_ha(coarse, units, rose, parameters)
    shapes = parcels.geometry.to_numpy()
    found = sums.parcel_values().assign(shelter_per_ha=mean_on(shapes, coarse, shelter))
    told = _with_state(parcels, parameters).assign(**found.round(DIGITS))
    upwind = upwind_shares(coarse, rose, parameters)
    hazard = hazard_of_sites(sites.geometry.to_numpy(), coarse, upwind, parameters)
    differences = state_differences(told)
    _tell_differences(differences, report)
    return Survey(
        parcels=conform_table(cast("gpd.GeoDataFrame", told), "parcels"),
        sites=conform_table(cast("gpd.GeoDataFrame", sites.assign(**hazard)), "sites"),
        districts=sums.districts(),
        differences=differences,
        coarse=coarse,
        shelter=shelter,
        units=float(units.sum()),
    )


def _side(coarse: Coarse) -> int:
    return max(TILE // coarse.factor, 1) * coarse.factor


def _with_state(parcels: gpd.GeoDataFrame, parameters: Parameters) -> gpd.GeoDataFrame:
    """Return parcels with the class in detail and the class that cover alone would give."""
    cover = parcels["cover"].to_numpy(dtype=np.float64)
    classes = parcels["dune_class"].to_numpy(dtype=object)
    return cast(
        "gpd.GeoDataFrame",
        parcels.assign(
            dune_detail=detail_within(classes, cover, parameters),
            cover_class=class_of_cover(cover, parameters),
        ),
    )


def state_differences(parcels: pd.DataFrame) -> pd.DataFrame:
    """Return how many parcels, and how much treatable land, each pair of classes holds.

    Parameters
    ----------
    parcels : DataFrame
        dune_class, cover_class, parcel_id, treat_ha.

    Examples
    --------
    >>> state_differences(pd.DataFrame({"parcel_id": ["P1", "P2"], "dune_class": "mobile",
    ...     "cover_class": ["mobile", "semi_fixed"], "treat_ha": [4.0, 2.0]})).values.tolist()
    [['mobile', 'mobile', 1, 4.0], ['mobile', 'semi_fixed', 1, 2.0]]

    """
    grouped = parcels.groupby(["dune_class", "cover_class"], sort=True)
    return grouped.agg(parcels=("parcel_id", "size"), treat_ha=("treat_ha", "sum")).reset_index()


def _tell_differences(differences: pd.DataFrame, report: Report) -> None:
    apart = differences[differences["dune_class"] != differences["cover_class"]]
    if len(apart):
        values = {
            "count": int(apart["parcels"].sum()),
            "area": round(float(apart["treat_ha"].sum())),
        }
        report(SandGridWarning("sand-state-differs", values))


@dataclass(frozen=True, eq=False)
class _Found:
    """What the cells of a tile add: to the coarse grid, to parcels near by, to districts."""

    coarse: Mapping[str, Floats]
    near: npt.NDArray[np.int64]
    by_parcel: Floats
    by_district: Floats


class _Sums:
    """Sums over cells, tile by tile: of parcels, districts and the coarse grid."""

    def __init__(
        self, parcels: gpd.GeoDataFrame, layers: Layers, parameters: Parameters, coarse: Coarse
    ) -> None:
        self.layers, self.parameters, self.coarse = layers, parameters, coarse
        self.parcels = parcels
        self.shapes = parcels.geometry.to_numpy()
        self.tree = shapely.STRtree(self.shapes)
        self.factors = _factors(layers, parameters)
        self.weather = np.asarray(parameters.numbers("sand.weather_kg_m"))
        self.by_parcel = np.zeros((3, len(parcels)))
        self.by_district = np.zeros((2 + len(CLASSES), len(layers.area) + 1))

    def add_all(self) -> None:
        """Add the cells of all tiles: worked out on threads, added in order."""
        side = _side(self.coarse)
        tiles = list(cut_tiles(self.layers.geobox, (side, side)))
        with ThreadPoolExecutor(THREADS) as threads:
            found = in_order(self._found, tiles, threads, ahead=THREADS)
            for tile, part in zip(tiles, found, strict=True):
                self._add(tile, part)

    def _add(self, tile: Tile, found: _Found) -> None:
        for name, mean in found.coarse.items():
            self.coarse.enter(name, tile, mean)
        self.by_parcel[:, found.near] += found.by_parcel
        self.by_district += found.by_district

    def _found(self, tile: Tile) -> _Found:
        """Return what the cells of a tile add."""
        geobox = tile.geobox(self.layers.geobox)
        cells, land = tile_cells(self.layers, tile, self.parameters)
        erodibility, loss = loss_of(cells, self.factors, self.weather, self.parameters)
        near = np.sort(self.tree.query(shapely.box(*geobox.extent.boundingbox)))
        kinds = {name: land.dune == NUMBER[name] for name in SANDS}
        kinds |= {"arable": land.arable, LOSS: np.nan_to_num(loss)}
        return _Found(
            coarse={name: self.coarse.means(values) for name, values in kinds.items()},
            near=near,
            by_parcel=_by_parcel(self.shapes[near], geobox, erodibility, loss),
            by_district=self._by_district(geobox, loss, land.dune),
        )

    def _by_district(self, geobox: GeoBox, loss: Floats, dune: Codes) -> Floats:
        place = burned(self.layers.area.geometry.to_numpy(), geobox).ravel()
        districts, kinds = self.by_district.shape[1], len(CLASSES) + 1
        pairs = np.bincount(place * kinds + dune.ravel(), minlength=districts * kinds)
        cells = pairs.reshape(districts, kinds)
        lost = np.bincount(place, weights=np.nan_to_num(loss.ravel()), minlength=districts)
        rows = [cells.sum(axis=1).astype(np.float64), lost, *cells.T[1:].astype(np.float64)]
        return np.asarray(rows) * (cell_size_m(geobox) ** 2 / M2_PER_HA)

    def parcel_values(self) -> pd.DataFrame:
        """Return erodibility and loss of each parcel; of its own cover where no cell is known."""
        weight, erodibility, loss = self.by_parcel
        usual = soil_factor(self.parameters.text("sand.texture"), self.parameters)
        known = weight > 0
        return pd.DataFrame(
            {
                "erodibility": np.where(known, erodibility / np.where(known, weight, 1.0), usual),
                "erosion_t_per_ha": np.where(known, loss / np.where(known, weight, 1.0), 0.0),
            },
            index=self.parcels.index,
        )

    def districts(self) -> pd.DataFrame:
        """Return area, loss and sand of each district."""
        names = ["area_ha", "loss_t", *(f"{name}_ha" for name in CLASSES)]
        table = pd.DataFrame(self.by_district[:, 1:].T.round(3), columns=names)
        table.insert(0, "district_id", self.layers.area["district_id"].to_numpy())
        return table.sort_values("district_id", kind="stable", ignore_index=True)


def _factors(layers: Layers, parameters: Parameters) -> Erodibility:
    codes = {
        role: layers.raster(role).codes
        if role in layers.rasters
        else layers.files[role].source.codes
        for role in ("land_class", "soil")
        if role in layers.rasters or role in layers.files
    }
    return erodibility_by_code(codes.get("land_class", {}), codes.get("soil", {}), parameters)


def _by_parcel(shapes: Geometries, geobox: GeoBox, erodibility: Floats, loss: Floats) -> Floats:
    """Return the sums of known cells, of erodibility and of loss over each parcel."""
    shares = cell_shares(shapes, geobox)
    lost = loss.ravel()[shares.cell]
    known = np.isfinite(lost)
    kept = [known.astype(np.float64)]
    kept += [np.where(known, values, 0.0) for values in (erodibility.ravel()[shares.cell], lost)]
    return np.asarray([shares.total(weights) for weights in kept])
