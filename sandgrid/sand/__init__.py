"""What the sand does: loss of soil to the wind, with and without treatment."""

from sandgrid.sand.erosion import soil_retained

__all__ = ["soil_retained"]
