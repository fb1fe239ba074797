"""Every cell has its reasons; nobody is told more than is known."""

from collections.abc import Callable

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sandgrid.errors import InputError
from sandgrid.land import explain_point, find_eligibility, grid_access_km, removed_ha
from sandgrid.land.exclusions import Condition, Rule
from sandgrid.layers.notices import SandGridWarning
from sandgrid.layers.raster import Raster
from sandgrid.layers.stack import Layers

BIT30, BIT31 = 1 << 30, 1 << 31


def test_classes_in_and_not_in(world: Callable[..., Layers], rule: Callable[..., Rule]) -> None:
    layers = world((1, 4), land=np.array([[1, 2, 3, 255]]))
    within = rule("class_in", "land", classes=("1", "2"))
    beyond = rule("class_not_in", "land", classes=("1", "2"), bit=1)
    reasons = find_eligibility((within, beyond), layers).reasons["pv"]
    assert reasons.tolist() == [[1, 1, 2, BIT30]]


def test_an_unknown_class_in_a_rule_is_refused(
    world: Callable[..., Layers], rule: Callable[..., Rule]
) -> None:
    with pytest.raises(InputError, match="code 77 is not in the code table"):
        find_eligibility((rule("class_in", "land", classes=("77",)),), world((1, 1), land=[[1]]))


def test_ranges_hold_their_ends(world: Callable[..., Layers], rule: Callable[..., Rule]) -> None:
    layers = world((1, 5), cover=np.array([[0.1, 0.2, 0.5, 0.6, np.nan]]))
    limits = rule("range", "cover", low=np.float32(0.2).item(), high=0.5)
    assert find_eligibility((limits,), layers).reasons["pv"].tolist() == [[1, 0, 0, 1, BIT30]]


def test_slope_is_taken_from_the_terrain(
    world: Callable[..., Layers], rule: Callable[..., Rule]
) -> None:
    dem = np.cumsum(np.array([[0, 0, 0, 60, 60, 60, 0, 0, 0.0]] * 5), axis=1)
    limit = rule("slope", "dem", high=10.0)
    reasons = find_eligibility((limit,), world((5, 9), dem=dem)).reasons["pv"]
    assert reasons[2].tolist() == [0, 0, 1, 1, 1, 1, 0, 0, 0]
    assert reasons[0].tolist() == reasons[4].tolist()


def test_outside_the_area_is_never_eligible(
    world: Callable[..., Layers], rule: Callable[..., Rule]
) -> None:
    layers = world((2, 4), area=[shapely.box(0, 0, 200, 200)], land=np.full((2, 4), 1))
    found = find_eligibility((rule("class_in", "land", classes=("2",)),), layers)
    assert found.mask("pv").tolist() == [[True, True, False, False]] * 2
    assert (found.reasons["wind"][:, 2:] == BIT31).all()
    assert found.inside.sum() == 4


def test_an_absent_layer_denies_nothing(
    world: Callable[..., Layers], rule: Callable[..., Rule]
) -> None:
    layers = world((1, 3))
    values = np.array([[1, 0, 0]], np.uint8)
    unknown, absent = values == 9, np.array([[False, True, False]])
    unknown[0, 2] = True
    raster = Raster(values, unknown, layers.geobox, absent=absent, codes={"1": (1,)})
    layers.rasters["reserve"] = raster  # type: ignore[index]
    for kind, told in (("class_in", [1, 0, BIT30]), ("class_not_in", [0, 0, BIT30])):
        found = find_eligibility((rule(kind, "reserve", classes=("1",)),), layers)
        assert found.reasons["pv"].tolist() == [told]


def test_only_where_narrows_a_rule(
    world: Callable[..., Layers],
    rule: Callable[..., Rule],
    features: Callable[..., gpd.GeoDataFrame],
) -> None:
    layers = world(
        (1, 4),
        rain=np.array([[300, 400, 500, np.nan]]),
        water=features(shapely.box(100, 0, 400, 100)),
    )
    narrowed = rule("inside", "water", only_where=(Condition("rain", low=400.0),))
    assert find_eligibility((narrowed,), layers).reasons["pv"].tolist() == [[0, 1, 1, BIT30]]


