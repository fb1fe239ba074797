"""A map for the public: coarse positions, nothing of the power system."""

from dataclasses import replace
from typing import Final

from sandgrid.export.maps.content import DRAWN, MapContent
from sandgrid.params import Parameters, default_parameters
from sandgrid.tables import empty_table

HIDDEN_DRAWN: Final = ("substations", "trunks", "hubs")
HIDDEN_PLAIN: Final = ("substation_use", "stations")
HIDDEN_LINES: Final = ("power_lines",)


def publish(
    content: MapContent, *, approval: str = "", parameters: Parameters | None = None
) -> MapContent:
    """Return a map that may be put before a map review.

    Positions are rounded to the step of ``map.public_step_m`` or more, and substations are left
    out; so are hubs, trunks and power lines, whose ends would tell where substations stand.

    Parameters
    ----------
    content : MapContent
        The map for the office.
    approval : str
        Number of the map review (审图号) once there is one.
    parameters : Parameters, optional
        Those of the package by default.

    """
    found = default_parameters() if parameters is None else parameters
    tables = content.tables
    drawn = {name: getattr(tables, name).head(0) for name in HIDDEN_DRAWN if name in DRAWN}
    plain = {name: empty_table(name) for name in HIDDEN_PLAIN}
    carried = content.ground.carried
    brought = carried and carried.without(HIDDEN_LINES)
    lines = {name: f for name, f in content.ground.lines.items() if name not in HIDDEN_LINES}
    return replace(
        content,
        tables=replace(tables, **drawn, **plain),
        ground=replace(content.ground, lines=lines, carried=brought),
        settings=replace(content.settings, rounding_m=found.number("map.public_step_m")),
        public=True,
        approval=approval,
    )
