"""Where turbines may stand: rows turned to the prevailing wind, packed into eligible land."""

import math
from dataclasses import dataclass, field
from itertools import product
from typing import Final

import numpy as np
import numpy.typing as npt
import shapely
from odc.geo.geobox import GeoBox
from scipy.spatial import cKDTree

from sandgrid.energy.packing import PackingEffort, default_effort, pack, packing_effort
from sandgrid.params import Parameters
from sandgrid.units import M2_PER_HA

Floats = npt.NDArray[np.float64]
Labels = npt.NDArray[np.int32]
NO_SITE = -1
PAD_CORNERS = 32
QUARTER_CORNERS: Final = 16
APOTHEM: Final = math.cos(math.pi / (4 * QUARTER_CORNERS))  # over the radius to the corners


@dataclass(frozen=True)
class Strip:
    """Land around a turbine that PV leaves free: a circle of wake and falling parts, and shade.

    Parameters
    ----------
    clear_m : float
        Radius of the circle [m].
    shade_m, wide_m : float
        Length of the strip to the north of the turbine, and its width [m].
    north_deg : float
        True north, clockwise from grid north [deg].

    """

    clear_m: float
    shade_m: float
    wide_m: float
    north_deg: float

    @property
    def is_empty(self) -> bool:
        """Return whether it holds no land."""
        return self.clear_m <= 0 and min(self.shade_m, self.wide_m) <= 0

    @property
    def reach_m(self) -> float:
        """Return how far it reaches from the turbine [m]."""
        return max(self.clear_m, math.hypot(self.shade_m, self.wide_m / 2))


NO_STRIP: Final = Strip(0.0, 0.0, 0.0, 0.0)


@dataclass(frozen=True)
class Lattice:
    """The spacing of turbines: an ellipse that holds no other turbine, and the land of a pad.

    Parameters
    ----------
    along_m, across_m : float
        Spacing along and across the prevailing wind [m].
    bearing_deg : float
        Direction of the wind, clockwise from grid north [deg].
    pad_radius_m : float
        Radius to the corners of the polygon whose area is that of a turbine's pads and roads [m].
    strip : Strip
        What PV leaves free around a turbine beyond its pad; nothing by default.
    effort : PackingEffort, optional
        How long a packing is improved; by default as in the parameter file.

    """

    along_m: float
    across_m: float
    bearing_deg: float
    pad_radius_m: float
    strip: Strip = NO_STRIP
    effort: PackingEffort = field(default_factory=default_effort)

    def scaled(self, points: Floats) -> Floats:
        """Return points along and across the wind in units of the spacing, shape (n, 2)."""
        angle = math.radians(self.bearing_deg)
        along = points @ np.array([math.sin(angle), math.cos(angle)])
        across = points @ np.array([math.cos(angle), -math.sin(angle)])
        return np.column_stack([along / self.along_m, across / self.across_m])