def test_features_are_chosen_by_their_columns(
    world: Callable[..., Layers],
    rule: Callable[..., Rule],
    features: Callable[..., gpd.GeoDataFrame],
) -> None:
    roads = features(
        shapely.LineString([(50, -999), (50, 999)]), shapely.LineString([(350, -999), (350, 999)]),
        road_class=["motorway", "village"],
    )  # fmt: skip
    layers = world((1, 5), roads=roads)
    near = rule("setback", "roads", distance_m=100.0, where=(("road_class", ("motorway",)),))
    assert find_eligibility((near,), layers).reasons["pv"].tolist() == [[1, 1, 0, 0, 0]]
    none = rule("setback", "roads", distance_m=100.0, where=(("kind", ("x",)),))
    with pytest.raises(InputError, match="column kind of layer 'roads'"):
        find_eligibility((none,), layers)


def test_points_stand_for_discs_of_their_capacity(
    world: Callable[..., Layers],
    rule: Callable[..., Rule],
    features: Callable[..., gpd.GeoDataFrame],
) -> None:
    farms = features(shapely.Point(1050, 1050), capacity_mw=[5 * np.pi * 0.09])
    layers = world((21, 21), wind_farms=farms)
    found = find_eligibility((rule("inside", "wind_farms", point_mw_per_km2=5.0),), layers)
    x, y = np.meshgrid(np.arange(21) - 10, np.arange(21) - 10)
    assert np.array_equal(~found.mask("pv"), np.hypot(x, y) <= 3)
    for column, told in (({"capacity_mw": [np.nan]}, "no capacity_mw"), ({}, "nothing")):
        broken = world((3, 3), wind_farms=features(shapely.Point(0, 0), **column))
        bare = rule("inside", "wind_farms", point_mw_per_km2=5.0 if column else 0.0)
        with pytest.raises(InputError, match=told):
            find_eligibility((bare,), broken)


def test_small_patches_go_and_corners_join(
    world: Callable[..., Layers], rule: Callable[..., Rule]
) -> None:
    land = np.array([[1, 0, 0, 1], [0, 1, 0, 0], [0, 0, 0, 1], [0, 0, 0, 1]])
    rules = (
        rule("class_not_in", "land", classes=("1",)),
        rule("minimum_patch", "", minimum_ha=2.0, bit=5),
    )
    found = find_eligibility(rules, world((4, 4), land=land))
    assert found.mask("pv").tolist() == [
        [True, False, False, False],
        [False, True, False, False],
        [False, False, False, True],
        [False, False, False, True],
    ]
    assert found.reasons["pv"][0, 3] == 1 << 5
    assert found.reasons["wind"].sum() == 0


def test_unknown_land_does_not_join_patches(
    world: Callable[..., Layers], rule: Callable[..., Rule]
) -> None:
    rules = (
        rule("class_in", "land", classes=("2",)),
        rule("minimum_patch", "", minimum_ha=2.0, bit=5),
    )
    assert not find_eligibility(rules, world((1, 3), land=np.array([[1, 255, 1]]))).mask("pv").any()


def test_a_missing_layer_is_an_error_not_a_skip(
    world: Callable[..., Layers], rule: Callable[..., Rule]
) -> None:
    with pytest.raises(InputError, match="rule 'inside' needs layer 'water'"):
        find_eligibility((rule("inside", "water"),), world((1, 1)))
    condition = rule("class_in", "land", classes=("1",), only_where=(Condition("rain", low=1.0),))
    with pytest.raises(InputError, match="needs layer 'rain'"):
        find_eligibility((condition,), world((1, 1), land=[[1]]))


