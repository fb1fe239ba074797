"""What a metre of line costs in each cell: terrain, land, crossings, barriers, corridors."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, cast

import numpy as np
import numpy.typing as npt
import shapely
from odc.geo.geobox import GeoBox
from rasterio.features import rasterize

from sandgrid.layers.geobox import cell_m
from sandgrid.layers.raster import Raster
from sandgrid.layers.stack import Layers
from sandgrid.layers.terrain import slope_deg
from sandgrid.params import Parameters

Costs = npt.NDArray[np.float32]
Mask = npt.NDArray[np.bool_]
Geometries = npt.NDArray[np.object_]
GROUND: Final = ("land_class", "dem")
CORRIDOR: Final = "power_lines"


@dataclass(frozen=True, eq=False)
class Surface:
    """Cost of a metre of line in each cell, as a multiple of one over open ground.

    Parameters
    ----------
    cost : array of float32, shape (rows, columns)
        Cost [1]; infinite where no line may stand.
    geobox : GeoBox
        The grid.
    crossed : mapping
        Role -> lines whose crossings are counted.

    """

    cost: Costs
    geobox: GeoBox
    crossed: Mapping[str, Geometries] = field(default_factory=dict)

    @property
    def cell_m(self) -> float:
        """Side of a cell [m]."""
        return cell_m(self.geobox)


def surface_roles(parameters: Parameters) -> tuple[str, ...]:
    """Return the roles of layers that a cost surface looks at, of those that there may be."""
    over = parameters.below("power.route_over")
    crossing = parameters.below("power.route_crossing_m")
    return (*GROUND, *parameters.text("power.route_barriers").split(), *over, *crossing)


def lay_surface(layers: Layers, parameters: Parameters) -> Surface:
    """Return the cost surface of an area.

    Parameters
    ----------
    layers : Layers
        Any of the roles of :func:`surface_roles`; a role that is missing changes nothing, but
        without ``land_class`` or ``dem`` every cell counts as unknown in that respect.
    parameters : Parameters
        ``power.route_*``.

    Returns
    -------
    Surface
        Cost of a cell = land x slope x layers over it x corridor + crossing metres / cell side.

    Examples
    --------
    >>> from sandgrid.params import default_parameters
    >>> sorted(surface_roles(default_parameters()))[:3]
    ['airport', 'basic_grassland', 'dem']

    """
    cost = _land(layers, parameters) * _slope(layers, parameters)
    for role in _present(layers, parameters.below("power.route_over")):
        cost[_burnt(layers, role)] *= parameters.number(f"power.route_over.{role}")
    if _present(layers, [CORRIDOR]):
        cost[_corridor(layers, parameters)] *= parameters.number("power.route_corridor_factor")
    for role in _present(layers, parameters.below("power.route_crossing_m")):
        metres = parameters.number(f"power.route_crossing_m.{role}")
        cost[_burnt(layers, role)] += metres / cell_m(layers.geobox)
    for role in _present(layers, parameters.text("power.route_barriers").split()):
        cost[_burnt(layers, role)] = np.inf
    return Surface(cost, layers.geobox, _crossed(layers, parameters))


def _present(layers: Layers, roles: Sequence[str]) -> list[str]:
    """Return the roles that have features here."""
    return [role for role in roles if len(_shapes(layers, role))]


def _land(layers: Layers, parameters: Parameters) -> Costs:
    """Return the cost factor of the land class."""
    unknown = parameters.number("power.route_unknown")
    cost = np.full(layers.geobox.shape, unknown, dtype=np.float32)
    if "land_class" in layers.rasters:
        raster = layers.raster("land_class")
        values = np.where(raster.known, raster.values, -1).astype(np.int64)
        for land in parameters.below("power.route_land"):
            chosen = np.isin(values, list(raster.codes.get(land, ())))
            if chosen.any():
                cost[chosen] = parameters.number(f"power.route_land.{land}")
    return cost


def _slope(layers: Layers, parameters: Parameters) -> Costs:
    """Return the cost factor of the slope; infinite where it is too steep for towers."""
    if "dem" not in layers.rasters:
        return np.ones(layers.geobox.shape, dtype=np.float32)
    slope = slope_deg(_heights(layers.raster("dem")), cell_m(layers.geobox))
    known = np.isfinite(slope)
    unknown = parameters.number("power.route_unknown")
    factor = np.where(known, 1 + parameters.number("power.route_slope_per_deg") * slope, unknown)
    factor[known & (slope > parameters.number("power.route_max_slope_deg"))] = np.inf
    return np.asarray(factor, dtype=np.float32)


def _heights(raster: Raster) -> Costs:
    return np.where(raster.known, raster.values, np.nan).astype(np.float32)


def _corridor(layers: Layers, parameters: Parameters) -> Mask:
    """Return the cells along existing lines."""
    shapes = _shapes(layers, CORRIDOR)
    reach = parameters.number("power.route_corridor_m")
    return _cells(shapely.buffer(shapes, reach), layers.geobox)


def _burnt(layers: Layers, role: str) -> Mask:
    """Return the cells that features of a role touch."""
    return _cells(_shapes(layers, role), layers.geobox)


def _shapes(layers: Layers, role: str) -> Geometries:
    if role not in layers.vectors:
        return np.empty(0, dtype=object)
    return np.asarray(layers.vector(role).geometry.to_numpy(), dtype=object)


def _cells(shapes: Geometries, geobox: GeoBox) -> Mask:
    shapes = shapes[~shapely.is_empty(shapes)]
    if not len(shapes):
        return np.zeros(geobox.shape, dtype=bool)
    burnt = rasterize(
        shapes.tolist(), geobox.shape, transform=geobox.affine, all_touched=True, dtype="uint8"
    )
    return cast("Mask", burnt.astype(bool))


def _crossed(layers: Layers, parameters: Parameters) -> dict[str, Geometries]:
    roles = _present(layers, parameters.below("power.route_crossing_m"))
    return {role: _shapes(layers, role) for role in roles}
