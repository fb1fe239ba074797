"""Tables on spreadsheet pages: typed cells, totals that recalculate, frozen heads, filters."""

import io
import unicodedata
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.utility import xl_range, xl_range_abs
from xlsxwriter.workbook import Workbook
from xlsxwriter.worksheet import Worksheet

from sandgrid.export.readable import Kind
from sandgrid.messages import Language, tell

Cell = str | int | float | bool

NUMBER_FORMATS: Final[dict[str, str]] = {
    "text": "@",
    "year": "0",
    "count": "#,##0",
    "mw": '#,##0.000;-#,##0.000;"—"',
    "mu": '#,##0.00;-#,##0.00;"—"',
    "cny": "#,##0",
    "real": "#,##0.00",
    "metre": "0.000",
    "degree": "0.000000",
    "share": "0.00%",
}
TITLE_ROW: Final = 0
TOTAL_ROW: Final = 1
HEAD_ROW: Final = 2
FIRST_ROW: Final = 3
_SHOWN_SUM: Final = 109
_WIDTHS: Final = (8, 32)
_PADDING: Final = 2
_FIRST_WIDTH: Final = 18
_HEAD_HEIGHT: Final = 32
_A3: Final = 8
_A4: Final = 9
_WIDE_FIELDS: Final = 16
_SAMPLE: Final = 400
_HEAD_COLOUR: Final = "#1F5C7A"
_TOTAL_COLOUR: Final = "#E8F1F5"
_NOTE_COLOUR: Final = "#8A4B08"


@dataclass(frozen=True)
class Field:
    """One column of a page.

    Parameters
    ----------
    key : str
        Name by which formulas find the column.
    label : str
        What the head says, unit included.
    values : sequence of str, int, float or bool
        One value per row.
    kind : str
        How values are shown; ``text`` is always written as text.
    total : float, optional
        Sum of the column, where readers expect one.
    formulas : sequence of str
        Formula behind each value, without ``=``; empty for plain values.

    """

    key: str
    label: str
    values: Sequence[Cell]
    kind: Kind = "text"
    total: float | None = None
    formulas: Sequence[str] = ()


@dataclass(frozen=True)
class Styles:
    """Formats of one workbook."""

    title: Format
    head: Format
    note: Format
    plain: dict[str, Format]
    total: dict[str, Format]


@contextmanager
def new_workbook(title: str, as_of: str) -> Iterator[tuple[Workbook, Styles, io.BytesIO]]:
    """Make a workbook whose bytes depend on nothing but what is written into it.

    Parameters
    ----------
    title : str
        Title in the file's properties.
    as_of : str
        Date of creation, YYYY-MM-DD.

    Yields
    ------
    tuple
        The workbook, its formats, and the stream that holds the file when the block has ended.

    """
    stream = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    book = xlsxwriter.Workbook(stream, options)
    created = datetime.fromisoformat(as_of)
    book.set_properties({"title": title, "author": "SandGrid", "created": created})
    yield book, _styles(book), stream
    book.close()


@dataclass(frozen=True)
class Page:
    """One page with one table.

    Parameters
    ----------
    name : str
        Name of the page.
    fields : tuple of Field
        Its columns, all of one length.

    """

    name: str
    fields: tuple[Field, ...]

    @property
    def rows(self) -> int:
        """Number of rows."""
        return len(self.fields[0].values)

    @property
    def last_row(self) -> int:
        """Last row of the table, the first one where it is empty."""
        return FIRST_ROW + max(self.rows, 1) - 1

    def sum_of(self, key: str) -> str:
        """Return a term that adds a column from another page, filtered or not.

        Examples
        --------
        >>> page = Page("地块", (Field("id", "Parcel", ("P1", "P2")), Field("mu", "mu", (1, 2))))
        >>> page.sum_of("mu")
        "SUM('地块'!$B$4:$B$5)"

        """
        return f"SUM({self._cells(key)})"

    def sum_until(self, key: str, year: str, last: int) -> str:
        r"""Return a term that adds the rows of a column up to a year.

        Examples
        --------
        >>> page = Page("地块", (Field("year", "Year", (1, 2)), Field("mu", "mu", (1, 2))))
        >>> page.sum_until("mu", "year", 2030)
        'SUMIF(\'地块\'!$A$4:$A$5,"<=2030",\'地块\'!$B$4:$B$5)'

        """
        return f'SUMIF({self._cells(year)},"<={last}",{self._cells(key)})'

    def sum_where(self, key: str, column: str, cell: str) -> str:
        """Return a term that adds the rows of a column whose id stands in a cell.

        Examples
        --------
        >>> page = Page("地块", (Field("id", "Id", ("A", "B")), Field("mu", "mu", (1, 2))))
        >>> page.sum_where("mu", "id", "$A4")
        "SUMIF('地块'!$A$4:$A$5,$A4,'地块'!$B$4:$B$5)"

        """
        return f"SUMIF({self._cells(column)},{cell},{self._cells(key)})"

    def _cells(self, key: str) -> str:
        column = [field.key for field in self.fields].index(key)
        return f"'{self.name}'!{xl_range_abs(FIRST_ROW, column, self.last_row, column)}"


