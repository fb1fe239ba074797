"""Rules are data that cite their document; truth tables for what they say."""

import itertools
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from sandgrid.errors import InputError, ScenarioError
from sandgrid.land import (
    find_eligibility,
    load_rules,
    rule_layers,
    unset_numbers,
    without_layers,
)
from sandgrid.land.exclusions import Rule, largest_distance_m, tip_height_m
from sandgrid.layers.catalogue import code_table
from sandgrid.layers.raster import Raster
from sandgrid.layers.stack import Layers
from sandgrid.params import Parameters, default_parameters

PARAMETERS = default_parameters()
RULES = load_rules("tongliao", PARAMETERS)


def named(*names: str) -> tuple[Rule, ...]:
    return tuple(rule for rule in RULES if rule.id in names)


SET_BY_USERS = {
    "land.pv_shrub_dry_cover": 0.3, "land.wind_radar_m": 15_000, "land.wind_seismic_m": 2_000,
}  # fmt: skip
CHINA = load_rules("china", PARAMETERS.with_values(SET_BY_USERS, "test"))


def test_every_shipped_rule_says_where_it_comes_from() -> None:
    for rule in CHINA:
        assert rule.zh, rule.id
        assert rule.en, rule.id
        assert rule.document, rule.id
        assert rule.confidence in {"verified", "high", "medium", "low"}, rule.id
        assert rule.number or rule.document == "工程惯例", rule.id


def test_a_bit_means_one_rule_per_use() -> None:
    for use in ("pv", "wind", "treatment"):
        bits = [rule.bit for rule in CHINA if use in rule.uses]
        assert len(bits) == len(set(bits))
        assert max(bits) < 30


def test_numbers_come_from_the_parameters() -> None:
    tip = tip_height_m(PARAMETERS)
    assert tip == 220
    assert named("wind-settlements")[0].distance_m == 500
    assert named("wind-major-roads")[0].distance_m == 1.5 * tip
    assert named("wind-railways")[0].distance_m == 500
    higher = PARAMETERS.with_values({"wind.hub_height_m": 160}, "test")
    taller = {rule.id: rule for rule in load_rules("tongliao", higher)}
    assert taller["wind-major-roads"].distance_m == 1.5 * 260


@pytest.mark.parametrize(
    ("name", "uses"),
    [
        ("permanent-farmland", {"pv", "wind", "treatment"}),
        ("basic-grassland", {"pv", "wind"}),
        ("red-line", {"pv", "wind"}),
        ("arable", {"pv", "treatment"}),
        ("tree-forest", {"pv", "wind", "treatment"}),
        ("shrubland", {"pv"}),
        ("works", {"pv", "treatment"}),
    ],
)
def test_what_each_rule_forbids(name: str, uses: set[str]) -> None:
    assert set(named(name)[0].uses) == uses


SHRUB, PASTURE = (code_table("dltb")[name][0] for name in ("shrubland", "grassland"))


@pytest.mark.parametrize(
    ("land", "rain", "cover", "verdict"),
    [
        (SHRUB, 399.0, 0.9, "eligible"),
        (SHRUB, 400.0, 0.5, "excluded"),
        (SHRUB, 400.0, 0.49, "eligible"),
        (SHRUB, 450.0, 0.8, "excluded"),
        (SHRUB, 450.0, np.nan, "unknown"),
        (SHRUB, np.nan, 0.8, "unknown"),
        (SHRUB, np.nan, 0.2, "eligible"),
        (SHRUB, 399.0, np.nan, "eligible"),
        (SHRUB, np.nan, np.nan, "unknown"),
        (PASTURE, 450.0, 0.9, "eligible"),
        (PASTURE, np.nan, np.nan, "eligible"),
        (255, 450.0, 0.9, "unknown"),
        (255, 300.0, 0.9, "eligible"),
    ],
)
def test_shrubs_may_carry_pv_where_rain_or_cover_is_low(
    world: Callable[..., Layers], land: int, rain: float, cover: float, verdict: str
) -> None:
    layers = world((1, 1), rain=np.array([[rain]]), cover=np.array([[cover]]))
    classes = np.array([[land]], np.uint8)
    raster = Raster(classes, classes == 255, layers.geobox, codes=code_table("dltb"))
    layers = replace(layers, rasters={**layers.rasters, "land_class": raster})
    reason = find_eligibility(named("shrubland"), layers).reasons["pv"][0, 0]
    assert {0: "eligible", 1 << 7: "excluded", 1 << 30: "unknown"}[int(reason)] == verdict


