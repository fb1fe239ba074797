"""Another place, by files alone: Rhode Island."""

import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import geopandas as gpd
import pytest

from sandgrid.pipeline import Result, export_plan, run_scenario

from .chinese import READERS, chinese_in
from .conftest import stated
from .figures import LARGEST_GAP, LARGEST_TREATMENT_GAP, check_milestones

pytestmark = [pytest.mark.end_to_end, pytest.mark.slow, pytest.mark.shared]


@pytest.fixture(scope="module")
def island(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Result]:
    if not (shared / "peers" / "rev_masks").is_dir():
        pytest.skip(f"published rasters are absent: {shared / 'peers' / 'rev_masks'}")
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(os.environ, "SANDGRID_SHARED", str(shared.resolve()))
        yield run_scenario(stated("rhode-island"), tmp_path_factory.mktemp("island") / "plan")


def test_the_plan_is_proven_and_audited(island: Result) -> None:
    assert island.exit_code == 0
    assert island.figures["status"] == "optimal"
    assert island.figures["audit"]["passed"]
    assert island.figures["gap"] <= LARGEST_GAP
    assert island.figures["treatment_gap"] <= LARGEST_TREATMENT_GAP
    check_milestones(island.figures["milestones"])


def test_parcels_are_many_and_out_in_another_crs(island: Result) -> None:
    assert island.plan is not None
    assert len(island.plan.parcels) >= 200
    out = gpd.read_file(next(island.folder.glob("shp/*/parcels.shp")))  # noqa: TID251  # as users
    assert out.crs.to_epsg() == 26919
    assert len(out) == len(island.plan.parcels)
    west, south, east, north = out.to_crs(4326).total_bounds
    assert -72 < west < east < -71
    assert 41 < south < north < 42.2


def test_every_made_layer_is_called_synthetic(island: Result) -> None:
    made = {
        "cover", "rain", "ghi", "wind_speed", "dem", "districts", "villages", "inventory", "roads",
        "substations",
    }  # fmt: skip
    assert set(island.figures["synthetic_layers"]) == made


def test_a_reader_in_english_sees_no_chinese(island: Result, tmp_path: Path) -> None:
    place = tmp_path / "island"
    shutil.copytree(island.folder, place)
    export_plan(place)
    assert chinese_in(place) == []
    page, header = READERS[".html"](place / "map.html")
    assert len(page) > len(header) > 0  # the scan must not pass for want of anything to read
    assert '"semi-fixed sand"' in header


def test_the_scan_finds_what_is_chinese(island: Result, tmp_path: Path) -> None:
    for name in ("plan.json", "ledger.xlsx", "plan.gpkg", "map.html", "report.pdf"):
        shutil.copy(island.folder / name, tmp_path / name)
    with closing(sqlite3.connect(tmp_path / "plan.gpkg")) as base:
        base.execute("UPDATE gpkg_contents SET description = '地块' WHERE table_name = 'parcels'")
        base.commit()
    (tmp_path / "note.csv").write_text("治沙", encoding="utf-8")
    assert chinese_in(tmp_path) == ["note.csv: 治沙", "plan.gpkg: 地块"]
