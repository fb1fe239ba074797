"""The plan as DXF drawings: one layer per kind with Chinese names, labels, metres."""

import io
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from functools import partial
from typing import Final

import ezdxf
import geopandas as gpd
import numpy as np
import shapely
from ezdxf import units
from ezdxf.colors import rgb2int
from ezdxf.document import Drawing
from ezdxf.enums import TextEntityAlignment
from ezdxf.layouts import Modelspace

from sandgrid.errors import OutputError
from sandgrid.export.content import PlanContent
from sandgrid.export.files import Staging
from sandgrid.export.headline import total_lines
from sandgrid.export.moving import Mended, write_mended
from sandgrid.export.styles import LOOKS
from sandgrid.export.zones import by_system

_VERSION: Final = "R2010"
_STYLE: Final = "HZ"
_FONT: Final = "simsun.ttf"
_CENTURIES: Final = 1_721_424.5  # Julian date of the day before 0001-01-01
_TEXT_M: Final[Mapping[str, float]] = {
    "parcels": 25.0, "sites": 120.0, "treatments": 25.0, "pv_blocks": 20.0, "districts": 600.0,
    "works": 40.0, "turbines": 20.0, "hubs": 60.0, "substations": 90.0, "trunks": 60.0,
}  # fmt: skip
_SYMBOL_M: Final[Mapping[str, float]] = {"turbines": 30.0, "hubs": 80.0, "substations": 120.0}
_NOTE_M: Final = 250.0
_NOTE_SPACING: Final = 1.6
_FORBIDDEN: Final = re.compile(r"[<>/\\\":;?*|=`,\x00-\x1f]")


def write_drawings(staging: Staging, content: PlanContent, *, crs: str) -> None:
    """Write one drawing per export system: ``cad/EPSG<code>/plan.dxf``.

    What projecting made invalid is mended, and told in ``cad/EPSG<code>/mended.csv``.

    Parameters
    ----------
    staging : Staging
        Where to write.
    content : PlanContent
        The plan; its language names layers and notes.
    crs : str
        As for ``zones.export_epsg``; a system in degrees is refused, a drawing has metres.

    Raises
    ------
    OutputError
        If the system is in degrees, or ezdxf finds a fault in the drawing.

    """
    features = {
        name: table
        for name, table in content.tables.items()
        if isinstance(table, gpd.GeoDataFrame) and len(table)
    }
    mended: list[Mended] = []
    for code, layers in by_system(features, crs, told=mended.append).items():
        if next(iter(layers.values())).crs.is_geographic:
            raise OutputError("cad-degrees", {"crs": f"EPSG:{code}"})
        staging.write(f"cad/EPSG{code}/plan.dxf", drawing_dxf(layers, content, code=code))
    write_mended(staging, "cad/{crs}/mended.csv", mended, content.lang)


def drawing_dxf(
    layers: Mapping[str, gpd.GeoDataFrame], content: PlanContent, *, code: int
) -> bytes:
    """Return one drawing.

    Parameters
    ----------
    layers : mapping
        Layer -> features in one projected system [m].
    content : PlanContent
        Title, totals, language.
    code : int
        EPSG code of the system, told in the note.

    """
    with _without_clock():
        drawing = _new_drawing()
        space = drawing.modelspace()
        for name, table in layers.items():
            _add_layer(drawing, name, content)
            _draw(space, name, table, content)
        _add_note(drawing, layers, content, code)
        fault = next(iter(drawing.audit().errors), None)
        if fault is not None:
            raise OutputError("cad-fault", {"reason": fault.message})
        return _encoded(drawing, content.as_of)


@contextmanager
def _without_clock() -> Iterator[None]:
    """Let ezdxf write fixed dates and ids; those of the plan take their place."""
    before = ezdxf.options.write_fixed_meta_data_for_testing
    ezdxf.options.write_fixed_meta_data_for_testing = True
    try:
        yield
    finally:
        ezdxf.options.write_fixed_meta_data_for_testing = before


def layer_name(name: str, content: PlanContent) -> str:
    """Return what a layer is called in a drawing."""
    return _FORBIDDEN.sub("_", content.tell(f"table-name-{name}"))


