"""Rasters come onto the grid as they are, or are refused in one sentence."""

import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import rasterio
from affine import Affine
from hypothesis import given
from hypothesis import strategies as st
from odc.geo.geobox import GeoBox

from sandgrid.errors import InputError, ResourceError
from sandgrid.land.exclusions import Rule
from sandgrid.land.findings import by_range
from sandgrid.layers.catalogue import RasterSource
from sandgrid.layers.notices import SandGridWarning
from sandgrid.layers.raster import Raster, read_raster
from sandgrid.layers.raster_files import find_raster
from sandgrid.layers.tiles import Tile, cut_tiles

CORNER = Affine(100, 0, 1000, 0, -100, 2000)
GRID = np.arange(20, dtype=np.int16).reshape(4, 5)


def test_pixels_on_the_cells_are_read_as_they_are(
    tif: Callable[..., Path], quantity: Callable[..., RasterSource], geobox: GeoBox
) -> None:
    raster = read_raster(quantity(tif(GRID), resampling="average"), geobox)
    assert raster.values.tolist() == GRID.tolist()
    assert raster.values.dtype == np.float32
    assert not raster.unknown.any()
    assert raster.pixel_m == 100


def test_a_window_beyond_the_file_is_unknown(
    tif: Callable[..., Path], quantity: Callable[..., RasterSource], geobox: GeoBox
) -> None:
    path = tif(GRID[:3, :3], affine=Affine(100, 0, 1100, 0, -100, 1900))
    raster = read_raster(quantity(path), geobox)
    assert raster.values[1:, 1:4].tolist() == GRID[:3, :3].tolist()
    assert raster.unknown.sum() == 20 - 9
    assert np.isnan(raster.values[raster.unknown]).all()


def test_half_a_cell_of_shift_changes_the_values(
    tif: Callable[..., Path], quantity: Callable[..., RasterSource], geobox: GeoBox
) -> None:
    shifted = tif(GRID, affine=Affine(100, 0, 1050, 0, -100, 2000))
    moved = read_raster(quantity(shifted), geobox).values
    assert moved[1, 2] == pytest.approx(GRID[1, 1] + 0.5)


def test_nodata_is_unknown_and_never_a_value(
    tif: Callable[..., Path], quantity: Callable[..., RasterSource], geobox: GeoBox
) -> None:
    values = GRID.copy()
    values[0, 0] = -9999
    raster = read_raster(quantity(tif(values)), geobox)
    assert raster.unknown[0, 0]
    assert raster.unknown.sum() == 1
    assert np.nanmin(raster.values) == 1


def test_undeclared_nodata_is_refused_with_the_remedy(
    tif: Callable[..., Path], quantity: Callable[..., RasterSource], geobox: GeoBox
) -> None:
    with pytest.raises(InputError, match='nodata = "none"'):
        read_raster(quantity(tif(GRID, nodata=None)), geobox)


@pytest.mark.parametrize(("nodata", "gaps"), [("none", 0), (7, 1)])
def test_the_catalogue_declares_nodata(
    tif: Callable[..., Path],
    quantity: Callable[..., RasterSource],
    geobox: GeoBox,
    nodata: float | str,
    gaps: int,
) -> None:
    path = tif(GRID, nodata=None)
    assert read_raster(quantity(path, nodata=nodata), geobox).unknown.sum() == gaps


def test_a_gap_may_mean_absent(
    tif: Callable[..., Path], category: Callable[..., RasterSource], geobox: GeoBox
) -> None:
    values = np.where(GRID > 9, 1, 255).astype(np.uint8)
    path = tif(values, nodata=255)
    raster = read_raster(category(path, [1], nodata_means="absent"), geobox)
    assert not raster.unknown.any()
    assert raster.absent is not None
    assert raster.absent.sum() == 10
    assert raster.known.sum() == 10


