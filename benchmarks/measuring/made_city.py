"""A made city: rasters and features of a size that is asked for, the same on every run."""

import json
from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pyogrio
import rasterio
import shapely
from affine import Affine
from rasterio.windows import Window

CRS = "+proj=laea +lat_0=43.5 +lon_0=121.5 +ellps=GRS80 +units=m +no_defs"
BOX_M = (300_000.0, 270_000.0)
BAND_ROWS = 512
RASTERS = ("land", "slope", "cover", "rain")


@dataclass(frozen=True)
class Size:
    """How large a city is made.

    Parameters
    ----------
    cell_m : float
        Side of a cell [m].
    share : float
        Share of the sides of the whole city (1 is 300 x 270 km) [1].
    shift_m : float
        How far the area lies off the lines of the grid [m].

    """

    cell_m: float
    share: float = 1.0
    shift_m: float = 0.0

    @property
    def shape(self) -> tuple[int, int]:
        """Return rows and columns."""
        return tuple(round(side * self.share / self.cell_m) for side in BOX_M[::-1])

    def write(self, folder: Path) -> None:
        """Write the size down beside the layers."""
        (folder / "size.json").write_text(json.dumps(self.__dict__))

    @property
    def affine(self) -> Affine:
        """Return the place of the cells."""
        return Affine(self.cell_m, 0, 0, 0, -self.cell_m, self.shape[0] * self.cell_m)


def write_city(folder: Path, size: Size) -> None:
    """Write rasters, features and the area of a city, unless they are there."""
    if (folder / "size.json").exists() and read_size(folder) == size:
        return
    folder.mkdir(parents=True, exist_ok=True)
    for number, name in enumerate(RASTERS):
        write_raster(folder / f"{name}.tif", size, number)
    for name, frame in features(size).items():
        pyogrio.write_dataframe(frame, folder / f"{name}.gpkg")
    pyogrio.write_dataframe(area(size), folder / "area.gpkg")
    size.write(folder)


def read_features(folder: Path, name: str) -> gpd.GeoDataFrame:
    """Return the features of a layer of a written city."""
    return pyogrio.read_dataframe(folder / f"{name}.gpkg").set_crs(CRS, allow_override=True)


def read_size(folder: Path) -> Size:
    """Return the size of a written city."""
    return Size(**json.loads((folder / "size.json").read_text()))


def area(size: Size) -> gpd.GeoDataFrame:
    """Return the area: an oval that takes three quarters of the box and touches its sides."""
    width, height = (side * size.share for side in BOX_M)
    turn = np.linspace(0, 2 * np.pi, 721)[:-1]
    x, y = (np.sign(f(turn)) * np.abs(f(turn)) ** 1.0 for f in (np.cos, np.sin))
    shift = size.shift_m
    inset = abs(shift)
    oval = np.column_stack(
        [width / 2 + shift + (width / 2 - inset) * x, height / 2 + shift + (height / 2 - inset) * y]
    )
    return gpd.GeoDataFrame({"district_id": ["1"]}, geometry=[shapely.Polygon(oval)], crs=CRS)


def write_raster(path: Path, size: Size, number: int) -> None:
    """Write raster 0 (classes 1 to 10) or 1, 2, 3 (bytes in three ranges)."""
    rows, cols = size.shape
    rng = np.random.default_rng(number)
    coarse = rng.random(
        (-(-rows * int(size.cell_m) // 900) + 2, -(-cols * int(size.cell_m) // 900) + 2)
    )
    profile = {
        "driver": "GTiff", "width": cols, "height": rows, "count": 1, "dtype": "uint8", "crs": CRS,
        "transform": size.affine, "nodata": 255, "tiled": True, "blockxsize": 512,
        "blockysize": 512, "compress": "deflate", "zlevel": 1,
    }  # fmt: skip
    with rasterio.open(path, "w", **profile) as target:
        for top in range(0, rows, BAND_ROWS):
            band = _band(coarse, size, slice(top, min(top + BAND_ROWS, rows)), rng)
            target.write(_values(band, number), 1, window=Window(0, top, cols, band.shape[0]))


def _band(
    coarse: npt.NDArray[np.float64], size: Size, rows: slice, rng: np.random.Generator
) -> npt.NDArray[np.float32]:
    """Return patches of 900 m with ragged edges."""
    cols = size.shape[1]
    ragged = rng.integers(0, 90, (2, 1, cols))
    down = ((np.arange(rows.start, rows.stop) * size.cell_m)[:, None] + ragged[0]) // 900
    across = ((np.arange(cols) * size.cell_m)[None, :] + ragged[1]) // 900
    return coarse[down.astype(int), across.astype(int)].astype(np.float32)


def _values(band: npt.NDArray[np.float32], number: int) -> npt.NDArray[np.uint8]:
    if number == 0:
        return (band * 10).astype(np.uint8) + 1
    return (band * (30, 100, 200)[number - 1]).astype(np.uint8)


def features(size: Size) -> dict[str, gpd.GeoDataFrame]:
    """Return about 2,500 features for the whole city, fewer for a part of it."""
    rng = np.random.default_rng(7)
    part = size.share**2
    width, height = (side * size.share for side in BOX_M)

    def spots(count: int) -> npt.NDArray[np.float64]:
        return rng.uniform((0, 0), (width, height), (max(round(count * part), 3), 2))

    def blobs(count: int, low: float, high: float) -> list[shapely.Geometry]:
        return [_blob(rng, spot, rng.uniform(low, high)) for spot in spots(count)]

    def ways(count: int, steps: int, step_m: float) -> list[shapely.Geometry]:
        return [_way(rng, spot, steps, step_m) for spot in spots(count)]

    made = {
        "reserves": blobs(60, 2_000, 9_000),
        "settlements": blobs(1_000, 200, 900),
        "lakes": blobs(400, 100, 1_500),
        "roads": ways(500, 40, 400.0),
        "railways": ways(40, 120, 800.0),
        "rivers": ways(200, 120, 500.0),
        "lines": ways(200, 12, 3_000.0),
        "airports": [shapely.Point(*spot) for spot in spots(100)],
    }
    return {name: gpd.GeoDataFrame(geometry=shapes, crs=CRS) for name, shapes in made.items()}


def _blob(
    rng: np.random.Generator, spot: npt.NDArray[np.float64], radius: float
) -> shapely.Polygon:
    turn = np.sort(rng.uniform(0, 2 * np.pi, 60))
    reach = radius * rng.uniform(0.7, 1.0, 60)
    ring = spot + np.column_stack([np.cos(turn), np.sin(turn)]) * reach[:, None]
    return shapely.make_valid(shapely.Polygon(ring))


def _way(
    rng: np.random.Generator, spot: npt.NDArray[np.float64], steps: int, step_m: float
) -> shapely.LineString:
    turn = rng.uniform(0, 2 * np.pi) + rng.normal(0, 0.3, steps).cumsum()
    path = np.column_stack([np.cos(turn), np.sin(turn)]) * step_m
    return shapely.LineString(spot + path.cumsum(axis=0))
