"""Exporting: 20,000 parcels to GeoPackage and shapefile beside fiona's way, and parcel papers.

``python benchmarks/export.py [--quick]`` builds its own parcels, runs SandGrid and plain
geopandas in turn, and prints a table and one JSON object.
"""

import argparse
import json
import os
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import shapely

from sandgrid.export.content import PlanContent
from sandgrid.export.files import Staging
from sandgrid.export.shapefiles import ShapeProfile, write_shapefiles
from sandgrid.export.sheets import parcel_sheets
from sandgrid.export.vector import write_geopackage
from sandgrid.params import default_parameters
from sandgrid.tables import conform_table, table_columns

AS_OF = "2024-06-30"
CRS = pyproj.CRS.from_user_input("+proj=laea +lat_0=44 +lon_0=121.5 +ellps=GRS80 +units=m")
BLANK = {"str": "", "int": 0, "float": 0.0, "bool": False}
SIDE_M = 1_000.0
VERTICES = 24


def blank(table: str, rows: int) -> pd.DataFrame:
    kinds = {column.name: BLANK[column.kind] for column in table_columns(table)}
    return pd.DataFrame({name: [value] * rows for name, value in kinds.items()})


def parcels(count: int) -> gpd.GeoDataFrame:
    """Return parcels of two dozen vertices on a lattice, as a cadastre has them."""
    across = int(np.ceil(np.sqrt(count)))
    column, row = np.arange(count) % across, np.arange(count) // across
    turn = np.linspace(0, 2 * np.pi, VERTICES, endpoint=False)
    wave = 1 + 0.08 * np.sin(5 * turn)
    ring = np.stack([np.cos(turn) * wave, np.sin(turn) * wave], axis=1) * SIDE_M * 0.45
    centre = np.stack([column, row], axis=1) * SIDE_M - across * SIDE_M / 2
    shapes = shapely.polygons(ring[None] + centre[:, None])
    table = blank("parcels", count).assign(
        parcel_id=[f"P{n:06d}" for n in range(1, count + 1)],
        district_id="150524",
        district="库伦旗",
        village="敖包高勒嘎查",
        collective="敖包高勒嘎查集体经济组织",
        holder="敖包高勒嘎查集体经济组织",
        dune_class="mobile",
        area_ha=shapely.area(shapes) / 1e4,
        lon_deg=121.5,
        lat_deg=44.0,
    )
    return conform_table(gpd.GeoDataFrame(table, geometry=shapes, crs=CRS), "parcels")


def plan(land: gpd.GeoDataFrame, papers: int) -> PlanContent:
    """Return a plan that treats the first parcels."""
    chosen = land.iloc[:papers]
    ids = chosen["parcel_id"].to_numpy()
    treated = blank("treatments", papers).assign(
        treatment_id=[f"T{n:06d}" for n in range(1, papers + 1)], parcel_id=ids,
        sequence_id="straw_shrub", place="off_site", year=2025, count_year=2025,
        area_centimu=90_000, cost_cny=1_500_000, person_days=3600.0, straw_t=427.5,
        district_id="150524", dune_class="mobile",
    )  # fmt: skip
    use = blank("parcel_use", papers).assign(parcel_id=ids, treated_centimu=90_000)
    area = shapely.box(*land.total_bounds)
    district = blank("districts", 1).assign(district_id="150524", district="库伦旗")
    empty = {
        name: gpd.GeoDataFrame(blank(name, 0), geometry=[], crs=CRS)
        for name in ("turbines", "pv_blocks")
    }
    shapes = np.asarray(chosen.geometry)
    tables = {
        "parcels": land,
        "parcel_use": use,
        "treatments": gpd.GeoDataFrame(treated, geometry=shapes, crs=CRS),
        "districts": gpd.GeoDataFrame(district, geometry=[area], crs=CRS),
        **empty,
    }
    parameters = {
        key: {"value": list(e.value) if isinstance(e.value, tuple) else e.value}
        for key, e in default_parameters().items()
    }
    scenario = {"name": "bench", "as_of": AS_OF, "export": {}, "parameters": parameters}
    return PlanContent(tables, {"scenario": {"name": "bench"}}, scenario)


def measured(work: Callable[[], object], rounds: int) -> tuple[float, float]:
    """Return median wall and CPU seconds."""
    walls, cpus = [], []
    for _ in range(rounds):
        wall, cpu = time.perf_counter(), time.process_time()
        work()
        walls.append(time.perf_counter() - wall)
        cpus.append(time.process_time() - cpu)
    return float(np.median(walls)), float(np.median(cpus))


def write_papers(content: PlanContent, count: int) -> None:
    done = 0
    for done, (_, paper) in enumerate(parcel_sheets(content, count), start=1):
        if not paper.startswith(b"%PDF-") or (count > 100 and done % 500 == 0):
            print(f"{done} papers", file=sys.stderr)
    assert done == count


def main() -> None:
    """Run every case and print the table."""
    options = argparse.ArgumentParser()
    options.add_argument("--quick", action="store_true")
    quick = options.parse_args().quick
    rounds, land = (1, parcels(20_000)) if quick else (3, parcels(20_000))
    folder = Path(tempfile.mkdtemp())
    tables = {"parcels": land}
    profile = ShapeProfile("EPSG:4529")
    degrees = land.to_crs(4529)
    content = plan(land, 20 if quick else 5_000)
    write_papers(content, 1)
    cases: dict[str, Callable[[], object]] = {
        "gpkg_20k": lambda: write_geopackage(folder / "a.gpkg", tables, as_of=AS_OF),
        "gpkg_20k_geopandas": lambda: land.to_file(folder / "b.gpkg"),
        "shp_20k": lambda: write_shapefiles(Staging(folder), tables, as_of=AS_OF, profile=profile),
        "shp_20k_geopandas": lambda: degrees[["parcel_id", "geometry"]].to_file(folder / "b.shp"),
        "papers_20": lambda: write_papers(content, 20),
    }
    if not quick:
        cases["papers_5000"] = lambda: write_papers(content, 5_000)
    figures = {n: measured(c, 1 if n == "papers_5000" else rounds) for n, c in cases.items()}
    for name, (wall, cpu) in figures.items():
        print(f"{name:22} wall {wall:8.2f} s   cpu {cpu:8.2f} s")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    record = {f"{n}_{k}": round(v, 3) for n, pair in figures.items()
              for k, v in zip(("wall_s", "cpu_s"), pair, strict=True)}  # fmt: skip
    print(json.dumps({**record, "peak_mb": round(peak), "load": os.getloadavg()[0]}))


if __name__ == "__main__":
    main()
