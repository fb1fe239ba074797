"""What each kind of rule and each effect means, in worlds checkable in the head."""

from collections.abc import Callable
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import shapely
from affine import Affine
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from odc.geo.geobox import GeoBox

from sandgrid.errors import InputError
from sandgrid.land import explain_point, find_eligibility, load_rules, removed_ha
from sandgrid.land.exclusions import Condition, Rule, uses_of
from sandgrid.land.shares import covered_share
from sandgrid.layers.catalogue import code_table
from sandgrid.layers.notices import SandGridWarning
from sandgrid.layers.raster import Raster
from sandgrid.layers.stack import Layers
from sandgrid.params import default_parameters

Maker = Callable[..., Rule]
World = Callable[..., Layers]
Features = Callable[..., gpd.GeoDataFrame]
BIT30 = 1 << 30


def pv(rules: tuple[Rule, ...], layers: Layers) -> list[list[int]]:
    return [[int(v) for v in row] for row in find_eligibility(rules, layers).reasons["pv"]]


def test_outside_keeps_only_what_lies_in_the_polygons(
    world: World, rule: Maker, features: Features
) -> None:
    layers = world((1, 4), zone=features(shapely.box(100, 0, 300, 100), kind=["pilot"]))
    assert pv((rule("outside", "zone"),), layers) == [[1, 0, 0, 1]]
    other = rule("outside", "zone", where=(("kind", ("x",)),))
    assert pv((other,), layers) == [[1, 1, 1, 1]]


def test_a_boundary_keeps_away_from_both_sides(
    world: World, rule: Maker, features: Features
) -> None:
    layers = world((1, 9), parcels=features(shapely.box(300, -900, 1200, 900)))
    near = rule("boundary", "parcels", distance_m=100.0)
    assert pv((near,), layers) == [[0, 0, 1, 1, 0, 0, 0, 0, 0]]


def test_the_edge_of_the_area_is_a_boundary_without_inner_borders(
    world: World, rule: Maker
) -> None:
    halves = [shapely.box(0, 0, 300, 500), shapely.box(300, 0, 700, 500)]
    layers = world((5, 7), area=halves)
    edge = rule("boundary", "area", distance_m=100.0)
    assert np.array(pv((edge,), layers)).tolist() == [
        [1, 1, 1, 1, 1, 1, 1],
        [1, 0, 0, 0, 0, 0, 1],
        [1, 0, 0, 0, 0, 0, 1],
        [1, 0, 0, 0, 0, 0, 1],
        [1, 1, 1, 1, 1, 1, 1],
    ]


def districts(layers: Layers, ids: list[str]) -> Layers:
    layers.area["district_id"] = ids
    return layers


def test_a_district_may_keep_another_distance(
    world: World, rule: Maker, features: Features
) -> None:
    halves = [shapely.box(0, 0, 400, 200), shapely.box(400, 0, 800, 200)]
    road = features(shapely.LineString([(-99, 0), (999, 0)]))
    layers = districts(world((2, 8), area=halves, roads=road), ["A", "B"])
    near = rule("setback", "roads", distance_m=60.0, distance_by_district=(("B", 160.0),))
    assert pv((near,), layers) == [[0, 0, 0, 0, 1, 1, 1, 1], [1] * 8]
    less = rule("setback", "roads", distance_m=160.0, distance_by_district=(("A", 10.0),))
    assert pv((less,), layers) == [[0, 0, 0, 0, 1, 1, 1, 1], [0, 0, 0, 0, 1, 1, 1, 1]]


def test_a_district_that_is_not_here_is_told(world: World, rule: Maker, features: Features) -> None:
    road = features(shapely.LineString([(-99, 0), (999, 0)]))
    layers = districts(world((1, 4), roads=road), ["A"])
    near = rule("setback", "roads", distance_m=60.0, distance_by_district=(("C", 160.0),))
    with pytest.warns(SandGridWarning, match="districts C, which are not in the area"):
        find_eligibility((near,), layers)


