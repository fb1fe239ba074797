"""Rasters with colour tables: the first reason against each use, and distance to substations."""

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final
from xml.etree import ElementTree as ET

import numpy as np
import numpy.typing as npt
import rasterio
from rasterio.io import MemoryFile

from sandgrid.export.rasters import ACCESS_STEP_KM, ACCESS_UNKNOWN, OUTSIDE_BIT, UNKNOWN_BIT
from sandgrid.messages import Language, said, tell

Bytes = npt.NDArray[np.uint8]
Class = tuple[int, tuple[int, int, int], str]
_OUTSIDE: Final = 255
_UNKNOWN: Final = 254
_ELIGIBLE_COLOUR: Final = (92, 168, 92)
_UNKNOWN_COLOUR: Final = (150, 150, 150)
_STEPS_KM: Final = (5, 10, 20, 30, 50)
_STEP_COLOURS: Final = (
    (26, 120, 65), (120, 180, 90), (200, 220, 130), (253, 200, 100), (240, 130, 70), (190, 50, 50),
)  # fmt: skip
_RULE_COLOURS: Final = (
    (214, 96, 77), (178, 171, 210), (253, 184, 99), (128, 115, 172), (166, 97, 26),
    (146, 197, 222), (230, 171, 2), (67, 147, 195), (231, 138, 195), (140, 150, 198),
    (102, 166, 30), (166, 118, 29), (217, 95, 2), (117, 112, 179), (27, 158, 119),
)  # fmt: skip


def coloured_rasters(folder: Path, lang: Language) -> Iterator[tuple[str, bytes | str]]:
    """Make rasters that any program shows in colours from those of a plan folder.

    Parameters
    ----------
    folder : Path
        Holds ``eligibility.tif`` with ``eligibility.csv``, and ``grid_access.tif``.
    lang : {"zh", "en"}
        Language of the legends.

    Yields
    ------
    tuple of (str, bytes or str)
        Name and content: ``rasters/eligibility_<use>.tif`` (0 eligible, n the rule of bit n - 1,
        254 unknown, 255 outside), ``rasters/grid_access.tif`` (classes of distance), each with a
        ``.qml`` in which QGIS finds the legend.

    """
    if (folder / "eligibility.tif").is_file():
        yield from _eligibility(folder, lang)
    if (folder / "grid_access.tif").is_file():
        yield from _access(folder)


def _eligibility(folder: Path, lang: Language) -> Iterator[tuple[str, bytes | str]]:
    names = _rule_names(folder / "eligibility.csv", lang)
    with rasterio.open(folder / "eligibility.tif", driver="GTiff") as source:
        for band, use in enumerate(source.descriptions, start=1):
            cells = first_reasons(source.read(band))
            classes = _rule_classes(cells, names.get(str(use), {}), lang)
            yield from _written(
                f"rasters/eligibility_{_plain(str(use))}", cells, classes, source.profile
            )


def _plain(use: str) -> str:
    return use.replace(":", "-")


def first_reasons(bits: npt.NDArray[np.uint32]) -> Bytes:
    """Return the first rule against each cell: 0 for none, n for bit n - 1, 254 and 255.

    Examples
    --------
    >>> first_reasons(np.array([0, 1, 6, 1 << 30, (1 << 31) | 1], dtype=np.uint32)).tolist()
    [0, 1, 2, 254, 255]

    """
    lowest = bits & (~bits + np.uint32(1))
    found = np.zeros(bits.shape, dtype=np.uint8)
    for bit in range(UNKNOWN_BIT):
        found[lowest == np.uint32(1 << bit)] = bit + 1
    found[(bits >> np.uint32(UNKNOWN_BIT)) & 1 == 1] = _UNKNOWN
    found[(bits >> np.uint32(OUTSIDE_BIT)) & 1 == 1] = _OUTSIDE
    return found


def _rule_names(path: Path, lang: Language) -> dict[str, dict[int, str]]:
    """Return use -> bit -> rule in words, as the legend beside the raster tells them."""
    found: dict[str, dict[int, str]] = {}
    with path.open(encoding="utf-8-sig", newline="") as stream:
        for row in csv.DictReader(stream):
            found.setdefault(row["use"], {})[int(row["bit"])] = said(row, lang)
    return found


def _rule_classes(cells: Bytes, names: Mapping[int, str], lang: Language) -> list[Class]:
    eligible = (0, _ELIGIBLE_COLOUR, tell("raster-eligible", lang=lang))
    unknown = (_UNKNOWN, _UNKNOWN_COLOUR, tell("eligibility-bit-unknown", lang=lang))
    present = [value for value in np.unique(cells).tolist() if 0 < value < _UNKNOWN]
    rules = [
        (value, _RULE_COLOURS[(value - 1) % len(_RULE_COLOURS)], names.get(value - 1, str(value)))
        for value in present
    ]
    return [eligible, *rules, unknown]


def _access(folder: Path) -> Iterator[tuple[str, bytes | str]]:
    with rasterio.open(folder / "grid_access.tif", driver="GTiff") as source:
        tenths, profile = source.read(1), source.profile
    cells = np.digitize(tenths * ACCESS_STEP_KM, _STEPS_KM).astype(np.uint8)
    cells[tenths == ACCESS_UNKNOWN] = _OUTSIDE
    edges = [0, *_STEPS_KM]
    texts = [f"{low}-{high} km" for low, high in zip(edges, _STEPS_KM, strict=False)]
    texts.append(f"> {_STEPS_KM[-1]} km")
    classes = list(zip(range(len(texts)), _STEP_COLOURS, texts, strict=True))
    yield from _written("rasters/grid_access", cells, classes, profile)


def _written(
    name: str, cells: Bytes, classes: Sequence[Class], profile: Mapping[str, Any]
) -> Iterator[tuple[str, bytes | str]]:
    """Yield a raster of classes and its style."""
    kept = ("height", "width", "crs", "transform", "tiled", "blockxsize", "blockysize")
    form = {key: profile[key] for key in kept if key in profile}
    form |= {"driver": "GTiff", "dtype": "uint8", "count": 1, "compress": "deflate"}
    with MemoryFile() as memory:
        with memory.open(**form, nodata=_OUTSIDE) as target:
            target.write(cells, 1)
            target.write_colormap(1, {value: (*colour, 255) for value, colour, _ in classes})
            target.update_tags(1, **{f"class_{value:03d}": text for value, _, text in classes})
        yield f"{name}.tif", bytes(memory.getbuffer())
    yield f"{name}.qml", _style(classes)
    yield f"{name}.csv", _legend(classes)


def _legend(classes: Sequence[Class]) -> bytes:
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\r\n")
    writer.writerow(("value", "red", "green", "blue", "text"))
    writer.writerows((value, *colour, text) for value, colour, text in classes)
    return stream.getvalue().encode("utf-8-sig")


def _style(classes: Sequence[Class]) -> str:
    root = ET.Element("qgis", {"version": "3.28.0", "styleCategories": "Symbology"})
    pipe = ET.SubElement(root, "pipe")
    look = {"type": "paletted", "band": "1", "opacity": "1", "alphaBand": "-1"}
    palette = ET.SubElement(ET.SubElement(pipe, "rasterrenderer", look), "colorPalette")
    for value, (red, green, blue), text in classes:
        entry = {"value": str(value), "color": f"#{red:02x}{green:02x}{blue:02x}", "alpha": "255"}
        ET.SubElement(palette, "paletteEntry", {**entry, "label": text})
    ET.indent(root, " ")
    head = "<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>\n"
    return head + ET.tostring(root, encoding="unicode") + "\n"
