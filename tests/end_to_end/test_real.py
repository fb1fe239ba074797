"""Real layers of Tongliao: the same job, and land that an independent count confirms."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pytest
import rasterio
from pyproj import Transformer
from rasterio.features import geometry_mask
from scipy import ndimage

from sandgrid.pipeline import Result, run_scenario

from .conftest import stated
from .figures import check_drawings, check_plan_json, check_totals
from .folders import listed_hashes, true_hashes

pytestmark = [pytest.mark.end_to_end, pytest.mark.slow, pytest.mark.shared]
Mask = npt.NDArray[np.bool_]
USES = ("pv", "wind", "treatment")
SETBACKS_M = {
    "water": ("lakes.gpkg", {"pv": 50, "wind": 200, "treatment": 0}),
    "rivers": ("rivers.geojson", {"pv": 200, "wind": 200}),
    "settlements": ("settlements.geojson", {"pv": 550, "wind": 1000, "treatment": 500}),
    "wind_farms": ("wind_farms.geojson", {"pv": 0, "wind": 2000}),
}
STEEPEST_DEG = {"pv": 15, "wind": 17, "treatment": 20}
MW_PER_M2 = 5e-6


@pytest.fixture(scope="module")
def folder(shared: Path) -> Path:
    found = (shared / "tongliao").resolve()
    if not found.is_dir():
        pytest.skip(f"real layers are absent: {found}")
    return found


@pytest.fixture(scope="module")
def real(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Result]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(os.environ, "SANDGRID_SHARED", str(folder.parent))
        yield run_scenario(stated("tongliao-real"), tmp_path_factory.mktemp("real") / "plan")


@pytest.fixture(scope="module")
def grid(real: Result, folder: Path) -> dict[str, Any]:
    """Return the grid of the run, and its own account of what lies inside the real districts."""
    with rasterio.open(real.folder / "eligibility.tif") as raster:  # noqa: TID251
        grid = {"crs": raster.crs, "transform": raster.transform, "out_shape": raster.shape}
    return {**grid, "inside": _burned(_read(folder, "counties.shp", grid), grid)}


def _read(folder: Path, name: str, grid: dict[str, Any]) -> gpd.GeoDataFrame:
    return gpd.read_file(folder / name).to_crs(grid["crs"])  # noqa: TID251


def _burned(frame: gpd.GeoDataFrame | gpd.GeoSeries, grid: dict[str, Any]) -> Mask:
    """Return the cells whose centre lies inside."""
    shapes = frame.geometry[~frame.geometry.is_empty]
    return geometry_mask(shapes, grid["out_shape"], grid["transform"], invert=True)


def _hectares(mask: Mask, grid: dict[str, Any]) -> float:
    cell_ha = grid["transform"].a ** 2 / 10_000
    return float(np.count_nonzero(mask & grid["inside"])) * cell_ha


def _removed(real: Result, layer: str) -> dict[str, float]:
    return next(row["removed_ha"] for row in real.figures["layers"] if row["name"] == layer)


def test_the_plan_is_proven_and_audited(real: Result) -> None:
    assert real.exit_code == 0
    check_plan_json(real.figures)
    check_totals(real.folder, real.figures)
    check_drawings(real.folder)
    assert listed_hashes(real.folder) == true_hashes(real.folder)


def test_it_says_which_layers_are_made_up(real: Result) -> None:
    made_up = set(real.figures["synthetic_layers"])
    assert not made_up & {"districts", "dem", *SETBACKS_M}
    assert {"inventory", "land_class", "substations"} <= made_up


def test_a_slope_from_coarse_terrain_is_warned_about(real: Result) -> None:
    assert any("pv-slope" in notice["en"] for notice in real.figures["notices"])


@pytest.mark.parametrize("layer", SETBACKS_M)
def test_hectares_removed_equal_an_independent_count(
    real: Result, grid: dict[str, Any], folder: Path, layer: str
) -> None:
    name, distances = SETBACKS_M[layer]
    frame = _read(folder, name, grid)
    radius = np.zeros(len(frame))
    if layer == "wind_farms":
        frame = frame[frame["Status"] == "operating"]
        radius = np.sqrt(frame["Capacity (MW)"].to_numpy(dtype=float) / MW_PER_M2 / np.pi)
    told = _removed(real, layer)
    for use in USES:
        if use not in distances:
            assert told[use] == 0
            continue
        zone = frame.geometry.buffer(distances[use] + radius, quad_segs=128)
        counted = _hectares(_burned(zone, grid), grid)
        assert counted > 0
        # GEOS straightens shallow bends by up to 1 % of the distance
        assert told[use] == pytest.approx(counted, rel=5e-3)


def test_steep_hectares_equal_an_independent_count(
    real: Result, grid: dict[str, Any], folder: Path
) -> None:
    slope = _slope_deg(_heights(folder / "dem_30arcsec.tif", grid), grid["transform"].a)
    told = _removed(real, "dem")
    for use, steepest in STEEPEST_DEG.items():
        counted = _hectares(slope > steepest, grid)
        assert told[use] == pytest.approx(counted, rel=0.02, abs=20)


def _heights(path: Path, grid: dict[str, Any]) -> npt.NDArray[np.float64]:
    """Return heights at the cell centres, between the four pixels around each."""
    with rasterio.open(path) as raster:  # noqa: TID251
        pixels, place, crs = raster.read(1).astype(float), raster.transform, raster.crs
    to_degrees = Transformer.from_crs(grid["crs"], crs, always_xy=True)
    rows, cols = grid["out_shape"]
    step = grid["transform"]
    x = step.c + (np.arange(cols) + 0.5) * step.a
    found = np.empty((rows, cols))
    for row in range(rows):
        lon, lat = to_degrees.transform(x, np.full(cols, step.f + (row + 0.5) * step.e))
        at = np.array([(lat - place.f) / place.e, (lon - place.c) / place.a]) - 0.5
        found[row] = ndimage.map_coordinates(pixels, at, order=1, mode="nearest")
    return found


def _slope_deg(heights: npt.NDArray[np.float64], cell_m: float) -> npt.NDArray[np.float64]:
    rise = [ndimage.sobel(heights, axis=axis) / (8 * cell_m) for axis in (0, 1)]
    return np.degrees(np.arctan(np.hypot(*rise)))