def test_a_rule_may_hold_only_inside_or_outside_another_layer(
    world: World, rule: Maker, features: Features
) -> None:
    quiet = features(shapely.box(0, 0, 200, 100), shapely.box(500, 0, 600, 100), kind=["a", "b"])
    layers = world((1, 6), land=np.full((1, 6), 1), quiet=quiet)
    within = Condition("quiet", inside=True, where=(("kind", ("a",)),))
    beyond = Condition("quiet", inside=False)
    for condition, told in ((within, [1, 1, 0, 0, 0, 0]), (beyond, [0, 0, 1, 1, 1, 0])):
        found = pv((rule("class_in", "land", classes=("1",), only_where=(condition,)),), layers)
        assert found == [told]


def test_included_land_overrules_what_stands_above_and_not_what_stands_below(
    world: World, rule: Maker, features: Features
) -> None:
    layers = world(
        (1, 6),
        land=np.array([[1, 1, 1, 2, 255, 1]]),
        low=np.array([[0.0, 1, 1, 1, 1, 1]]),
        pilot=features(shapely.box(0, 0, 500, 100)),
    )
    above = rule("class_in", "land", classes=("1",))
    pilot = rule("inside", "pilot", bit=1, effect="include", id="pilot")
    below = rule("range", "low", bit=2, low=0.5)
    assert pv((above, pilot, below), layers) == [[4, 0, 0, 0, BIT30, 1]]
    assert pv((above, below, pilot), layers) == [[0, 0, 0, 0, BIT30, 1]]
    found = find_eligibility((above, pilot, below), layers)
    answer = explain_point(found, 150, 50)[0]
    assert answer.eligible
    assert [told.id for told in answer.overruled] == ["class_in"]
    assert explain_point(found, 550, 50)[0].overruled == ()


def test_outside_the_area_nothing_is_included(
    world: World, rule: Maker, features: Features
) -> None:
    layers = world(
        (1, 2), area=[shapely.box(0, 0, 100, 100)], pilot=features(shapely.box(0, 0, 200, 100))
    )
    assert pv((rule("inside", "pilot", effect="include"),), layers) == [[0, 1 << 31]]


def test_weights_multiply_and_nothing_is_removed(world: World, rule: Maker) -> None:
    layers = world((1, 4), land=np.array([[1, 2, 1, 255]]), slope=np.array([[1.0, 1, 9, 1]]))
    half = rule("class_in", "land", classes=("1",), effect="weigh", weight=0.5)
    tenth = rule("range", "slope", bit=1, high=5.0, effect="weigh", weight=0.1)
    found = find_eligibility((half, tenth), layers)
    assert found.reasons["pv"].tolist() == [[0, 0, 0, BIT30]]
    assert found.shares["pv"].tolist() == [[0.5, 1.0, pytest.approx(0.05), 1.0]]
    assert found.eligible_ha("pv") == pytest.approx(1.55)
    assert found.eligible_ha("wind") == 4
    assert explain_point(found, 50, 50)[0].share == 0.5


def test_a_road_of_twenty_metres_is_not_lost_on_a_cell_of_a_hundred(
    world: World, rule: Maker, features: Features
) -> None:
    road = features(shapely.LineString([(-500, 30), (999, 30)]))
    layers = world((2, 3), roads=road)
    lost = rule("setback", "roads", distance_m=10.0)
    assert pv((lost,), layers) == [[0, 0, 0], [0, 0, 0]]
    found = find_eligibility((rule("setback", "roads", distance_m=10.0, fractional=True),), layers)
    assert found.shares["pv"] == pytest.approx(np.array([[1, 1, 1], [0.8, 0.8, 0.8]]))
    assert found.eligible_ha("pv") == pytest.approx(5.4)
    assert (found.reasons["pv"] == 0).all()
    assert found.eligible_ha("wind") == 6


def test_a_cell_that_is_covered_whole_is_removed(
    world: World, rule: Maker, features: Features
) -> None:
    layers = world((1, 3), water=features(shapely.box(-50, -50, 150, 150)))
    found = find_eligibility((rule("inside", "water", fractional=True),), layers)
    assert found.reasons["pv"].tolist() == [[1, 0, 0]]
    assert found.shares["pv"].tolist() == [[0, 0.5, 1]]


