"""The sand surveyed tile by tile: loss, erodibility and shelter of parcels, hazard of sites."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, cast

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import rasterio.features
import shapely
from odc.geo.geobox import GeoBox

from sandgrid.layers.notices import Report, SandGridWarning, warn
from sandgrid.layers.raster import Raster
from sandgrid.layers.stack import Layers
from sandgrid.layers.tiles import Tile, cut_tiles
from sandgrid.params import Parameters
from sandgrid.parcels.cells import Geometries, cell_shares, cell_size_m
from sandgrid.parcels.own import CLASSES
from sandgrid.parcels.shelter import (
    Coarse,
    coarse_grid,
    hazard_of_sites,
    mean_on,
    receptor_units,
    shelter_per_ha,
    upwind_shares,
)
from sandgrid.sand.cover import (
    CLASS_OF_DETAIL,
    DETAILS,
    class_of_cover,
    detail_within,
    dune_details,
)
from sandgrid.sand.field import Cells, Erodibility, erodibility_by_code, loss_of, soil_factor
from sandgrid.sand.receptors import receptor_points
from sandgrid.tables import conform_table
from sandgrid.units import M2_PER_HA

Floats = npt.NDArray[np.float64]
Codes = npt.NDArray[np.uint8]
TILE: Final = 1_000
OPTIONAL: Final = ("land_class", "soil", "dem")
NUMBER: Final[Mapping[str, int]] = {name: number for number, name in enumerate(CLASSES, start=1)}
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
    for tile in cut_tiles(layers.geobox, (_side(coarse), _side(coarse))):
        sums.add(tile)
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


class _Sums:
    """Sums over cells, tile by tile: of parcels, districts and the coarse grid."""

    def __init__(
        self, parcels: gpd.GeoDataFrame, layers: Layers, parameters: Parameters, coarse: Coarse
    ) -> None:
        self.layers, self.parameters, self.coarse = layers, parameters, coarse
        self.parcels = parcels
        self.tree = shapely.STRtree(parcels.geometry.to_numpy())
        self.factors = _factors(layers, parameters)
        self.weather = np.asarray(parameters.numbers("sand.weather_kg_m"))
        self.by_parcel = np.zeros((3, len(parcels)))
        self.by_district = np.zeros((2 + len(CLASSES), len(layers.area) + 1))

    def add(self, tile: Tile) -> None:
        """Add the cells of a tile."""
        geobox = tile.geobox(self.layers.geobox)
        cells, land = tile_cells(self.layers, tile, self.parameters)
        for name in ("mobile", "semi_fixed"):
            self.coarse.add(name, tile, land.dune == NUMBER[name])
        self.coarse.add("arable", tile, land.arable)
        erodibility, loss = loss_of(cells, self.factors, self.weather, self.parameters)
        self._add_parcels(geobox, erodibility, loss)
        self._add_districts(geobox, loss, land.dune)

    def _add_parcels(self, geobox: GeoBox, erodibility: Floats, loss: Floats) -> None:
        bounds = shapely.box(*geobox.extent.boundingbox)
        near = np.sort(self.tree.query(bounds))
        shares = cell_shares(self.parcels.geometry.to_numpy()[near], geobox)
        known = np.isfinite(loss.ravel()[shares.cell])
        for row, values in enumerate((np.ones(loss.size), erodibility.ravel(), loss.ravel())):
            weights = np.where(known, values[shares.cell], 0.0)
            self.by_parcel[row, near] += shares.total(weights)

    def _add_districts(self, geobox: GeoBox, loss: Floats, dune: Codes) -> None:
        place = _burned(self.layers.area.geometry.to_numpy(), geobox).ravel()
        amounts = [np.ones(loss.size), np.nan_to_num(loss.ravel())]
        amounts += [(dune.ravel() == NUMBER[name]).astype(np.float64) for name in CLASSES]
        cell_ha = cell_size_m(geobox) ** 2 / M2_PER_HA
        for row, amount in enumerate(amounts):
            found = np.bincount(place, weights=amount, minlength=self.by_district.shape[1])
            self.by_district[row] += found * cell_ha

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


def _codes(layers: Layers, role: str) -> Mapping[str, tuple[int, ...]]:
    return layers.files[role].source.codes if role in layers.files else layers.raster(role).codes


@dataclass(frozen=True, eq=False)
class LandCells:
    """Dune class (0 none, 1 mobile, 2 semi-fixed, 3 fixed) and farmland of the cells of a tile."""

    dune: Codes
    arable: npt.NDArray[np.bool_]


def tile_cells(layers: Layers, tile: Tile, parameters: Parameters) -> tuple[Cells, LandCells]:
    """Return what erosion needs of the cells of a tile, and the sand and farmland there.

    The dune class is that of the inventory; without one, that of the cover on the land classes of
    ``sand.land_classes``.
    """
    raster = _part(layers, "cover", tile)
    cover = np.where(raster.unknown, np.nan, _values(raster)).astype(np.float64)
    given = {role: _part(layers, role, tile) for role in OPTIONAL if role in layers.roles}
    none = np.zeros(cover.shape, dtype=np.uint8)
    land, soil, height = (_values(given[role]) if role in given else none for role in OPTIONAL)
    codes = given["land_class"].codes if "land_class" in given else {}
    if "inventory" in layers.vectors:
        dune = _inventory(layers.vector("inventory"), tile.geobox(layers.geobox))
    else:
        names = parameters.text("sand.land_classes").split()
        sandy = np.isin(land, [value for name in names for value in codes.get(name, ())])
        dune = np.where(sandy | (not codes), _class_numbers(cover, parameters), 0)
    cells = Cells(cover, height.astype(np.float64), land, soil, sandy=dune > 0)
    arable = np.isin(land, list(codes.get("arable", ())))
    return cells, LandCells(dune.astype(np.uint8), arable)


def _values(raster: Raster) -> npt.NDArray[Any]:
    return np.asarray(raster.values)  # of a record, not of a frame


def _class_numbers(cover: Floats, parameters: Parameters) -> Codes:
    numbers = np.asarray([*(NUMBER[CLASS_OF_DETAIL[name]] for name in DETAILS), 0], dtype=np.uint8)
    return np.asarray(numbers[dune_details(cover, parameters)], dtype=np.uint8)


def _part(layers: Layers, role: str, tile: Tile) -> Raster:
    """Return the cells of a tile of a raster in memory or in its file."""
    if role in layers.files:
        return layers.files[role].part(tile)
    whole = layers.raster(role)
    return Raster(
        tile.of(_values(whole)),
        tile.of(whole.unknown),
        tile.geobox(layers.geobox),
        codes=whole.codes,
    )


def _inventory(inventory: gpd.GeoDataFrame, geobox: GeoBox) -> Codes:
    numbers = inventory["dune_class"].map(NUMBER).fillna(0).to_numpy(dtype=np.int64)
    return _burned(inventory.geometry.to_numpy(), geobox, numbers).astype(np.uint8)


def _burned(
    shapes: Geometries, geobox: GeoBox, numbers: npt.NDArray[np.int64] | None = None
) -> npt.NDArray[np.int32]:
    """Return the number of the shape around each cell centre, counted from 1; 0 for none."""
    values = np.arange(1, len(shapes) + 1) if numbers is None else numbers
    near = np.sort(shapely.STRtree(shapes).query(shapely.box(*geobox.extent.boundingbox)))
    if not len(near):
        return np.zeros(geobox.shape, dtype=np.int32)
    pairs = list(zip(shapes[near], values[near].tolist(), strict=True))
    burned = rasterio.features.rasterize(
        pairs, out_shape=tuple(geobox.shape), transform=geobox.affine, dtype="int32"
    )
    return np.asarray(burned)
