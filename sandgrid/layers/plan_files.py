"""Reads the files of a written plan: the layers of plan.gpkg and the bits of eligibility.tif."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, cast

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import pyogrio
import rasterio
from affine import Affine
from rasterio.errors import RasterioError

from sandgrid.errors import InputError
from sandgrid.layers.guard import begins_as
from sandgrid.layers.vector import GEOMETRY_ERRORS

Mask = npt.NDArray[np.bool_]
USES: Final = ("pv", "wind", "treatment")


@dataclass(frozen=True, eq=False)
class Reasons:
    """The reasons against each use, as eligibility.tif holds them.

    Parameters
    ----------
    bits : mapping
        Use -> uint32, shape (rows, columns); 0 is eligible.
    affine : Affine
        From column and row to x and y [m]; north is up.

    """

    bits: Mapping[str, npt.NDArray[np.uint32]]
    affine: Affine

    def refused(self, use: str, rows: npt.NDArray[np.int64], cols: npt.NDArray[np.int64]) -> Mask:
        """Return which cells a use may not take; cells beyond the raster are refused."""
        bits = self.bits[use]
        height, width = bits.shape
        inside = (rows >= 0) & (rows < height) & (cols >= 0) & (cols < width)
        found = bits[np.clip(rows, 0, height - 1), np.clip(cols, 0, width - 1)]
        return np.asarray(~inside | (found != 0), dtype=np.bool_)


def read_plan_layers(path: Path) -> dict[str, pd.DataFrame]:
    """Read every layer of a plan's GeoPackage as it stands.

    Parameters
    ----------
    path : Path
        ``plan.gpkg`` of a plan folder.

    Returns
    -------
    dict
        Layer -> DataFrame, or GeoDataFrame where the layer has geometry.

    Raises
    ------
    InputError
        If the file is missing, broken or no GeoPackage, whatever its name says.

    """
    _require(path, "GPKG")
    try:
        names = [str(name) for name, _ in pyogrio.list_layers(path)]
        return {name: pyogrio.read_dataframe(path, layer=name) for name in names}
    except GEOMETRY_ERRORS as error:
        raise InputError("audit-file-broken", {"file": path.name, "why": error}) from error


def read_shapefile(path: Path, fields: Sequence[str] = ()) -> gpd.GeoDataFrame:
    """Read one shapefile of a plan as it stands.

    Parameters
    ----------
    path : Path
        ``shp/EPSG<code>/<layer>.shp`` of a plan folder.
    fields : sequence of str
        Fields that it must have.

    Raises
    ------
    InputError
        If the file is missing, broken or no shapefile, or lacks its system or a field.

    """
    _require(path, "ESRI Shapefile")
    try:
        found: gpd.GeoDataFrame = pyogrio.read_dataframe(path)
    except GEOMETRY_ERRORS as error:
        raise InputError("audit-file-broken", {"file": path.name, "why": error}) from error
    if not isinstance(found, gpd.GeoDataFrame) or found.crs is None:
        raise InputError("audit-file-broken", {"file": path.name, "why": ".prj"})
    lost = ", ".join(name for name in fields if name not in found)
    if lost:
        raise InputError("audit-file-broken", {"file": path.name, "why": lost})
    return found


def read_reasons(path: Path) -> Reasons:
    """Read the reasons against each use.

    Parameters
    ----------
    path : Path
        ``eligibility.tif`` of a plan folder: one uint32 band per use, described by its name.

    Raises
    ------
    InputError
        If the file is missing or broken, or lacks the band of a use.

    """
    _require(path, "GTiff")
    try:
        with rasterio.open(path, driver="GTiff") as source:
            bands = {str(name): source.read(i) for i, name in enumerate(source.descriptions, 1)}
            affine = source.transform
    except RasterioError as error:
        raise InputError("audit-file-broken", {"file": path.name, "why": error}) from error
    missing = ", ".join(use for use in USES if use not in bands)
    if missing:
        raise InputError("audit-no-bands", {"file": path.name, "bands": missing})
    return Reasons(bits=bands, affine=affine)


def _require(path: Path, driver: str) -> None:
    """Refuse a file that is missing or does not begin as its format does."""
    if not path.is_file():
        raise InputError("audit-no-file", {"file": path.name})
    if not begins_as(path, driver):
        raise InputError("plan-file-wrong-format", {"file": path.name, "format": driver})


def read_page(path: Path) -> bytes:
    """Read ``map.html`` of a plan folder.

    Raises
    ------
    InputError
        If the file is missing.

    """
    if not path.is_file():
        raise InputError("audit-no-file", {"file": path.name})
    return path.read_bytes()


def read_record(path: Path) -> dict[str, Any]:
    """Read ``plan.json`` or another JSON object of a plan folder.

    Raises
    ------
    InputError
        If the file is missing or holds no JSON object.

    """
    if not path.is_file():
        raise InputError("audit-no-file", {"file": path.name})
    try:
        found = json.loads(path.read_bytes())
    except ValueError as error:
        raise InputError("audit-file-broken", {"file": path.name, "why": error}) from error
    if not isinstance(found, dict):
        raise InputError("audit-file-broken", {"file": path.name, "why": "{}"})
    return cast("dict[str, Any]", found)
