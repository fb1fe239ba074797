"""The plan of the field's standard method, made fairly: cheapest connected energy first.

Every pair of an option and a trunk is priced once, all-in and levelised, with the share of trunk,
bay and station that its capacity would take; the whole list is sorted, and year by year the
cheapest that still fit their land, hub, bays and headroom are built.
"""

from collections import defaultdict
from dataclasses import dataclass, field
from typing import Protocol, cast

import numpy as np
import pandas as pd

from sandgrid.optimize.case import TECHNOLOGIES, Case
from sandgrid.optimize.problem import Floats

SMALL_MW = 1e-6


class _Site(Protocol):
    """A row of the sites, as far as it is read here."""

    site_id: str
    pv_ha: float
    wind_ha: float
    pv_wind_ha: float


class _Option(Protocol):
    """A row of an option over a trunk."""

    site_id: str
    technology: str
    hub_id: str
    substation_id: str
    trunk_id: str
    unit_mw: float
    units_min: int
    units_max: int
    gross_ha_per_unit: float
    circuit_mw: float
    max_circuits: int


@dataclass
class GreedyState:
    """What stands so far; capacities are those of the last year reached."""

    units: dict[tuple[str, str, str, int], int] = field(default_factory=dict)
    hub_of: dict[str, str] = field(default_factory=dict)
    site_ha: dict[tuple[str, str], float] = field(default_factory=lambda: defaultdict(float))
    option_units: dict[tuple[str, str, str], int] = field(default_factory=lambda: defaultdict(int))
    hub_mw: dict[str, float] = field(default_factory=lambda: defaultdict(float))
    link_mw: dict[tuple[str, str], float] = field(default_factory=lambda: defaultdict(float))
    circuit_room: dict[tuple[str, str], float] = field(default_factory=lambda: defaultdict(float))
    into_mw: dict[str, float] = field(default_factory=lambda: defaultdict(float))
    circuits: dict[tuple[str, int], int] = field(default_factory=lambda: defaultdict(int))
    on_trunk: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    into_bays: dict[str, int] = field(default_factory=lambda: defaultdict(int))


@dataclass(frozen=True)
class GreedyDesign:
    """What the greedy method builds.

    Parameters
    ----------
    units : mapping
        (site, technology, hub, year) -> units.
    circuits : mapping
        (trunk, year) -> circuits added.

    """

    units: dict[tuple[str, str, str, int], int]
    circuits: dict[tuple[str, int], int]


def greedy_design(case: Case, shut_hubs: frozenset[str] = frozenset()) -> GreedyDesign:
    """Choose sites and circuits cheapest first; hubs that stay too small are shut and retried.

    Parameters
    ----------
    case : Case
        What is asked.
    shut_hubs : frozenset of str
        Hubs not to be used.

    """
    room, rows = _Room(case), _rows(_sorted_options(case))
    while True:
        rows = [row for row in rows if row.hub_id not in shut_hubs]
        state = _run(case, room, rows)
        small = {h for h, mw in state.hub_mw.items() if SMALL_MW < mw < case.settings.min_hub_mw}
        if not small:
            return GreedyDesign(state.units, dict(state.circuits))
        shut_hubs |= {min(small, key=lambda hub: (state.hub_mw[hub], hub))}


def _sorted_options(case: Case) -> pd.DataFrame:
    """Sort option x trunk by all-in levelised cost [CNY/MWh of first-year energy]."""
    shut = case.settings.locked_out_sites
    options = case.build_options[~case.build_options["site_id"].isin(shut)]
    table = options.merge(case.trunk_options, on="hub_id").merge(
        case.hubs[["hub_id", "station_cny", "max_mw"]], on="hub_id"
    )
    table = table.merge(case.substations[["substation_id", "bay_cost_cny"]], on="substation_id")
    own = ["generation", "operation", "lease", "collector"]
    per_unit = sum(table[f"{item}_cny_per_unit"] for item in own)
    trunk = table["unit_mw"] * table["cost_cny_per_circuit"] / table["circuit_mw"]
    station = table["unit_mw"] * table["station_cny"] / table["max_mw"]
    energy = table["energy_mwh_per_unit_year"]
    levelised = (per_unit + trunk + station) / energy.where(energy > 0)
    locked = ~table["site_id"].isin(case.settings.locked_in_sites)
    table = table.assign(levelised=levelised.fillna(np.inf), locked=locked)
    keys = ["locked", "levelised", "site_id", "technology", "trunk_id"]
    return table.sort_values(keys, kind="stable", ignore_index=True)


def _rows(order: pd.DataFrame) -> list[_Option]:
    """Return the options in order, their texts as plain ones, which are read a million times."""
    plain = order[list(_Option.__annotations__)].astype(object)
    return cast("list[_Option]", list(plain.itertuples(index=False)))


def _run(case: Case, room: "_Room", rows: list[_Option]) -> GreedyState:
    state = GreedyState()
    for year, needs in _yearly_needs(case):
        short = dict(needs)
        for key, units in state.units.items():
            short[key[1]] -= units * room.unit_mw[key[:3]]
        for row in rows:
            if short[row.technology] > SMALL_MW:
                built = _build(state, room, row, (year, short[row.technology]))
                short[row.technology] -= built
    return state