def test_a_setback_beyond_what_was_read_is_refused(
    world: Callable[..., Layers],
    rule: Callable[..., Rule],
    features: Callable[..., gpd.GeoDataFrame],
) -> None:
    layers = world((1, 1), roads=features(shapely.LineString([(0, 0), (1, 1)])))
    near = type(layers)(layers.geobox, {}, layers.vectors, layers.area, margin_m=100)
    with pytest.raises(InputError, match="200 m, reaches beyond the margin of 100 m"):
        find_eligibility((rule("setback", "roads", distance_m=200.0),), near)


@pytest.mark.parametrize(("pixel", "warned"), [(100, 0), (300, 0), (301, 1), (900, 1)])
def test_a_slope_from_coarse_pixels_is_warned_about(
    world: Callable[..., Layers], rule: Callable[..., Rule], pixel: int, warned: int
) -> None:
    layers = world((3, 3), dem=np.zeros((3, 3)))
    coarse = Raster(
        layers.raster("dem").values, layers.raster("dem").unknown, layers.geobox, pixel_m=pixel
    )
    layers = type(layers)(layers.geobox, {"dem": coarse}, {}, layers.area)
    notices: list[SandGridWarning] = []
    find_eligibility((rule("slope", "dem", high=10.0),), layers, report=notices.append)
    assert [notice.key for notice in notices] == ["rule-too-fine"] * warned


def city(
    world: Callable[..., Layers], features: Callable[..., gpd.GeoDataFrame], seed: int = 0
) -> Layers:
    rng = np.random.default_rng(seed)
    shape = (29, 37)
    land = rng.integers(0, 4, shape)
    land[rng.random(shape) < 0.05] = 255
    rain = rng.uniform(300, 500, shape)
    rain[rng.random(shape) < 0.05] = np.nan
    dots = [shapely.Point(*xy) for xy in rng.uniform(0, 3500, (6, 2))]
    return world(
        shape,
        land=land,
        rain=rain,
        dem=rng.normal(0, 8, shape).cumsum(axis=0),
        water=features(*[dot.buffer(180) for dot in dots[:3]]),
        roads=features(
            *[shapely.LineString(pair) for pair in zip(dots[:3], dots[3:], strict=True)]
        ),
        area=[shapely.box(150, 150, 3450, 2750)],
    )


def rules_of_city(rule: Callable[..., Rule]) -> tuple[Rule, ...]:
    return (
        rule("class_in", "land", classes=("1",), bit=0, id="a", uses=("pv", "wind")),
        rule("range", "rain", low=350.0, bit=1, id="b"),
        rule("slope", "dem", high=9.0, bit=2, id="c", uses=("pv", "wind", "treatment")),
        rule("setback", "water", distance_m=400.0, bit=3, id="d", uses=("wind",)),
        rule("setback", "roads", distance_m=120.0, bit=4, id="e", uses=("pv", "wind")),
        rule("inside", "water", bit=5, id="f", uses=("pv",)),
        rule("minimum_patch", "", minimum_ha=5.0, bit=6, id="g", uses=("pv",)),
    )


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(dropped=st.integers(0, 6), seed=st.integers(0, 3))
def test_no_rule_adds_land(
    world: Callable[..., Layers],
    features: Callable[..., gpd.GeoDataFrame],
    rule: Callable[..., Rule],
    dropped: int,
    seed: int,
) -> None:
    layers, rules = city(world, features, seed), rules_of_city(rule)
    every = find_eligibility(rules, layers)
    fewer = find_eligibility(rules[:dropped] + rules[dropped + 1 :], layers)
    for use in every.reasons:
        assert not (every.mask(use) & ~fewer.mask(use)).any()


