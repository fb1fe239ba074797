"""The attribute file of a shapefile against the one that GDAL writes."""

import struct
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
import world
from hypothesis import given, settings
from hypothesis import strategies as st

from sandgrid.errors import OutputError
from sandgrid.export.dbf import dbf_bytes, encoded_texts
from sandgrid.export.files import Staging
from sandgrid.export.shapefiles import ShapeProfile, write_shapefiles
from sandgrid.export.vector import write_layer

TEXTS = st.text(st.characters(codec="utf-8", exclude_categories=("Cs", "Cc")), max_size=60)


def by_gdal(folder: Path, table: pd.DataFrame, encoding: str) -> bytes:
    path = folder / "any.shp"
    places = gpd.GeoDataFrame(table, geometry=shapely.points(np.zeros((len(table), 2))), crs=4529)
    options = {"driver": "ESRI Shapefile", "encoding": encoding}
    options["DBF_DATE_LAST_UPDATE"] = world.AS_OF
    write_layer(path, places, options=options, family="Point")
    return path.with_suffix(".dbf").read_bytes()


def table_of(texts: list[str], floats: list[float], integers: list[int]) -> pd.DataFrame:
    size = len(texts)
    days = pd.to_datetime(["2024-06-30", None, "1999-01-02"] * size)[:size]
    columns = {"text": pd.Series(texts, dtype="str"), "float": np.array(floats)}
    flags = np.arange(size) % 2 == 0
    return pd.DataFrame({**columns, "int": np.array(integers), "flag": flags, "day": days})


@pytest.mark.parametrize("encoding", ["UTF-8", "GB18030"])
def test_every_kind_of_field_is_written_as_gdal_writes_it(tmp_path: Path, encoding: str) -> None:
    texts = ["治沙", "", "x" * 100, "额尔敦𠮷"]
    table = table_of(texts, [0.1, np.nan, -1e5, 123456789.5], [0, -7, 10**12, 2**31])
    ours = dbf_bytes(table, as_of=world.AS_OF, encoding=encoding)
    assert ours == by_gdal(tmp_path, table, encoding)


@settings(max_examples=40)
@given(st.lists(TEXTS, min_size=1, max_size=5), st.data())
def test_any_table_is_written_as_gdal_writes_it(
    tmp_path_factory: pytest.TempPathFactory, texts: list[str], data: st.DataObject
) -> None:
    size = {"min_size": len(texts), "max_size": len(texts)}
    floats = data.draw(st.lists(st.floats(-1e6, 1e6), **size))
    integers = data.draw(st.lists(st.integers(-(10**15), 10**15), **size))
    table = table_of(texts, floats, integers)
    ours = dbf_bytes(table, as_of=world.AS_OF, encoding="UTF-8")
    assert ours == by_gdal(tmp_path_factory.mktemp("dbf"), table, "UTF-8")


def test_a_table_without_rows_is_a_head_alone() -> None:
    table = table_of([], [], []).astype({"float": "float64", "int": "int64"})
    data = dbf_bytes(table, as_of=world.AS_OF, encoding="UTF-8")
    count, head, width = struct.unpack_from("<IHH", data, 4)
    assert (count, head, width) == (0, 32 + 5 * 32 + 1, 1 + 80 + 24 + 18 + 1 + 8)
    assert len(data) == head + 1


def test_a_null_in_a_text_is_kept_apart_and_refused(tmp_path: Path) -> None:
    assert encoded_texts(["a\0b", "c"], "UTF-8") == [b"a\0b", b"c"]
    tables = world.tables()
    tables["parcels"].loc[0, "holder"] = "乙\0丙"
    with pytest.raises(OutputError, match="holder"):
        write_shapefiles(
            Staging(tmp_path), tables, as_of=world.AS_OF, profile=ShapeProfile("EPSG:4529")
        )


def test_a_number_wider_than_its_field_is_refused(tmp_path: Path) -> None:
    tables = world.tables()
    tables["parcels"].loc[0, "area_ha"] = 1e30
    with pytest.raises(OutputError, match="area_ha"):
        write_shapefiles(
            Staging(tmp_path), tables, as_of=world.AS_OF, profile=ShapeProfile("EPSG:4529")
        )
