"""Rasters as pictures that lie right on a web map: warped to web Mercator, written as PNG."""

import base64
import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
from affine import Affine
from odc.geo.geobox import GeoBox
from PIL import Image
from rasterio.warp import Resampling, reproject, transform_bounds

MERCATOR: Final = "EPSG:3857"
LON_LAT: Final = "EPSG:4326"
EDGE_POINTS: Final = 32
MOST_SHADES: Final = 24
DARKEST: Final = 0.62
WHITE: Final = 255
PICTURE_PREFIX: Final = "data:image/png;base64,"

Rgb = tuple[int, int, int]


@dataclass(frozen=True)
class Picture:
    """A picture and where it lies.

    Parameters
    ----------
    png : bytes
        The picture; its rows are even in web Mercator.
    south_deg, west_deg, north_deg, east_deg : float
        Its edges [deg].

    """

    png: bytes
    south_deg: float
    west_deg: float
    north_deg: float
    east_deg: float

    @property
    def address(self) -> str:
        """The picture as an address that needs no file."""
        return PICTURE_PREFIX + base64.b64encode(self.png).decode()

    @property
    def bounds(self) -> list[list[float]]:
        """South-west and north-east corner as Leaflet wants them [deg]."""
        return [[self.south_deg, self.west_deg], [self.north_deg, self.east_deg]]


def mercator_geobox(geobox: GeoBox, width_px: int) -> GeoBox:
    """Return the web Mercator raster of a given width that covers a geobox.

    Parameters
    ----------
    geobox : GeoBox
        Any raster.
    width_px : int
        Columns of the result; its cells are square.

    """
    west, south, east, north = _bounds(geobox, MERCATOR)
    cell_m = (east - west) / width_px
    height = int(np.ceil((north - south) / cell_m))
    affine = Affine(cell_m, 0.0, west, 0.0, -cell_m, north)
    return GeoBox((height, width_px), affine, MERCATOR)


def columns_of(geobox: GeoBox, cell_m: float) -> int:
    """Return how many columns a web Mercator raster needs for cells of a size on the ground.

    Parameters
    ----------
    geobox : GeoBox
        Any raster.
    cell_m : float
        Least side of a cell, measured at the middle of the raster [m].

    """
    west, _, east, _ = _bounds(geobox, MERCATOR)
    _, south_deg, _, north_deg = _bounds(geobox, LON_LAT)
    true_m = (east - west) * np.cos(np.radians((south_deg + north_deg) / 2))
    return max(1, int(true_m // cell_m))


def _bounds(geobox: GeoBox, crs: str) -> tuple[float, float, float, float]:
    """Return west, south, east, north in another CRS, curved edges followed."""
    bounds = transform_bounds(
        str(geobox.crs), crs, *geobox.boundingbox.bbox, densify_pts=EDGE_POINTS
    )
    west, south, east, north = (float(edge) for edge in bounds)
    return west, south, east, north


def warp_array(
    values: npt.NDArray[np.float32], source: GeoBox, target: GeoBox, *, method: str
) -> npt.NDArray[np.float32]:
    """Warp an array in which NaN is unknown.

    Parameters
    ----------
    values : ndarray of shape source.shape
        Any quantity or category.
    source, target : GeoBox
        Where the array lies and where it shall lie.
    method : {"nearest", "mode", "average", "bilinear"}
        How cells are combined.

    """
    result = np.full(target.shape, np.nan, dtype=np.float32)
    reproject(
        values.astype(np.float32, copy=False),
        result,
        src_transform=source.affine,
        src_crs=str(source.crs),
        src_nodata=np.nan,
        dst_transform=target.affine,
        dst_crs=str(target.crs),
        dst_nodata=np.nan,
        resampling=Resampling[method],
    )
    return result


def ground_picture(
    shade: npt.NDArray[np.float32],
    number: npt.NDArray[np.float32],
    geobox: GeoBox,
    *,
    colours: Sequence[Rgb],
) -> Picture:
    """Draw land cover shaded by the terrain.

    Parameters
    ----------
    shade : ndarray of shape geobox.shape
        Hillshade, 0 dark to 1 bright; NaN where nothing is drawn [1].
    number : ndarray of shape geobox.shape
        Place of the cell's colour among the colours; NaN takes the last.
    geobox : GeoBox
        Web Mercator raster.
    colours : sequence
        Red, green, blue; at most 255.

    """
    shades = min(MOST_SHADES, WHITE // len(colours))
    last = len(colours) - 1
    row = np.nan_to_num(number, nan=last).clip(0, last).astype(np.int64)
    level = np.rint(np.nan_to_num(shade).clip(0, 1) * (shades - 1)).astype(np.int64)
    index = np.where(np.isnan(shade), 0, 1 + row * shades + level).astype(np.uint8)
    lights = np.linspace(DARKEST, 1, shades)
    shaded = [_shaded(colour, light) for colour in colours for light in lights]
    return _picture(index, [(WHITE, WHITE, WHITE), *shaded], geobox)


def class_picture(
    number: npt.NDArray[np.float32], geobox: GeoBox, *, colours: Sequence[Rgb]
) -> Picture:
    """Draw classes in flat colours.

    Parameters
    ----------
    number : ndarray of shape geobox.shape
        Place of the cell's colour among the colours; NaN and what is below 0 are not drawn.
    geobox : GeoBox
        Web Mercator raster.
    colours : sequence
        Red, green, blue; at most 255.

    """
    index = np.nan_to_num(number + 1, nan=0.0).clip(0, len(colours)).astype(np.uint8)
    return _picture(index, [(WHITE, WHITE, WHITE), *colours], geobox)


def _shaded(colour: Rgb, light: float) -> Rgb:
    red, green, blue = (round(part * light) for part in colour)
    return red, green, blue


def _picture(index: npt.NDArray[np.uint8], palette: list[Rgb], geobox: GeoBox) -> Picture:
    image = Image.fromarray(index)
    image.putpalette([part for colour in palette for part in colour])
    stream = io.BytesIO()
    image.save(stream, format="PNG", optimize=True, transparency=0)
    west, south, east, north = _bounds(geobox, LON_LAT)
    return Picture(stream.getvalue(), south, west, north, east)
