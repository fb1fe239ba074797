"""Fields of the bundled city at any point: elevation, wind, irradiation, rain."""

import numpy as np

from sandgrid.demo.arithmetic import Floats, project
from sandgrid.demo.grids import Grid
from sandgrid.demo.noise import layered_noise, smooth_noise
from sandgrid.demo.tables import demo_table
from sandgrid.params import Parameters


def elevation_m(grid: Grid, sandy_share: Floats, *, seed: int) -> Floats:
    """Return the elevation: a plain that rises to hills in the north-west and far south.

    Parameters
    ----------
    grid : Grid
        Where.
    sandy_share : (rows, cols) array
        Share of sandy land around each cell, which carries the dunes.
    seed : int
        Seed.

    """
    x, y = grid.x_m[None, :] / 1_000.0, grid.y_m[:, None] / 1_000.0
    along = (y - x) * 0.70710678118654757
    rise = np.clip((along - 20.0) / 213.0, 0.0, 1.2)
    south = np.clip((-118.0 - y) / 75.0, 0.0, 1.0) * np.clip((60.0 - x) / 80.0, 0.0, 1.0)
    ground = 82.0 + 0.62 * np.clip(along + 177.0, 0.0, 420.0)
    ground = ground + 590.0 * rise * rise + 300.0 * south * south
    waves = (21_000, 9_000, 4_000, 1_900)
    hills = layered_noise(grid.x_m, grid.y_m, wavelengths_m=waves, seed=seed, fade=0.6)
    rough = 3.0 + 190.0 * np.clip(rise * 1.3, 0.0, 1.0) + 95.0 * south
    ridges = layered_noise(grid.x_m, grid.y_m, wavelengths_m=(1_250, 600), seed=seed + 7)
    steep = 150.0 * np.clip(rise * 1.3 - 0.15, 0.0, 1.0) + 45.0 * south * south
    ground = ground + rough * hills + steep * ridges
    dunes = smooth_noise(grid.x_m, grid.y_m, wavelength_m=620, seed=seed + 9)
    ground = ground + 5.0 * sandy_share * dunes
    return np.clip(ground, 78.0, 1_400.0)


def wind_speed_ms(grid: Grid, parameters: Parameters, *, seed: int) -> Floats:
    """Return the mean wind speed at hub height."""
    x, y = grid.x_m[None, :] / 1_000.0, grid.y_m[:, None] / 1_000.0
    low, high = parameters.numbers("demo.wind_range_ms")
    texture = layered_noise(
        grid.x_m, grid.y_m, wavelengths_m=(46_000, 21_000, 9_000), seed=seed, fade=0.55
    )
    trend = 0.0016 * np.clip(y - x, -150.0, 150.0)
    speed = (
        parameters.number("demo.wind_mean_ms")
        + parameters.number("demo.wind_spread_ms") * texture
        + trend
    )
    return np.clip(speed, low, high)


def irradiation_kwh(grid: Grid, parameters: Parameters, *, seed: int) -> Floats:
    """Return the yearly global horizontal irradiation: least in the south-east."""
    x, y = grid.x_m[None, :] / 1_000.0, grid.y_m[:, None] / 1_000.0
    low, high = parameters.numbers("demo.ghi_range_kwh")
    texture = layered_noise(grid.x_m, grid.y_m, wavelengths_m=(60_000, 24_000), seed=seed)
    share = 0.46 - 0.0019 * x + 0.0006 * y + 0.07 * texture
    return low + (high - low) * np.clip(share, 0.0, 1.0)


def rain_mm(grid: Grid, *, seed: int) -> Floats:
    """Return the yearly precipitation, through the published means of the districts."""
    x, y = grid.x_m[None, :] / 1_000.0, grid.y_m[:, None] / 1_000.0
    weight = np.zeros((grid.rows, grid.cols))
    total = np.zeros((grid.rows, grid.cols))
    for px, py, value in rain_anchors():
        near = (x - px) * (x - px) + (y - py) * (y - py) + 500.0
        share = 1.0 / (near * near)
        weight = weight + share
        total = total + share * value
    texture = layered_noise(grid.x_m, grid.y_m, wavelengths_m=(40_000, 17_000), seed=seed)
    return total / weight + 4.0 * texture


def rain_anchors() -> list[tuple[float, float, float]]:
    """Return easting [km], northing [km] and rain [mm] of the places that fix the field."""
    table = demo_table("rain")
    x, y = project(table["lon"].to_numpy(float), table["lat"].to_numpy(float))
    return [
        (float(np.rint(a) / 1_000.0), float(np.rint(b) / 1_000.0), float(mm))
        for a, b, mm in zip(x, y, table["rain_mm"], strict=True)
    ]
