"""Layers beside plan.gpkg with one thing wrong."""

from collections.abc import Callable
from pathlib import Path

import geopandas as gpd
import pandas as pd
import shapely
from forging import redraw, reshape, shape
from mutations import Change, Mutation

Redrawn = Callable[[gpd.GeoDataFrame], gpd.GeoDataFrame]
CHECK = "written_layers"


def drawn_again(layer: str, change: Redrawn) -> Change:
    """Write the first shapefile of a layer again, its features changed."""

    def made(folder: Path) -> None:
        path = min(folder.glob(f"shp/EPSG*/{layer}.shp"))
        redraw(folder, path.relative_to(folder).as_posix(), change)

    return made


def bow_tie(bounds: tuple[float, float, float, float]) -> shapely.Polygon:
    """Return a border that crosses itself."""
    west, south, east, north = bounds
    return shapely.Polygon([(west, south), (east, north), (east, south), (west, north)])


def crossed(table: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Let the border of the first feature cross itself."""
    first = bow_tie(table.geometry.iloc[0].bounds)
    return table.set_geometry([first, *table.geometry[1:]], crs=table.crs)


def shrunk(table: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Draw every feature a metre smaller."""
    return table.set_geometry(table.geometry.buffer(-1.0))


def doubled(table: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Draw the first feature twice."""
    return gpd.GeoDataFrame(pd.concat([table, table.iloc[:1]], ignore_index=True), crs=table.crs)


def renamed(table: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Give the first feature an id that the plan lacks."""
    name = table.columns[0]
    return table.assign(**{name: ["X999999", *table[name].tolist()[1:]]})


def crossed_package(folder: Path) -> None:
    """Let the border of a work package cross itself."""
    fid, old = shape(folder, "packages", name="people.gpkg")
    new = shapely.multipolygons([bow_tie(old.bounds)])
    reshape(folder, "packages", fid, new, name="people.gpkg")


REDRAWN = (
    Mutation("a shapefile border that crosses itself", CHECK, drawn_again("treatments", crossed)),
    Mutation("a shapefile feature drawn twice", CHECK, drawn_again("turbines", doubled)),
    Mutation(
        "a shapefile without its first feature",
        CHECK,
        drawn_again("parcels", lambda table: table.iloc[1:]),
    ),
    Mutation(
        "a shapefile that is missing",
        CHECK,
        drawn_again("pv_blocks", lambda table: table.iloc[:0]),
    ),
    Mutation("a shapefile of smaller features", CHECK, drawn_again("treatments", shrunk)),
    Mutation("a shapefile of another plan", CHECK, drawn_again("sites", renamed)),
    Mutation("a work package that crosses itself", CHECK, crossed_package),
)
