"""Who does the work, who gains, and how far along it is."""

from sandgrid.people.report import People, describe_people

__all__ = ["People", "describe_people"]