def test_scale_and_offset_are_honoured(
    tif: Callable[..., Path], quantity: Callable[..., RasterSource], geobox: GeoBox
) -> None:
    path = tif(GRID.astype(np.uint16), nodata=65535, tags={"scales": [0.1], "offsets": [-5]})
    raster = read_raster(quantity(path), geobox)
    assert raster.values[3, 4] == pytest.approx(19 * 0.1 - 5)


def test_integers_do_not_overflow(
    tif: Callable[..., Path], quantity: Callable[..., RasterSource], geobox: GeoBox
) -> None:
    path = tif(np.full((4, 5), 250, np.uint8), nodata=255, tags={"scales": [1000], "offsets": [0]})
    assert read_raster(quantity(path), geobox).values.max() == 250_000


def test_float_nodata_and_nan_are_both_gaps(
    tif: Callable[..., Path], quantity: Callable[..., RasterSource], geobox: GeoBox
) -> None:
    values = GRID.astype(np.float32)
    values[0, 0], values[0, 1] = np.float32(3.4028235e38), np.nan
    raster = read_raster(quantity(tif(values, nodata=3.4028234663852886e38)), geobox)
    assert raster.unknown.sum() == 2


def test_values_out_of_range_are_refused(
    tif: Callable[..., Path], quantity: Callable[..., RasterSource], geobox: GeoBox
) -> None:
    with pytest.raises(InputError, match="from 0 to 19, outside 0 to 10"):
        read_raster(quantity(tif(GRID), valid_range=(0.0, 10.0)), geobox)


def test_unknown_codes_are_refused(
    tif: Callable[..., Path], category: Callable[..., RasterSource], geobox: GeoBox
) -> None:
    with pytest.raises(InputError, match=r"2 cells .* unknown codes: 18, 19"):
        read_raster(category(tif(GRID), range(18)), geobox)


@pytest.mark.parametrize("resampling", ["nearest", "mode"])
def test_classes_are_never_mixed(
    tif: Callable[..., Path], category: Callable[..., RasterSource], geobox: GeoBox, resampling: str
) -> None:
    values = np.where(np.indices((8, 10)).sum(0) % 2, 9, 1).astype(np.uint8)
    path = tif(values, affine=Affine(62, 0, 980, 0, -62, 2020), nodata=255)
    raster = read_raster(category(path, [1, 9], resampling=resampling), geobox)
    assert set(np.unique(raster.values[raster.known])) <= {1, 9}


def test_mode_takes_the_most_frequent_class(
    tif: Callable[..., Path], category: Callable[..., RasterSource], geobox: GeoBox
) -> None:
    fine = np.repeat(np.repeat(GRID % 3 + 1, 2, axis=0), 2, axis=1).astype(np.uint8)
    fine[::2, ::2] = 7
    path = tif(fine, affine=Affine(50, 0, 1000, 0, -50, 2000), nodata=0)
    raster = read_raster(category(path, [1, 2, 3, 7], resampling="mode"), geobox)
    assert raster.values.tolist() == (GRID % 3 + 1).tolist()


def test_average_is_the_mean_of_the_pixels_in_the_cell(
    tif: Callable[..., Path], quantity: Callable[..., RasterSource], geobox: GeoBox
) -> None:
    fine = np.arange(80, dtype=np.float32).reshape(8, 10)
    path = tif(fine, affine=Affine(50, 0, 1000, 0, -50, 2000))
    raster = read_raster(quantity(path, resampling="average"), geobox)
    assert raster.values == pytest.approx(fine.reshape(4, 2, 5, 2).mean(axis=(1, 3)))


def test_a_coarse_gap_stays_a_gap_when_warped(
    tif: Callable[..., Path], quantity: Callable[..., RasterSource], geobox: GeoBox
) -> None:
    coarse = np.array([[1, -9999], [3, 4]], np.int16)
    path = tif(coarse, affine=Affine(300, 0, 900, 0, -300, 2100))
    raster = read_raster(quantity(path, resampling="nearest"), geobox)
    assert raster.unknown[0, 4]
    assert not raster.unknown[3].any()


