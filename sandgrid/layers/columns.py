"""The columns of a vector layer: named, typed and checked by the contract of its role."""

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Final, cast

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd

from sandgrid.errors import InputError
from sandgrid.layers.catalogue import VectorSource
from sandgrid.layers.notices import Report, SandGridWarning

SHOWN: Final = 5


@dataclass(frozen=True)
class RoleColumn:
    """What the contract of a role says about one column.

    Parameters
    ----------
    name, kind : str
        Column and str, int or float.
    required : bool
        Whether it must be there and filled.
    known : tuple of str
        Values that are known; empty where any is.

    """

    name: str
    kind: str
    required: bool
    known: tuple[str, ...]


@cache
def role_columns(role: str) -> tuple[RoleColumn, ...]:
    """Return the contract of a role; empty for a role that SandGrid does not know.

    Examples
    --------
    >>> [column.name for column in role_columns("forest")]
    ['forest_class']

    """
    path = resources.files("sandgrid") / "reference" / "roles.csv"
    rows = csv.DictReader(path.read_text(encoding="utf-8").splitlines())
    return tuple(
        RoleColumn(
            row["column"],
            row["kind"],
            row["required"] == "yes",
            tuple(row["values"].split("|")) if row["values"] else (),
        )
        for row in rows
        if row["role"] == role
    )


def leave_out(frame: gpd.GeoDataFrame, source: VectorSource, report: Report) -> gpd.GeoDataFrame:
    """Return the features without those whose value is recoded to nothing, and say how many.

    Parameters
    ----------
    frame : GeoDataFrame
        Columns of the file.
    source : VectorSource
        Recodes a value to "" where its feature is not wanted.
    report : callable
        What is done with a warning.

    """
    keep = np.ones(len(frame), bool)
    for name, recode in source.recode.items():
        nothing = {value for value, told in recode.items() if not told}
        if nothing and name in source.columns:
            given = _as_text(frame[source.columns[name]])
            gone = given.isin(nothing).to_numpy()
            if gone.any():
                some = ", ".join(dict.fromkeys(given[gone].tolist()))
                values = {"column": name, "values": some, "count": int(gone.sum())}
                report(SandGridWarning("features-left-out", {**source.named, **values}))
            keep &= ~gone
    return cast("gpd.GeoDataFrame", frame[keep])


def conform_columns(frame: gpd.GeoDataFrame, source: VectorSource) -> gpd.GeoDataFrame:
    """Return the features with SandGrid's columns and geometry, nothing else.

    Parameters
    ----------
    frame : GeoDataFrame
        Columns of the file, indexed by the number of the feature.
    source : VectorSource
        Maps the columns.

    Raises
    ------
    InputError
        If an id is missing or stands twice, a column that the role needs is missing, or a
        value is of the wrong type or unknown.

    """
    contract = {column.name: column for column in role_columns(source.role)}
    missing = [
        name
        for name, column in contract.items()
        if column.required and name not in source.columns and name not in source.fill
    ]
    if missing:
        raise InputError("role-columns-missing", {**source.named, "columns": ", ".join(missing)})
    ids = _ids(frame, source)
    data: dict[str, object] = {source.id: ids}
    for name, given in source.columns.items():
        if name != source.id:
            known = _recoded(frame[given], source.recode.get(name, {}))
            data[name] = _typed(known, contract.get(name), name, source, ids)
    for name, value in source.fill.items():
        data[name] = _typed(
            pd.Series([value] * len(frame), index=frame.index),
            contract.get(name),
            name,
            source,
            ids,
        )
    return gpd.GeoDataFrame(data, geometry=frame.geometry.to_numpy(), crs=frame.crs)


def _ids(frame: gpd.GeoDataFrame, source: VectorSource) -> npt.NDArray[np.object_]:
    column = source.columns.get(source.id)
    if column is None:
        return np.array([f"{source.role}-{number}" for number in frame.index], dtype=object)
    values = frame[column]
    if values.isna().any() or (values.astype("object").astype(str) == "").any():
        first = frame.index[values.isna() | (values.astype("object").astype(str) == "")][0]
        raise InputError("id-missing", {**source.named, "column": column, "feature": first})
    ids = _as_text(values).to_numpy(dtype=object)
    repeated = pd.Series(ids)[pd.Series(ids).duplicated()]
    if len(repeated):
        some = ", ".join(dict.fromkeys(repeated.tolist()[:SHOWN]))
        raise InputError(
            "id-duplicate", {**source.named, "column": column, "count": len(repeated), "ids": some}
        )
    return ids


def _as_text(values: pd.Series) -> pd.Series:
    """Return values as text; whole numbers without a point, so that 150521.0 is 150521."""
    if pd.api.types.is_float_dtype(values) and (values.dropna() % 1 == 0).all():
        values = values.astype("Int64")
    return values.astype("object").where(values.notna(), "").astype(str)


def _recoded(values: pd.Series, recode: Mapping[str, str]) -> pd.Series:
    if not recode:
        return values
    return _as_text(values).map(lambda value: recode.get(value, value))


def _typed(
    values: pd.Series,
    column: RoleColumn | None,
    name: str,
    source: VectorSource,
    ids: npt.NDArray[np.object_],
) -> npt.NDArray[np.object_] | pd.Series:
    kind = column.kind if column else "float" if _is_number(values) else "str"
    missing = values.isna().to_numpy()
    if column and column.required:
        _refuse(missing, "value-missing", {"column": name}, source, ids)
    if kind == "str":
        typed = _as_text(values).astype("str").reset_index(drop=True)
    else:
        typed = _number(values, kind, name, source, ids)
    if column and column.known:
        _require_values(typed, column, missing, source, ids)
    return typed


def _is_number(values: pd.Series) -> bool:
    return bool(pd.api.types.is_numeric_dtype(values))


def _number(
    values: pd.Series, kind: str, name: str, source: VectorSource, ids: npt.NDArray[np.object_]
) -> pd.Series:
    numbers = pd.to_numeric(values, errors="coerce").astype("float64").reset_index(drop=True)
    bad = numbers.isna().to_numpy() & values.notna().to_numpy()
    bad |= np.isinf(numbers.to_numpy())
    if kind == "int":
        bad |= (numbers % 1 != 0).to_numpy() & numbers.notna().to_numpy()
    _refuse(bad, "value-not-number", {"column": name}, source, ids)
    return numbers.astype("int64") if kind == "int" and numbers.notna().all() else numbers


def _require_values(
    typed: pd.Series,
    column: RoleColumn,
    missing: npt.NDArray[np.bool_],
    source: VectorSource,
    ids: npt.NDArray[np.object_],
) -> None:
    known = _as_text(typed).isin(column.known).to_numpy()
    bad = ~known & ~missing & (_as_text(typed) != "").to_numpy()
    if column.required:
        bad = ~known
    strange = ", ".join(dict.fromkeys(_as_text(typed)[bad].tolist()[:SHOWN]))
    told = {"column": column.name, "values": strange, "known": ", ".join(column.known)}
    _refuse(bad, "value-unknown", told, source, ids)


def _refuse(
    bad: npt.NDArray[np.bool_],
    key: str,
    told: Mapping[str, object],
    source: VectorSource,
    ids: npt.NDArray[np.object_],
) -> None:
    if bad.any():
        features = ", ".join(str(name) for name in ids[bad][:SHOWN])
        values = {**source.named, **told, "count": int(bad.sum()), "features": features}
        raise InputError(key, values)
