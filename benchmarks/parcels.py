"""550,000 inventory polygons (mean 5 ha): from a file to parcels, with validation and repair.

`python benchmarks/parcels.py [--quick] [--only NAME,...]`: a made inventory is written to a
GeoPackage with some bow-ties in it, read, validated, repaired with a report, cut by district and to
eligible cells, given attributes, and grouped into sites. There is no peer that does this job; plain
geopandas (read, make_valid, overlay with the districts) stands beside it for scale.
"""

import argparse
import sys
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pyogrio
import pyproj
import shapely
from affine import Affine
from measuring import Figures, answer, arguments, in_scratch, measure, print_result, print_table
from measuring.made_city import CRS
from odc.geo.geobox import GeoBox

from sandgrid.layers.catalogue import VectorSource
from sandgrid.layers.notices import SandGridWarning
from sandgrid.layers.raster import Raster
from sandgrid.layers.stack import Layers
from sandgrid.layers.vector import read_vector
from sandgrid.params import default_parameters
from sandgrid.parcels import delineate_parcels, form_sites

WHOLE = 550_000
QUICK = 12_000
SIDE_M = 224.0
CELL_M = 100.0
BROKEN_EVERY = 5_000
DUNES = ("mobile", "semi_fixed", "fixed")


def write_inventory(folder: Path, count: int) -> None:
    """Write quadrangles that share their corners, some of them folded over."""
    rng = np.random.default_rng(5)
    side = int(np.ceil(np.sqrt(count)))
    x, y = np.meshgrid(np.arange(side + 1) * SIDE_M, np.arange(side + 1) * SIDE_M)
    moved = rng.uniform(-40, 40, (2, *x.shape))
    corners = np.stack([x + moved[0], y + moved[1]], axis=2)
    rings = np.stack(
        [corners[:-1, :-1], corners[:-1, 1:], corners[1:, 1:], corners[1:, :-1]], axis=2
    ).reshape(-1, 4, 2)[:count]
    rings[::BROKEN_EVERY] = rings[::BROKEN_EVERY][:, [0, 2, 1, 3]]
    number = np.arange(count)
    frame = gpd.GeoDataFrame(
        {
            "source_id": [f"N{n:06d}" for n in number],
            "dune_class": np.array(DUNES, dtype=object)[rng.integers(0, 3, count)],
            "holder_kind": "collective",
        },
        geometry=shapely.polygons(rings),
        crs=CRS,
    )
    pyogrio.write_dataframe(frame, folder / "inventory.gpkg")
    (folder / "side.txt").write_text(str(side))


def layers_around(folder: Path) -> tuple[Layers, list[SandGridWarning]]:
    """Return the inventory, read and repaired, on a made grid with sixteen districts."""
    side_m = int((folder / "side.txt").read_text()) * SIDE_M + 100
    cells = int(np.ceil(side_m / CELL_M))
    geobox = GeoBox((cells, cells), Affine(CELL_M, 0, -50, 0, -CELL_M, cells * CELL_M - 50), CRS)
    told: list[SandGridWarning] = []
    inventory = read_vector(source(folder), pyproj.CRS.from_user_input(CRS), report=told.append)
    spread = np.add.outer(np.arange(cells) % 37, np.arange(cells) % 41).astype(np.float32)
    rasters = {
        "cover": spread / 200, "rain": spread + 350, "ghi": spread + 1_500,
        "wind_speed": spread / 40 + 5, "dem": spread / 10,
    }  # fmt: skip
    known = np.zeros((cells, cells), bool)
    return Layers(
        geobox,
        {name: Raster(values, known, geobox) for name, values in rasters.items()},
        {"inventory": inventory, "roads": roads(side_m), "villages": villages(side_m)},
        districts(side_m),
    ), told


def source(folder: Path) -> VectorSource:
    columns = {name: name for name in ("source_id", "dune_class", "holder_kind")}
    return VectorSource(
        role="inventory",
        path=folder / "inventory.gpkg",
        geometry="polygon",
        id="source_id",
        columns=columns,
        repair=True,
    )


