"""How rules are applied to a tile of cells: yes, no, or cannot tell."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

import numpy as np
import numpy.typing as npt
from odc.geo.geobox import GeoBox

from sandgrid.land.burn import Zone, zone
from sandgrid.land.exclusions import (
    BY_FEATURES,
    OUTSIDE_BIT,
    UNKNOWN_BIT,
    Condition,
    Rule,
    uses_of,
)
from sandgrid.land.findings import NOWHERE, Finding, by_range, in_raster, meets
from sandgrid.land.marking import bits_where_not, set_bit, set_bits
from sandgrid.land.shares import Covers, fractional_covers
from sandgrid.land.zones import ZoneKey, condition_key, district_key, rule_zones, zone_key
from sandgrid.layers.geobox import cell_m
from sandgrid.layers.raster import Raster
from sandgrid.layers.raster_files import ByteRaster, RasterFile
from sandgrid.layers.stack import Layers
from sandgrid.layers.terrain import slope_deg
from sandgrid.layers.tiles import Tile

Mask = npt.NDArray[np.bool_]
Reasons = npt.NDArray[np.uint32]
Shares = npt.NDArray[np.float32]
IN_RASTER: Final = {"range", "class_in", "class_not_in"}
SLOPE_HALO: Final = 1
WHOLE: Final = 1 - 1e-6


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
    uses : tuple of str
        Uses that are judged.
    covers : Covers
        What the fractional rules cover of the tile.

    """

    rules: tuple[Rule, ...]
    geobox: GeoBox
    tile: Tile
    rasters: Mapping[str, Raster]
    files: Mapping[str, RasterFile]
    halos: Mapping[str, int]
    zones: Mapping[ZoneKey, Zone]
    area: Zone
    uses: tuple[str, ...]
    covers: Covers

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
    covers : Covers
        What the fractional rules cover.
    uses : tuple of str
        Uses that are judged.

    """

    rules: tuple[Rule, ...]
    layers: Layers
    zones: Mapping[ZoneKey, Zone]
    area: Zone
    covers: Covers
    uses: tuple[str, ...]

    @classmethod
    def of(
        cls,
        rules: tuple[Rule, ...],
        layers: Layers,
        *,
        uses: tuple[str, ...] = (),
        near: Tile | None = None,
    ) -> "Judge":
        """Return a judge with the zones of all vector rules drawn.

        Parameters
        ----------
        rules, layers
            As for `find_eligibility`.
        uses : tuple of str, optional
            Uses that are judged; those that the rules tell apart by default.
        near : Tile, optional
            The only cells that will be judged: features that do not reach them are left out.

        """
        judged = tuple(rule for rule in rules if rule.kind != "minimum_patch")
        uses = uses or uses_of(rules)
        borders = layers.area.geometry.to_numpy()
        return cls(
            judged,
            layers,
            rule_zones(judged, layers, near),
            zone(borders, np.zeros(len(borders)), layers.geobox),
            fractional_covers(judged, layers, uses, near),
            uses,
        )

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
            uses=self.uses,
            covers=self.covers.part(tile),
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
    start = bits_where_not(task.area.covered(), np.uint32(1 << OUTSIDE_BIT))
    reasons = {use: start.copy() for use in task.uses}
    for rule in task.rules:
        meant = {use: reasons[use] for use in task.uses if rule.speaks_of(use)}
        if rule.effect == "include":
            holds = bench.finding(rule).holds
            for use, bits in meant.items():
                _overrule(bits, holds, _bits_above(task.rules, rule, use))
        else:
            bench.mark(rule, list(meant.values()))
    return reasons


def judge_shares(task: Task) -> dict[str, Shares]:
    """Return which share of each cell of a tile counts for each use, whatever the reasons say."""
    bench = _Bench(task)
    shares = {use: 1 - task.covers.share(use) for use in task.uses}
    for rule in task.rules:
        if rule.effect == "weigh":
            factor = np.where(bench.finding(rule).holds, np.float32(rule.weight), np.float32(1))
            for use in filter(rule.speaks_of, task.uses):
                shares[use] *= factor
    return shares


def _bits_above(rules: tuple[Rule, ...], rule: Rule, use: str) -> np.uint32:
    """Return the bits of the rules on a use that stand above a rule."""
    above = rules[: rules.index(rule)]
    return np.uint32(sum(1 << other.bit for other in above if other.speaks_of(use)))


def _overrule(reasons: Reasons, holds: Mask, bits: np.uint32) -> None:
    reasons[holds] &= ~bits


def _mark(reasons: Reasons, finding: Finding, rule: Rule) -> None:
    """Set the rule's bit where it removes land, and that of unknown where nobody can tell."""
    if rule.effect == "remove":
        set_bit(reasons, np.ascontiguousarray(finding.holds), np.uint32(1 << rule.bit))
    if finding.unknown.any():
        set_bit(reasons, np.ascontiguousarray(finding.unknown), np.uint32(1 << UNKNOWN_BIT))


