"""Words for codes and ids, and texts that are safe to hand to a spreadsheet or a file system."""

import re
import unicodedata
from collections.abc import Mapping
from typing import Final, Protocol

from sandgrid.messages import Language, message_catalogue, tell

JOINT: Final = "+"
_KEYS: Final = ("code", "sequence", "measure", "cost-item")
_FORMULA_STARTS: Final = ("=", "+", "-", "@", "\t", "\r", "\n")
_SLUG_BYTES: Final = 80


class Words(Protocol):
    """A text in both languages."""

    @property
    def zh(self) -> str:
        """The Chinese text."""

    @property
    def en(self) -> str:
        """The English text."""


def word_of(code: str, names: Mapping[str, Words], lang: Language) -> str:
    """Return what a reader calls a code, the code itself where it has no name.

    Parameters
    ----------
    code : str
        Code or id; several joined by ``+`` are named one by one.
    names : mapping
        Code -> name, before those of the message catalogue.
    lang : {"zh", "en"}
        Language.

    Examples
    --------
    >>> word_of("semi_fixed", {}, "zh"), word_of("pv+wind", {}, "en"), word_of("S001", {}, "en")
    ('半固定沙地', 'PV + wind', 'S001')

    """
    if JOINT in code and code not in names:
        return " + ".join(word_of(part, names, lang) for part in code.split(JOINT))
    if code in names:
        return names[code].zh if lang == "zh" else names[code].en
    for prefix in _KEYS:
        if f"{prefix}-{code}" in message_catalogue():
            return tell(f"{prefix}-{code}", lang=lang)
    return code


def safe_cell(text: str) -> str:
    """Return text that no spreadsheet takes for a formula when it opens a CSV file.

    Examples
    --------
    >>> safe_cell("=HYPERLINK(1)"), safe_cell("库伦旗"), safe_cell("")
    ("'=HYPERLINK(1)", '库伦旗', '')

    """
    return f"'{text}" if text.startswith(_FORMULA_STARTS) else text


def safe_name(letter: str, serial: int, text: str) -> str:
    """Return a file name that any system takes, counted so that no two are the same.

    Parameters
    ----------
    letter : str
        First letter, such as ``P``.
    serial : int
        Number from 1.
    text : str
        What a person would look for; only letters, digits and ``-`` of it are kept.

    Examples
    --------
    >>> safe_name("P", 12, "科尔沁/左翼 ../../evil"), safe_name("P", 1, "***")
    ('P000012_科尔沁-左翼-evil', 'P000001')

    """
    plain = unicodedata.normalize("NFC", text)
    words = re.sub(r"[\W_]+", "-", plain, flags=re.UNICODE).strip("-")
    slug = words.encode("utf-8", "ignore")[:_SLUG_BYTES].decode("utf-8", "ignore").strip("-")
    return f"{letter}{serial:06d}_{slug}" if slug else f"{letter}{serial:06d}"
