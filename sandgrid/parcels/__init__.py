"""Parcels and sites: the units of treatment and of building."""
