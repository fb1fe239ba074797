"""Finished works of the bundled city: exactly the published area."""

from datetime import date, timedelta

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from sandgrid.demo.noise import hash_unit
from sandgrid.demo.shapes import irregular_disc
from sandgrid.params import Parameters
from sandgrid.units import CENTIMU_PER_MU, MU_M2

_SEQUENCES = {
    "mobile": ("straw_shrub", "straw_mech_shrub", "willow_aerial"),
    "semi_fixed": ("shrub", "shrub_enclosure", "aerial"),
    "fixed": ("grass", "enclosure"),
}
_M2_PER_CENTIMU = float(MU_M2) / CENTIMU_PER_MU


def finish_works(
    inventory: gpd.GeoDataFrame, kept_clear: np.ndarray, parameters: Parameters, *, seed: int
) -> gpd.GeoDataFrame:
    """Return the finished works.

    Parameters
    ----------
    inventory : GeoDataFrame
        Of :func:`sandgrid.demo.inventory.survey_sand`; each work lies inside one polygon.
    kept_clear : array of polygons
        Settlements, water and protected land, which no work meets.
    parameters : Parameters
        Figures of the city.
    seed : int
        Seed.

    Returns
    -------
    GeoDataFrame
        work_id, measure, date, area_mu, accepted, dune_class, district_id, source_id; the sum of
        area_mu is exact in hundredths of a mu, and each polygon's area agrees to 0.001 mu.

    """
    parts = []
    wanted = _wanted_centimu(parameters)
    for k, (dune_class, centimu) in enumerate(wanted.items()):
        rows = _rooms(inventory, dune_class, kept_clear, parameters, seed=seed + k)
        parts.append(_fill(rows, centimu))
    works = pd.concat(parts, ignore_index=True)
    return _described(works, parameters, seed=seed)


def _wanted_centimu(parameters: Parameters) -> dict[str, int]:
    total = round(parameters.number("demo.works_mu") * CENTIMU_PER_MU)
    mobile = round(total * parameters.number("demo.works_share.mobile"))
    semi_fixed = round(total * parameters.number("demo.works_share.semi_fixed"))
    return {"mobile": mobile, "semi_fixed": semi_fixed, "fixed": total - mobile - semi_fixed}


def _rooms(
    inventory: gpd.GeoDataFrame,
    dune_class: str,
    kept_clear: np.ndarray,
    parameters: Parameters,
    *,
    seed: int,
) -> pd.DataFrame:
    """Return inventory polygons in a hashed order with a disc that fits into each."""
    own = inventory[inventory["dune_class"] == dune_class]
    number = own["source_id"].str[1:].astype("int64").to_numpy()
    order = np.argsort(hash_unit(number, np.array(17), seed=seed), kind="stable")[:600]
    own = own.iloc[order]
    circles = shapely.maximum_inscribed_circle(own.geometry.to_numpy(), tolerance=20.0)
    centre = np.rint(shapely.get_coordinates(shapely.get_point(circles, 0)))
    radius = np.floor(shapely.length(circles) / 10.0) * 10.0 - 30.0
    discs = [
        irregular_disc(x, y, r / 1.25, seed=seed) for (x, y), r in zip(centre, radius, strict=True)
    ]
    frame = own.drop(columns=["geometry"]).assign(disc=discs, radius=radius)
    held = shapely.contains(own.geometry.to_numpy(), frame["disc"].to_numpy())
    tree = shapely.STRtree(kept_clear)
    met, _ = tree.query(frame["disc"].to_numpy(), predicate="intersects")
    held[np.unique(met)] = False
    wide = radius > parameters.number("demo.least_work_radius_m")
    kept: pd.DataFrame = frame[held & wide]
    return kept


def _fill(rooms: pd.DataFrame, centimu: int) -> pd.DataFrame:
    """Take rooms until their area reaches the total; the last one takes what is left."""
    area = np.floor(shapely.area(rooms["disc"].to_numpy()) / _M2_PER_CENTIMU).astype(np.int64)
    reached = np.cumsum(area)
    count = int(np.searchsorted(reached, centimu)) + 1
    area = area[:count].copy()
    area[-1] -= int(reached[count - 1]) - centimu
    return rooms.iloc[:count].assign(area_centimu=area)


def _scaled(disc: shapely.Polygon, centimu: int) -> shapely.Polygon:
    """Shrink a disc about its first corners' middle to the exact area, on millimetres."""
    factor = np.sqrt(centimu * _M2_PER_CENTIMU / disc.area)
    west, south, east, north = disc.bounds
    middle = np.rint(np.array([(west + east) / 2.0, (south + north) / 2.0]))

    def place(corner: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        moved = np.rint((middle + (corner - middle) * factor) * 1_000.0) / 1_000.0
        return np.asarray(moved, dtype=np.float64)

    return shapely.transform(disc, place)


def _described(works: pd.DataFrame, parameters: Parameters, *, seed: int) -> gpd.GeoDataFrame:
    works = works.sort_values("source_id", kind="stable", ignore_index=True)
    count = np.arange(1, len(works) + 1)
    draw = hash_unit(count, np.array(5), seed=seed)
    first = date.fromisoformat(parameters.text("demo.works_from"))
    days = (date.fromisoformat(parameters.text("demo.works_to")) - first).days
    finished = [(first + timedelta(days=int(d * (days + 1)))).isoformat() for d in draw]
    lot = hash_unit(count, np.array(6), seed=seed)
    measures = [
        _SEQUENCES[kind][int(share * len(_SEQUENCES[kind]))]
        for kind, share in zip(works["dune_class"], lot, strict=True)
    ]
    accepted = hash_unit(count, np.array(7), seed=seed) < parameters.number("demo.accepted_share")
    polygons = [
        _scaled(disc, area) for disc, area in zip(works["disc"], works["area_centimu"], strict=True)
    ]
    return gpd.GeoDataFrame(
        {
            "work_id": [f"G{n:04d}" for n in count],
            "measure": measures,
            "date": finished,
            "area_mu": works["area_centimu"].to_numpy() / CENTIMU_PER_MU,
            "accepted": accepted.astype(np.int64),
            "dune_class": works["dune_class"].to_numpy(),
            "district_id": works["district_id"].to_numpy(),
            "source_id": works["source_id"].to_numpy(),
        },
        geometry=np.array(polygons, dtype=object),
    )
