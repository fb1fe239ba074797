"""The sand of a made city of 81,000 km2 surveyed at 100 m and at 30 m: SandGrid and plain numpy.

`python benchmarks/sand.py [--quick]`: SandGrid reads the rasters from their files tile by tile and
returns loss, erodibility and shelter of 2,500 parcels, the hazard of 200 sites and the loss of the
district. The peer computes the same soil loss of every cell with whole arrays, one period after the
other, as public scripts of RWEQ do; it knows no parcels, no shelter and no hazard.
"""

import json
import sys
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import rasterio
import shapely
from affine import Affine
from measuring import Figures, answer, arguments, in_scratch, measure, print_result, print_table
from odc.geo.geobox import GeoBox
from rasterio.windows import Window

from sandgrid.layers.catalogue import RasterSource, code_table
from sandgrid.layers.raster_files import find_raster
from sandgrid.layers.stack import Layers
from sandgrid.params import default_parameters
from sandgrid.parcels.surveying import survey_sand
from sandgrid.sand.field import soil_factor
from sandgrid.sand.wind import periods
from sandgrid.tables import column_names, conform_table, table_columns

CRS = "+proj=laea +lat_0=43.5 +lon_0=121.5 +ellps=GRS80 +units=m +no_defs"
BOX_M = (300_000.0, 270_000.0)
BAND = 500
PARAMETERS = default_parameters()
BLANKS: dict[str, Any] = {"str": "", "int": 0, "float": 0.0, "bool": False}
ROSE = np.roll(np.array([0.3, 0.25, 0.15, 0.1, 0.05, 0.05, 0.05, 0.05, *[0.0] * 8]), 12)


def grid(cell_m: float, share: float) -> GeoBox:
    rows, cols = (round(side * share / cell_m) for side in BOX_M[::-1])
    return GeoBox((rows, cols), Affine(cell_m, 0, 0, 0, -cell_m, rows * cell_m), CRS)


