"""The ground that a written page carries, so that a plan read back lies on it again."""

import base64
import gzip
import json
import re
import struct
import zlib
from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np

from sandgrid.errors import InputError
from sandgrid.export.maps.codec import (
    EQUATOR_M,
    WORLD_UNITS,
    Integers,
    Shapes,
    encode_shapes,
)
from sandgrid.export.maps.words import Source, Words

PLAN_BLOCK: Final = re.compile(r'<script type="text/plain" id="sandgrid-plan">([^<]*)</script>')
PICTURES: Final = re.compile(
    r'<script type="application/json" id="sandgrid-pictures">([^<]*)</script>'
)
GROUND: Final = ("water", "rivers", "railways", "power_lines", "roads", "places")
BROKEN: Final = (
    ValueError, KeyError, TypeError, IndexError, OSError, EOFError, StopIteration, struct.error,
    zlib.error,
)  # fmt: skip
HEAD: Final = 4
LAST_BYTE: Final = 128


@dataclass(frozen=True, eq=False)
class CarriedLayer:
    """A layer of the ground as the page holds it.

    Parameters
    ----------
    about : dict
        Its entry in the header of the page.
    shapes : Shapes
        Its geometry.

    """

    about: dict[str, Any]
    shapes: Shapes

    @property
    def name(self) -> str:
        """Its fixed name."""
        return str(self.about["name"])

    def rounded(self, coarse: int) -> "CarriedLayer":
        """Return the layer with at least so many bits of a position left out."""
        more = max(0, coarse - self.shapes.coarse)
        half = (1 << more) >> 1
        x, y = ((values + half) >> more for values in (self.shapes.x, self.shapes.y))
        shapes = replace(self.shapes, x=x, y=y, coarse=self.shapes.coarse + more)
        return CarriedLayer(self.about, shapes)

    def describe(self) -> dict[str, Any]:
        """Return the layer without its geometry, as JSON holds it."""
        return {**self.about, "coarse": self.shapes.coarse}

    def encode(self) -> bytes:
        """Return the geometry in compact form."""
        return encode_shapes(self.shapes)


@dataclass(frozen=True, eq=False)
class CarriedGround:
    """What lies under the plan of a page.

    Parameters
    ----------
    layers : tuple of CarriedLayer
        Water, rivers, railways, power lines, roads and places.
    pictures : list of dict
        Pictures as the page holds them.
    reasons : dict, optional
        Header of the raster of reasons.
    raster : bytes
        The raster of reasons.
    sources : tuple of Source
        Where the layers come from.
    parcel_reasons : mapping
        Use -> parcel -> the reasons against it (see ``reasons.judge_parcels``).

    """

    layers: tuple[CarriedLayer, ...]
    pictures: list[dict[str, Any]]
    reasons: dict[str, Any] | None
    raster: bytes
    sources: tuple[Source, ...]
    parcel_reasons: dict[str, dict[str, list[int] | None]]

    def without(self, names: Collection[str]) -> "CarriedGround":
        """Return the ground without some of its layers."""
        return replace(self, layers=tuple(one for one in self.layers if one.name not in names))


def read_carried(html: bytes, file: str) -> CarriedGround:
    """Read the ground of a page that SandGrid wrote.

    Parameters
    ----------
    html : bytes
        The page.
    file : str
        Its name, for an error.

    Raises
    ------
    InputError
        If it is not such a page, or is damaged.

    """
    header, body, pictures = _opened(html, file)
    try:
        return _carried(header, body, pictures)
    except BROKEN as error:
        raise InputError("map-not-a-page", {"file": file}) from error


def _opened(html: bytes, file: str) -> tuple[dict[str, Any], bytes, list[dict[str, Any]]]:
    """Return header, geometry and pictures of a page."""
    page = html.decode("utf-8", errors="replace")
    block, pictures = PLAN_BLOCK.search(page), PICTURES.search(page)
    if block is None or pictures is None:
        raise InputError("map-not-a-page", {"file": file})
    try:
        body = gzip.decompress(base64.b64decode(block[1], validate=True))
        size = int(struct.unpack_from("<I", body)[0])
        header = json.loads(body[HEAD : HEAD + size])
        return header, body[HEAD + size :], json.loads(pictures[1])
    except BROKEN as error:
        raise InputError("map-not-a-page", {"file": file}) from error


def _carried(header: dict[str, Any], body: bytes, pictures: list[dict[str, Any]]) -> CarriedGround:
    layers = tuple(_layer(about, body) for about in header["layers"] if about["name"] in GROUND)
    reasons = header.get("reasons")
    raster = b"" if reasons is None else body[reasons["start"] :]
    sources = tuple(
        Source(
            Words(*entry["title"]),
            entry["source"],
            entry["licence"],
            entry["date"],
            synthetic=entry["synthetic"],
        )
        for entry in header["sources"]
    )
    told = _parcel_reasons(header["layers"])
    return CarriedGround(layers, pictures, reasons, raster, sources, told)


def _parcel_reasons(layers: list[dict[str, Any]]) -> dict[str, dict[str, list[int] | None]]:
    found: dict[str, dict[str, list[int] | None]] = {}
    for layer in layers:
        for use, lines in layer.get("reasons", {}).items():
            ids = layer["columns"][0]["values"]
            found.setdefault(use, {}).update(zip(ids, lines, strict=True))
    return found


def _layer(about: dict[str, Any], body: bytes) -> CarriedLayer:
    block = body[about["start"] : about["start"] + about["length"]]
    parts, points, x, y = _streams(block)
    coarse = int(about["coarse"])
    shapes = Shapes(parts, points, _undone(x), _undone(y), coarse)
    return CarriedLayer(about, shapes)


def _streams(block: bytes) -> Iterator[Integers]:
    place = 0
    while place < len(block):
        end = place + 1 + next(k for k, b in enumerate(block[place:]) if b < LAST_BYTE)
        length = int(decode_numbers(block[place:end])[0])
        yield decode_numbers(block[end : end + length])
        place = end + length


def _undone(folded: Integers) -> Integers:
    """Return the values behind folded differences."""
    steps = np.where(folded % 2 == 1, -(folded + 1) // 2, folded // 2)
    return np.cumsum(steps, dtype=np.int64)


def decode_numbers(data: bytes) -> Integers:
    """Read numbers of seven bits to a byte, the least first.

    Examples
    --------
    >>> decode_numbers(bytes.fromhex("017f8001ac02")).tolist()
    [1, 127, 128, 300]

    """
    read = np.frombuffer(data, dtype=np.uint8).astype(np.int64)
    last = np.flatnonzero(read < LAST_BYTE)
    if not len(last):
        return np.zeros(0, dtype=np.int64)
    starts = np.r_[0, last[:-1] + 1]
    place = np.arange(last[-1] + 1) - np.repeat(starts, last - starts + 1)
    return np.add.reduceat((read[: last[-1] + 1] & (LAST_BYTE - 1)) << (7 * place), starts)


def map_layers(html: bytes) -> list[dict[str, Any]]:
    """Return the layers of a written page: name, how many features, finest step of positions [m].

    Parameters
    ----------
    html : bytes
        The page.

    Raises
    ------
    InputError
        If SandGrid did not write it, or it is damaged.

    """
    header, _, _ = _opened(html, "map.html")
    middle = sum(corner[0] for corner in header["bounds"]) / len(header["bounds"])
    unit_m = EQUATOR_M / WORLD_UNITS * float(np.cos(np.radians(middle)))
    return [
        {"name": one["name"], "count": one["count"], "step_m": 2 ** one["coarse"] * unit_m}
        for one in header["layers"]
    ]
