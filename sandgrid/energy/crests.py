"""Active crests: mobile dunes that stand out of their surroundings, where nothing is built."""

import numpy as np
import numpy.typing as npt
from scipy.ndimage import uniform_filter

from sandgrid.params import Parameters

Mask = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.floating]


def active_crests(dem: Floats, mobile: Mask, cell_m: float, parameters: Parameters) -> Mask:
    """Return the cells of mobile dunes that rise above their surroundings.

    Parameters
    ----------
    dem : array, shape (rows, columns)
        Heights [m], NaN where unknown.
    mobile : array of bool
        Cells of mobile dunes.
    cell_m : float
        Side of a cell [m].
    parameters : Parameters
        ``wind.crest_height_m`` above the mean of a square of ``wind.crest_window_m``.

    Returns
    -------
    array of bool
        Crests; a cell of unknown height is none.

    Examples
    --------
    >>> from sandgrid.params import default_parameters
    >>> dem = np.zeros((9, 9))
    >>> dem[4, 4], dem[1, 1] = 8.0, 8.0
    >>> mobile = np.zeros((9, 9), dtype=bool)
    >>> mobile[3:6, 3:6] = True
    >>> np.argwhere(active_crests(dem, mobile, 100.0, default_parameters())).tolist()
    [[4, 4]]

    """
    size = max(round(parameters.number("wind.crest_window_m") / cell_m), 1) | 1
    known = np.isfinite(dem)
    share = uniform_filter(known.astype(np.float64), size, mode="nearest")
    heights = uniform_filter(np.where(known, dem, 0.0).astype(np.float64), size, mode="nearest")
    mean = np.divide(heights, share, out=np.zeros_like(heights), where=share > 0)
    rise = np.where(known, dem, -np.inf) - mean
    return np.asarray(mobile & (rise > parameters.number("wind.crest_height_m")))
