"""Checks of plants: units, blocks, turbines, and the land they take of each parcel."""

import math
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
import shapely.affinity

from sandgrid.audit.comparing import (
    alike,
    at_least,
    at_most,
    equal,
    gather,
    named,
    same_sums,
    totals,
)
from sandgrid.audit.folder import KEYS, PlanFolder, tolerance
from sandgrid.audit.land import inner_pads
from sandgrid.audit.overlay import overlaps, own_overlaps
from sandgrid.audit.report import Outcome
from sandgrid.layers.crs import grid_convergence_deg
from sandgrid.units import CENTIMU_PER_HA, CENTIMU_PER_MU, KW_PER_MW, M2_PER_HA

UNIT_MW: Final = {"pv": "pv.block_mw", "wind": "wind.turbine_mw"}
Geometries = npt.NDArray[np.object_]
BUILT: Final = ["site_id", "hub_id", "year"]


def unit_kw(plan: PlanFolder, technology: str) -> float:
    """Return the capacity of a PV block or turbine [kW]."""
    return plan.number(UNIT_MW[technology]) * KW_PER_MW


def block_centimu(plan: PlanFolder, sites: pd.Series) -> pd.Series:
    """Return the land of a PV block at each site [0.01 mu]."""
    least = plan.number("pv.gross_mu_per_mw")
    given = plan["sites"].set_index("site_id")["pv_mu_per_mw"].fillna(least)
    mu_per_mw = sites.map(given).clip(lower=least)
    return mu_per_mw * plan.number(UNIT_MW["pv"]) * CENTIMU_PER_MU


def pad_centimu(plan: PlanFolder) -> float:
    """Return the land of a turbine's pad and road [0.01 mu]."""
    return plan.number(UNIT_MW["wind"]) * plan.number("wind.direct_ha_per_mw") * CENTIMU_PER_HA


def check_units(plan: PlanFolder) -> Outcome:
    """Check that builds have the capacity and land of their units and the lag to acceptance."""
    return gather(_units(plan, technology) for technology in UNIT_MW)


def _units(plan: PlanFolder, technology: str) -> Outcome:
    rows = plan["builds"]
    rows = rows[rows["technology"] == technology]
    units, keys = rows["units"], KEYS["builds"]
    accepted = rows["year"] + plan.programme("acceptance_lag_years")
    pv = technology == "pv"
    land = units * (block_centimu(plan, rows["site_id"]) if pv else pad_centimu(plan))
    return gather(
        (
            at_least(named(rows, keys, "units"), units, 1),
            equal(
                named(rows, keys, "capacity_kw"),
                rows["capacity_kw"],
                units * unit_kw(plan, technology),
            ),
            equal(named(rows, keys, "gross_centimu"), rows["gross_centimu"], land, slack=1.0),
            equal(named(rows, keys, "acceptance_year"), rows["acceptance_year"], accepted),
        )
    )


def check_least_site(plan: PlanFolder) -> Outcome:
    """Check that a site that is used reaches the least size."""
    built = totals(plan["builds"], ["site_id"], "capacity_kw")
    least = plan.programme("min_site_mw") * KW_PER_MW
    return at_least([f"{site} kW" for site in built.index], built, least)


def check_pv_blocks(plan: PlanFolder) -> Outcome:
    """Check that PV blocks add up to the builds, have exactly their land, and lie apart."""
    blocks, builds = plan["pv_blocks"], plan["builds"]
    pv = builds[builds["technology"] == "pv"]
    sums = same_sums(
        totals(blocks, BUILT, "capacity_kw"), totals(pv, BUILT, "capacity_kw"), "pv kW"
    )
    per_kw = block_centimu(plan, blocks["site_id"]) / unit_kw(plan, "pv") / CENTIMU_PER_HA
    area = shapely.area(plan.shapes("pv_blocks")) / M2_PER_HA
    where, slack = named(blocks, ["block_id"], "ha"), tolerance("area_m2") / M2_PER_HA
    drawn = equal(where, area, blocks["capacity_kw"] * per_kw, slack=slack)
    told = equal(named(blocks, ["block_id"], "area_ha"), blocks["area_ha"], area, slack=slack)
    return sums + drawn + told + _apart(plan)


def _apart(plan: PlanFolder) -> Outcome:
    ids = plan["pv_blocks"]["block_id"].to_numpy()
    one, two, shared = own_overlaps(plan.shapes("pv_blocks"))
    where = [f"{a} / {b} m2" for a, b in zip(ids[one], ids[two], strict=True)]
    return at_most(where, shared, tolerance("overlap_m2"))


