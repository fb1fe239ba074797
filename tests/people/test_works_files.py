"""Works files of a scenario: another CRS, GB18030, ids twice, negative, future; tables too."""

from datetime import date
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pyogrio
import pytest

from sandgrid.errors import InputError
from sandgrid.pipeline import find_status
from sandgrid.scenario import Scenario, load_scenario
from sandgrid.scenario.resolved import scenario_parameters

ROOT = Path(__file__).parents[2]
DONE_CENTIMU = 797_657
COLUMNS = {name: name for name in ("work_id", "measure", "date", "area_mu", "accepted")} | {
    "dune_class": "dune",
    "district_id": "adcode",
}


@pytest.fixture(scope="module")
def bundled() -> gpd.GeoDataFrame:
    frame = pyogrio.read_dataframe(  # noqa: TID251  # as another program reads it
        ROOT / "data" / "shapefiles" / "works.shp"
    )
    return frame[frame["adcode"] == "150524"].reset_index(drop=True)


@pytest.fixture
def scenario() -> Scenario:
    return load_scenario(ROOT / "scenarios" / "mini-20km.toml")


def other(scenario: Scenario, path: Path) -> Scenario:
    """Return the scenario with another layer of works: an entry with a path stands alone."""
    entry = {"kind": "vector", "path": str(path), "geometry": "polygon", "id": "work_id",
             "sparse": True, "columns": COLUMNS}  # fmt: skip
    return scenario.with_({"layers.override": {"works": entry}})


def written(frame: gpd.GeoDataFrame, folder: Path, **options: object) -> Path:
    path = folder / "工程.shp"
    frame.to_file(path, **options)
    return path


def done(scenario: Scenario, **options: object) -> int:
    return int(find_status(scenario, **options).programme["done_centimu"])  # type: ignore[arg-type]


def test_a_layer_in_another_crs_and_gb18030_counts_the_same(
    scenario: Scenario, bundled: gpd.GeoDataFrame, tmp_path: Path
) -> None:
    assert done(scenario) == DONE_CENTIMU
    frame = bundled.assign(measure=bundled["measure"]).to_crs(4528)
    path = written(frame.assign(remark="库伦旗治沙"), tmp_path, encoding="gb18030")
    path.with_suffix(".cpg").unlink()
    assert done(other(scenario, path)) == DONE_CENTIMU


def test_an_id_twice_is_refused(
    scenario: Scenario, bundled: gpd.GeoDataFrame, tmp_path: Path
) -> None:
    path = written(bundled.assign(work_id="G0150"), tmp_path)
    with pytest.raises(InputError, match="G0150"):
        find_status(other(scenario, path))


def test_a_negative_area_and_a_wrong_date_are_refused(
    scenario: Scenario, bundled: gpd.GeoDataFrame, tmp_path: Path
) -> None:
    path = written(bundled.assign(area_mu=-1.0), tmp_path)
    with pytest.raises(InputError, match="negative area"):
        find_status(other(scenario, path))
    path = written(bundled.assign(date="30.6.2024"), tmp_path)
    with pytest.raises(InputError, match="YYYY-MM-DD"):
        find_status(other(scenario, path))


def test_the_same_land_handed_in_again_counts_once(
    scenario: Scenario, bundled: gpd.GeoDataFrame, tmp_path: Path
) -> None:
    again = bundled.assign(work_id="H" + bundled["work_id"].str[1:], date="2024-06-29")
    both = pd.concat([bundled, again], ignore_index=True)
    found = find_status(other(scenario, written(both, tmp_path)))
    assert found.programme["done_centimu"] == DONE_CENTIMU
    twice = found.issues[found.issues["issue"] == "twice"]
    assert len(twice) == len(found.works)
    assert (twice["counted_centimu"] == 0).all()


def test_works_of_the_future_wait(
    scenario: Scenario, bundled: gpd.GeoDataFrame, tmp_path: Path
) -> None:
    later = bundled.assign(date="2024-09-15")
    path = written(later, tmp_path)
    assert done(other(scenario, path)) == 0
    assert set(find_status(other(scenario, path)).issues["issue"]) >= {"future"}
    assert done(other(scenario, path), as_of=date(2024, 9, 30)) == DONE_CENTIMU


def test_a_table_of_a_scenario_adds_to_its_layer(scenario: Scenario, tmp_path: Path) -> None:
    table = tmp_path / "2024.csv"
    table.write_text(
        "图斑号,措施,面积(亩),完成日期,已验收\nQ08870,enclosure,100.25,2024-06-01,1\n"
        "Q08882,enclosure,50,2024-06-02,0\n",
        encoding="gb18030",
    )
    with_table = scenario.with_({"progress.works": [str(table)]})
    assert done(with_table) == DONE_CENTIMU + 15_025
    assert len(find_status(with_table).issues.query("issue != 'elsewhere'")) == len(
        find_status(scenario).issues.query("issue != 'elsewhere'")
    )


def test_an_industry_that_the_user_adds_is_unknown_until_it_is_set(scenario: Scenario) -> None:
    named = scenario.with_({"parameters.industry.tourism.price_cny": 30})
    parameters = scenario_parameters(named)
    assert parameters.number("industry.tourism.price_cny") == 30
    assert parameters["industry.tourism.yield_per_mu"].value is None
