"""What the rules about features cover: polygons, setbacks, outlines, the land of districts."""

from collections.abc import Iterator, Mapping
from typing import Final

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import shapely
from odc.geo.geobox import GeoBox

from sandgrid.errors import InputError
from sandgrid.land.burn import Zone, zone
from sandgrid.land.exclusions import AREA, BY_FEATURES, Condition, Rule, Where
from sandgrid.layers.crs import Geometries
from sandgrid.layers.stack import Layers
from sandgrid.layers.tiles import Tile

M2_PER_KM2: Final = 1_000_000
CAPACITY: Final = "capacity_mw"
DISTRICT: Final = "district_id"
DISTRICTS: Final = "districts"
POLYGON: Final = 2
ZoneKey = tuple[object, ...]
Reach = tuple[Geometries, npt.NDArray[np.float64]]


def zone_key(rule: Rule, distance_m: float) -> ZoneKey:
    """Return what tells the zone of a rule at a distance from others; rules that agree share."""
    drawn = "outline" if rule.kind == "boundary" else "whole"
    return (
        rule.layer,
        rule.where,
        distance_m,
        rule.point_radius_m,
        rule.point_mw_per_km2,
        drawn,
    )


def condition_key(condition: Condition) -> ZoneKey:
    """Return what tells the polygons of a condition from others."""
    return (condition.layer, condition.where, 0.0, 0.0, 0.0, "whole")


def district_key(district: str) -> ZoneKey:
    """Return what tells the land of a district from other zones."""
    return (DISTRICTS, district)


def rule_zones(
    rules: tuple[Rule, ...], layers: Layers, near: Tile | None = None
) -> Mapping[ZoneKey, Zone]:
    """Return everything that rules about features cover, each zone once.

    Parameters
    ----------
    rules : tuple of Rule
        Rules.
    layers : Layers
        With the layers of the rules.
    near : Tile, optional
        Features that do not reach these cells are left out.

    Raises
    ------
    InputError
        As `rule_reach`.

    """
    zones: dict[ZoneKey, Zone] = {}
    for rule in rules:
        for key, reach in _reaches(rule, layers):
            if key not in zones:
                zones[key] = zone(*reaching(reach, near, layers.geobox), layers.geobox)
    return zones


def reaching(reach: Reach, near: Tile | None, geobox: GeoBox) -> Reach:
    """Return the features that may reach the cells of a tile (or a cell beyond); all for None."""
    if near is None:
        return reach
    shapes, reach_m = reach
    west, south, east, north = near.widened(1, geobox).geobox(geobox).boundingbox.bbox
    low_x, low_y, high_x, high_y = shapely.bounds(shapes).T
    across = (low_x - reach_m <= east) & (high_x + reach_m >= west)
    along = (low_y - reach_m <= north) & (high_y + reach_m >= south)
    return shapes[across & along], reach_m[across & along]


def _reaches(rule: Rule, layers: Layers) -> Iterator[tuple[ZoneKey, Reach]]:
    if rule.kind in BY_FEATURES and not rule.fractional:
        for distance_m in rule.distances_m:
            yield zone_key(rule, distance_m), rule_reach(rule, distance_m, layers)
    for district, _ in rule.distance_by_district:
        yield district_key(district), _district_land(district, layers)
    for condition in rule.only_where:
        if condition.inside is not None:
            frame = _meant(
                condition.where, layers.vector(condition.layer), rule.id, condition.layer
            )
            yield condition_key(condition), (frame.geometry.to_numpy(), np.zeros(len(frame)))


def rule_reach(rule: Rule, distance_m: float, layers: Layers) -> Reach:
    """Return the features of a rule and how far round each it reaches [m].

    Parameters
    ----------
    rule : Rule
        About features.
    distance_m : float
        Setback [m].
    layers : Layers
        With the rule's layer.

    Raises
    ------
    InputError
        If a column of `where` is missing, the rule would cover nothing of points or lines, or a
        point has no capacity to make a disc of.

    """
    frame = layers.area if rule.layer == AREA else layers.vector(rule.layer)
    frame = _meant(rule.where, frame, rule.id, rule.layer)
    reach_m = distance_m + _radii_m(rule, frame)
    geometries = frame.geometry.to_numpy()
    if rule.kind == "boundary":
        whole = np.asarray([shapely.union_all(geometries)], dtype=object)
        geometries = shapely.boundary(whole if rule.layer == AREA else geometries)
        reach_m = np.full(len(geometries), distance_m)
    flat = shapely.get_dimensions(geometries) < POLYGON
    if len(geometries) and ((reach_m <= 0) & flat).any():
        raise InputError("rule-covers-nothing", {"rule": rule.id, "layer": rule.layer})
    return np.asarray(geometries, dtype=object), reach_m


def _district_land(district: str, layers: Layers) -> Reach:
    land = layers.area[layers.area[DISTRICT] == district].geometry.to_numpy()
    return land, np.zeros(len(land))


def _meant(where: Where, frame: gpd.GeoDataFrame, rule: str, layer: str) -> gpd.GeoDataFrame:
    keep = np.ones(len(frame), bool)
    for column, values in where:
        if column not in frame:
            raise InputError(
                "rule-column-missing", {"rule": rule, "layer": layer, "column": column}
            )
        keep &= frame[column].isin(values).to_numpy()
    return frame[keep]


def _radii_m(rule: Rule, frame: gpd.GeoDataFrame) -> npt.NDArray[np.float64]:
    """Return the radius of the disc that stands for each point, 0 for lines and polygons."""
    points = shapely.get_dimensions(frame.geometry.to_numpy()) == 0
    radii = np.where(points, rule.point_radius_m, 0.0)
    if rule.point_mw_per_km2 and points.any():
        capacity = frame[CAPACITY].to_numpy(dtype=np.float64)
        if not (capacity[points] >= 0).all():
            raise InputError("rule-no-capacity", {"rule": rule.id, "layer": rule.layer})
        area_m2 = capacity / rule.point_mw_per_km2 * M2_PER_KM2
        radii = np.where(points, radii + np.sqrt(area_m2 / np.pi), radii)
    return radii
