"""The one catalogue of texts that a user reads, in Chinese and English."""

import csv
from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Any, Literal

Language = Literal["zh", "en"]


@cache
def message_catalogue() -> dict[str, dict[str, str]]:
    """Read every message file of the package.

    Returns
    -------
    dict
        key -> {"zh": text, "en": text}; texts hold ``{named}`` fields.

    Raises
    ------
    ValueError
        If one key stands twice.

    """
    found: dict[str, dict[str, str]] = {}
    folder = resources.files("sandgrid") / "reference" / "messages"
    for path in sorted(folder.iterdir(), key=lambda entry: entry.name):
        if not path.name.endswith(".csv"):
            continue
        for row in csv.DictReader(path.read_text(encoding="utf-8").splitlines()):
            if row["key"] in found:
                message = f"message key {row['key']!r} stands twice ({path.name})"
                raise ValueError(message)
            found[row["key"]] = {"zh": row["zh"], "en": row["en"]}
    return found


def tell(key: str, values: Mapping[str, object] | None = None, *, lang: Language = "en") -> str:
    """Return the text of one message.

    Parameters
    ----------
    key : str
        Row of the catalogue.
    values : mapping, optional
        What the ``{named}`` fields of the text stand for.
    lang : {"zh", "en"}
        Language of the text.

    Raises
    ------
    KeyError
        If the catalogue lacks the key, or the text names a field that is not given.

    Examples
    --------
    >>> tell("unit-mu")
    'mu'
    >>> tell("unit-mu", lang="zh")
    '亩'

    """
    return message_catalogue()[key][lang].format_map(values or {})


def said(entry: Mapping[str, Any], lang: Language) -> str:
    """Return a recorded text in a language, or in the one language in which it was recorded.

    Parameters
    ----------
    entry : mapping
        Record that holds texts under ``zh`` and ``en``; outputs in English hold ``en`` alone.
    lang : {"zh", "en"}
        Language that the reader asks for.

    Examples
    --------
    >>> said({"zh": "亩", "en": "mu"}, "zh"), said({"en": "mu"}, "zh")
    ('亩', 'mu')

    """
    return str(entry[lang] if lang in entry else entry["en"])


def in_language(record: Any, lang: Language) -> Any:  # noqa: ANN401  # any JSON
    """Return a record as outputs in a language hold it: those in English leave out Chinese texts.

    Parameters
    ----------
    record : object
        Anything that JSON can hold.
    lang : {"zh", "en"}
        Language of the outputs; Chinese ones are bilingual.

    Examples
    --------
    >>> in_language([{"zh": "亩", "en": "mu"}], "en"), in_language({"zh": "亩", "en": "mu"}, "zh")
    ([{'en': 'mu'}], {'zh': '亩', 'en': 'mu'})

    """
    if lang == "zh":
        return record
    if isinstance(record, Mapping):
        kept = [key for key in record if not (key == "zh" and "en" in record)]
        return {key: in_language(record[key], lang) for key in kept}
    if isinstance(record, list | tuple):
        return [in_language(part, lang) for part in record]
    return record
