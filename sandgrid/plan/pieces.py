"""Treated land as polygons: dated within deadlines, cut straight from its parcel."""

from collections.abc import Iterator, Mapping

import geopandas as gpd
import pandas as pd
from shapely.geometry.base import BaseGeometry

from sandgrid.errors import InputError
from sandgrid.plan.cutting import only_polygons, split_area
from sandgrid.plan.drawing import Drawing, treatable_land
from sandgrid.plan.inputs import Ground
from sandgrid.plan.quantise import whole_centimu
from sandgrid.units import CENTIMU_PER_HA, M2_PER_HA

M2_PER_CENTIMU = M2_PER_HA / CENTIMU_PER_HA
LEAST_HA = 1e-7
KEYS = ["parcel_id", "place", "deadline_year"]


def date_pieces(treatments: pd.DataFrame, options: pd.DataFrame, drawing: Drawing) -> pd.DataFrame:
    """Give treated land its counting year and, on site, the plant whose deadline it keeps.

    Parameters
    ----------
    treatments : DataFrame
        parcel_id, sequence_id, place, year, ha.
    options : DataFrame
        Contract ``treat_options``.
    drawing : Drawing
        On-site land by deadline.

    Returns
    -------
    DataFrame
        parcel_id, sequence_id, place, year, count_year, deadline_year (0 off site), ha.

    Raises
    ------
    InputError
        If a treatment is no option.

    Notes
    -----
    Latest counting years take the land with the latest deadlines first, which places all that can
    be placed.  What is left over starts as much earlier as its deadline asks.

    """
    keys = ["parcel_id", "sequence_id", "place"]
    steps = options[[*keys, "count_offset_years"]]
    rows = treatments.merge(steps, on=keys, how="left", validate="m:1")
    if rows["count_offset_years"].isna().any():
        lost = "/".join(rows[rows["count_offset_years"].isna()].iloc[0][keys])
        raise InputError("plan-option-unknown", {"row": lost, "table": "treat_options"})
    rows["count_year"] = rows["year"] + rows["count_offset_years"].astype("int64")
    rows["deadline_year"] = 0
    outside = rows[rows["place"] == "off_site"]
    inside = [
        placed
        for parcel_id, part in rows[rows["place"] == "on_site"].groupby("parcel_id", sort=True)
        for placed in _place(part, _rooms(drawing.on_site_land, str(parcel_id)))
    ]
    both = pd.concat([outside, pd.DataFrame(inside, columns=rows.columns)], ignore_index=True)
    names = ["parcel_id", "sequence_id", "place", "year", "count_year", "deadline_year"]
    whole = both.groupby(names, sort=True)["ha"].sum().reset_index()
    years = {"year": "int64", "count_year": "int64", "deadline_year": "int64"}
    return pd.DataFrame(whole.astype(years))


def _rooms(on_site: gpd.GeoDataFrame, parcel_id: str) -> dict[int, float]:
    land = on_site[on_site["parcel_id"] == parcel_id]
    by_year = land.groupby("deadline_year")["land_centimu"].sum() / CENTIMU_PER_HA
    return {int(year): float(ha) for year, ha in sorted(by_year.items(), reverse=True)}


def _place(rows: pd.DataFrame, rooms: dict[int, float]) -> Iterator[dict[str, object]]:
    order = rows.sort_values(["count_year", "sequence_id"], ascending=[False, True], kind="stable")
    for row in order.to_dict("records"):
        left = row["ha"]
        for deadline, room in rooms.items():
            taken = min(left, room)
            if taken <= LEAST_HA:
                continue
            rooms[deadline] -= taken
            left -= taken
            early = max(row["count_year"] - deadline, 0)
            yield row | {
                "ha": taken,
                "deadline_year": deadline,
                "year": row["year"] - early,
                "count_year": row["count_year"] - early,
            }