def _label_layer(name: str, content: PlanContent) -> str:
    return f"{layer_name(name, content)}_{content.tell('cad-labels')}"


def _new_drawing() -> Drawing:
    drawing = ezdxf.new(_VERSION)
    drawing.units = units.M
    drawing.styles.add(_STYLE, font=_FONT)
    return drawing


def _add_layer(drawing: Drawing, name: str, content: PlanContent) -> None:
    colour = _colour(next(iter(LOOKS[name].colours.values())))
    for layer in (layer_name(name, content), _label_layer(name, content)):
        entry = drawing.layers.add(layer)
        entry.dxf.true_color = colour


def _colour(text: str) -> int:
    red, green, blue = (int(text[at : at + 2], 16) for at in (1, 3, 5))
    return rgb2int((red, green, blue))


def _draw(space: Modelspace, name: str, table: gpd.GeoDataFrame, content: PlanContent) -> None:
    shapes = table.geometry.to_numpy()
    attributes = {"layer": layer_name(name, content)}
    if name in _SYMBOL_M:
        for x, y in shapely.get_coordinates(shapes).tolist():
            space.add_circle((x, y), _SYMBOL_M[name], dxfattribs=attributes)
            space.add_point((x, y), dxfattribs=attributes)
    else:
        for points, closed in _lines(shapes):
            space.add_lwpolyline(points, close=closed, dxfattribs=attributes)
    labels = table[LOOKS[name].label].tolist()
    write = partial(_write, space, layer=_label_layer(name, content), height=_TEXT_M[name])
    places = shapely.get_coordinates(shapely.point_on_surface(shapes)).tolist()
    for label, (x, y) in zip(labels, places, strict=True):
        write(str(label), (x, y))


def _lines(shapes: np.ndarray) -> Iterator[tuple[list[list[float]], bool]]:
    """Yield the points of every ring, closed and without the repeated end, and of every line."""
    parts = shapely.get_parts(shapes)
    rings = shapely.get_rings(parts)
    for ring in rings:
        yield shapely.get_coordinates(ring)[:-1].tolist(), True
    if not len(rings):
        for part in parts:
            yield shapely.get_coordinates(part).tolist(), False


def _write(
    space: Modelspace, text: str, place: tuple[float, float], *, layer: str, height: float
) -> None:
    plain = " ".join(text.split())
    entity = space.add_text(plain, height=height, dxfattribs={"layer": layer, "style": _STYLE})
    entity.set_placement(place, align=TextEntityAlignment.MIDDLE_CENTER)


def _add_note(
    drawing: Drawing, layers: Mapping[str, gpd.GeoDataFrame], content: PlanContent, code: int
) -> None:
    """Write title, system, totals of the whole plan and the notice above the drawing."""
    layer = _FORBIDDEN.sub("_", content.tell("cad-note"))
    drawing.layers.add(layer)
    lines = [content.title, content.tell("cad-system", {"code": code, "date": content.as_of})]
    lines += [f"{label} {figure}" for label, figure in total_lines(content.document, content.lang)]
    lines += [content.tell("ledger-internal")]
    lines += [content.tell("ledger-synthetic")] if content.synthetic else []
    bounds = np.array([table.total_bounds for table in layers.values()])
    west, north = float(bounds[:, 0].min()), float(bounds[:, 3].max())
    top = north + _NOTE_M * _NOTE_SPACING * (len(lines) + 1)
    for number, line in enumerate(lines):
        style = {"layer": layer, "style": _STYLE}
        text = drawing.modelspace().add_text(line, height=_NOTE_M, dxfattribs=style)
        text.set_placement((west, top - number * _NOTE_M * _NOTE_SPACING))


def _encoded(drawing: Drawing, as_of: str) -> bytes:
    """Return the file with the date of the plan in the place of every date and counted ids."""
    stream = io.StringIO()
    drawing.write(stream)
    day = f"{date.fromisoformat(as_of).toordinal() + _CENTURIES:.1f}"
    dated = re.sub(r"(\$TDU?(?:CREATE|UPDATE)\n *40\n)[^\n]*", rf"\g<1>{day}", stream.getvalue())
    return drawing.encode(dated)
