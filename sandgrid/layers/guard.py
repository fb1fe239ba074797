"""What is checked before a file is opened: it is local, regular and of the format it claims."""

import re
import struct
from pathlib import Path
from typing import Final

import numpy as np

from sandgrid.errors import InputError, ResourceError
from sandgrid.layers.catalogue import LayerSource

MAGIC: Final[dict[str, tuple[bytes, ...]]] = {
    "GTiff": (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"),
    "ESRI Shapefile": (b"\0\0\x27\x0a",),
    "GPKG": (b"SQLite format 3\0",),
    "GeoJSON": (b"{",),
}
DRIVERS: Final = {".shp": "ESRI Shapefile", ".gpkg": "GPKG", ".geojson": "GeoJSON"}
VECTOR_SUFFIXES: Final = (*DRIVERS, ".json")
GEOPACKAGE_IDS: Final = (b"GPKG", b"GP10", b"GP11")
LARGEST_PART_BYTES: Final = 2_000_000_000
CODECS: Final = {"936": "gbk", "88591": "latin-1", "ansi 936": "gbk", "ansi936": "gbk"}


def require_local(source: LayerSource) -> Path:
    """Return the absolute path of a layer's file.

    Raises
    ------
    InputError
        If the file does not exist, is no regular file, or its name means something to GDAL.

    """
    text = str(source.path)
    if re.match(r"\w{2,}:", text) or any(sign in text for sign in ("/vsi", "<", "!", "|")):
        raise InputError("layer-not-local", {"layer": source.role, "file": text})
    if not source.path.exists():
        raise InputError("layer-missing-file", source.named)
    if not source.path.is_file():
        raise InputError("layer-not-file", source.named)
    return source.path.resolve()


def require_magic(source: LayerSource, driver: str) -> None:
    """Refuse a file that does not begin as its format does, whatever its name says."""
    if not begins_as(source.path, driver):
        raise InputError("layer-wrong-format", {**source.named, "format": driver})


def begins_as(path: Path, driver: str) -> bool:
    """Return whether the first bytes of a file are those of a format."""
    with path.open("rb") as stream:
        head = stream.read(128)
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip() if driver == "GeoJSON" else head
    known = driver != "GPKG" or head[68:72] in GEOPACKAGE_IDS
    return known and start.startswith(MAGIC[driver])


def vector_driver(source: LayerSource) -> str:
    """Return the only driver that may open a vector file.

    Raises
    ------
    InputError
        If the file is of no format that SandGrid reads.

    """
    suffix = source.path.suffix.lower()
    if suffix not in VECTOR_SUFFIXES:
        raise InputError("layer-format-unknown", {**source.named, "suffix": suffix})
    driver = DRIVERS.get(suffix, "GeoJSON")
    require_magic(source, driver)
    return driver


def require_whole_shapefile(source: LayerSource) -> None:
    """Refuse a shapefile of which a part is missing, cut off or too large.

    Raises
    ------
    InputError
        If .shx or .dbf is missing, or a part is shorter than its header says.
    ResourceError
        If a part is larger than 2 GB, beyond which features are dropped.

    """
    for end in (".shp", ".shx", ".dbf"):
        part = source.path.with_suffix(end)
        if not part.is_file():
            raise InputError("layer-part-missing", {**source.named, "part": part.name})
        size = part.stat().st_size
        if size > LARGEST_PART_BYTES:
            raise ResourceError("layer-part-too-large", {**source.named, "part": part.name})
        told = _dbf_bytes(part) if end == ".dbf" else _shp_bytes(part)
        if size < told or (end != ".dbf" and size != told):
            raise InputError(
                "layer-cut-off", {**source.named, "part": part.name, "size": size, "told": told}
            )


def _shp_bytes(path: Path) -> int:
    with path.open("rb") as stream:
        head = stream.read(28)
    return 2 * struct.unpack(">i", head[24:28])[0] if len(head) == 28 else 100  # noqa: PLR2004


def _dbf_bytes(path: Path) -> int:
    with path.open("rb") as stream:
        head = stream.read(12)
    if len(head) < 12:  # noqa: PLR2004  # a header holds at least that
        return 32
    records, header, record = struct.unpack("<IHH", head[4:12])
    return int(header) + int(records) * int(record)


def dbf_encoding(source: LayerSource, declared: str) -> tuple[str, bool]:
    """Return the encoding of a shapefile's text, and whether it was found out by trying.

    Parameters
    ----------
    source : LayerSource
        A shapefile.
    declared : str
        What the catalogue says, "" if nothing; it wins over the .cpg.

    Returns
    -------
    str, bool
        Encoding; True if nothing declared it and the text is not plain ASCII.

    Raises
    ------
    InputError
        If the text is not what was declared, or neither UTF-8 nor GB18030.

    """
    texts = _dbf_texts(source.path.with_suffix(".dbf"))
    told = declared or _cpg(source.path)
    if told:
        if not _decodes(texts, CODECS.get(told.lower(), told)):
            raise InputError("layer-encoding-wrong", {**source.named, "encoding": told})
        return CODECS.get(told.lower(), told), False
    for codec in ("ascii", "utf-8", "gb18030"):
        if _decodes(texts, codec):
            return ("utf-8" if codec == "ascii" else codec), codec != "ascii"
    raise InputError("layer-encoding-unknown", source.named)


def _cpg(path: Path) -> str:
    part = path.with_suffix(".cpg")
    return part.read_text(encoding="ascii", errors="replace").strip() if part.is_file() else ""


def _decodes(texts: list[bytes], codec: str) -> bool:
    try:
        for text in texts:
            text.decode(codec)
    except (UnicodeDecodeError, LookupError):
        return False
    return True


def _dbf_texts(path: Path) -> list[bytes]:
    """Return the field names and each text column, one value per line so that none runs on."""
    raw = np.fromfile(path, dtype=np.uint8)
    records, header, record = struct.unpack("<IHH", raw[4:12].tobytes())
    table = raw[header : header + records * record].reshape(records, record)
    texts, start = [], 1
    for place in range(32, header - 31, 32):
        field = raw[place : place + 32].tobytes()
        if field[:1] == b"\r":
            break
        texts.append(field[:11].split(b"\0")[0])
        width = field[16]
        if field[11:12] == b"C":
            texts.append(_lines(table[:, start : start + width]))
        start += width
    return texts


def _lines(column: np.ndarray) -> bytes:
    if not (column >= 128).any():  # noqa: PLR2004  # plain ASCII reads the same in all
        return b""
    return np.pad(column, ((0, 0), (0, 1)), constant_values=10).tobytes()
