"""The bundled city: a synthetic but calibrated Tongliao, the same bytes for one seed everywhere."""

from sandgrid.demo.elsewhere import write_rhode_island
from sandgrid.demo.writing import write_demo_data

__all__ = ["write_demo_data", "write_rhode_island"]
