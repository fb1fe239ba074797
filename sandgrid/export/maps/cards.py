"""What a card tells: columns of the table contracts in the units that a reader uses."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd

from sandgrid.export.maps.words import Words
from sandgrid.tables import Column, table_columns
from sandgrid.units import CENTIMU_PER_MU, KW_PER_MW, MU_PER_HA

CHOICES: Final = frozenset(
    {"dune_class", "technology", "kind", "place", "sequence_id", "sequences", "holder_kind"}
    | {"degree", "accepted", "district_id"}
)
ALWAYS: Final = frozenset({"treated_centimu", "pv_kw", "wind_kw", "headroom_kw", "free_bays"})
YEARS: Final = frozenset({"year", "first_year", "count_year", "deadline_year"})


@dataclass(frozen=True)
class ShownUnit:
    """How a stored number is shown: divided by ``divisor``, with so many decimals.

    Parameters
    ----------
    unit : Words
        Unit that a reader sees.
    divisor : float
        Stored units in one shown unit.
    digits : int
        Decimals.

    """

    unit: Words
    divisor: float
    digits: int


def shown_unit(column: Column) -> ShownUnit:
    """Return how a column's numbers are shown.

    Examples
    --------
    >>> shown_unit(table_columns("parcel_use")[5]).divisor
    100

    """
    known = {
        "0.01 mu": ShownUnit(Words.of("map-unit-mu"), CENTIMU_PER_MU, 2),
        "ha": ShownUnit(Words.of("map-unit-mu"), 1 / MU_PER_HA, 2),
        "kW": ShownUnit(Words.of("map-unit-mw"), KW_PER_MW, 3),
        "CNY": ShownUnit(Words.of("map-unit-cny"), 1, 0),
        "d": ShownUnit(Words.of("map-unit-person-day"), 1, 1),
        "1": ShownUnit(Words.same(""), 1, 2),
        "": ShownUnit(Words.same(""), 1, 0),
    }
    return known.get(column.unit, ShownUnit(Words.same(column.unit), 1, 2))


def card_columns(frame: pd.DataFrame, table: str, names: Sequence[str]) -> list[dict[str, object]]:
    """Return columns of a table as the page reads them.

    Parameters
    ----------
    frame : DataFrame
        Rows of the layer, one per feature.
    table : str
        Contract that names the columns.
    names : sequence of str
        Columns to show, in order.

    """
    contract = {column.name: column for column in table_columns(table)}
    return [_card_column(frame[name], contract[name]) for name in names]


def _card_column(values: pd.Series, column: Column) -> dict[str, object]:
    unit = shown_unit(column)
    kind = _kind(column)
    is_district = column.name == "district_id"
    label = Words.of("map-district") if is_district else Words(column.zh, column.en)
    return {
        "key": column.name,
        "label": [label.zh, label.en],
        "unit": [unit.unit.zh, unit.unit.en],
        "divisor": unit.divisor,
        "digits": unit.digits,
        "kind": kind,
        "zero": column.name in ALWAYS,
        "values": _plain(values, kind, decimals=unit.digits + 1),
    }


def _kind(column: Column) -> str:
    if column.name in CHOICES:
        return "choice"
    if column.name in YEARS:
        return "year"
    return "text" if column.kind in {"str", "bool"} else "number"


def _plain(values: pd.Series, kind: str, *, decimals: int) -> list[object]:
    """Return values as JSON holds them; a missing one is None."""
    absent = values.isna().to_numpy()
    if kind in {"text", "choice"}:
        texts = values.astype("int64") if values.dtype == "bool" else values
        return [None if gone else str(v) for v, gone in zip(texts, absent, strict=True)]
    numbers = np.where(absent, 0.0, values.to_numpy(dtype=np.float64, na_value=0.0))
    rounded = numbers.round(max(decimals, 4))
    return [
        None if gone else int(n) if n.is_integer() else n
        for n, gone in zip(rounded.tolist(), absent, strict=True)
    ]
