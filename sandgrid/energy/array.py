"""PV arrays on the ground: distance of rows, size of a block, land per MW, rows in a polygon."""

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import shapely

from sandgrid.errors import InputError
from sandgrid.params import Parameters
from sandgrid.units import CENTIMU_PER_MU, M2_PER_HA, MU_PER_HA

Floats = npt.NDArray[np.float64]
Geometries = npt.NDArray[np.object_]
SUN_COSINE: Final = 0.707  # of GB 50797: azimuth and altitude at 9 h in midwinter
SUN_SINE: Final = 0.4338
W_PER_M2: Final = 1_000.0
W_PER_MW: Final = 1_000_000.0
DIGITS: Final = 6
TWO: Final = 2


def row_pitch_m(
    slant_m: float, *, tilt_deg: float, lat_deg: float, south_slope_deg: float = 0.0
) -> float:
    """Return the distance between PV rows that do not shade each other in midwinter.

    Parameters
    ----------
    slant_m : float
        Length of the module table along its slope [m].
    tilt_deg : float
        Tilt from the horizontal [deg].
    lat_deg : float
        Latitude [deg].
    south_slope_deg : float
        Fall of the ground to the south; negative where it falls to the north [deg].

    Returns
    -------
    float
        Horizontal distance between front edges [m].

    Raises
    ------
    InputError
        If the ground falls so steeply to the north that no distance is enough.

    Notes
    -----
    GB 50797, no shade from 9 to 15 h at the winter solstice, on level ground
    D = L cos b + L sin b r with r = (0.707 tan f + 0.4338) / (0.707 - 0.4338 tan f).  On ground
    that rises to the north by tan s the shadow of height L sin b - D tan s is r times as long:
    D = L (cos b + r sin b) / (1 + r tan s).

    Examples
    --------
    >>> round(row_pitch_m(4.6, tilt_deg=35.0, lat_deg=43.5), 1)
    13.6
    >>> round(row_pitch_m(4.6, tilt_deg=35.0, lat_deg=43.5, south_slope_deg=-5.0), 1)
    20.3

    """
    tilt, north = math.radians(tilt_deg), math.tan(math.radians(lat_deg))
    shade = (SUN_COSINE * north + SUN_SINE) / (SUN_COSINE - SUN_SINE * north)
    room = 1 + shade * math.tan(math.radians(south_slope_deg))
    if shade <= 0 or room <= 0:
        raise InputError("energy-rows-impossible", {"slope": f"{-south_slope_deg:.1f}"})
    return slant_m * (math.cos(tilt) + math.sin(tilt) * shade) / room


@dataclass(frozen=True)
class BlockPlan:
    """How one PV block is laid out.

    Parameters
    ----------
    pitch_m : float
        Distance between front edges of rows [m].
    depth_m : float
        Horizontal depth of a table [m].
    lower_edge_m, upper_edge_m : float
        Height of both edges above ground [m].
    row_gap_m : float
        Clear distance between rows [m].
    row_length_m : float
        Length of a row [m].
    rows : int
        Rows in the block.
    block_ha : float
        Land of the block with its service roads and fire gaps [ha].
    gross_mu_per_mw : float
        Land of a MW of AC capacity with edges and stations [mu/MW].

    """

    pitch_m: float
    depth_m: float
    lower_edge_m: float
    upper_edge_m: float
    row_gap_m: float
    row_length_m: float
    rows: int
    block_ha: float
    gross_mu_per_mw: float


def plan_block(
    parameters: Parameters, *, lat_deg: float, south_slope_deg: float = 0.0
) -> BlockPlan:
    """Lay out a PV block as nearly square as its rows allow.

    Rows stand as far apart as shade, and planting beneath, ask for; a service road runs along two
    sides of the block and a fire gap round it, shared with the neighbours.

    Parameters
    ----------
    parameters : Parameters
        ``pv.*``.
    lat_deg : float
        Latitude [deg].
    south_slope_deg : float
        Fall of the ground to the south [deg].

    Raises
    ------
    InputError
        If rows cannot be kept out of each other's shade.

    Examples
    --------
    >>> from sandgrid.params import default_parameters
    >>> plan = plan_block(default_parameters(), lat_deg=43.5)
    >>> plan.rows, round(plan.row_gap_m, 1), round(plan.gross_mu_per_mw)
    (16, 9.9, 28)

    """
    slant_m, tilt_deg = parameters.number("pv.slant_m"), parameters.number("pv.tilt_deg")
    shade_free = row_pitch_m(
        slant_m, tilt_deg=tilt_deg, lat_deg=lat_deg, south_slope_deg=south_slope_deg
    )
    depth_m = slant_m * math.cos(math.radians(tilt_deg))
    pitch_m = max(shade_free, depth_m + parameters.number("pv.least_row_gap_m"))
    watts = parameters.number("pv.block_mw") * parameters.number("pv.dc_ac_ratio") * W_PER_MW
    table_m = watts / (W_PER_M2 * parameters.number("pv.module_efficiency") * slant_m)
    rows = max(round(math.sqrt(table_m / pitch_m)), 1)
    length_m = table_m / rows
    road_m, gap_m = parameters.number("pv.service_road_m"), parameters.number("pv.fire_gap_m")
    block_m2 = (length_m + road_m + gap_m) * (rows * pitch_m + road_m + gap_m)
    low_m = parameters.number("pv.lower_edge_m")
    gross_m2 = block_m2 * (1 + parameters.number("pv.edge_share"))
    return BlockPlan(
        pitch_m=pitch_m,
        depth_m=depth_m,
        lower_edge_m=low_m,
        upper_edge_m=low_m + slant_m * math.sin(math.radians(tilt_deg)),
        row_gap_m=pitch_m - depth_m,
        row_length_m=length_m,
        rows=rows,
        block_ha=block_m2 / M2_PER_HA,
        gross_mu_per_mw=gross_m2 / M2_PER_HA * MU_PER_HA / parameters.number("pv.block_mw"),
    )


