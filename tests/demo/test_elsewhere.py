"""The made layers of Rhode Island are those of the repository, and say that they are made."""

from pathlib import Path

import geopandas as gpd
import pytest
import rasterio

from sandgrid.demo import write_rhode_island
from sandgrid.demo.elsewhere import made_features, made_rasters

BUNDLED = Path(__file__).parents[2] / "data" / "rhode-island"
BYTES = [f"{name}.{end}" for name in made_features(0) for end in ("shp", "shx", "dbf", "prj")]


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("island")
    write_rhode_island(folder)
    return folder


@pytest.mark.parametrize("name", BYTES)
def test_the_bundled_features_are_those_that_are_written(written: Path, name: str) -> None:
    assert (written / name).read_bytes() == (BUNDLED / name).read_bytes()


@pytest.mark.parametrize("name", made_rasters())
def test_the_bundled_rasters_are_those_that_are_written(written: Path, name: str) -> None:
    for folder in (written, BUNDLED):
        with rasterio.open(folder / f"{name}.tif") as source:  # noqa: TID251  # as others see it
            values, scale = made_rasters()[name]
            assert (source.read(1) == values).all()
            assert source.scales == (scale,)
            assert source.tags()["SYNTHETIC"] == "YES"
            assert source.crs.to_epsg() == 32130


def test_made_land_does_not_overlap_and_lies_in_its_district(written: Path) -> None:
    land = gpd.read_file(written / "treatable_land.shp")  # noqa: TID251  # as others see it
    districts = gpd.read_file(written / "districts.shp")  # noqa: TID251
    assert len(land) >= 200
    assert land.is_valid.all()
    assert land.union_all().area == pytest.approx(land.area.sum())
    assert districts.union_all().covers(land.union_all())
    assert (land["synthetic"] == 1).all()
