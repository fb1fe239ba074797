"""All layers of an area, read onto one grid; and the area itself."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final, TypeVar, cast

import geopandas as gpd
import pandas as pd
import pyproj
import shapely
from odc.geo.geobox import GeoBox

from sandgrid.errors import InputError
from sandgrid.layers.catalogue import Catalogue, Codes, CoverageSource, TableSource, VectorSource
from sandgrid.layers.coverage import read_coverage
from sandgrid.layers.crs import Bounds, extent_text, to_crs
from sandgrid.layers.guard import require_local
from sandgrid.layers.notices import Report, SandGridWarning, warn
from sandgrid.layers.raster import Raster, read_raster
from sandgrid.layers.raster_files import RasterFile, find_raster
from sandgrid.layers.vector import Window, read_vector
from sandgrid.params import default_parameters

READING_THREADS: Final = 2
GEOGRAPHIC: Final = pyproj.CRS.from_epsg(4490)
Result = TypeVar("Result")


@dataclass(frozen=True, eq=False)
class Layers:
    """All layers of an area on one grid.

    Parameters
    ----------
    geobox : GeoBox
        The grid.
    rasters : mapping
        Role -> raster on the grid.
    vectors : mapping
        Role -> features in the CRS of the grid.
    area : GeoDataFrame
        Districts, or parts of them, that are planned.
    margin_m : float
        How far beyond the area features were read [m].
    files : mapping
        Role -> raster that stays in its file and is read tile by tile.

    """

    geobox: GeoBox
    rasters: Mapping[str, Raster] = field(default_factory=dict)
    vectors: Mapping[str, gpd.GeoDataFrame] = field(default_factory=dict)
    area: gpd.GeoDataFrame = field(default_factory=gpd.GeoDataFrame)
    margin_m: float = float("inf")
    files: Mapping[str, RasterFile] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Refuse layers that do not lie on the grid."""
        grids = {role: raster.geobox for role, raster in self.rasters.items()}
        grids |= {role: raster.geobox for role, raster in self.files.items()}
        for role, geobox in grids.items():
            if geobox != self.geobox:
                raise InputError("layers-other-grid", {"layer": role})
        crs = pyproj.CRS.from_user_input(self.geobox.crs)
        for role, frame in {**self.vectors, "area": self.area}.items():
            if frame.crs != crs:
                raise InputError("layers-other-crs", {"layer": role})

    @property
    def roles(self) -> tuple[str, ...]:
        """Return the roles of all layers."""
        return (*self.rasters, *self.files, *self.vectors)

    def pixel_m(self, role: str) -> float:
        """Return the side of the pixels that a raster is read from [m]."""
        return self.files[role].pixel_m if role in self.files else self.raster(role).pixel_m

    def codes(self, role: str) -> Codes:
        """Return the code table of a raster of classes."""
        return self.files[role].source.codes if role in self.files else self.raster(role).codes

    def raster(self, role: str) -> Raster:
        """Return a raster; raises InputError if there is none of that role."""
        if role not in self.rasters:
            raise InputError("layers-missing", {"layer": role})
        return self.rasters[role]

    def vector(self, role: str) -> gpd.GeoDataFrame:
        """Return features; raises InputError if there are none of that role."""
        if role not in self.vectors:
            raise InputError("layers-missing", {"layer": role})
        return self.vectors[role]


def read_layers(
    catalogue: Catalogue,
    geobox: GeoBox,
    area: gpd.GeoDataFrame,
    roles: Iterable[str] | None = None,
    *,
    max_pixels: int | None = None,
    report: Report = warn,
) -> Layers:
    """Read layers onto one grid, two at a time.

    Parameters
    ----------
    catalogue : Catalogue
        What there is.
    geobox : GeoBox
        The grid.
    area : GeoDataFrame
        The area, in the CRS of the grid.
    roles : iterable of str, optional
        Which layers; all rasters and vectors by default.
    max_pixels : int, optional
        Largest raster that is opened.
    report : callable
        What is done with a warning; warnings come in the order of the catalogue.

    Raises
    ------
    InputError
        If a layer cannot be read, or does not intersect the area.

    """
    wanted = [role for role in catalogue if not isinstance(catalogue[role], TableSource)]
    wanted = wanted if roles is None else list(dict.fromkeys(roles))
    margin = default_parameters().number("layers.margin_m")
    window = Window(cast("Bounds", tuple(area.total_bounds.tolist())), margin)
    vectors = [role for role in wanted if isinstance(catalogue[role], VectorSource)]
    rasters = [role for role in wanted if role not in vectors]
    crs = pyproj.CRS.from_user_input(geobox.crs)

    def vector(role: str, told: Report) -> gpd.GeoDataFrame:
        return read_vector(catalogue.vector(role), crs, window=window, report=told)

    def raster(role: str, told: Report) -> Raster:
        if isinstance(catalogue[role], CoverageSource):
            return read_coverage(catalogue.coverage(role), geobox, report=told)
        return read_raster(catalogue.raster(role), geobox, max_pixels=max_pixels, report=told)

    return Layers(
        geobox=geobox,
        rasters=_together(raster, rasters, report),
        vectors=_together(vector, vectors, report),
        area=area,
        margin_m=margin,
    )