@dataclass(frozen=True, eq=False)
class _Bench:
    """A tile at work, and what has been worked out about it for several rules."""

    task: Task
    covered: dict[ZoneKey, Mask] = field(default_factory=dict)
    wide: dict[str, Raster] = field(default_factory=dict)
    slopes: dict[str, npt.NDArray[np.float32]] = field(default_factory=dict)
    bytes: dict[str, ByteRaster | None] = field(default_factory=dict)

    def mark(self, rule: Rule, reasons: list[Reasons]) -> None:
        """Set the bits of a rule; of a raster of bytes each byte is judged once."""
        alone = rule.kind in IN_RASTER and not rule.only_where
        held = self.in_bytes(rule.layer) if alone else None
        if held is None:
            finding = self.finding(rule)
            for each in reasons:
                _mark(each, finding, rule)
            return
        bits = np.zeros(held.meaning.unknown.shape, np.uint32)
        _mark(bits, in_raster(rule, held.meaning), rule)
        for each in reasons:
            set_bits(each, held.raw, bits[0])

    def finding(self, rule: Rule) -> Finding:
        """Return where a rule holds."""
        finding = self._main(rule)
        for condition in rule.only_where:
            finding = finding.and_(self._meets(condition))
        return finding

    def _meets(self, condition: Condition) -> Finding:
        if condition.inside is None:
            return meets(condition, self.raster(condition.layer))
        inside = self._covered(condition_key(condition))
        return Finding(inside if condition.inside else ~inside, NOWHERE)

    def raster(self, role: str) -> Raster:
        """Return a raster on the cells of the tile."""
        return self.with_halo(role).cut(*self.task.tile.inside(self.task.wide(role)))

    def with_halo(self, role: str) -> Raster:
        """Return a raster on the cells of the tile and its halo."""
        if role not in self.wide:
            held = self.in_bytes(role)
            tile = self.task.tile.geobox(self.task.geobox)
            self.wide[role] = self.task.read(role) if held is None else held.on(tile)
        return self.wide[role]

    def in_bytes(self, role: str) -> ByteRaster | None:
        """Return a raster on the cells of the tile as bytes, where its file holds bytes."""
        if role not in self.bytes:
            file = self.task.files.get(role)
            alone = file is not None and self.task.halos[role] == 0
            self.bytes[role] = file.byte_part(self.task.tile) if file and alone else None
        return self.bytes[role]

    def _main(self, rule: Rule) -> Finding:
        if rule.kind in BY_FEATURES:
            holds = self._reached(rule)
            return Finding(~holds if rule.kind == "outside" else holds, NOWHERE)
        raster = self.raster(rule.layer)
        if rule.kind == "slope":
            return by_range(rule, self._slope(rule.layer), raster.unknown)
        return in_raster(rule, raster)

    def _reached(self, rule: Rule) -> Mask:
        """Return the cells that a rule about features covers, district by district."""
        if rule.fractional:
            return np.asarray(self.task.covers.share_of(rule.id) >= WHOLE)
        reached = self._covered(zone_key(rule, rule.distance_m))
        for district, distance_m in rule.distance_by_district:
            there = self._covered(district_key(district))
            reached = np.where(there, self._covered(zone_key(rule, distance_m)), reached)
        return reached

    def _covered(self, key: ZoneKey) -> Mask:
        if key not in self.covered:
            self.covered[key] = self.task.zones[key].covered()
        return self.covered[key]

    def _slope(self, role: str) -> npt.NDArray[np.float32]:
        """Return the slope; a cell more on each side makes tiles seamless."""
        if role not in self.slopes:
            whole = slope_deg(self.with_halo(role).values, cell_m(self.task.geobox))
            self.slopes[role] = whole[self.task.tile.inside(self.task.wide(role))]
        return self.slopes[role]