def land_by_key(drawing: Drawing) -> pd.Series:
    """Return the land that treatment may take: (parcel_id, place, deadline_year) -> 0.01 mu."""
    off = drawing.land[["parcel_id"]].assign(place="off_site", deadline_year=0)
    off["land"] = whole_centimu(drawing.land["off_site_ha"])
    on = pd.DataFrame(drawing.on_site_land.drop(columns="geometry")).assign(place="on_site")
    on = on.rename(columns={"land_centimu": "land"})
    both = pd.concat([off, on[[*KEYS, "land"]]], ignore_index=True)
    return both.groupby(KEYS)["land"].sum()


def draw_pieces(pieces: pd.DataFrame, ground: Ground, drawing: Drawing) -> gpd.GeoDataFrame:
    """Draw treated land.

    Parameters
    ----------
    pieces : DataFrame
        parcel_id, place, deadline_year, area_centimu, sorted as they shall be cut.
    ground : Ground
        Parcels and the cells that may be treated.
    drawing : Drawing
        Land that builds leave.

    Returns
    -------
    GeoDataFrame
        The pieces with their polygons; a parcel taken whole keeps its shape, one taken in part
        is cut by straight lines to the exact area.

    Raises
    ------
    InputError
        If a parcel has less land than is treated.

    """
    land = _land(pieces, ground, drawing)
    shapes = pd.Series(index=pieces.index, dtype="object")
    for key, rows in pieces.groupby(KEYS, sort=True):
        areas = rows["area_centimu"].tolist()
        parts = cut_pieces(land[key], areas, parcel_id=str(key[0]))
        for place, part in zip(rows.index, parts, strict=True):
            shapes.loc[place] = part
    return gpd.GeoDataFrame(pieces, geometry=shapes.to_numpy(), crs=ground.parcels.crs)


def _land(pieces: pd.DataFrame, ground: Ground, drawing: Drawing) -> Mapping[object, BaseGeometry]:
    """Return the land that pieces are cut from, by parcel, place and deadline; no slivers.

    What they hold is told as land all the same: it is a thousandth of the unit that counts.
    """
    touched = drawing.off_site_land
    found: dict[object, BaseGeometry] = {
        (parcel, "off_site", 0): shape
        for parcel, shape in zip(touched["parcel_id"], touched.geometry, strict=True)
    }
    inside = drawing.on_site_land
    for row in inside.dissolve(["parcel_id", "deadline_year"]).reset_index().itertuples():
        found[(row.parcel_id, "on_site", row.deadline_year)] = row.geometry
    off = set(pieces.loc[pieces["place"] == "off_site", "parcel_id"]) - set(touched["parcel_id"])
    parcels = ground.parcels[ground.parcels["parcel_id"].isin(off)]
    for parcel, shape in zip(parcels["parcel_id"], treatable_land(parcels, ground), strict=True):
        found[(parcel, "off_site", 0)] = shape
    return {key: only_polygons(shape) for key, shape in found.items()}


def cut_pieces(
    land: BaseGeometry, areas_centimu: list[int], *, parcel_id: str
) -> list[BaseGeometry]:
    """Cut land into pieces of whole hundredths of a mu.

    Parameters
    ----------
    land : Polygon or MultiPolygon
        What is cut.
    areas_centimu : list of int
        Areas [0.01 mu]; if they take all whole units, the last piece takes what is left.
    parcel_id : str
        For the error.

    Raises
    ------
    InputError
        If the land is smaller than its pieces.

    Examples
    --------
    >>> import shapely
    >>> parts = cut_pieces(shapely.box(0, 0, 100, 100), [500, 1000], parcel_id="P000001")
    >>> [round(part.area / M2_PER_CENTIMU) for part in parts]
    [500, 1000]

    """
    room, need = land.area / M2_PER_CENTIMU, sum(areas_centimu)
    if need > room + 1:
        values = {"have": f"{room / CENTIMU_PER_HA:.4f}", "need": f"{need / CENTIMU_PER_HA:.4f}"}
        raise InputError("plan-piece-too-large", {"parcel": parcel_id, **values})
    parts: list[BaseGeometry] = []
    rest = land
    for number, area in enumerate(areas_centimu, start=1):
        if number == len(areas_centimu) and need > room - 1:
            parts.append(rest)
        else:
            part, rest = split_area(rest, area * M2_PER_CENTIMU)
            parts.append(part)
    return parts
