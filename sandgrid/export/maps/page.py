"""The map as a folium.Map that carries everything it needs."""

from collections.abc import Mapping
from importlib import resources
from typing import Final

import folium
from branca.element import Element, MacroElement
from jinja2 import Template

from sandgrid.export.maps.content import MapContent
from sandgrid.export.maps.offline import POLICY_MARK, OfflinePage, leaflet_only
from sandgrid.export.maps.payload import encode_pictures, encode_plan

SCRIPTS: Final = (
    "inflate.js",
    "shapes.js",
    "reasons.js",
    "plan.js",
    "style.js",
    "tiles.js",
    "labels.js",
    "card.js",
    "tools.js",
    "basemaps.js",
    "pair.js",
    "panel.js",
    "search.js",
    "start.js",
)
MAP_ID: Final = "sandgrid"
SECOND_ID: Final = "sandgrid_b"
MIN_ZOOM: Final = 6
MAX_ZOOM: Final = 18


class _Text(Element):
    """A piece of the page as it stands; branca would read braces in it as a template."""

    _template = Template("{{ this.text }}")

    def __init__(self, text: str) -> None:
        super().__init__()
        self.text = text


class _Start(MacroElement):
    """The call that hands the Leaflet map to SandGrid's script."""

    _template = Template(
        "{% macro script(this, kwargs) %}"
        "window.{{ this.hook }} = SandGrid.start({{ this._parent.get_name() }}{{ this.beside }});"
        "{% endmacro %}"
    )

    def __init__(self, hook: str, beside: str) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # branca is typed in part
        self._id = hook
        self.hook = hook
        self.beside = f", window.{beside}" if beside else ""


def draw_map(content: MapContent, beside: MapContent | None = None) -> folium.Map:
    """Draw a plan, or the shortfalls of an infeasible run, as a folium.Map.

    Parameters
    ----------
    content : MapContent
        What the map shows.
    beside : MapContent, optional
        Another plan, shown on a map of its own to the right (below, on a narrow screen) that
        follows the first; where it has no ground it lies on that of the first.

    Returns
    -------
    folium.Map
        Its page holds every script, picture and shape; it asks the network for nothing, also
        in a notebook.  Equal content gives equal bytes.

    Raises
    ------
    InputError
        If a drawn table has no CRS or a missing geometry, or an asset is not installed.

    """
    plan = _leaflet_map(MAP_ID)
    hosts = {host for basemap in content.basemaps for host in basemap.hosts}
    page = OfflinePage(title="SandGrid", height="640px", picture_hosts=tuple(sorted(hosts)))
    page.add_child(plan, name=MAP_ID)
    blocks = {"plan": encode_plan(content)}
    if beside is not None:
        second = _leaflet_map(SECOND_ID)
        page.add_child(second, name=SECOND_ID)
        blocks["plan-b"] = encode_plan(beside)
    _furnish(page, blocks, encode_pictures(content))
    plan.add_child(_Start(MAP_ID, ""), name="start")
    if beside is not None:
        second.add_child(_Start(SECOND_ID, MAP_ID), name="start")
    return plan


def _leaflet_map(name: str) -> folium.Map:
    plan = folium.Map(
        location=[0.0, 0.0],
        tiles=None,
        zoom_start=MIN_ZOOM,
        zoom_control=False,
        control_scale=False,
        min_zoom=MIN_ZOOM,
        max_zoom=MAX_ZOOM,
        attribution_control=False,
        zoom_snap=0.25,
        fade_animation=False,
    )
    plan._id = name  # noqa: SLF001  # the name is random otherwise
    leaflet_only(plan)
    return plan


def _furnish(page: OfflinePage, blocks: Mapping[str, str], pictures: str) -> None:
    """Put policy, style, data and scripts into the page."""
    page.header.add_child(_Text(POLICY_MARK), name="policy")
    page.header.add_child(_Text('<meta name="referrer" content="no-referrer"/>'), name="referrer")
    page.header.add_child(_Text(f"<style>{_asset('map.css')}</style>"), name="style")
    for name, block in blocks.items():
        plan = f'<script type="text/plain" id="sandgrid-{name}">{block}</script>'
        page.html.add_child(_Text(plan), name=name)
    block = f'<script type="application/json" id="sandgrid-pictures">{pictures}</script>'
    page.html.add_child(_Text(block), name="pictures")
    code = "".join(_asset(name) for name in SCRIPTS)
    page.html.add_child(_Text(f"<script>{code}</script>"), name="scripts")


def _asset(name: str) -> str:
    folder = resources.files("sandgrid.export.maps") / "assets"
    return (folder / name).read_text(encoding="utf-8")


def map_html(content: MapContent, beside: MapContent | None = None) -> bytes:
    """Return the map as one file.

    Parameters
    ----------
    content : MapContent
        What the map shows.
    beside : MapContent, optional
        Another plan to set beside it.

    """
    text: str = draw_map(content, beside).get_root().render()
    return text.encode()
