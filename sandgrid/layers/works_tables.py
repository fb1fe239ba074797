"""The reader of works that come as tables: CSV or xlsx, checked row by row."""

import csv
import datetime as dt
import io
import zipfile
from collections.abc import Callable, Iterable, Sequence
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Final

import openpyxl
import pandas as pd
from openpyxl.utils.exceptions import InvalidFileException

from sandgrid.errors import InputError, ResourceError
from sandgrid.layers.guard import require_local
from sandgrid.layers.sources import LayerSource

COLUMNS: Final = ("work_id", "parcel", "measure", "area_mu", "date", "accepted", "mw", "technology")
TRUE: Final = frozenset({"1", "是", "yes", "true", "已验收", "y", "√"})
FALSE: Final = frozenset({"0", "否", "no", "false", "未验收", "n", "", "×"})
LARGEST_BYTES: Final = 50_000_000
LARGEST_UNPACKED_BYTES: Final = 500_000_000
Row = dict[str, str]


@cache
def known_heads() -> dict[str, str]:
    """Return the heads that are understood -> column, in small letters without blanks."""
    path = resources.files("sandgrid") / "reference" / "works_heads.csv"
    rows = csv.DictReader(path.read_text(encoding="utf-8").splitlines())
    return {_plain(head): row["column"] for row in rows for head in row["heads"].split("|")}


def read_works_table(path: Path) -> pd.DataFrame:
    """Read a table of works.

    Parameters
    ----------
    path : Path
        CSV (UTF-8 or GB18030) or xlsx (first sheet). The first row holds heads, in Chinese or
        English: parcel, measure, mu, date, accepted; for plants mw and technology instead.

    Returns
    -------
    DataFrame
        work_id, parcel, measure, area_mu (NaN for plants), date (YYYY-MM-DD), accepted, mw (NaN
        for land), technology; in the order of the file. Works without an id are counted.

    Raises
    ------
    InputError
        Naming the file, the row and the remedy: a head is missing, a date or number is none, an
        area is negative, an id stands twice.

    """
    file = require_local(LayerSource(role="works", path=path))
    if file.stat().st_size > LARGEST_BYTES:
        raise ResourceError("works-table-too-large", {"file": path.name})
    kinds: dict[str, Callable[[Path], list[list[str]]]] = {".csv": _csv_rows, ".xlsx": _xlsx_rows}
    reader = kinds.get(path.suffix.lower())
    if reader is None:
        raise InputError("works-table-format", {"file": path.name})
    rows = [row for row in reader(file) if any(row)]
    if not rows:
        raise InputError("works-table-empty", {"file": path.name})
    return _checked(_named(rows, path.name), path)


def _csv_rows(path: Path) -> list[list[str]]:
    data = path.read_bytes()
    for codec in ("utf-8-sig", "gb18030"):
        try:
            text = data.decode(codec)
            return [[c.strip() for c in row] for row in csv.reader(io.StringIO(text), strict=True)]
        except UnicodeDecodeError:
            continue
        except csv.Error as error:
            raise InputError("works-table-broken", {"file": path.name, "why": error}) from error
    raise InputError("works-table-encoding", {"file": path.name})


def _xlsx_rows(path: Path) -> list[list[str]]:
    try:
        with zipfile.ZipFile(path) as archive:
            size = sum(entry.file_size for entry in archive.infolist())
        if size > LARGEST_UNPACKED_BYTES:
            raise ResourceError("works-table-too-large", {"file": path.name})
        book = openpyxl.load_workbook(path, read_only=True, data_only=True)
        try:
            return [
                [_text(c) for c in row] for row in book.worksheets[0].iter_rows(values_only=True)
            ]
        finally:
            book.close()
    except (zipfile.BadZipFile, InvalidFileException, KeyError, ValueError, IndexError) as error:
        raise InputError("works-table-broken", {"file": path.name, "why": error}) from error


def _text(cell: object) -> str:
    if cell is None:
        return ""
    if isinstance(cell, dt.datetime | dt.date):
        return cell.isoformat()[:10]
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return str(cell).strip()


def _plain(head: str) -> str:
    return "".join(head.split()).lower()


def _named(rows: Sequence[Sequence[str]], file: str) -> list[tuple[int, Row]]:
    """Return each row by the names of its columns, with its number in the file."""
    heads = [known_heads().get(_plain(head), "") for head in rows[0]]
    twice = sorted({head for head in heads if head and heads.count(head) > 1})
    missing = [name for name in ("date",) if name not in heads]
    if "area_mu" not in heads and "mw" not in heads:
        missing.append("area_mu")
    if twice or missing:
        values = {"file": file, "columns": ", ".join(twice or missing), "heads": ", ".join(rows[0])}
        raise InputError("works-table-head-twice" if twice else "works-table-no-head", values)
    blank = dict.fromkeys(COLUMNS, "")
    named = [{**blank, **{h: c for h, c in zip(heads, row, strict=False) if h}} for row in rows[1:]]
    return list(enumerate(named, start=2))


def _checked(rows: Iterable[tuple[int, Row]], path: Path) -> pd.DataFrame:
    found = [_work(number, row, path) for number, row in rows]
    table = pd.DataFrame(found, columns=list(COLUMNS))
    repeated = table[table["work_id"].duplicated()]
    if len(repeated):
        values = {"file": path.name, "work": repeated["work_id"].iloc[0]}
        raise InputError("works-table-id-twice", values)
    return table


def _work(number: int, row: Row, path: Path) -> dict[str, object]:
    place = {"file": path.name, "row": number}
    area, power = (_number(row[name], name, place) for name in ("area_mu", "mw"))
    if (area is None) == (power is None):
        raise InputError("works-table-one-of", place)
    if area is not None and not row["parcel"]:
        raise InputError("works-table-no-parcel", place)
    return {
        "work_id": row["work_id"] or f"{path.stem}-{number}",
        "parcel": row["parcel"],
        "measure": row["measure"],
        "area_mu": float("nan") if area is None else area,
        "date": _date(row["date"], place),
        "accepted": _flag(row["accepted"], place),
        "mw": float("nan") if power is None else power,
        "technology": row["technology"],
    }


def _number(text: str, column: str, place: dict[str, object]) -> float | None:
    if not text:
        return None
    try:
        value = float(text.replace(",", ""))
    except ValueError as error:
        raise InputError(
            "works-table-no-number", {**place, "column": column, "value": text}
        ) from error
    if not 0 <= value < float("inf"):
        raise InputError("works-table-negative", {**place, "column": column, "value": text})
    return value


def _date(text: str, place: dict[str, object]) -> str:
    plain = text.replace("/", "-").replace(".", "-").replace("年", "-").replace("月", "-")
    parts = plain.rstrip("日").split("-")
    try:
        year, month, day = (int(part) for part in parts)
        return dt.date(year, month, day).isoformat()
    except ValueError as error:
        raise InputError("works-table-no-date", {**place, "value": text}) from error


def _flag(text: str, place: dict[str, object]) -> bool:
    if text.lower() in TRUE:
        return True
    if text.lower() in FALSE:
        return False
    raise InputError("works-table-no-flag", {**place, "value": text})
