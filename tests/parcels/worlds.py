"""Worlds of a few cells that can be checked in the head."""

from collections.abc import Mapping
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from affine import Affine
from odc.geo.geobox import GeoBox

from sandgrid.layers.crs import local_equal_area
from sandgrid.layers.raster import Raster
from sandgrid.layers.stack import Layers

CRS = local_equal_area(121.5, 44.0)
CELL_M = 100.0


def geobox_of(rows: int, columns: int) -> GeoBox:
    """Return a geobox whose lower left corner is the origin."""
    return GeoBox((rows, columns), Affine(CELL_M, 0, 0, 0, -CELL_M, rows * CELL_M), CRS)


@dataclass(frozen=True, eq=False)
class Masks:
    """Eligibility of which only the masks are known."""

    masks: Mapping[str, npt.NDArray[np.bool_]]

    def mask(self, use: str) -> npt.NDArray[np.bool_]:
        return self.masks[use]


def all_eligible(geobox: GeoBox, **changes: npt.NDArray[np.bool_]) -> Masks:
    full = {use: np.ones(geobox.shape, dtype=bool) for use in ("pv", "wind", "treatment")}
    return Masks(full | changes)


def layers_of(
    geobox: GeoBox,
    inventory: gpd.GeoDataFrame | None = None,
    *,
    districts: Mapping[str, shapely.Polygon] | None = None,
    rasters: Mapping[str, npt.NDArray[np.float32]] | None = None,
) -> Layers:
    """Return a world: flat, one road along the lower edge, one village, uniform rasters."""
    rows, columns = geobox.shape
    whole = shapely.box(0, 0, columns * CELL_M, rows * CELL_M)
    areas = dict(districts or {"150524": whole})
    area = gpd.GeoDataFrame(
        {"district_id": list(areas), "district": [f"D{key}" for key in areas]},
        geometry=list(areas.values()),
        crs=CRS,
    )
    village = pd.DataFrame(
        {
            "village_id": ["V1"],
            "village": ["嘎查甲"],
            "township": ["苏木甲"],
            "collective_id": ["C1"],
            "collective": ["集体甲"],
        }
    )
    vectors = {
        "roads": gpd.GeoDataFrame(
            geometry=[shapely.LineString([(0, 0), (columns * CELL_M, 0)])], crs=CRS
        ),
        "villages": gpd.GeoDataFrame(village, geometry=[whole], crs=CRS),
    }
    if inventory is not None:
        vectors["inventory"] = inventory
    values = {"cover": 0.05, "rain": 400.0, "ghi": 1450.0, "wind_speed": 7.0, "dem": 200.0}
    filled = {role: np.full(geobox.shape, v, dtype=np.float32) for role, v in values.items()}
    filled |= dict(rasters or {})
    return Layers(
        geobox=geobox,
        rasters={role: Raster(v, ~np.isfinite(v), geobox) for role, v in filled.items()},
        vectors=vectors,
        area=area,
    )


def inventory_of(
    shapes: Mapping[str, shapely.Geometry], dune_class: str = "mobile"
) -> gpd.GeoDataFrame:
    """Return an inventory of collective land."""
    return gpd.GeoDataFrame(
        {
            "source_id": list(shapes),
            "dune_class": dune_class,
            "degree": "extreme",
            "holder_kind": "collective",
            "collective_id": "C1",
            "holder": "集体甲",
        },
        geometry=list(shapes.values()),
        crs=CRS,
    )
