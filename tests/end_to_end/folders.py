"""What is read from a plan folder, by other means than SandGrid's own readers."""

import hashlib
import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd

LOG = "run.log.json"
MANIFEST = "manifest.json"
GEOGRAPHIC = "EPSG:4490"


def read_json(folder: Path, name: str) -> Any:
    return json.loads((folder / name).read_text(encoding="utf-8"))


def read_table(folder: Path, name: str) -> pd.DataFrame:
    """Return a layer of plan.gpkg without its geometry."""
    with closing(sqlite3.connect(folder / "plan.gpkg")) as base:
        return pd.read_sql(f'select * from "{name}"', base).drop(  # noqa: S608  # our own names
            columns=["geom", "fid"], errors="ignore"
        )


def read_shapes(folder: Path, name: str) -> gpd.GeoDataFrame:
    """Return a layer of plan.gpkg in degrees."""
    frame = gpd.read_file(folder / "plan.gpkg", layer=name)  # noqa: TID251  # not by our readers
    return frame.to_crs(GEOGRAPHIC)


def listed_hashes(folder: Path) -> dict[str, str]:
    """Return path and SHA-256 of every file that the manifest lists."""
    return {row["path"]: row["sha256"] for row in read_json(folder, MANIFEST)["files"]}


def true_hashes(folder: Path) -> dict[str, str]:
    """Return path and SHA-256 of every file that is there, but for manifest and log."""
    return {
        name: hashlib.sha256((folder / name).read_bytes()).hexdigest()
        for name in file_names(folder)
        if name not in {LOG, MANIFEST}
    }


def file_names(folder: Path) -> list[str]:
    found = (path for path in folder.rglob("*") if path.is_file())
    return sorted(path.relative_to(folder).as_posix() for path in found)
