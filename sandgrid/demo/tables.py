"""Data tables of the bundled city, read from the package."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from itertools import pairwise

import numpy as np
import pandas as pd
import shapely

from sandgrid.demo.arithmetic import Floats, project, unproject

_EDGE_STEP_M = 1_000.0
LAND_SHARES = (
    "sand", "arable", "tree_forest", "shrubland", "other_forest", "saline", "bare",
)  # fmt: skip


@dataclass(frozen=True)
class District:
    """One row of the district table.

    Parameters
    ----------
    district_id, zh, en : str
        Administrative code and names.
    polygon_km2 : float
        Published area, to which the outline is fitted [km2].
    townships, villages, wind_farms : int
        How many there are.
    sandy_share : float
        Assumed share of sandy land, before the city's scale [1].
    mobile_share, semi_fixed_share : float
        Shares of the sandy land [1].
    land_shares : mapping
        Shares of the district by land class; grassland takes the rest [1].
    non_basic_weight : float
        How much of the grassland is not basic, relative to the other districts.
    wind_mw : int
        Operating wind farms [MW].

    """

    district_id: str
    zh: str
    en: str
    polygon_km2: float
    townships: int
    villages: int
    sandy_share: float
    mobile_share: float
    semi_fixed_share: float
    land_shares: Mapping[str, float]
    non_basic_weight: float
    wind_mw: int
    wind_farms: int


@cache
def demo_districts() -> tuple[District, ...]:
    """Return the districts in the order of their codes.

    Examples
    --------
    >>> demo_districts()[2].en
    'Horqin Left Rear Banner'

    """
    return tuple(
        District(
            district_id=row["district_id"],
            zh=row["zh"],
            en=row["en"],
            polygon_km2=float(row["polygon_km2"]),
            townships=int(row["townships"]),
            villages=int(row["villages"]),
            sandy_share=float(row["sandy_share"]),
            mobile_share=float(row["mobile_share"]),
            semi_fixed_share=float(row["semi_fixed_share"]),
            land_shares={name: float(row[name]) for name in LAND_SHARES},
            non_basic_weight=float(row["non_basic_weight"]),
            wind_mw=int(row["wind_mw"]),
            wind_farms=int(row["wind_farms"]),
        )
        for _, row in demo_table("districts").iterrows()
    )


@cache
def demo_table(name: str) -> pd.DataFrame:
    """Return one table of ``sandgrid/reference/demo``.

    Examples
    --------
    >>> demo_table("districts")["district_id"].iloc[0]
    '150502'

    """
    path = resources.files("sandgrid") / "reference" / "demo" / f"{name}.csv"
    text = dict.fromkeys(("district_id", "from_district", "to_district"), "str")
    with path.open(encoding="utf-8") as stream:
        return pd.read_csv(stream, dtype=text, keep_default_na=False)


@cache
def class_values(name: str = "dltb") -> dict[str, int]:
    """Return raster value by code of a land code table (DLTB code, or soil class).

    Examples
    --------
    >>> class_values()["1205"]
    37

    """
    path = resources.files("sandgrid") / "reference" / "landcodes" / f"{name}.csv"
    with path.open(encoding="utf-8") as stream:
        table = pd.read_csv(stream, dtype="str")
    key = "code" if "code" in table else "class"
    return {str(code): int(value) for code, value in zip(table[key], table["value"], strict=True)}


def district_outlines() -> np.ndarray:
    """Return the schematic outlines as they are written: few vertices, analysis CRS [m]."""
    outlines = demo_table("district_outlines")
    rings = [
        shapely.Polygon(outlines.loc[outlines["district_id"] == key, ["x_m", "y_m"]].to_numpy())
        for key in (district.district_id for district in demo_districts())
    ]
    return shapely.normalize(np.array(rings, dtype=object))


@cache
def district_polygons() -> np.ndarray:
    """Return the land inside the outlines, whose written edges are straight in degrees.

    A straight line in longitude and latitude bends in the analysis CRS (7 m on 20 km), so each
    edge is filled with points of the line that a reader of the file sees.

    Examples
    --------
    >>> bool((shapely.get_num_coordinates(district_polygons()) > 60).all())
    True

    """
    return np.array([_bent(outline) for outline in district_outlines()], dtype=object)


def _bent(outline: shapely.Polygon) -> shapely.Polygon:
    corners = shapely.get_coordinates(outline)
    edges = [_edge(a, b) for a, b in pairwise(corners)]
    return shapely.Polygon(np.vstack(edges))


def _edge(start: Floats, end: Floats) -> Floats:
    """Return the points of an edge without its end; the same points in either direction."""
    turned = tuple(start) > tuple(end)
    ends = np.array([end, start] if turned else [start, end])
    lon, lat = (np.rint(part * 1e7) / 1e7 for part in unproject(ends[:, 0], ends[:, 1]))
    count = int(np.abs(start - end).max() // _EDGE_STEP_M) + 1
    share = np.arange(count + 1) / count
    x, y = project(lon[0] + (lon[1] - lon[0]) * share, lat[0] + (lat[1] - lat[0]) * share)
    points = np.rint(np.column_stack([x, y]) * 1_000.0) / 1_000.0
    points[[0, -1]] = ends
    result: Floats = (points[::-1] if turned else points)[:-1]
    return result


def seat_points_m() -> np.ndarray:
    """Return the seats of the districts, whole metres in the analysis CRS."""
    table = demo_table("districts")
    x, y = project(table["seat_lon"].to_numpy(float), table["seat_lat"].to_numpy(float))
    return np.column_stack([np.rint(x), np.rint(y)])