def write_city(folder: Path, cell_m: float, share: float) -> None:
    """Write land class, cover in percent, texture and elevation, block by block."""
    folder.mkdir(parents=True, exist_ok=True)
    geobox = grid(cell_m, share)
    (folder / "size.json").write_text(json.dumps([cell_m, share]))
    rows, cols = geobox.shape
    kept = {"driver": "GTiff", "width": cols, "height": rows, "count": 1, "crs": CRS,
            "transform": geobox.affine, "compress": "deflate", "tiled": True, "nodata": 255,
            "dtype": "uint8"}  # fmt: skip
    codes = np.array([2, 12, 20, 13, 30], dtype=np.uint8)
    for number, name in enumerate(("cover", "land_class", "soil", "dem")):
        with rasterio.open(folder / f"{name}.tif", "w", **kept) as dataset:
            if name == "cover":
                dataset.scales = (0.01,)
            for top in range(0, rows, BAND):
                height = min(BAND, rows - top)
                rng = np.random.default_rng([number, top])
                coarse = rng.random((height // 25 + 1, cols // 25 + 1)) ** 1.5
                field = np.kron(coarse, np.ones((25, 25)))[:height, :cols]
                values = {
                    "cover": field * 80,
                    "land_class": codes[(field * 5).astype(int)],
                    "soil": 1 + field * 5,
                    "dem": field * 250,
                }[name]
                dataset.write(values.astype(np.uint8), 1, window=Window(0, top, cols, height))


def source(folder: Path, name: str) -> RasterSource:
    kept: dict[str, Any] = {"content": "quantity", "resampling": "nearest"}
    tables = {"land_class": "dltb", "soil": "soil_texture"}
    if name in tables:
        kept = {"content": "category", "resampling": "nearest", "codes": code_table(tables[name])}
    return RasterSource(role=name, path=folder / f"{name}.tif", nodata_means="unknown", **kept)


def frame(table: str, count: int, share: float, **columns: Any) -> gpd.GeoDataFrame:
    """Return squares over the city as rows of a contract."""
    side = int(np.ceil(np.sqrt(count)))
    width = BOX_M[1] * share / side
    shapes = [
        shapely.box(x * width + 50, y * width + 50, (x + 0.6) * width, (y + 0.6) * width)
        for y in range(side)
        for x in range(side)
    ][:count]
    blank = {column.name: BLANKS[column.kind] for column in table_columns(table)}
    made = gpd.GeoDataFrame({**blank, **columns}, index=range(count), geometry=shapes, crs=CRS)
    return conform_table(made[[*column_names(table), "geometry"]], table)


def sandgrid(folder: Path) -> dict[str, Any]:
    cell_m, share = json.loads((folder / "size.json").read_text())
    geobox = grid(cell_m, share)
    box = shapely.box(*geobox.extent.boundingbox)
    area = gpd.GeoDataFrame({"district_id": ["1"], "district": ["-"]}, geometry=[box], crs=CRS)
    files = {
        name: find_raster(source(folder, name), geobox, folder / "staged")
        for name in ("cover", "land_class", "soil", "dem")
    }
    rng = np.random.default_rng(2)
    places = shapely.points(rng.uniform(0, BOX_M[1] * share, (1_500, 2)))
    roads = [
        shapely.LineString(rng.uniform(0, BOX_M[1] * share, (2, 2)).tolist()) for _ in range(300)
    ]
    vectors = {
        "settlements": gpd.GeoDataFrame(geometry=places, crs=CRS),
        "roads": gpd.GeoDataFrame(geometry=roads, crs=CRS),
    }
    layers = Layers(geobox, {}, vectors, area, files=files)
    parcels = frame("parcels", 2_500, share, dune_class="semi_fixed", cover=0.2, treat_ha=10.0)
    sites = frame("sites", 200, share)
    found = survey_sand(parcels, sites, layers, PARAMETERS, rose=ROSE, report=lambda _: None)
    return {
        "cells": int(np.prod(geobox.shape)),
        "loss_mt": round(float(found.districts["loss_t"].sum()) / 1e6, 3),
        "mean_parcel_t_per_ha": round(float(found.parcels["erosion_t_per_ha"].mean()), 3),
        "most_soiling": round(float(found.sites["soiling_share"].max()), 4),
    }


def plain(folder: Path) -> dict[str, Any]:
    """Whole arrays, one period after the other; coefficient of the land class alone."""
    cell_m = json.loads((folder / "size.json").read_text())[0]
    arrays = {}
    for name in ("cover", "land_class", "soil", "dem"):
        with rasterio.open(folder / f"{name}.tif") as dataset:
            arrays[name] = dataset.read(1).astype(np.float64) * dataset.scales[0]
    soil = np.zeros(256)
    coefficient = np.full(256, np.nan)
    for name in PARAMETERS.below("soil.percent"):
        soil[list(code_table("soil_texture")[name])] = soil_factor(name, PARAMETERS)
    for name in PARAMETERS.below("sand.coefficient"):
        coefficient[list(code_table("dltb").get(name, ()))] = PARAMETERS.number(
            f"sand.coefficient.{name}"
        )
    a = coefficient[arrays["land_class"].astype(int)]
    sandy = np.isin(
        arrays["land_class"],
        [v for n in PARAMETERS.text("sand.land_classes").split() for v in code_table("dltb")[n]],
    )
    a[sandy] = PARAMETERS.number("sand.cover_coefficient")
    height = arrays["dem"] / 1_000.0
    thinner = (1.013 - 0.1183 * height + 0.0048 * height**2) / 1.013
    bare = soil[arrays["soil"].astype(int)] * thinner * np.exp(-100 * a * arrays["cover"])
    loss = np.zeros(bare.shape)
    for factor in periods(np.asarray(PARAMETERS.numbers("sand.weather_kg_m")), PARAMETERS):
        load = factor * bare
        length = 150.71 * load**-0.3711
        loss += 1_000 / length**2 * 109.8 * load * np.exp(-((50 / length) ** 2))
    total = np.nansum(loss) * cell_m**2 / 1e4
    return {"cells": int(loss.size), "loss_mt": round(float(total) / 1e6, 3)}


CONTESTANTS = {"sandgrid": sandgrid, "plain": plain}


def run(folder: Path, *, quick: bool, repeats: int) -> None:
    """Run all parts and print the table and the result."""
    share = 0.3 if quick else 1.0
    rows: dict[str, list[Figures]] = {}
    for part, cell_m in (("100m", 100.0), ("30m", 30.0)):
        write_city(folder / part, cell_m, share)
        names = ["sandgrid", "plain"] if part == "100m" or quick else ["sandgrid"]
        rows[part] = [measure(__file__, name, folder / part, repeats=repeats) for name in names]
        print_table(part, rows[part], "sandgrid")
    ours, theirs = rows["100m"]
    fine = rows["30m"][0]
    ratios = {
        "cpu_to_plain_100m": round(ours.cpu_s / theirs.cpu_s, 3),
        "peak_to_plain_100m": round(ours.peak_mib / theirs.peak_mib, 3),
        "loss_to_plain_100m": round(ours.told["loss_mt"] / theirs.told["loss_mt"], 6),
        "peak_30m_to_100m": round(fine.peak_mib / ours.peak_mib, 3),
        "cells_30m_to_100m": round(fine.told["cells"] / ours.told["cells"], 3),
    }
    print_result("sand", rows, ratios)


def main() -> None:
    asked = arguments(__doc__ or "")
    if asked.run:
        answer(CONTESTANTS[asked.run], asked.folder)
    else:
        in_scratch(lambda folder: run(folder, quick=asked.quick, repeats=asked.repeats))


if __name__ == "__main__":
    sys.exit(main())
