"""Write the bundled city: rasters, shapefiles, tables, catalogue and readme."""

from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import pyogrio
import rasterio
import shapely
from rasterio.windows import Window

from sandgrid.demo.arithmetic import unproject
from sandgrid.demo.catalogue import DATE, catalogue_text, column_pairs, readme_text
from sandgrid.demo.city import City, build_city
from sandgrid.demo.grids import Grid, grid_over
from sandgrid.demo.rasters import city_mask, draw_block, scaled
from sandgrid.demo.tables import demo_districts, demo_table, district_polygons
from sandgrid.demo.windrose import wind_frequencies
from sandgrid.errors import ScenarioError
from sandgrid.params import Parameters, default_parameters

ANALYSIS_CRS = "+proj=laea +lat_0=44 +lon_0=121.5 +ellps=GRS80 +units=m +no_defs"
GEOGRAPHIC_CRS = "EPSG:4490"
_BAND_ROWS = 512
_LABEL = "SYNTHETIC, not surveyed: calibrated demonstration data of SandGrid"


@dataclass(frozen=True)
class Extent:
    """What part of the city is written, and how finely."""

    outlines: np.ndarray
    bounds: tuple[float, float, float, float]
    resolution_m: int

    def grid(self, usual_m: int) -> Grid:
        """Return the grid of a raster: `usual_m` at 100 m, else never finer than asked."""
        fine = self.resolution_m if usual_m <= 100 else max(usual_m, self.resolution_m)  # noqa: PLR2004
        return grid_over(self.bounds, fine)


def write_demo_data(
    folder: Path | str, *, seed: int, resolution_m: int = 100, district_id: str | None = None
) -> None:
    """Write the bundled city; the same bytes for one seed on every processor.

    Parameters
    ----------
    folder : path
        Is made where it does not exist; holds ``catalogue.toml`` afterwards.
    seed : int
        Another seed gives another city of the same totals.
    resolution_m : int
        Cell size of land class, cover and elevation [m], 30 to 1,000; from 10 with a district.
    district_id : str, optional
        Write only what meets this district.

    Raises
    ------
    ScenarioError
        If the resolution or the district cannot be had.

    """
    parameters = default_parameters()
    _check(resolution_m, district_id, parameters)
    city = build_city(parameters, seed=seed)
    extent = _extent(resolution_m, district_id, parameters)
    root = Path(folder)
    for name in ("rasters", "shapefiles", "tables"):
        (root / name).mkdir(parents=True, exist_ok=True)
    for _, row in demo_table("layers").iterrows():
        if row["kind"] == "raster":
            _write_raster(root / "rasters" / f"{row['role']}.tif", row, city, extent)
        elif row["kind"] == "vector":
            _write_shapefile(root / "shapefiles" / f"{row['role']}.shp", row, city, extent)
    rose = wind_frequencies(parameters)
    rose.to_csv(
        root / "tables" / "wind_frequencies.csv",
        index=False,
        lineterminator="\n",
        float_format="%.6f",
    )
    texts = {"catalogue.toml": catalogue_text, "README.md": readme_text}
    for name, text in texts.items():
        (root / name).write_bytes(text(seed=seed, resolution_m=resolution_m).encode())


def _check(resolution_m: int, district_id: str | None, parameters: Parameters) -> None:
    known = [row.district_id for row in demo_districts()]
    if district_id is not None and district_id not in known:
        raise ScenarioError(
            "demo-unknown-district", {"district": district_id, "known": ", ".join(known)}
        )
    name = "demo.finest_city_m" if district_id is None else "demo.finest_district_m"
    least, most = parameters.number(name), parameters.number("demo.coarsest_m")
    if not least <= resolution_m <= most:
        values = {"resolution": resolution_m, "least": int(least), "most": int(most)}
        raise ScenarioError("demo-bad-resolution", values)


def _extent(resolution_m: int, district_id: str | None, parameters: Parameters) -> Extent:
    if district_id is None:
        west, south, east, north = parameters.numbers("demo.bounds_m")
        return Extent(district_polygons(), (west, south, east, north), resolution_m)
    known = [row.district_id for row in demo_districts()]
    own = district_polygons()[[known.index(district_id)]]
    west, south, east, north = own[0].bounds
    return Extent(own, (west, south, east, north), resolution_m)


def _write_raster(path: Path, row: pd.Series, city: City, extent: Extent) -> None:
    grid = extent.grid(int(row["cell_m"]))
    scale, parameters = float(row["scale"]), default_parameters()
    profile = {
        "driver": "GTiff", "width": grid.cols, "height": grid.rows, "count": 1,
        "dtype": row["dtype"], "nodata": int(row["nodata"]), "crs": ANALYSIS_CRS,
        "transform": grid.transform, "compress": "deflate", "zlevel": 6, "predictor": 2,
        "tiled": True, "blockxsize": 512, "blockysize": 512, "bigtiff": "if_safer",
    }  # fmt: skip
    with rasterio.open(path, "w", **profile) as target:
        target.scales = (scale,)
        target.units = (row["unit"],)
        target.update_tags(
            TIFFTAG_IMAGEDESCRIPTION=f"{_LABEL}: {row['title_en']}",
            TIFFTAG_SOFTWARE="SandGrid",
            SYNTHETIC="YES",
            SEED=str(city.seed),
            DATE=DATE,
        )
        for first, block in grid.bands(_BAND_ROWS):
            values = scaled(
                draw_block(row["role"], city, block, parameters), scale, int(row["step"])
            )
            inside = city_mask(extent.outlines, block)
            band = np.where(inside, values, int(row["nodata"])).astype(row["dtype"])
            target.write(band, 1, window=Window(0, first, grid.cols, block.rows))


def _write_shapefile(path: Path, row: pd.Series, city: City, extent: Extent) -> None:
    pairs = column_pairs(row["columns"])
    frame = city.layers[row["role"]]
    if len(extent.outlines) == 1:
        frame = frame[shapely.intersects(frame.geometry.to_numpy(), extent.outlines[0])]
    result = gpd.GeoDataFrame(
        {short: frame[name].to_numpy() for name, short in pairs.items()} | {"synthetic": True},
        geometry=_to_degrees(frame.geometry.to_numpy(), fine=row["role"] == "works"),
        crs=GEOGRAPHIC_CRS,
    )
    pyogrio.write_dataframe(
        result,
        path,
        driver="ESRI Shapefile",
        encoding="UTF-8",
        layer_options={"RESIZE": "YES", "DBF_DATE_LAST_UPDATE": DATE},
    )


def _to_degrees(geometry: np.ndarray, *, fine: bool) -> np.ndarray:
    """Return longitudes and latitudes rounded to 1e-7 degrees (1e-9 where areas must close)."""
    unit = 1e9 if fine else 1e7

    def place(points: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        lon, lat = unproject(points[:, 0], points[:, 1])
        return np.column_stack([np.rint(lon * unit) / unit, np.rint(lat * unit) / unit])

    return shapely.transform(geometry, place)
