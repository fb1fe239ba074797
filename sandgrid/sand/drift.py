"""Drift potential: how much sand the wind could move, and where to."""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from sandgrid.sand.wind import DAYS, SECTORS, WindTable

Floats = npt.NDArray[np.float64]

KNOTS_PER_MS: Final = 3600.0 / 1852.0
THRESHOLD_KN: Final = 12.0
SECTOR_DEG: Final = 360.0 / SECTORS
ENERGY: Final = ("low", "medium", "high")
ENERGY_FROM: Final = (200.0, 400.0)
VARIABILITY: Final = ("complex", "bimodal", "unimodal")
VARIABILITY_FROM: Final = (0.3, 0.8)


@dataclass(frozen=True, eq=False)
class Drift:
    """Drift potential of a period.

    Parameters
    ----------
    by_sector : array, shape (16,)
        DP of each sector the wind blows from, 0 = N, clockwise [VU].
    total : float
        DP [VU].
    resultant : float
        RDP [VU].
    toward_deg : float
        RDD, the true direction toward which sand drifts [deg].

    """

    by_sector: Floats
    total: float
    resultant: float
    toward_deg: float

    @property
    def ratio(self) -> float:
        """RDP / DP [1]: 1 where the wind always blows from one side."""
        return self.resultant / self.total if self.total else 0.0

    @property
    def energy(self) -> str:
        """Class of the drift potential: low, medium, high."""
        return ENERGY[int(np.searchsorted(ENERGY_FROM, self.total, side="right"))]

    @property
    def variability(self) -> str:
        """Class of the direction: complex, bimodal, unimodal."""
        return VARIABILITY[int(np.searchsorted(VARIABILITY_FROM, self.ratio, side="right"))]


def drift_terms(edges_ms: Floats, threshold_kn: float = THRESHOLD_KN) -> Floats:
    """Return the mean of V^2 (V - Vt) in each speed bin, V in knots, 0 below the threshold [kn3].

    Parameters
    ----------
    edges_ms : array, shape (bins + 1,)
        Edges of the bins at 10 m [m/s].
    threshold_kn : float
        Vt, 12 knots (6.17 m/s) [kn].

    Returns
    -------
    array, shape (bins,)
        Exact integral over the bin over its width.

    Notes
    -----
    Fryberger (1979), in USGS Professional Paper 1052.

    Examples
    --------
    >>> drift_terms(np.array([12.0, 14.0, 16.0]) / KNOTS_PER_MS).round(1)
    array([178., 686.])

    """
    knots = np.maximum(edges_ms * KNOTS_PER_MS, threshold_kn)
    whole = knots**4 / 4 - threshold_kn * knots**3 / 3
    return np.asarray(np.diff(whole) / (np.diff(edges_ms) * KNOTS_PER_MS))


def resultant(by_sector: Floats) -> Drift:
    """Return the drift of potentials by sector: total, resultant and the direction toward.

    Parameters
    ----------
    by_sector : array, shape (16,)
        DP of each sector the wind blows from [VU].

    Examples
    --------
    >>> west = np.zeros(16)
    >>> west[12] = 30.0
    >>> drift = resultant(west)
    >>> drift.toward_deg, drift.ratio, drift.energy, drift.variability
    (90.0, 1.0, 'low', 'unimodal')

    """
    toward = np.deg2rad(np.arange(len(by_sector)) * (360.0 / len(by_sector)) + 180.0)
    east, north = float(by_sector @ np.sin(toward)), float(by_sector @ np.cos(toward))
    return Drift(
        by_sector=by_sector,
        total=float(by_sector.sum()),
        resultant=float(np.hypot(east, north)),
        toward_deg=float(np.rad2deg(np.arctan2(east, north)).round(9) % 360.0),
    )


def drift_of_wind(wind: WindTable, months: tuple[int, ...] = tuple(range(1, 13))) -> Drift:
    """Return the drift potential of a table of frequencies.

    Parameters
    ----------
    wind : WindTable
        Frequencies of the 10 m wind.
    months : tuple of int
        Which months, each weighted by its days; the drift potential is that of a year of them.

    Notes
    -----
    DP = sum of V^2 (V - Vt) / 100 x t, t the percentage of time; in knots. In m/s figures are
    7.345 times smaller.

    """
    chosen = np.asarray(months) - 1
    days = np.asarray(DAYS)[chosen]
    share = np.tensordot(days / days.sum(), wind.frequency[chosen], axes=1)
    return resultant(np.asarray(share @ drift_terms(wind.edges_ms)))


def rose_share(drift: Drift) -> Floats:
    """Return the share of each sector in the drift potential; all alike where nothing drifts."""
    if not drift.total:
        return np.full(len(drift.by_sector), 1.0 / len(drift.by_sector))
    return np.asarray(drift.by_sector / drift.total)