def wind_lattice(parameters: Parameters, convergence_deg: float) -> Lattice:
    """Return the spacing that the parameters ``wind.*`` describe.

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
        strip=Strip(
            clear_m=parameters.number("hybrid.clear_rotors") * rotor_m,
            shade_m=parameters.number("hybrid.shade_length_m"),
            wide_m=parameters.number("hybrid.shade_width_m"),
            north_deg=-convergence_deg,
        ),
        effort=packing_effort(parameters),
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


def strip_polygons(points: Floats, strip: Strip) -> npt.NDArray[np.object_]:
    """Return the land around each turbine that PV leaves free beyond the pad.

    Parameters
    ----------
    points : array, shape (n, 2)
        Positions, x and y [m].
    strip : Strip
        Circle and strip of shade.

    Examples
    --------
    >>> shade = Strip(0.0, 100.0, 20.0, 0.0)
    >>> strip_polygons(np.array([[0.0, 0.0]]), shade)[0].bounds
    (-10.0, 0.0, 10.0, 100.0)

    """
    angle = math.radians(strip.north_deg)
    north = np.array([math.sin(angle), math.cos(angle)])
    side = np.array([math.cos(angle), -math.sin(angle)]) * (strip.wide_m / 2)
    ring = np.array([-side, side, side + strip.shade_m * north, strip.shade_m * north - side])
    shades = shapely.polygons(points[:, None, :] + ring[None, :, :])
    if strip.clear_m <= 0:
        return np.asarray(shades, dtype=object)
    around_m = strip.clear_m / APOTHEM
    circles = shapely.buffer(shapely.points(points), around_m, quad_segs=QUARTER_CORNERS)
    return np.asarray(shapely.union(circles, shades), dtype=object)


def find_turbine_positions(
    labels: Labels, geobox: GeoBox, lattice: Lattice
) -> tuple[Floats, Labels]:
    """Pack turbines into the land of each site.

    Candidates stand where every cell that the pad touches bears the label of one site, an eighth
    of the spacing across the wind apart.  Sites are packed in the order of their numbers; none
    takes a place inside the spacing ellipse of a turbine of another.

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
        Number of the site, ascending.

    Examples
    --------
    >>> from affine import Affine
    >>> geobox = GeoBox((10, 10), Affine(100, 0, 0, 0, -100, 1000), "EPSG:32651")
    >>> labels = np.full((10, 10), NO_SITE, dtype=np.int32)
    >>> labels[:, :8] = 4
    >>> points, sites = find_turbine_positions(labels, geobox, Lattice(800.0, 800.0, 0.0, 90.0))
    >>> points.tolist(), sites.tolist()
    ([[150.0, 850.0], [550.0, 150.0]], [4, 4])

    """
    points, found = _candidates(labels, geobox, lattice)
    scaled = lattice.scaled(points)
    kept: list[npt.NDArray[np.int64]] = []
    order = np.argsort(found, kind="stable")
    for here in np.split(order, np.flatnonzero(np.diff(found[order])) + 1):
        free = here[_apart(scaled[here], scaled[np.concatenate(kept)])] if kept else here
        kept.append(free[pack(scaled[free], lattice.effort)])
    chosen = np.concatenate(kept) if kept else np.empty(0, dtype=np.int64)
    return points[chosen], found[chosen]


def _apart(places: Floats, others: Floats) -> npt.NDArray[np.bool_]:
    """Return which places lie outside the spacing of all others."""
    return np.asarray(cKDTree(others).query(places, distance_upper_bound=1.0)[0] >= 1)


def _candidates(labels: Labels, geobox: GeoBox, lattice: Lattice) -> tuple[Floats, Labels]:
    """Return the points whose pads lie on the land of one site, from north to south."""
    affine, step = geobox.affine, lattice.across_m / lattice.effort.steps_per_spacing
    rows, columns = (
        (np.arange(int(cells * affine.a / step)) + 0.5) * step / affine.a for cells in labels.shape
    )
    seen = labels[np.ix_(rows.astype(np.int64), columns.astype(np.int64))] != NO_SITE
    at_row, at_column = np.nonzero(seen)
    row, column = (np.asarray(a, dtype=np.float64) for a in (rows[at_row], columns[at_column]))
    found, kept = _under_pads(labels, row, column, lattice.pad_radius_m / affine.a)
    points = np.column_stack([affine.c + column * affine.a, affine.f + row * affine.e])
    return points[kept], found[kept]


def _under_pads(
    labels: Labels, rows: Floats, columns: Floats, reach: float
) -> tuple[Labels, npt.NDArray[np.bool_]]:
    """Return the site under each point, and whether its whole pad lies on that site."""
    found = _label(labels, np.floor(rows), np.floor(columns))
    kept = found != NO_SITE
    window = range(-math.ceil(reach), math.ceil(reach) + 1)
    for down, right in product(window, window):
        row, column = np.floor(rows) + down, np.floor(columns) + right
        touched = np.hypot(_outside(rows, row), _outside(columns, column)) < reach
        kept &= ~touched | (_label(labels, row, column) == found)
    return found, kept


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
