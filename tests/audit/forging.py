"""Changing one thing in a copy of a plan folder, the lists of hashes kept in step."""

import hashlib
import json
import sqlite3
import struct
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pyogrio
import rasterio
import shapely
from rasterio.io import MemoryFile

CHANGED = (
    "plan.gpkg",
    "people.gpkg",
    "plan.json",
    "scenario.json",
    "eligibility.tif",
    "eligibility.csv",
    "manifest.json",
)
GEOMETRY = "geom"
FUNCTIONS = ("ST_IsEmpty", "ST_MinX", "ST_MaxX", "ST_MinY", "ST_MaxY")
ENVELOPE_BYTES = {0: 0, 1: 32, 2: 48, 3: 48, 4: 64}


def sql(folder: Path, text: str, values: tuple[Any, ...] = (), *, name: str = "plan.gpkg") -> None:
    """Change rows of plan.gpkg or people.gpkg; at least one must change."""
    with closing(_opened(folder, name)) as connection, connection:
        if connection.execute(text, values).rowcount == 0:
            raise LookupError(text)


def ask(folder: Path, text: str, name: str = "plan.gpkg") -> list[tuple[Any, ...]]:
    """Return rows of plan.gpkg or people.gpkg; there must be some."""
    with closing(_opened(folder, name)) as connection:
        rows = connection.execute(text).fetchall()
    if not rows:
        raise LookupError(text)
    return rows


def _opened(folder: Path, file: str) -> sqlite3.Connection:
    connection = sqlite3.connect(folder / file)
    for name in FUNCTIONS:  # the triggers of the spatial index call them
        connection.create_function(name, 1, lambda _: 0)
    return connection


def shape(
    folder: Path, table: str, where: str = "1", *, name: str = "plan.gpkg"
) -> tuple[int, shapely.Geometry]:
    """Return fid and geometry of the first row that fits."""
    text = f"SELECT fid, {GEOMETRY} FROM {table} WHERE {where} ORDER BY fid"  # noqa: S608
    fid, blob = ask(folder, text, name)[0]
    start = 8 + ENVELOPE_BYTES[(blob[3] >> 1) & 7]
    return fid, shapely.from_wkb(blob[start:])


def reshape(
    folder: Path, table: str, fid: int, geometry: shapely.Geometry, *, name: str = "plan.gpkg"
) -> None:
    """Put another geometry into a row."""
    old = ask(folder, f"SELECT {GEOMETRY} FROM {table} WHERE fid = {fid}", name)[0][0]  # noqa: S608
    head = b"GP\0\1" + old[4:8] if old[3] & 1 else b"GP\0\1" + struct.pack("<i", 0)
    text = f"UPDATE {table} SET {GEOMETRY} = ? WHERE fid = ?"  # noqa: S608
    sql(folder, text, (head + geometry.wkb, fid), name=name)


def redraw(folder: Path, file: str, change: Callable[[gpd.GeoDataFrame], gpd.GeoDataFrame]) -> None:
    """Write a shapefile of the folder again, its features changed; the papers stay linked."""
    path = folder / file
    table = change(pyogrio.read_dataframe(path))  # noqa: TID251  # forged
    for part in sorted(path.parent.glob(f"{path.stem}.*")):
        part.unlink()
    if len(table):
        pyogrio.write_dataframe(table, path, driver="ESRI Shapefile")  # noqa: TID251  # forged


def edit(folder: Path, name: str, change: Callable[[dict[str, Any]], None]) -> None:
    """Change plan.json or scenario.json; the hash of the question is kept in step."""
    path = folder / name
    content = json.loads(path.read_bytes())
    change(content)
    path.write_text(json.dumps(content, ensure_ascii=False, indent=1), encoding="utf-8")
    if name == "scenario.json":
        text = json.dumps(content, ensure_ascii=False, sort_keys=True)
        sha256 = hashlib.sha256(text.encode()).hexdigest()
        edit(folder, "plan.json", lambda plan: plan["scenario"].update(sha256=sha256))


def refuse_at(folder: Path, use: str, x: float, y: float) -> None:
    """Set a reason bit on the cell of eligibility.tif at a place."""
    path = folder / "eligibility.tif"
    with MemoryFile(path.read_bytes()) as memory, memory.open() as source:
        profile, bands = source.profile, source.read()
        names = source.descriptions
        row, col = source.index(x, y)
    bands[names.index(use), row, col] |= np.uint32(1)
    with MemoryFile() as memory:
        with memory.open(**profile) as target:
            target.write(bands)
            for i, name in enumerate(names, 1):
                target.set_band_description(i, name)
        path.write_bytes(bytes(memory.getbuffer()))


def refused_place(folder: Path, use: str) -> tuple[float, float]:
    """Return the middle of a cell inside the area that a use may not take."""
    path = folder / "eligibility.tif"
    with MemoryFile(path.read_bytes()) as memory, memory.open() as source:
        bits = source.read(source.descriptions.index(use) + 1)
        row, col = np.argwhere((bits != 0) & (bits < 1 << 30))[0].tolist()
        x, y = rasterio.transform.xy(source.transform, row, col)
    return float(x), float(y)


def relist(folder: Path) -> None:
    """Bring the hashes of the manifest in step with the files."""
    path = folder / "manifest.json"
    content = json.loads(path.read_bytes())
    for entry in content["files"]:
        if entry["path"] not in CHANGED:
            continue
        data = (folder / entry["path"]).read_bytes()
        entry["sha256"] = hashlib.sha256(data).hexdigest()
    path.write_text(json.dumps(content, ensure_ascii=False, indent=1), encoding="utf-8")