def test_absent_survives_warping(
    tif: Callable[..., Path], category: Callable[..., RasterSource], geobox: GeoBox
) -> None:
    coarse = np.array([[1, 255], [1, 1]], np.uint8)
    path = tif(coarse, affine=Affine(300, 0, 900, 0, -300, 2100), nodata=255)
    raster = read_raster(category(path, [1], nodata_means="absent"), geobox)
    assert raster.absent is not None
    assert raster.absent[0, 4]
    assert not raster.unknown.any()


def test_south_up_is_normalised(
    tif: Callable[..., Path], quantity: Callable[..., RasterSource], geobox: GeoBox
) -> None:
    path = tif(GRID[::-1], affine=Affine(100, 0, 1000, 0, 100, 1600))
    assert read_raster(quantity(path), geobox).values.tolist() == GRID.tolist()


def test_rotated_is_refused(
    tif: Callable[..., Path], quantity: Callable[..., RasterSource], geobox: GeoBox
) -> None:
    path = tif(GRID, affine=Affine(100, 20, 1000, 20, -100, 2000))
    with pytest.raises(InputError, match="rotated"):
        read_raster(quantity(path), geobox)


def test_no_crs_is_refused_unless_assumed(
    tif: Callable[..., Path], quantity: Callable[..., RasterSource], geobox: GeoBox
) -> None:
    path = tif(GRID, crs=None)
    with pytest.raises(InputError, match="assume_crs"):
        read_raster(quantity(path), geobox)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert read_raster(quantity(path, assume_crs="EPSG:32651"), _utm(geobox)).values[0, 0] == 0


def _utm(geobox: GeoBox) -> GeoBox:
    return type(geobox)(geobox.shape, geobox.affine, "EPSG:32651")


def test_elsewhere_names_both_extents(
    tif: Callable[..., Path], quantity: Callable[..., RasterSource], geobox: GeoBox
) -> None:
    path = tif(GRID, affine=Affine(100, 0, 901000, 0, -100, 2000))
    with pytest.raises(InputError, match=r"lies at 132\.\d+.* the area at 121\.51"):
        read_raster(quantity(path), geobox)


def test_all_unknown_is_an_error_not_a_result(
    tif: Callable[..., Path], quantity: Callable[..., RasterSource], geobox: GeoBox
) -> None:
    with pytest.raises(InputError, match="knows no value"):
        read_raster(quantity(tif(np.full((4, 5), -9999, np.int16))), geobox)


def test_bands_must_be_chosen(
    tif: Callable[..., Path], quantity: Callable[..., RasterSource], geobox: GeoBox
) -> None:
    path = tif(np.stack([GRID, GRID + 100]))
    with pytest.raises(InputError, match="2 bands"):
        read_raster(quantity(path), geobox)
    assert read_raster(quantity(path, band=2), geobox).values[0, 0] == 100
    with pytest.raises(InputError, match="no band 3"):
        read_raster(quantity(path, band=3), geobox)


def test_categories_are_whole_numbers(
    tif: Callable[..., Path], category: Callable[..., RasterSource], geobox: GeoBox
) -> None:
    with pytest.raises(InputError, match="float32"):
        read_raster(category(tif(GRID.astype(np.float32)), range(20)), geobox)


def test_old_datum_is_warned_about(
    tif: Callable[..., Path], quantity: Callable[..., RasterSource], geobox: GeoBox
) -> None:
    path = tif(GRID, affine=Affine(0.01, 0, 121.5, 0, -0.01, 44.03), crs="EPSG:4610")
    with pytest.warns(SandGridWarning, match="without local parameters"):
        read_raster(quantity(path), geobox)


def test_missing_file_and_folder(
    tmp_path: Path, quantity: Callable[..., RasterSource], geobox: GeoBox
) -> None:
    with pytest.raises(InputError, match="does not exist"):
        read_raster(quantity(tmp_path / "none.tif"), geobox)
    with pytest.raises(InputError, match="not a regular file"):
        read_raster(quantity(tmp_path), geobox)


