"""A sand inventory made from rasters, for areas that have none."""

from typing import Final

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import rasterio.features
import shapely
from scipy import ndimage

from sandgrid.layers.stack import Layers
from sandgrid.params import Parameters
from sandgrid.parcels.attributes import Mask
from sandgrid.parcels.cells import cell_size_m
from sandgrid.units import M2_PER_HA

Labels = npt.NDArray[np.int32]

CLASSES: Final = ("mobile", "semi_fixed", "fixed")
DEGREES: Final = ("extreme", "heavy", "medium", "light")


def inventory_from_rasters(
    layers: Layers, eligible: Mask, parameters: Parameters
) -> gpd.GeoDataFrame:
    """Return polygons of connected eligible cells of one dune class and district.

    The dune class follows from the cover; a group of cells above the largest size is cut along a
    lattice of squares of that size.

    Parameters
    ----------
    layers : Layers
        Area and raster ``cover``.
    eligible : ndarray of bool
        Cells eligible for any use.
    parameters : Parameters
        ``parcel.cover_*``, ``parcel.own_*``, ``parcel.degree_covers``.

    Returns
    -------
    GeoDataFrame
        ``source_id`` (R000001 ...), ``dune_class``, ``degree``, geometry; they do not overlap.

    """
    cover = layers.raster("cover")
    classes = dune_classes(cover.values, parameters)
    sandy = eligible & ~cover.unknown & (classes >= 0)
    zones = np.where(sandy, classes * len(layers.area) + district_cells(layers), -1)
    most_ha = parameters.number("parcel.own_max_ha")
    labels = label_cells(zones, most=int(most_ha * M2_PER_HA / cell_size_m(layers.geobox) ** 2))
    shapes, numbers = _polygons(labels, layers)
    first = _first_cells(labels, len(shapes))
    means = ndimage.mean(cover.values, labels, index=numbers)
    return gpd.GeoDataFrame(
        {
            "source_id": [f"R{number:06d}" for number in numbers],
            "dune_class": np.asarray(CLASSES, dtype=object)[classes.ravel()[first]],
            "degree": degrees(means, parameters),
        },
        geometry=shapes,
        crs=layers.area.crs,
    )


def dune_classes(cover: npt.NDArray[np.floating], parameters: Parameters) -> Labels:
    """Return 0 mobile, 1 semi-fixed, 2 fixed by cover; -1 where cover is too dense or missing.

    Examples
    --------
    >>> from sandgrid.params import default_parameters
    >>> cover = np.array([0.05, 0.1, 0.3, 0.9, np.nan])
    >>> dune_classes(cover, default_parameters()).tolist()
    [0, 1, 2, -1, -1]

    """
    limits = [parameters.number(f"parcel.cover_{name}") for name in CLASSES[:2]]
    result = np.searchsorted(limits, cover, side="right").astype(np.int32)
    known = cover < parameters.number("parcel.own_max_cover")
    return np.where(known, result, np.int32(-1)).astype(np.int32)


def degrees(cover: npt.NDArray[np.floating], parameters: Parameters) -> npt.NDArray[np.object_]:
    """Return the degree of sandification by cover."""
    limits = parameters.numbers("parcel.degree_covers")
    return np.asarray(DEGREES, dtype=object)[np.searchsorted(limits, cover, side="right")]


def district_cells(layers: Layers) -> Labels:
    """Return the position of the district around each cell centre, 0 outside all of them."""
    shapes = [(shape, number) for number, shape in enumerate(layers.area.geometry)]
    return np.asarray(
        rasterio.features.rasterize(
            shapes,
            out_shape=tuple(layers.geobox.shape),
            transform=layers.geobox.affine,
            dtype="int32",
        )
    )


def label_cells(zones: Labels, *, most: int) -> Labels:
    """Return numbers of the groups of cells that touch by a side and lie in one zone.

    Parameters
    ----------
    zones : int array, shape (rows, columns)
        Zone of each cell, -1 for none.
    most : int
        Most cells of a group; larger groups are cut along squares of at most so many cells.

    Returns
    -------
    int array
        1, 2, ... in the order of the first cell; 0 where there is no zone.

    Examples
    --------
    >>> label_cells(np.array([[0, 0, 1], [-1, 0, 1]], dtype=np.int32), most=9).tolist()
    [[1, 1, 2], [0, 1, 2]]
    >>> label_cells(np.zeros((1, 4), dtype=np.int32), most=2).tolist()
    [[1, 2, 3, 4]]

    """
    groups = connected_cells(zones)
    large = np.bincount(groups.ravel()) > most
    large[0] = False
    side = max(int(np.sqrt(most)), 1)
    rows, columns = np.ogrid[: zones.shape[0], : zones.shape[1]]
    across = zones.shape[1] // side + 1
    squares = (rows // side * across + columns // side).astype(np.int64)
    apart = groups.astype(np.int64) * (squares.max() + 1) + np.where(large[groups], squares, 0)
    return connected_cells(np.where(groups > 0, apart, -1))


def connected_cells(zones: npt.NDArray[np.integer]) -> Labels:
    """Return numbers of connected cells of equal zone; 0 where the zone is below zero.

    The raster is opened up so that a link stands between every two cells; a link is there where
    both are of one zone, so that one labelling of cells and links tells all zones apart.  Groups
    are numbered in the order of their first cell.
    """
    rows, columns = zones.shape
    opened = np.zeros((2 * rows - 1, 2 * columns - 1), dtype=bool)
    opened[::2, ::2] = zones >= 0
    opened[::2, 1::2] = (zones[:, 1:] == zones[:, :-1]) & (zones[:, 1:] >= 0)
    opened[1::2, ::2] = (zones[1:] == zones[:-1]) & (zones[1:] >= 0)
    labels = ndimage.label(opened)[0][::2, ::2]
    numbers, first = np.unique(labels, return_index=True)
    order = np.zeros(int(numbers.max()) + 1, dtype=np.int32)
    held = numbers[np.argsort(first, kind="stable")]
    held = held[held > 0]
    order[held] = np.arange(1, len(held) + 1)
    return np.asarray(order[labels], dtype=np.int32)


def _polygons(labels: Labels, layers: Layers) -> tuple[list[shapely.Geometry], list[int]]:
    found = rasterio.features.shapes(labels, mask=labels > 0, transform=layers.geobox.affine)
    pairs = sorted(((int(value), shape) for shape, value in found), key=lambda pair: pair[0])
    return [shapely.geometry.shape(shape) for _, shape in pairs], [number for number, _ in pairs]


def _first_cells(labels: Labels, count: int) -> npt.NDArray[np.intp]:
    numbers, first = np.unique(labels.ravel(), return_index=True)
    return np.asarray(first[numbers > 0][:count])
