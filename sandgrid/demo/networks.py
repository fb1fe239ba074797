"""Roads, railways, rivers and lakes of the bundled city."""

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from sandgrid.demo.noise import hash_unit
from sandgrid.demo.settling import Places
from sandgrid.demo.shapes import irregular_disc, winding_line
from sandgrid.demo.tables import demo_districts, demo_table, district_polygons, seat_points_m
from sandgrid.params import Parameters

Points = npt.NDArray[np.float64]


def link_towards(points: Points, root: int) -> npt.NDArray[np.int64]:
    """Return for each point the nearest point that lies nearer to the root; -1 for the root.

    Examples
    --------
    >>> link_towards(np.array([[0.0, 0.0], [10.0, 0.0], [20.0, 1.0]]), 0).tolist()
    [-1, 0, 1]

    """
    gap = ((points[:, None, :] - points[None, :, :]) ** 2).sum(axis=2)
    to_root = gap[root]
    gap = np.where(to_root[None, :] < to_root[:, None], gap, np.inf)
    parent = np.asarray(gap.argmin(axis=1), dtype=np.int64)
    parent[root] = -1
    return parent


def build_roads(places: Places, *, seed: int) -> gpd.GeoDataFrame:
    """Return the road network: road_id, name, road_class and line."""
    rows = _seat_links("road", seed=seed)
    villages = places.villages
    for _, part in villages.groupby("district_id", sort=False):
        towns = part[part["centre"] != "village"]
        rows += _tree_links(towns, "county", seed=seed + 11)
    for _, part in villages.groupby("town_row", sort=True):
        ordered = part.sort_values("centre", key=lambda c: c == "village", kind="stable")
        rows += _tree_links(ordered, "village", seed=seed + 13)
    frame = gpd.GeoDataFrame(rows, columns=["name", "road_class", "geometry"], geometry="geometry")
    frame.insert(0, "road_id", [f"R{n:04d}" for n in range(1, len(frame) + 1)])
    return frame


def _seat_links(kind: str, *, seed: int) -> list[tuple[str, str, shapely.LineString]]:
    keys = [row.district_id for row in demo_districts()]
    seats = seat_points_m()
    links = demo_table("links").drop(columns=["kind"])[demo_table("links")["kind"] == kind]
    own = list(zip(*(links[name].tolist() for name in links), strict=True))
    return [
        (
            name,
            road_class,
            winding_line(
                seats[[keys.index(start), keys.index(end)]],
                seed=seed + number,
                sway=0.07,
                least_m=5_000.0,
            ),
        )
        for number, road_class, name, start, end in own
    ]


def _tree_links(
    places: pd.DataFrame, road_class: str, *, seed: int
) -> list[tuple[str, str, shapely.LineString]]:
    points = places[["x_m", "y_m"]].to_numpy(float)
    parent = link_towards(points, 0)
    names = places["village"].tolist()
    return [
        (
            f"{names[p]}—{names[k]}",
            road_class,
            winding_line(points[[p, k]], seed=seed, sway=0.1, least_m=4_000.0),
        )
        for k, p in enumerate(parent)
        if p >= 0
    ]


def build_railways(*, seed: int) -> gpd.GeoDataFrame:
    """Return the railways: railway_id, name and line."""
    rows = [(name, line) for name, _, line in _seat_links("rail", seed=seed)]
    frame = gpd.GeoDataFrame(rows, columns=["name", "geometry"], geometry="geometry")
    frame.insert(0, "railway_id", [f"W{n:02d}" for n in range(1, len(frame) + 1)])
    return frame


def build_rivers(*, seed: int) -> gpd.GeoDataFrame:
    """Return the rivers: river_id, name, width_m and line, kept inside the city."""
    city = shapely.union_all(district_polygons())
    rows = []
    table = demo_table("rivers")
    for k, text in enumerate(table["points_km"].tolist()):
        points = [[1_000.0 * float(v) for v in pair.split()] for pair in text.split(";")]
        line = winding_line(points, seed=seed + k, sway=0.16, least_m=2_600.0)
        inside = [part for part in shapely.get_parts(line.intersection(city)) if part.length > 0]
        rows.append(_rounded(inside))
    frame = table[["river_id", "name", "width_m"]]
    return gpd.GeoDataFrame(frame, geometry=np.array(rows, dtype=object))


