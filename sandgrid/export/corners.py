"""Corner points (界址点): X north, Y east with zone, as the land office's text and as xlsx."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Final

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import pyproj
import shapely

from sandgrid.export.content import PlanContent
from sandgrid.export.files import Staging
from sandgrid.export.moving import Mended, Told, on_grid, untold, write_mended
from sandgrid.export.readable import Kind
from sandgrid.export.workbook import Field, Page, add_page, new_workbook
from sandgrid.export.zones import by_system, zone_of
from sandgrid.layers.crs import GEODETIC
from sandgrid.messages import Language
from sandgrid.units import CENTIMU_PER_HA

CORNER_LAYERS: Final = ("treatments", "pv_blocks")
_COLUMNS: Final = ("feature_id", "ring", "point", "x_m", "y_m", "length_m", "lon_deg", "lat_deg")
_KINDS: Final[tuple[Kind, ...]] = (
    "text", "count", "text", "metre", "metre", "year", "metre", "degree", "degree",
)  # fmt: skip
_DECIMALS: Final = 3
_SEPARATORS: Final[Mapping[Language, dict[int, str]]] = {
    "zh": str.maketrans({",": "，", "@": "＠", "\n": " ", "\r": " "}),
    "en": str.maketrans({",": ";", "@": "#", "\n": " ", "\r": " "}),
}
_TEXT_WORDS: Final = (
    "attributes", "coordinates", "version", "cgcs2000", "projection", "degree", "metre", "polygon",
)  # fmt: skip


def corner_table(features: gpd.GeoDataFrame, *, id_column: str) -> pd.DataFrame:
    """Return the corners of polygons, counted clockwise from the north-west of each ring.

    Parameters
    ----------
    features : GeoDataFrame
        Polygons.
    id_column : str
        Column of their ids.

    Returns
    -------
    DataFrame
        feature_id, ring (1 is the outline of the first part), point (counted through the
        feature), x_m (north), y_m (east), length_m (to the next corner of the ring), lon_deg,
        lat_deg; the closing point is not repeated.

    Examples
    --------
    >>> square = gpd.GeoDataFrame({"id": ["P1"]}, geometry=[shapely.box(0, 0, 2, 1)], crs=4549)
    >>> corner_table(square, id_column="id")[["point", "x_m", "y_m", "length_m"]].values.tolist()
    [[1.0, 1.0, 0.0, 2.0], [2.0, 1.0, 2.0, 1.0], [3.0, 0.0, 2.0, 2.0], [4.0, 0.0, 0.0, 1.0]]

    """
    parts = [
        _feature_corners(str(name), shape)
        for name, shape in zip(features[id_column], features.geometry, strict=True)
    ]
    plain = pd.concat(parts, ignore_index=True) if parts else _no_corners()
    to_degrees = _to_degrees(pyproj.CRS(features.crs))
    lon, lat = to_degrees.transform(plain["y_m"].to_numpy(), plain["x_m"].to_numpy())
    return plain.assign(lon_deg=lon, lat_deg=lat)[list(_COLUMNS)]


def _no_corners() -> pd.DataFrame:
    return pd.DataFrame({name: np.array([], dtype=np.float64) for name in _COLUMNS[:-2]})


@cache
def _to_degrees(crs: pyproj.CRS) -> pyproj.Transformer:
    return pyproj.Transformer.from_crs(crs, GEODETIC, always_xy=True)


def _feature_corners(name: str, shape: shapely.Geometry) -> pd.DataFrame:
    rings = [_from_north_west(ring) for ring in shapely.get_rings(shapely.get_parts(shape))]
    points = np.concatenate(rings)
    length = np.concatenate([np.hypot(*(np.roll(ring, -1, axis=0) - ring).T) for ring in rings])
    return pd.DataFrame(
        {
            "feature_id": name,
            "ring": np.repeat(np.arange(1, len(rings) + 1), [len(ring) for ring in rings]),
            "point": np.arange(1, len(points) + 1),
            "x_m": points[:, 1],
            "y_m": points[:, 0],
            "length_m": length,
        }
    )


def _from_north_west(ring: shapely.LinearRing) -> npt.NDArray[np.float64]:
    """Return the corners of a ring clockwise, the one farthest to the north-west first."""
    points = np.asarray(shapely.get_coordinates(ring))[:-1]
    if shapely.is_ccw(ring):
        points = points[::-1]
    return np.roll(points, -int(np.argmax(points[:, 1] - points[:, 0])), axis=0)


@dataclass(frozen=True, eq=False)
class Cornered:
    """The corners of one layer in one system.

    Parameters
    ----------
    code : int
        EPSG code of the system.
    layer : str
        Name of the layer.
    features : GeoDataFrame
        Its features, in whole millimetres where the system has metres.
    corners : DataFrame
        See :func:`corner_table`.

    """

    code: int
    layer: str
    features: gpd.GeoDataFrame
    corners: pd.DataFrame


def find_corners(content: PlanContent, crs: str, *, told: Told = untold) -> Iterator[Cornered]:
    """Yield the corners of treated land and PV blocks by system and layer.

    Parameters
    ----------
    content : PlanContent
        The plan.
    crs : str
        As for ``zones.export_epsg``.
    told : callable
        Told each feature that projecting made invalid, and that was mended.

    """
    features = {
        name: gpd.GeoDataFrame(content.tables[name])
        for name in ("parcels", "sites", *CORNER_LAYERS)
        if len(content.tables[name])
    }
    for code, layers in by_system(features, crs, straight=True, told=told).items():
        for name in (name for name in CORNER_LAYERS if name in layers):
            whole = layers[name]
            if not whole.crs.is_geographic:
                whole = on_grid(whole, 10.0**-_DECIMALS, layer=name)
            yield Cornered(code, name, whole, corner_table(whole, id_column=str(whole.columns[0])))


def write_corners(staging: Staging, content: PlanContent, *, crs: str) -> None:
    """Write the corners of treated land and PV blocks: one text per system, one workbook.

    Parameters
    ----------
    staging : Staging
        Where to write: ``corners/<layer>_EPSG<code>.txt`` and ``corners/corners.xlsx``; what
        projecting made invalid is mended and told in ``corners/mended_EPSG<code>.csv``.
    content : PlanContent
        The plan.
    crs : str
        As for ``zones.export_epsg``.

    """
    mended: list[Mended] = []
    pages: list[Page] = []
    for found in find_corners(content, crs, told=mended.append):
        path = f"corners/{found.layer}_EPSG{found.code}.txt"
        staging.write(path, corner_text(found, content))
        pages.append(_page(found, content))
    if pages:
        staging.write("corners/corners.xlsx", _workbook(pages, content))
    chosen = [one for one in mended if one.layer in CORNER_LAYERS]
    write_mended(staging, "corners/mended_{crs}.csv", chosen, content.lang)


def corner_text(found: Cornered, content: PlanContent) -> str:
    """Return corners in the exchange format of land offices: heads, then a block per feature.

    Parameters
    ----------
    found : Cornered
        The corners.
    content : PlanContent
        Date and names.

    Notes
    -----
    Format of the national register of land for construction: attributes, then per feature the
    count of points, area in hectares, number, name, kind, map sheet, use, land class and ``@``,
    followed by point, ring, X (north), Y (east); every ring repeats its first point.

    """
    lines = [*_head(content, found.code)]
    blocks = {str(key): block for key, block in found.corners.groupby("feature_id", sort=False)}
    use, shape = content.tell(f"table-name-{found.layer}"), _text_words(content)["polygon"]
    areas = _areas_ha(found.layer, found.features)
    for number, area_ha in zip(found.features.iloc[:, 0].tolist(), areas, strict=True):
        rows = [*_closed(blocks[str(number)])]
        plain = str(number).translate(_SEPARATORS[content.lang])
        lines.append(f"{len(rows)},{area_ha:.4f},{plain},{plain},{shape},,{use},,@")
        lines += rows
    return "\r\n".join(lines) + "\r\n"


def _areas_ha(name: str, features: gpd.GeoDataFrame) -> Sequence[float]:
    if name == "treatments":
        return [area / CENTIMU_PER_HA for area in features["area_centimu"].tolist()]
    return [float(area) for area in features["area_ha"].tolist()]


def _head(content: PlanContent, code: int) -> Iterator[str]:
    crs, zone, words = pyproj.CRS.from_epsg(code), zone_of(code), _text_words(content)
    values: Sequence[object] = (
        words["version"],
        "SandGrid",
        content.as_of,
        words["cgcs2000"] if zone else crs.name,
        "3" if zone else "",
        words["projection"] if zone else "",
        words["degree"] if crs.is_geographic else words["metre"],
        zone or "",
        "0.001",
        ",,,,,,",
    )
    keys = content.tell("corners-text-keys").split("|")
    yield f"[{words['attributes']}]"
    yield from (f"{key}={value}" for key, value in zip(keys, values, strict=True))
    yield f"[{words['coordinates']}]"


def _text_words(content: PlanContent) -> dict[str, str]:
    """Return the fixed words of the exchange format, which land offices read in Chinese."""
    told = content.tell("corners-text-words").split("|")
    return dict(zip(_TEXT_WORDS, told, strict=True))


def _closed(block: pd.DataFrame) -> Iterator[str]:
    for ring, points in block.groupby("ring", sort=True):
        rows = points[["point", "x_m", "y_m"]].to_numpy().tolist()
        for point, x, y in [*rows, rows[0]]:
            yield f"J{point:.0f},{ring},{x:.{_DECIMALS}f},{y:.{_DECIMALS}f}"


def _page(found: Cornered, content: PlanContent) -> Page:
    heads = content.tell("corners-heads").split("|")
    corners, code = found.corners, found.code
    zone = zone_of(code)
    columns = [
        corners["feature_id"].astype(str).tolist(),
        corners["ring"].tolist(),
        [f"J{point:.0f}" for point in corners["point"].tolist()],
        corners["x_m"].round(_DECIMALS).tolist(),
        corners["y_m"].round(_DECIMALS).tolist(),
        [zone or code] * len(corners),
        corners["length_m"].round(_DECIMALS).tolist(),
        corners["lon_deg"].tolist(),
        corners["lat_deg"].tolist(),
    ]
    fields = (
        Field(head, head, tuple(values), kind)
        for head, values, kind in zip(heads, columns, _KINDS, strict=True)
    )
    return Page(f"{content.tell(f'table-name-{found.layer}')} EPSG{code}", tuple(fields))


def _workbook(pages: Sequence[Page], content: PlanContent) -> bytes:
    with new_workbook(content.tell("corners-title"), content.as_of) as (book, styles, stream):
        for page in pages:
            add_page(book, styles, page, lang=content.lang)
    return stream.getvalue()
