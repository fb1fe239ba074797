"""Land eligibility of a made city of 60,000 km2 at 30 m, 12 rules: SandGrid and its peers.

`python benchmarks/eligibility.py [--quick] [--parts aligned,fine] [--only sandgrid,atlite]
[--scratch FOLDER]`: SandGrid (into memory, and from files to a GeoTIFF of reason bits), atlite's
ExclusionContainer, a geometric computation as GLAES makes it, and plain rasterio + scipy, in turn
in one run. `aligned`: the area lies on the lines of the grid, nobody resamples. `resampled`: it
lies off them, atlite must resample; SandGrid snaps its grid outward and need not. `fine`: the same
city at 10 m, nine times the cells, where SandGrid keeps one bit of each (`sandgrid-bits`). `city`:
the bundled city with its own layers and rules, layers read before the clock of `judging_cpu_s`.
"""

import argparse
import sys
import time
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import rasterio
import shapely
from measuring import Figures, answer, arguments, in_scratch, measure, print_result, print_table
from measuring.made_city import CRS, RASTERS, Size, read_features, read_size, write_city
from odc.geo.geobox import GeoBox
from rasterio.features import rasterize
from scipy import ndimage

from sandgrid.export.raster_store import file_store, write_reasons
from sandgrid.land.eligibility import find_eligibility, judge_tiles
from sandgrid.land.exclusions import Rule
from sandgrid.layers.catalogue import RasterSource
from sandgrid.layers.geobox import area_geobox
from sandgrid.layers.raster_files import find_raster
from sandgrid.layers.stack import Layers

CLASSES = (1, 2, 9)
CROPS = (5,)
LIMITS = {"slope": 15.0, "cover": 70.0, "rain": 180.0}
CITY = Path(__file__).parents[1] / "scenarios" / "tongliao-2030.toml"
BUFFERS = {
    "reserves": 0.0, "settlements": 500.0, "lakes": 200.0, "roads": 100.0, "railways": 200.0,
    "rivers": 300.0, "lines": 80.0, "airports": 5_000.0,
}  # fmt: skip


def rules() -> tuple[Rule, ...]:
    """Return the 12 rules: two on classes, two on ranges with slope, eight on features."""
    texts = {"zh": "-", "en": "-"}
    made = [
        Rule("classes", 0, ("pv",), "class_in", "land", classes=tuple(map(str, CLASSES)), **texts),
        *(
            Rule(name, bit, ("pv",), "range", name, high=high, **texts)
            for bit, (name, high) in enumerate(LIMITS.items(), start=1)
        ),
    ]
    for bit, (name, buffer) in enumerate(BUFFERS.items(), start=4):
        kind = "setback" if buffer else "inside"
        made.append(Rule(name, bit, ("pv",), kind, name, distance_m=buffer, **texts))
    return tuple(made)


def sandgrid_layers(folder: Path) -> Layers:
    """Return the layers: features in memory, rasters in their files."""
    size = read_size(folder)
    shape = read_features(folder, "area")
    geobox = area_geobox(shape, size.cell_m)
    vectors = {name: read_features(folder, name) for name in BUFFERS}
    files = {name: find_raster(source(folder, name), geobox, folder / "staged") for name in RASTERS}
    return Layers(geobox, {}, vectors, shape, files=files)


def source(folder: Path, name: str) -> RasterSource:
    """Return the catalogue's entry of a raster."""
    kept: dict[str, Any] = {"content": "quantity", "resampling": "nearest"}
    if name == "land":
        codes = {str(code): (code,) for code in range(1, 12)}
        kept = {"content": "category", "resampling": "nearest", "codes": codes}
    return RasterSource(role=name, path=folder / f"{name}.tif", nodata_means="unknown", **kept)


class MaskStore:
    """Keeps whether a use may stand on each cell, and nothing else."""

    def __init__(self, geobox: GeoBox) -> None:
        self.mask = np.zeros(geobox.shape, bool)

    def put(self, tile: Any, reasons: Any) -> None:
        tile.of(self.mask)[...] = reasons["pv"] == 0

    def get(self, tile: Any, use: str) -> Any:
        raise NotImplementedError


