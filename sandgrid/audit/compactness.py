"""The check of the price of borders between treated and other land."""

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from sandgrid.audit.comparing import alike, equal, named, same_sums, totals
from sandgrid.audit.folder import KEYS, PlanFolder, tolerance
from sandgrid.audit.report import Outcome
from sandgrid.units import CENTIMU_PER_HA


def check_perimeter(plan: PlanFolder) -> Outcome:
    """Check that borders cost their price, by how much more of one parcel is treated."""
    price, costs = _price(plan), plan["costs"]
    paid = costs[costs["item"] == "perimeter"]
    if price <= 0:
        return equal(["perimeter rows"], [len(paid)], [0])
    where = named(paid, KEYS["costs"], "year")
    dated = alike(where, paid["year"], [plan.years[-1]] * len(paid))
    edge = _borders(plan)
    share = _treated_share(plan)
    apart = np.abs(edge["one"].map(share) - edge["two"].map(share).fillna(0.0))
    due = edge.assign(due=apart * edge["metres"] * price)
    owed = totals(due, ["row_id"], "due")
    found = totals(paid, ["row_id"], "amount_cny")
    return dated + same_sums(found, owed, "perimeter CNY", slack=tolerance("cost_cny"))


def _price(plan: PlanFolder) -> float:
    """Return the price of a metre; plans of before it could be set have none."""
    key = "programme.perimeter_price_cny_per_m"
    return plan.number(key) if key in plan.parameters else 0.0


def _treated_share(plan: PlanFolder) -> pd.Series:
    """Return how much of the treatable land of each parcel is treated [1]."""
    land = plan["parcels"].set_index("parcel_id")["treat_ha"] * CENTIMU_PER_HA
    done = plan["treatments"].groupby("parcel_id")["area_centimu"].sum()
    share = done.reindex(land.index, fill_value=0) / land.where(land > 0)
    return share.fillna(0.0).clip(upper=1.0)


def _borders(plan: PlanFolder) -> pd.DataFrame:
    """Return borders: half of what two perimeters lose when they are joined, and the rest."""
    shapes = plan.shapes("parcels")
    ids = plan["parcels"]["parcel_id"].to_numpy()
    near = gpd.GeoSeries(shapes).sindex.query(shapes, predicate="intersects")
    one, two = near[:, ids[near[0]] < ids[near[1]]]
    around = shapely.length(shapes)
    joined = shapely.length(shapely.union(shapes[one], shapes[two]))
    metres = (around[one] + around[two] - joined) / 2
    pairs = pd.DataFrame({"one": ids[one], "two": ids[two], "metres": metres})
    both = pd.concat([pairs, pairs.rename(columns={"one": "two", "two": "one"})])
    shared = both.groupby("one")["metres"].sum().reindex(ids, fill_value=0.0)
    rest = pd.DataFrame({"one": ids, "two": "", "metres": around - shared.to_numpy()})
    pairs["row_id"], rest["row_id"] = pairs["one"] + "-" + pairs["two"], rest["one"]
    return pd.concat([pairs, rest], ignore_index=True)