def add_page(book: Workbook, styles: Styles, page: Page, *, lang: Language) -> None:
    """Add a page: title, totals of the rows shown, head, rows."""
    sheet: Worksheet = book.add_worksheet(page.name)
    sheet.write_string(TITLE_ROW, 0, page.name, styles.title)
    sheet.set_row(HEAD_ROW, _HEAD_HEIGHT)
    for column, field in enumerate(page.fields):
        sheet.set_column(column, column, _width(field, least=_FIRST_WIDTH if not column else 0))
        sheet.write_string(HEAD_ROW, column, field.label, styles.head)
        write_cells(sheet, (FIRST_ROW, column), field, styles)
        _write_total(sheet, (column, page.last_row), field, styles)
    sheet.write_string(TOTAL_ROW, 0, tell("ledger-total-shown", lang=lang), styles.total["text"])
    sheet.freeze_panes(FIRST_ROW, 1)
    sheet.autofilter(HEAD_ROW, 0, page.last_row, len(page.fields) - 1)
    _set_paper(sheet, wide=len(page.fields) > _WIDE_FIELDS)


def write_cells(sheet: Worksheet, start: tuple[int, int], field: Field, styles: Styles) -> None:
    """Write the values of a field downwards, text as text and never as a formula."""
    row, column = start
    style = styles.plain[field.kind]
    for offset, value in enumerate(field.values):
        if field.formulas:
            formula = f"={field.formulas[offset]}"
            sheet.write_formula(row + offset, column, formula, style, value)
        elif isinstance(value, str):
            sheet.write_string(row + offset, column, value, style)
        elif value == value:  # noqa: PLR0124  # NaN stays an empty cell
            sheet.write_number(row + offset, column, value, style)


def _styles(book: Workbook) -> Styles:
    font = {"font_name": "Microsoft YaHei", "font_size": 10, "valign": "vcenter"}
    head = {"bold": True, "font_color": "white", "bg_color": _HEAD_COLOUR, "text_wrap": True}
    total = {"bold": True, "bg_color": _TOTAL_COLOUR, "bottom": 1}
    formats = NUMBER_FORMATS.items()
    return Styles(
        title=book.add_format({**font, "bold": True, "font_size": 14}),
        head=book.add_format({**font, **head, "border": 1, "align": "center"}),
        note=book.add_format({**font, "font_color": _NOTE_COLOUR, "italic": True}),
        plain={
            kind: book.add_format({**font, "num_format": text, **_aligned(kind)})
            for kind, text in formats
        },
        total={
            kind: book.add_format({**font, **total, "num_format": text}) for kind, text in formats
        },
    )


def check_workbook(path: Path) -> None:
    """Raise if a workbook cannot be unpacked whole."""
    with zipfile.ZipFile(path) as archive:
        broken = archive.testzip()
    if broken:
        raise zipfile.BadZipFile(broken)


def _aligned(kind: str) -> dict[str, str | int]:
    if kind == "text":
        return {"indent": 1}
    return {"align": "center"} if kind == "year" else {}


def _write_total(sheet: Worksheet, place: tuple[int, int], field: Field, styles: Styles) -> None:
    column, last = place
    style = styles.total[field.kind]
    if field.total is None:
        sheet.write_blank(TOTAL_ROW, column, None, style)
        return
    cells = xl_range(FIRST_ROW, column, last, column)
    formula = f"=SUBTOTAL({_SHOWN_SUM},{cells})"
    sheet.write_formula(TOTAL_ROW, column, formula, style, field.total)


def _set_paper(sheet: Worksheet, *, wide: bool) -> None:
    sheet.set_landscape()
    sheet.set_paper(_A3 if wide else _A4)
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(TITLE_ROW, HEAD_ROW)
    sheet.set_footer("&L&A&R&P / &N")


def _width(field: Field, *, least: int) -> float:
    texts = [_shown(value, field.kind) for value in field.values[:_SAMPLE]]
    if field.total is not None:
        texts.append(_shown(field.total, field.kind))
    widest = max([_cells(text) for text in texts] + [_cells(field.label) // 2 + 1])
    return min(max(widest + _PADDING, _WIDTHS[0], least), _WIDTHS[1])


def _shown(value: Cell, kind: Kind) -> str:
    if isinstance(value, str):
        return value
    decimals = NUMBER_FORMATS[kind].partition(";")[0].partition(".")[2].count("0")
    return f"{value:,.{decimals}f}"


def _cells(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(mark) in "WF" else 1 for mark in text)