def site_mu_per_mw(lat_deg: Floats, south_slope_deg: Floats, parameters: Parameters) -> Floats:
    """Return the land that a MW of PV is given at each site [mu/MW].

    What rows, roads and gaps need at the site's latitude and slope, at least
    ``pv.gross_mu_per_mw``, rounded up to 0.01 mu; 0 where rows cannot be kept out of each other's
    shade or would need more than ``pv.most_mu_per_mw``.  An unknown slope counts as level.

    Examples
    --------
    >>> from sandgrid.params import default_parameters
    >>> lat, slope = np.array([42.5, 45.5, 45.5]), np.array([0.0, np.nan, -10.0])
    >>> site_mu_per_mw(lat, slope, default_parameters()).round(1).tolist()
    [28.0, 31.1, 0.0]

    """
    level = np.nan_to_num(south_slope_deg, nan=0.0)
    return np.array(
        [
            _mu_per_mw(float(one), float(s), parameters)
            for one, s in zip(lat_deg, level, strict=True)
        ]
    )


def _mu_per_mw(lat_deg: float, south_slope_deg: float, parameters: Parameters) -> float:
    try:
        plan = plan_block(parameters, lat_deg=lat_deg, south_slope_deg=south_slope_deg)
    except InputError:
        return 0.0
    needed = max(plan.gross_mu_per_mw, parameters.number("pv.gross_mu_per_mw"))
    whole = math.ceil(round(needed * CENTIMU_PER_MU, DIGITS)) / CENTIMU_PER_MU
    return whole if whole <= parameters.number("pv.most_mu_per_mw") else 0.0


def lay_rows(land: shapely.Geometry, plan: BlockPlan, *, margin_m: float) -> Geometries:
    """Return the module tables that fit into a polygon, as rectangles running east-west.

    Parameters
    ----------
    land : Polygon or MultiPolygon
        Land of a block, in a CRS whose y points north.
    plan : BlockPlan
        Pitch and depth of the rows.
    margin_m : float
        Kept free along the edge: half a fire gap and half a service road [m].

    Returns
    -------
    array of polygons
        Rows from south to north, from west to east; pieces shorter than they are deep left out.

    Examples
    --------
    >>> from sandgrid.params import default_parameters
    >>> plan = plan_block(default_parameters(), lat_deg=43.5)
    >>> rows = lay_rows(shapely.box(0, 0, 110, 50), plan, margin_m=5.0)
    >>> [round(row.bounds[3] - row.bounds[1], 2) for row in rows], rows[0].bounds[2]
    ([3.77, 3.77, 3.77], 105.0)

    """
    inner = shapely.buffer(land, -margin_m, join_style="mitre")
    if inner.is_empty:
        return np.empty(0, dtype=object)
    west, south, east, north = shapely.bounds(inner).tolist()
    lows = np.arange(south, north - plan.depth_m + 1e-9, plan.pitch_m)
    found: list[shapely.Geometry] = []
    for low in lows:
        found.extend(_spans(inner, (west, low, east, low + plan.depth_m)))
    return np.array(found, dtype=object)


def _spans(land: shapely.Geometry, strip: tuple[float, float, float, float]) -> Geometries:
    """Return the rectangles of full depth that lie inside the land along one strip."""
    west, low, east, high = strip
    band = shapely.intersection(land, shapely.box(west, low, east, high))
    lines = [
        shapely.intersection(band, shapely.LineString([(west, y), (east, y)])) for y in (low, high)
    ]
    corners = np.unique(shapely.get_coordinates(band)[:, 0])
    if len(corners) < TWO or any(line.is_empty for line in lines):
        return np.empty(0, dtype=object)
    lows, highs = np.full(len(corners) - 1, low), np.full(len(corners) - 1, high)
    pieces = shapely.box(corners[:-1], lows, corners[1:], highs)
    whole = pieces[shapely.covers(shapely.buffer(land, 1e-6), pieces)]
    parts = shapely.get_parts(shapely.union_all(whole)) if len(whole) else whole
    return np.array([p for p in parts if p.bounds[2] - p.bounds[0] >= high - low], dtype=object)