GRASS = ("0401", "0403", "0403K", "0404", "1204", "1205", "1206", "1207", "1201")

FIELDS = ("0101", "0102", "0103", "1203")
GARDENS = ("0201", "0201K", "0202", "0202K", "0203", "0203K", "0204", "0204K")


def test_which_land_classes_are_left_for_each_use(world: Callable[..., Layers]) -> None:
    codes = {c: v for c, v in code_table("dltb").items() if c[0].isdigit() or c == "05H1"}
    values = np.array([[v[0] for v in codes.values()]], np.uint8)
    layers = world(values.shape)
    raster = Raster(values, values == 255, layers.geobox, codes=code_table("dltb"))
    layers = replace(layers, rasters={"land_class": raster})
    rules = tuple(r for r in RULES if r.layer == "land_class" and not r.only_where)
    found = find_eligibility(rules, layers)
    left = {use: set(itertools.compress(codes, found.mask(use)[0])) for use in found.reasons}
    assert left["pv"] == {*GRASS, "0305"}
    assert left["treatment"] == {*GRASS, "0305"}
    assert left["wind"] == {*GRASS, "0305", *FIELDS, *GARDENS}


def test_a_layer_left_out_takes_its_rules_along() -> None:
    left = without_layers(RULES, ["rain", "wind_farms"])
    gone = {rule.id for rule in RULES} - {rule.id for rule in left}
    assert gone == {"shrubland", "mapped-shrubs", "pv-wind-farms", "wind-farm-wake"}
    assert "wind_farms" not in rule_layers(left)
    assert "cover" not in rule_layers(left)
    assert largest_distance_m(RULES) == 10_000


GOOD = {
    "id": '"a"', "bit": "3", "uses": '["pv"]', "kind": '"inside"', "layer": '"water"',
    "zh": '"水"', "en": '"water"',
}  # fmt: skip


def write(folder: Path, *rules: dict[str, str]) -> Path:
    path = folder / "rules.toml"
    text = "".join(
        "[[rule]]\n" + "".join(f"{key} = {value}\n" for key, value in rule.items())
        for rule in rules
    )
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"colour": "1"}, "keys colour"),
        ({"kind": '"near"'}, "kind has no usable value"),
        ({"bit": "30"}, "bit has no usable value"),
        ({"uses": '["coal"]'}, "uses has no usable value"),
        ({"kind": '"class_in"'}, "classes has no usable value"),
        ({"kind": '"range"'}, "low, high has no usable value"),
        ({"kind": '"minimum_patch"'}, "minimum_ha, layer has no usable value"),
        ({"only_where": "[{ low = 1 }]"}, "keys layer"),
        ({"only_where": '[{ layer = "rain", lo = 1 }]'}, "keys lo"),
    ],
)
def test_a_rule_that_cannot_be_meant_is_refused(
    tmp_path: Path, change: dict[str, str], told: str
) -> None:
    with pytest.raises(InputError, match=told):
        load_rules(write(tmp_path, {**GOOD, **change}), PARAMETERS)


def test_missing_keys_files_and_broken_files_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="keys zh"):
        load_rules(write(tmp_path, {k: v for k, v in GOOD.items() if k != "zh"}), PARAMETERS)
    with pytest.raises(InputError, match="nowhere does not exist"):
        load_rules("nowhere", PARAMETERS)
    broken = tmp_path / "broken.toml"
    broken.write_text("[[rule")
    with pytest.raises(InputError, match="cannot be parsed"):
        load_rules(broken, PARAMETERS)
    broken.write_text("title = 1")
    with pytest.raises(InputError, match="cannot be parsed"):
        load_rules(broken, PARAMETERS)


