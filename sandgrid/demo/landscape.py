"""What covers the bundled city: sandy land, dune class and land class on the base grid."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from rasterio.features import sieve

from sandgrid.demo.arithmetic import Floats
from sandgrid.demo.grids import Grid, burn
from sandgrid.demo.noise import Integers, layered_noise
from sandgrid.demo.tables import class_values, demo_districts, district_polygons
from sandgrid.params import Parameters

Mask = npt.NDArray[np.bool_]
MOBILE, SEMI_FIXED, FIXED = 1, 2, 3
# land classes in the order in which they take their share of a district
_ORDER = ("sand", "bare", "arable", "saline", "tree_forest", "other_forest", "shrubland")
_CODES = {
    "sand": "1205", "bare": "1207", "arable": "0103", "saline": "1204", "tree_forest": "0301",
    "other_forest": "0307", "shrubland": "0305",
}  # fmt: skip


@dataclass(frozen=True)
class Landscape:
    """Categories on the base grid.

    Parameters
    ----------
    grid : Grid
        The base grid.
    district : (rows, cols) int array
        1 + row of the district table; 0 outside the city.
    dune : (rows, cols) int array
        0 no sandy land, 1 mobile, 2 semi-fixed, 3 fixed.
    land : (rows, cols) int array
        Value of the land code table, before settlements, water and roads are laid over it.
    cover : (rows, cols) int array
        Vegetation cover [%].
    built : (rows, cols) bool array
        Cells whose centre lies in a settlement, water or an airport.
    basic, permanent : (rows, cols) bool arrays
        Basic grassland; permanent basic farmland.

    """

    grid: Grid
    district: Integers
    dune: Integers
    land: Integers
    cover: Integers
    built: Mask
    basic: Mask
    permanent: Mask


def base_grid(parameters: Parameters) -> Grid:
    """Return the grid on which categories are decided."""
    west, south, east, north = (int(v) for v in parameters.numbers("demo.bounds_m"))
    cell = int(parameters.number("demo.base_cell_m"))
    return Grid(west, north, cell, (north - south) // cell, (east - west) // cell)


def draw_landscape(overlays: np.ndarray, parameters: Parameters, *, seed: int) -> Landscape:
    """Decide sandy land, dune class, land class and designations.

    Parameters
    ----------
    overlays : array of polygons
        Settlements, water and airports, which stand over every other class.
    parameters : Parameters
        Figures of the city.
    seed : int
        Seed.

    """
    grid = base_grid(parameters)
    outlines = district_polygons()
    district = burn(outlines, np.arange(1, len(outlines) + 1), grid)
    built = burn(overlays, np.ones(len(overlays), dtype=np.int64), grid) > 0
    northwest = np.clip((grid.y_m[:, None] - grid.x_m[None, :]) / 100_000.0 - 0.6, 0.0, 3.0)
    sandiness = _texture("sand", grid, parameters, seed=seed) - 1.2 * northwest
    sandy = _sandy(sandiness, district, built, parameters)
    activity = _texture("activity", grid, parameters, seed=seed + 50) + 0.35 * sandiness
    dune = _dunes(activity, sandy, district, parameters)
    land = _land(sandiness, activity, dune, Ground(grid, district, built), parameters, seed=seed)
    wish = _texture("designation", grid, parameters, seed=seed + 90)
    return Landscape(
        grid=grid,
        district=district,
        dune=dune,
        land=land,
        cover=_cover(activity, dune, land, district, seed=seed + 95, grid=grid),
        built=built,
        basic=_basic(wish - 0.45 * activity * (dune > 0), land, built, district, parameters),
        permanent=_permanent(wish - 0.8 * (dune > 0), land, built, parameters),
    )


@dataclass(frozen=True)
class Ground:
    """Grid, districts and built cells, which the steps below share."""

    grid: Grid
    district: Integers
    built: Mask


def _texture(name: str, grid: Grid, parameters: Parameters, *, seed: int) -> Floats:
    wavelengths = parameters.numbers(f"demo.{name}_wavelengths_m")
    return layered_noise(grid.x_m, grid.y_m, wavelengths_m=wavelengths, seed=seed, fade=0.62)


def top_cells(score: Floats, allowed: Mask, count: int) -> Mask:
    """Return the `count` allowed cells of highest score; of equal scores the first.

    Examples
    --------
    >>> top_cells(np.array([3.0, 9.0, 5.0]), np.array([True, False, True]), 1).tolist()
    [False, False, True]

    """
    flat = np.flatnonzero(allowed)
    order = np.argsort(-score.ravel()[flat], kind="stable")
    chosen = np.zeros(score.size, dtype=bool)
    chosen[flat[order[:count]]] = True
    return chosen.reshape(score.shape)


def _sandy(sandiness: Floats, district: Integers, built: Mask, parameters: Parameters) -> Mask:
    scale = parameters.number("demo.sandy_scale")
    least = int(parameters.number("demo.least_patch_cells"))
    free = (district > 0) & ~built
    sandy = np.zeros(district.shape, dtype=bool)
    for k, row in enumerate(demo_districts(), start=1):
        target = row.sandy_share * scale * row.polygon_km2
        count = round(target * 1e6 / parameters.number("demo.base_cell_m") ** 2)
        sandy |= top_cells(sandiness, free & (district == k), count)
    tidy = sieve(sandy.astype(np.uint8), size=least, connectivity=4)
    return np.asarray(tidy > 0) & free


def _dunes(activity: Floats, sandy: Mask, district: Integers, parameters: Parameters) -> Integers:
    dune = np.where(sandy, FIXED, 0)
    for k, row in enumerate(demo_districts(), start=1):
        own = sandy & (district == k)
        mobile = round(row.mobile_share * int(own.sum()))
        loose = round((row.mobile_share + row.semi_fixed_share) * int(own.sum()))
        dune = np.where(top_cells(activity, own, loose), SEMI_FIXED, dune)
        dune = np.where(top_cells(activity, own, mobile), MOBILE, dune)
    least = int(parameters.number("demo.least_sand_patch_cells"))
    tidy = sieve(dune.astype(np.uint8), size=least, connectivity=4, mask=sandy)
    return np.where(sandy, np.asarray(tidy, dtype=np.int64), 0)


def _land(
    sandiness: Floats,
    activity: Floats,
    dune: Integers,
    ground: Ground,
    parameters: Parameters,
    *,
    seed: int,
) -> Integers:
    scores = _scores(sandiness, activity, ground.grid, parameters, seed=seed)
    values = class_values()
    land = np.where(ground.district > 0, values["0401"], 0)
    loose = (dune == MOBILE) | (dune == SEMI_FIXED)
    for k, row in enumerate(demo_districts(), start=1):
        own = ground.district == k
        free = own & ~ground.built
        for name in _ORDER:
            count = round(row.land_shares[name] * int(own.sum()))
            allowed = free & (dune > 0 if name == "sand" else ~loose)
            chosen = top_cells(scores[name], allowed, count)
            land = np.where(chosen, values[_CODES[name]], land)
            free &= ~chosen
    least = int(parameters.number("demo.least_patch_cells"))
    inside = ground.district > 0
    tidy = sieve(land.astype(np.uint8), size=least, connectivity=4, mask=inside)
    return np.where(inside, np.asarray(tidy, dtype=np.int64), 0)


def _scores(
    sandiness: Floats, activity: Floats, grid: Grid, parameters: Parameters, *, seed: int
) -> Mapping[str, Floats]:
    """Return how well each land class suits each cell."""
    parts = {
        name: _texture("land", grid, parameters, seed=seed + 200 + 10 * k)
        for k, name in enumerate(_ORDER)
    }
    hills = (grid.y_m[:, None] - grid.x_m[None, :]) / 100_000.0
    return {
        "sand": activity,
        "bare": parts["bare"] + hills,
        "arable": parts["arable"] - 0.9 * np.maximum(sandiness, -0.9) - 0.55 * np.abs(hills + 0.4),
        "saline": parts["saline"] - 0.7 * sandiness - 0.3 * hills,
        "tree_forest": parts["tree_forest"] + 0.2 * hills,
        "other_forest": parts["other_forest"],
        "shrubland": parts["shrubland"] + 0.35 * sandiness,
    }


def _cover(
    activity: Floats, dune: Integers, land: Integers, district: Integers, *, grid: Grid, seed: int
) -> Integers:
    texture = layered_noise(grid.x_m, grid.y_m, wavelengths_m=(7_000, 2_500), seed=seed)
    usual = np.zeros(64)
    for code, percent in (
        ("0103", 58), ("0301", 70), ("0305", 52), ("0307", 50), ("0401", 56), ("1204", 20),
        ("1205", 25), ("1207", 9),
    ):  # fmt: skip
        usual[class_values()[code]] = percent
    cover = np.clip(usual[land] + 9.0 * texture, 1, 95)
    for k in range(1, int(district.max()) + 1):
        for kind in (MOBILE, SEMI_FIXED, FIXED):
            own = (dune == kind) & (district == k)
            if own.any():
                cover[own] = _cover_of_rank(_rank(activity[own]), kind)
    return np.where(land > 0, np.floor(cover), 0).astype(np.int64)


def _rank(values: Floats) -> Floats:
    """Return the rank of each value, 1 the lowest and near 0 the highest."""
    order = np.argsort(-values, kind="stable")
    rank = np.empty(values.size)
    rank[order] = (np.arange(values.size) + 0.5) / values.size
    return rank


def _cover_of_rank(rank: Floats, kind: int) -> Floats:
    if kind == MOBILE:
        return 2.0 + 7.9 * rank
    if kind == SEMI_FIXED:
        return 10.0 + 19.9 * rank
    low, mode, high = 31.0, 45.0, 75.0
    rising = low + np.sqrt(rank * (high - low) * (mode - low))
    falling = high - np.sqrt((1.0 - rank) * (high - low) * (high - mode))
    return np.where(rank < (mode - low) / (high - low), rising, falling)


def _basic(
    wish: Floats, land: Integers, built: Mask, district: Integers, parameters: Parameters
) -> Mask:
    """Return basic grassland: the published share of all grassland, less where sand is active."""
    grass = (land == class_values()["0401"]) & ~built
    weight = np.array([row.non_basic_weight for row in demo_districts()])
    area = np.array([int((grass & (district == k)).sum()) for k in range(1, weight.size + 1)])
    drawn = parameters.number("demo.basic_drawn_factor")
    share = parameters.number("demo.basic_grassland_share") * drawn
    total = round((1.0 - share) * int(area.sum()))
    scale = total / float((weight * area).sum())
    basic = np.zeros(land.shape, dtype=bool)
    for k in range(1, weight.size + 1):
        keep = int(area[k - 1]) - round(scale * weight[k - 1] * int(area[k - 1]))
        basic |= top_cells(wish, grass & (district == k), keep)
    return basic


def _permanent(wish: Floats, land: Integers, built: Mask, parameters: Parameters) -> Mask:
    arable = (land == class_values()["0103"]) & ~built
    count = round(parameters.number("demo.permanent_farmland_share") * int(arable.sum()))
    return top_cells(wish, arable, count)
