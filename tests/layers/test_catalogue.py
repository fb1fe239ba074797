"""The catalogue says exactly what is wrong with it."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sandgrid.errors import InputError
from sandgrid.layers.catalogue import Catalogue, code_table, load_catalogue, source_files

DEM = """
[dem]
kind = "raster"
path = "rasters/dem.tif"
content = "quantity"
resampling = "average"
nodata_means = "unknown"
valid_range = [-200, 3000]
date = "2024-06-30"
"""
PLACES = """
[settlements]
kind = "vector"
path = "${LAND}/places.shp"
geometry = "point"
id = "role_id"
columns = { role_id = "code" }
where = { Status = ["operating"] }
"""


@pytest.fixture
def load(tmp_path: Path) -> Callable[..., Catalogue]:
    def make(text: str, overrides: dict[str, Any] | None = None, **places: Any) -> Catalogue:
        path = tmp_path / "catalogue.toml"
        path.write_text(text, encoding="utf-8")
        return load_catalogue(path, overrides, **places)

    return make


def test_entries_become_sources(load: Callable[..., Catalogue], tmp_path: Path) -> None:
    catalogue = load(DEM + PLACES, paths={"LAND": "/land"})
    assert list(catalogue) == ["dem", "settlements"]
    assert catalogue.raster("dem").path == tmp_path / "rasters/dem.tif"
    assert catalogue.raster("dem").valid_range == (-200.0, 3000.0)
    assert catalogue.vector("settlements").path == Path("/land/places.shp")
    assert catalogue.vector("settlements").where == {"Status": ("operating",)}


def test_a_name_in_a_path_comes_from_the_scenario_or_the_environment(
    load: Callable[..., Catalogue], monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(InputError, match=r"\$\{LAND\} .* is not defined"):
        load(PLACES)
    monkeypatch.setenv("LAND", "/elsewhere")
    assert load(PLACES).vector("settlements").path == Path("/elsewhere/places.shp")


def test_an_override_changes_keys_or_replaces_the_entry(
    load: Callable[..., Catalogue], tmp_path: Path
) -> None:
    changed = load(DEM, {"dem": {"resampling": "bilinear"}}).raster("dem")
    assert (changed.resampling, changed.path) == ("bilinear", tmp_path / "rasters/dem.tif")
    entry = {
        "kind": "raster", "path": "own.tif", "content": "quantity", "resampling": "cubic",
        "nodata_means": "unknown", "nodata": "none",
    }  # fmt: skip
    replaced = load(DEM, {"dem": entry}, base=Path("/mine")).raster("dem")
    assert (replaced.path, replaced.valid_range, replaced.nodata) == (
        Path("/mine/own.tif"),
        None,
        "none",
    )


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (DEM.replace("resampling", "resamplin"), "resamplin is unknown; did you mean resampling"),
        (DEM.replace('nodata_means = "unknown"\n', ""), "nodata_means is missing"),
        (DEM.replace('"average"', '"mean"'), "resampling = mean is unknown; use one of nearest"),
        (DEM.replace('"quantity"', '"category"'), "codes is missing"),
        (
            DEM.replace('"quantity"', '"category"\ncodes = [1]'),
            "categories cannot be resampled by average",
        ),
        (DEM.replace('"raster"', '"grid"'), "kind grid is unknown; use one of raster, vector"),
        (DEM.replace("rasters/dem.tif", "https://a.b/dem.tif"), "not a plain local file"),
        (DEM.replace("rasters/dem.tif", "/vsicurl/x"), "not a plain local file"),
        (DEM.replace("rasters/dem.tif", "CSV:/etc/passwd"), "not a plain local file"),
        (DEM + "[dem]\n", "cannot be parsed"),
        ("dem = 1", "dem is not a table"),
        (
            DEM.replace('"quantity"', '"category"\ncodes = "nlcd"').replace("average", "mode"),
            "no code table nlcd",
        ),
    ],
)
def test_what_is_wrong_is_said(load: Callable[..., Catalogue], text: str, told: str) -> None:
    with pytest.raises(InputError, match=told):
        load(text)


def test_a_missing_role_or_catalogue_is_an_error(
    load: Callable[..., Catalogue], tmp_path: Path
) -> None:
    catalogue = load(DEM)
    with pytest.raises(InputError, match="has no layer 'districts'") as caught:
        catalogue.vector("districts")
    assert caught.value.exit_code == 3
    with pytest.raises(InputError, match="must be a vector"):
        catalogue.vector("dem")
    with pytest.raises(InputError, match="does not exist"):
        load_catalogue(tmp_path / "none.toml")


def test_leaving_out_has_to_name_what_is_there(load: Callable[..., Catalogue]) -> None:
    catalogue = load(DEM)
    assert len(catalogue.without(("dem",))) == 0
    with pytest.raises(InputError, match="has no layer 'water'"):
        catalogue.without(("water",))


def test_code_tables_know_codes_and_classes() -> None:
    dltb = code_table("dltb")
    assert dltb["0305"] == dltb["shrubland"]
    assert set(dltb["0101"]) < set(dltb["arable"])
    assert code_table("soil_texture")["sand"] == (1,)


def test_the_files_of_a_shapefile_are_all_of_its_parts(
    load: Callable[..., Catalogue], tmp_path: Path
) -> None:
    for end in (".shp", ".shx", ".dbf", ".prj"):
        (tmp_path / f"places{end}").touch()
    source = load(PLACES, paths={"LAND": str(tmp_path)})["settlements"]
    assert [path.suffix for path in source_files(source)] == [".shp", ".shx", ".dbf", ".prj"]


def test_the_bundled_catalogue_is_whole(data: Path) -> None:
    catalogue = load_catalogue(data / "catalogue.toml")
    assert all(source.title_zh and source.title_en for source in catalogue.values())
    assert all(path.is_file() for source in catalogue.values() for path in source_files(source))
