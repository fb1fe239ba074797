"""Checks of the files: hashes, contracts of the tables, ids that refer to one another."""

import hashlib
import json
from pathlib import Path
from typing import Any, Final

import pandas as pd

from sandgrid.audit.comparing import alike, gather, known, named
from sandgrid.audit.folder import KEYS, PlanFolder
from sandgrid.audit.report import Fault, Outcome
from sandgrid.layers.plan_files import read_record

MANIFEST: Final = "manifest.json"
OUTSIDE: Final = (MANIFEST, "run.log.json")
LEFT_BY_OTHERS: Final = ("-wal", "-shm", "-journal", ".aux.xml", ".lock", ".DS_Store", "Thumbs.db")
REFERENCES: Final = (
    ("site_parcels", "site_id", "sites"),
    ("site_parcels", "parcel_id", "parcels"),
    ("site_use", "site_id", "sites"),
    ("parcel_use", "parcel_id", "parcels"),
    ("builds", "site_id", "sites"),
    ("builds", "hub_id", "hubs"),
    ("treatments", "parcel_id", "parcels"),
    ("turbines", "site_id", "sites"),
    ("turbines", "parcel_id", "parcels"),
    ("pv_blocks", "site_id", "sites"),
    ("stations", "hub_id", "hubs"),
    ("trunks", "hub_id", "hubs"),
    ("trunks", "substation_id", "substations"),
    ("flows", "hub_id", "hubs"),
    ("flows", "substation_id", "substations"),
    ("substation_use", "substation_id", "substations"),
    ("parcels", "district_id", "districts"),
    ("sites", "district_id", "districts"),
    ("works", "district_id", "districts"),
)
INHERITED: Final = (
    ("treatments", "parcel_id", "parcels", "district_id"),
    ("treatments", "parcel_id", "parcels", "dune_class"),
    ("builds", "site_id", "sites", "district_id"),
    ("stations", "hub_id", "hubs", "district_id"),
    ("parcels", "site_id", "sites", "district_id"),
)


def is_staged(folder: Path) -> bool:
    """Return whether a folder is still being written: its manifest comes last."""
    return folder.name.startswith(".run-") and not (folder / MANIFEST).exists()


def check_manifest(plan: PlanFolder) -> Outcome:
    """Check that every file is listed with its hash, and every listed file is there."""
    listed = _listed(plan.folder / MANIFEST)
    found = {
        path.relative_to(plan.folder).as_posix(): path
        for path in sorted(plan.folder.rglob("*"))
        if path.is_file()
    }
    names = sorted(set(listed) | set(found))
    names = [name for name in names if name not in OUTSIDE and not name.endswith(LEFT_BY_OTHERS)]
    hashes = [_sha256(found[name]) if name in found else "" for name in names]
    return alike([MANIFEST, *names], [bool(listed), *hashes], [True, *map(listed.get, names)])


def _listed(path: Path) -> dict[str, str]:
    if not path.is_file():
        return {}
    return {entry["path"]: entry["sha256"] for entry in read_record(path)["files"]}


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def check_question(plan: PlanFolder) -> Outcome:
    """Check that the plan answers the scenario that lies beside it."""
    stated: Any = plan.figures["scenario"]
    text = json.dumps(plan.question, ensure_ascii=False, sort_keys=True)
    return alike(
        ["scenario.json sha256", "scenario.json name", "scenario.json as_of"],
        [hashlib.sha256(text.encode()).hexdigest(), plan.question["name"], plan.question["as_of"]],
        [stated["sha256"], stated["name"], stated["as_of"]],
    )


def check_tables(plan: PlanFolder) -> Outcome:
    """Check that every layer is there, keeps to its contract, and holds each key once."""
    return Outcome(len(KEYS), plan.broken)


def check_references(plan: PlanFolder) -> Outcome:
    """Check that every id refers to a row that exists, and what is inherited is the same."""
    links = (_linked(plan, *reference) for reference in REFERENCES)
    inherited = (_inherited(plan, *reference) for reference in INHERITED)
    return gather((*links, *inherited, _members(plan), _named_builds(plan)))


def _linked(plan: PlanFolder, table: str, column: str, target: str) -> Outcome:
    rows = plan[table]
    where = named(rows, KEYS[table], f"{table}.{column}")
    return known(where, rows[column], plan[target][KEYS[target][0]], target)


def _inherited(plan: PlanFolder, table: str, column: str, target: str, value: str) -> Outcome:
    rows = plan[table]
    rows = rows[rows[column] != ""]
    source = plan[target].set_index(column)[value]
    where = named(rows, KEYS[table], f"{table}.{value}")
    return alike(where, rows[value], rows[column].map(source))


def _members(plan: PlanFolder) -> Outcome:
    """Return whether the parcels of sites are the same in both tables."""
    parcels = plan["parcels"]
    stated = set(_pairs(parcels[parcels["site_id"] != ""]))
    listed = set(_pairs(plan["site_parcels"]))
    faults = tuple(
        Fault(" ".join(pair), "-", "in", "site_parcels") for pair in sorted(stated ^ listed)
    )
    return Outcome(len(listed), faults)


def _pairs(frame: pd.DataFrame) -> list[tuple[str, str]]:
    return list(zip(frame["site_id"], frame["parcel_id"], strict=True))


def _named_builds(plan: PlanFolder) -> Outcome:
    builds = plan["builds"]
    where = named(builds, KEYS["builds"], "build_id")
    years = plan.years
    inside = builds["year"].between(years[0], years[-1])
    technologies = known(where, builds["technology"], ("pv", "wind"), "pv, wind")
    return technologies + alike(where, inside, [True] * len(builds))
