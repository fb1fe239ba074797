"""What wind and sun yield on a site, what it costs, and where turbines stand."""

from sandgrid.energy.cost import annuity, unit_economics
from sandgrid.energy.layout import Lattice, find_turbine_positions
from sandgrid.energy.solar import pv_full_load_hours
from sandgrid.energy.wind import PowerCurve, wind_full_load_hours

__all__ = [
    "Lattice",
    "PowerCurve",
    "annuity",
    "find_turbine_positions",
    "pv_full_load_hours",
    "unit_economics",
    "wind_full_load_hours",
]
