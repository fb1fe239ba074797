"""Shelter of parcels and hazard of sites, on a coarse grid."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyproj
from affine import Affine
from odc.geo.geobox import GeoBox

from sandgrid.layers.crs import GEODETIC, grid_convergence_deg, transform_points
from sandgrid.layers.tiles import Tile, cut_tiles
from sandgrid.params import Parameters
from sandgrid.parcels.cells import Geometries, cell_shares, cell_size_m
from sandgrid.sand.protection import Reach, influence, sheltered_units, upwind_share
from sandgrid.sand.receptors import Receptors
from sandgrid.units import M2_PER_HA

Floats = npt.NDArray[np.float64]
BLOCK: Final = 250
SANDS: Final = ("semi_fixed", "mobile")
LOSS: Final = "loss_t_per_ha"


@dataclass(frozen=True, eq=False)
class Coarse:
    """What lies in the cells of the coarse grid.

    Parameters
    ----------
    geobox : GeoBox
        The grid; each cell holds ``factor`` x ``factor`` cells of the fine grid.
    factor : int
        Fine cells along the side of a coarse cell.
    shares : mapping
        mobile, semi_fixed, arable -> share of each cell, shape of the grid [1]; and the mean
        loss to the wind under ``loss_t_per_ha`` [t/ha/a].

    """

    geobox: GeoBox
    factor: int
    shares: dict[str, Floats]

    def means(self, fine: npt.NDArray[Any]) -> Floats:
        """Return the mean of each coarse cell that fine cells from its corner on fill."""
        side = self.factor
        rows, cols = (-(-n // side) for n in fine.shape)
        padded = np.zeros((rows * side, cols * side))
        padded[: fine.shape[0], : fine.shape[1]] = fine
        sums = np.zeros((rows, cols))
        for down, right in np.ndindex(side, side):
            sums += padded[down::side, right::side]
        return sums / side**2

    def enter(self, name: str, tile: Tile, mean: Floats) -> None:
        """Enter the means over the fine cells of a tile."""
        rows, cols = mean.shape
        top, left = tile.rows.start // self.factor, tile.cols.start // self.factor
        self.shares[name][top : top + rows, left : left + cols] = mean

    @property
    def cell_ha(self) -> float:
        """Area of a coarse cell [ha]."""
        return cell_size_m(self.geobox) ** 2 / M2_PER_HA


def coarse_grid(geobox: GeoBox, cell_m: float) -> Coarse:
    """Return an empty coarse grid over a fine one.

    Examples
    --------
    >>> fine = GeoBox((5, 4), Affine(100, 0, 0, 0, -100, 500), "EPSG:32651")
    >>> coarse = coarse_grid(fine, 200.0)
    >>> tuple(coarse.geobox.shape), coarse.factor, coarse.cell_ha
    ((3, 2), 2, 4.0)

    """
    fine_m = cell_size_m(geobox)
    factor = max(round(cell_m / fine_m), 1)
    rows, cols = (-(-n // factor) for n in geobox.shape)
    step = geobox.affine
    affine = Affine(fine_m * factor, 0, step.c, 0, -fine_m * factor, step.f)
    shares = {name: np.zeros((rows, cols)) for name in (*SANDS, "arable", LOSS)}
    return Coarse(GeoBox((rows, cols), affine, geobox.crs), factor, shares)


def receptor_units(
    coarse: Coarse, receptors: Receptors, sites: Geometries, parameters: Parameters
) -> Floats:
    """Return the receptor units of each coarse cell: points, farmland, candidate sites.

    Parameters
    ----------
    coarse : Coarse
        Grid with the share of arable land.
    receptors : Receptors
        Points with weights; those beyond the grid are left out.
    sites : ndarray of geometries
        Candidate sites; each weighs the same, spread over its land.
    parameters : Parameters
        ``receptor.*``.

    Returns
    -------
    array, shape of the grid

    """
    rows, cols = coarse.geobox.shape
    step = coarse.geobox.affine
    place = np.floor((receptors.xy - [step.c, step.f]) / [step.a, step.e]).astype(np.int64)
    inside = ((place >= 0) & (place < [cols, rows])).all(axis=1)
    cell = place[inside, 1] * cols + place[inside, 0]
    points = np.bincount(cell, weights=receptors.units[inside], minlength=rows * cols)
    farmland = parameters.number("receptor.farmland_per_ha") * coarse.cell_ha
    shares = cell_shares(sites, coarse.geobox)
    weight = parameters.number("receptor.site") / np.maximum(shares.total(), shares.share.min())
    spread = shares.share * weight[shares.geometry]
    held = np.bincount(shares.cell, weights=spread, minlength=rows * cols)
    return np.asarray((points + held).reshape(rows, cols) + farmland * coarse.shares["arable"])


def shelter_per_ha(coarse: Coarse, units: Floats, rose: Floats, parameters: Parameters) -> Floats:
    """Return the receptor units that a hectare of each coarse cell protects [1/ha].

    The grid is worked through block by block, each with the true north of its middle.

    Parameters
    ----------
    coarse : Coarse
        The grid.
    units : array, shape of the grid
        Receptor units of each cell.
    rose : array, shape (16,)
        Share of the drift by sector it comes from [1].
    parameters : Parameters
        ``shelter.reach_m``, ``shelter.decay_m``.

    """
    reach = Reach(parameters.number("shelter.reach_m"), parameters.number("shelter.decay_m"))
    result = np.zeros(units.shape)
    for tile, wide, field in _blocks(coarse, rose, reach):
        tile.of(result)[:] = sheltered_units(wide.of(units), field)[tile.inside(wide)]
    return result / coarse.cell_ha


def upwind_shares(coarse: Coarse, rose: Floats, parameters: Parameters) -> dict[str, Floats]:
    """Return the share of mobile and of semi-fixed sand upwind of each coarse cell [1]."""
    reach = Reach(parameters.number("hazard.reach_m"), parameters.number("shelter.decay_m"))
    result = {name: np.zeros(coarse.shares[name].shape) for name in SANDS}
    for tile, wide, field in _blocks(coarse, rose, reach):
        for name in SANDS:
            share = upwind_share(wide.of(coarse.shares[name]), field)
            tile.of(result[name])[:] = share[tile.inside(wide)]
    return result


def _blocks(coarse: Coarse, rose: Floats, reach: Reach) -> Iterator[tuple[Tile, Tile, Floats]]:
    """Yield blocks, blocks with all that acts on them, and the influence there."""
    cell_m, affine = cell_size_m(coarse.geobox), coarse.geobox.affine
    tiles = list(cut_tiles(coarse.geobox, (BLOCK, BLOCK)))
    middles = (
        np.array([[t.cols.start + t.cols.stop, t.rows.start + t.rows.stop] for t in tiles]) / 2
    )
    crs = pyproj.CRS.from_user_input(coarse.geobox.crs)
    points = middles * [affine.a, affine.e] + [affine.c, affine.f]
    lon, lat = transform_points(points, crs, GEODETIC).T
    for tile, turned in zip(tiles, grid_convergence_deg(lon, lat, crs).tolist(), strict=True):
        field = influence(rose, reach, cell_m=cell_m, convergence_deg=turned)
        yield tile, tile.widened(len(field) // 2, coarse.geobox), field


def mean_on(shapes: Geometries, coarse: Coarse, values: Floats) -> Floats:
    """Return the mean of a coarse raster over each shape; 0 for one beyond the grid."""
    shares = cell_shares(shapes, coarse.geobox)
    sums, areas = shares.total(values.ravel()[shares.cell]), shares.total()
    return np.divide(sums, areas, out=np.zeros(len(sums)), where=areas > 0)


def hazard_of_sites(
    shapes: Geometries, coarse: Coarse, upwind: dict[str, Floats], parameters: Parameters
) -> pd.DataFrame:
    """Return what drifting sand does to a plant on each site.

    Parameters
    ----------
    shapes : ndarray of geometries, shape (n,)
        Sites.
    coarse : Coarse
        The grid.
    upwind : mapping
        mobile, semi_fixed -> share upwind of each cell [1].
    parameters : Parameters
        ``hazard.*``.

    Returns
    -------
    DataFrame, n rows
        soiling_share, abrasion_share, upkeep_factor [1].

    """
    share = {name: mean_on(shapes, coarse, upwind[name]) for name in SANDS}

    def more(key: str) -> Floats:
        parts = [share[name] * parameters.number(f"hazard.{key}_more.{name}") for name in SANDS]
        return np.asarray(np.sum(parts, axis=0))

    table = pd.DataFrame(
        {
            "soiling_share": parameters.number("hazard.soiling") + more("soiling"),
            "abrasion_share": parameters.number("hazard.abrasion") + more("abrasion"),
            "upkeep_factor": 1.0 + more("upkeep"),
        }
    )
    return table.round(6)
