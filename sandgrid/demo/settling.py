"""Villages, townships and the built-up land of the bundled city."""

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from sandgrid.demo.noise import hash_unit
from sandgrid.demo.shapes import irregular_disc
from sandgrid.demo.tables import (
    District,
    demo_districts,
    demo_table,
    district_polygons,
    seat_points_m,
)
from sandgrid.params import Parameters

Points = npt.NDArray[np.float64]
_EDGE_M = 1_200.0
_HAMLET_REACH_M = 9_000.0


@dataclass(frozen=True)
class Places:
    """Villages and townships.

    Parameters
    ----------
    villages : GeoDataFrame
        village_id, village, township, district_id, collective_id, collective, x_m, y_m, centre
        ("city", "town" or "village") and the territory.
    townships : GeoDataFrame
        township_id, township, district_id and the territory.

    """

    villages: gpd.GeoDataFrame
    townships: gpd.GeoDataFrame


def found_places(*, seed: int) -> Places:
    """Return villages with territories that tile the districts, and the townships they form."""
    parts = [
        _district_villages(row, polygon, seat, seed=seed + 1_000 * k)
        for k, (row, polygon, seat) in enumerate(
            zip(
                demo_districts(),
                district_polygons(),
                seat_points_m(),
                strict=True,
            )
        )
    ]
    frame = pd.concat(parts, ignore_index=True)
    count = np.arange(1, len(frame) + 1)
    frame["village_id"] = [f"V{n:04d}" for n in count]
    frame["collective_id"] = [f"C{n:04d}" for n in count]
    frame["village"] = _village_names(len(frame))
    frame["collective"] = frame["village"] + "集体经济组织"
    return _with_townships(gpd.GeoDataFrame(frame, geometry="geometry"))


def _district_villages(
    row: District, polygon: shapely.Polygon, seat: Points, *, seed: int
) -> pd.DataFrame:
    centres = _scatter(polygon, row.villages, seat, seed=seed)
    cells = shapely.voronoi_polygons(shapely.MultiPoint(centres), extend_to=polygon, ordered=True)
    territory = shapely.intersection(np.array(cells.geoms, dtype=object), polygon)
    territory = np.array([max(shapely.get_parts(t), key=lambda g: g.area) for t in territory])
    town = _pick_towns(centres, row.townships)
    return pd.DataFrame(
        {
            "district_id": row.district_id,
            "x_m": centres[:, 0],
            "y_m": centres[:, 1],
            "town": town,
            "geometry": shapely.set_precision(territory, 1.0, mode="pointwise"),
        }
    )


def _scatter(polygon: shapely.Polygon, count: int, seat: Points, *, seed: int) -> Points:
    """Return whole-metre points in the polygon: the seat, then one per lattice cell."""
    inner = polygon.buffer(-_EDGE_M, quad_segs=2)
    spacing = float(np.sqrt(inner.area / count))
    points = _lattice_points(inner, spacing, seed=seed)
    while len(points) < count:
        spacing *= 0.985
        points = _lattice_points(inner, spacing, seed=seed)
    away = np.abs(points - seat).max(axis=1) > spacing * 0.45
    return np.vstack([seat[None, :], points[away]])[:count]


