"""Checks of the ground: no land twice, nothing where it may not be, drawn as counted."""

from typing import Final

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import shapely

from sandgrid.audit.comparing import alike, at_most, equal, gather, totals
from sandgrid.audit.folder import Geometries, PlanFolder, tolerance
from sandgrid.audit.overlay import (
    outside_m2,
    overlaps,
    own_overlaps,
    refused_discs,
    refused_m2,
)
from sandgrid.audit.report import Outcome
from sandgrid.audit.sequences import read_courses
from sandgrid.units import CENTIMU_PER_HA, M2_PER_HA

M2_PER_CENTIMU: Final = M2_PER_HA / CENTIMU_PER_HA
DEGREES: Final = "EPSG:4490"
MEASURES: Final = "treatment:"
PLACED: Final = ("parcels", "sites", "turbines", "pv_blocks", "hubs", "substations")


def check_shapes(plan: PlanFolder) -> Outcome:
    """Check that every feature has a valid shape in one CRS."""
    first = plan.crs
    names = ("parcels", "sites", "treatments", "pv_blocks", "turbines", "hubs", "trunks", "works")
    same = alike(
        names, [gpd.GeoDataFrame(plan.tables[name]).crs for name in names], [first] * len(names)
    )
    return same + gather(_sound(plan, name) for name in names)


def _sound(plan: PlanFolder, name: str) -> Outcome:
    table = gpd.GeoDataFrame(plan.tables[name])
    shapes = table.geometry.to_numpy()
    good = shapely.is_valid(shapes) & ~shapely.is_empty(shapes)
    return alike([f"{one} geometry" for one in table.iloc[:, 0]], good, [True] * len(table))


def check_places(plan: PlanFolder) -> Outcome:
    """Check that coordinates that are written beside a shape lie on it."""
    transformer = pyproj.Transformer.from_crs(DEGREES, plan.crs, always_xy=True)
    return gather(_on_shape(plan, name, transformer) for name in PLACED)


def _on_shape(plan: PlanFolder, name: str, transformer: pyproj.Transformer) -> Outcome:
    table, shapes = plan[name], plan.shapes(name)
    x, y = transformer.transform(table["lon_deg"].to_numpy(), table["lat_deg"].to_numpy())
    away = shapely.distance(shapely.points(x, y), shapes)
    where = [f"{one} lon, lat" for one in table.iloc[:, 0]]
    outcome = at_most(where, away, tolerance("place_m"))
    if name in ("hubs", "substations"):
        away = shapely.distance(shapely.points(table["x_m"], table["y_m"]), shapes)
        outcome += at_most(
            [f"{one} x_m, y_m" for one in table.iloc[:, 0]], away, tolerance("place_m")
        )
    return outcome


def check_parcels(plan: PlanFolder) -> Outcome:
    """Check that parcels have their area, lie inside their district and do not overlap."""
    parcels, shapes = plan["parcels"], plan.shapes("parcels")
    where = [f"{one} area_ha" for one in parcels["parcel_id"]]
    slack = tolerance("area_m2") / M2_PER_HA
    area = equal(where, parcels["area_ha"], shapely.area(shapes) / M2_PER_HA, slack=slack)
    outside = outside_m2(shapes, _holders(plan, "parcels", "district_id", "districts"))
    inside = at_most(
        [f"{one} m2" for one in parcels["parcel_id"]], outside, tolerance("overlap_m2")
    )
    return area + inside + _apart(plan, "parcels")


def check_sites(plan: PlanFolder) -> Outcome:
    """Check that sites do not overlap, and hold their parcels."""
    held = outside_m2(plan.shapes("parcels"), _holders(plan, "parcels", "site_id", "sites"))
    inside = (plan["parcels"]["site_id"] != "").to_numpy()
    where = [f"{one} m2" for one in plan["parcels"]["parcel_id"][inside]]
    return at_most(where, held[inside], tolerance("overlap_m2")) + _apart(plan, "sites")


def _apart(plan: PlanFolder, name: str) -> Outcome:
    """Compare what shapes of one table share with nothing."""
    ids = plan[name].iloc[:, 0].to_numpy()
    one, two, shared = own_overlaps(plan.shapes(name))
    where = [f"{a} / {b} m2" for a, b in zip(ids[one], ids[two], strict=True)]
    outcome = at_most(where, shared, tolerance("overlap_m2"))
    return Outcome(len(ids), outcome.faults)


def _holders(plan: PlanFolder, name: str, column: str, target: str) -> Geometries:
    """Return the shape that each row of a table refers to; None where there is none."""
    known = dict(zip(plan[target][column], plan.shapes(target), strict=True))
    return np.array([known.get(one) for one in plan[name][column]], dtype=object)


def check_treated_once(plan: PlanFolder) -> Outcome:
    """Check that no hectare is treated twice, nor treated again after finished works."""
    return _apart(plan, "treatments") + _disjoint(plan, "treatments", "works")


def _disjoint(plan: PlanFolder, name: str, other: str) -> Outcome:
    ids, others = plan[name].iloc[:, 0].to_numpy(), plan[other].iloc[:, 0].to_numpy()
    one, two, shared = overlaps(plan.shapes(name), plan.shapes(other))
    where = [f"{a} / {b} m2" for a, b in zip(ids[one], others[two], strict=True)]
    return Outcome(len(ids), at_most(where, shared, tolerance("overlap_m2")).faults)