def check_on_site_of_site(plan: PlanFolder) -> Outcome:
    """Check that pV blocks and turbines stand on the land of their site."""
    return _within_site(plan, "pv_blocks") + _within_site(plan, "turbines")


def _within_site(plan: PlanFolder, name: str) -> Outcome:
    rows, shapes = plan[name], plan.shapes(name)
    sites = dict(zip(plan["sites"]["site_id"], plan.shapes("sites"), strict=True))
    holders = np.array([sites.get(one) for one in rows["site_id"]], dtype=object)
    beyond = np.nan_to_num(shapely.area(shapely.difference(shapes, holders)), nan=np.inf)
    apart = np.nan_to_num(shapely.distance(shapes, holders), nan=np.inf)
    where = named(rows, rows.columns[:1], "m2")
    away = at_most(named(rows, rows.columns[:1], "m"), apart, tolerance("place_m"))
    return at_most(where, beyond, tolerance("overlap_m2")) + away


def check_turbines(plan: PlanFolder) -> Outcome:
    """Check that turbines add up to the builds and stand on their parcel."""
    rows, builds = plan["turbines"], plan["builds"]
    wind = builds[builds["technology"] == "wind"]
    sums = same_sums(
        totals(rows, BUILT, "capacity_kw"), totals(wind, BUILT, "capacity_kw"), "wind kW"
    )
    size = equal(named(rows, ["turbine_id"], "kW"), rows["capacity_kw"], unit_kw(plan, "wind"))
    pad = pad_centimu(plan)
    land = equal(named(rows, ["turbine_id"], "pad_centimu"), rows["pad_centimu"], pad, slack=1.0)
    radius_m = math.sqrt(pad / CENTIMU_PER_HA * M2_PER_HA / math.pi)
    where = named(rows, ["turbine_id"], "pad_radius_m")
    wide = equal(where, rows["pad_radius_m"], radius_m, slack=tolerance("place_m"))
    return sums + size + land + wide + _on_parcel(plan)


def _on_parcel(plan: PlanFolder) -> Outcome:
    rows = plan["turbines"]
    parcels = dict(zip(plan["parcels"]["parcel_id"], plan.shapes("parcels"), strict=True))
    holders = np.array([parcels.get(one) for one in rows["parcel_id"]], dtype=object)
    away = np.nan_to_num(shapely.distance(plan.shapes("turbines"), holders), nan=np.inf)
    return at_most(named(rows, ["turbine_id"], "parcel m"), away, tolerance("place_m"))


def check_spacing(plan: PlanFolder) -> Outcome:
    """Check that no turbine stands inside the spacing ellipse of another.

    Notes
    -----
    Half-axes are the spacing along and across the prevailing wind (true north).
    """
    rows, xy = plan["turbines"], shapely.get_coordinates(plan.shapes("turbines"))
    rotor_m = plan.number("wind.rotor_m")
    along_m, across_m = (
        plan.number(f"wind.spacing_{axis}_rotors") * rotor_m for axis in ("along", "across")
    )
    one, two = shapely.STRtree(plan.shapes("turbines")).query(
        plan.shapes("turbines"), predicate="dwithin", distance=max(along_m, across_m)
    )
    one, two = one[one < two], two[one < two]
    angle = math.radians(_bearing_deg(plan))
    step = xy[two] - xy[one]
    along = step @ np.array([math.sin(angle), math.cos(angle)]) / along_m
    across = step @ np.array([math.cos(angle), -math.sin(angle)]) / across_m
    ids = rows["turbine_id"].to_numpy()
    where = [f"{a} / {b} 1" for a, b in zip(ids[one], ids[two], strict=True)]
    outcome = at_least(where, np.hypot(along, across), tolerance("spacing_share"))
    return Outcome(len(ids), outcome.faults)


def _bearing_deg(plan: PlanFolder) -> float:
    """Return the prevailing wind against grid north, at the middle of the area."""
    parcels = plan["parcels"]
    lon, lat = parcels["lon_deg"].mean(), parcels["lat_deg"].mean()
    turned = grid_convergence_deg(lon, lat, plan.crs)
    return plan.number("wind.prevailing_from_deg") - float(turned)


def check_pads(plan: PlanFolder) -> Outcome:
    """Check that pads of turbines do not reach into PV blocks or one another."""
    ids, pads = plan["turbines"]["turbine_id"], inner_pads(plan)
    one, _, area = overlaps(pads, plan.shapes("pv_blocks"))
    shared = np.bincount(one, area, minlength=len(pads))
    blocks = at_most([f"{name} m2" for name in ids], shared, tolerance("overlap_m2"))
    first, second, both = own_overlaps(pads)
    names = ids.to_numpy()
    where = [f"{a} / {b} m2" for a, b in zip(names[first], names[second], strict=True)]
    return gather((blocks, at_most(where, both, tolerance("overlap_m2")), _strips(plan)))


