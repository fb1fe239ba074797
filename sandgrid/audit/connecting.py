"""Checks of the way to the grid: hubs, circuits, bays, headroom."""

from typing import Final

import numpy as np
import pandas as pd
import shapely

from sandgrid.audit.comparing import (
    alike,
    at_least,
    at_most,
    equal,
    gather,
    named,
    running,
    same_sums,
    totals,
)
from sandgrid.audit.folder import KEYS, PlanFolder, tolerance
from sandgrid.audit.report import Outcome
from sandgrid.units import KW_PER_MW

M_PER_KM: Final = 1_000
STATION: Final = ["substation_id", "year"]
LINK: Final = ["hub_id", "substation_id"]


def check_hubs(plan: PlanFolder) -> Outcome:
    """Check that a hub that is used carries at least the least load and at most what it can."""
    built = totals(plan["builds"], ["hub_id"], "capacity_kw")
    most = plan["hubs"].set_index("hub_id")["max_mw"].reindex(built.index) * KW_PER_MW
    where = [f"{hub} kW" for hub in built.index]
    least = plan.programme("min_hub_mw") * KW_PER_MW
    return at_least(where, built, least) + at_most(where, built, most)


def check_stations(plan: PlanFolder) -> Outcome:
    """Check that every hub that is used, and no other, has a station before its first plant."""
    stations, builds = plan["stations"].set_index("hub_id"), plan["builds"]
    loads = same_sums(
        stations["capacity_kw"].astype("float64"),
        totals(builds, ["hub_id"], "capacity_kw"),
        "capacity_kw",
    )
    first = builds.groupby("hub_id", sort=True)["year"].min()
    stands = stations["year"].reindex(first.index)
    began = at_most([f"{hub} year" for hub in first.index], stands, first)
    return gather((loads, began, _cut_off(plan)))


def _cut_off(plan: PlanFolder) -> Outcome:
    """Check that a share is cut off only where the connection carries less than what stands."""
    stations = plan["stations"].set_index("hub_id")["curtailed_share"].dropna()
    flows, builds = plan["flows"], plan["builds"]
    sent = flows[flows["year"] == builds["year"].max()].groupby("hub_id")["flow_kw"].sum()
    stands = builds.groupby("hub_id")["capacity_kw"].sum()
    over = (1 - sent.reindex(stands.index).fillna(0.0) / stands).reindex(stations.index)
    where = [f"{hub} curtailed_share" for hub in stations.index]
    at_all = stations.where(over.fillna(0.0) <= 0, 0.0)
    return gather(
        (at_least(where, stations, 0), at_most(where, stations, 1), equal(where, at_all, 0))
    )


def check_flows(plan: PlanFolder) -> Outcome:
    """Check that all that stands at a hub flows to substations; of hybrids, their joint peak."""
    flows = totals(plan["flows"], ["hub_id", "year"], "flow_kw")
    stands = running(plan["builds"], plan.years, keys=["hub_id"], column="capacity_kw")
    together = plan.programme("hybrid_coincidence")
    if together >= 1.0:
        return same_sums(flows, stands, "flow_kw")
    builds = plan["builds"]
    by = [
        running(
            builds[builds["technology"] == g], plan.years, keys=["hub_id"], column="capacity_kw"
        )
        for g in ("pv", "wind")
    ]
    pv, wind = (part.reindex(stands.index).fillna(0.0) for part in by)
    sent = np.ceil(np.round(np.maximum(pv, wind) + together * np.minimum(pv, wind), 6))
    return same_sums(flows, sent, "flow_kw")


def check_circuits(plan: PlanFolder) -> Outcome:
    """Check that what flows from a hub to a substation fits the circuits between them."""
    trunks = plan["trunks"]
    trunks = trunks.assign(kw=trunks["circuits"] * trunks["circuit_mw"] * KW_PER_MW)
    room = running(trunks, plan.years, keys=LINK, column="kw")
    flows = totals(plan["flows"], [*LINK, "year"], "flow_kw")
    most = room.reindex(flows.index).fillna(0.0)
    where = [f"{hub} {end} {year} kW" for hub, end, year in flows.index]
    return at_most(where, flows, most)


def check_trunks(plan: PlanFolder) -> Outcome:
    """Check that circuits are of a known kind, few enough, and drawn from end to end."""
    trunks = plan["trunks"]
    kinds = plan.parameters.below("power.circuit")
    known = alike(
        named(trunks, KEYS["trunks"], "kind"), trunks["kind"].isin(kinds), [True] * len(trunks)
    )
    if known.faults:
        return known
    return gather((known, *(_of_kind(plan, kind) for kind in kinds), _drawn(plan), _entries(plan)))


def _entries(plan: PlanFolder) -> Outcome:
    """Compare where the power enters the grid with the place of the substation."""
    trunks, ends = plan["trunks"], plan["substations"].set_index("substation_id")
    found: tuple[Outcome, ...] = ()
    for column in ("district_id", "lon_deg", "lat_deg"):
        where = named(trunks, KEYS["trunks"], f"entry_{column}")
        there = trunks["substation_id"].map(ends[column])
        found += (alike(where, trunks[f"entry_{column}"], list(there)),)
    return gather(found)


