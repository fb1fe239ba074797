"""Checks of the layers that other programs open: valid, whole, as large as in plan.gpkg."""

from collections.abc import Iterator, Sequence
from itertools import chain
from pathlib import Path
from typing import Final

import geopandas as gpd
import pandas as pd
import shapely

from sandgrid.audit.comparing import NOTHING, alike, equal, gather, known
from sandgrid.audit.folder import KEYS, SHAPES, PlanFolder, tolerance
from sandgrid.audit.report import Outcome
from sandgrid.layers.plan_files import read_plan_layers, read_shapefile
from sandgrid.tables import table_columns

SHAPEFILES: Final = "shp*/EPSG*/*.shp"
PACKAGES: Final = ("people.gpkg", "layers-*.gpkg")


def check_written_layers(plan: PlanFolder) -> Outcome:
    """Check that layers beside plan.gpkg are valid and hold the features of the plan."""
    places = sorted(path for path in plan.folder.glob(SHAPEFILES) if path.stem in SHAPES)
    found = {path: read_shapefile(path, _key_fields(path.stem)) for path in places}
    each = (_as_planned(plan, path, table) for path, table in found.items())
    packages = (_package(plan, path) for name in PACKAGES for path in plan.folder.glob(name))
    return gather(chain(each, _left_out(plan, found), packages))


def _as_planned(plan: PlanFolder, path: Path, table: gpd.GeoDataFrame) -> Outcome:
    """Compare a shapefile with the layer of its name: shapes, ids, areas."""
    name, place = path.stem, path.relative_to(plan.folder).as_posix()
    ids, planned = _written_ids(name, table), _ids(plan[name], KEYS[name])
    where = [f"{place} {one}" for one in ids]
    outcome = _sound(where, table) + known(where, ids, planned, name)
    outcome += alike([place], [len(set(ids)) == len(ids)], [True])
    return outcome if outcome.faults else outcome + _as_large(plan, name, table, where)


def _ids(table: pd.DataFrame, columns: Sequence[str]) -> list[str]:
    """Return the keys of rows as texts."""
    texts = (table[column].astype(str).tolist() for column in columns)
    return [" ".join(row) for row in zip(*texts, strict=True)]


def _key_fields(name: str) -> list[str]:
    fields = {column.name: column.dbf for column in table_columns(name)}
    return [fields[key] for key in KEYS[name]]


def _written_ids(name: str, table: gpd.GeoDataFrame) -> list[str]:
    return _ids(table, _key_fields(name))


def _sound(where: list[str], table: gpd.GeoDataFrame) -> Outcome:
    shapes = table.geometry.to_numpy()
    good = shapely.is_valid(shapes) & ~shapely.is_empty(shapes)
    return alike([f"{one} geometry" for one in where], good, [True] * len(table))


def _as_large(plan: PlanFolder, name: str, table: gpd.GeoDataFrame, where: list[str]) -> Outcome:
    """Compare areas in the analysis CRS, where they are true."""
    drawn = pd.Series(shapely.area(plan.shapes(name)), index=_ids(plan[name], KEYS[name]))
    limit = drawn[_written_ids(name, table)].to_numpy()
    if not limit.any():
        return NOTHING
    back = shapely.area(table.geometry.to_crs(plan.crs).to_numpy())
    slack = tolerance("area_m2") + tolerance("relative") * limit
    return equal([f"{one} m2" for one in where], back, limit, slack=slack)


def _left_out(plan: PlanFolder, found: dict[Path, gpd.GeoDataFrame]) -> Iterator[Outcome]:
    """Ask that each feature lies in a shapefile, in the text encoding of each folder."""
    for folder in sorted({path.parent.parent.name for path in found} | {"shp"}):
        for name in SHAPES:
            planned = _ids(plan[name], KEYS[name])
            written = {
                one
                for path, table in found.items()
                if path.stem == name and path.parent.parent.name == folder
                for one in _written_ids(name, table)
            }
            yield known([f"{name} {one}" for one in planned], planned, written, folder)


def _package(plan: PlanFolder, path: Path) -> Outcome:
    place = path.relative_to(plan.folder).as_posix()
    return gather(
        _sound([f"{place} {name} {one}" for one in table.iloc[:, 0]], table)
        for name, table in read_plan_layers(path).items()
        if isinstance(table, gpd.GeoDataFrame)
    )
