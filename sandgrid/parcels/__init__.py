"""Parcels and sites: the units of treatment and of building."""

from sandgrid.parcels.delineation import delineate_from_rasters, delineate_parcels
from sandgrid.parcels.sites import Sites, form_sites
from sandgrid.parcels.zonal import zonal_means

__all__ = [
    "Sites",
    "delineate_from_rasters",
    "delineate_parcels",
    "form_sites",
    "zonal_means",
]