def _rounded(parts: list[shapely.LineString]) -> shapely.MultiLineString:
    return shapely.transform(shapely.MultiLineString(parts), np.rint)


def build_water(
    rivers: gpd.GeoDataFrame, blocked: gpd.GeoDataFrame, parameters: Parameters, *, seed: int
) -> gpd.GeoDataFrame:
    """Return lakes and the wide rivers as polygons: role_id, name, water_class.

    Parameters
    ----------
    rivers : GeoDataFrame
        Of :func:`build_rivers`.
    blocked : GeoDataFrame
        Polygons that lakes keep clear of.
    parameters : Parameters
        Figures of the city.
    seed : int
        Seed.

    """
    lakes = _lakes(parameters, seed=seed)
    taken = shapely.STRtree(blocked.geometry.to_numpy())
    met, _ = taken.query(lakes, predicate="intersects")
    lakes = np.delete(lakes, np.unique(met))
    streams = np.array(
        [
            _stream(line, width)
            for line, width in zip(rivers.geometry, rivers["width_m"], strict=True)
        ]
    )
    polygons = np.concatenate([streams, lakes])
    classes = ["river"] * len(streams) + ["lake"] * len(lakes)
    names = rivers["name"].tolist() + [f"湖泡{n:03d}" for n in range(1, len(lakes) + 1)]
    ids = [f"A{n:04d}" for n in range(1, len(polygons) + 1)]
    return gpd.GeoDataFrame(
        {"role_id": ids, "name": names, "water_class": classes}, geometry=polygons
    )


def _stream(line: shapely.Geometry, width_m: float) -> shapely.Geometry:
    band = shapely.buffer(line, width_m / 2, quad_segs=1, join_style="bevel")
    result: shapely.Geometry = shapely.normalize(shapely.set_precision(band, 1.0))
    return result


def _lakes(parameters: Parameters, *, seed: int) -> np.ndarray:
    """Return discs that lie apart, denser towards the sandy south-east."""
    city = shapely.union_all(district_polygons()).buffer(-2_500.0, quad_segs=2)
    i, j = (a.ravel() for a in np.meshgrid(np.arange(-30, 31), np.arange(-34, 32)))
    keep = hash_unit(i, j, seed=seed) < parameters.number("demo.lake_share") - 0.004 * (j - i)
    i, j = i[keep], j[keep]
    x = np.rint((i + 0.1 + 0.8 * hash_unit(i, j, seed=seed + 1)) * 6_000.0)
    y = np.rint((j + 0.1 + 0.8 * hash_unit(i, j, seed=seed + 2)) * 6_000.0)
    spread = hash_unit(i, j, seed=seed + 3)
    least, most = parameters.numbers("demo.lake_radius_m")
    radius = least + (most - least) * spread * spread
    inside = shapely.contains_xy(city, x, y)
    discs = [
        irregular_disc(a, b, r, seed=seed)
        for a, b, r in zip(x[inside], y[inside], radius[inside], strict=True)
    ]
    return np.array(discs, dtype=object)


def build_airports(*, seed: int) -> gpd.GeoDataFrame:
    """Return two airports beside their cities: role_id, name."""
    seats = seat_points_m()
    rows = []
    for n, (k, name) in enumerate(((0, "一号机场（示意）"), (7, "二号机场（示意）")), start=1):
        x, y = seats[k] + np.array([-9_000.0, -6_500.0])
        turn = hash_unit(np.array([n]), np.array([0]), seed=seed)[0] * 600.0
        ring = [(0, 0), (3_600, 900 + turn), (3_300, 1_700 + turn), (-300, 800)]
        rows.append((f"F{n}", name, shapely.Polygon(np.rint(np.add(ring, [x, y])))))
    columns = ["role_id", "name", "geometry"]
    return gpd.GeoDataFrame(rows, columns=columns, geometry="geometry")
