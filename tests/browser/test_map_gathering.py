"""What a map shows, gathered from the tables, layers and catalogue of a run."""

import io
from dataclasses import fields
from importlib import resources
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from affine import Affine
from odc.geo.geobox import GeoBox

from sandgrid.export.maps import (
    MapTables,
    Words,
    find_ground,
    find_sources,
    map_html,
    plan_content,
    plan_texts,
    shortfall_content,
    shortfall_texts,
)
from sandgrid.export.maps.palette import COVERS
from sandgrid.land.eligibility import Eligibility
from sandgrid.land.exclusions import Rule
from sandgrid.layers.catalogue import Catalogue, RasterSource
from sandgrid.layers.raster import Raster
from sandgrid.layers.stack import Layers

from .map_world import CRS, YEARS, hand_made_content

GEOBOX = GeoBox((4, 4), Affine(1000, 0, 0, 0, -1000, 4000), CRS)


def small_layers() -> Layers:
    """4 x 4 km, of which the western half is planned; land codes 7 (sand) and 9 (unheard of)."""
    known = np.zeros((4, 4), dtype=bool)
    codes = np.array([[7, 7, 9, 9]] * 4, dtype=np.uint8)
    rasters = {
        "dem": Raster(np.arange(16.0, dtype=np.float32).reshape(4, 4), known, GEOBOX),
        "land_class": Raster(codes, known, GEOBOX, codes={"sand": (7,)}),
    }
    roads = gpd.GeoDataFrame(
        {"road_class": ["county", "county"]},
        geometry=[
            shapely.LineString([(0, 1000), (2000, 1000)]),
            shapely.LineString([(90_000, 0), (91_000, 0)]),
        ],
        crs=CRS,
    )
    area = gpd.GeoDataFrame(geometry=[shapely.box(0, 0, 2000, 4000)], crs=CRS)
    return Layers(GEOBOX, rasters, {"roads": roads}, area)


def make_rule() -> Rule:
    return Rule(
        id="reserve",
        bit=0,
        uses=("pv",),
        kind="inside",
        layer="reserves",
        zh="不占",
        en="kept free",
        document="条例",
        number="",
        date="2020-01-01",
        confidence="high",
    )


def test_ground_ends_with_the_area() -> None:
    bits = np.where(np.arange(4) < 2, 1, 1 << 31).astype(np.uint32) * np.ones((4, 1), np.uint32)
    rule = make_rule()
    ground = find_ground(small_layers(), Eligibility(GEOBOX, {"pv": bits}, (rule,)))
    assert ground.hillshade is not None
    assert ground.cover is not None
    assert np.isnan(ground.hillshade.cells[:, 2:]).all()
    assert np.isfinite(ground.hillshade.cells[:, :2]).all()
    assert ground.reasons is not None
    assert ground.reasons.outside_bits == 1 << 31
    assert ground.reasons.rules[0].title == Words("不占", "kept free")
    assert ground.covers[int(ground.cover.cells[0, 0])] == "sand"
    assert np.isnan(ground.cover.cells[0, 3])
    assert len(ground.lines["roads"]) == 1
    assert ground.places is None


def test_layers_may_be_absent() -> None:
    layers = small_layers()
    ground = find_ground(Layers(GEOBOX, {}, {}, layers.area))
    assert ground.hillshade is None
    assert ground.cover is None
    assert not ground.lines


def test_a_plan_becomes_a_map() -> None:
    made = hand_made_content().tables
    tables = {entry.name: getattr(made, entry.name) for entry in fields(MapTables)}
    texts = plan_texts(
        Words("通辽", "Tongliao"), made.milestones, outlay_cny=25.13e9, as_of="2024-06-30"
    )
    content = plan_content({**tables, "costs": pd.DataFrame()}, texts, lang="en")
    assert content.years == YEARS
    assert texts.status.zh == "3,500.0 MW · 516,000 亩 · 支出现值 251.3 亿元"
    assert map_html(content)


def test_shortfalls_become_a_map() -> None:
    made = hand_made_content().tables
    rows = pd.DataFrame(
        {"district_id": [""], "year": [2030], "zh": ["缺"], "en": ["short"], "share": [0.1]}
    )
    texts = shortfall_texts(Words("通辽", "Tongliao"), as_of="2024-06-30")
    tables = {"parcels": made.parcels, "districts": made.districts}
    content = shortfall_content(tables, texts, rows.assign(more=1))
    assert texts.title.en == "Tongliao: the targets cannot all be met"
    assert "more" not in content.shortfalls
    assert map_html(content)


def test_a_source_without_title_is_called_by_its_role(tmp_path: Path) -> None:
    entry = RasterSource(
        role="dem",
        path=tmp_path / "dem.tif",
        content="quantity",
        resampling="average",
        nodata_means="unknown",
        source="survey",
        date="2020-01-01",
    )
    (source,) = find_sources(Catalogue({"dem": entry}, "catalogue.toml"), ["dem"])
    assert source.title == Words("dem", "dem")
    assert source.source == "survey"
    assert not source.synthetic


def test_every_land_class_has_a_colour() -> None:
    folder = resources.files("sandgrid") / "reference" / "landcodes"
    text = (folder / "dltb.csv").read_text("utf-8")
    classes = pd.read_csv(io.StringIO(text))["class"]
    assert set(classes) <= set(COVERS)
