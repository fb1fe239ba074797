"""Soil loss by the revised wind erosion equation (RWEQ): of a period, of a year, and its classes.

All functions take arrays and return arrays; NaN in is NaN out.
"""

from typing import Final

import numpy as np
import numpy.typing as npt
from scipy import optimize

Floats = npt.NDArray[np.float64]

T_HA_PER_KG_M2: Final = 10.0
T_KM2_PER_T_HA: Final = 100.0
FIELD_M: Final = 50.0
EXPONENT: Final = 0.3711
SL190: Final = ("slight", "light", "moderate", "strong", "very_strong", "severe")
SL190_FROM_T_KM2: Final = (200.0, 2_500.0, 5_000.0, 8_000.0, 15_000.0)
CHUNK: Final = 1 << 16


def largest_transport(load: Floats) -> Floats:
    """Return the most that wind can carry, Qmax = 109.8 x load [kg/m]; load = WF EF SCF K' C.

    Examples
    --------
    >>> largest_transport(np.array([1.0, np.nan]))
    array([109.8,   nan])

    """
    return np.asarray(109.8 * load)


def critical_length_m(load: Floats) -> Floats:
    """Return the length of field on which 63 % of the most is carried, s = 150.71 load^-0.3711 [m].

    Examples
    --------
    >>> critical_length_m(np.array([1.0, 10.0])).round(1)
    array([150.7,  64.1])

    """
    with np.errstate(divide="ignore"):
        return np.asarray(150.71 * load**-EXPONENT)


def soil_loss(load: Floats) -> Floats:
    """Return the soil loss of one period at 50 m down the field [t/ha].

    SL = 2 z / s^2 x Qmax x exp(-(z/s)^2), z = 50 m, s and Qmax from the load of the period.

    Parameters
    ----------
    load : array
        WF x EF x SCF x K' x C of the period [kg/m].

    Returns
    -------
    array
        Soil loss [t/ha]; 0 where nothing is moved.

    Notes
    -----
    Fryrear et al. (1998), RWEQ; 1 kg/m2 = 10 t/ha. The loss grows with load^1.74 and falls again
    beyond a load of about 100 kg/m per period, where the whole of 50 m is saturated.

    Examples
    --------
    >>> soil_loss(np.array([0.0, 1.0, 10.0, np.nan])).round(2)
    array([  0.  ,   4.33, 145.38,    nan])

    """
    moved = np.asarray(load, dtype=np.float64)
    length = critical_length_m(moved)
    ratio = FIELD_M / length
    loss = 2.0 * FIELD_M / length**2 * largest_transport(moved) * np.exp(-(ratio**2))
    return np.asarray(np.where(moved == 0.0, 0.0, loss * T_HA_PER_KG_M2))


def yearly_loss(
    weather_kg_m: Floats, erodibility: Floats, exponent: Floats, *, share: Floats | None = None
) -> Floats:
    """Return the soil loss of a year, the sum of its periods [t/ha].

    Parameters
    ----------
    weather_kg_m : array, shape (periods,)
        Weather factor WF of each period [kg/m].
    erodibility : array
        EF x SCF x K' [1].
    exponent : array, shape of ``erodibility``
        a x cover % [1]: the vegetation factor is exp(-exponent).
    share : array, shape (periods,), optional
        Share of the year's cover that stands in each period, 1 by default [1].

    Returns
    -------
    array
        The same as the sum of :func:`soil_loss` over the periods, in one pass over blocks: powers
        of the load are taken once, not once a period.

    Examples
    --------
    >>> weather = np.array([10.0, 0.0, 20.0])
    >>> yearly_loss(weather, np.array([0.5, 0.5]), np.array([0.0, np.nan])).round(3)
    array([200.868,     nan])
    >>> soil_loss(0.5 * weather).sum().round(3).item()
    200.868

    """
    standing = np.ones(len(weather_kg_m)) if share is None else share
    terms = _terms(weather_kg_m, standing)
    flat, raised = np.ravel(erodibility), np.ravel(exponent)
    result = np.where(np.isnan(flat) | np.isnan(raised), np.nan, 0.0)
    losing = np.flatnonzero((flat > 0) & np.isfinite(raised))
    for start in range(0, losing.size, CHUNK):
        part = losing[start : start + CHUNK]
        result[part] = _chunk(terms, flat[part], raised[part])
    return result.reshape(np.shape(erodibility))