def test_bits_and_ids_are_not_shared(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="share bit 3 for pv"):
        load_rules(write(tmp_path, GOOD, {**GOOD, "id": '"b"'}), PARAMETERS)
    with pytest.raises(InputError, match="'a' stands twice"):
        load_rules(write(tmp_path, GOOD, {**GOOD, "bit": "4"}), PARAMETERS)
    load_rules(write(tmp_path, GOOD, {**GOOD, "id": '"b"', "uses": '["wind"]'}), PARAMETERS)


def test_a_number_may_be_a_number_or_a_parameter(tmp_path: Path) -> None:
    for value in ("12.5", '"land.wind_settlement_m"'):
        rule = {**GOOD, "kind": '"setback"', "distance_m": value}
        told = 12.5 if value == "12.5" else 500
        assert load_rules(write(tmp_path, rule), PARAMETERS)[0].distance_m == told


def test_only_the_parameters_that_are_named_are_needed(tmp_path: Path) -> None:
    assert load_rules(write(tmp_path, GOOD), Parameters({}))[0].id == "a"


def test_the_full_set_extends_the_one_of_the_city() -> None:
    assert CHINA[: len(RULES)] == RULES
    added = {rule.id: rule for rule in CHINA[len(RULES) :]}
    assert added["wind-pipelines"].distance_m == 220
    assert added["radar"].distance_m == 15_000
    assert added["heritage"].uses == ("pv", "wind", "treatment")


def test_unknown_numbers_are_all_named_until_they_are_set_or_left_out() -> None:
    assert unset_numbers("tongliao", PARAMETERS) == ()
    assert set(unset_numbers("china", PARAMETERS)) == set(SET_BY_USERS)
    with pytest.raises(ScenarioError, match=r"pv_shrub_dry_cover, .*radar_m, .*seismic_m") as told:
        load_rules("china", PARAMETERS)
    assert told.value.exit_code == 2
    without = ("dry-shrubland", "radar", "seismic-stations")
    assert unset_numbers("china", PARAMETERS, leave_out=without) == ()
    left = {rule.id for rule in load_rules("china", PARAMETERS, leave_out=without)}
    assert left == {rule.id for rule in CHINA} - set(without)
    with pytest.raises(InputError, match=r"china\.toml has no rules rador"):
        load_rules("china", PARAMETERS, leave_out=("rador",))


@pytest.mark.parametrize(
    ("rain", "cover", "verdict"),
    [(399.0, 0.3, 1 << 16), (399.0, 0.29, 0), (400.0, 0.4, 0), (400.0, 0.5, 1 << 7)],
)
def test_a_province_may_be_stricter_on_dry_shrubland(
    world: Callable[..., Layers], rain: float, cover: float, verdict: int
) -> None:
    layers = world((1, 1), rain=np.array([[rain]]), cover=np.array([[cover]]))
    classes = np.array([[SHRUB]], np.uint8)
    raster = Raster(classes, classes == 255, layers.geobox, codes=code_table("dltb"))
    layers = replace(layers, rasters={**layers.rasters, "land_class": raster})
    rules = tuple(rule for rule in CHINA if rule.id in {"shrubland", "dry-shrubland"})
    assert find_eligibility(rules, layers).reasons["pv"][0, 0] == verdict


def test_a_users_file_may_extend_and_replace(tmp_path: Path) -> None:
    own = {**GOOD, "id": '"red-line"', "bit": "2", "layer": '"red_line"', "uses": '["pv", "wind"]'}
    path = write(tmp_path, own, {**GOOD, "bit": "29"})
    path.write_text('extends = "tongliao"\n' + path.read_text(encoding="utf-8"), encoding="utf-8")
    rules = load_rules(path, PARAMETERS)
    assert [rule.id for rule in rules] == [*(rule.id for rule in RULES), "a"]
    assert rules[2].en == "water"
