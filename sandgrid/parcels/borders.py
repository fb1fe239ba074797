"""Borders that parcels share: what a price on the perimeter of treated land is paid for."""

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely


def shared_borders(parcels: gpd.GeoDataFrame) -> pd.DataFrame:
    """Return the pairs of parcels that share a border, and its length.

    Parameters
    ----------
    parcels : GeoDataFrame
        parcel_id and polygons, in metres.

    Returns
    -------
    DataFrame
        parcel_id, other_id (the later of the two ids), length_m, sorted; parcels that only meet
        in a point share none.

    Examples
    --------
    >>> shapes = [shapely.box(0, 0, 9, 9), shapely.box(9, 4, 18, 13), shapely.box(18, 13, 20, 20)]
    >>> shared_borders(gpd.GeoDataFrame({"parcel_id": ["P1", "P2", "P3"]}, geometry=shapes))
      parcel_id other_id  length_m
    0        P1       P2       5.0

    """
    table = parcels.sort_values("parcel_id", kind="stable")
    shapes, ids = table.geometry.to_numpy(), table["parcel_id"].to_numpy()
    one, two = shapely.STRtree(shapes).query(shapes, predicate="intersects")
    pairs = np.column_stack([one, two])[one < two]
    pairs = pairs[np.lexsort((pairs[:, 1], pairs[:, 0]))]
    lines = shapely.boundary(shapes)
    length = shapely.length(shapely.intersection(lines[pairs[:, 0]], lines[pairs[:, 1]]))
    found = pd.DataFrame(
        {"parcel_id": ids[pairs[:, 0]], "other_id": ids[pairs[:, 1]], "length_m": length}
    )
    return found[found["length_m"] > 0].reset_index(drop=True)
