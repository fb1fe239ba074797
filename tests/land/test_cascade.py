"""The cascade adds up: by area, by district, by parcel."""

from collections.abc import Callable

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sandgrid.land import cascade, find_eligibility, removed_ha
from sandgrid.land.exclusions import Rule
from sandgrid.layers.stack import Layers

World = Callable[..., Layers]
Features = Callable[..., gpd.GeoDataFrame]
WET = Rule("wet", 0, ("pv", "wind"), "class_in", "land", "湿", "wet", classes=("1", "2"))
STEEP = Rule("steep", 1, ("pv",), "range", "slope", "陡", "steep", high=5.0)


def two_districts(world: World) -> Layers:
    """Return eight cells: wet 1 1 0 0 | 0 1 0 ?, steep 0 1 1 0 | 0 0 0 0."""
    return world(
        (1, 8),
        land=np.array([[1, 2, 3, 3, 3, 1, 3, 255]]),
        slope=np.array([[1.0, 9, 9, 1, 1, 1, 1, 1]]),
    )


def row(table: pd.DataFrame, zone: str, use: str, rule: str) -> list[float]:
    found = table[(table["zone_id"] == zone) & (table["use"] == use) & (table["rule_id"] == rule)]
    return [float(found[f"{way}_ha"].iloc[0]) for way in ("alone", "only", "in_order")]


def test_each_rule_alone_only_and_in_order(world: World) -> None:
    table = cascade(find_eligibility((WET, STEEP), two_districts(world)))
    assert row(table, "area", "pv", "wet") == [3, 2, 3]
    assert row(table, "area", "pv", "steep") == [2, 1, 1]
    assert row(table, "area", "pv", "unknown") == [1, 1, 1]
    assert row(table, "area", "pv", "eligible") == [3, 3, 3]
    assert "steep" not in table.loc[table["use"] == "wind", "rule_id"].tolist()
    assert (table["alone_mu"] == table["alone_ha"] * 15).all()


def test_districts_and_parcels_have_their_own(world: World, features: Features) -> None:
    found = find_eligibility((WET, STEEP), two_districts(world))
    halves = features(shapely.box(400, 0, 800, 100), shapely.box(0, 0, 400, 100), name=["B", "A"])
    table = cascade(found, halves, id_column="name")
    assert table["zone_id"].drop_duplicates().tolist() == ["A", "B"]
    assert row(table, "A", "pv", "wet") == [2, 1, 2]
    assert row(table, "B", "pv", "wet") == [1, 1, 1]
    assert row(table, "B", "pv", "unknown") == [1, 1, 1]
    parcel = features(shapely.box(90, 0, 310, 100), name=["P1"])
    assert row(cascade(found, parcel, id_column="name"), "P1", "pv", "steep") == [2, 1, 1]


@settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.integers(0, 9999))
def test_in_order_adds_up_and_agrees_with_the_table_by_rule(world: World, seed: int) -> None:
    draw = np.random.default_rng(seed)
    layers = world(
        (6, 8),
        land=draw.choice([1, 2, 3, 255], (6, 8)),
        slope=draw.choice([1.0, 9.0, np.nan], (6, 8)),
        area=[shapely.box(0, 0, 730, 560)],
    )
    found = find_eligibility((WET, STEEP), layers)
    table = cascade(found)
    for use in found.reasons:
        part = table[table["use"] == use]
        assert part["in_order_ha"].sum() == found.inside.sum()
        eligible = part.loc[part["rule_id"] == "eligible", "alone_ha"].iloc[0]
        assert eligible == found.eligible_ha(use)
    other = removed_ha(found).set_index("rule_id")
    pv = table[(table["use"] == "pv")].set_index("rule_id")
    for rule in ("wet", "steep", "unknown"):
        told = [other.loc[rule, f"pv{way}_ha"] for way in ("", "_only", "_in_order")]
        assert pv.loc[rule, ["alone_ha", "only_ha", "in_order_ha"]].tolist() == pytest.approx(told)
