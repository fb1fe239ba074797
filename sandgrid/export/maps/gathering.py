"""Gathering the ground of a map from the layers of a run."""

from collections.abc import Mapping
from typing import Final

import geopandas as gpd
import numpy as np
import numpy.typing as npt
from rasterio.features import geometry_mask

from sandgrid.export.maps import palette
from sandgrid.export.maps.content import Field, Ground
from sandgrid.layers.geobox import cell_m
from sandgrid.layers.raster import Raster
from sandgrid.layers.stack import Layers
from sandgrid.layers.terrain import hillshade

LINE_ROLES: Final = ("water", "rivers", "railways", "power_lines", "roads")
Mask = npt.NDArray[np.bool_]


def find_ground(layers: Layers, eligible: Mapping[str, Mask] | None = None) -> Ground:
    """Gather hillshade, land cover, eligible land, lines and names; what is absent is left out.

    Parameters
    ----------
    layers : Layers
        Rasters ``dem`` and ``land_class``, vectors ``roads``, ``rivers``, ``railways``,
        ``power_lines``, ``water`` and ``settlements`` are used.
    eligible : mapping, optional
        Use (pv, wind, treatment) -> eligible cells on the grid of the layers.

    """
    outside = _outside(layers)
    classes = tuple(palette.COVERS)
    return Ground(
        hillshade=_shade(layers, outside),
        cover=_cover(layers, classes),
        covers=classes,
        eligible={
            use: Field(np.where(outside, np.nan, mask).astype(np.float32), layers.geobox)
            for use, mask in (eligible or {}).items()
        },
        lines={
            role: _clipped(layers.vectors[role], layers)
            for role in LINE_ROLES
            if role in layers.vectors
        },
        places=layers.vectors.get("settlements"),
    )


def _outside(layers: Layers) -> Mask:
    mask: Mask = geometry_mask(
        layers.area.geometry, out_shape=layers.geobox.shape, transform=layers.geobox.affine
    )
    return mask


def _clipped(frame: gpd.GeoDataFrame, layers: Layers) -> gpd.GeoDataFrame:
    """Keep what lies in the bounds of the area; its whole extent would pull the map apart."""
    west, south, east, north = layers.area.total_bounds.tolist()
    return frame.cx[west:east, south:north]


def _shade(layers: Layers, outside: Mask) -> Field | None:
    """Return the hillshade stretched between its darkest and brightest hundredth."""
    if "dem" not in layers.rasters:
        return None
    heights = layers.rasters["dem"].values
    light = hillshade(heights, cell_m(layers.geobox))
    light = np.where(outside, np.nan, light)
    return Field(_stretched(light), layers.geobox)


def _stretched(light: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    low, high = np.nanpercentile(light, [1, 99]) if np.isfinite(light).any() else (0.0, 1.0)
    span = max(float(high - low), float(np.finfo(np.float32).eps))
    return ((light - low) / span).clip(0, 1).astype(np.float32)


def _cover(layers: Layers, classes: tuple[str, ...]) -> Field | None:
    if "land_class" not in layers.rasters:
        return None
    raster: Raster = layers.rasters["land_class"]
    number = np.full(raster.values.shape, np.nan, dtype=np.float32)
    for place, name in enumerate(classes):
        number[np.isin(raster.values, raster.codes.get(name, ()))] = place
    return Field(number, layers.geobox)