def with_files(
    layers: Layers,
    catalogue: Catalogue,
    roles: Iterable[str],
    staging: Path | None,
    *,
    max_pixels: int | None = None,
    report: Report = warn,
) -> Layers:
    """Return the layers with rasters that stay in their files and are read tile by tile.

    Parameters
    ----------
    layers : Layers
        Grid, area and features.
    catalogue : Catalogue
        What there is.
    roles : iterable of str
        Rasters.
    staging : Path or None
        Takes the rasters that have to be warped first; stays as long as the layers are used.
        None warps each part when it is asked for: for one tile or few.
    max_pixels : int, optional
        Largest raster that is opened.
    report : callable
        What is done with a warning.

    Raises
    ------
    InputError, ResourceError
        If a raster cannot be read, or does not intersect the area.

    """

    def file(role: str, told: Report) -> RasterFile:
        source = catalogue.raster(role)
        return find_raster(source, layers.geobox, staging, max_pixels=max_pixels, report=told)

    return replace(layers, files=_together(file, list(roles), report))


def _together(
    read: Callable[[str, Report], Result], roles: Sequence[str], report: Report
) -> dict[str, Result]:
    """Read on two threads; results and warnings come in the order of the roles."""
    notices: dict[str, list[SandGridWarning]] = {role: [] for role in roles}
    with ThreadPoolExecutor(READING_THREADS) as pool:
        waiting = {role: pool.submit(read, role, notices[role].append) for role in roles}
        results = {role: future.result() for role, future in waiting.items()}
    for role in roles:
        for notice in notices[role]:
            report(notice)
    return results


def select_area(
    districts: gpd.GeoDataFrame,
    ids: Sequence[str] = (),
    *,
    bbox_deg: Bounds | None = None,
) -> gpd.GeoDataFrame:
    """Return the area that is planned: some districts, cropped by a box if given.

    Parameters
    ----------
    districts : GeoDataFrame
        All districts, in the analysis CRS, with `district_id`.
    ids : sequence of str
        Districts that are planned; all if empty.
    bbox_deg : tuple of float, optional
        West, south, east, north of the box [deg].

    Raises
    ------
    InputError
        If a district is not in the layer, or the box holds none of them.

    """
    strange = [name for name in ids if name not in set(districts["district_id"])]
    if strange:
        known = ", ".join(districts["district_id"])
        raise InputError("area-unknown-district", {"ids": ", ".join(strange), "known": known})
    chosen = districts[districts["district_id"].isin(ids)] if ids else districts
    if bbox_deg is not None:
        chosen = _cropped(chosen, bbox_deg)
    if chosen.empty:
        raise InputError("area-empty", {})
    return cast("gpd.GeoDataFrame", chosen.reset_index(drop=True))


def _cropped(districts: gpd.GeoDataFrame, bbox_deg: Bounds) -> gpd.GeoDataFrame:
    box = gpd.GeoDataFrame(geometry=[shapely.box(*bbox_deg)], crs=GEOGRAPHIC)
    crs = cast("pyproj.CRS", districts.crs)
    crop = to_crs(box, crs).geometry.iloc[0]
    parts = shapely.intersection(districts.geometry.to_numpy(), crop)
    kept = districts.set_geometry(gpd.GeoSeries(parts, index=districts.index, crs=crs))
    kept = kept[shapely.area(parts) > 0]
    if kept.empty:
        total = cast("Bounds", tuple(districts.total_bounds.tolist()))
        values = {"box": extent_text(bbox_deg, GEOGRAPHIC), "area": extent_text(total, crs)}
        raise InputError("area-box-elsewhere", values)
    return cast("gpd.GeoDataFrame", kept)


def read_table(source: TableSource) -> pd.DataFrame:
    """Read a table of numbers and words (CSV, UTF-8).

    Raises
    ------
    InputError
        If the file is missing or broken.

    """
    path = require_local(source)
    try:
        return pd.read_csv(path, encoding="utf-8")
    except (ValueError, UnicodeDecodeError) as error:
        raise InputError("layer-broken", {**source.named, "why": str(error)}) from error
