"""Villages, townships and the built-up land of the bundled city."""

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from sandgrid.demo.noise import hash_unit
from sandgrid.demo.shapes import irregular_disc
from sandgrid.demo.tables import demo_table, district_polygons, seat_points_m

Points = npt.NDArray[np.float64]
_EDGE_M = 1_200.0


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
            zip(demo_table("districts").itertuples(), district_polygons(), seat_points_m(),
                strict=True)
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
    row: object, polygon: shapely.Polygon, seat: Points, *, seed: int
) -> pd.DataFrame:
    centres = _scatter(polygon, int(row.villages), seat, seed=seed)  # type: ignore[attr-defined]
    cells = shapely.voronoi_polygons(shapely.MultiPoint(centres), extend_to=polygon, ordered=True)
    territory = shapely.intersection(np.array(cells.geoms, dtype=object), polygon)
    territory = np.array([max(shapely.get_parts(t), key=lambda g: g.area) for t in territory])
    town = _pick_towns(centres, int(row.townships))  # type: ignore[attr-defined]
    return pd.DataFrame(
        {
            "district_id": row.district_id,  # type: ignore[attr-defined]
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


def build_settlements(places: Places, *, seed: int) -> gpd.GeoDataFrame:
    """Return the built-up land: name, kind (city, town, village) and polygon."""
    radius = {"city": 3_300.0, "town": 1_300.0, "village": 620.0}
    villages = places.villages
    rows: list[tuple[str, str, shapely.Polygon]] = []
    for k, place in enumerate(villages.itertuples()):
        size = radius[place.centre] * (2.1 if k == 0 else 1.0)
        rows.append(
            (place.village, place.centre, irregular_disc(place.x_m, place.y_m, size, seed=seed + k))
        )
        rows.extend(_hamlets(place, seed=seed + 7 * k))
    names, kinds, polygons = zip(*rows, strict=True)
    frame = gpd.GeoDataFrame(
        {"name": names, "kind": kinds}, geometry=np.array(polygons, dtype=object)
    )
    return _apart(frame)


def _hamlets(place: object, *, seed: int) -> list[tuple[str, str, shapely.Polygon]]:
    """Return two hamlets inside a village's territory."""
    found = []
    for n, label in enumerate(("东屯", "西屯")):
        x = place.x_m + (hash_unit(np.array([n]), np.array([seed]), seed=seed)[0] - 0.5) * 9_000  # type: ignore[attr-defined]
        y = place.y_m + (hash_unit(np.array([n]), np.array([seed]), seed=seed + 1)[0] - 0.5) * 9_000  # type: ignore[attr-defined]
        disc = irregular_disc(float(np.rint(x)), float(np.rint(y)), 430.0, seed=seed + n)
        if shapely.contains(place.geometry, disc):  # type: ignore[attr-defined]
            found.append((f"{place.village}{label}", "village", disc))  # type: ignore[attr-defined]
    return found


def _apart(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Drop each polygon that meets an earlier one."""
    tree = shapely.STRtree(frame.geometry.to_numpy())
    left, right = tree.query(frame.geometry.to_numpy(), predicate="intersects")
    drop = np.unique(left[right < left])
    kept = frame.drop(index=frame.index[drop]).reset_index(drop=True)
    kept.insert(0, "role_id", [f"M{n:05d}" for n in range(1, len(kept) + 1)])
    return kept
