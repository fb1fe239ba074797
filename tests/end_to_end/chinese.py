"""Chinese text in any file that a plan folder may hold, found by means that are not ours."""

import base64
import gzip
import json
import re
import sqlite3
import struct
import zipfile
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pypdf
import rasterio

CHINESE = re.compile("[\u2e80-\u9fff\uac00-\ud7a3\uf900-\ufaff\uff00-\uffef]+")
PACKED = re.compile(rb">\s*([A-Za-z0-9+/=]{200,})\s*<")
PICTURES = re.compile(
    rb'<script type="application/json" id="sandgrid-pictures">(.*?)</script>', re.DOTALL
)
SWITCH = "switch-language"
THEME = "theme"  # names of fonts that every workbook carries; no text


def chinese_in(folder: Path) -> list[str]:
    """Return ``file: text`` for every Chinese text of a folder, names of files among them."""
    found = []
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        name = path.relative_to(folder).as_posix()
        texts = [name, *READERS.get(path.suffix, _plain)(path)]
        found += [f"{name}: {text}" for part in texts for text in CHINESE.findall(part)]
    return found


def _plain(path: Path) -> Iterator[str]:
    """Return a file as text, its escapes undone: tables, styles, DBF, JSON, tags of rasters."""
    text = path.read_bytes().decode("utf-8", "replace")
    yield re.sub(r"\\u([0-9a-fA-F]{4})", lambda found: chr(int(found[1], 16)), text)


def _tags(path: Path) -> Iterator[str]:
    """Return what a raster says of itself: tags, names of bands, system."""
    with rasterio.open(path) as raster:  # noqa: TID251  # as others see it
        yield f"{raster.tags()} {raster.descriptions} {raster.units} {raster.crs}"
        yield from (str(raster.tags(band)) for band in raster.indexes)


def _zip(path: Path) -> Iterator[str]:
    with zipfile.ZipFile(path) as book:
        for name in book.namelist():
            if THEME not in name and not name.endswith(".png"):
                yield name
                yield book.read(name).decode("utf-8")


def _pages(path: Path) -> Iterator[str]:
    reader = pypdf.PdfReader(path)
    yield " ".join(str(value) for value in (reader.metadata or {}).values())
    for page in reader.pages:
        yield page.extract_text()


def _tables(path: Path) -> Iterator[str]:
    """Return every text of a GeoPackage, names and titles of layers among them."""
    with closing(sqlite3.connect(path)) as base:
        for name, kind in base.execute("SELECT name, sql FROM sqlite_master").fetchall():
            yield f"{name} {kind}"
        names = base.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
        for (name,) in names:
            rows = base.execute(f'SELECT * FROM "{name}"')  # noqa: S608  # of its own list
            yield "\n".join(str(v) for row in rows for v in row if isinstance(v, str))


def _page(path: Path) -> Iterator[str]:
    """Return a page as its reader in English sees it: the Chinese half of its texts left out."""
    html = path.read_bytes()
    packed = [found[1] for found in PACKED.finditer(html)]
    for block in packed:
        html = html.replace(block, b"")
    legends = [found[1] for found in PICTURES.finditer(html)]
    for block in legends:
        html = html.replace(block, b"")
    pictures = [_picture(one) for block in legends for one in json.loads(block)]
    yield html.decode("utf-8") + json.dumps(pictures, ensure_ascii=False)
    for block in packed:
        data = base64.b64decode(block)
        if data[:2] == b"\x1f\x8b":
            yield from _header(gzip.decompress(data))


def _picture(picture: dict[str, Any]) -> dict[str, Any]:
    """Return a picture of the page with its legend in English: colour, Chinese, English."""
    classes = [[colour, english] for colour, _, english in picture.get("classes", ())]
    return {**picture, "classes": classes}


def _header(body: bytes) -> Iterator[str]:
    (size,) = struct.unpack_from("<I", body)
    header: dict[str, Any] = json.loads(body[4 : 4 + size])
    header["texts"] = {k: v[1] for k, v in header["texts"].items() if k != SWITCH}
    yield json.dumps(_in_english(header), ensure_ascii=False)


def _in_english(part: Any) -> Any:  # any JSON
    """Return JSON in which pairs of texts, Chinese first, hold their English half alone."""
    if isinstance(part, dict):
        return {key: _in_english(value) for key, value in part.items()}
    if isinstance(part, list):
        pair = len(part) == 2 and all(isinstance(text, str) for text in part)
        return part[1] if pair else [_in_english(one) for one in part]
    return part


READERS: dict[str, Callable[[Path], Iterator[str]]] = {
    ".tif": _tags,
    ".xlsx": _zip,
    ".kmz": _zip,
    ".pdf": _pages,
    ".gpkg": _tables,
    ".html": _page,
    **dict.fromkeys((".shp", ".shx"), lambda _: iter(())),
}
