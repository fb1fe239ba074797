"""One layer of the map: its features, groups, cards and geometry as the page reads them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final, Literal

import geopandas as gpd
import numpy as np
import shapely

from sandgrid.export.maps import palette
from sandgrid.export.maps.codec import (
    LON_LAT,
    coarse_bits,
    encode_shapes,
    find_shapes,
    rounding_bits,
)
from sandgrid.export.maps.words import Words

ShapeKind = Literal["polygon", "line", "point"]
SPARE: Final = 2  # simplifying takes one half of the tolerance, rounding at most the other
SAME_M: Final = 0.001


@dataclass(frozen=True)
class Twin:
    """Features that are drawn from another layer, so that they are written once.

    Parameters
    ----------
    layer : str
        The other layer.
    rows : tuple of int
        Feature of the other layer for each feature; -1 where it has geometry of its own.

    """

    layer: str
    rows: tuple[int, ...]


@dataclass(frozen=True)
class Group:
    """Features that are drawn alike, one row of the legend.

    Parameters
    ----------
    key : str
        Value that the features share.
    title : Words
        Text of the legend.
    colour : str
        Colour as ``#rrggbb``.

    """

    key: str
    title: Words
    colour: str


@dataclass(frozen=True)
class MapLayer:
    """One layer as the page reads it.

    Parameters
    ----------
    name : str
        Fixed name; the page knows from it how the layer is drawn.
    shape : {"polygon", "line", "point"}
        What its features are.
    title : Words
        Text of the legend.
    frame : GeoDataFrame
        Features in drawing order; ``layer_year`` is the year in which each appears (0: always),
        ``layer_group`` the key of its group.
    groups : tuple of Group
        Groups that occur.
    columns : list of dict
        Card columns (see ``cards.card_columns``).
    tolerance_m : float
        How far a drawn edge may lie from the true one [m].
    rounding_m : float
        Least step of positions; 0 for as fine as the tolerance allows [m].
    twin : Twin, optional
        Where features are drawn from another layer.
    reasons : mapping
        Use -> reasons against each feature (see ``reasons.judge_parcels``).

    """

    name: str
    shape: ShapeKind
    title: Words
    frame: gpd.GeoDataFrame
    groups: tuple[Group, ...]
    columns: list[dict[str, object]]
    tolerance_m: float
    rounding_m: float = 0.0
    twin: Twin | None = None
    reasons: Mapping[str, Sequence[list[int] | None]] = field(
        default_factory=lambda: MappingProxyType({})
    )

    @property
    def coarse(self) -> int:
        """Bits of a position that are left out."""
        fine = coarse_bits(self.tolerance_m / SPARE)
        if not self.rounding_m:
            return fine
        south, north = self.frame.to_crs(LON_LAT).total_bounds[[1, 3]].tolist()
        return max(fine, rounding_bits(self.rounding_m, max(abs(south), abs(north))))

    def describe(self) -> dict[str, object]:
        """Return the layer without its geometry, as JSON holds it."""
        keys = [group.key for group in self.groups]
        place = {key: number for number, key in enumerate(keys)}
        return {
            "name": self.name,
            "shape": self.shape,
            "title": [self.title.zh, self.title.en],
            "count": len(self.frame),
            "coarse": self.coarse,
            "groups": [
                {"key": g.key, "title": [g.title.zh, g.title.en], "colour": g.colour}
                for g in self.groups
            ],
            "group": [place[key] for key in self.frame["layer_group"]],
            "year": [int(year) for year in self.frame["layer_year"]],
            "columns": self.columns,
            "reasons": dict(self.reasons),
            "twin": None if self.twin is None else [self.twin.layer, list(self.twin.rows)],
        }

    def encode(self) -> bytes:
        """Return the geometry in compact form."""
        frame = self.frame[["geometry"]]
        if self.twin is not None:
            frame = frame[np.array(self.twin.rows) < 0]
        if self.shape != "point" and self.tolerance_m > 0:
            frame = frame.set_geometry(frame.simplify(self.tolerance_m / SPARE))
        return encode_shapes(find_shapes(frame, self.name, coarse=self.coarse))


def make_layer(
    name: str,
    frame: gpd.GeoDataFrame,
    groups: Sequence[Group],
    columns: list[dict[str, object]],
    tolerance_m: float = 0.0,
) -> MapLayer:
    """Build a layer; a value that no group knows gets a grey group of its own."""
    present = set(frame["layer_group"])
    known = {group.key for group in groups}
    others = (Group(k, Words.same(k or "-"), palette.UNKNOWN) for k in sorted(present - known))
    return MapLayer(
        name=name,
        shape=_shape_kind(frame),
        title=Words.of(f"map-layer-{name.replace('_', '-')}"),
        frame=frame,
        groups=(*(group for group in groups if group.key in present), *others),
        columns=columns,
        tolerance_m=tolerance_m,
    )


def _shape_kind(frame: gpd.GeoDataFrame) -> ShapeKind:
    kinds = set(shapely.get_dimensions(np.asarray(frame.geometry.array)).tolist())
    order: tuple[ShapeKind, ...] = ("point", "line", "polygon")
    return order[max(kinds, default=0)]


def find_twins(frame: gpd.GeoDataFrame, other: gpd.GeoDataFrame, key: str) -> tuple[int, ...]:
    """Return for each feature the row of the other frame that is the same land, else -1.

    Parameters
    ----------
    frame, other : GeoDataFrame
        Features in one CRS.
    key : str
        Column that names the candidate; unique in the other frame.

    Examples
    --------
    >>> square = shapely.box(0, 0, 1, 1)
    >>> other = gpd.GeoDataFrame({"id": ["a"]}, geometry=[square])
    >>> both = gpd.GeoDataFrame({"id": ["a", "a"]}, geometry=[square, square.buffer(1)])
    >>> find_twins(both, other, "id")
    (0, -1)

    """
    place = {name: row for row, name in enumerate(other[key])}
    rows = np.array([place.get(name, -1) for name in frame[key]], dtype=np.int64)
    known = np.flatnonzero(rows >= 0)
    own = shapely.normalize(np.asarray(frame.geometry.array)[known])
    theirs = shapely.normalize(np.asarray(other.geometry.array)[rows[known]])
    same = shapely.equals_exact(own, theirs, SAME_M)
    rows[known[~same]] = -1
    return tuple(rows.tolist())
