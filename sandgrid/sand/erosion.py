"""Soil that treatment keeps from the wind."""

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


def soil_retained(
    loss_t_per_ha: Floats, cover_before: Floats, cover_after: Floats, *, coefficient: float
) -> Floats:
    """Return the soil that a gain of cover retains each year.

    The vegetation factor of wind erosion is C = exp(-a x cover %), so that a gain of cover keeps
    the share 1 - exp(-a x (after - before) x 100) of today's loss; a loss of cover keeps nothing.

    Parameters
    ----------
    loss_t_per_ha : array, shape (n,)
        Soil loss at today's cover [t/ha/a].
    cover_before, cover_after : array, shape (n,)
        Vegetation cover, 0 to 1 [1].
    coefficient : float
        a [1/%].

    Returns
    -------
    array, shape (n,)
        Soil retained [t/ha/a]; NaN where an input is NaN.

    Notes
    -----
    Vegetation factor of 环办生态〔2017〕48号.

    Examples
    --------
    >>> import numpy as np
    >>> loss = np.array([60.0, 60.0, np.nan])
    >>> soil_retained(loss, np.array([0.05, 0.3, 0.1]), np.array([0.3, 0.2, 0.3]),
    ...               coefficient=0.0658).round(2)
    array([48.42,  0.  ,   nan])

    """
    gain_percent = np.maximum(cover_after - cover_before, 0.0) * 100.0
    return loss_t_per_ha * -np.expm1(-coefficient * gain_percent)
