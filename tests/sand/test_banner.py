"""The Left Rear Banner of the bundled city against what was published of it."""

from pathlib import Path

import numpy as np
import pytest

from sandgrid.layers.catalogue import load_catalogue
from sandgrid.layers.crs import local_equal_area
from sandgrid.layers.geobox import area_geobox
from sandgrid.layers.notices import SandGridWarning
from sandgrid.layers.stack import Layers, read_layers, select_area
from sandgrid.layers.tiles import Tile
from sandgrid.layers.vector import read_vector
from sandgrid.params import default_parameters
from sandgrid.parcels.sand_cells import tile_cells
from sandgrid.sand.field import (
    coefficient_of,
    erodibility_by_code,
    erodibility_of,
    loss_of,
)
from sandgrid.sand.loss import cover_gain_for_ratio, soil_loss, yearly_loss
from sandgrid.sand.wind import periods

PARAMETERS = default_parameters()
ROLES = ("cover", "land_class", "soil", "dem", "inventory")
WEATHER = np.asarray(PARAMETERS.numbers("sand.weather_kg_m"))


@pytest.fixture(scope="module")
def banner(data: Path) -> tuple[np.ndarray, ...]:
    """Erodibility, coefficient [1/%], cover and loss of the banner's cells, each fourth of them."""
    notices: list[SandGridWarning] = []
    catalogue = load_catalogue(data / "catalogue.toml", {}, paths={}, base=data)
    crs = local_equal_area(121.5, 44.0)
    districts = read_vector(catalogue.vector("districts"), crs, report=notices.append)
    area = select_area(districts, ["150522"])
    layers = read_layers(catalogue, area_geobox(area, 200), area, ROLES, report=notices.append)
    cells, _ = tile_cells(layers, Tile.whole(layers.geobox), PARAMETERS)
    codes = {role: layers.raster(role).codes for role in ("land_class", "soil")}
    factors = erodibility_by_code(codes["land_class"], codes["soil"], PARAMETERS)
    loss = loss_of(cells, factors, WEATHER, PARAMETERS)[1]
    inside = _inside(layers) & np.isfinite(cells.cover)
    values = (erodibility_of(cells, factors), coefficient_of(cells, factors), cells.cover, loss)
    return tuple(value[inside] for value in values)


def _inside(layers: Layers) -> np.ndarray:
    import rasterio.features  # noqa: PLC0415

    return np.asarray(
        rasterio.features.rasterize(
            layers.area.geometry, out_shape=layers.geobox.shape, transform=layers.geobox.affine
        )
        == 1
    )


def test_the_banner_loses_16_to_34_tonnes_a_hectare(banner: tuple[np.ndarray, ...]) -> None:
    assert 16.0 <= banner[3].mean() <= 34.0


def test_the_loss_is_that_of_the_equation_cell_by_cell(banner: tuple[np.ndarray, ...]) -> None:
    erodibility, coefficient, cover, loss = (values[::5_000] for values in banner)
    for cell in range(len(loss)):
        expected = 0.0
        if np.isfinite(coefficient[cell]):
            plants = np.exp(-100 * coefficient[cell] * cover[cell])
            load = periods(WEATHER, PARAMETERS) * erodibility[cell] * plants
            expected = soil_loss(load).sum()
        assert loss[cell] == pytest.approx(expected, rel=1e-9)


def test_most_is_lost_from_march_to_may(banner: tuple[np.ndarray, ...]) -> None:
    erodibility, coefficient, cover, loss = banner
    known = np.isfinite(coefficient)
    exponent = 100 * coefficient[known] * cover[known]

    def lost(*months: int) -> float:
        chosen = periods(WEATHER[[month - 1 for month in months]], PARAMETERS)
        return float(yearly_loss(chosen, erodibility[known], exponent).sum())

    seasons = [lost(3, 4, 5), lost(6, 7, 8), lost(9, 10, 11), lost(12, 1, 2)]
    assert seasons[0] == max(seasons)
    assert sum(seasons) == pytest.approx(loss.sum(), rel=1e-9)


def test_the_gain_of_cover_behind_the_published_fall_is_computed(
    banner: tuple[np.ndarray, ...],
) -> None:
    """From 2010 to 2016 the loss fell by 2.06; here so many points of cover would do that."""
    erodibility, coefficient, cover, _ = banner
    known = np.isfinite(coefficient)
    per_cover = 100 * coefficient[known]
    weather = periods(WEATHER, PARAMETERS)
    exponent = per_cover * cover[known]
    gain = cover_gain_for_ratio(
        weather, erodibility[known], exponent, ratio=2.06, per_cover=per_cover
    )
    before, after = (
        yearly_loss(weather, erodibility[known], exponent + per_cover * more).sum()
        for more in (0.0, gain)
    )
    assert before / after == pytest.approx(2.06, rel=1e-3)
    assert 0.03 <= gain <= 0.20