def districts(side_m: float) -> gpd.GeoDataFrame:
    boxes = lattice(side_m, 4)
    names = [f"D{n:02d}" for n in range(len(boxes))]
    return gpd.GeoDataFrame({"district_id": names, "district": names}, geometry=boxes, crs=CRS)


def villages(side_m: float) -> gpd.GeoDataFrame:
    boxes = lattice(side_m, 40)
    names = [f"V{n:04d}" for n in range(len(boxes))]
    texts = dict.fromkeys(("village_id", "village", "collective_id", "collective"), names)
    return gpd.GeoDataFrame({**texts, "township": "T"}, geometry=boxes, crs=CRS)


def lattice(side_m: float, parts: int) -> list[shapely.Polygon]:
    ends = np.linspace(-50, side_m, parts + 1)
    return [
        shapely.box(ends[col], ends[row], ends[col + 1], ends[row + 1])
        for row in range(parts)
        for col in range(parts)
    ]


def roads(side_m: float) -> gpd.GeoDataFrame:
    places = np.linspace(0, side_m, 60)
    lines = [shapely.LineString([(0, place), (side_m, place)]) for place in places]
    return gpd.GeoDataFrame({"road_class": ["county"] * len(lines)}, geometry=lines, crs=CRS)


class Eligible:
    """Masks with holes: a tenth of the cells is lost to each use."""

    def __init__(self, geobox: GeoBox) -> None:
        rng = np.random.default_rng(9)
        shape = tuple(geobox.shape)
        self.masks = {use: rng.random(shape) > 0.1 for use in ("pv", "wind", "treatment")}

    def mask(self, use: str) -> Any:
        return self.masks[use]


def sandgrid_parcels(folder: Path) -> dict[str, Any]:
    """From the file to parcels."""
    layers, told = layers_around(folder)
    parameters = default_parameters()
    parcels = delineate_parcels(layers, Eligible(layers.geobox), parameters, report=told.append)
    return {"parcels": len(parcels), "notices": [notice.text("en") for notice in told]}


def sandgrid_sites(folder: Path) -> dict[str, Any]:
    """From the file to parcels and sites."""
    layers, told = layers_around(folder)
    eligible = Eligible(layers.geobox)
    parameters = default_parameters().with_values({"site.min_parcel_ha": 1.0}, "benchmark")
    parcels = delineate_parcels(layers, eligible, parameters, report=told.append)
    sites = form_sites(parcels, layers, eligible, parameters, report=told.append)
    return {"parcels": len(parcels), "sites": len(sites.sites)}


def geopandas_plain(folder: Path) -> dict[str, Any]:
    """Read, make valid and cut by district: a part of the job."""
    frame = pyogrio.read_dataframe(folder / "inventory.gpkg")
    frame = frame.set_geometry(frame.geometry.make_valid()).set_crs(CRS, allow_override=True)
    side_m = int((folder / "side.txt").read_text()) * SIDE_M + 100
    return {"pieces": len(gpd.overlay(frame, districts(side_m), keep_geom_type=True))}


CONTESTANTS = {
    "sandgrid": sandgrid_parcels,
    "sandgrid-with-sites": sandgrid_sites,
    "geopandas-part": geopandas_plain,
}


def run(folder: Path, asked: argparse.Namespace) -> None:
    count = QUICK if asked.quick else WHOLE
    write_inventory(folder, count)
    names = [name for name in CONTESTANTS if not asked.only or name in asked.only]
    rows = [measure(__file__, name, folder, repeats=asked.repeats) for name in names]
    print_table(f"{count} polygons from file to parcels", rows, "sandgrid")
    print_result("parcels", {"parcels": rows}, {"seconds_per_100000": rate(rows[0], count)})


def rate(row: Figures, count: int) -> float:
    return round(row.wall_s / count * 100_000, 2)


def main() -> None:
    asked = arguments(__doc__ or "")
    if asked.run:
        answer(CONTESTANTS[asked.run], asked.folder)
        return
    in_scratch(lambda folder: run(folder, asked), asked.scratch)


if __name__ == "__main__":
    sys.exit(main())
