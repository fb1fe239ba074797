"""What stands over the land classes: roads, railways, water, settlements and airports."""

from collections.abc import Mapping
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import shapely

from sandgrid.demo.grids import Grid, burn
from sandgrid.demo.noise import Integers
from sandgrid.demo.tables import class_values
from sandgrid.params import Parameters


@dataclass(frozen=True)
class Overlays:
    """Polygons and their land values, lowest first.

    Parameters
    ----------
    polygons : array of polygons
        In the analysis CRS.
    values : int array
        Value of the land code table of each.

    """

    polygons: np.ndarray
    values: Integers

    def on(self, block: Grid) -> Integers:
        """Return the land value that stands over each cell of a block; 0 where none does."""
        near = np.sort(shapely.STRtree(self.polygons).query(block.box))
        return burn(self.polygons[near], self.values[near], block)


def overlay_polygons(layers: Mapping[str, gpd.GeoDataFrame], parameters: Parameters) -> Overlays:
    """Return the overlays of the settled layers; lines become bands of the usual land take."""
    values, water, places = class_values(), layers["water"], layers["settlements"]
    rural = (layers["roads"]["road_class"] == "village").to_numpy()
    parts = [
        _bands(layers["roads"], parameters.number("demo.road_band_m")),
        _bands(layers["railways"], parameters.number("demo.railway_band_m")),
        water.geometry.to_numpy(),
        places.geometry.to_numpy(),
        layers["airport"].geometry.to_numpy(),
    ]
    codes = [
        np.where(rural, values["1006"], values["1003"]),
        np.full(len(parts[1]), values["1001"]),
        np.where(water["water_class"] == "river", values["1101"], values["1102"]),
        np.where(places["kind"] == "village", values["0702"], values["0701"]),
        np.full(len(parts[4]), values["1007"]),
    ]
    return Overlays(np.concatenate(parts), np.concatenate(codes).astype(np.int64))


def _bands(lines: gpd.GeoDataFrame, width_m: float) -> np.ndarray:
    bands: np.ndarray = shapely.buffer(lines.geometry.to_numpy(), width_m / 2, quad_segs=1)
    return bands
