"""Factors of the revised wind erosion equation (RWEQ): soil, crust, roughness, vegetation.

All functions take arrays and return arrays; NaN in is NaN out.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Soil:
    """Composition of the soil in percent of mass.

    Parameters
    ----------
    sand, silt, clay, organic, carbonate : array or float
        Sand, silt, clay, organic matter, calcium carbonate [%].

    """

    sand: Floats | float
    silt: Floats | float
    clay: Floats | float
    organic: Floats | float
    carbonate: Floats | float


def erodible_fraction(soil: Soil) -> Floats:
    """Return the share of the soil that wind can move.

    EF = (29.09 + 0.31 Sa + 0.17 Si + 0.33 Sa/Cl - 2.59 OM - 0.95 CaCO3) / 100, every term held
    within the range in which it was measured: Sa 5.5 to 93.6, Si 0.5 to 69.5, Cl 5 to 39.3,
    OM 0.18 to 4.79 %, Sa/Cl 1.2 to 53.

    Parameters
    ----------
    soil : Soil
        Composition [%].

    Returns
    -------
    array
        Erodible fraction, 0 to 1 [1].

    Notes
    -----
    Fryrear et al. (1998), RWEQ; ranges of Fryrear et al. (1994). Sand of the Horqin Sandy Land
    has 1 to 5 % clay, below what was measured: it is taken as 5 %.

    Examples
    --------
    >>> erodible_fraction(Soil(94.0, 4.0, 2.0, 0.4, 0.5)).round(4).item()
    0.6345

    """
    sand, clay = np.clip(soil.sand, 5.5, 93.6), np.clip(soil.clay, 5.0, 39.3)
    silt, organic = np.clip(soil.silt, 0.5, 69.5), np.clip(soil.organic, 0.18, 4.79)
    ratio = np.clip(sand / clay, 1.2, 53.0)
    terms = 29.09 + 0.31 * sand + 0.17 * silt + 0.33 * ratio - 2.59 * organic
    return np.asarray(np.clip((terms - 0.95 * np.asarray(soil.carbonate)) / 100.0, 0.0, 1.0))


def crust_factor(soil: Soil) -> Floats:
    """Return the soil crust factor SCF = 1 / (1 + 0.0066 Cl^2 + 0.021 OM^2).

    Notes
    -----
    Fryrear et al. (1998), RWEQ.

    Examples
    --------
    >>> crust_factor(Soil(94.0, 4.0, 2.0, 0.4, 0.5)).round(4).item()
    0.9711

    """
    clay, organic = np.asarray(soil.clay), np.asarray(soil.organic)
    return np.asarray(1.0 / (1.0 + 0.0066 * clay**2 + 0.021 * organic**2))


def ridge_roughness_cm(height_cm: Floats | float, spacing_cm: Floats | float) -> Floats:
    """Return the roughness of ridges Kr = 0.2 dH^2 / L [cm].

    Examples
    --------
    >>> ridge_roughness_cm(5.0, 50.0).item()
    0.1

    """
    return np.asarray(0.2 * np.asarray(height_cm) ** 2 / spacing_cm)


def roughness_factor(ridge_cm: Floats | float, chain: Floats | float = 0.0) -> Floats:
    """Return the soil roughness factor K' = exp(1.86 Kr - 2.41 Kr^0.934 - 0.127 Crr).

    Parameters
    ----------
    ridge_cm : array or float
        Ridge roughness Kr [cm]; the factor falls up to about 4 cm, where it was measured.
    chain : array or float
        Chain random roughness Crr [%].

    Notes
    -----
    Fryrear et al. (1998), RWEQ.

    Examples
    --------
    >>> roughness_factor(0.0).item(), roughness_factor(0.1).round(4).item()
    (1.0, 0.9098)

    """
    ridge = np.asarray(ridge_cm, dtype=np.float64)
    return np.asarray(np.exp(1.86 * ridge - 2.41 * ridge**0.934 - 0.127 * np.asarray(chain)))


def flat_residue_factor(cover_percent: Floats) -> Floats:
    """Return the factor of flat residue, exp(-0.0438 SC), SC its cover [%]; RWEQ.

    Examples
    --------
    >>> flat_residue_factor(np.array([0.0, 30.0])).round(3)
    array([1.   , 0.269])

    """
    return np.asarray(np.exp(-0.0438 * cover_percent))


def standing_residue_factor(silhouette_cm2_m2: Floats) -> Floats:
    """Return the factor of standing residue, exp(-0.0344 SA^0.6413), SA its silhouette; RWEQ.

    Examples
    --------
    >>> standing_residue_factor(np.array([0.0, 100.0])).round(3)
    array([1.   , 0.517])

    """
    return np.asarray(np.exp(-0.0344 * silhouette_cm2_m2**0.6413))


def canopy_factor(canopy: Floats) -> Floats:
    """Return the factor of a growing canopy, exp(-5.614 cc^0.7366), cc its cover 0 to 1; RWEQ.

    Examples
    --------
    >>> canopy_factor(np.array([0.0, 0.3])).round(3)
    array([1.   , 0.099])

    """
    return np.asarray(np.exp(-5.614 * canopy**0.7366))


def vegetation_factor(cover: Floats, coefficient: Floats | float) -> Floats:
    """Return the vegetation factor C = exp(-a x cover %).

    Parameters
    ----------
    cover : array
        Vegetation cover, 0 to 1 [1].
    coefficient : array or float
        a of the land class: forest 0.1535, grass 0.1151, shrub 0.0921, bare 0.0768, sand 0.0658,
        crop 0.0438 [1/%].

    Notes
    -----
    环办生态〔2017〕48号, guide to red lines of ecological protection.

    Examples
    --------
    >>> vegetation_factor(np.array([0.0, 0.3, np.nan]), 0.0658).round(4)
    array([1.    , 0.1389,    nan])

    """
    return np.asarray(np.exp(-100.0 * coefficient * cover))