def _strips(plan: PlanFolder) -> Outcome:
    """Check that PV blocks leave free the circle and the shade around turbines."""
    ids, places = plan["turbines"]["turbine_id"], plan.shapes("turbines")
    if not len(ids):
        return Outcome(0, ())
    clear_m = plan.number("hybrid.clear_rotors") * plan.number("wind.rotor_m")
    tree = shapely.STRtree(plan.shapes("pv_blocks"))
    kept = at_least(
        named(plan["turbines"], ["turbine_id"], "m"),
        _nearest_m(tree, places),
        clear_m - tolerance("place_m"),
    )
    inner, _ = tree.query(_shades(plan), predicate="intersects")
    shaded = np.bincount(inner, minlength=len(ids))
    return kept + at_most([f"{name} shade" for name in ids], shaded, 0)


def _nearest_m(tree: shapely.STRtree, places: Geometries) -> npt.NDArray[np.float64]:
    """Return the distance of each place from the nearest of a tree [m]."""
    result = np.full(len(places), np.inf)
    if len(tree.geometries):
        (found, _), away = tree.query_nearest(places, return_distance=True, all_matches=False)
        result[found] = away
    return result


def _shades(plan: PlanFolder) -> Geometries:
    """Return what lies a little inside the strips of shade to the north of turbines."""
    slack = tolerance("place_m")
    long_m = plan.number("hybrid.shade_length_m") - slack
    half_m = plan.number("hybrid.shade_width_m") / 2 - slack
    rows, xy = plan["turbines"], shapely.get_coordinates(plan.shapes("turbines"))
    if min(long_m, half_m) <= 0:
        return np.full(len(rows), shapely.Point(), dtype=object)
    parcels = plan["parcels"]
    turn = -float(
        grid_convergence_deg(parcels["lon_deg"].mean(), parcels["lat_deg"].mean(), plan.crs)
    )
    box = shapely.affinity.rotate(
        shapely.box(-half_m, slack, half_m, long_m), -turn, origin=(0.0, 0.0)
    )
    return np.array([shapely.affinity.translate(box, *step) for step in xy], dtype=object)


def check_site_use(plan: PlanFolder) -> Outcome:
    """Check that what sites take of parcels adds up to their builds and on-site treatment."""
    use, builds, keys = plan["site_use"], plan["builds"], ["site_id", "technology"]
    sums = (
        same_sums(totals(use, keys, name), totals(builds, keys, name), name)
        for name in ("capacity_kw", "gross_centimu")
    )
    treated = plan["treatments"]
    treated = treated[treated["place"] == "on_site"].assign(technology="pv")
    link = ["site_id", "parcel_id", "technology"]
    inside = same_sums(
        totals(use, link, "on_site_centimu"),
        totals(treated, link, "area_centimu"),
        "on_site_centimu",
    )
    return gather((*sums, inside, _leases(plan), _taken(plan)))


def _leases(plan: PlanFolder) -> Outcome:
    costs = plan["costs"]
    lease = costs[costs["item"] == "lease"]
    builds = plan["builds"].set_index("build_id")
    owed = lease.assign(site_id=lease["row_id"].map(builds["site_id"]))
    found = totals(plan["site_use"], ["site_id"], "lease_cny")
    return same_sums(found, totals(owed, ["site_id"], "present_cny"), "lease_cny")


def _taken(plan: PlanFolder) -> Outcome:
    """Compare the PV land that each parcel is charged with what is drawn on it."""
    blocks, use = plan["pv_blocks"], plan["site_use"]
    block, parcel, area = overlaps(plan.shapes("pv_blocks"), plan.shapes("parcels"))
    drawn = pd.DataFrame(
        {
            "site_id": blocks["site_id"].to_numpy()[block],
            "parcel_id": plan["parcels"]["parcel_id"].to_numpy()[parcel],
            "drawn": area / M2_PER_HA * CENTIMU_PER_HA,
        }
    )
    charged = use[(use["technology"] == "pv") & (use["parcel_id"] != "")]
    link = ["site_id", "parcel_id"]
    found, expected = totals(charged, link, "gross_centimu"), totals(drawn, link, "drawn")
    years = int(plan["builds"]["year"].nunique())
    return same_sums(found, expected, "gross_centimu", slack=1.0 + years)


def check_hub_of_site(plan: PlanFolder) -> Outcome:
    """Check that a site feeds one hub."""
    hubs = plan["builds"].groupby("site_id", sort=True)["hub_id"].nunique()
    return alike([f"{site} hubs" for site in hubs.index], hubs, [1] * len(hubs))
