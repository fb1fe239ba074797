"""What the page is given: one compressed block of layers, one block of pictures."""

import base64
import gzip
import json
import struct
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import pandas as pd

from sandgrid.errors import InputError
from sandgrid.export.maps.carried import CarriedLayer
from sandgrid.export.maps.codec import rounding_bits
from sandgrid.export.maps.content import MapContent, SequenceStep
from sandgrid.export.maps.ground import erosion_classes, find_pictures, ground_layers
from sandgrid.export.maps.layer import MapLayer
from sandgrid.export.maps.layers import plan_layers
from sandgrid.export.maps.reasons import describe_reasons
from sandgrid.export.maps.underlay import Basemap
from sandgrid.export.maps.words import Words
from sandgrid.messages import message_catalogue

PREFIXES: Final = ("map-", "code-", "sequence-", "measure-")
ESCAPES: Final = {
    "<": "\\u003c",
    ">": "\\u003e",
    "&": "\\u0026",
    "`": "\\u0060",
    "$": "\\u0024",
    "{{": "{\\u007b",
    "\u2028": "\\u2028",
    "\u2029": "\\u2029",
}
FINE_DIGITS: Final = 6  # of a degree
COARSE_DIGITS: Final = 2
MILESTONES: Final = (
    "year",
    "capacity_kw",
    "capacity_target_kw",
    "pv_kw",
    "wind_kw",
    "treated_centimu",
    "treated_target_centimu",
    "met",
)


def encode_plan(content: MapContent) -> str:
    """Return everything but the pictures as base64 text of gzip.

    The block holds the length of its header (4 bytes, least first), the header as JSON, and the
    geometry of each layer at the place that the header names.

    Raises
    ------
    InputError
        If a layer has no rows to set the view by, or a geometry is missing.

    """
    layers: list[MapLayer | CarriedLayer] = [*_carried_layers(content), *_own_layers(content)]
    blocks = [layer.encode() for layer in layers]
    reasons, raster = _reasons(content)
    header = _header(content)
    header["layers"] = _described(layers, blocks)
    header["reasons"] = {**reasons, "start": sum(map(len, blocks))} if reasons else None
    text = json.dumps(header, ensure_ascii=False, separators=(",", ":")).encode()
    body = struct.pack("<I", len(text)) + text + b"".join(blocks) + raster
    return base64.b64encode(gzip.compress(body, compresslevel=9, mtime=0)).decode()


def _own_layers(content: MapContent) -> list[MapLayer]:
    drawn = [*ground_layers(content), *plan_layers(content)]
    return [replace(layer, rounding_m=content.settings.rounding_m) for layer in drawn]


def _carried_layers(content: MapContent) -> list[CarriedLayer]:
    """Return the ground that a page brought along, as coarse as this map asks for."""
    carried, step_m = content.ground.carried, content.settings.rounding_m
    if carried is None:
        return []
    farthest = max(abs(corner[0]) for corner in _bounds(content))
    coarse = rounding_bits(step_m, farthest) if step_m else 0
    return [layer.rounded(coarse) for layer in carried.layers]


def _reasons(content: MapContent) -> tuple[dict[str, object], bytes]:
    carried = content.ground.carried
    if carried is None or content.ground.reasons is not None:
        return describe_reasons(content)
    return carried.reasons or {}, carried.raster


def encode_pictures(content: MapContent) -> str:
    """Return the pictures as JSON that is safe inside a page."""
    carried = content.ground.carried
    brought: list[dict[str, object]] = [] if carried is None else list(carried.pictures)
    own = [
        {
            "name": name,
            "address": picture.address,
            "bounds": picture.bounds,
            "classes": erosion_classes() if name == "erosion" else [],
        }
        for name, picture in find_pictures(content).items()
    ]
    return safe_json([*brought, *own])


def safe_json(value: object) -> str:
    r"""Write JSON that cannot end a script, open a tag, or start a template.

    Examples
    --------
    >>> safe_json("</script>`${x}`")
    '"\\u003c/script\\u003e\\u0060\\u0024{x}\\u0060"'

    """
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    for raw, escaped in ESCAPES.items():
        text = text.replace(raw, escaped)
    return text


def _described(
    layers: Sequence[MapLayer | CarriedLayer], blocks: Sequence[bytes]
) -> list[dict[str, object]]:
    found, start = [], 0
    for layer, block in zip(layers, blocks, strict=True):
        found.append({**layer.describe(), "start": start, "length": len(block)})
        start += len(block)
    return found


def _header(content: MapContent) -> dict[str, object]:
    texts = content.texts
    return {
        "lang": content.lang,
        "years": list(content.years),
        "bounds": _bounds(content),
        "title": _pair(texts.title),
        "status": _pair(texts.status),
        "as_of": texts.as_of,
        "public": content.public,
        "approval": content.approval,
        "basemaps": [_basemap(basemap) for basemap in content.basemaps],
        "synthetic": any(source.synthetic for source in texts.sources),
        "sources": [
            {
                "title": _pair(source.title),
                "source": source.source,
                "licence": source.licence,
                "date": source.date,
                "synthetic": source.synthetic,
            }
            for source in texts.sources
        ],
        "names": _names(content),
        "texts": _page_texts(),
        "milestones": _records(content.tables.milestones[list(MILESTONES)]),
        "shortfalls": _records(content.shortfalls),
        "repairs": list(map(_pair, content.repairs)),
        "steps": {name: list(map(_step, steps)) for name, steps in sorted(content.steps.items())},
    }


def _basemap(basemap: Basemap) -> dict[str, object]:
    return {
        "name": basemap.name,
        "title": _pair(basemap.title),
        "addresses": list(basemap.addresses),
        "subdomains": basemap.subdomains,
        "attribution": basemap.attribution,
        "shifted": basemap.shifted,
        "max_zoom": basemap.max_zoom,
    }


def _step(step: SequenceStep) -> dict[str, object]:
    return {"measure": step.measure, "offset": step.offset_years, "months": list(step.months)}


def _pair(words: Words) -> list[str]:
    return [words.zh, words.en]


def _names(content: MapContent) -> dict[str, list[str]]:
    """Return the names behind codes: districts of the plan, then the names given."""
    districts = content.tables.districts
    own = zip(districts["district_id"], districts["district"], strict=True)
    names = {str(code): [str(name), str(name)] for code, name in own}
    return names | {code: _pair(words) for code, words in content.texts.names.items()}


def _page_texts() -> dict[str, list[str]]:
    """Return every text of the page's own, and the codes that a card may hold."""
    catalogue = message_catalogue()
    return {
        key.removeprefix("map-"): [catalogue[key]["zh"], catalogue[key]["en"]]
        for key in sorted(catalogue)
        if key.startswith(PREFIXES)
    }


def _records(frame: pd.DataFrame) -> list[dict[str, object]]:
    records: list[dict[str, object]] = json.loads(frame.to_json(orient="records"))
    return records


def _bounds(content: MapContent) -> list[list[float]]:
    """Return the south-west and north-east corner of the view [deg]."""
    districts = content.tables.districts
    frame = districts if len(districts) else content.tables.parcels
    if not len(frame):
        raise InputError("map-no-area")
    bounds = frame.to_crs("EPSG:4490").total_bounds
    west, south, east, north = bounds.round(
        COARSE_DIGITS if content.public else FINE_DIGITS
    ).tolist()
    return [[south, west], [north, east]]
