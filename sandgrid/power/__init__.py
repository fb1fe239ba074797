"""Hubs, trunks and substations: how power leaves a site."""

from sandgrid.power.connections import Connections, buildable_mw, connect_sites
from sandgrid.power.hubs import find_hubs, link_sites
from sandgrid.power.substations import SubstationTables, read_substations
from sandgrid.power.trunks import list_trunks

__all__ = [
    "Connections",
    "SubstationTables",
    "buildable_mw",
    "connect_sites",
    "find_hubs",
    "link_sites",
    "list_trunks",
    "read_substations",
]
