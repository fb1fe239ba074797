"""Online basemaps that a reader may switch on; the page asks for none by itself."""

import re
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Final

from sandgrid.errors import ScenarioError
from sandgrid.export.maps.underlay import Basemap
from sandgrid.export.maps.words import Words

KEY: Final = re.compile(r"[0-9A-Za-z]{1,64}")
TIANDITU: Final = (
    "https://t{s}.tianditu.gov.cn/NAME_w/wmts?SERVICE=WMTS&REQUEST=GetTile&VERSION=1.0.0"
    "&LAYER=NAME&STYLE=default&TILEMATRIXSET=w&FORMAT=tiles"
    "&TILEMATRIX={z}&TILEROW={y}&TILECOL={x}&tk=KEY"
)
GAODE: Final = "https://SERVER0{s}.is.autonavi.com/appmaptile?lang=zh_cn&size=1&scale=1&style="
PLACE: Final = "&x={x}&y={y}&z={z}"


def _tianditu(name: str, layers: tuple[str, ...]) -> Basemap:
    return Basemap(
        name=name,
        title=Words.of(f"map-basemap-{name}"),
        addresses=tuple(TIANDITU.replace("NAME", layer) for layer in layers),
        subdomains="01234567",
        hosts=("https://*.tianditu.gov.cn",),
        attribution="天地图",
        shifted=False,
    )


def _gaode(name: str, servers: tuple[tuple[str, str], ...]) -> Basemap:
    return Basemap(
        name=name,
        title=Words.of(f"map-basemap-{name}"),
        addresses=tuple(GAODE.replace("SERVER", host) + style + PLACE for host, style in servers),
        subdomains="1234",
        hosts=("https://*.is.autonavi.com",),
        attribution="高德地图",
        shifted=True,
    )


BASEMAPS: Final[Mapping[str, Basemap]] = MappingProxyType(
    {
        basemap.name: basemap
        for basemap in (
            _tianditu("tianditu-map", ("vec", "cva")),
            _tianditu("tianditu-image", ("img", "cia")),
            _gaode("gaode-map", (("webrd", "8"),)),
            _gaode("gaode-image", (("webst", "6"), ("webst", "8"))),
        )
    }
)


def find_basemaps(names: Iterable[str], key: str = "") -> tuple[Basemap, ...]:
    """Return basemaps by name.

    Parameters
    ----------
    names : iterable of str
        tianditu-map, tianditu-image, gaode-map, gaode-image.
    key : str
        The user's own key for Tianditu.

    Raises
    ------
    ScenarioError
        If a name is not known, or Tianditu is asked for without a key.

    Notes
    -----
    Tianditu draws in CGCS2000, which lies on WGS 84 to a metre; Gaode draws in GCJ-02, some 500 m
    beside it, and is moved back when it is shown.

    Examples
    --------
    >>> find_basemaps(["gaode-map"])[0].shifted
    True
    >>> find_basemaps(["tianditu-map"])
    Traceback (most recent call last):
    sandgrid.errors.ScenarioError: Tianditu needs your own key of letters and digits (from \
console.tianditu.gov.cn); give it with the basemap

    """
    return tuple(_with_key(_known(name), key) for name in names)


def _known(name: str) -> Basemap:
    if name not in BASEMAPS:
        raise ScenarioError("map-basemap-unknown", {"name": name, "known": ", ".join(BASEMAPS)})
    return BASEMAPS[name]


def _with_key(basemap: Basemap, key: str) -> Basemap:
    if not any("KEY" in address for address in basemap.addresses):
        return basemap
    if not KEY.fullmatch(key):
        raise ScenarioError("map-basemap-key", {})
    return basemap.with_key(key)
