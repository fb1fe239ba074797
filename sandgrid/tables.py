"""The contract of every table: one CSV row per column, read by checks, docs, writers and maps."""

import csv
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any, Literal, TypeVar

import numpy as np
import pandas as pd

from sandgrid.errors import InputError
from sandgrid.messages import Language

Kind = Literal["str", "int", "float", "bool"]
_DTYPES = {"int": "int64", "float": "float64", "bool": "bool"}
Frame = TypeVar("Frame", bound=pd.DataFrame)


@dataclass(frozen=True)
class Column:
    """One column of one table.

    Parameters
    ----------
    name : str
        Name inside the package, ending in its unit.
    kind : {"str", "int", "float", "bool"}
        Type of the values.
    unit : str
        Unit, or "" where there is none.
    zh, en : str
        Labels that a reader sees.
    dbf : str
        Shapefile name: ASCII, at most 10 characters; "" where the column is not exported.
    required : bool
        Whether missing values (NaN, None) are refused.
    meaning : str
        One sentence.

    """

    name: str
    kind: Kind
    unit: str
    zh: str
    en: str
    dbf: str
    required: bool
    meaning: str

    def label(self, lang: Language) -> str:
        """Return the label with its unit, e.g. ``Area (ha)``."""
        text = self.zh if lang == "zh" else self.en
        return f"{text} ({self.unit})" if self.unit else text


@cache
def table_columns(table: str) -> tuple[Column, ...]:
    """Return the columns of a table in their order.

    Raises
    ------
    FileNotFoundError
        If no table of that name has a contract.

    Examples
    --------
    >>> [column.name for column in table_columns("site_parcels")][:2]
    ['site_id', 'parcel_id']

    """
    path = resources.files("sandgrid") / "reference" / "columns" / f"{table}.csv"
    rows = csv.DictReader(path.read_text(encoding="utf-8").splitlines())
    return tuple(_column(row) for row in rows)


def _column(row: dict[str, str]) -> Column:
    return Column(
        name=row["name"],
        kind=row["kind"],  # type: ignore[arg-type]  # held by a test over all contracts
        unit=row["unit"],
        zh=row["zh"],
        en=row["en"],
        dbf=row["dbf"],
        required=row["required"] == "yes",
        meaning=row["meaning"],
    )


def table_names() -> tuple[str, ...]:
    """Return the names of all tables that have a contract."""
    folder = resources.files("sandgrid") / "reference" / "columns"
    return tuple(sorted(p.name.removesuffix(".csv") for p in folder.iterdir()))


def column_names(table: str) -> list[str]:
    """Return the column names of a table in their order."""
    return [column.name for column in table_columns(table)]


def empty_table(table: str) -> pd.DataFrame:
    """Return a table of the contract without rows."""
    return conform_table(pd.DataFrame(columns=column_names(table)), table)


def conform_table(frame: Frame, table: str) -> Frame:
    """Return the frame with the columns of the contract in order and in type.

    Parameters
    ----------
    frame : DataFrame or GeoDataFrame
        May hold its columns in any order; a geometry column stays last.
    table : str
        Name of the contract.

    Raises
    ------
    InputError
        If a column is missing or unknown, a required value is missing, or a value has the
        wrong type.

    Examples
    --------
    >>> frame = pd.DataFrame({"parcel_id": ["P1"], "site_id": ["S1"]})
    >>> list(conform_table(frame, "site_parcels").columns)
    ['site_id', 'parcel_id']
    >>> conform_table(frame.assign(extra=1), "site_parcels")
    Traceback (most recent call last):
    sandgrid.errors.InputError: table 'site_parcels': unknown columns extra; remove them

    """
    geometry = [name for name in ("geometry",) if name in frame.columns]
    names = column_names(table)
    _refuse_columns(table, "table-missing-columns", [n for n in names if n not in frame])
    unknown = [n for n in frame.columns if n not in names and n not in geometry]
    _refuse_columns(table, "table-unknown-columns", unknown)
    result = frame[names + geometry].copy()
    for column in table_columns(table):
        result[column.name] = _typed(result[column.name], column, table)
    return result


def _refuse_columns(table: str, key: str, names: Sequence[str]) -> None:
    if names:
        raise InputError(key, {"table": table, "columns": ", ".join(names)})


def _typed(values: "pd.Series[Any]", column: Column, table: str) -> "pd.Series[Any]":
    missing = values.isna().to_numpy()
    if column.required and missing.any():
        where = int(np.flatnonzero(missing)[0])
        raise InputError(
            "table-missing-value", {"table": table, "column": column.name, "row": where}
        )
    try:
        if column.kind == "str":
            return values.astype("object").where(~missing, "").astype("str")
        return values.astype(pd.api.types.pandas_dtype(_DTYPES[column.kind]))
    except (TypeError, ValueError) as error:
        raise InputError(
            "table-wrong-type", {"table": table, "column": column.name, "kind": column.kind}
        ) from error


def require_unique(frame: pd.DataFrame, columns: Iterable[str], table: str) -> None:
    """Refuse a table in which one key stands twice.

    Raises
    ------
    InputError
        Naming the table, the key and its first repeated value.

    """
    names = list(columns)
    repeated = frame.duplicated(names)
    if repeated.any():
        first = frame.loc[repeated, names].iloc[0].tolist()
        raise InputError(
            "table-duplicate-key",
            {"table": table, "columns": ", ".join(names), "value": first},
        )
