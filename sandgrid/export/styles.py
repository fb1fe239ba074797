"""How QGIS draws each layer when it is opened: colours, symbols and labels as QML."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final
from xml.etree import ElementTree as ET

import pandas as pd

from sandgrid.export.maps import palette
from sandgrid.export.words import NO_NAMES, Words, word_of
from sandgrid.messages import Language, tell

_HEAD: Final = "<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>\n"
_VERSION: Final = "3.28.0"
_OPAQUE: Final = 255
_LABEL_SCALE: Final = 100_000
_WIDE_LABEL_SCALE: Final = 2_000_000
_ORDINARY: Final = "#b9b3a4"


@dataclass(frozen=True)
class LayerLook:
    """How one layer is drawn.

    Parameters
    ----------
    form : {"fill", "line", "marker"}
        Kind of symbol.
    colours : mapping
        Code -> colour; one entry under "" where all features look alike.
    column : str
        Column that holds the code, "" where all features look alike.
    label : str
        Column that is written beside a feature, "" for none.
    size : float
        Width of a line or size of a marker [mm].
    alpha : int
        Strength of a fill, 0 to 255.
    shape : str
        Shape of a marker, style of a line.

    """

    form: str
    colours: Mapping[str, str]
    column: str = ""
    label: str = ""
    size: float = 0.26
    alpha: int = 0
    shape: str = "solid"


LOOKS: Final[Mapping[str, LayerLook]] = {
    "parcels": LayerLook("fill", palette.DUNES, "dune_class", "parcel_id", 0.1, 110),
    "sites": LayerLook("fill", {"": "#7a2e8e"}, "", "site_id", 0.6, 0, "dash"),
    "treatments": LayerLook("fill", palette.SEQUENCES, "sequence_id", "treatment_id", 0.15, 190),
    "pv_blocks": LayerLook("fill", {"": palette.PV_BLOCK}, "", "block_id", 0.2, 150),
    "districts": LayerLook("fill", {"": palette.DISTRICT}, "", "district", 0.5, 0),
    "works": LayerLook("fill", {"": palette.WORKS["1"]}, "", "work_id", 0.2, 130),
    "turbines": LayerLook(
        "marker", {"": palette.TECHNOLOGIES["wind"]}, "", "turbine_id", 2.6, shape="triangle"
    ),
    "hubs": LayerLook("marker", {"": palette.HUB}, "", "hub_id", 3.4, shape="square"),
    "substations": LayerLook(
        "marker", {"": palette.SUBSTATION}, "", "substation", 4.2, shape="diamond"
    ),
    "trunks": LayerLook("line", {"": palette.TRUNK}, "", "trunk_id", 0.6),
}
_FAR_LABELS: Final = frozenset({"districts", "substations"})


def layer_style(
    name: str,
    table: pd.DataFrame,
    *,
    fields: Mapping[str, str],
    lang: Language,
    names: Mapping[str, Words] = NO_NAMES,
    coded: bool = False,
) -> str:
    """Return the style of a layer as QML, which QGIS reads from beside a file or from inside it.

    Parameters
    ----------
    name : str
        Contract of the table.
    table : DataFrame
        The features, columns by the contract.
    fields : mapping
        Column -> name of the field in the file.
    lang : {"zh", "en"}
        Language of the legend, and of words in the file.
    names : mapping, optional
        Code -> name, before those of the message catalogue.
    coded : bool
        Whether the file holds codes rather than words.

    Examples
    --------
    >>> table = pd.DataFrame({"turbine_id": ["T1"]})
    >>> text = layer_style("turbines", table, fields={"turbine_id": "turbine_id"}, lang="en")
    >>> "triangle" in text, text.startswith("<!DOCTYPE qgis")
    (True, True)

    """
    look = LOOKS[name]
    root = ET.Element("qgis", {"version": _VERSION, "styleCategories": "Symbology|Labeling"})
    entries = [(tell(f"table-name-{name}", lang=lang),) * 2 + (look.colours.get("", ""),)]
    if look.column:
        words = partial(word_of, look.column, lang=lang, names=names)
        entries = list(_classes(look, sorted(set(table[look.column]) - {""}), words, coded=coded))
    root.append(_renderer(look, entries, fields.get(look.column, "")))
    if look.label in fields:
        root.append(_labeling(fields[look.label], far=name in _FAR_LABELS))
    ET.indent(root, " ")
    return _HEAD + ET.tostring(root, encoding="unicode") + "\n"


def class_colours(name: str, table: pd.DataFrame) -> dict[str, str]:
    """Return the colour of each class of a layer, under "" where all features look alike.

    Examples
    --------
    >>> class_colours("works", pd.DataFrame())
    {'': '#4d7c3a'}

    """
    look = LOOKS[name]
    return _colours(look, sorted(set(table[look.column]))) if look.column else dict(look.colours)


def _colours(look: LayerLook, present: Sequence[str]) -> dict[str, str]:
    if look.column == "sequence_id":
        return palette.sequence_colours(list(present))
    return {code: look.colours.get(code, _ORDINARY) for code in present}


def _classes(
    look: LayerLook, present: Sequence[str], words: Callable[[str], str], *, coded: bool
) -> Iterator[tuple[str, str, str]]:
    """Yield value in the file, text of the legend and colour of each class."""
    colours = _colours(look, present)
    for code in present:
        yield (code if coded else words(code)), words(code), colours[code]


def _renderer(look: LayerLook, entries: Sequence[tuple[str, str, str]], field: str) -> ET.Element:
    kind = "categorizedSymbol" if look.column else "singleSymbol"
    renderer = ET.Element("renderer-v2", {"type": kind, "symbollevels": "0", "forceraster": "0"})
    if look.column:
        renderer.set("attr", field)
        classes = ET.SubElement(renderer, "categories")
        for number, (value, text, _) in enumerate(entries):
            label = {"symbol": str(number), "value": value, "label": text, "render": "true"}
            ET.SubElement(classes, "category", {**label, "type": "string"})
    symbols = ET.SubElement(renderer, "symbols")
    for number, (_, _, colour) in enumerate(entries):
        symbols.append(_symbol(look, str(number), colour))
    return renderer


def _symbol(look: LayerLook, name: str, colour: str) -> ET.Element:
    symbol = ET.Element(
        "symbol", {"type": look.form, "name": name, "alpha": "1", "clip_to_extent": "1"}
    )
    kinds = {"fill": "SimpleFill", "line": "SimpleLine", "marker": "SimpleMarker"}
    layer = ET.SubElement(
        symbol, "layer", {"class": kinds[look.form], "enabled": "1", "locked": "0", "pass": "0"}
    )
    options = ET.SubElement(layer, "Option", {"type": "Map"})
    for key, value in _properties(look, colour).items():
        ET.SubElement(options, "Option", {"type": "QString", "name": key, "value": value})
    for key, value in _properties(look, colour).items():  # as QGIS before 3.22 reads it
        ET.SubElement(layer, "prop", {"k": key, "v": value})
    return symbol


def _properties(look: LayerLook, colour: str) -> dict[str, str]:
    if look.form == "line":
        return {"line_color": _rgba(colour), "line_width": f"{look.size}", "line_style": "solid"}
    if look.form == "marker":
        outline = {"outline_color": _rgba("#ffffff"), "outline_width": "0.2"}
        return {"name": look.shape, "color": _rgba(colour), "size": f"{look.size}", **outline}
    return {
        "color": _rgba(colour, look.alpha),
        "style": "solid" if look.alpha else "no",
        "outline_color": _rgba(colour if not look.alpha else "#3c3c3c"),
        "outline_width": f"{look.size}",
        "outline_style": look.shape,
        "outline_width_unit": "MM",
    }


def _labeling(field: str, *, far: bool) -> ET.Element:
    labeling = ET.Element("labeling", {"type": "simple"})
    settings = ET.SubElement(labeling, "settings", {"calloutType": "simple"})
    style = {
        "fieldName": field,
        "fontSize": "8",
        "textColor": _rgba("#1b2a33"),
        "isExpression": "0",
    }
    text = ET.SubElement(settings, "text-style", {**style, "fontSizeUnit": "Point"})
    buffer = {"bufferDraw": "1", "bufferSize": "0.8", "bufferColor": _rgba("#ffffff")}
    ET.SubElement(text, "text-buffer", buffer)
    scale = _WIDE_LABEL_SCALE if far else _LABEL_SCALE
    ET.SubElement(
        settings,
        "rendering",
        {"scaleVisibility": "1", "scaleMin": f"{scale}", "scaleMax": "1", "obstacle": "1"},
    )
    return labeling


def _rgba(colour: str, alpha: int = _OPAQUE) -> str:
    """Return a colour as QGIS writes it.

    Examples
    --------
    >>> _rgba("#ff8000", 10)
    '255,128,0,10'

    """
    red, green, blue = (int(colour[at : at + 2], 16) for at in (1, 3, 5))
    return f"{red},{green},{blue},{alpha}"
