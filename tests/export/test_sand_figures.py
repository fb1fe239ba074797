"""Pictures of the sand: what they draw, Chinese right, the same bytes."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from sandgrid.errors import OutputError
from sandgrid.export.sand_figures import (
    drift_rose,
    dune_map,
    figure_png,
    loss_by_district,
    wind_rose,
)
from sandgrid.sand.drift import resultant
from sandgrid.sand.wind import WindTable

WEST = resultant(np.eye(16)[12] * 100.0)
WIND = WindTable(np.array([0.0, 4.0, 12.0]), np.full((12, 16, 2), 1 / 32))
DISTRICTS = pd.DataFrame(
    {"district": ["科尔沁左翼后旗", "库伦旗"], "loss_t_per_ha": [30.0, 20.0],
     "after_t_per_ha": [28.0, 19.0], "kept_t": [2.2e6, 4.7e5]}
)  # fmt: skip


def test_the_arrow_points_where_the_sand_goes() -> None:
    axes = drift_rose(WEST).axes[0]
    arrow = axes.texts[0]
    assert arrow.xy == pytest.approx((np.pi / 2, 100.0))
    heights = [bar.get_height() for bar in axes.patches]
    assert np.argmax(heights) == 12
    assert sum(heights) == pytest.approx(100.0)


def test_bars_of_the_wind_rose_sum_to_the_wind_above_the_first_speed() -> None:
    bars = wind_rose(WIND).axes[0].patches
    assert sum(bar.get_height() for bar in bars) == pytest.approx(50.0)


def test_districts_stand_in_the_order_of_their_loss() -> None:
    axes = loss_by_district(DISTRICTS, lang="zh").axes[0]
    assert [label.get_text() for label in axes.get_yticklabels()] == ["库伦旗", "科尔沁左翼后旗"]
    assert axes.texts[-1].get_text() == "减少 2200.0 千吨/年"


def test_dune_classes_have_their_area() -> None:
    shapes = [shapely.box(0, 0, 2000, 1000), shapely.box(2000, 0, 3000, 1000)]
    parcels = gpd.GeoDataFrame(
        {"dune_class": ["mobile", "fixed"]}, geometry=shapes, crs="EPSG:32651"
    )
    figure = dune_map(parcels, parcels, lang="en")
    texts = [text.get_text() for text in figure.axes[0].get_legend().get_texts()]
    assert texts == ["Mobile sand 2 km²", "Semi-fixed sand 0 km²", "Fixed sand 1 km²"]


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_picture_is_the_same_every_time(lang: str) -> None:
    first, second = (figure_png(drift_rose(WEST, lang=lang)) for _ in range(2))  # type: ignore[arg-type]
    assert first == second
    assert first[:4] == b"\x89PNG"


def test_a_character_that_the_font_lacks_is_an_error() -> None:
    mongolian = DISTRICTS.assign(district=["ᠬᠤᠷᠴᠢᠨ", "库伦旗"])
    with pytest.raises(OutputError, match="font"):
        figure_png(loss_by_district(mongolian))
