"""Made layers of another place, Rhode Island: what its four published rasters do not hold."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pyogrio
import rasterio
import shapely
from affine import Affine

Floats = npt.NDArray[np.float64]
CRS: Final = "EPSG:32130"
DATE: Final = "2025-12-31"
WEST_M, SOUTH_M, EAST_M, NORTH_M = 72_000, 12_000, 132_000, 84_000
PIXEL_M: Final = 450
MARGIN_PIXELS: Final = 60
SPACING_M: Final = 700
GROUPS: Final = 34
GROUP_SIDE: Final = 4
NAMES: Final = ("Northwest", "Northeast", "Southwest", "Southeast")
DUNES: Final = ("mobile", "semi_fixed", "fixed")
HOLDERS: Final = ("collective", "collective", "household", "state_farm")
LABEL: Final = "SYNTHETIC, not surveyed: made layer of SandGrid"


def write_rhode_island(folder: Path | str, *, seed: int = 0) -> None:
    """Write the made layers that stand beside the published rasters of Rhode Island.

    Districts, holders, treatable land, resource, terrain, roads and substations; all of them are
    invented, in metres of the state plane (EPSG:32130).

    Parameters
    ----------
    folder : path
        Is made where it does not exist.
    seed : int
        Another seed gives another land.

    """
    place = Path(folder)
    place.mkdir(parents=True, exist_ok=True)
    for name, frame in made_features(seed).items():
        pyogrio.write_dataframe(
            frame.assign(synthetic=1),
            place / f"{name}.shp",
            driver="ESRI Shapefile",
            encoding="UTF-8",
            layer_options={"RESIZE": "YES", "DBF_DATE_LAST_UPDATE": DATE},
        )
    for name, (values, scale) in made_rasters().items():
        _write_raster(place / f"{name}.tif", values, scale)


def made_features(seed: int) -> dict[str, gpd.GeoDataFrame]:
    """Return the made vector layers.

    Examples
    --------
    >>> {name: len(frame) for name, frame in made_features(0).items() if name != "treatable_land"}
    {'districts': 4, 'holdings': 16, 'roads': 12, 'substations': 5}

    """
    rng = np.random.default_rng(seed)
    return {
        "districts": _districts(),
        "holdings": _holdings(),
        "treatable_land": _treatable(rng),
        "roads": _roads(rng),
        "substations": _substations(),
    }


def _frame(shapes: Sequence[shapely.Geometry], **columns: object) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(columns, geometry=shapes, crs=CRS)


def _squares(parts: int) -> Iterator[shapely.Polygon]:
    """Yield the squares of a lattice over the area, row by row from the north-west."""
    across = np.linspace(WEST_M, EAST_M, parts + 1)
    down = np.linspace(NORTH_M, SOUTH_M, parts + 1)
    for row in range(parts):
        for col in range(parts):
            yield shapely.box(across[col], down[row + 1], across[col + 1], down[row])


def _districts() -> gpd.GeoDataFrame:
    ids = [f"RI{number}" for number in range(1, 5)]
    return _frame(list(_squares(2)), dist_id=ids, name=list(NAMES))


def _holdings() -> gpd.GeoDataFrame:
    """Return the land of sixteen made land trusts, each in one district."""
    number = np.arange(16)
    district = number // 8 * 2 + number % 4 // 2
    return _frame(
        list(_squares(4)),
        hold_id=[f"H{n:02d}" for n in number + 1],
        trust_id=[f"T{n:02d}" for n in number + 1],
        trust=[f"Land trust {n}" for n in number + 1],
        town=[f"Town {n}" for n in number // 2 + 1],
        dist_id=[f"RI{n + 1}" for n in district],
    )


def _treatable(rng: np.random.Generator) -> gpd.GeoDataFrame:
    """Return groups of ragged quadrangles that share their corners."""
    shapes: list[shapely.Geometry] = []
    reach = GROUP_SIDE * SPACING_M
    for column, row in _starts(rng, reach):
        shapes.extend(_group(rng, WEST_M + column * reach * 1.5, SOUTH_M + row * reach * 1.5))
    count = len(shapes)
    return _frame(
        shapes,
        land_id=[f"L{number:04d}" for number in range(1, count + 1)],
        dune=[DUNES[n] for n in rng.integers(0, 3, count)],
        cover=rng.integers(5, 45, count) / 100,
        holder=[HOLDERS[n] for n in rng.integers(0, 4, count)],
    )


def _starts(rng: np.random.Generator, reach: float) -> list[tuple[int, int]]:
    across = int((EAST_M - WEST_M - reach) // (reach * 1.5)) + 1
    down = int((NORTH_M - SOUTH_M - reach) // (reach * 1.5)) + 1
    chosen = np.sort(rng.permutation(across * down)[:GROUPS])
    return [(int(place % across), int(place // across)) for place in chosen]


def _group(rng: np.random.Generator, west: float, south: float) -> list[shapely.Geometry]:
    """Return quadrangles on a lattice whose corners are moved a little."""
    steps = np.arange(GROUP_SIDE) * SPACING_M
    x, y = np.meshgrid(west + SPACING_M + steps, south + SPACING_M + steps)
    moved = rng.integers(-140, 141, (2, *x.shape))
    x, y = x + moved[0], y + moved[1]
    corners = ((0, 0), (0, 1), (1, 1), (1, 0))
    return [
        shapely.Polygon([(x[row + a, col + b], y[row + a, col + b]) for a, b in corners])
        for row in range(GROUP_SIDE - 1)
        for col in range(GROUP_SIDE - 1)
    ]


def _roads(rng: np.random.Generator) -> gpd.GeoDataFrame:
    """Return six roads each way, a little crooked."""
    shapes = []
    for place in np.linspace(0.08, 0.92, 6):
        bends = rng.integers(-900, 901, (2, 13))
        along = np.linspace(0, 1, 13)
        east, north = WEST_M + place * (EAST_M - WEST_M), SOUTH_M + place * (NORTH_M - SOUTH_M)
        shapes.append(_line(WEST_M + along * (EAST_M - WEST_M), north + bends[0]))
        shapes.append(_line(east + bends[1], SOUTH_M + along * (NORTH_M - SOUTH_M)))
    kinds = ["national", "county"] * 6
    return _frame(shapes, road_id=[f"R{n:02d}" for n in range(1, 13)], kind=kinds)


def _line(x: Floats, y: Floats) -> shapely.LineString:
    return shapely.LineString(np.column_stack([np.rint(x), np.rint(y)]))


def _substations() -> gpd.GeoDataFrame:
    places = ((86_000, 70_000), (118_000, 66_000), (84_000, 34_000), (116_000, 30_000))
    spots = [shapely.Point(*place) for place in (*places, (101_000, 50_000))]
    return _frame(
        spots,
        sub_id=[f"SS{number}" for number in range(1, 6)],
        name=[f"Substation {number}" for number in range(1, 6)],
        kv=[220, 220, 220, 220, 500],
        headroom=[120.0, 100.0, 140.0, 120.0, 300.0],
        bays=[2, 2, 2, 2, 4],
        bay_cny=[6e6, 6e6, 6e6, 6e6, 12e6],
        extra=[2, 2, 2, 2, 2],
        none=0,
    )


def made_rasters() -> Mapping[str, tuple[npt.NDArray[np.uint16], float]]:
    """Return the made rasters as whole numbers, each with its scale."""
    rows = (NORTH_M - SOUTH_M) // PIXEL_M + 2 * MARGIN_PIXELS
    cols = (EAST_M - WEST_M) // PIXEL_M + 2 * MARGIN_PIXELS
    down, across = np.mgrid[0:rows, 0:cols]
    ripple = (down * 7 + across * 3) % 40
    hills = (down % 90) * (90 - down % 90) + (across % 70) * (70 - across % 70)
    made = {
        "cover": (10 + ripple, 0.01),
        "rain": (1_150 + down // 4, 1.0),
        "ghi": (1_380 + across // 3, 1.0),
        "wind_speed": (640 + across // 2 + ripple, 0.01),
        "dem": (20 + hills // 30, 1.0),
    }
    return {name: (values.astype(np.uint16), scale) for name, (values, scale) in made.items()}


def _write_raster(path: Path, values: npt.NDArray[np.uint16], scale: float) -> None:
    west, north = WEST_M - MARGIN_PIXELS * PIXEL_M, NORTH_M + MARGIN_PIXELS * PIXEL_M
    profile = {
        "driver": "GTiff", "width": values.shape[1], "height": values.shape[0], "count": 1,
        "dtype": "uint16", "nodata": 65535, "crs": CRS, "compress": "deflate", "predictor": 2,
        "transform": Affine(PIXEL_M, 0, west, 0, -PIXEL_M, north),
    }  # fmt: skip
    with rasterio.open(path, "w", **profile) as target:
        target.scales = (scale,)
        target.update_tags(TIFFTAG_IMAGEDESCRIPTION=LABEL, SYNTHETIC="YES", DATE=DATE)
        target.write(values, 1)