def test_truncated_file_names_layer_and_file(
    tif: Callable[..., Path], quantity: Callable[..., RasterSource], geobox: GeoBox
) -> None:
    rng = np.random.default_rng(1)
    path = tif(rng.integers(0, 99, (4, 5)).astype(np.int16), compress="deflate")
    path.write_bytes(path.read_bytes()[:-12])
    with pytest.raises(InputError, match=r"layer 'dem': dem.tif cannot be read"):
        read_raster(quantity(path), geobox)


@pytest.mark.parametrize(
    "text",
    [
        '<VRTDataset rasterXSize="1" rasterYSize="1"></VRTDataset>',
        "root:x:0:0:root",
        "",
    ],
)
def test_only_a_real_geotiff_is_opened(
    tmp_path: Path, quantity: Callable[..., RasterSource], geobox: GeoBox, text: str
) -> None:
    path = tmp_path / "looks.tif"
    path.write_text(text)
    with pytest.raises(InputError, match="does not hold GTiff"):
        read_raster(quantity(path), geobox)


def test_a_bomb_is_refused_before_it_is_read(
    tmp_path: Path, tif: Callable[..., Path], quantity: Callable[..., RasterSource], geobox: GeoBox
) -> None:
    path = tmp_path / "bomb.tif"
    shape = {"width": 1_000_000, "height": 1_000_000, "count": 1, "dtype": "uint8"}
    tiles = {"tiled": True, "blockxsize": 512, "blockysize": 512, "SPARSE_OK": True}
    with rasterio.open(  # noqa: TID251  # made for the test
        path, "w", driver="GTiff", nodata=255, crs="EPSG:32651", BIGTIFF="YES",
        transform=Affine(2, 0, 0, 0, -2, 0), **shape, **tiles,
    ):  # fmt: skip
        pass
    with pytest.raises(ResourceError, match="1000000000000 pixels") as caught:
        read_raster(quantity(path), geobox)
    assert caught.value.exit_code == 7
    with pytest.raises(ResourceError, match="limit of 10"):
        read_raster(quantity(tif(GRID)), geobox, max_pixels=10)


def test_a_huge_block_is_refused(
    tmp_path: Path, quantity: Callable[..., RasterSource], geobox: GeoBox
) -> None:
    path = tmp_path / "block.tif"
    with rasterio.open(  # noqa: TID251  # made for the test
        path, "w", driver="GTiff", nodata=255, crs="EPSG:32651", compress="deflate",
        transform=Affine(2, 0, 0, 0, -2, 0), width=20_000, height=20_000, count=1,
        dtype="uint8", tiled=True, blockxsize=20_000 // 16 * 16, blockysize=20_000 // 16 * 16,
        SPARSE_OK=True,
    ):  # fmt: skip
        pass
    with pytest.raises(ResourceError, match="MiB"):
        read_raster(quantity(path), geobox)


