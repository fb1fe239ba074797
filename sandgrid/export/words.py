"""Words for codes and ids, and texts that are safe to hand to a spreadsheet or a file system."""

import csv
import io
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Final, Protocol

from sandgrid.messages import Language, message_catalogue, tell

JOINT: Final = "+"
CODED: Final[Mapping[str, str]] = {
    **dict.fromkeys(("technology", "dune_class", "degree", "holder_kind", "place"), "code"),
    **dict.fromkeys(("kind", "status"), "code"),
    **dict.fromkeys(("sequence_id", "sequences"), "sequence"),
    "measure": "measure",
    "industry": "industry",
    "season": "season",
    "item": "cost-item",
    "row": "row",
}
NO_NAMES: Final[Mapping[str, "Words"]] = MappingProxyType({})
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


def word_of(
    column: str, code: str, *, lang: Language, names: Mapping[str, Words] = NO_NAMES
) -> str:
    """Return what a reader calls a code; any other text is returned as it is.

    Parameters
    ----------
    column : str
        Column that holds the code; only those of ``CODED`` hold codes.
    code : str
        The code; several joined by ``+`` are named one by one.
    lang : {"zh", "en"}
        Language.
    names : mapping, optional
        Code -> name, before those of the message catalogue.

    Examples
    --------
    >>> word_of("dune_class", "semi_fixed", lang="zh"), word_of("kind", "pv+wind", lang="en")
    ('半固定沙地', 'PV + wind')
    >>> word_of("holder", "pv", lang="zh"), word_of("sequence_id", "new", lang="zh")
    ('pv', 'new')

    """
    if column not in CODED:
        return code
    if code in names:
        return names[code].zh if lang == "zh" else names[code].en
    if JOINT in code:
        parts = code.split(JOINT)
        return " + ".join(word_of(column, part, lang=lang, names=names) for part in parts)
    key = f"{CODED[column]}-{code}"
    return tell(key, lang=lang) if key in message_catalogue() else code


def safe_cell(text: str) -> str:
    """Return text that no spreadsheet takes for a formula when it opens a CSV file.

    Examples
    --------
    >>> safe_cell("=HYPERLINK(1)"), safe_cell("库伦旗"), safe_cell("")
    ("'=HYPERLINK(1)", '库伦旗', '')

    """
    return f"'{text}" if text.startswith(_FORMULA_STARTS) else text


def told_csv(head: Sequence[str], rows: Iterable[Sequence[str]], lang: Language) -> bytes:
    """Return a table as CSV that Excel opens; in English without its Chinese columns.

    Examples
    --------
    >>> told_csv(("id", "zh"), [("P1", "地块")], "en").decode("utf-8-sig").splitlines()
    ['id', 'P1']

    """
    kept = [place for place, name in enumerate(head) if lang == "zh" or not name.endswith("zh")]
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\r\n")
    writer.writerows([row[place] for place in kept] for row in (head, *rows))
    return stream.getvalue().encode("utf-8-sig")


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
