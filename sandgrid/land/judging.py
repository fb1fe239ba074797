"""How rules are applied to a tile of cells: yes, no, or cannot tell."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import shapely
from odc.geo.geobox import GeoBox

from sandgrid.errors import InputError
from sandgrid.land.burn import Zone, zone
from sandgrid.land.exclusions import OUTSIDE_BIT, UNKNOWN_BIT, USES, Condition, Rule
from sandgrid.layers.geobox import cell_m
from sandgrid.layers.raster import Raster
from sandgrid.layers.raster_files import RasterFile
from sandgrid.layers.stack import Layers
from sandgrid.layers.terrain import slope_deg
from sandgrid.layers.tiles import Tile

Mask = npt.NDArray[np.bool_]
Reasons = npt.NDArray[np.uint32]
M2_PER_KM2: Final = 1_000_000
CAPACITY: Final = "capacity_mw"
SLOPE_HALO: Final = 1
ZoneKey = tuple[object, ...]


@dataclass(frozen=True, eq=False)
class Finding:
    """Where something holds, and where nobody can tell.

    Parameters
    ----------
    holds, unknown : ndarray of bool
        Never both true in one cell.

    """

    holds: Mask
    unknown: Mask

    def and_(self, other: "Finding") -> "Finding":
        """Return where both hold; what one denies the other need not know."""
        holds = self.holds & other.holds
        denied = ~(self.holds | self.unknown) | ~(other.holds | other.unknown)
        return Finding(holds, ~holds & ~denied)


@dataclass(frozen=True, eq=False)
class Task:
    """One tile and all that its rules read: whoever judges it needs nothing else.

    Parameters
    ----------
    rules : tuple of Rule
        Rules without those on patches.
    geobox : GeoBox
        The whole grid.
    tile : Tile
        Cells that are judged.
    rasters : mapping
        Role -> raster of the tile and its halo.
    files : mapping
        Role -> raster that is read, by whoever judges, for the tile and its halo.
    halos : mapping
        Role -> cells that the rules look at round the tile.
    zones : mapping
        What the vector rules cover of the tile; rules that agree share one.
    area : Zone
        The area.

    """

    rules: tuple[Rule, ...]
    geobox: GeoBox
    tile: Tile
    rasters: Mapping[str, Raster]
    files: Mapping[str, RasterFile]
    halos: Mapping[str, int]
    zones: Mapping[ZoneKey, Zone]
    area: Zone

    def wide(self, role: str) -> Tile:
        """Return the tile with the halo of a raster."""
        return self.tile.widened(self.halos[role], self.geobox)

    def read(self, role: str) -> Raster:
        """Return the raster of the tile and its halo."""
        if role in self.files:
            return self.files[role].part(self.wide(role))
        return self.rasters[role]


@dataclass(frozen=True, eq=False)
class Judge:
    """Rules with their layers, ready to judge tiles.

    Parameters
    ----------
    rules : tuple of Rule
        Rules without those on patches.
    layers : Layers
        Grid, rasters, features.
    zones : mapping
        What the vector rules cover; rules that agree share one.
    area : Zone
        The area.

    """

    rules: tuple[Rule, ...]
    layers: Layers
    zones: Mapping[ZoneKey, Zone]
    area: Zone

    @classmethod
    def of(cls, rules: tuple[Rule, ...], layers: Layers) -> "Judge":
        """Return a judge with the zones of all vector rules drawn."""
        judged = tuple(rule for rule in rules if rule.kind != "minimum_patch")
        zones: dict[ZoneKey, Zone] = {}
        for rule in judged:
            if rule.kind in {"inside", "setback"} and _zone_key(rule) not in zones:
                zones[_zone_key(rule)] = rule_zone(rule, layers)
        borders = layers.area.geometry.to_numpy()
        return cls(judged, layers, zones, zone(borders, np.zeros(len(borders)), layers.geobox))

    def task(self, tile: Tile) -> Task:
        """Return what it takes to judge a tile, and no more than that."""
        layers, halos = self.layers, self._halos()
        wide = {role: tile.widened(halo, layers.geobox) for role, halo in halos.items()}
        held = {
            role: layers.rasters[role].part(wide[role]) for role in halos if role in layers.rasters
        }
        return Task(
            rules=self.rules,
            geobox=layers.geobox,
            tile=tile,
            rasters=held,
            files={role: layers.files[role] for role in halos if role in layers.files},
            halos=halos,
            zones={key: zone.part(tile) for key, zone in self.zones.items()},
            area=self.area.part(tile),
        )

    def _halos(self) -> dict[str, int]:
        """Return the rasters that the rules read, each with the widest halo."""
        halos: dict[str, int] = {}
        for rule in self.rules:
            for role in rule.layers:
                if role not in self.layers.vectors:
                    halos[role] = max(halos.get(role, 0), _halo(rule, role))
        return halos


def _halo(rule: Rule, role: str) -> int:
    """Return how many cells round a tile a rule looks at in a raster."""
    return SLOPE_HALO if rule.kind == "slope" and role == rule.layer else 0


def judge_tile(task: Task) -> dict[str, Reasons]:
    """Return the reasons against each use in the cells of a tile.

    A pure function of what the task holds (and of the files it names), so that it gives the same
    in this thread, in another, or on another machine.
    """
    bench = _Bench(task)
    start = (~task.area.covered()).astype(np.uint32) << np.uint32(OUTSIDE_BIT)
    reasons = {use: start.copy() for use in USES}
    for rule in task.rules:
        bits = _bits(bench.finding(rule), rule.bit)
        for use in rule.uses:
            reasons[use] |= bits
    return reasons


def _bits(finding: Finding, bit: int) -> Reasons:
    bits = np.multiply(finding.holds, np.uint32(1 << bit), dtype=np.uint32)
    if finding.unknown.any():
        bits |= np.multiply(finding.unknown, np.uint32(1 << UNKNOWN_BIT), dtype=np.uint32)
    return bits


@dataclass(frozen=True, eq=False)
class _Bench:
    """A tile at work, and what has been worked out about it for several rules."""

    task: Task
    covered: dict[ZoneKey, Mask] = field(default_factory=dict)
    wide: dict[str, Raster] = field(default_factory=dict)
    slopes: dict[str, npt.NDArray[np.float32]] = field(default_factory=dict)

    def finding(self, rule: Rule) -> Finding:
        """Return where a rule holds."""
        finding = self._main(rule)
        for condition in rule.only_where:
            finding = finding.and_(_meets(condition, self.raster(condition.layer)))
        return finding

    def raster(self, role: str) -> Raster:
        """Return a raster on the cells of the tile."""
        return self.with_halo(role).cut(*self.task.tile.inside(self.task.wide(role)))

    def with_halo(self, role: str) -> Raster:
        """Return a raster on the cells of the tile and its halo."""
        if role not in self.wide:
            self.wide[role] = self.task.read(role)
        return self.wide[role]

    def _main(self, rule: Rule) -> Finding:
        if rule.kind in {"inside", "setback"}:
            return self._inside(rule)
        raster = self.raster(rule.layer)
        if rule.kind == "slope":
            return _outside_range(rule, self._slope(rule.layer), raster.unknown)
        if rule.kind == "range":
            return _outside_range(rule, raster.values, raster.unknown, raster.absent)
        return _by_class(rule, raster)

    def _inside(self, rule: Rule) -> Finding:
        key = _zone_key(rule)
        if key not in self.covered:
            self.covered[key] = self.task.zones[key].covered()
        return Finding(self.covered[key], np.zeros((), bool))

    def _slope(self, role: str) -> npt.NDArray[np.float32]:
        """Return the slope; a cell more on each side makes tiles seamless."""
        if role not in self.slopes:
            whole = slope_deg(self.with_halo(role).values, cell_m(self.task.geobox))
            self.slopes[role] = whole[self.task.tile.inside(self.task.wide(role))]
        return self.slopes[role]


def _zone_key(rule: Rule) -> ZoneKey:
    return (
        rule.layer,
        rule.where,
        rule.distance_m,
        rule.point_radius_m,
        rule.point_mw_per_km2,
    )


def rule_zone(rule: Rule, layers: Layers) -> Zone:
    """Return what an `inside` or `setback` rule covers.

    Parameters
    ----------
    rule : Rule
        Of kind inside or setback.
    layers : Layers
        With the rule's layer.

    Raises
    ------
    InputError
        If a column of `where` is missing, the rule would cover nothing of points or lines, or a
        point has no capacity to make a disc of.

    """
    frame = _meant(rule, layers.vector(rule.layer))
    distance_m = rule.distance_m + _radii_m(rule, frame)
    geometries = frame.geometry.to_numpy()
    if len(frame) and ((distance_m <= 0) & (shapely.get_dimensions(geometries) < 2)).any():  # noqa: PLR2004
        raise InputError("rule-covers-nothing", {"rule": rule.id, "layer": rule.layer})
    return zone(geometries, distance_m, layers.geobox)


def _meant(rule: Rule, frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    keep = np.ones(len(frame), bool)
    for column, values in rule.where:
        if column not in frame:
            named = {"rule": rule.id, "layer": rule.layer, "column": column}
            raise InputError("rule-column-missing", named)
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


def _outside_range(
    rule: Rule, values: npt.NDArray[np.float32], unknown: Mask, absent: Mask | None = None
) -> Finding:
    """Return where a value is not allowed; a value that is not a number is not known."""
    holds = np.zeros(values.shape, bool)
    if rule.low is not None:
        holds |= values < rule.low
    if rule.high is not None:
        holds |= values > rule.high
    blind = unknown | np.isnan(values)
    if absent is not None:
        blind &= ~absent
        holds &= ~absent
    return Finding(holds & ~blind, blind)


def _by_class(rule: Rule, raster: Raster) -> Finding:
    among = _among(rule.classes, raster, rule.id)
    holds = among if rule.kind == "class_in" else ~among
    if raster.absent is not None:
        holds = holds & ~raster.absent
    return Finding(holds & ~raster.unknown, raster.unknown)


def _among(classes: tuple[str, ...], raster: Raster, rule: str) -> Mask:
    wanted: list[int] = []
    for name in classes:
        if name not in raster.codes:
            known = ", ".join(raster.codes)
            raise InputError("rule-class-unknown", {"rule": rule, "code": name, "known": known})
        wanted.extend(raster.codes[name])
    values = raster.values
    if values.dtype == np.uint8:
        table = np.zeros(256, bool)
        table[wanted] = True
        return table[values]
    return np.isin(values, wanted)


def _meets(condition: Condition, raster: Raster) -> Finding:
    unknown = raster.unknown
    absent = np.zeros_like(unknown) if raster.absent is None else raster.absent
    if condition.classes:
        holds = _among(condition.classes, raster, condition.layer)
    else:
        values = raster.values
        low = -np.inf if condition.low is None else condition.low
        high = np.inf if condition.high is None else condition.high
        unknown = (unknown | np.isnan(values)) & ~absent
        holds = (values >= low) & (values < high)
    return Finding(holds & ~unknown & ~absent, unknown & ~absent)