def _of_kind(plan: PlanFolder, kind: str) -> Outcome:
    key = f"power.circuit.{kind}"
    rows = plan["trunks"]
    rows = rows[rows["kind"] == kind]
    size = equal(
        named(rows, KEYS["trunks"], "circuit_mw"),
        rows["circuit_mw"],
        plan.number(f"{key}.circuit_mw"),
    )
    added = at_least(named(rows, KEYS["trunks"], "circuits"), rows["circuits"], 1)
    stand = totals(rows, ["trunk_id"], "circuits")
    most = at_most(
        [f"{one} circuits" for one in stand.index], stand, plan.number(f"{key}.max_circuits")
    )
    voltage = plan["substations"].set_index("substation_id")["voltage_kv"]
    ends = rows["substation_id"].map(voltage).isin(plan.parameters.numbers(f"{key}.connects_to_kv"))
    fits = alike(named(rows, KEYS["trunks"], "voltage_kv"), ends, [True] * len(rows))
    return size + added + most + fits


def _drawn(plan: PlanFolder) -> Outcome:
    trunks, lines = plan["trunks"], plan.shapes("trunks")
    away = np.zeros(len(trunks))
    for column, table in (("hub_id", "hubs"), ("substation_id", "substations")):
        ends = dict(zip(plan[table][column], plan.shapes(table), strict=True))
        points = np.array([ends.get(one) for one in trunks[column]], dtype=object)
        tips = shapely.boundary(lines)
        away = np.maximum(away, np.nan_to_num(shapely.distance(tips, points), nan=np.inf))
    drawn = at_most(named(trunks, KEYS["trunks"], "m"), away, tolerance("place_m"))
    length_km = shapely.length(lines) / M_PER_KM
    where, slack = named(trunks, KEYS["trunks"], "length_km"), tolerance("place_m") / M_PER_KM
    return drawn + equal(where, trunks["length_km"], length_km, slack=slack)


def check_bays(plan: PlanFolder) -> Outcome:
    """Check that circuits fit the free bays and those bought, and few enough are bought."""
    use = plan["substation_use"]
    extra = plan["substations"].set_index("substation_id")["max_extra_bays"]
    room = use["free_bays"] + use["bays_bought"]
    bought = at_most(
        named(use, STATION, "bays_bought"), use["bays_bought"], use["substation_id"].map(extra)
    )
    fits = at_most(named(use, STATION, "circuits"), use["circuits"], room)
    return fits + bought + _never_falls(use, "bays_bought")


def check_headroom(plan: PlanFolder) -> Outcome:
    """Check that what is connected fits the headroom and the reinforcement in force."""
    use = plan["substation_use"]
    room = (use["headroom_kw"] + use["reinforcement_kw"]).clip(lower=0)
    fits = at_most(named(use, STATION, "connected_kw"), use["connected_kw"], room)
    return fits + _reinforced(plan, use) + _never_falls(use, "reinforcement_kw")


def _reinforced(plan: PlanFolder, use: pd.DataFrame) -> Outcome:
    """Compare reinforcements with what may be bought and when."""
    rows = use.join(plan["substations"].set_index("substation_id"), on="substation_id")
    rows = rows[rows["reinforcement_kw"] != 0]
    where = named(rows, STATION, "reinforcement_kw")
    size = equal(where, rows["reinforcement_kw"], rows["reinforcement_mw"] * KW_PER_MW)
    first = rows["reinforcement_year"].where(rows["reinforcement_year"] > 0)
    return size + at_least(where, rows["year"], first)


def _never_falls(use: pd.DataFrame, column: str) -> Outcome:
    ordered = use.sort_values(STATION, kind="stable")
    step = ordered.groupby("substation_id")[column].diff().fillna(0)
    return at_least(named(ordered, STATION, column), step, 0)


def check_substation_use(plan: PlanFolder) -> Outcome:
    """Check that substations take what flows and ends there, and have the room given."""
    use = plan["substation_use"].set_index(STATION)
    flows = totals(plan["flows"], STATION, "flow_kw")
    stands = running(plan["trunks"], plan.years, keys=["substation_id"], column="circuits")
    connected = same_sums(use["connected_kw"].astype("float64"), flows, "connected_kw")
    circuits = same_sums(use["circuits"].astype("float64"), stands, "circuits")
    return connected + circuits + _given(plan)


def _given(plan: PlanFolder) -> Outcome:
    """Compare headroom and bays with the table of the power system."""
    given = plan["substation_years"].set_index(STATION)
    use = plan["substation_use"]
    rows = given.reindex(pd.MultiIndex.from_frame(use[STATION]))
    room = rows["headroom_mw"].to_numpy() * KW_PER_MW
    headroom = equal(named(use, STATION, "headroom_kw"), use["headroom_kw"], room, slack=1.0)
    return headroom + equal(named(use, STATION, "free_bays"), use["free_bays"], rows["free_bays"])
