"""Frequencies of the 10 m wind by month, sector and speed, after the Naiman station."""

import numpy as np
import pandas as pd

from sandgrid.demo.arithmetic import Floats, exact_exp
from sandgrid.demo.tables import demo_table
from sandgrid.params import Parameters

SECTORS = 16
_SPRING = (3, 4, 5)
_TOP_MS = 26
_QUARTER_PI = 0.785_398_163_397_448_3


def wind_frequencies(parameters: Parameters) -> pd.DataFrame:
    """Return the table of wind frequencies.

    Returns
    -------
    DataFrame
        month, sector (0 = N, clockwise, the direction it blows from), speed_bin_ms_low,
        speed_bin_ms_high, frequency (share of the hours of the month; a month sums to 1).

    Notes
    -----
    Speeds follow Rayleigh distributions. The direction shares of sand-driving wind (at least
    5 m/s) are those published for spring and for the year.

    """
    months = demo_table("wind_months")
    parts = [
        _month_rows(month, _joint(month, mean_ms, parameters))
        for month, mean_ms in zip(months["month"].tolist(), months["mean_ms"].tolist(), strict=True)
    ]
    return pd.concat(parts, ignore_index=True)


def sand_driving_share(month: int) -> Floats:
    """Return the direction shares of sand-driving wind in one month."""
    sectors = demo_table("wind_sectors")
    season = "spring" if month in _SPRING else "rest"
    share = sectors[f"{season}_percent"].to_numpy(float)
    return share / float(share.sum())


def _joint(month: int, mean: float, parameters: Parameters) -> Floats:
    """Return frequency by sector and 1 m/s bin, rounded to 1e-6, summing to 1 exactly."""
    strength = demo_table("wind_sectors")["strength"].to_numpy(float)
    speeds = mean * strength
    threshold = parameters.number("demo.sand_driving_ms")
    weight = sand_driving_share(month) / _exceed(speeds, threshold)
    weight = weight / float(np.cumsum(weight)[-1])
    scale = mean / float(np.cumsum(weight * speeds)[-1])
    edges = np.arange(_TOP_MS + 1, dtype=np.float64)
    above = np.array([_exceed(speeds * scale, edge) for edge in edges]).T
    above[:, -1] = 0.0
    joint = weight[:, None] * (above[:, :-1] - above[:, 1:])
    return _whole(joint)


def _exceed(mean_ms: Floats, speed_ms: float) -> Floats:
    """Return how often a Rayleigh wind of each mean reaches a speed."""
    ratio = speed_ms / mean_ms
    return exact_exp(-_QUARTER_PI * ratio * ratio)


def _whole(joint: Floats) -> Floats:
    """Round to millionths; the largest entry takes what is left to 1."""
    parts = np.rint(joint * 1e6).astype(np.int64)
    flat = parts.ravel()
    flat[int(flat.argmax())] += 1_000_000 - int(flat.sum())
    return flat.reshape(joint.shape) / 1e6


def _month_rows(month: int, joint: Floats) -> pd.DataFrame:
    sector, low = np.indices(joint.shape)
    return pd.DataFrame(
        {
            "month": month,
            "sector": sector.ravel(),
            "speed_bin_ms_low": low.ravel(),
            "speed_bin_ms_high": low.ravel() + 1,
            "frequency": joint.ravel(),
        }
    )
