"""Hubs, trunks and substations: how power leaves a site."""

from sandgrid.power.connections import Connections, buildable_mw, connect_sites
from sandgrid.power.hubs import find_hubs, link_sites
from sandgrid.power.routes import Routes, find_routes
from sandgrid.power.routing import Path, find_paths, least_costs
from sandgrid.power.substations import SubstationTables, read_substations
from sandgrid.power.surface import Surface, lay_surface, surface_roles
from sandgrid.power.trunks import list_trunks

__all__ = [
    "Connections",
    "Path",
    "Routes",
    "SubstationTables",
    "Surface",
    "buildable_mw",
    "connect_sites",
    "find_hubs",
    "find_paths",
    "find_routes",
    "lay_surface",
    "least_costs",
    "link_sites",
    "list_trunks",
    "read_substations",
    "surface_roles",
]
