"""Questions on the command line about land: why not here, how much, what is not set."""

import json
import sys
from collections.abc import Callable
from pathlib import Path

import geopandas as gpd
import pytest
import shapely

from sandgrid.cli.app import main

Ask = Callable[..., tuple[int, str]]
CATALOGUE = """
[districts]
kind = "vector"
path = "districts.geojson"
geometry = "polygon"
id = "district_id"
columns = { district_id = "code", district = "name" }
[water]
kind = "vector"
path = "lakes.geojson"
geometry = "polygon"
id = "lake_id"
columns = { lake_id = "code" }
[pilot]
kind = "vector"
path = "pilot.geojson"
geometry = "polygon"
id = "pilot_id"
columns = { pilot_id = "code" }
"""
RULES = """
[[rule]]
id = "lakes"
bit = 0
uses = ["pv", "wind"]
kind = "inside"
layer = "water"
zh = "湖泊不得占用"
en = "lakes are kept free"
document = "湿地保护法"
number = "主席令第102号"
date = "2021-12-24"
confidence = "high"
[[rule]]
id = "pilot"
bit = 1
uses = ["wind"]
kind = "inside"
layer = "pilot"
effect = "include"
zh = "试点"
en = "pilot"
"""
SCENARIO = """
name = "asking"
as_of = 2024-06-30
[years]
first = 2024
last = 2025
[layers]
catalogue = "catalogue.toml"
[rules]
file = "RULES"
"""


@pytest.fixture
def ask(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Ask:
    """Return a caller of the command line on two districts with a lake on their border."""

    def boxes(name: str, *shapes: shapely.Polygon) -> None:
        codes = [f"{name[0]}{number}" for number in range(len(shapes))]
        data = {"code": codes, "name": codes}
        gpd.GeoDataFrame(data, geometry=list(shapes), crs=4490).to_file(
            tmp_path / f"{name}.geojson"
        )

    boxes("districts", shapely.box(121.4, 43.9, 121.5, 44.1), shapely.box(121.5, 43.9, 121.6, 44.1))
    boxes("lakes", shapely.box(121.45, 44, 121.52, 44.02))
    boxes("pilot", shapely.box(121.51, 44, 121.55, 44.02))
    (tmp_path / "catalogue.toml").write_text(CATALOGUE, encoding="utf-8")
    (tmp_path / "rules.toml").write_text(RULES, encoding="utf-8")

    def call(command: str, *more: str, rules: str = "rules.toml") -> tuple[int, str]:
        text = SCENARIO.replace("RULES", rules)
        (tmp_path / "asking.toml").write_text(text, encoding="utf-8")
        arguments = ["sandgrid", command, str(tmp_path / "asking.toml"), *more, "--lang", "en"]
        monkeypatch.setattr(sys, "argv", arguments)
        code: object = 0
        try:
            main()
        except SystemExit as left:
            code = left.code
        said = capsys.readouterr()
        return int(str(code or 0)), said.out + said.err

    return call


def test_why_not_here_names_rule_document_and_confidence(ask: Ask) -> None:
    code, said = ask("why", "121.46", "44.01")
    assert code == 0
    law = "湿地保护法 主席令第102号 2021-12-24; confidence: high"
    assert f"PV: not eligible, lakes are kept free ({law})" in said
    assert f"wind: not eligible, lakes are kept free ({law})" in said
    assert "treatment: eligible" in said


def test_why_tells_what_a_pilot_zone_overrules(ask: Ask) -> None:
    _, said = ask("why", "121.515", "44.01")
    assert "PV: not eligible, lakes are kept free" in said
    assert "wind: eligible" in said
    assert "wind: let in by a rule that includes land, in spite of lakes are kept free" in said
    assert "outside the area" in ask("why", "120", "44")[1]


def in_order(table: list[dict[str, object]]) -> float:
    """Return what the lakes take from PV in order [ha]."""
    pv = [row for row in table if (row["use"], row["rule_id"]) == ("pv", "lakes")]
    return sum(float(str(row["in_order_ha"])) for row in pv)


def test_the_cascade_by_district_adds_up(ask: Ask) -> None:
    rows = {
        by: json.loads(ask("eligibility", "--by", by, "--json")[1]) for by in ("area", "district")
    }
    assert {row["zone_id"] for row in rows["district"]} == {"d0", "d1"}
    lost = {by: in_order(table) for by, table in rows.items()}
    assert lost["area"] == pytest.approx(lost["district"], rel=0.01)
    lake = 7 * 2 * 111_100 * 80_300 / 1e4 / 1e4
    assert lost["area"] == pytest.approx(lake, rel=0.02)
    for row in rows["area"]:
        assert row["in_order_mu"] == pytest.approx(15 * row["in_order_ha"])


def test_the_tables_print(ask: Ask) -> None:
    code, said = ask("eligibility")
    assert code == 0
    assert "lakes" in said
    assert "eligible" in said


def test_check_lists_what_the_rules_need_and_nobody_has_set(ask: Ask) -> None:
    code, said = ask("check", "--json", rules="china")
    found = json.loads(said)
    needed = ["land.pv_shrub_dry_cover", "land.wind_radar_m", "land.wind_seismic_m"]
    assert sorted(found["required"]) == needed
    assert set(needed) <= set(found["unset"])
    assert code == 2
    code, said = ask("plan", rules="china")
    assert code == 2
    assert "china.toml needs parameters that are UNKNOWN" in said
