"""A plan as it was written passes; the report tells so."""

from collections.abc import Callable
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import rasterio
import shapely
from affine import Affine
from forging import edit, relist, sql

from sandgrid.audit import CHECKS, AuditReport, audit_plan
from sandgrid.audit.comparing import at_least, equal, running, same_sums
from sandgrid.audit.overlay import outside_m2, refused_discs, refused_m2
from sandgrid.audit.sequences import read_courses
from sandgrid.errors import InputError
from sandgrid.layers.plan_files import Reasons
from sandgrid.messages import message_catalogue
from sandgrid.params import default_parameters

Copied = Callable[[str], Path]
CELLS = Affine(10, 0, 100, 0, -10, 500)


@pytest.fixture(scope="module")
def report(plan_folder: Path) -> AuditReport:
    return audit_plan(plan_folder)


def test_a_written_plan_passes(report: AuditReport) -> None:
    assert [check.text() for check in report.failed] == []
    assert [check.name for check in report.checks] == list(CHECKS)


def test_no_check_is_empty(report: AuditReport) -> None:
    empty = {c.name for c in report.checks if not c.detail_values["compared"]}
    assert empty == {"locks"}


def test_a_staged_plan_has_no_manifest_yet(copied: Copied) -> None:
    folder = copied(".run-plan")
    (folder / "manifest.json").unlink()
    report = audit_plan(folder)
    assert report.passed
    assert not report.checks[0].applicable
    assert (
        report.checks[0].text()
        == "files and their hashes: not checked, the plan is still being written"
    )


def test_the_plan_says_that_it_was_audited(report: AuditReport) -> None:
    record = report.record()
    assert record["passed"]
    assert {"name", "passed", "compared", "wrong"} == set(record["checks"][0])


def test_broken_tables_leave_the_other_checks_unmade(copied: Copied) -> None:
    folder = copied("broken")
    sql(folder, "UPDATE treatments SET parcel_id = 'P999999'")
    relist(folder)
    report = audit_plan(folder)
    unmade = [check for check in report.checks if not check.applicable]
    assert not report.passed
    assert len(unmade) == len(CHECKS) - 3
    assert not any(check.passed for check in unmade)


@pytest.mark.parametrize("name", ["plan.gpkg", "plan.json", "scenario.json", "eligibility.tif"])
def test_a_missing_or_broken_file_is_named(name: str, copied: Copied) -> None:
    folder = copied("lost")
    (folder / name).write_bytes(b"no")
    with pytest.raises(InputError, match=name):
        audit_plan(folder)
    (folder / name).unlink()
    with pytest.raises(InputError, match=f"lacks {name}"):
        audit_plan(folder)


@pytest.mark.parametrize(
    ("suffix", "why"), [(".dbf", "treat_id"), (".prj", r"\.prj"), (".shx", "shx")]
)
def test_a_shapefile_that_lost_a_part_is_named(suffix: str, why: str, copied: Copied) -> None:
    folder = copied("lost")
    path = min(folder.glob("shp/EPSG*/treatments.shp"))
    path.with_suffix(suffix).unlink()
    with pytest.raises(InputError, match=rf"treatments\.shp .*{why}"):
        audit_plan(folder, names=["written_layers"])


def test_a_raster_without_the_band_of_a_use_is_named(copied: Copied) -> None:
    folder = copied("unnamed")
    with rasterio.open(folder / "eligibility.tif", "r+") as target:  # noqa: TID251  # forged
        target.set_band_description(2, "winds")
    with pytest.raises(InputError, match=r"eligibility\.tif of the plan lacks the bands wind;"):
        audit_plan(folder)


def test_tolerances_of_a_scenario_do_not_count(copied: Copied) -> None:
    folder = copied("loose")
    edit(folder, "scenario.json", lambda q: q["parameters"]["audit.cost_cny"].update(value=1e9))
    sql(folder, "UPDATE costs SET present_cny = present_cny + 2")
    assert [check.name for check in audit_plan(folder, names=["discount"]).failed] == ["discount"]


def test_every_check_has_a_title_in_both_languages() -> None:
    for name in CHECKS:
        title = message_catalogue()[f"audit-check-{name}"]
        assert title["zh"]
        assert title["en"]


def test_a_missing_number_is_wrong() -> None:
    assert len(at_least(["a"], [np.nan], 1.0).faults) == 1
    assert len(equal(["a"], [1.0], [np.nan]).faults) == 1
    assert len(same_sums(pd.Series({"a": 1.0}), pd.Series({"b": 1.0}), "x").faults) == 2


def test_running_sums_keep_years_without_rows() -> None:
    rows = pd.DataFrame({"hub_id": ["H1"], "year": [2024], "kw": [5]})
    assert running(rows, [2024, 2025], keys=["hub_id"], column="kw").tolist() == [5.0, 5.0]


def test_cells_are_measured_by_what_lies_on_them() -> None:
    bits = np.zeros((10, 10), dtype=np.uint32)
    bits[0, 3] = 4
    reasons = Reasons({"pv": bits}, CELLS)
    shapes = np.array([shapely.box(125, 492, 135, 500), shapely.box(100, 400, 130, 490)])
    found = refused_m2(shapes, reasons, "pv", margin_m=0.0)
    np.testing.assert_allclose(found, [40.0, 0.0])


def test_land_beyond_the_raster_is_refused() -> None:
    reasons = Reasons({"pv": np.zeros((10, 10), dtype=np.uint32)}, CELLS)
    found = refused_m2(np.array([shapely.box(95, 450, 105, 460)]), reasons, "pv", margin_m=0.0)
    np.testing.assert_allclose(found, [50.0])


def test_a_disc_that_reaches_a_refused_cell() -> None:
    bits = np.zeros((10, 10), dtype=np.uint32)
    bits[5, 5] = 1
    points = np.array([shapely.Point(145, 445), shapely.Point(125, 445)], dtype=object)
    found = refused_discs(points, np.array([6.0, 6.0]), Reasons({"wind": bits}, CELLS), "wind")
    assert found[0] > 0
    assert found[1] == 0


def test_a_shape_without_holder_lies_outside_wholly() -> None:
    shapes = np.array([shapely.box(0, 0, 2, 1), shapely.box(0, 0, 2, 1)])
    holders = np.array([shapely.box(1, 0, 9, 9), None], dtype=object)
    np.testing.assert_allclose(outside_m2(shapes, holders), [1.0, 2.0])


def test_counting_steps_of_the_catalogue() -> None:
    courses = read_courses(default_parameters())
    assert courses["straw_shrub"].counting_offset == 0
    assert courses["net_underpanel"].counting_offset == 0
    assert courses["aerial"].counting_offset == 0
    assert {name for name, one in courses.items() if one.fence_only} == {"enclosure"}


def test_the_written_plan_holds_every_kind_of_row(plan_folder: Path) -> None:
    treatments = gpd.read_file(plan_folder / "plan.gpkg", layer="treatments")  # noqa: TID251
    assert set(treatments["place"]) == {"on_site", "off_site"}