def test_removed_land_adds_up(
    world: Callable[..., Layers],
    features: Callable[..., gpd.GeoDataFrame],
    rule: Callable[..., Rule],
) -> None:
    layers, rules = city(world, features), rules_of_city(rule)
    found = find_eligibility(rules, layers)
    table = removed_ha(found).set_index("rule_id")
    inside_ha = found.inside.sum() * found.cell_ha
    for use, reasons in found.reasons.items():
        in_order = table[f"{use}_in_order_ha"].sum()
        assert in_order == pytest.approx(inside_ha - found.eligible_ha(use))
        for each in rules:
            bit = 1 << each.bit if use in each.uses else 0
            hit = (reasons & bit != 0) & found.inside
            assert table.loc[each.id, f"{use}_ha"] == hit.sum()
            alone = hit & (reasons == bit)
            assert table.loc[each.id, f"{use}_only_ha"] == alone.sum()
    assert (
        table.loc["unknown", "pv_ha"] == ((found.reasons["pv"] & BIT30 != 0) & found.inside).sum()
    )
    layered = removed_ha(found, "layer").set_index("layer")
    either = (found.reasons["pv"] & (1 << 5 | 1 << 3) != 0) & found.inside
    assert layered.loc["water", "pv_ha"] == either.sum()
    assert list(layered.index) == [
        "land",
        "rain",
        "dem",
        "water",
        "roads",
        "minimum_patch",
        "unknown",
    ]


def test_removing_a_layer_gives_back_what_it_alone_removed(
    world: Callable[..., Layers],
    features: Callable[..., gpd.GeoDataFrame],
    rule: Callable[..., Rule],
) -> None:
    layers = city(world, features)
    rules = tuple(each for each in rules_of_city(rule) if each.kind != "minimum_patch")
    found = find_eligibility(rules, layers)
    alone = removed_ha(found, "layer").set_index("layer")
    for layer in ("land", "rain", "dem", "water", "roads"):
        rest = find_eligibility(tuple(each for each in rules if each.layer != layer), layers)
        for use in found.reasons:
            gained = rest.eligible_ha(use) - found.eligible_ha(use)
            unknown = (found.reasons[use] & BIT30 != 0) & (rest.reasons[use] == 0)
            assert gained - unknown.sum() == pytest.approx(alone.loc[layer, f"{use}_only_ha"])


def test_a_point_is_explained(
    world: Callable[..., Layers],
    features: Callable[..., gpd.GeoDataFrame],
    rule: Callable[..., Rule],
) -> None:
    layers, rules = city(world, features), rules_of_city(rule)
    found = find_eligibility(rules, layers)
    row, col = np.argwhere(found.reasons["pv"] & 1 == 1)[0]
    x, y = col * 100 + 1, (29 - row) * 100 - 1
    answer = {each.use: each for each in explain_point(found, x, y)}
    assert "a" in [each.id for each in answer["pv"].rules]
    assert not answer["pv"].eligible
    assert answer["treatment"].eligible == (found.reasons["treatment"][row, col] == 0)
    assert all(each.outside for each in explain_point(found, -1e6, 0))


def test_distance_to_the_nearest_substation(world: Callable[..., Layers]) -> None:
    geobox = world((3, 4)).geobox
    access = grid_access_km(geobox, [(50.0, 50.0), (350.0, 250.0)])
    assert access.values[2, 0] == 0
    assert access.values[0, 3] == 0
    assert access.values[0, 0] == pytest.approx(0.2)
    assert access.values[2, 2] == pytest.approx(0.2)
    with pytest.raises(InputError, match="no substation"):
        grid_access_km(geobox, [])


def test_half_a_cell_of_shift_changes_the_result(
    world: Callable[..., Layers],
    rule: Callable[..., Rule],
    features: Callable[..., gpd.GeoDataFrame],
) -> None:
    box = shapely.box(0, 0, 500, 500)
    boxes = (features(box), features(shapely.affinity.translate(box, 60, 60)))
    one, other = (
        find_eligibility((rule("inside", "water"),), world((9, 9), water=part)).mask("pv")
        for part in boxes
    )
    assert one.sum() == other.sum()
    assert (one != other).any()


def test_an_empty_sparse_layer_removes_nothing(
    world: Callable[..., Layers], rule: Callable[..., Rule]
) -> None:
    empty = gpd.GeoDataFrame({"road_class": []}, geometry=[])
    layers = world((2, 2), roads=empty)
    rules: tuple[Rule, ...] = (rule("setback", "roads", distance_m=50.0),)
    assert find_eligibility(rules, layers).mask("pv").all()
