"""Polygons that each bear one class (三调 DLTB), read onto the grid by cell centre."""

from typing import Any, Final, cast

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pyproj
from odc.geo.geobox import GeoBox
from rasterio.enums import MergeAlg
from rasterio.features import rasterize

from sandgrid.errors import InputError
from sandgrid.layers.catalogue import CoverageSource
from sandgrid.layers.geobox import bounds_of, cell_m
from sandgrid.layers.notices import Report, SandGridWarning, warn
from sandgrid.layers.raster import Raster
from sandgrid.layers.vector import Window, read_vector
from sandgrid.units import M2_PER_HA

SHOWN: Final = 5
SMALL: Final = 255
Counts = npt.NDArray[np.int32]


def read_coverage(source: CoverageSource, geobox: GeoBox, *, report: Report = warn) -> Raster:
    """Read polygons with a class code as a category on the grid.

    Parameters
    ----------
    source : CoverageSource
        Entry of the catalogue.
    geobox : GeoBox
        The grid.
    report : callable
        What is done with a warning: a repair, an overlap.

    Returns
    -------
    Raster
        The class at each cell centre; unknown where polygons of different class overlap, and
        unknown or absent, as declared, where there is no polygon.

    Raises
    ------
    InputError
        As for any vector layer, and for a code that the code table lacks.

    """
    crs = pyproj.CRS.from_user_input(geobox.crs)
    frame = read_vector(source.features, crs, window=Window(bounds_of(geobox)), report=report)
    values = _values(frame, source)
    most, least = (_burnt(frame, order, geobox) for order in (values, -values))
    overlap = (most > 0) & (most != -least)
    if overlap.any():
        overlap_ha = int(overlap.sum()) * cell_m(geobox) ** 2 / M2_PER_HA
        report(SandGridWarning("coverage-overlaps", {**source.named, "overlap_ha": overlap_ha}))
    gap = most == 0
    absent = gap if source.nodata_means == "absent" and gap.any() else None
    unknown = overlap if absent is not None else overlap | gap
    kind = np.uint8 if values.max(initial=0) <= SMALL else np.uint16
    classes = np.where(overlap | gap, 0, most).astype(kind)
    return Raster(classes, unknown, geobox, absent=absent, codes=source.codes)


def _values(frame: gpd.GeoDataFrame, source: CoverageSource) -> npt.NDArray[np.int64]:
    """Return the raster value of each polygon's code."""
    single = {code: values[0] for code, values in source.codes.items() if len(values) == 1}
    codes = frame["code"].astype(str).str.strip()
    bad = ~codes.isin(single).to_numpy()
    if bad.any():
        told = {
            "column": source.column,
            "count": int(bad.sum()),
            "values": ", ".join(dict.fromkeys(codes[bad].tolist()[:SHOWN])),
            "features": ", ".join(frame["feature"][bad].tolist()[:SHOWN]),
        }
        raise InputError("coverage-code-unknown", {**source.named, **told})
    return np.asarray(codes.map(single).to_numpy(dtype=np.int64))


def _burnt(frame: gpd.GeoDataFrame, values: npt.NDArray[np.int64], geobox: GeoBox) -> Counts:
    """Return the largest of the values at each cell centre, 0 where there is none."""
    order = np.argsort(values, kind="stable")
    shapes: list[tuple[Any, int]] = list(
        zip(frame.geometry.to_numpy()[order], values[order].tolist(), strict=True)
    )
    if not shapes:
        return np.zeros(geobox.shape, np.int32)
    burnt = rasterize(
        shapes,
        out_shape=tuple(geobox.shape),
        fill=0,
        transform=geobox.affine,
        merge_alg=MergeAlg.replace,
        dtype="int32",
    )
    return cast("Counts", burnt)
