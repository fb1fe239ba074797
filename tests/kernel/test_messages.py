"""One catalogue: both languages, the same fields, and no Chinese in English texts."""

import csv
import re
import string
from importlib import resources

import pytest

from sandgrid.errors import InputError, SandGridError
from sandgrid.messages import message_catalogue, tell
from sandgrid.params import default_parameters

CHINESE = re.compile(r"[一-鿿]")


def fields(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


@pytest.mark.parametrize("key", sorted(message_catalogue()))
def test_both_languages_say_the_same(key: str) -> None:
    texts = message_catalogue()[key]
    assert texts["zh"]
    assert texts["en"]
    assert fields(texts["zh"].replace("_yi}", "_bn}")) == fields(texts["en"])  # 亿, billion
    assert key == "map-switch-language" or not CHINESE.search(texts["en"])


def test_no_text_is_cut_at_a_comma() -> None:
    folder = resources.files("sandgrid") / "reference" / "messages"
    for path in folder.iterdir():
        rows = list(csv.reader(path.read_text(encoding="utf-8").splitlines()))
        assert [row for row in rows if len(row) != len(rows[0])] == [], path.name


def test_every_sequence_has_a_name() -> None:
    sequences = default_parameters().below("sequence")
    assert sequences
    assert {f"sequence-{name}" for name in sequences} <= set(message_catalogue())


def test_an_unknown_key_or_field_is_a_programming_error() -> None:
    with pytest.raises(KeyError):
        tell("no-such-message")
    with pytest.raises(KeyError):
        tell("layer-missing-file", {"layer": "dem"})


def test_every_error_has_an_exit_code_and_a_text() -> None:
    codes = {kind.exit_code for kind in SandGridError.__subclasses__()}
    assert codes == {1, 2, 3, 4, 5, 6, 7}
    error = InputError("layer-missing-file", {"layer": "dem", "file": "x.tif"})
    assert "x.tif" in str(error)
    assert "图层" in error.text("zh")
