"""Wind erosion of a tile of cells: what its soil, land class, cover and height make of the wind."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from sandgrid.params import Parameters
from sandgrid.sand.erosion import (
    Soil,
    crust_factor,
    erodible_fraction,
    ridge_roughness_cm,
    roughness_factor,
)
from sandgrid.sand.loss import yearly_loss
from sandgrid.sand.wind import air_density, periods

Floats = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]
Codes = Mapping[str, tuple[int, ...]]
M_PER_KM: Final = 1_000.0
CODES: Final = 256


@dataclass(frozen=True, eq=False)
class Cells:
    """What erosion needs to know of each cell.

    Parameters
    ----------
    cover : array, shape (rows, columns)
        Vegetation cover [1]; NaN where unknown.
    elevation_m : array
        Elevation [m].
    land, soil : int array
        Codes of land class and texture; 0 where unknown.
    sandy : bool array
        Land of the sand inventory, which takes the coefficient of sand.

    """

    cover: Floats
    elevation_m: Floats
    land: npt.NDArray[Any]
    soil: npt.NDArray[Any]
    sandy: Mask


@dataclass(frozen=True, eq=False)
class Erodibility:
    """Factors by code.

    Parameters
    ----------
    soil : array, shape (256,)
        EF x SCF x K' by texture code; that of the default texture where there is no map [1].
    coefficient : array, shape (256,)
        a of the vegetation factor by land class code [1/%]; NaN where nothing blows away (water,
        built land, roads).
    sandy : float
        a of sandy land [1/%].

    """

    soil: Floats
    coefficient: Floats
    sandy: float


def erodibility_by_code(land: Codes, soil: Codes, parameters: Parameters) -> Erodibility:
    """Return the factors of the codes of two maps.

    Parameters
    ----------
    land, soil : mapping
        Class -> codes; empty where there is no map.
    parameters : Parameters
        ``sand.*``, ``soil.percent.*``.

    """
    usual = soil_factor(parameters.text("sand.texture"), parameters)
    by_texture = np.full(CODES, usual)
    for name in parameters.below("soil.percent"):
        by_texture[list(soil.get(name, ()))] = soil_factor(name, parameters)
    coefficient = np.full(CODES, np.nan)
    for name in parameters.below("sand.coefficient"):
        coefficient[list(land.get(name, ()))] = parameters.number(f"sand.coefficient.{name}")
    sandy = parameters.number("sand.cover_coefficient")
    return Erodibility(by_texture, coefficient if land else np.full(CODES, sandy), sandy)


def soil_factor(texture: str, parameters: Parameters) -> float:
    """Return EF x SCF x K' of a texture [1].

    Examples
    --------
    >>> from sandgrid.params import default_parameters
    >>> round(soil_factor("sand", default_parameters()), 3)
    0.589

    """
    soil = Soil(*parameters.numbers(f"soil.percent.{texture}"))
    ridge = ridge_roughness_cm(
        parameters.number("sand.ridge_height_cm"), parameters.number("sand.ridge_spacing_cm")
    )
    return float(erodible_fraction(soil) * crust_factor(soil) * roughness_factor(ridge))


def erodibility_of(cells: Cells, factors: Erodibility) -> Floats:
    """Return EF x SCF x K' of each cell, thinner air at its height counted in [1]."""
    thinner = air_density(cells.elevation_m / M_PER_KM, 0.0) / air_density(0.0, 0.0)
    return np.asarray(factors.soil[cells.soil] * thinner)


def exponent_of(cells: Cells, factors: Erodibility) -> Floats:
    """Return a x cover % of each cell [1]; NaN where nothing blows away or cover is unknown."""
    return np.asarray(100.0 * coefficient_of(cells, factors) * cells.cover)


def coefficient_of(cells: Cells, factors: Erodibility) -> Floats:
    """Return a of each cell [1/%]: of sand on sandy open land, else of the land class."""
    by_class = factors.coefficient[cells.land]
    open_land = by_class < factors.coefficient[np.isfinite(factors.coefficient)].max()
    return np.asarray(np.where(cells.sandy & open_land, factors.sandy, by_class))


def loss_of(
    cells: Cells, factors: Erodibility, weather_kg_m: Floats, parameters: Parameters
) -> tuple[Floats, Floats]:
    """Return erodibility [1] and soil loss [t/ha/a] of each cell.

    Land from which nothing blows away loses 0; where cover or height is unknown both are NaN.
    """
    erodibility = erodibility_of(cells, factors)
    coefficient = coefficient_of(cells, factors)
    exponent = 100.0 * np.where(np.isnan(coefficient), 0.0, coefficient) * cells.cover
    kept = np.where(np.isnan(coefficient), 0.0, erodibility)
    return erodibility, yearly_loss(periods(weather_kg_m, parameters), kept, exponent)
