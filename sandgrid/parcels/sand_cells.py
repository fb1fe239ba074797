"""What the cells of a tile are to the wind: cover, height, soil, land class, dune class."""

from dataclasses import dataclass
from typing import Any, Final

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import rasterio.features
import shapely
from odc.geo.geobox import GeoBox

from sandgrid.layers.raster import Raster
from sandgrid.layers.stack import Layers
from sandgrid.layers.tiles import Tile
from sandgrid.params import Parameters
from sandgrid.parcels.cells import Geometries
from sandgrid.parcels.own import CLASSES
from sandgrid.sand.cover import CLASS_OF_DETAIL, DETAILS, dune_details
from sandgrid.sand.field import Cells

Floats = npt.NDArray[np.float64]
Codes = npt.NDArray[np.uint8]
OPTIONAL: Final = ("land_class", "soil", "dem")
NUMBER: Final = {name: number for number, name in enumerate(CLASSES, start=1)}


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
    return burned(inventory.geometry.to_numpy(), geobox, numbers).astype(np.uint8)


def burned(
    shapes: Geometries, geobox: GeoBox, numbers: npt.NDArray[np.int64] | None = None
) -> npt.NDArray[np.int32]:
    """Return the number of the shape around each cell centre, counted from 1; 0 for none.

    Parameters
    ----------
    shapes : ndarray of geometries, shape (n,)
        In the CRS of the geobox.
    geobox : GeoBox
        Cells.
    numbers : ndarray of int, shape (n,), optional
        Number of each shape, 1 and up by default.

    """
    values = np.arange(1, len(shapes) + 1) if numbers is None else numbers
    near = np.sort(shapely.STRtree(shapes).query(shapely.box(*geobox.extent.boundingbox)))
    if not len(near):
        return np.zeros(geobox.shape, dtype=np.int32)
    pairs = list(zip(shapes[near], values[near].tolist(), strict=True))
    burned = rasterio.features.rasterize(
        pairs, out_shape=tuple(geobox.shape), transform=geobox.affine, dtype="int32"
    )
    return np.asarray(burned)
