"""What wind and sun yield on a site, what it costs, and where turbines stand."""

from sandgrid.energy.cost import annuity, unit_economics
from sandgrid.energy.layout import Lattice, find_turbine_positions, pad_polygons, wind_lattice
from sandgrid.energy.solar import pv_full_load_hours
from sandgrid.energy.wind import PowerCurve, prevailing_from_deg, wind_full_load_hours

__all__ = [
    "Lattice",
    "PowerCurve",
    "annuity",
    "find_turbine_positions",
    "pad_polygons",
    "prevailing_from_deg",
    "pv_full_load_hours",
    "unit_economics",
    "wind_full_load_hours",
    "wind_lattice",
]
