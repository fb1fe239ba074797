"""One seed, one city: the committed files are what the generator writes."""

import hashlib
from pathlib import Path

import pytest
import rasterio
import shapely

from sandgrid.demo import write_demo_data
from sandgrid.demo.city import part_seed
from sandgrid.demo.settling import found_places
from sandgrid.errors import ScenarioError


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def same(one: Path, other: Path, pattern: str) -> None:
    names = sorted(path.relative_to(one) for path in one.glob(pattern))
    assert names
    assert [n for n in names if digest(one / n) != digest(other / n)] == []


@pytest.mark.parametrize(
    "pattern", ["shapefiles/*", "tables/*", "rasters/ghi.tif", "rasters/rain.tif"]
)
def test_committed_files_are_made_anew(pattern: str, data: Path, coarse: Path) -> None:
    same(data, coarse, pattern)


def test_catalogue_differs_only_by_the_resolution(data: Path, coarse: Path) -> None:
    text = (coarse / "catalogue.toml").read_text(encoding="utf-8")
    assert text.replace("1000 m)", "100 m)") == (data / "catalogue.toml").read_text(
        encoding="utf-8"
    )


def test_coarse_rasters_keep_the_contract(coarse: Path) -> None:
    for path in sorted((coarse / "rasters").glob("*.tif")):
        with rasterio.open(path) as dataset:  # noqa: TID251 - what the file itself says
            assert dataset.tags()["SYNTHETIC"] == "YES"
            assert dataset.nodata is not None
            assert dataset.transform.a == 1_000
            assert dataset.transform.c % 1_000 == 0
            assert dataset.transform.f % 1_000 == 0
            assert dataset.dtypes[0].startswith(("uint", "int"))


def test_another_seed_is_another_city() -> None:
    one, other = (found_places(seed=part_seed(s, "places")) for s in (1, 2))
    assert not shapely.equals(
        one.villages.geometry.to_numpy(), other.villages.geometry.to_numpy()
    ).all()
    again = found_places(seed=part_seed(1, "places"))
    assert shapely.equals_exact(
        one.villages.geometry.to_numpy(), again.villages.geometry.to_numpy()
    ).all()


@pytest.mark.parametrize(
    ("resolution_m", "district_id"), [(29, None), (1_001, None), (9, "150581"), (100, "150599")]
)
def test_impossible_requests(tmp_path: Path, resolution_m: int, district_id: str | None) -> None:
    with pytest.raises(ScenarioError):
        write_demo_data(tmp_path, seed=1, resolution_m=resolution_m, district_id=district_id)


@pytest.mark.slow
def test_whole_folder_is_made_anew(tmp_path: Path, data: Path) -> None:
    write_demo_data(tmp_path, seed=20240630)
    same(tmp_path, data, "**/*.*")


@pytest.mark.slow
def test_one_district_at_ten_metres(tmp_path: Path) -> None:
    write_demo_data(tmp_path, seed=20240630, resolution_m=10, district_id="150581")
    with rasterio.open(tmp_path / "rasters" / "dem.tif") as dataset:  # noqa: TID251 - what the file itself says
        assert dataset.transform.a == 10
        assert dataset.read(1, masked=True).count() / 10_000 == pytest.approx(584, rel=0.01)