def check_treatment_area(plan: PlanFolder) -> Outcome:
    """Check that drawn land is as large as what counts."""
    rows = plan["treatments"]
    drawn = shapely.area(plan.shapes("treatments")) / M2_PER_CENTIMU
    where = [f"{one} area_centimu" for one in rows["treatment_id"]]
    slack = 1.0 + tolerance("area_m2") / M2_PER_CENTIMU
    return equal(where, rows["area_centimu"], drawn, slack=slack)


def check_treatment_parcel(plan: PlanFolder) -> Outcome:
    """Check that treated land lies inside its parcel, within its treatable land."""
    rows, parcels = plan["treatments"], plan["parcels"].set_index("parcel_id")
    outside = outside_m2(
        plan.shapes("treatments"), _holders(plan, "treatments", "parcel_id", "parcels")
    )
    inside = at_most(
        [f"{one} m2" for one in rows["treatment_id"]], outside, tolerance("overlap_m2")
    )
    treated = totals(rows, ["parcel_id"], "area_centimu")
    most = parcels["treat_ha"].reindex(treated.index) * CENTIMU_PER_HA
    where = [f"{one} 0.01 mu" for one in treated.index]
    return inside + at_most(where, treated, most, slack=1.0)


def check_generation_land(plan: PlanFolder) -> Outcome:
    """Check that off-site treatment keeps off PV blocks; no treatment lies under a turbine."""
    rows, shapes = plan["treatments"], plan.shapes("treatments")
    off = (rows["place"] == "off_site").to_numpy()
    blocks = _shared(rows["treatment_id"][off], shapes[off], plan.shapes("pv_blocks"))
    return blocks + _shared(rows["treatment_id"], shapes, inner_pads(plan))


def _shared(ids: pd.Series, shapes: Geometries, others: Geometries) -> Outcome:
    """Compare what each shape shares with others with nothing."""
    one, _, area = overlaps(shapes, others)
    shared = np.bincount(one, area, minlength=len(shapes))
    return at_most([f"{name} m2" for name in ids], shared, tolerance("overlap_m2"))


def inner_pads(plan: PlanFolder) -> Geometries:
    """Return discs that lie inside the drawn pads of the turbines."""
    radius_m = plan["turbines"]["pad_radius_m"].to_numpy() * tolerance("pad_share")
    return np.asarray(shapely.buffer(plan.shapes("turbines"), radius_m), dtype=object)


def check_on_site_land(plan: PlanFolder) -> Outcome:
    """Check that on-site treatment lies inside PV blocks accepted at its deadline."""
    rows = plan["treatments"].rename(columns={"deadline_year": "accepted"})
    inside = (rows["place"] == "on_site").to_numpy()
    blocks = plan["pv_blocks"]
    year = blocks["year"] + int(plan.programme("acceptance_lag_years"))
    land = plan.shapes("pv_blocks")
    parts = {
        key: shapely.union_all(land[rows_of])
        for key, rows_of in blocks.groupby([blocks["site_id"], year]).indices.items()
    }
    keys = zip(rows["site_id"][inside], rows["accepted"][inside], strict=True)
    holders = np.array([parts.get(key) for key in keys], dtype=object)
    outside = outside_m2(plan.shapes("treatments")[inside], holders)
    where = [f"{one} m2" for one in rows["treatment_id"][inside]]
    return at_most(where, outside, tolerance("overlap_m2"))


def check_treatment_eligible(plan: PlanFolder) -> Outcome:
    """Check that treated land lies on cells where treatment is eligible."""
    return _eligible(plan, "treatments", "treatment")


def check_measure_eligible(plan: PlanFolder) -> Outcome:
    """Check that each measure with rules of its own is used only on cells where it is eligible.

    The rules that ``plan.json`` lists say which measures have a band of their own.
    """
    named = {use for rule in plan.figures.get("rules", ()) for use in rule.get("uses", ())}
    bands = [sorted(filter(_of_measure, uses)) for uses in (plan.reasons.bits, named)]
    complete = alike(["eligibility.tif bands"], bands[:1], bands[1:])
    return complete + gather(_measure_eligible(plan, use) for use in bands[0])


def _of_measure(use: str) -> bool:
    return use.startswith(MEASURES)


def _measure_eligible(plan: PlanFolder, use: str) -> Outcome:
    measure = use.removeprefix(MEASURES)
    courses = read_courses(plan.parameters).items()
    using = [name for name, course in courses if measure in dict(course.steps)]
    return _eligible(plan, "treatments", use, plan["treatments"]["sequence_id"].isin(using))


def check_pv_eligible(plan: PlanFolder) -> Outcome:
    """Check that pV blocks lie on cells where PV is eligible."""
    return _eligible(plan, "pv_blocks", "pv")


def _eligible(plan: PlanFolder, name: str, use: str, meant: pd.Series | None = None) -> Outcome:
    """Compare what shapes take of refused cells with nothing; all rows, or those that are meant."""
    rows = np.ones(len(plan[name]), bool) if meant is None else meant.to_numpy(dtype=bool)
    shapes, margin_m = plan.shapes(name)[rows], tolerance("cell_margin_m")
    refused = refused_m2(shapes, plan.reasons, use, margin_m=margin_m)
    where = [f"{one} {use} m2" for one in plan[name].iloc[:, 0][rows]]
    return at_most(where, refused, tolerance("overlap_m2"))


def check_wind_eligible(plan: PlanFolder) -> Outcome:
    """Check that turbines and their pads stand on cells where wind is eligible."""
    rows = plan["turbines"]
    radius_m = rows["pad_radius_m"].to_numpy() * tolerance("pad_share")
    refused = refused_discs(plan.shapes("turbines"), radius_m, plan.reasons, "wind")
    return equal([f"{one} wind" for one in rows["turbine_id"]], refused, 0)
