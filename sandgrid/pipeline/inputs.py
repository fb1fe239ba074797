"""Which files a run read."""

import hashlib
import os
from pathlib import Path

from sandgrid.pipeline.world import World

SHAPEFILE_PARTS = (".shp", ".shx", ".dbf", ".prj", ".cpg")


def list_inputs(world: World) -> list[dict[str, str]]:
    """Return path (relative to the scenario's folder) and SHA-256 of every file that was read."""
    paths = {path for role in world.catalogue for path in _parts(world.catalogue[role].path)}
    paths |= {*world.scenario.works_tables, *world.scenario.treatment_files}
    folder = world.scenario.folder.resolve()
    named = {Path(os.path.relpath(path.resolve(), folder)).as_posix(): path for path in paths}
    return [{"path": name, "sha256": _sha256(named[name])} for name in sorted(named)]


def _parts(path: Path) -> list[Path]:
    if path.suffix.lower() != ".shp":
        return [path]
    return [part for suffix in SHAPEFILE_PARTS if (part := path.with_suffix(suffix)).is_file()]


def _sha256(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
