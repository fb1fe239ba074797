"""Papers: a template and its data become the bytes of a PDF, the same on every machine."""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cache
from importlib import resources
from importlib.util import find_spec
from pathlib import Path
from typing import Final, cast

import typst
from matplotlib.ft2font import FT2Font

from sandgrid.errors import OutputError
from sandgrid.messages import Language

# The package is looked up, not imported: importing it changes the fonts of matplotlib.
_FONT_PACKAGE: Final = "zhplot"
_FONT_FILE: Final = "NotoSansSC-Regular.ttf"
_FONT_SUFFIXES: Final = (".ttf", ".otf", ".ttc")
_BLANKS: Final = frozenset("\n\t\r")
_SHOWN_CHARACTERS: Final = 24


@dataclass(frozen=True)
class Paper:
    """What every page of one paper carries.

    Parameters
    ----------
    title : str
        Title in the file's properties.
    as_of : str
        Date of the file, YYYY-MM-DD.
    lang : {"zh", "en"}
        Language, for line breaks and readers.
    footer : str
        Text at the foot of every page, left of its number.
    fonts : Path, optional
        Folder of fonts for characters that Noto Sans SC lacks, e.g. traditional Mongolian.

    """

    title: str
    as_of: str
    lang: Language = "zh"
    footer: str = ""
    fonts: Path | None = None


def typeset(template: str, data: Mapping[str, object], *, paper: Paper) -> bytes:
    """Return a paper as PDF.

    Parameters
    ----------
    template : str
        Typst source; it stands below ``assets/paper.typ``, whose forms (``facts``, ``listing``,
        ``note``, ``ticks``, ``picture`` ...) it may use, and reads what it says from ``data``.
    data : mapping
        What the paper says, as JSON can hold it; texts are never read as markup.
    paper : Paper
        Title, date, language, footer, further fonts.

    Returns
    -------
    bytes
        The file, with its fonts embedded; the same bytes for the same input.

    Raises
    ------
    OutputError
        If no font holds a character, naming it and the text it stands in; or if the template
        does not compile or compiles with a warning.

    Examples
    --------
    >>> page = Paper("库伦旗", "2024-06-30")
    >>> typeset("= #data.name", {"name": "治沙 #1 *"}, paper=page)[:5]
    b'%PDF-'
    >>> typeset("#data.name", {"name": "\U0001f600"}, paper=page)
    Traceback (most recent call last):
    sandgrid.errors.OutputError: no font holds '\U0001f600' (U+1F600) of the text '\U0001f600'; \
correct the text, or name a folder with a font that holds it in export.fonts

    """
    record = _record(paper)
    require_glyphs((template, *_texts(data), paper.title, paper.footer), paper.fonts)
    compiler, source = _compiler(paper.fonts), f"{_head()}\n{template}".encode()
    try:
        pdf, heard = compiler.compile_with_warnings(
            source,
            format="pdf",
            sys_inputs={"data": json.dumps(data), "paper": json.dumps(record)},
            timestamp=datetime.combine(date.fromisoformat(paper.as_of), datetime.min.time(), UTC),
            pdf_tags=False,
        )
    except typst.TypstError as error:
        raise _fault(paper, error) from error
    if heard:
        raise _fault(paper, heard[0])
    return cast("bytes", pdf)


def require_glyphs(texts: Iterable[str], fonts: Path | None = None) -> None:
    """Refuse a text with a character that no font holds, before it is printed as a box.

    Parameters
    ----------
    texts : iterable of str
        What is to be printed.
    fonts : Path, optional
        Folder of fonts besides Noto Sans SC.

    Raises
    ------
    OutputError
        Naming the first such character and its text.

    Examples
    --------
    >>> require_glyphs(["通辽市 1,234 ㎡ ≥ 1"])

    """
    held = _characters(fonts)
    for text in texts:
        lacking = next((mark for mark in text if mark not in held), None)
        if lacking is not None:
            raise OutputError("typeset-no-glyph", _shown(text, lacking))


def read_template(name: str, package: str = "sandgrid.export") -> str:
    """Return the Typst source ``assets/<name>.typ`` of a package."""
    path = resources.files(package) / "assets" / f"{name}.typ"
    return path.read_text(encoding="utf-8")


def _shown(text: str, mark: str) -> dict[str, object]:
    """Return a character and what stands around it, as the message names them."""
    start = max(text.index(mark) - _SHOWN_CHARACTERS // 2, 0)
    part = text[start : start + _SHOWN_CHARACTERS]
    return {"mark": mark if mark.isprintable() else "�", "code": f"U+{ord(mark):04X}", "text": part}


def _fault(paper: Paper, reason: object) -> OutputError:
    return OutputError("typeset-failed", {"title": paper.title, "reason": reason})


def _record(paper: Paper) -> dict[str, object]:
    day = date.fromisoformat(paper.as_of)
    return {
        "title": paper.title,
        "date": [day.year, day.month, day.day],
        "lang": paper.lang,
        "footer": paper.footer,
        "fonts": _families(paper.fonts),
    }


def _texts(value: object) -> Iterator[str]:
    """Yield every text in nested data, keys left out."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for part in value.values():
            yield from _texts(part)
    elif isinstance(value, Iterable):
        for part in value:
            yield from _texts(part)


@cache
def _head() -> str:
    return read_template("paper")


@cache
def font_files(folder: Path | None = None) -> tuple[Path, ...]:
    """Return the fonts of papers: Noto Sans SC, then those of a folder, by name.

    Parameters
    ----------
    folder : Path, optional
        Folder of further font files.

    Raises
    ------
    OutputError
        If Noto Sans SC is not installed, or the folder holds no font.

    """
    found = find_spec(_FONT_PACKAGE)
    noto = Path(found.origin).parent / "fonts" / _FONT_FILE if found and found.origin else Path()
    if not noto.is_file():
        raise OutputError("typeset-no-font", {"place": _FONT_FILE})
    if folder is None:
        return (noto,)
    others = sorted(path for path in folder.glob("*") if path.suffix.lower() in _FONT_SUFFIXES)
    if not others:
        raise OutputError("typeset-no-font", {"place": folder})
    return (noto, *others)


@cache
def _characters(folder: Path | None) -> frozenset[str]:
    """Return every character that one of the fonts holds."""
    marks = set(_BLANKS)
    for path in font_files(folder):
        try:
            marks |= {chr(code) for code in FT2Font(str(path)).get_charmap()}
        except (OSError, RuntimeError) as error:
            raise OutputError("typeset-no-font", {"place": path}) from error
    return frozenset(marks)


@cache
def _fonts(folder: Path | None) -> typst.Fonts:
    places = list(dict.fromkeys(str(path.parent) for path in font_files(folder)))
    return typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=places)


@cache
def _families(folder: Path | None) -> list[str]:
    """Return the families in the order in which they are asked for a character."""
    noto, *others = [_fonts(place).families() for place in dict.fromkeys((None, folder))]
    return [*noto, *(name for family in others for name in sorted(family) if name not in noto)]


@cache
def _compiler(folder: Path | None) -> typst.Compiler:
    return typst.Compiler(b"", font_paths=_fonts(folder), ignore_system_fonts=True)
