"""One banner, from layers to files: what is written, that it adds up, and that it comes again."""

import subprocess
import sys
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
from typer.testing import CliRunner

from sandgrid.cli.app import app
from sandgrid.export.maps import map_layers
from sandgrid.pipeline import Result, explain_place, read_plan, run_scenario, show_map
from sandgrid.plan import compare_plans
from sandgrid.scenario import Scenario

from .conftest import SCENARIOS
from .figures import check_drawings, check_plan_json, check_totals
from .folders import (
    LOG,
    MANIFEST,
    file_names,
    listed_hashes,
    read_json,
    read_shapes,
    read_table,
    true_hashes,
)

pytestmark = pytest.mark.end_to_end
WRITTEN = {
    "scenario.json", "plan.json", "plan.gpkg", "map.html", "ledger.xlsx", "eligibility.tif",
    "grid_access.tif", "shp/dictionary.csv", MANIFEST, LOG,
}  # fmt: skip


def test_the_plan_is_proven_and_audited(kulun: Result) -> None:
    assert kulun.exit_code == 0
    check_plan_json(kulun.figures)
    assert read_json(kulun.folder, "plan.json") == kulun.figures


def test_everything_promised_is_written(kulun: Result) -> None:
    names = file_names(kulun.folder)
    assert set(names) >= WRITTEN
    assert sum(name.startswith("sheets/") for name in names) == 4
    for layer in ("parcels", "sites", "treatments", "turbines", "pv_blocks", "trunks"):
        for suffix in ("shp", "shx", "dbf", "prj", "cpg"):
            assert any(name.endswith(f"/{layer}.{suffix}") for name in names)


def test_the_manifest_lists_every_file_by_its_bytes(kulun: Result) -> None:
    assert listed_hashes(kulun.folder) == true_hashes(kulun.folder)


@pytest.mark.slow  # test_again.py asks the same of a smaller area
def test_a_second_run_writes_the_same_bytes(kulun: Result, quick: Scenario, tmp_path: Path) -> None:
    again = run_scenario(quick, tmp_path / "plan")
    first, second = (true_hashes(folder) for folder in (kulun.folder, again.folder))
    assert [name for name in first if second.get(name) != first[name]] == []
    names = [MANIFEST, *listed_hashes(kulun.folder)]
    for name in names:
        assert (again.folder / name).read_bytes() == (kulun.folder / name).read_bytes()


def test_totals_are_the_sums_of_the_layers(kulun: Result) -> None:
    check_totals(kulun.folder, kulun.figures)
    check_drawings(kulun.folder)


def test_shapefile_fields_are_explained(kulun: Result) -> None:
    folder = kulun.folder / "shp"
    told = pd.read_csv(folder / "dictionary.csv", encoding="utf-8-sig", keep_default_na=False)
    assert (told["meaning"].str.len() > 0).all()
    for path in sorted(folder.rglob("*.shp")):
        frame = gpd.read_file(path)  # noqa: TID251  # as another program reads it
        explained = set(told.loc[told["layer"] == path.stem, "field"])
        assert set(frame.columns) - {"geometry"} <= explained
        assert frame.crs is not None


def test_a_plan_that_is_read_back_says_the_same(kulun: Result) -> None:
    plan = read_plan(kulun.folder)
    figures = plan.figures()
    assert figures == {key: kulun.figures[key] for key in figures}
    assert repr(plan) == repr(kulun.plan)
    assert compare_plans(plan, kulun.plan).table["difference"].abs().sum() == 0


def test_a_notebook_shows_map_and_plan(kulun: Result) -> None:
    for plan in (kulun.plan, read_plan(kulun.folder)):
        page = show_map(plan)._repr_html_()
        assert len(page) > 50_000
        assert "<table" in plan._repr_html_()


def test_a_folder_is_shown_on_its_ground(kulun: Result) -> None:
    page = show_map(kulun.folder).get_root().render().encode()
    own = map_layers((kulun.folder / "map.html").read_bytes())
    assert [layer["name"] for layer in map_layers(page)] == [layer["name"] for layer in own]
    assert "rivers" in [layer["name"] for layer in own]


def test_the_command_line_verifies_a_folder(kulun: Result) -> None:
    command = [sys.executable, "-m", "sandgrid", "verify", str(kulun.folder)]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    lines = ended.stdout.splitlines()
    assert len(lines) == len(kulun.figures["audit"]["checks"])
    assert all(line.startswith("✓") for line in lines)


def test_the_command_line_refuses_a_changed_folder(kulun: Result, tmp_path: Path) -> None:
    for name in file_names(kulun.folder):
        target = tmp_path / "plan" / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes((kulun.folder / name).read_bytes())
    (tmp_path / "plan" / "ledger.xlsx").write_bytes(b"not a ledger")
    ended = CliRunner().invoke(app, ["verify", str(tmp_path / "plan")])
    assert ended.exit_code == 3
    assert "✗ manifest" in ended.stdout


def test_why_says_that_a_turbine_may_stand_where_it_stands(kulun: Result) -> None:
    place = read_table(kulun.folder, "turbines")[["lon_deg", "lat_deg"]].iloc[0]
    arguments = ["why", str(SCENARIOS / "kulun-quick.toml"), *map(str, place), "--lang", "en"]
    ended = CliRunner().invoke(app, arguments)
    assert ended.exit_code == 0
    assert "wind: eligible" in ended.stdout.splitlines()


def test_why_names_rule_and_document(kulun: Result, quick: Scenario, data: Path) -> None:
    district = read_shapes(kulun.folder, "districts").union_all()
    houses = gpd.read_file(data / "shapefiles" / "settlements.shp")  # noqa: TID251
    centres = houses.to_crs("EPSG:4490").representative_point()
    place = centres[centres.within(district)].iloc[0]
    lines = explain_place(quick, (place.x, place.y), lang="en")
    assert any(
        line.startswith("wind: not eligible, turbines stand at least 500 m") and "GB 3096" in line
        for line in lines
    )
