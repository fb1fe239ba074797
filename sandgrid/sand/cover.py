"""Vegetation cover, dune class and degree of sandification."""

from collections.abc import Mapping
from typing import Final

import numpy as np
import numpy.typing as npt

from sandgrid.errors import InputError
from sandgrid.params import Parameters

Floats = npt.NDArray[np.float64]
Codes = npt.NDArray[np.int8]

DETAILS: Final = ("mobile", "semi_mobile", "semi_fixed", "fixed")
CLASSES: Final = ("mobile", "semi_fixed", "fixed")
CLASS_OF_DETAIL: Final[Mapping[str, str]] = {
    "mobile": "mobile",
    "semi_mobile": "semi_fixed",
    "semi_fixed": "semi_fixed",
    "fixed": "fixed",
}


def cover_from_ndvi(ndvi: Floats, bare: Floats | float, dense: Floats | float) -> Floats:
    """Return vegetation cover by the dimidiate pixel model.

    A cell is part bare soil, part dense plants: cover = (NDVI - bare) / (dense - bare), held
    between 0 and 1.

    Parameters
    ----------
    ndvi : array
        Normalised difference vegetation index, -1 to 1 [1].
    bare, dense : array or float
        NDVI of bare soil and of full cover, the same everywhere or by cell [1].

    Returns
    -------
    array, shape of ``ndvi``
        Cover, 0 to 1 [1]; NaN where an input is NaN.

    Raises
    ------
    InputError
        If dense plants are not greener than bare soil somewhere.

    Notes
    -----
    Li M. M. (2003), dimidiate pixel model; the July to August composite serves for the dune class,
    that of March to May for erosion.

    Examples
    --------
    >>> cover_from_ndvi(np.array([0.05, 0.455, 0.95, -0.2, np.nan]), 0.05, 0.86)
    array([0. , 0.5, 1. , 0. , nan])

    """
    span = np.asarray(dense, dtype=np.float64) - bare
    if (span <= 0).any():
        raise InputError("sand-end-members", {"bare": float(np.max(bare)), "dense": dense})
    return np.asarray(np.clip((ndvi - bare) / span, 0.0, 1.0), dtype=np.float64)


def end_members(
    ndvi: Floats, classes: npt.NDArray[np.integer], percentiles: tuple[float, float]
) -> dict[int, tuple[float, float]]:
    """Return the NDVI of bare soil and of full cover for each land class.

    Parameters
    ----------
    ndvi : array
        Index [1]; NaN takes no part.
    classes : int array, shape of ``ndvi``
        Land class of each cell; negative takes no part.
    percentiles : tuple of float
        Cumulative shares that stand for bare and dense, such as (5, 95) [%].

    Returns
    -------
    dict
        Class -> (bare, dense) [1].

    Examples
    --------
    >>> ndvi = np.linspace(0.0, 1.0, 101)
    >>> bare, dense = end_members(ndvi, np.ones(101, dtype=np.int8), (5, 95))[1]
    >>> round(bare, 2), round(dense, 2)
    (0.05, 0.95)

    """
    known = np.isfinite(ndvi) & (classes >= 0)
    return {
        int(number): _range(ndvi[known & (classes == number)], percentiles)
        for number in np.unique(classes[known])
    }


def _range(values: Floats, percentiles: tuple[float, float]) -> tuple[float, float]:
    low, high = np.percentile(values, percentiles)
    return float(low), float(high)


def cover_by_class(
    ndvi: Floats, classes: npt.NDArray[np.integer], members: Mapping[int, tuple[float, float]]
) -> Floats:
    """Return vegetation cover with the end members of each cell's land class.

    Parameters
    ----------
    ndvi : array
        Index [1].
    classes : int array, shape of ``ndvi``
        Land class of each cell.
    members : mapping
        Class -> (bare, dense) [1].

    Returns
    -------
    array
        Cover [1]; NaN where the class has no end members or NDVI is NaN.

    Examples
    --------
    >>> cover_by_class(np.array([0.3, 0.3, 0.3]), np.array([1, 2, 3]),
    ...                {1: (0.1, 0.5), 2: (0.2, 0.7)}).round(3)
    array([0.5, 0.2, nan])

    """
    result = np.full(ndvi.shape, np.nan)
    for number, (bare, dense) in members.items():
        here = classes == number
        result[here] = cover_from_ndvi(ndvi[here], bare, dense)
    return result


def dune_details(cover: Floats, parameters: Parameters) -> Codes:
    """Return the dune class in detail by cover: position in DETAILS, -1 where cover is unknown.

    Parameters
    ----------
    cover : array
        Vegetation cover [1].
    parameters : Parameters
        ``sand.class_below.mobile``, ``.semi_mobile``, ``.semi_fixed``: upper limits of cover.

    Notes
    -----
    GB/T 24255-2009: mobile below 10 %, semi-fixed below 30 %, fixed from 30 %; reports of the
    Horqin Sandy Land split semi-mobile (半流动) off the semi-fixed land.

    Examples
    --------
    >>> from sandgrid.params import default_parameters
    >>> dune_details(np.array([0.0999, 0.1, 0.2, 0.3, np.nan]), default_parameters()).tolist()
    [0, 1, 2, 3, -1]

    """
    limits = [parameters.number(f"sand.class_below.{name}") for name in DETAILS[:-1]]
    found = np.searchsorted(limits, cover, side="right").astype(np.int8)
    return np.where(np.isfinite(cover), found, np.int8(-1)).astype(np.int8)


def class_of_cover(cover: Floats, parameters: Parameters) -> npt.NDArray[np.object_]:
    """Return the dune class by cover: mobile, semi_fixed, fixed; empty where cover is unknown.

    Examples
    --------
    >>> from sandgrid.params import default_parameters
    >>> class_of_cover(np.array([0.05, 0.15, 0.5, np.nan]), default_parameters()).tolist()
    ['mobile', 'semi_fixed', 'fixed', '']

    """
    names = np.asarray([*(CLASS_OF_DETAIL[name] for name in DETAILS), ""], dtype=object)
    return np.asarray(names[dune_details(cover, parameters)], dtype=object)


def detail_within(
    dune_class: npt.NDArray[np.object_], cover: Floats, parameters: Parameters
) -> npt.NDArray[np.object_]:
    """Return the class in detail where the class is given: only semi-fixed land is told apart.

    Examples
    --------
    >>> from sandgrid.params import default_parameters
    >>> classes = np.array(["mobile", "semi_fixed", "semi_fixed", "fixed"], dtype=object)
    >>> detail_within(classes, np.array([0.4, 0.19, 0.2, 0.1]), default_parameters()).tolist()
    ['mobile', 'semi_mobile', 'semi_fixed', 'fixed']

    """
    split = parameters.number("sand.class_below.semi_mobile")
    sparse = (dune_class == "semi_fixed") & (cover < split)
    return np.where(sparse, "semi_mobile", dune_class).astype(object)
