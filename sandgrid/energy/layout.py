"""Where turbines may stand: the nodes of one lattice turned to the prevailing wind."""

import math
from dataclasses import dataclass
from itertools import product

import numpy as np
import numpy.typing as npt
import shapely
from odc.geo.geobox import GeoBox

from sandgrid.params import Parameters
from sandgrid.units import M2_PER_HA

Floats = npt.NDArray[np.float64]
Labels = npt.NDArray[np.int32]
NO_SITE = -1
PAD_CORNERS = 32


@dataclass(frozen=True)
class Lattice:
    """A rectangular lattice through the origin of the analysis CRS.

    Parameters
    ----------
    along_m, across_m : float
        Spacing along and across the prevailing wind [m].
    bearing_deg : float
        Direction of the wind, clockwise from grid north [deg].
    pad_radius_m : float
        Radius to the corners of the polygon whose area is that of a turbine's pads and roads [m].

    """

    along_m: float
    across_m: float
    bearing_deg: float
    pad_radius_m: float

    def nodes(self, geobox: GeoBox) -> Floats:
        """Return the nodes inside the box of a raster grid, shape (n, 2), x and y [m].

        Nodes are ordered across the wind, then along it.
        """
        box = geobox.boundingbox
        angle = math.radians(self.bearing_deg)
        along = np.array([math.sin(angle), math.cos(angle)])
        across = np.array([math.cos(angle), -math.sin(angle)])
        corners = np.array(list(product((box.left, box.right), (box.bottom, box.top))))
        i = _steps(corners @ along, self.along_m)
        j = _steps(corners @ across, self.across_m)
        steps_along, steps_across = (grid.ravel() for grid in np.meshgrid(i, j))
        points = (
            steps_along[:, None] * self.along_m * along
            + steps_across[:, None] * self.across_m * across
        )
        low, high = (box.left, box.bottom), (box.right, box.top)
        inside = ((points >= low) & (points < high)).all(axis=1)
        return np.asarray(points[inside], dtype=np.float64)


def _steps(projected: Floats, spacing_m: float) -> Floats:
    first = math.ceil(projected.min() / spacing_m)
    return np.arange(first, math.floor(projected.max() / spacing_m) + 1, dtype=np.float64)


def wind_lattice(parameters: Parameters, convergence_deg: float) -> Lattice:
    """Return the lattice that the parameters ``wind.*`` describe.

    Parameters
    ----------
    parameters : Parameters
        Rotor, spacing in rotors, prevailing wind (true north), direct land.
    convergence_deg : float
        Grid convergence at the area's centre; grid bearing = azimuth - convergence [deg].

    """
    rotor_m = parameters.number("wind.rotor_m")
    direct_m2 = (
        parameters.number("wind.turbine_mw")
        * parameters.number("wind.direct_ha_per_mw")
        * M2_PER_HA
    )
    return Lattice(
        along_m=parameters.number("wind.spacing_along_rotors") * rotor_m,
        across_m=parameters.number("wind.spacing_across_rotors") * rotor_m,
        bearing_deg=parameters.number("wind.prevailing_from_deg") - convergence_deg,
        pad_radius_m=math.sqrt(direct_m2 / _area_at_radius_1()),
    )


def _area_at_radius_1() -> float:
    return PAD_CORNERS / 2 * math.sin(2 * math.pi / PAD_CORNERS)


def pad_polygons(points: Floats, lattice: Lattice) -> npt.NDArray[np.object_]:
    """Return the land of each turbine: regular polygons of exactly the direct area.

    Parameters
    ----------
    points : array, shape (n, 2)
        Positions, x and y [m].
    lattice : Lattice
        Whose pads.

    Examples
    --------
    >>> from sandgrid.params import default_parameters
    >>> lattice = wind_lattice(default_parameters(), convergence_deg=0.0)
    >>> round(pad_polygons(np.array([[0.0, 0.0]]), lattice)[0].area, 6)
    28125.0

    """
    angles = np.arange(PAD_CORNERS) * (2 * math.pi / PAD_CORNERS)
    ring = lattice.pad_radius_m * np.column_stack([np.sin(angles), np.cos(angles)])
    corners = points[:, None, :] + ring[None, :, :]
    return np.asarray(shapely.polygons(corners.reshape(-1, PAD_CORNERS, 2)), dtype=object)


def find_turbine_positions(
    labels: Labels, geobox: GeoBox, lattice: Lattice
) -> tuple[Floats, Labels]:
    """Return the nodes at which a turbine may stand.

    A node is kept where every cell that its pad touches bears the label of one site.

    Parameters
    ----------
    labels : int array, shape (rows, columns)
        Number of the site where the cell is wind-eligible, else -1.
    geobox : GeoBox
        Their grid.
    lattice : Lattice
        Spacing, direction and pad.

    Returns
    -------
    points : array, shape (n, 2)
        x and y [m].
    sites : int array, shape (n,)
        Number of the site.

    Examples
    --------
    >>> from affine import Affine
    >>> geobox = GeoBox((10, 10), Affine(100, 0, 0, 0, -100, 1000), "EPSG:32651")
    >>> labels = np.full((10, 10), NO_SITE, dtype=np.int32)
    >>> labels[:, :6] = 4
    >>> lattice = Lattice(500.0, 500.0, 0.0, 90.0)
    >>> points, sites = find_turbine_positions(labels, geobox, lattice)
    >>> points.tolist(), sites.tolist()
    ([[500.0, 500.0]], [4])

    """
    points = lattice.nodes(geobox)
    affine = geobox.affine
    columns, rows = (points[:, 0] - affine.c) / affine.a, (points[:, 1] - affine.f) / affine.e
    reach = lattice.pad_radius_m / affine.a
    found = _label(labels, np.floor(rows), np.floor(columns))
    kept = found != NO_SITE
    window = range(-math.ceil(reach), math.ceil(reach) + 1)
    for down, right in product(window, window):
        row, column = np.floor(rows) + down, np.floor(columns) + right
        touched = np.hypot(_outside(rows, row), _outside(columns, column)) < reach
        kept &= ~touched | (_label(labels, row, column) == found)
    return points[kept], found[kept]


def _outside(position: Floats, cell: Floats) -> Floats:
    """Return how far a position lies outside a cell of side 1, along one axis."""
    return np.maximum(np.maximum(cell - position, position - cell - 1), 0.0)


def _label(labels: Labels, row: Floats, column: Floats) -> Labels:
    """Return the labels of cells; cells outside the grid belong to no site."""
    height, width = labels.shape
    inside = (row >= 0) & (row < height) & (column >= 0) & (column < width)
    at_row = np.clip(row, 0, height - 1).astype(np.int64)
    at_column = np.clip(column, 0, width - 1).astype(np.int64)
    return np.where(inside, labels[at_row, at_column], NO_SITE).astype(np.int32)
