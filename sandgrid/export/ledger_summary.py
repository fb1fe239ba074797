"""First page of the ledger: targets met, cost by item, and the proof."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from xlsxwriter.utility import xl_range
from xlsxwriter.workbook import Workbook
from xlsxwriter.worksheet import Worksheet

from sandgrid.export.readable import Kind
from sandgrid.export.words import word_of
from sandgrid.export.workbook import Page, Styles
from sandgrid.messages import Language, tell

Line = tuple[str, Kind, Any, str]
_WIDTHS: Final = (34, 20, 20, 20, 20, 20, 20)
_MILESTONES: Final[tuple[tuple[str, Kind], ...]] = (
    ("year", "year"),
    ("capacity_mw", "mw"),
    ("capacity_target_mw", "mw"),
    ("treated_mu", "mu"),
    ("treated_target_mu", "mu"),
    ("met", "text"),
)
_PROOF: Final[tuple[tuple[str, Kind], ...]] = (
    ("objective_cny", "cny"),
    ("bound_cny", "cny"),
    ("gap_cny", "cny"),
    ("gap", "share"),
    ("treatment_gap", "share"),
    ("greedy_objective_cny", "cny"),
    ("gap_of_choice", "share"),
)


def add_summary(
    into: tuple[Workbook, Styles],
    document: Mapping[str, Any],
    *,
    pages: Mapping[str, Page],
    lang: Language,
) -> None:
    """Add the summary page.

    Parameters
    ----------
    into : tuple
        Workbook and formats.
    document : mapping
        The plan in figures, as in ``plan.json``.
    pages : mapping
        The pages that the formulas of the summary add up.
    lang : {"zh", "en"}
        Language.

    """
    book, styles = into
    sheet: Worksheet = book.add_worksheet(tell("ledger-page-summary", lang=lang))
    for column, width in enumerate(_WIDTHS):
        sheet.set_column(column, column, width)
    writer = _Writer(sheet, styles, lang)
    writer.heading(document)
    writer.block("ledger-figures", _figures(document, pages))
    writer.milestones(document["milestones"])
    writer.costs(document["cost_cny"], document["outlay_cny"])
    writer.block("ledger-proof", [(k, kind, document.get(k), "") for k, kind in _PROOF])
    writer.line(tell("ledger-proof-meaning", lang=lang), styles.note)
    writer.notes(document)
    sheet.set_landscape()
    sheet.fit_to_pages(1, 0)


def _figures(document: Mapping[str, Any], pages: Mapping[str, Page]) -> list[Line]:
    capacity = document["capacity_mw"]
    last = int(document["milestones"][-1]["year"])
    parts = [
        pages[k].sum_until("area_centimu", "count_year", last) for k in ("treatments", "works")
    ]
    return [
        ("capacity_mw", "mw", capacity["total"], f"={pages['builds'].sum_of('capacity_kw')}"),
        ("pv_mw", "mw", capacity["pv"], ""),
        ("wind_mw", "mw", capacity["wind"], ""),
        ("treated_mu", "mu", document["treated_mu"], f"={parts[0]}+{parts[1]}"),
        ("on_site_mu", "mu", document["on_site_mu"], ""),
        ("energy_gwh_per_year", "real", document["energy_gwh_per_year"], ""),
        ("outlay_cny", "cny", document["outlay_cny"], ""),
    ]


class _Writer:
    """Writes blocks one below the other."""

    def __init__(self, sheet: Worksheet, styles: Styles, lang: Language) -> None:
        self._sheet, self._styles, self._lang = sheet, styles, lang
        self._row = 0

    def line(self, text: str, style: object) -> None:
        """Write one line of text."""
        self._sheet.write_string(self._row, 0, text, style)
        self._row += 1

    def heading(self, document: Mapping[str, Any]) -> None:
        """Write what this is, of when, and how far it is proven."""
        scenario, lang = document["scenario"], self._lang
        name = scenario.get(f"title_{lang}") or scenario["name"]
        status = word_of("status", document["status"], lang=lang)
        self.line(tell("ledger-title", lang=lang), self._styles.title)
        values = {"name": name, "as_of": scenario["as_of"], "status": status}
        self.line(tell("ledger-heading", values, lang=lang), self._styles.plain["text"])
        if document.get("synthetic_layers"):
            self.line(tell("ledger-synthetic", lang=lang), self._styles.note)
        self.line(tell("ledger-internal", lang=lang), self._styles.note)

    def head(self, labels: Sequence[str]) -> None:
        """Write the head of a block after an empty line."""
        self._row += 1
        for column, label in enumerate(labels):
            self._sheet.write_string(self._row, column, label, self._styles.head)
        self._row += 1

    def block(self, key: str, lines: Sequence[Line]) -> None:
        """Write lines of label and figure, a formula behind it where one is given."""
        self.head([tell(key, lang=self._lang), ""])
        for name, kind, value, formula in lines:
            label = tell(f"ledger-line-{name}", lang=self._lang)
            self._sheet.write_string(self._row, 0, label, self._styles.plain["text"])
            if formula:
                style = self._styles.plain[kind]
                self._sheet.write_formula(self._row, 1, formula, style, value)
            else:
                self._cell(1, kind, value)
            self._row += 1

    def milestones(self, rows: Sequence[Mapping[str, Any]]) -> None:
        """Write what each year reaches beside what it was asked."""
        self.head([tell(f"ledger-line-{name}", lang=self._lang) for name, _ in _MILESTONES])
        for row in rows:
            for column, (name, kind) in enumerate(_MILESTONES):
                self._cell(column, kind, row.get(name))
            self._row += 1

    def costs(self, items: Mapping[str, Any], outlay: float) -> None:
        """Write outlay by item with its sum, then what is set against it."""
        self.head([tell(f"ledger-line-{key}", lang=self._lang) for key in ("item", "present_cny")])
        spent = {key: value for key, value in items.items() if not key.endswith("_value")}
        first = self._row
        for key, value in spent.items():
            self._item(key, value)
        cells = xl_range(first, 1, max(first, self._row - 1), 1)
        style = self._styles.total
        label = tell("ledger-line-outlay_cny", lang=self._lang)
        self._sheet.write_string(self._row, 0, label, style["text"])
        self._sheet.write_formula(self._row, 1, f"=SUM({cells})", style["cny"], outlay)
        self._row += 1
        for key, value in items.items():
            if key not in spent:
                self._item(key, value)

    def notes(self, document: Mapping[str, Any]) -> None:
        """Write how many rows bind and how many values are placeholders; pages list them."""
        self._row += 1
        for key in ("binding", "placeholders"):
            count = {"count": len(document.get(key) or ())}
            self.line(tell(f"ledger-{key}", count, lang=self._lang), self._styles.note)

    def _item(self, key: str, value: object) -> None:
        label = word_of("item", key, lang=self._lang)
        self._sheet.write_string(self._row, 0, label, self._styles.plain["text"])
        self._cell(1, "cny", value)
        self._row += 1

    def _cell(self, column: int, kind: Kind, value: object) -> None:
        style = self._styles.plain[kind]
        if isinstance(value, bool):
            text = tell("ledger-yes" if value else "ledger-no", lang=self._lang)
            self._sheet.write_string(self._row, column, text, self._styles.plain["year"])
        elif isinstance(value, int | float):
            self._sheet.write_number(self._row, column, value, style)
