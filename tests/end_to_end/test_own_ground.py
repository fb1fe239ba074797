"""A small area planned on NDVI in place of cover, with a sequence of the user's own."""

import json
from pathlib import Path

import numpy as np
import pytest
import rasterio

from sandgrid.land import find_eligibility
from sandgrid.pipeline import run_scenario
from sandgrid.pipeline.tiled import write_eligibility
from sandgrid.pipeline.world import read_world
from sandgrid.scenario import Scenario

from .conftest import SCENARIOS, stated
from .folders import read_json, read_table

pytestmark = pytest.mark.end_to_end
BARE, DENSE = 0.05, 0.86
OWN = """
[sequence.own_grass]
measures = { value = "grass_seed", unit = "", source = "trial", confidence = "medium" }
offsets = { value = [0], unit = "a", source = "one step", confidence = "high" }
dune_classes = { value = "semi_fixed fixed", unit = "", source = "trial", confidence = "medium" }
places = { value = "off_site", unit = "", source = "trial", confidence = "medium" }
industry = { value = "tourism", unit = "", source = "visitors of the lake", confidence = "low" }
"""


def write_ndvi(folder: Path) -> Path:
    """Write the NDVI that makes the bundled cover, as another program would."""
    path = folder / "ndvi.tif"
    with rasterio.open(SCENARIOS.parent / "data/rasters/cover.tif") as source:  # noqa: TID251
        cover, known = source.read(1) * source.scales[0], source.read_masks(1) > 0
        profile = {**source.profile, "dtype": "float32", "nodata": -9.0}
    ndvi = np.where(known, BARE + (DENSE - BARE) * cover, -9.0).astype(np.float32)
    with rasterio.open(path, "w", **profile) as target:  # noqa: TID251
        target.write(ndvi, 1)
    return path


def own_scenario(folder: Path) -> Scenario:
    (folder / "own.toml").write_text(OWN, encoding="utf-8")
    entry = {
        "kind": "raster", "path": str(write_ndvi(folder)), "content": "quantity",
        "resampling": "average", "nodata_means": "unknown", "valid_range": [-1, 1], "unit": "1",
    }  # fmt: skip
    changes: dict[str, object] = {
        "layers.override": {"ndvi": entry},
        "layers.leave_out": ["cover"],
        "treatment.files": [str(folder / "own.toml")],
        "parameters.industry.tourism.price_cny": 5,
        "parameters.programme.min_share_industry": 0.3,
    }
    return stated("mini-20km").with_(changes)


@pytest.mark.slow  # a run of its own; each part has a test of seconds
def test_the_plan_stands_on_ndvi_and_serves_the_own_industry(tmp_path: Path) -> None:
    scenario = own_scenario(tmp_path)
    result = run_scenario(scenario, tmp_path / "plan")
    assert result.exit_code == 0
    record = json.loads((result.folder / "sand.json").read_text(encoding="utf-8"))
    assert record["cover_from_ndvi"]["end_members"] == {"": [BARE, DENSE]}
    usual = read_world(stated("mini-20km"))
    cover = usual.layers.raster("cover")
    mean = float(np.asarray(cover.values)[cover.known].mean())
    assert record["cover_from_ndvi"]["mean_cover"] == pytest.approx(mean, abs=2e-3)
    treated = read_table(result.folder, "treatments")
    own = treated[treated["sequence_id"] == "own_grass"]
    assert len(own)
    assert {"ndvi.tif", "own.toml"} <= {
        Path(item["path"]).name for item in read_json(result.folder, "plan.json")["inputs"]
    }


def test_tile_by_tile_the_land_is_the_same(tmp_path: Path) -> None:
    scenario = own_scenario(tmp_path)
    write_eligibility(scenario, tmp_path / "here.tif", report=lambda _: None)
    world = read_world(scenario)
    usual = read_world(stated("mini-20km"))
    assert [rule.id for rule in world.rules] == [rule.id for rule in usual.rules]
    assert any("cover" in rule.layers for rule in world.rules)
    told = find_eligibility(world.rules, world.layers, report=lambda _: None)
    with rasterio.open(tmp_path / "here.tif") as source:  # noqa: TID251
        for band, use in enumerate(told.reasons, start=1):
            assert np.array_equal(source.read(band), told.reasons[use])
