"""What wind and sun yield on a site, what it costs, and where turbines stand."""

from sandgrid.energy.cost import annuity, unit_economics
from sandgrid.energy.curves import PowerCurve, power_curve
from sandgrid.energy.layout import Lattice, find_turbine_positions, pad_polygons, wind_lattice
from sandgrid.energy.solar import PvSites, pv_full_load_hours
from sandgrid.energy.wind import WindSites, prevailing_from_deg, wind_full_load_hours

__all__ = [
    "Lattice",
    "PowerCurve",
    "PvSites",
    "WindSites",
    "annuity",
    "find_turbine_positions",
    "pad_polygons",
    "power_curve",
    "prevailing_from_deg",
    "pv_full_load_hours",
    "unit_economics",
    "wind_full_load_hours",
    "wind_lattice",
]
