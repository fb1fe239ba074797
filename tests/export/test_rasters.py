import csv
import io
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree as ET

import numpy as np
import pytest
import rasterio
from affine import Affine
from odc.geo.geobox import GeoBox
from rasterio.io import MemoryFile
from world import CRS

from sandgrid.export.raster_styles import eligibility_style, style_names
from sandgrid.export.rasters import access_tiff, check_tiff, eligibility_legend, eligibility_tiff
from sandgrid.land.eligibility import Eligibility
from sandgrid.land.exclusions import Rule
from sandgrid.layers.raster import Raster

GEOBOX = GeoBox((3, 3), Affine(100, 0, -1000, 0, -100, 2000), CRS)
RULE = Rule(
    "slope-pv", 0, ("pv",), "slope", "dem", "坡度", "slope", document="自然资办发",
    number="12", date="2023-03-20",
)  # fmt: skip


@pytest.fixture
def eligibility() -> Eligibility:
    pv = np.array([[0, 1, 1], [0, 0, 1], [1 << 30, 1 << 31, (1 << 31) + 1]], dtype=np.uint32)
    wind = np.zeros((3, 3), dtype=np.uint32)
    return Eligibility(geobox=GEOBOX, reasons={"pv": pv, "wind": wind}, rules=(RULE,))


def test_reasons_read_back_bit_by_bit(eligibility: Eligibility) -> None:
    with MemoryFile(eligibility_tiff(eligibility)) as memory, memory.open() as found:
        assert found.descriptions == ("pv", "wind")
        assert found.transform == GEOBOX.affine
        assert found.crs == rasterio.crs.CRS.from_user_input(CRS)
        assert found.tags(1)["bit_00"] == "slope-pv"
        assert "bit_00" not in found.tags(2)
        for band, use in enumerate(eligibility.reasons, start=1):
            assert (found.read(band) == eligibility.reasons[use]).all()


def test_the_legend_explains_every_bit(eligibility: Eligibility) -> None:
    text = eligibility_legend(eligibility).decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text)))
    assert [(row["use"], row["bit"], row["rule"]) for row in rows] == [
        ("pv", "0", "slope-pv"), ("pv", "30", "unknown"), ("pv", "31", "outside"),
        ("wind", "30", "unknown"), ("wind", "31", "outside"),
    ]  # fmt: skip
    assert rows[0]["zh"] == "坡度"


def test_a_rule_cannot_put_a_formula_into_the_legend(eligibility: Eligibility) -> None:
    bad = replace(eligibility, rules=(replace(RULE, document="=HYPERLINK(1)"),))
    assert b",'=HYPERLINK(1)," in eligibility_legend(bad)


def test_qgis_is_given_a_name_for_every_combination(eligibility: Eligibility) -> None:
    assert style_names(eligibility.reasons) == {
        "pv": "eligibility.qml",
        "wind": "eligibility-wind.qml",
    }
    tree = ET.fromstring(eligibility_style(eligibility, "pv", "en"))  # ours
    shown = tree.find("pipe/rasterrenderer")
    assert shown is not None
    assert (shown.get("type"), shown.get("band")) == ("paletted", "1")
    entries = [
        (entry.get("value"), entry.get("label"), entry.get("alpha"))
        for entry in tree.iter("paletteEntry")
    ]
    assert entries == [
        ("0", "eligible", "255"),
        ("1", "slope", "255"),
        (str(1 << 30), "data unknown", "255"),
        (str(1 << 31), "outside the area", "0"),
    ]
    wind = ET.fromstring(eligibility_style(eligibility, "wind", "zh"))
    assert [entry.get("label") for entry in wind.iter("paletteEntry")] == ["可用", "规划区以外"]


def test_no_combination_is_left_out_however_many_there_are() -> None:
    rules = tuple(replace(RULE, id=f"r{bit}", bit=bit) for bit in range(11))
    many = np.arange(2048, dtype=np.uint32).reshape(32, 64)
    geobox = GeoBox((32, 64), GEOBOX.affine, CRS)
    tree = ET.fromstring(eligibility_style(Eligibility(geobox, {"pv": many}, rules), "pv", "en"))
    values = {int(entry.get("value", -1)) for entry in tree.iter("paletteEntry")}
    assert values == {*range(2048), 1 << 31}


def test_a_rule_cannot_break_the_style(eligibility: Eligibility) -> None:
    hostile = replace(eligibility, rules=(replace(RULE, en='"/><x a="&<'),))
    tree = ET.fromstring(eligibility_style(hostile, "pv", "en"))  # ours
    assert [entry.get("label") for entry in tree.iter("paletteEntry")][1] == '"/><x a="&<'


def test_access_is_kept_to_a_tenth_of_a_kilometre() -> None:
    km = np.array([[0, 0.04, 12.34], [99.96, np.nan, 1e9], [1, 2, 3]], dtype=np.float32)
    unknown = np.zeros((3, 3), dtype=bool)
    unknown[2, 2] = True
    with MemoryFile(access_tiff(Raster(km, unknown, GEOBOX))) as memory, memory.open() as found:
        stored = found.read(1)
        assert found.scales == (0.1,)
        assert found.units == ("km",)
        assert found.nodata == 65535
    assert stored.tolist() == [[0, 0, 123], [1000, 65535, 65534], [10, 20, 65535]]


def test_two_writes_give_the_same_bytes(eligibility: Eligibility) -> None:
    assert eligibility_tiff(eligibility) == eligibility_tiff(eligibility)


def test_a_cut_file_is_noticed(tmp_path: Path) -> None:
    noise = np.random.default_rng(0).integers(0, 2**32, (600, 600), dtype=np.uint32)
    geobox = GeoBox((600, 600), GEOBOX.affine, CRS)
    data = eligibility_tiff(Eligibility(geobox=geobox, reasons={"pv": noise}, rules=()))
    path = tmp_path / "eligibility.tif"
    path.write_bytes(data)
    check_tiff(path)
    path.write_bytes(data[: len(data) // 2])
    with pytest.raises(OSError, match=r"eligibility|TIFF|Read"):
        check_tiff(path)