def _lattice_points(inner: shapely.Polygon, spacing: float, *, seed: int) -> Points:
    west, south, east, north = inner.bounds
    i = np.arange(int(west // spacing) - 1, int(east // spacing) + 2)
    j = np.arange(int(south // spacing) - 1, int(north // spacing) + 2)
    column, row = (a.ravel() for a in np.meshgrid(i, j))
    x = (column + 0.5 * (row % 2) + 0.2 + 0.6 * hash_unit(column, row, seed=seed)) * spacing
    y = (row + 0.2 + 0.6 * hash_unit(column, row, seed=seed + 1)) * spacing
    points = np.column_stack([np.rint(x), np.rint(y)])
    inside: npt.NDArray[np.bool_] = shapely.contains_xy(inner, points[:, 0], points[:, 1])
    return points[inside]


def _pick_towns(centres: Points, count: int) -> npt.NDArray[np.int64]:
    """Return for each village the index of its town: farthest-point picks from the seat."""
    picked = [0]
    nearest = ((centres - centres[0]) ** 2).sum(axis=1)
    while len(picked) < count:
        picked.append(int(nearest.argmax()))
        nearest = np.minimum(nearest, ((centres - centres[picked[-1]]) ** 2).sum(axis=1))
    towns = np.array(picked)
    gap = ((centres[:, None, :] - centres[None, towns, :]) ** 2).sum(axis=2)
    return np.asarray(towns[gap.argmin(axis=1)], dtype=np.int64)


def _village_names(count: int) -> list[str]:
    words = demo_table("names")
    heads = words.loc[words["part"] == "head", "zh"].tolist()
    tails = words.loc[words["part"] == "tail", "zh"].tolist()
    pairs = [(n % len(heads), (n // len(heads) + n) % len(tails)) for n in range(count)]
    return [f"{heads[h]}{tails[t]}嘎查" for h, t in pairs]


def _with_townships(villages: gpd.GeoDataFrame) -> Places:
    own = villages.groupby("district_id", sort=False).cumcount().to_numpy()
    first = np.flatnonzero(own == 0)
    offset = first[np.searchsorted(first, np.arange(len(villages)), side="right") - 1]
    town = villages["town"].to_numpy() + offset
    villages["town_row"] = town
    centre = np.where(town == np.arange(len(villages)), "town", "village")
    centre[first] = "city"
    villages["centre"] = centre
    rows = np.unique(town)
    names = {r: villages["village"].iloc[r].replace("嘎查", "镇") for r in rows}
    villages["township"] = [names[r] for r in town]
    territory = [_joined(villages.geometry.to_numpy()[town == r]) for r in rows]
    townships = gpd.GeoDataFrame(
        {
            "township_id": [f"T{n:03d}" for n in range(1, len(rows) + 1)],
            "township": [names[r] for r in rows],
            "district_id": villages["district_id"].to_numpy()[rows],
        },
        geometry=np.array(territory, dtype=object),
    )
    return Places(villages, townships)


def _joined(polygons: np.ndarray) -> shapely.Geometry:
    return shapely.normalize(shapely.union_all(polygons))


def build_settlements(places: Places, parameters: Parameters, *, seed: int) -> gpd.GeoDataFrame:
    """Return the built-up land: role_id, name, kind (city, town, village) and polygon."""
    radius = {
        kind: parameters.number(f"demo.radius_m.{kind}") for kind in ("city", "town", "village")
    }
    hamlet_m = parameters.number("demo.radius_m.hamlet")
    villages = places.villages
    centres = villages[["x_m", "y_m"]].to_numpy(float)
    parts = []
    for k, kind in enumerate(villages["centre"].tolist()):
        size = radius[kind] * (parameters.number("demo.first_city_factor") if k == 0 else 1.0)
        x, y = centres[k].tolist()
        name = str(villages["village"].iloc[k])
        parts.append((name, kind, irregular_disc(x, y, size, seed=seed + k)))
        hamlets = _hamlets(centres[k], villages.geometry.iloc[k], hamlet_m, seed=seed + 7 * k)
        parts += [(f"{name}{label}", "village", disc) for label, disc in hamlets]
    names, kinds, polygons = zip(*parts, strict=True)
    frame = gpd.GeoDataFrame(
        {"name": names, "kind": kinds}, geometry=np.array(polygons, dtype=object)
    )
    return _apart(frame)


def _hamlets(
    centre: Points, territory: shapely.Polygon, radius_m: float, *, seed: int
) -> list[tuple[str, shapely.Polygon]]:
    """Return up to two hamlets inside a village's territory."""
    found = []
    for n, label in enumerate(("东屯", "西屯")):
        draw = hash_unit(np.array([n, n + 2]), np.array([seed]), seed=seed)
        x, y = np.rint(centre + (draw - 0.5) * _HAMLET_REACH_M).tolist()
        disc = irregular_disc(x, y, radius_m, seed=seed + n)
        if shapely.contains(territory, disc):
            found.append((label, disc))
    return found


def _apart(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Drop each polygon that meets an earlier one."""
    tree = shapely.STRtree(frame.geometry.to_numpy())
    left, right = tree.query(frame.geometry.to_numpy(), predicate="intersects")
    drop = np.unique(left[right < left])
    kept = frame.drop(index=frame.index[drop]).reset_index(drop=True)
    kept.insert(0, "role_id", [f"M{n:05d}" for n in range(1, len(kept) + 1)])
    return kept