def _terms(weather: Floats, share: Floats) -> dict[float, list[tuple[float, float, int]]]:
    """Return what a period multiplies by: share -> (WF^(1+2e), (z/150.71)^2 WF^2e, periods)."""
    grouped: dict[float, dict[float, int]] = {}
    for factor, standing in zip(weather.tolist(), share.tolist(), strict=True):
        alike = grouped.setdefault(standing, {})
        alike[factor] = alike.get(factor, 0) + 1
    squared = (FIELD_M / 150.71) ** 2
    return {
        standing: [
            (wf ** (1 + 2 * EXPONENT), squared * wf ** (2 * EXPONENT), count)
            for wf, count in alike.items()
            if wf > 0
        ]
        for standing, alike in grouped.items()
    }


def _chunk(
    terms: dict[float, list[tuple[float, float, int]]], erodibility: Floats, exponent: Floats
) -> Floats:
    """Return the loss of a block: 2 z 109.8 / 150.71^2 x sum of load^1.74 exp(-(z/s)^2) [t/ha]."""
    scale = 2.0 * FIELD_M * 109.8 / 150.71**2 * T_HA_PER_KG_M2
    total = np.zeros(len(erodibility))
    for standing, periods in terms.items():
        load = erodibility * np.exp(-exponent * standing)
        power = load ** (2 * EXPONENT)
        sums = np.zeros(len(load))
        for grown, damped, count in periods:
            sums += count * grown * np.exp(-damped * power)
        total += load * power * sums
    return np.asarray(scale * total)


def cover_gain_for_ratio(
    weather_kg_m: Floats, erodibility: Floats, exponent: Floats, *, ratio: float, per_cover: Floats
) -> float:
    """Return the gain of cover, the same everywhere, that divides the summed loss by a ratio.

    Parameters
    ----------
    weather_kg_m, erodibility, exponent : array
        As of :func:`yearly_loss`; the exponent is that of today's cover.
    ratio : float
        Loss today over loss after, at least 1 [1].
    per_cover : array, shape of ``exponent``
        How much the exponent grows per unit of cover, 100 a [1].

    Returns
    -------
    float
        Gain of cover [1].

    Examples
    --------
    >>> weather, one = np.array([20.0]), np.array([0.5])
    >>> gain = cover_gain_for_ratio(weather, one, 6.58 * np.array([0.2]), ratio=2.06,
    ...                             per_cover=np.array([6.58]))
    >>> before, after = (yearly_loss(weather, one, 6.58 * np.array([0.2 + g])) for g in (0, gain))
    >>> (before / after).round(4).item()
    2.06

    """

    def above(gain: float) -> float:
        after = yearly_loss(weather_kg_m, erodibility, exponent + gain * per_cover)
        return float(np.nansum(after) * ratio / today - 1.0)

    today = float(np.nansum(yearly_loss(weather_kg_m, erodibility, exponent)))
    return float(optimize.brentq(above, 0.0, 1.0, xtol=1e-6))


def sl190_class(loss_t_per_ha: Floats) -> npt.NDArray[np.int8]:
    """Return the class of wind erosion by SL 190-2007: position in SL190, -1 where unknown.

    Slight below 200 t/(km2 a), light from 200, moderate from 2,500, strong from 5,000, very strong
    from 8,000, severe from 15,000.

    Examples
    --------
    >>> sl190_class(np.array([1.99, 2.0, 25.0, 50.0, 80.0, 149.9, 150.0, np.nan])).tolist()
    [0, 1, 2, 3, 4, 4, 5, -1]

    """
    per_km2 = np.asarray(loss_t_per_ha, dtype=np.float64) * T_KM2_PER_T_HA
    found = np.searchsorted(SL190_FROM_T_KM2, per_km2, side="right").astype(np.int8)
    return np.where(np.isfinite(per_km2), found, np.int8(-1)).astype(np.int8)


def share_kept(
    weather_kg_m: Floats, erodibility: Floats, before: Floats, after: Floats, *, coefficient: float
) -> Floats:
    """Return the share of today's loss that a gain of cover keeps; a loss of cover keeps nothing.

    Parameters
    ----------
    weather_kg_m : array, shape (periods,)
        Weather factor of each period [kg/m].
    erodibility : array, shape (n,)
        EF x SCF x K' [1].
    before, after : array, shape (n,)
        Vegetation cover, 0 to 1 [1].
    coefficient : float
        a of the vegetation factor [1/%].

    Returns
    -------
    array, shape (n,)
        Share kept, 0 to 1 [1]; NaN where an input is NaN.

    Examples
    --------
    >>> share_kept(np.array([20.0]), np.array([0.5, 0.5, 0.5]), np.array([0.05, 0.3, np.nan]),
    ...            np.array([0.3, 0.2, 0.3]), coefficient=0.0658).round(3)
    array([0.92, 0.  ,  nan])

    """
    today, then = (
        yearly_loss(weather_kg_m, erodibility, 100.0 * coefficient * cover)
        for cover in (before, np.maximum(before, after))
    )
    return np.asarray(1.0 - np.divide(then, today, out=np.ones_like(then), where=today != 0))
