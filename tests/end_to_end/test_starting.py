"""A new place starts from commented files that say what is missing."""

import re
from pathlib import Path

import pytest

from sandgrid.errors import InputError, OutputError, ScenarioError
from sandgrid.land import load_rules
from sandgrid.layers.catalogue import load_catalogue
from sandgrid.params import default_parameters
from sandgrid.pipeline import check_scenario
from sandgrid.pipeline.starting import FILES, write_starter
from sandgrid.scenario import load_scenario


def test_the_starter_is_read_and_asks_for_its_first_layer(tmp_path: Path) -> None:
    folder = write_starter(tmp_path / "my-place")
    assert sorted(path.name for path in folder.iterdir()) == sorted(FILES)
    scenario = load_scenario(folder / "scenario.toml")
    assert scenario.name == "my-place"
    assert [rule.id for rule in load_rules(folder / "rules.toml", default_parameters())] == [
        "slope-pv",
        "roads-wind",
    ]
    with pytest.raises(InputError, match="districts"):
        check_scenario(scenario)


def test_the_slots_are_a_catalogue_once_their_marks_are_gone(tmp_path: Path) -> None:
    text = (write_starter(tmp_path / "x") / "catalogue.toml").read_text(encoding="utf-8")
    filled = re.sub(r"(?m)^# (?=[a-z_]+ = |\[[a-z]+\]\s{3,}#? ?[a-z ]*polygons)", "", text)
    for role in ("cover", "roads", "substations", "inventory"):
        filled = filled.replace(f"# [{role}]", f"[{role}]")
    (tmp_path / "catalogue.toml").write_text(filled, encoding="utf-8")
    catalogue = load_catalogue(tmp_path / "catalogue.toml", {}, paths={}, base=tmp_path)
    assert {"districts", "cover", "roads", "substations", "inventory"} <= set(catalogue)
    assert catalogue.raster("cover").valid_range == (0, 1)


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    write_starter(tmp_path / "x")
    with pytest.raises(OutputError, match="exists already"):
        write_starter(tmp_path / "x")
    with pytest.raises(ScenarioError, match="letters, digits and hyphens"):
        write_starter(tmp_path / "My Place")
