"""A strip that a rule takes of cells for every use is kept free by all that a plan draws."""

from pathlib import Path

import geopandas as gpd
import pytest
import shapely

from sandgrid.pipeline import Result, run_scenario
from sandgrid.scenario import load_scenario

from .conftest import SCENARIOS

pytestmark = [pytest.mark.slow, pytest.mark.end_to_end]
HALF_WIDTH_M = 35.0
RULES = f"""
extends = "tongliao"
[[rule]]
id = "corridor"
bit = 29
uses = ["pv", "wind", "treatment"]
kind = "setback"
layer = "roads"
distance_m = {HALF_WIDTH_M}
fractional = true
zh = "道路用地"
en = "land of roads"
"""


@pytest.fixture(scope="module")
def result(tmp_path_factory: pytest.TempPathFactory) -> Result:
    """Return the plan of a small world with a corridor along its roads."""
    folder = tmp_path_factory.mktemp("parts")
    text = (SCENARIOS / "mini-20km.toml").read_text(encoding="utf-8")
    data = (SCENARIOS.parent / "data").as_posix()
    targets = '[rules]\nfile = "r.toml"\n\n[targets]\npv_mw = { 2026 = 100 }'
    text = text.replace('"../data/', f'"{data}/').replace("[targets]", targets)
    (folder / "parts.toml").write_text(text, encoding="utf-8")
    (folder / "r.toml").write_text(RULES, encoding="utf-8")
    return run_scenario(load_scenario(folder / "parts.toml"), folder / "plan")


def test_nothing_is_drawn_in_the_corridor(result: Result, data: Path) -> None:
    assert result.exit_code == 0
    assert result.figures["audit"]["passed"]
    assert not any("corridor" in notice["en"] for notice in result.figures["notices"])
    parcels = drawn(result, "parcels")
    lines = gpd.read_file(data / "shapefiles" / "roads.shp")  # noqa: TID251  # as others see it
    straight = lines.set_geometry(lines.segmentize(0.001))
    roads = straight.to_crs(parcels.crs)
    near = roads.geometry[roads.intersects(shapely.box(*parcels.total_bounds))]
    corridor = shapely.union_all(near.buffer(HALF_WIDTH_M - 0.1).to_numpy())
    pads = drawn(result, "turbines")
    assert pads.distance(corridor).min() > 0
    for table in (parcels, drawn(result, "pv_blocks"), drawn(result, "treatments")):
        assert len(table)
        assert shapely.area(shapely.intersection(table.geometry, corridor)).max() < 1
    beside = parcels.geometry.buffer(1.0).intersects(corridor.boundary)
    assert beside.any(), "the corridor cuts through land of parcels"


def drawn(result: Result, layer: str) -> gpd.GeoDataFrame:
    return gpd.read_file(result.folder / "plan.gpkg", layer=layer)  # noqa: TID251  # as others see it
