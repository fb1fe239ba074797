"""Yield of PV from the irradiation map."""

import numpy as np
import numpy.typing as npt

from sandgrid.params import Parameters

Floats = npt.NDArray[np.float64]


def pv_full_load_hours(ghi_kwh_m2: Floats, parameters: Parameters) -> Floats:
    """Return the yearly yield of a MW of AC capacity before curtailment.

    h = GHI x R x (1 + b) x PR x DC/AC x (1 - clipping), with R the yearly irradiation on the
    tilted plane over that on the horizontal, b the bifacial gain and PR the performance ratio at
    a reference irradiance of 1 kW/m2.

    Parameters
    ----------
    ghi_kwh_m2 : array, shape (n,)
        Irradiation on the horizontal [kWh/m2/a].
    parameters : Parameters
        ``pv.transposition``, ``pv.bifacial_gain``, ``pv.performance_ratio``, ``pv.dc_ac_ratio``,
        ``pv.clipping_loss``.

    Returns
    -------
    array, shape (n,)
        Full-load hours [MWh/MW/a]; NaN where the irradiation is NaN.

    Notes
    -----
    Yield by performance ratio, IEC 61724-1.

    Examples
    --------
    >>> from sandgrid.params import default_parameters
    >>> pv_full_load_hours(np.array([1450.0, np.nan]), default_parameters()).round(0)
    array([1787.,   nan])

    """
    hours_per_kwh_m2 = (
        parameters.number("pv.transposition")
        * (1 + parameters.number("pv.bifacial_gain"))
        * parameters.number("pv.performance_ratio")
        * parameters.number("pv.dc_ac_ratio")
        * (1 - parameters.number("pv.clipping_loss"))
    )
    return ghi_kwh_m2 * hours_per_kwh_m2