def test_reading_in_chunks_changes_nothing(
    tif: Callable[..., Path],
    quantity: Callable[..., RasterSource],
    geobox: GeoBox,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rng = np.random.default_rng(3)
    fine = rng.normal(size=(40, 50)).astype(np.float32)
    source = quantity(tif(fine, affine=Affine(13, 0, 940, 0, -13, 2060)), resampling="average")
    whole = read_raster(source, geobox).values
    monkeypatch.setattr(
        "sandgrid.layers.warping._chunks", lambda *_: [slice(r, r + 1) for r in range(4)]
    )
    assert read_raster(source, geobox).values == pytest.approx(whole, abs=1e-6)


def test_shapes_must_agree(geobox: GeoBox) -> None:
    with pytest.raises(InputError, match="raster has shape"):
        Raster(np.zeros((2, 2)), np.zeros((2, 2), bool), geobox)


@given(
    value=st.floats(width=32, allow_nan=True, allow_infinity=False),
    low=st.one_of(st.none(), st.floats(-50, 50)),
    high=st.one_of(st.none(), st.floats(-50, 50)),
)
def test_what_is_not_a_number_is_neither_allowed_nor_refused(
    value: float, low: float | None, high: float | None
) -> None:
    rule = Rule("r", 0, ("pv",), "range", "x", "", "", low=low, high=high)
    values = np.array([[value]], np.float32)
    finding = by_range(rule, values, np.isnan(values))
    below = low is not None and values[0, 0] < low
    above = high is not None and values[0, 0] > high
    assert finding.holds[0, 0] == (not np.isnan(value) and (below or above))
    assert finding.unknown[0, 0] == np.isnan(value)


BYTE_ENTRIES = [
    {"nodata": 9},
    {"nodata": (9, 12), "nodata_means": "absent"},
    {"nodata": "none", "scale": 0.1, "offset": -3.0},
    {"nodata": 255.5, "scale": 1000.0},
    {"nodata": -9999},
]


@pytest.mark.parametrize("entry", BYTE_ENTRIES)
@pytest.mark.parametrize("affine", [CORNER, Affine(100, 0, 1000, 0, 100, 1600)])
def test_cells_looked_up_by_their_byte_are_those_that_are_read(
    tif: Callable[..., Path],
    quantity: Callable[..., RasterSource],
    geobox: GeoBox,
    tmp_path: Path,
    entry: dict[str, object],
    affine: Affine,
) -> None:
    path = tif(GRID.astype(np.uint8), nodata=None, affine=affine)
    source = quantity(path, **entry)
    found = find_raster(source, geobox, tmp_path)
    for tile in cut_tiles(geobox, (3, 2)):
        held, read = found.byte_part(tile), found.part(tile)
        assert held is not None
        looked_up = held.on(read.geobox)
        np.testing.assert_array_equal(looked_up.values, read.values)
        np.testing.assert_array_equal(looked_up.unknown, read.unknown)
        np.testing.assert_array_equal(looked_up.known, read.known)
        assert looked_up.values.dtype == read.values.dtype


def test_what_cannot_be_looked_up_by_byte_is_read(
    tif: Callable[..., Path],
    quantity: Callable[..., RasterSource],
    category: Callable[..., RasterSource],
    geobox: GeoBox,
    tmp_path: Path,
) -> None:
    whole = Tile.whole(geobox)
    small = tif(GRID[:3].astype(np.uint8), nodata=255, name="small.tif")
    assert find_raster(quantity(small), geobox, tmp_path).byte_part(whole) is None
    wide = find_raster(quantity(tif(GRID)), geobox, tmp_path)
    assert wide.byte_part(whole) is None
    moved = tif(GRID.astype(np.uint8), nodata=255, affine=Affine(100, 0, 1050, 0, -100, 2000))
    assert find_raster(quantity(moved), geobox, tmp_path).byte_part(whole) is None
    strange = tif(GRID.astype(np.uint8), nodata=255, name="strange.tif")
    classes = find_raster(category(strange, range(19)), geobox, tmp_path)
    assert classes.byte_part(whole) is None
    with pytest.raises(InputError, match="19"):
        classes.part(whole)
    ranged = find_raster(quantity(strange, valid_range=(0, 18)), geobox, tmp_path)
    assert ranged.byte_part(whole) is None
    with pytest.raises(InputError, match="19"):
        ranged.part(whole)


@pytest.mark.parametrize("kind", [np.int8, np.int64, np.float64])
def test_every_type_of_pixel_is_read_with_its_gaps(
    tif: Callable[..., Path],
    quantity: Callable[..., RasterSource],
    geobox: GeoBox,
    kind: type[np.generic],
) -> None:
    raster = read_raster(quantity(tif(GRID.astype(kind), nodata=7)), geobox)
    assert np.flatnonzero(raster.unknown).tolist() == [7]
    assert raster.values.ravel()[8] == 8
