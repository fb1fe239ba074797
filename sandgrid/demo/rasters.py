"""Rasters of the bundled city, block by block at any resolution."""

from collections.abc import Callable, Mapping

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from sandgrid.demo.arithmetic import Floats
from sandgrid.demo.city import City
from sandgrid.demo.fields import elevation_m, irradiation_kwh, rain_mm, wind_speed_ms
from sandgrid.demo.grids import Grid, burn
from sandgrid.demo.landscape import FIXED, MOBILE, SEMI_FIXED
from sandgrid.demo.noise import Integers, layered_noise, smooth_noise
from sandgrid.demo.tables import class_values
from sandgrid.params import Parameters

_WARP_M = 130.0
# where the texture of a class passes from one finer class to the next
_IRRIGATED, _OTHER_GRASS, _SILTY, _PURE_SAND = 0.05, 0.42, 0.3, 0.25
_BOUNDS = {MOBILE: (1, 9), SEMI_FIXED: (10, 29), FIXED: (30, 92), 0: (0, 97)}


def draw_block(role: str, city: City, block: Grid, parameters: Parameters) -> Floats:
    """Return the values of one raster on one block of cells.

    Parameters
    ----------
    role : str
        land_class, cover, dem, wind_speed, soil, ghi or rain.
    city : City
        The city.
    block : Grid
        Any grid inside the city's rectangle.
    parameters : Parameters
        With the section ``demo``.

    Returns
    -------
    (rows, cols) array
        Values in the unit of the role, not masked.

    """
    draw: Mapping[str, Callable[[City, Grid, Parameters], Floats]] = {
        "land_class": _land_class,
        "cover": _cover,
        "dem": _dem,
        "wind_speed": lambda c, g, p: wind_speed_ms(g, p, seed=c.part_seed("wind")),
        "soil": _soil,
        "ghi": lambda c, g, p: irradiation_kwh(g, p, seed=c.part_seed("rasters") + 1),
        "rain": lambda c, g, _: rain_mm(g, seed=c.part_seed("rasters") + 2),
    }
    return draw[role](city, block, parameters)


def _base_cells(city: City, block: Grid) -> tuple[Integers, Integers]:
    """Return row and column of the base cell for each cell, shaken so that borders look natural."""
    seed = city.part_seed("rasters") + 10
    waves = (900.0, 400.0)
    dx = layered_noise(block.x_m, block.y_m, wavelengths_m=waves, seed=seed)
    dy = layered_noise(block.x_m, block.y_m, wavelengths_m=waves, seed=seed + 1)
    base = city.landscape.grid
    rows = base.rows_of(block.y_m[:, None] + _WARP_M * dy)
    cols = base.columns_of(block.x_m[None, :] + _WARP_M * dx)
    return rows, cols


def _land_class(city: City, block: Grid, _: Parameters) -> Floats:
    rows, cols = _base_cells(city, block)
    land = city.landscape.land[rows, cols]
    land = _varied(land, block, seed=city.part_seed("rasters") + 20)
    over = city.overlays.on(block)
    return np.where(over > 0, over, land).astype(np.float64)


def _varied(land: Integers, block: Grid, *, seed: int) -> Integers:
    """Split arable land and grassland into their finer classes."""
    values = class_values()
    kind = smooth_noise(block.x_m, block.y_m, wavelength_m=7_000, seed=seed)
    wet = (land == values["0103"]) & (kind > _IRRIGATED)
    land = np.where(wet, values["0102"], land)
    other = (land == values["0401"]) & (kind > _OTHER_GRASS)
    return np.where(other, values["0404"], land)


def _cover(city: City, block: Grid, _: Parameters) -> Floats:
    rows, cols = _base_cells(city, block)
    base = city.landscape.cover[rows, cols]
    dune = city.landscape.dune[rows, cols]
    texture = layered_noise(
        block.x_m, block.y_m, wavelengths_m=(1_700.0, 700.0), seed=city.part_seed("rasters") + 30
    )
    cover = np.floor(base + 0.09 * base * texture + 0.5)
    for kind, (low, high) in _BOUNDS.items():
        cover = np.where(dune == kind, np.clip(cover, low, high), cover)
    over = city.overlays.on(block)
    values = class_values()
    cover = np.where(over > 0, 10, cover)
    return np.where(np.isin(over, [values["1101"], values["1102"]]), 0, cover) / 100.0


def _dem(city: City, block: Grid, _: Parameters) -> Floats:
    base = city.landscape.grid
    sandy = (city.landscape.dune > 0).astype(np.float64)
    share = ndimage.uniform_filter(sandy, size=9)
    near = share[base.rows_of(block.y_m)][:, base.columns_of(block.x_m)]
    return elevation_m(block, near, seed=city.part_seed("rasters") + 40)


def _soil(city: City, block: Grid, _: Parameters) -> Floats:
    rows, cols = _base_cells(city, block)
    dune, land = city.landscape.dune[rows, cols], city.landscape.land[rows, cols]
    values, soils = class_values(), class_values("soil_texture")
    seed = city.part_seed("rasters") + 50
    kind = smooth_noise(block.x_m, block.y_m, wavelength_m=11_000, seed=seed)
    soil = np.where(kind > 0, soils["sandy_loam"], soils["loam"])
    soil = np.where((land == values["0103"]) & (kind > _SILTY), soils["silt_loam"], soil)
    soil = np.where(land == values["1204"], soils["clay_loam"], soil)
    soil = np.where(dune == FIXED, soils["loamy_sand"], soil)
    loose = (dune == MOBILE) | (dune == SEMI_FIXED) | ((dune == FIXED) & (kind > _PURE_SAND))
    result: Floats = np.where(loose, soils["sand"], soil).astype(np.float64)
    return result


def scaled(values: Floats, scale: float, step: int) -> npt.NDArray[np.int64]:
    """Return values as whole multiples of a scale, held to every `step`-th of them.

    Examples
    --------
    >>> scaled(np.array([7.03]), 0.01, 4).tolist()
    [704]

    """
    return (np.rint(values / (scale * step)) * step).astype(np.int64)


def city_mask(outlines: np.ndarray, block: Grid) -> npt.NDArray[np.bool_]:
    """Return the cells whose centre lies in one of the outlines."""
    inside: npt.NDArray[np.bool_] = (
        burn(outlines, np.ones(len(outlines), dtype=np.int64), block) > 0
    )
    return inside
