"""Borders of parcels: what a price on the perimeter of treated land is paid for."""

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

LEAST_M = 1e-3


def find_borders(parcels: gpd.GeoDataFrame) -> pd.DataFrame:
    """Return the borders of parcels: those that two of them share, and those to other land.

    Parameters
    ----------
    parcels : GeoDataFrame
        parcel_id and polygons, in metres.

    Returns
    -------
    DataFrame
        parcel_id, other_id (the later of two ids; "" for land that is no parcel), length_m,
        sorted; parcels that only meet in a point share none.

    Examples
    --------
    >>> shapes = [shapely.box(0, 0, 9, 9), shapely.box(9, 4, 18, 13)]
    >>> find_borders(gpd.GeoDataFrame({"parcel_id": ["P1", "P2"]}, geometry=shapes))
      parcel_id other_id  length_m
    0        P1               31.0
    1        P1       P2       5.0
    2        P2               31.0

    """
    table = parcels.sort_values("parcel_id", kind="stable")
    shapes, ids = table.geometry.to_numpy(), table["parcel_id"].to_numpy()
    one, two = shapely.STRtree(shapes).query(shapes, predicate="intersects")
    pairs = np.column_stack([one, two])[one < two]
    lines = shapely.boundary(shapes)
    shared = shapely.length(shapely.intersection(lines[pairs[:, 0]], lines[pairs[:, 1]]))
    inside = np.bincount(pairs.ravel(), np.repeat(shared, 2), minlength=len(ids))
    found = pd.DataFrame(
        {
            "parcel_id": [*ids[pairs[:, 0]], *ids],
            "other_id": [*ids[pairs[:, 1]], *[""] * len(ids)],
            "length_m": [*shared, *(shapely.length(lines) - inside)],
        }
    ).astype({"length_m": "float64"})
    found = found[found["length_m"] >= LEAST_M]
    return found.sort_values(["parcel_id", "other_id"], kind="stable", ignore_index=True)