def test_overlapping_parts_are_counted_once(world: World, rule: Maker, features: Features) -> None:
    one, other = features(shapely.box(0, 0, 50, 100)), features(shapely.box(20, 0, 60, 100))
    layers = world((1, 1), a=one, b=other)
    rules = tuple(
        rule("inside", role, bit=bit, id=role, fractional=True) for bit, role in enumerate("ab")
    )
    assert find_eligibility(rules, layers).shares["pv"][0, 0] == pytest.approx(0.4)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000))
def test_shares_of_cells_add_up_to_the_polygon(seed: int) -> None:
    draw = np.random.default_rng(seed)
    discs = shapely.buffer(shapely.points(draw.uniform(200, 800, (4, 2))), draw.uniform(5, 150, 4))
    cells = GeoBox((10, 10), Affine(100, 0, 0, 0, -100, 1000), "EPSG:32651")
    share = covered_share(np.asarray(discs, dtype=object), cells)
    assert share.sum() * 1e4 == pytest.approx(shapely.union_all(discs).area, rel=1e-5)
    assert share.min() >= 0
    assert share.max() <= 1 + 1e-6


def test_a_measure_may_have_rules_of_its_own(world: World, rule: Maker, features: Features) -> None:
    layers = world(
        (1, 4),
        wet=features(shapely.box(0, 0, 200, 100)),
        works=features(shapely.box(100, 0, 300, 100)),
    )
    own = rule("inside", "wet", uses=("treatment:tree_pine",), id="wet")
    all_of_it = rule("inside", "works", bit=1, uses=("treatment",), id="works")
    found = find_eligibility((own, all_of_it), layers)
    assert uses_of(found.rules) == ("pv", "wind", "treatment", "treatment:tree_pine")
    assert found.reasons["treatment"].tolist() == [[0, 2, 2, 0]]
    assert found.reasons["treatment:tree_pine"].tolist() == [[1, 3, 2, 0]]
    table = removed_ha(found).set_index("rule_id")
    assert table.loc["wet", "treatment:tree_pine_ha"] == 2
    assert table.loc["works", "treatment:tree_pine_only_ha"] == 1


def test_a_class_that_a_layer_does_not_tell_apart_is_told(world: World, rule: Maker) -> None:
    layers = world((1, 2))
    values = np.array([[40, 30]], np.uint8)
    cover = Raster(values, values == 255, layers.geobox, codes=code_table("esa_worldcover"))
    layers.rasters["land_class"] = cover  # type: ignore[index]
    fields = rule("class_in", "land_class", classes=("arable", "orchard"))
    with pytest.warns(SandGridWarning, match="does not tell orchard apart"):
        found = find_eligibility((fields,), layers)
    assert found.reasons["pv"].tolist() == [[1, 0]]
    with pytest.raises(InputError, match="code orchid is not in the code table"):
        find_eligibility((rule("class_in", "land_class", classes=("orchid",)),), layers)


def test_a_rule_asks_a_layer_for_what_it_is(world: World, rule: Maker, features: Features) -> None:
    layers = world((1, 2), land=np.array([[1, 2]]), lakes=features(shapely.box(0, 0, 50, 50)))
    within = Condition("land", inside=True)
    beyond = Condition("lakes", low=1.0)
    for wrong in (
        rule("inside", "land"),
        rule("inside", "lakes", only_where=(within,)),
    ):
        with pytest.raises(InputError, match="asks for features, but layer 'land' is a raster"):
            find_eligibility((wrong,), layers)
    for wrong in (
        rule("range", "lakes", low=1.0),
        rule("inside", "lakes", only_where=(beyond,)),
    ):
        with pytest.raises(InputError, match="asks for values of a raster, but layer 'lakes'"):
            find_eligibility((wrong,), layers)


KINDS = st.sampled_from(
    ["class_in", "class_not_in", "range", "inside", "outside", "setback", "boundary"]
)


@settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.lists(st.tuples(KINDS, st.integers(0, 2)), min_size=1, max_size=6), st.integers(0, 999))
def test_only_a_rule_that_includes_adds_land(
    world: World, features: Features, given_rules: list[tuple[str, int]], seed: int
) -> None:
    draw = np.random.default_rng(seed)
    layers = world(
        (6, 7),
        land=draw.choice([1, 2, 3, 255], (6, 7)),
        places=features(*shapely.buffer(shapely.points(draw.uniform(0, 700, (3, 2))), 90)),
    )
    effects = ("remove", "weigh", "include")
    rules = tuple(
        Rule(
            f"r{n}", n, ("pv",), kind,
            "land" if kind in {"class_in", "class_not_in", "range"} else "places", "规", "rule",
            classes=("1",), low=1.5, distance_m=70.0 if kind in {"setback", "boundary"} else 0.0,
            effect=effects[effect], weight=0.5 if effect == 1 else 1.0,
        )
        for n, (kind, effect) in enumerate(given_rules)
    )  # fmt: skip
    for count in range(len(rules)):
        fewer, more = (find_eligibility(rules[:n], layers) for n in (count, count + 1))
        added = more.mask("pv") & ~fewer.mask("pv")
        if rules[count].effect != "include":
            assert not added.any()
            assert more.eligible_ha("pv") <= fewer.eligible_ha("pv") + 1e-9
        else:
            assert not (fewer.mask("pv") & ~more.mask("pv")).any()


@pytest.mark.parametrize("tile", [(2, 3), (7, 5), (11, 13)])
def test_tiles_change_nothing_whatever_the_rules_do(
    world: World, features: Features, tile: tuple[int, int]
) -> None:
    draw = np.random.default_rng(5)
    discs = shapely.buffer(shapely.points(draw.uniform(0, 1300, (9, 2))), draw.uniform(20, 250, 9))
    halves = [shapely.box(0, 0, 600, 1200), shapely.box(600, 0, 1300, 1200)]
    layers = world(
        (12, 13), area=halves, land=draw.choice([1, 2, 255], (12, 13)), places=features(*discs)
    )
    layers = districts(layers, ["A", "B"])
    rules = (
        Rule("a", 0, ("pv",), "class_in", "land", "规", "rule", classes=("1",)),
        Rule("b", 1, ("pv",), "setback", "places", "规", "rule", distance_m=30.0,
             distance_by_district=(("B", 230.0),)),
        Rule("c", 2, ("pv",), "inside", "places", "规", "rule", effect="include"),
        Rule("d", 3, ("pv", "wind"), "inside", "places", "规", "rule", fractional=True),
        Rule("e", 4, ("pv",), "boundary", "area", "规", "rule", distance_m=120.0),
        Rule("f", 5, ("pv",), "minimum_patch", "", "规", "rule", minimum_ha=3.0),
    )  # fmt: skip
    whole, cut = (find_eligibility(rules, layers, tile_cells=t) for t in ((12, 13), tile))
    for use, reasons in whole.reasons.items():
        assert (cut.reasons[use] == reasons).all()
        assert (cut.shares[use] == whole.shares[use]).all()
        assert (cut.overruled[use] == whole.overruled[use]).all()
    assert len(set(whole.reasons["pv"].ravel().tolist())) > 5


TEXT = """
[[rule]]
id = "noise"
bit = 0
uses = ["wind", "treatment:tree_pine"]
kind = "setback"
layer = "settlements"
distance_m = 500
distance_m_by_district = {{ "150524" = 700, "150525" = "land.wind_railway_min_m" }}
only_where = [{{ layer = "quiet", inside = true, where = {{ kind = ["a"] }} }}]
zh = "噪声"
en = "noise"
{more}
"""


def test_all_of_it_can_be_written_in_a_file(tmp_path: Path) -> None:
    path = tmp_path / "rules.toml"
    path.write_text(TEXT.format(more='effect = "weigh"\nweight = 0.25'), encoding="utf-8")
    noise = load_rules(path, default_parameters())[0]
    assert noise.distance_by_district == (("150524", 700.0), ("150525", 500.0))
    assert noise.only_where == (Condition("quiet", inside=True, where=(("kind", ("a",)),)),)
    assert (noise.effect, noise.weight) == ("weigh", 0.25)


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ('effect = "add"', "effect"),
        ("weight = 0.5", "weight"),
        ('effect = "weigh"\nweight = 1.5', "weight"),
        ("fractional = true", "fractional"),
    ],
)
def test_what_cannot_be_meant_is_refused(tmp_path: Path, more: str, told: str) -> None:
    path = tmp_path / "rules.toml"
    path.write_text(TEXT.format(more=more), encoding="utf-8")
    with pytest.raises(InputError, match=f"{told}.* has no usable value"):
        load_rules(path, default_parameters())
