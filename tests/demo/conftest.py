"""The committed files of the bundled city, read once, and one coarse city made anew."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pyproj
import pytest
from odc.geo.geobox import GeoBox

from sandgrid.demo import write_demo_data
from sandgrid.demo.grids import Grid, burn, grid_over
from sandgrid.demo.tables import demo_table
from sandgrid.demo.writing import ANALYSIS_CRS
from sandgrid.layers.catalogue import Catalogue, load_catalogue
from sandgrid.layers.raster import read_raster
from sandgrid.layers.vector import read_vector
from sandgrid.params import default_parameters

SEED = 20240630
Layer = Callable[[str], gpd.GeoDataFrame]


@pytest.fixture(scope="session")
def catalogue(data: Path) -> Catalogue:
    return load_catalogue(data / "catalogue.toml")


@pytest.fixture(scope="session")
def layer(catalogue: Catalogue) -> Layer:
    """Return a function that reads a vector layer in the analysis CRS."""

    @cache
    def read(role: str) -> gpd.GeoDataFrame:
        return read_vector(catalogue.vector(role), pyproj.CRS(ANALYSIS_CRS))

    return read


@dataclass(frozen=True)
class Picture:
    """A bundled raster on its own grid."""

    array: npt.NDArray[Any]
    known: npt.NDArray[np.bool_]
    codes: Mapping[str, tuple[int, ...]]
    grid: Grid


@pytest.fixture(scope="session")
def raster(catalogue: Catalogue) -> Callable[[str], Picture]:
    """Return a function that reads a raster on its own grid."""
    table = demo_table("layers").set_index("role")
    bounds = default_parameters().numbers("demo.bounds_m")

    @cache
    def read(role: str) -> Picture:
        grid = grid_over(bounds, int(table.loc[role, "cell_m"]))  # type: ignore[arg-type]
        geobox = GeoBox((grid.rows, grid.cols), grid.transform, ANALYSIS_CRS)
        found = read_raster(catalogue.raster(role), geobox)
        return Picture(vars(found)["values"], found.known, found.codes, grid)

    return read


@pytest.fixture(scope="session")
def cells(raster: Callable[[str], Picture]) -> Grid:
    """Return the 100 m grid of the bundled rasters."""
    return raster("land_class").grid


@pytest.fixture(scope="session")
def district_cells(layer: Layer, cells: Grid) -> npt.NDArray[np.int64]:
    """Return 1 + row of the district of each cell."""
    districts = layer("districts").geometry.to_numpy()
    return burn(districts, np.arange(1, len(districts) + 1), cells)


@pytest.fixture(scope="session")
def coarse(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of the bundled seed, written anew at 1 km."""
    folder = tmp_path_factory.mktemp("city")
    write_demo_data(folder, seed=SEED, resolution_m=1_000)
    return folder