def _yearly_needs(case: Case) -> list[tuple[int, dict[str, float]]]:
    """Return MW by technology to stand each year: targets, straight lines between, totals kept."""
    targets = case.capacity_targets.set_index(["technology", "year"])["target_mw"]
    lines = {g: _line(targets, g, case.years) for g in TECHNOLOGIES}
    total = _line(targets, "total", case.years)
    needs = []
    for at, year in enumerate(case.years):
        now = {g: float(lines[g][at]) for g in TECHNOLOGIES}
        missing = max(0.0, float(total[at]) - sum(now.values()))
        room = {g: max(float(lines[g][-1]) - now[g], SMALL_MW) for g in TECHNOLOGIES}
        scale = missing / sum(room.values())
        needs.append((year, {g: now[g] + scale * room[g] for g in TECHNOLOGIES}))
    return needs


def _line(targets: pd.Series, technology: str, years: tuple[int, ...]) -> Floats:
    if technology not in targets.index.get_level_values(0):
        return np.zeros(len(years))
    given = targets.xs(technology).sort_index()
    if technology == "total":
        return np.asarray(given.reindex(years).ffill().fillna(0.0), dtype=np.float64)
    known = given.reindex(years).interpolate(limit_area="inside")
    return np.asarray(known.ffill().fillna(0.0), dtype=np.float64)


class _Room:
    """Limits looked up while building."""

    def __init__(self, case: Case) -> None:
        last = case.years[-1]
        self.least_site_mw = case.settings.min_site_mw
        self.hub_max = case.hubs.set_index("hub_id")["max_mw"].to_dict()
        sites = cast("list[_Site]", list(case.sites.itertuples(index=False)))
        self.sites = {row.site_id: row for row in sites}
        options = case.build_options
        keys = zip(options["site_id"], options["technology"], options["hub_id"], strict=True)
        self.unit_mw = dict(zip(keys, options["unit_mw"], strict=True))
        extra = case.substations.set_index("substation_id")["max_extra_bays"]
        years = case.substation_years.set_index(["substation_id", "year"])
        self.headroom: dict[tuple[str, int], float] = {}
        self.bays: dict[tuple[str, int], int] = {}
        for station in case.substations["substation_id"]:
            for year in case.years:
                ahead = years.loc[[(station, later) for later in range(year, last + 1)]]
                self.headroom[station, year] = float(ahead["headroom_mw"].min())
                self.bays[station, year] = int(ahead["free_bays"].min() + extra[station])


def _build(state: GreedyState, room: _Room, row: _Option, ask: tuple[int, float]) -> float:
    """Build what fits of one option over one trunk; return MW."""
    year, short_mw = ask
    if state.hub_of.get(row.site_id, row.hub_id) != row.hub_id:
        return 0.0
    most_mw = min(
        room.hub_max[row.hub_id] - state.hub_mw[row.hub_id],
        room.headroom[row.substation_id, year] - state.into_mw[row.substation_id],
        _circuit_mw(state, room, row, year),
    )
    whole = int(np.floor(most_mw / row.unit_mw + SMALL_MW))
    units = min(
        whole, _units_left(state, room, row), int(np.ceil(short_mw / row.unit_mw - SMALL_MW))
    )
    least = int(np.ceil(room.least_site_mw / row.unit_mw - SMALL_MW))
    fresh = row.site_id not in state.hub_of
    if units < max(1, row.units_min if fresh else 1, least if fresh else 1):
        return 0.0
    _take(state, row, year, units)
    return float(units * row.unit_mw)


def _circuit_mw(state: GreedyState, room: _Room, row: _Option, year: int) -> float:
    """Return MW that fit circuits that stand and circuits of this trunk that may be added."""
    bays = room.bays[row.substation_id, year] - state.into_bays[row.substation_id]
    more = min(bays, row.max_circuits - state.on_trunk[row.trunk_id])
    return state.circuit_room[row.hub_id, row.substation_id] + max(0, more) * row.circuit_mw


def _units_left(state: GreedyState, room: _Room, row: _Option) -> int:
    site = room.sites[row.site_id]
    g, other = row.technology, "wind" if row.technology == "pv" else "pv"
    own, others = state.site_ha[row.site_id, g], state.site_ha[row.site_id, other]
    land = min(getattr(site, f"{g}_ha") - own, site.pv_wind_ha - own - others)
    by_land = row.units_max
    if row.gross_ha_per_unit > 0:
        by_land = int(np.floor(max(0.0, land) / row.gross_ha_per_unit + SMALL_MW))
    return min(by_land, row.units_max - state.option_units[row.site_id, g, row.hub_id])


def _take(state: GreedyState, row: _Option, year: int, units: int) -> None:
    mw, link = units * row.unit_mw, (row.hub_id, row.substation_id)
    key = (row.site_id, row.technology, row.hub_id, year)
    state.units[key] = state.units.get(key, 0) + units
    state.hub_of[row.site_id] = row.hub_id
    state.option_units[row.site_id, row.technology, row.hub_id] += units
    state.site_ha[row.site_id, row.technology] += units * row.gross_ha_per_unit
    state.hub_mw[row.hub_id] += mw
    state.into_mw[row.substation_id] += mw
    while state.circuit_room[link] < mw - SMALL_MW:
        state.circuit_room[link] += row.circuit_mw
        state.circuits[row.trunk_id, year] += 1
        state.on_trunk[row.trunk_id] += 1
        state.into_bays[row.substation_id] += 1
    state.circuit_room[link] -= mw
