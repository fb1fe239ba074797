"""Power curves of turbines: measured tables, tables scaled to other machines, parametric ones."""

import math
from dataclasses import dataclass
from functools import cache
from importlib import resources

import numpy as np
import numpy.typing as npt
import pandas as pd
import windpowerlib

from sandgrid.errors import InputError
from sandgrid.params import Parameters
from sandgrid.units import KW_PER_MW

Floats = npt.NDArray[np.float64]
PARAMETRIC = "parametric"
CURVE_STEP_MS = 0.1
W_PER_MW = KW_PER_MW * KW_PER_MW


@dataclass(frozen=True, eq=False)
class PowerCurve:
    """Power of a turbine by wind speed in air of a stated density.

    Parameters
    ----------
    label : str
        What it is and where it comes from.
    speeds_ms : array, shape (n,)
        Wind speeds at hub height, ascending [m/s]; below the first and above the last the turbine
        stands still.
    power_mw : array, shape (n,)
        Power [MW].
    density_kg_m3 : float
        Air density for which it holds [kg/m3].

    """

    label: str
    speeds_ms: Floats
    power_mw: Floats
    density_kg_m3: float

    @property
    def rated_mw(self) -> float:
        """The most that it yields [MW]."""
        return float(self.power_mw.max())

    def at(self, speed_ms: Floats, density_kg_m3: float | None = None) -> Floats:
        """Return the power at wind speeds in air of a density [MW].

        Parameters
        ----------
        speed_ms : array
            Wind speeds [m/s].
        density_kg_m3 : float, optional
            Air density; that of the curve by default [kg/m3].

        Notes
        -----
        Wind speed times the cube root of the ratio of densities, for turbines that pitch
        (IEC 61400-12-1); the speeds at which the turbine starts and stops stay.

        """
        density = self.density_kg_m3 if density_kg_m3 is None else density_kg_m3
        equal_ms = speed_ms * (density / self.density_kg_m3) ** (1 / 3)
        runs = (speed_ms >= self.speeds_ms[0]) & (speed_ms <= self.speeds_ms[-1])
        return np.where(runs, np.interp(equal_ms, self.speeds_ms, self.power_mw), 0.0)


@cache
def _library() -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return power curves [W] and turbine data of windpowerlib (open energy platform)."""
    folder = resources.files(windpowerlib) / "oedb"
    curves = pd.read_csv(str(folder / "power_curves.csv"), index_col=0)
    return curves, pd.read_csv(str(folder / "turbine_data.csv")).set_index("turbine_type")


def table_curve(name: str, density_kg_m3: float) -> PowerCurve:
    """Return a power curve of the library as it stands there.

    Parameters
    ----------
    name : str
        Turbine type in windpowerlib, e.g. ``SWT142/3150``.
    density_kg_m3 : float
        Air density for which the library's curves hold [kg/m3].

    Raises
    ------
    InputError
        If the library has no curve of that name.

    Examples
    --------
    >>> table_curve("SWT142/3150", 1.225).rated_mw
    3.15

    """
    curves, _ = _library()
    if name not in curves.index:
        raise InputError("energy-no-curve", {"name": name})
    powers = curves.loc[name].dropna()
    speeds = powers.index.to_numpy().astype(np.float64)
    running = np.flatnonzero(powers.to_numpy() > 0)
    kept = slice(max(running[0] - 1, 0), running[-1] + 1)
    power_mw = powers.to_numpy(dtype=np.float64)[kept] / W_PER_MW
    return PowerCurve(f"{name} (windpowerlib)", speeds[kept], power_mw, density_kg_m3)


def scaled_curve(table: PowerCurve, rotor_m: float, *, rated_mw: float, to_m: float) -> PowerCurve:
    """Return the curve of a machine of other size with the same curve of efficiency.

    Parameters
    ----------
    table : PowerCurve
        Curve of a machine that was measured.
    rotor_m : float
        Its rotor [m].
    rated_mw, to_m : float
        Rated power [MW] and rotor [m] of the machine that is wanted.

    Notes
    -----
    P'(v) = P'r p(v (s / s')^(1/3)) with p the curve over its rated power and s, s' the rated
    power per swept area of both machines; so Cp'(v) = Cp(v (s / s')^(1/3)).  Cut-in and cut-out
    stay.

    Examples
    --------
    >>> small = table_curve("SWT142/3150", 1.225)
    >>> large = scaled_curve(small, 142.0, rated_mw=6.25, to_m=200.0)
    >>> large.label
    'scaled from SWT142/3150 (windpowerlib) to 6.25 MW, 200 m'
    >>> round(float(large.at(np.array([6.0]))[0] / small.at(np.array([6.0]))[0]), 2)
    1.98

    """
    density_ratio = (table.rated_mw / rotor_m**2) / (rated_mw / to_m**2)
    low, high = table.speeds_ms[[0, -1]]
    speeds = np.linspace(low, high, round((high - low) / CURVE_STEP_MS) + 1)
    share = np.interp(speeds * density_ratio ** (1 / 3), table.speeds_ms, table.power_mw)
    label = f"scaled from {table.label} to {rated_mw:g} MW, {to_m:g} m"
    return PowerCurve(label, speeds, share / table.rated_mw * rated_mw, table.density_kg_m3)


def parametric_curve(parameters: Parameters) -> PowerCurve:
    """Return a curve of constant efficiency up to the rated power.

    Parameters
    ----------
    parameters : Parameters
        ``wind.turbine_mw``, ``wind.rotor_m``, ``wind.power_coefficient``, ``wind.cut_in_ms``,
        ``wind.cut_out_ms``, ``wind.curve_density_kg_m3``.

    Notes
    -----
    1/2 rho A Cp v^3, at most the rated power.

    """
    rated_mw, rotor_m = parameters.number("wind.turbine_mw"), parameters.number("wind.rotor_m")
    low, high = parameters.number("wind.cut_in_ms"), parameters.number("wind.cut_out_ms")
    density = parameters.number("wind.curve_density_kg_m3")
    speeds = np.linspace(low, high, round((high - low) / CURVE_STEP_MS) + 1)
    swept_m2 = math.pi * (rotor_m / 2) ** 2
    yielded = 0.5 * density * swept_m2 * speeds**3 * parameters.number("wind.power_coefficient")
    label = f"parametric, {rated_mw:g} MW, {rotor_m:g} m"
    return PowerCurve(label, speeds, np.minimum(yielded / W_PER_MW, rated_mw), density)


def power_curve(parameters: Parameters) -> PowerCurve:
    """Return the power curve that ``wind.curve`` names, scaled to the turbine that is planned.

    Parameters
    ----------
    parameters : Parameters
        ``wind.curve`` (a turbine type of windpowerlib, or ``parametric``), ``wind.turbine_mw``,
        ``wind.rotor_m``, ``wind.curve_density_kg_m3``.

    Examples
    --------
    >>> from sandgrid.params import default_parameters
    >>> power_curve(default_parameters()).rated_mw
    6.25

    """
    name = parameters.text("wind.curve")
    if name == PARAMETRIC:
        return parametric_curve(parameters)
    table = table_curve(name, parameters.number("wind.curve_density_kg_m3"))
    rotor_m = float(_library()[1]["rotor_diameter"].loc[name])
    planned = parameters.number("wind.turbine_mw"), parameters.number("wind.rotor_m")
    if planned == (table.rated_mw, rotor_m):
        return table
    return scaled_curve(table, rotor_m, rated_mw=planned[0], to_m=planned[1])
