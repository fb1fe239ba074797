"""Exact shares of cells that are covered by features, so that narrow things are not lost."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pyproj
import shapely
from exactextract import exact_extract
from exactextract.raster import NumPyRasterSource
from odc.geo.geobox import GeoBox

from sandgrid.land.exclusions import USES, Rule
from sandgrid.land.zones import reaching, rule_reach
from sandgrid.layers.crs import Geometries
from sandgrid.layers.stack import Layers
from sandgrid.layers.tiles import Tile

Shares = npt.NDArray[np.float32]
QUARTER_SEGMENTS: Final = 32


@dataclass(frozen=True, eq=False)
class Covers:
    """Polygons of the fractional rules, ready to be asked tile by tile.

    Parameters
    ----------
    polygons : mapping
        Rule -> what it covers.
    by_use : mapping
        Use -> fractional rules that speak of it.
    geobox : GeoBox
        The whole grid.
    tile : Tile
        Cells that are asked about.

    """

    polygons: Mapping[str, Geometries]
    by_use: Mapping[str, tuple[str, ...]]
    geobox: GeoBox
    tile: Tile

    def part(self, tile: Tile) -> "Covers":
        """Return what touches a tile."""
        box = shapely.box(*tile.geobox(self.geobox).boundingbox.bbox)
        near = {rule: shapes[_near(shapes, box)] for rule, shapes in self.polygons.items()}
        return Covers(near, self.by_use, self.geobox, tile)

    def share_of(self, rule: str) -> Shares:
        """Return the share of each cell that a rule covers."""
        return covered_share(self.polygons[rule], self.tile.geobox(self.geobox))

    def share(self, use: str) -> Shares:
        """Return the share of each cell that the rules on a use cover together."""
        shapes = [self.polygons[rule] for rule in self.by_use[use]]
        whole = np.concatenate([np.zeros(0, dtype=object), *shapes])
        return covered_share(whole, self.tile.geobox(self.geobox))


def fractional_covers(
    rules: tuple[Rule, ...], layers: Layers, uses: tuple[str, ...], near: Tile | None = None
) -> Covers:
    """Return what the fractional rules among some cover, all or only near the cells of a tile."""
    chosen = [rule for rule in rules if rule.fractional]
    polygons = {rule.id: _buffered(rule, layers, near) for rule in chosen}
    by_use = {use: tuple(rule.id for rule in chosen if rule.speaks_of(use)) for use in uses}
    return Covers(polygons, by_use, layers.geobox, Tile.whole(layers.geobox))


def covered_for_all(rules: tuple[Rule, ...], layers: Layers) -> Geometries:
    """Return the polygons that fractional rules on every use take, so that no use may have them.

    Parameters
    ----------
    rules : tuple of Rule
        Rules.
    layers : Layers
        With the layers of the fractional rules.

    """
    chosen = tuple(rule for rule in rules if takes_from_all(rule))
    shapes = fractional_covers(chosen, layers, USES).polygons.values()
    return np.concatenate([np.zeros(0, dtype=object), *shapes])


def takes_from_all(rule: Rule) -> bool:
    """Tell whether a rule takes parts of cells from every use.

    Examples
    --------
    >>> road = Rule("road", 0, ("pv", "wind", "treatment"), "setback", "roads", "路", "road",
    ...             distance_m=10.0, fractional=True)
    >>> takes_from_all(road)
    True

    """
    return rule.fractional and set(USES) <= set(rule.uses)


def _buffered(rule: Rule, layers: Layers, near: Tile | None) -> Geometries:
    shapes, reach_m = reaching(rule_reach(rule, rule.distance_m, layers), near, layers.geobox)
    wide = shapely.buffer(shapes, reach_m, quad_segs=QUARTER_SEGMENTS)
    return np.asarray(np.where(reach_m > 0, wide, shapes), dtype=object)


def _near(shapes: Geometries, box: shapely.Polygon) -> npt.NDArray[np.bool_]:
    return np.asarray(shapely.intersects(shapes, box), dtype=bool)


def covered_share(polygons: Geometries, geobox: GeoBox) -> Shares:
    """Return the share of each cell that polygons cover together, overlaps counted once.

    Parameters
    ----------
    polygons : ndarray of geometries, shape (n,)
        Valid polygons in the CRS of the grid.
    geobox : GeoBox
        Grid.

    Returns
    -------
    ndarray of float32, shape of the grid
        0 to 1.

    Examples
    --------
    >>> from affine import Affine
    >>> cells = GeoBox((1, 2), Affine(100, 0, 0, 0, -100, 100), "EPSG:32651")
    >>> road = np.array([shapely.box(-50, 40, 150, 60)], dtype=object)
    >>> covered_share(road, cells).round(3).tolist()
    [[0.20000000298023224, 0.10000000149011612]]

    """
    share = np.zeros(tuple(geobox.shape), np.float32)
    west, south, east, north = geobox.boundingbox.bbox
    whole = shapely.intersection(shapely.union_all(polygons), shapely.box(west, south, east, north))
    if whole.is_empty or not whole.area:
        return share
    crs = pyproj.CRS.from_user_input(geobox.crs)
    cells = NumPyRasterSource(
        share, xmin=west, ymin=south, xmax=east, ymax=north, srs_wkt=crs.to_wkt()
    )
    frame = gpd.GeoDataFrame(geometry=[whole], crs=crs)
    found = exact_extract(cells, frame, ["cell_id", "coverage"], output="pandas").iloc[0]
    share.ravel()[np.asarray(found["cell_id"], dtype=np.int64)] = found["coverage"]
    return share