class BitStore(MaskStore):
    """Keeps the mask with one bit for each cell."""

    def __init__(self, geobox: GeoBox) -> None:
        rows, cols = geobox.shape
        self.mask = np.zeros((rows, -(-cols // 8)), np.uint8)

    def put(self, tile: Any, reasons: Any) -> None:
        packed = np.packbits(reasons["pv"] == 0, axis=1)
        west = tile.cols.start // 8
        self.mask[tile.rows, west : west + packed.shape[1]] = packed


def sandgrid(folder: Path) -> dict[str, Any]:
    """Judge into memory, as the peers do."""
    layers = sandgrid_layers(folder)
    store = MaskStore(layers.geobox)
    judge_tiles(rules(), layers, store)
    return kept(folder, "sandgrid", store.mask)


def sandgrid_bits(folder: Path) -> dict[str, Any]:
    """Judge into memory, a bit for each cell."""
    layers = sandgrid_layers(folder)
    store = BitStore(layers.geobox)
    judge_tiles(rules(), layers, store)
    eligible = int(np.bitwise_count(store.mask).sum(dtype=np.int64))
    return {"cells": int(np.prod(layers.geobox.shape)), "eligible": eligible}


def sandgrid_files(folder: Path) -> dict[str, Any]:
    """Judge from files to a GeoTIFF with a bit for each rule."""
    layers = sandgrid_layers(folder)
    with file_store(folder / "scratch.tif", layers.geobox, rules()) as store:
        judge_tiles(rules(), layers, store)
    write_reasons(folder / "scratch.tif", folder / "eligibility.tif", layers.geobox, rules())
    (folder / "scratch.tif").unlink()
    return {"mib_written": round((folder / "eligibility.tif").stat().st_size / 2**20, 1)}


def bundled_city(folder: Path) -> dict[str, Any]:
    """Judge the bundled city by all of its rules for all uses."""
    del folder
    scenario = import_module("sandgrid.scenario").load_scenario(CITY)
    world = import_module("sandgrid.pipeline.world").read_world(scenario)
    start = time.process_time()
    found = find_eligibility(world.rules, world.layers, report=[].append)
    spent = time.process_time() - start
    told = {"rules": len(world.rules), "uses": len(found.reasons)}
    return {"cells": int(found.inside.size), **told, "judging_cpu_s": round(spent, 2)}


def atlite(folder: Path) -> dict[str, Any]:
    """Compute the mask with atlite."""
    container_class = import_module("atlite.gis").ExclusionContainer
    container = container_class(crs=CRS, res=read_size(folder).cell_m)
    container.add_raster(folder / "land.tif", codes=list(CLASSES), crs=CRS)
    for name, high in LIMITS.items():
        container.add_raster(folder / f"{name}.tif", codes=_above(high), crs=CRS)
    for name, buffer in BUFFERS.items():
        container.add_geometry(read_features(folder, name), buffer=buffer)
    mask, _ = container.compute_shape_availability(read_features(folder, "area"))
    return kept(folder, "atlite", np.asarray(mask, bool))


def _above(high: float) -> Any:
    return lambda values: values > high


def geometric(folder: Path) -> dict[str, Any]:
    """Compute the mask as GLAES does: layer after layer, whole arrays, buffers united."""
    mask, affine = _start(folder)
    for name, buffer in BUFFERS.items():
        shapes = read_features(folder, name).geometry
        united = shapely.union_all(shapes.buffer(buffer).to_numpy())
        mask &= ~rasterize([united], mask.shape, transform=affine, dtype="uint8").astype(bool)
    return kept(folder, "geometric", mask)


def scipy_plain(folder: Path) -> dict[str, Any]:
    """Compute the mask with distance transforms."""
    mask, affine = _start(folder)
    for name, buffer in BUFFERS.items():
        shapes = read_features(folder, name).geometry
        here = rasterize(shapes, mask.shape, transform=affine, dtype="uint8").astype(bool)
        away_m = ndimage.distance_transform_edt(~here, sampling=affine.a)
        mask &= away_m > buffer
    return kept(folder, "scipy", mask)


def _start(folder: Path) -> tuple[Any, Any]:
    """Return what the area and the rasters leave, whole arrays."""
    size = read_size(folder)
    geobox = area_geobox(read_features(folder, "area"), size.cell_m)
    shape, affine = tuple(geobox.shape), geobox.affine
    area = read_features(folder, "area").geometry
    mask = rasterize(area, shape, transform=affine, dtype="uint8").astype(bool)
    for name in RASTERS:
        with rasterio.open(folder / f"{name}.tif") as dataset:
            west, north = ~dataset.transform @ (affine.c, affine.f)
            window = rasterio.windows.Window(round(west), round(north), shape[1], shape[0])
            values = dataset.read(1, window=window, boundless=False)
        fine = ~np.isin(values, CLASSES) if name == "land" else values <= LIMITS[name]
        mask[: fine.shape[0], : fine.shape[1]] &= fine & (values != 255)
    return mask, affine


def kept(folder: Path, name: str, mask: Any) -> dict[str, Any]:
    """Keep a mask so that the benchmark can compare it with the others."""
    np.save(folder / f"{name}.npy", np.packbits(mask))
    return {"cells": int(mask.size), "eligible": int(mask.sum())}


CONTESTANTS = {
    "sandgrid": sandgrid,
    "sandgrid-bits": sandgrid_bits,
    "sandgrid-files": sandgrid_files,
    "atlite": atlite,
    "glaes-style": geometric,
    "rasterio-scipy": scipy_plain,
    "bundled-city": bundled_city,
}
ENTERED = {
    "aligned": tuple(CONTESTANTS)[:-1],
    "resampled": ("sandgrid", "atlite"),
    "fine": ("sandgrid-bits", "sandgrid-files"),
    "city": ("bundled-city",),
}
SHORT = ("sandgrid", "sandgrid-files", "atlite", "glaes-style", "rasterio-scipy")


def sizes(*, quick: bool) -> dict[str, Size]:
    """Return the size of the city of each part."""
    share = 0.2 if quick else 1.0
    return {
        "aligned": Size(30.0, share),
        "resampled": Size(30.0, share, shift_m=13.0),
        "fine": Size(10.0, 0.08 if quick else 1.0),
    }


def run(folder: Path, asked: argparse.Namespace) -> None:
    """Run the parts and print a table for each and the result."""
    rows: dict[str, list[Figures]] = {}
    every = sizes(quick=asked.quick)
    for part in asked.parts or (every if asked.quick else ENTERED):
        title = f"{part}, the bundled city"
        if part in every:
            write_city(folder / part, every[part])
            title = f"{part}, {np.prod(every[part].shape) / 1e6:.1f} M cells"
        wanted = asked.only or (SHORT if asked.quick else CONTESTANTS)
        names = [name for name in ENTERED[part] if name in wanted]
        rows[part] = [
            measure(__file__, name, folder / part, repeats=asked.repeats) for name in names
        ]
        print_table(title, rows[part], "atlite" if "atlite" in names else names[0])
    print_result("eligibility", rows, ratios(rows, every))


def ratios(rows: Mapping[str, list[Figures]], every: Mapping[str, Size]) -> dict[str, float]:
    """Return the ratios that the bars are about, of the parts that were run."""
    found = {}
    for part in ("aligned", "resampled"):
        by_name = {row.name: row for row in rows.get(part, ())}
        if {"sandgrid", "atlite"} <= set(by_name):
            ours, theirs = by_name["sandgrid"], by_name["atlite"]
            found[f"{part}_cpu_to_atlite"] = round(ours.cpu_s / theirs.cpu_s, 3)
            found[f"{part}_wall_to_atlite"] = round(ours.wall_s / theirs.wall_s, 3)
    coarse, fine = (
        {row.name: row.cpu_s / np.prod(every[part].shape) for row in rows.get(part, ())}
        for part in ("aligned", "fine")
    )
    for name in set(coarse) & set(fine):
        found[f"{name}_cpu_per_cell_10m_to_30m"] = round(float(fine[name] / coarse[name]), 3)
    return dict(sorted(found.items()))


def main() -> None:
    asked = arguments(__doc__ or "")
    if asked.run:
        warm(asked.run)
        answer(CONTESTANTS[asked.run], asked.folder)
        return
    in_scratch(lambda folder: run(folder, asked), asked.scratch)


def warm(name: str) -> None:
    """Import, and load what is compiled with a city of a few cells, before the clock starts."""
    if not name.startswith("sandgrid"):
        import_module("atlite.gis" if name == "atlite" else "rasterio")
        return
    with TemporaryDirectory() as folder:
        write_city(Path(folder), Size(30.0, 0.002))
        CONTESTANTS[name](Path(folder))


if __name__ == "__main__":
    sys.exit(main())
