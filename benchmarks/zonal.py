"""Means of 8 rasters at 30 m over 20,000 parcels: SandGrid beside exactextract and rasterstats.

`python benchmarks/zonal.py [--quick] [--scratch FOLDER]`: all read the same GeoTIFFs; the error is
the largest difference from exactextract's means, whose shares of cells are exact to float32.
"""

import sys
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import geopandas as gpd
import numpy as np
import pyogrio
import shapely
from measuring import Figures, answer, arguments, in_scratch, measure, print_result, print_table
from measuring.made_city import BOX_M, CRS, Size, read_size, write_raster

from sandgrid.layers.catalogue import RasterSource
from sandgrid.layers.geobox import area_geobox
from sandgrid.layers.raster_files import find_raster
from sandgrid.parcels import zonal_means

LAYERS = tuple(f"layer{number}" for number in range(8))
PARCELS = 20_000
SMALL = 40


def parcels(size: Size, count: int) -> gpd.GeoDataFrame:
    """Return ragged parcels of about 200 ha on a lattice."""
    rng = np.random.default_rng(11)
    width, height = (side * size.share for side in BOX_M)
    across = round(np.sqrt(count * width / height))
    numbers = np.arange(count)
    step = np.array([width / across, height / -(-count // across)])
    spots = (np.column_stack([numbers % across, numbers // across]) + 0.5) * step
    turn = np.linspace(0, 2 * np.pi, 41)[:-1]
    reach = rng.uniform(0.5, 1.0, (count, 40)) * min(1_050.0, step.min() / 2 - 1)
    rings = np.stack([np.cos(turn) * reach, np.sin(turn) * reach], axis=2) + spots[:, None]
    return gpd.GeoDataFrame({"number": numbers}, geometry=shapely.polygons(rings), crs=CRS)


def sandgrid(folder: Path) -> dict[str, Any]:
    """Read strip by strip and weigh by exact shares."""
    size = read_size(folder)
    land = pyogrio.read_dataframe(folder / "parcels.gpkg").set_crs(CRS, allow_override=True)
    whole = gpd.GeoDataFrame(geometry=[shapely.box(0, 0, *_corner(size))], crs=CRS)
    geobox = area_geobox(whole, size.cell_m)
    files = {name: find_raster(_source(folder, name), geobox, folder) for name in LAYERS}
    found = zonal_means(land.geometry.to_numpy(), files, geobox)
    np.save(folder / "sandgrid.npy", found[list(LAYERS)].to_numpy())
    return {"parcels": len(land)}


def _corner(size: Size) -> tuple[float, float]:
    rows, cols = size.shape
    return cols * size.cell_m, rows * size.cell_m


def _source(folder: Path, name: str) -> RasterSource:
    kept: dict[str, Any] = {"content": "quantity", "resampling": "bilinear"}
    return RasterSource(role=name, path=folder / f"{name}.tif", nodata_means="unknown", **kept)


def exactextract(folder: Path) -> dict[str, Any]:
    """Ask exactextract for the means of all rasters in one call, in its faster order."""
    extract = import_module("exactextract").exact_extract
    land = pyogrio.read_dataframe(folder / "parcels.gpkg").set_crs(CRS, allow_override=True)
    paths = [str(folder / f"{name}.tif") for name in LAYERS]
    kept = {"output": "pandas", "strategy": "raster-sequential"}
    means = extract(paths, land, ["mean"], **kept)
    np.save(folder / "exactextract.npy", means[[f"{name}_mean" for name in LAYERS]].to_numpy())
    return {"parcels": len(land)}


def rasterstats(folder: Path) -> dict[str, Any]:
    """Ask rasterstats for a few parcels; the time for all of them is told beside it."""
    zonal_stats = import_module("rasterstats").zonal_stats
    land = pyogrio.read_dataframe(folder / "parcels.gpkg")[:SMALL]
    for name in LAYERS:
        zonal_stats(land, str(folder / f"{name}.tif"), stats=["mean"], nodata=255)
    return {"parcels": len(land)}


CONTESTANTS = {"sandgrid": sandgrid, "exactextract": exactextract, "rasterstats": rasterstats}


def write_input(folder: Path, size: Size) -> int:
    """Write rasters and parcels, unless they are there, and return the number of parcels."""
    count = round(PARCELS * size.share**2)
    folder.mkdir(parents=True, exist_ok=True)
    if (folder / "size.json").exists() and read_size(folder) == size:
        return count
    for number, name in enumerate(LAYERS):
        write_raster(folder / f"{name}.tif", size, 1 + number % 3)
    pyogrio.write_dataframe(parcels(size, count), folder / "parcels.gpkg")
    size.write(folder)
    return count


def run(folder: Path, *, quick: bool, repeats: int) -> None:
    """Make the input, run all and print the table and the result."""
    count = write_input(folder, Size(30.0, 0.3 if quick else 1.0))
    rows = [measure(__file__, name, folder, repeats=repeats) for name in CONTESTANTS]
    print_table(f"{count} parcels x {len(LAYERS)} rasters", rows, "exactextract")
    print_result("zonal", {"zonal": rows}, ratios(folder, rows))


def ratios(folder: Path, rows: list[Figures]) -> dict[str, float]:
    """Return the ratios that the bars are about, and the error."""
    ours, theirs, sampled = ({row.name: row for row in rows}[name] for name in CONTESTANTS)
    one, other = np.load(folder / "sandgrid.npy"), np.load(folder / "exactextract.npy")
    per_parcel = sampled.cpu_s / sampled.told["parcels"]
    return {
        "cpu_to_exactextract": round(ours.cpu_s / theirs.cpu_s, 3),
        "wall_to_exactextract": round(ours.wall_s / theirs.wall_s, 3),
        "rasterstats_cpu_s_for_all": round(per_parcel * ours.told["parcels"], 1),
        "largest_relative_difference": float(np.nanmax(np.abs(one - other) / np.abs(other))),
        "means_missing": int(np.isnan(one).sum()),
    }


def main() -> None:
    asked = arguments(__doc__ or "")
    if asked.run:
        warm(asked.run)
        answer(CONTESTANTS[asked.run], asked.folder)
        return
    in_scratch(lambda folder: run(folder, quick=asked.quick, repeats=asked.repeats), asked.scratch)


def warm(name: str) -> None:
    """Import, and load what is compiled with a few cells, before the clock starts."""
    if name != "sandgrid":
        import_module(name)
        return
    with TemporaryDirectory() as folder:
        write_input(Path(folder), Size(30.0, 0.008))
        sandgrid(Path(folder))


if __name__ == "__main__":
    sys.exit(main())
