"""Polygons of an inventory made fit for parcels: no overlaps, none across districts."""

from typing import Final, cast

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from sandgrid.errors import InputError
from sandgrid.params import Parameters
from sandgrid.parcels.cells import in_threads, polygons_only
from sandgrid.units import M2_PER_HA

INVENTORY_TEXT: Final = (
    "source_id",
    "dune_class",
    "degree",
    "holder_kind",
    "collective_id",
    "holder",
)


def without_overlaps(inventory: gpd.GeoDataFrame, parameters: Parameters) -> gpd.GeoDataFrame:
    """Trim polygons that overlap by a sliver: the one with the lower id keeps it.

    Parameters
    ----------
    inventory : GeoDataFrame
        With ``source_id``.
    parameters : Parameters
        ``parcel.overlap_m2``: overlaps above it are refused.

    Raises
    ------
    InputError
        Naming two polygons that overlap by more, and their number.

    """
    ordered = inventory.sort_values("source_id", kind="stable", ignore_index=True)
    shapes = ordered.geometry.to_numpy()
    first, second = shapely.STRtree(shapes).query(shapes, predicate="intersects")
    pairs = first < second
    first, second = first[pairs], second[pairs]
    shared = np.asarray(
        shapely.area(in_threads(shapely.intersection, shapes[first], shapes[second]))
    )
    _refuse_overlaps(ordered, first, second, shared_m2=shared, parameters=parameters)
    for one, other in zip(first[shared > 0], second[shared > 0], strict=True):
        shapes[other] = polygons_only(np.array([shapely.difference(shapes[other], shapes[one])]))[0]
    trimmed = ordered.set_geometry(gpd.GeoSeries(shapes, crs=ordered.crs))
    return cast("gpd.GeoDataFrame", trimmed)


def _refuse_overlaps(
    inventory: gpd.GeoDataFrame,
    first: npt.NDArray[np.intp],
    second: npt.NDArray[np.intp],
    *,
    shared_m2: npt.NDArray[np.float64],
    parameters: Parameters,
) -> None:
    wide = np.flatnonzero(shared_m2 > parameters.number("parcel.overlap_m2"))
    if len(wide):
        worst = wide[np.argmax(shared_m2[wide])]
        names = inventory["source_id"]
        values = {
            "count": len(wide),
            "first": names[first[worst]],
            "second": names[second[worst]],
            "area": float(shared_m2[worst]) / M2_PER_HA,
        }
        raise InputError("parcels-overlap", values)


def split_by_district(inventory: gpd.GeoDataFrame, districts: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Cut polygons by district; what lies in none is left out.

    Parameters
    ----------
    inventory, districts : GeoDataFrame
        Same CRS; districts carry ``district_id`` and ``district``.

    Returns
    -------
    GeoDataFrame
        Columns of the inventory that parcels need, ``district_id``, ``district``, geometry;
        ordered by district and source id.

    """
    shapes, places = inventory.geometry.to_numpy(), districts.geometry.to_numpy()
    shapely.prepare(places)
    piece, place = shapely.STRtree(places).query(shapes, predicate="intersects")
    whole = shapely.covers(places[place], shapes[piece])
    cut = shapes[piece]
    inside = in_threads(shapely.intersection, cut[~whole], places[place][~whole])
    cut[~whole] = polygons_only(inside)
    text = {name: _text(inventory, name).to_numpy()[piece] for name in INVENTORY_TEXT}
    names = {
        name: districts[name].astype("str").to_numpy()[place]
        for name in ("district_id", "district")
    }
    frame = gpd.GeoDataFrame({**text, **names}, geometry=cut, crs=inventory.crs)
    frame = frame[shapely.area(cut) > 0]
    return cast(
        "gpd.GeoDataFrame",
        frame.sort_values(["district_id", "source_id"], kind="stable", ignore_index=True),
    )


def _text(frame: gpd.GeoDataFrame, name: str) -> "pd.Series[str]":
    if name not in frame.columns:
        return pd.Series("", index=frame.index, dtype="str")
    return cast("pd.Series[str]", frame[name].astype("str").fillna(""))
