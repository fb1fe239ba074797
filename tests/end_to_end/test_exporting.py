"""`sandgrid export` on the command line: files for engineers added to a written plan."""

import shutil
import zipfile
from pathlib import Path

import ezdxf
import gpxpy
import openpyxl
import pyogrio
import pytest
from typer.testing import CliRunner

from sandgrid.cli.app import app
from sandgrid.errors import OutputError, SandGridError
from sandgrid.export.document import read_document
from sandgrid.export.files import file_sha256, list_files
from sandgrid.pipeline import Result, run_scenario
from sandgrid.scenario import Scenario

pytestmark = pytest.mark.end_to_end


@pytest.fixture
def folder(kulun: Result, tmp_path: Path) -> Path:
    """Return a copy of the quick plan."""
    return Path(shutil.copytree(kulun.folder, tmp_path / "plan"))


def test_files_are_added_and_the_folder_stays_whole(folder: Path) -> None:
    before = {name: file_sha256(folder / name) for name in list_files(folder)}
    kinds = "shp,dxf,kmz,gpx,corners,tif"
    asked = ["--what", kinds, "--crs", "EPSG:4550", "--encoding", "gb18030", "--lang", "en"]
    done = CliRunner().invoke(app, ["export", str(folder), *asked])
    assert done.exit_code == 0, done.output
    added = done.stdout.split()
    assert set(list_files(folder)) == set(before) | set(added)
    kept = {name: file_sha256(folder / name) for name in before if name != "manifest.json"}
    assert kept == {name: before[name] for name in kept}
    assert CliRunner().invoke(app, ["verify", str(folder)]).exit_code == 0


def test_others_open_what_was_added(folder: Path) -> None:
    kinds = "shp,dxf,kmz,gpx,xlsx"
    done = CliRunner().invoke(app, ["export", str(folder), "--what", kinds, "--crs", "EPSG:4550"])
    assert done.exit_code == 0, done.output
    assert not ezdxf.readfile(folder / "cad/EPSG4550/plan.dxf").audit().has_errors
    with zipfile.ZipFile(folder / "plan.kmz") as archive:
        assert archive.testzip() is None
    turbines = gpxpy.parse((folder / "gpx/turbines.gpx").read_text(encoding="utf-8"))
    info = pyogrio.read_info(folder / "shp/EPSG4550/turbines.shp")
    assert (info["crs"], info["features"]) == ("EPSG:4550", len(turbines.waypoints))
    assert "汇总" in openpyxl.load_workbook(folder / "ledger.xlsx").sheetnames


def test_papers_of_chosen_parcels(kulun: Result, folder: Path) -> None:
    assert kulun.plan is not None
    parcel = str(kulun.plan.parcel_use["parcel_id"].iloc[-1])
    asked = ["--what", "sheets", "--parcels", parcel]
    assert CliRunner().invoke(app, ["export", str(folder), *asked]).exit_code == 0
    assert len(list((folder / "sheets").glob(f"{parcel}_*.pdf"))) == 1


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (["--what", "dwg"], "dwg"),
        (["--what", "shp", "--crs", "EPSG:1"], "EPSG:1"),
        (["--what", "shp", "--encoding", "Big5"], "Big5"),
        (["--what", "sheets", "--parcels", "nowhere"], "nowhere"),
    ],
)
def test_a_wish_that_cannot_be_met_leaves_the_folder(
    folder: Path, asked: list[str], said: str
) -> None:
    before = {name: file_sha256(folder / name) for name in list_files(folder)}
    done = CliRunner().invoke(app, ["export", str(folder), *asked])
    assert isinstance(done.exception, SandGridError)
    assert said in str(done.exception)
    assert {name: file_sha256(folder / name) for name in list_files(folder)} == before


def test_a_folder_without_fonts_is_refused_before_anything_is_read(
    quick: Scenario, tmp_path: Path
) -> None:
    wrong = quick.with_({"export.fonts": "no-such-folder"})
    with pytest.raises(OutputError, match="no-such-folder"):
        run_scenario(wrong, tmp_path / "plan")
    assert not (tmp_path / "plan").exists()


def test_the_folder_of_fonts_is_in_the_record(kulun: Result) -> None:
    assert read_document(kulun.folder, "scenario.json")["export"]["fonts"] == ""
