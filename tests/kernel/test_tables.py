"""The contract of a table is data, and is kept."""

import pandas as pd
import pytest

from sandgrid.errors import InputError
from sandgrid.tables import conform_table, empty_table, require_unique, table_columns, table_names


@pytest.mark.parametrize("table", table_names())
def test_a_contract_is_whole(table: str) -> None:
    columns = table_columns(table)
    names = [column.name for column in columns]
    assert len(set(names)) == len(names)
    short = [column.dbf for column in columns if column.dbf]
    assert len(set(short)) == len(short)
    for column in columns:
        assert column.kind in {"str", "int", "float", "bool"}
        assert column.zh
        assert column.en
        assert column.dbf.isascii()
        assert len(column.dbf) <= 10


@pytest.mark.parametrize("table", table_names())
def test_an_empty_table_keeps_its_types(table: str) -> None:
    frame = empty_table(table)
    kinds = {"str": "OUT", "int": "i", "float": "f", "bool": "b"}
    for column in table_columns(table):
        assert frame[column.name].dtype.kind in kinds[column.kind]


def test_missing_and_wrong_values_are_refused() -> None:
    good = pd.DataFrame(
        {"substation_id": ["T1"], "year": [2024], "headroom_mw": [5.0], "free_bays": [1]}
    )
    assert conform_table(good, "substation_years").shape == (1, 4)
    with pytest.raises(InputError, match="headroom_mw has no value"):
        conform_table(good.assign(headroom_mw=[float("nan")]), "substation_years")
    with pytest.raises(InputError, match="does not hold int values"):
        conform_table(good.assign(year=["soon"]), "substation_years")
    with pytest.raises(InputError, match="columns year are missing"):
        conform_table(good.drop(columns="year"), "substation_years")
    with pytest.raises(InputError, match="stands more than once"):
        require_unique(pd.concat([good, good]), ["substation_id", "year"], "substation_years")
