"""Eligibility of areas too large for memory, here or on the workers of a cluster."""

from collections.abc import Iterator
from concurrent.futures import Executor
from contextlib import contextmanager
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final, cast

from sandgrid.errors import OutputError, ScenarioError
from sandgrid.export.raster_store import file_store, write_legends, write_reasons
from sandgrid.land import rule_layers
from sandgrid.land.eligibility import judge_tiles
from sandgrid.layers.catalogue import RasterSource
from sandgrid.layers.geobox import area_geobox
from sandgrid.layers.notices import Report, warn
from sandgrid.layers.stack import Layers, read_layers, with_files
from sandgrid.pipeline.world import read_area, scenario_catalogue, scenario_rules
from sandgrid.sand.greenness import COVER, NDVI, cover_file
from sandgrid.scenario import Scenario
from sandgrid.scenario.resolved import scenario_parameters

PATIENCE_S: Final = 10


@contextmanager
def executor_at(scheduler: str) -> Iterator[Executor | None]:
    """Give the executor of a Dask cluster, None (threads here) where no scheduler is named.

    Parameters
    ----------
    scheduler : str
        Address, such as ``tcp://10.0.0.5:8786``; "" for none.

    Raises
    ------
    ScenarioError
        If the extra ``cluster`` is not installed, or nobody answers at the address.

    """
    if not scheduler:
        yield None
        return
    try:
        client = import_module("distributed").Client(
            scheduler, timeout=PATIENCE_S, set_as_default=False
        )
    except ImportError as error:
        raise ScenarioError("cluster-missing", {}) from error
    except (OSError, ValueError) as error:
        raise ScenarioError("cluster-silent", {"address": scheduler}) from error
    with client:
        yield cast("Executor", client.get_executor())


def write_eligibility(
    scenario: Scenario, target: Path, *, scheduler: str = "", report: Report = warn
) -> None:
    """Write the reasons against each use as a GeoTIFF, reading and writing tile by tile.

    Beside it lie what its bits mean (CSV) and a QGIS style for each use, in the language of the
    scenario's files; QGIS applies that of the first use on opening.

    Parameters
    ----------
    scenario : Scenario
        Area, grid, layers and rules.
    target : Path
        File; it is there whole or not at all, and comes after its legends.
    scheduler : str
        Address of a Dask cluster whose workers see the files of the layers under the same paths.
    report : callable
        What is done with a warning.

    Raises
    ------
    InputError, ScenarioError, ResourceError
        As for a plan.
    OutputError
        If the file cannot be written.

    """
    if not target.parent.is_dir():
        raise OutputError("output-no-folder", {"folder": target.parent})
    rules = scenario_rules(scenario, scenario_parameters(scenario))
    with (
        TemporaryDirectory(dir=target.parent, prefix=".sandgrid-") as folder,
        executor_at(scheduler) as executor,
    ):
        staging = Path(folder).resolve()
        layers = layers_in_files(scenario, rule_layers(rules), staging, report)
        with file_store(staging / "scratch.tif", layers.geobox, rules) as store:
            judge_tiles(rules, layers, store, executor=executor, report=report)
        finished = staging / "finished"
        finished.mkdir()
        whole = finished / target.name
        write_reasons(staging / "scratch.tif", whole, layers.geobox, rules)
        write_legends(whole, rules, scenario.export.lang, finished)
        for path in sorted(finished.iterdir(), key=lambda path: (path == whole, path.name)):
            path.replace(target.parent / path.name)


def layers_in_files(
    scenario: Scenario, roles: tuple[str, ...], staging: Path | None, report: Report
) -> Layers:
    """Return what the rules read: features in memory, rasters in their files.

    Parameters
    ----------
    scenario : Scenario
        Area, grid and layers.
    roles : tuple of str
        What is read.
    staging, report
        As for `with_files`.

    """
    catalogue = scenario_catalogue(scenario)
    area = read_area(scenario, catalogue, report=report)
    geobox = area_geobox(area, scenario.grid.resolution_m)
    green = NDVI in catalogue and COVER in roles
    wanted = [NDVI if green and role == COVER else role for role in roles]
    rasters = [role for role in wanted if isinstance(catalogue[role], RasterSource)]
    features = [role for role in wanted if role not in rasters]
    layers = read_layers(catalogue, geobox, area, features, report=report)
    most = scenario.grid.max_pixels
    layers = with_files(layers, catalogue, rasters, staging, max_pixels=most, report=report)
    if not green:
        return layers
    cover = cover_file(layers.files[NDVI], scenario_parameters(scenario))
    return replace(layers, files={**layers.files, COVER: cover})
