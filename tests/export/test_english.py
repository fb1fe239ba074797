"""Outputs in English hold no Chinese of ours; those in Chinese are bilingual."""

import re
from pathlib import Path

import pyogrio
import pytest
import world

from sandgrid.export.corners import write_corners
from sandgrid.export.files import Staging
from sandgrid.export.shapefiles import codes_csv, dictionary_csv
from sandgrid.export.vector import write_geopackage
from sandgrid.messages import Language, in_language, message_catalogue
from sandgrid.params import default_parameters

CHINESE = re.compile("[\u2e80-\u9fff\uff00-\uffef]")


def layer_titles(path: Path, lang: Language) -> str:
    write_geopackage(path, world.tables(), as_of=world.AS_OF, lang=lang)
    names = pyogrio.list_layers(path)[:, 0]
    return " ".join(str(pyogrio.read_info(path, layer=name)["layer_metadata"]) for name in names)


def test_layers_are_titled_in_the_language(tmp_path: Path) -> None:
    english = layer_titles(tmp_path / "en.gpkg", "en")
    assert "Parcels" in english
    assert not CHINESE.search(english)
    assert "地块 Parcels" in layer_titles(tmp_path / "zh.gpkg", "zh")


def test_dictionaries_drop_their_chinese_columns() -> None:
    tables = world.tables()
    for lang, seen in (("en", False), ("zh", True)):
        spoken: Language = "en" if lang == "en" else "zh"
        for data in (dictionary_csv(tuple(world.tables()), spoken), codes_csv(tables, spoken)):
            text = data.decode("utf-8-sig")
            assert bool(CHINESE.search(text)) is seen
            assert ("zh" in text.splitlines()[0].split(",")) is seen


def test_corner_points_in_english(tmp_path: Path) -> None:
    write_corners(Staging(tmp_path), world.content("en"), crs="cgcs2000-3deg")
    texts = [path.read_text(encoding="utf-8") for path in sorted(tmp_path.rglob("*.txt"))]
    assert texts
    assert all(text.startswith("[Attributes]\nFormat version=1.01\n") for text in texts)
    assert not any(CHINESE.search(text) for text in texts)


def test_sources_are_told_in_english_and_cited_in_chinese() -> None:
    held = default_parameters()
    assert not [key for key in held if CHINESE.search(held[key].cite("en"))]
    assert "人社部发〔2008〕3号" in held["labour.days_per_job"].cite("zh")
    changed = held.with_values({"labour.days_per_job": 240}, "scenario")
    assert changed["labour.days_per_job"].cite("zh") == "scenario"


def test_texts_in_english_are_english() -> None:
    catalogue = message_catalogue()
    switch = {"map-switch-language"}
    assert {key for key, texts in catalogue.items() if CHINESE.search(texts["en"])} <= switch


@pytest.mark.parametrize(
    ("record", "english"),
    [
        ({"zh": "亩", "en": "mu", "n": 1}, {"en": "mu", "n": 1}),
        ({"rows": [{"zh": "亩", "en": "mu"}]}, {"rows": [{"en": "mu"}]}),
        ({"zh": 1}, {"zh": 1}),
    ],
)
def test_records_lose_only_what_english_replaces(record: object, english: object) -> None:
    assert in_language(record, "en") == english
    assert in_language(record, "zh") == record
