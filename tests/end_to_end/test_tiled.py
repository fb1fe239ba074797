"""Eligibility written tile by tile, here and on a cluster, is that of the plan."""

from pathlib import Path

import numpy as np
import pytest
import rasterio

from sandgrid.errors import OutputError, ScenarioError
from sandgrid.export.raster_styles import eligibility_style
from sandgrid.export.rasters import eligibility_legend
from sandgrid.land import find_eligibility
from sandgrid.pipeline.tiled import executor_at, write_eligibility
from sandgrid.pipeline.world import read_world

from .conftest import stated


def test_the_file_holds_the_reasons_of_the_plan_and_a_cluster_writes_the_same(
    tmp_path: Path,
) -> None:
    distributed = pytest.importorskip("distributed")
    scenario = stated("mini-20km")
    write_eligibility(scenario, tmp_path / "here.tif", report=lambda _: None)
    world = read_world(scenario)
    told = find_eligibility(world.rules, world.layers, report=lambda _: None)
    with rasterio.open(tmp_path / "here.tif") as source:  # noqa: TID251  # as others see it
        for band, use in enumerate(told.reasons, start=1):
            assert np.array_equal(source.read(band), told.reasons[use])
            assert source.descriptions[band - 1] == use
    with distributed.LocalCluster(
        n_workers=1, threads_per_worker=1, processes=True, dashboard_address=None
    ) as cluster:
        address = cluster.scheduler_address
        write_eligibility(
            scenario, tmp_path / "there.tif", scheduler=address, report=lambda _: None
        )
    assert (tmp_path / "there.tif").read_bytes() == (tmp_path / "here.tif").read_bytes()
    ends = ("-legend.csv", ".qml", ".tif", "-wind.qml", "-treatment.qml")
    names = {f"{name}{end}" for name in ("here", "there") for end in ends}
    assert {path.name for path in tmp_path.iterdir()} == names
    style = (tmp_path / "here-wind.qml").read_bytes()
    assert style == (tmp_path / "there-wind.qml").read_bytes()
    assert style == eligibility_style(told, "wind", scenario.export.lang)
    assert (tmp_path / "here-legend.csv").read_bytes() == eligibility_legend(
        told, scenario.export.lang
    )


def test_no_folder_and_no_scheduler(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(OutputError, match="does not exist"):
        write_eligibility(stated("mini-20km"), tmp_path / "none" / "here.tif")
    monkeypatch.setattr("sandgrid.pipeline.tiled.PATIENCE_S", 0.2)
    with (
        pytest.raises(ScenarioError, match="nobody answers"),
        executor_at("tcp://127.0.0.1:9"),
    ):
        pass
