"""Columns as a reader sees them: labels with units, MW and mu, words for codes, dates."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd

from sandgrid.export.words import CODED, Words, word_of
from sandgrid.messages import Language, tell
from sandgrid.tables import Column, table_columns
from sandgrid.units import CENTIMU_PER_MU, KW_PER_MW

Kind = Literal["text", "year", "count", "mw", "mu", "cny", "real", "metre", "degree", "share"]


@dataclass(frozen=True)
class Shown:
    """How the values of a column are shown.

    Parameters
    ----------
    kind : str
        What sort of quantity it is.
    divisor : int
        What a value is divided by.
    unit : str
        Unit as it stands in the head, "" where there is none.

    """

    kind: Kind
    divisor: int
    unit: str


_SHOWN_UNITS: Final[Mapping[str, Shown]] = {
    "kW": Shown("mw", KW_PER_MW, "MW"),
    "0.01 mu": Shown("mu", CENTIMU_PER_MU, "unit-mu"),
    "CNY": Shown("cny", 1, "unit-cny"),
}


def shown_as(column: Column) -> Shown:
    """Return how a column is shown.

    Examples
    --------
    >>> area, *_ = [c for c in table_columns("treatments") if c.name == "area_centimu"]
    >>> shown_as(area)
    Shown(kind='mu', divisor=100, unit='unit-mu')

    """
    if column.kind in ("str", "bool"):
        return Shown("text", 1, "")
    if column.unit in _SHOWN_UNITS:
        return _SHOWN_UNITS[column.unit]
    if column.kind == "int":
        return Shown("year" if column.name.endswith("year") else "count", 1, column.unit)
    return Shown("degree" if column.unit == "deg" else "real", 1, column.unit)


def shown_label(column: Column, lang: Language) -> str:
    """Return the label of a column with the unit in which it is shown.

    Examples
    --------
    >>> area, *_ = [c for c in table_columns("treatments") if c.name == "area_centimu"]
    >>> shown_label(area, "zh"), shown_label(area, "en")
    ('面积 (亩)', 'Area (mu)')

    """
    text = column.zh if lang == "zh" else column.en
    unit = shown_as(column).unit
    unit = tell(unit, lang=lang) if unit.startswith("unit-") else unit
    return f"{text} ({unit})" if unit and unit != "1" else text


def is_date(column: Column) -> bool:
    """Return whether a text column holds days, YYYY-MM-DD or empty.

    Examples
    --------
    >>> [column.name for column in table_columns("works") if is_date(column)]
    ['date']

    """
    return column.kind == "str" and (column.name == "date" or column.name.endswith("_date"))


def as_days(values: "pd.Series[str]") -> npt.NDArray[np.datetime64]:
    """Return texts YYYY-MM-DD as days, an empty text as NaT.

    Examples
    --------
    >>> as_days(pd.Series(["2024-05-20", ""]))
    array(['2024-05-20',        'NaT'], dtype='datetime64[D]')

    """
    days = values.replace("", "NaT").to_numpy(dtype=object)
    return np.asarray(days.astype("datetime64[D]"))


def readable_labels(name: str, lang: Language) -> dict[str, str]:
    """Return column -> label of a table, no two alike even to a database that ignores case.

    Examples
    --------
    >>> list(readable_labels("site_parcels", "zh").values())
    ['场址编号', '地块编号']

    """
    labels: dict[str, str] = {}
    taken: set[str] = set()
    for column in table_columns(name):
        label = shown_label(column, lang)
        if label.casefold() in taken:
            label = f"{label} [{column.name}]"
        taken.add(label.casefold())
        labels[column.name] = label
    return labels


def readable_table(
    name: str, table: pd.DataFrame, *, lang: Language, names: Mapping[str, Words]
) -> pd.DataFrame:
    """Return a table with labels for columns, words for codes, MW and mu, and days as dates.

    Parameters
    ----------
    name : str
        Contract of the table.
    table : DataFrame or GeoDataFrame
        The table; its geometry stays as it is.
    lang : {"zh", "en"}
        Language.
    names : mapping
        Code -> name, before those of the message catalogue.

    """
    labels = readable_labels(name, lang)
    columns = {
        labels[column.name]: _readable(column, table[column.name], lang=lang, names=names)
        for column in table_columns(name)
    }
    frame = pd.DataFrame(columns, index=table.index)
    if isinstance(table, gpd.GeoDataFrame):
        shapes: pd.DataFrame = gpd.GeoDataFrame(
            frame, geometry=table.geometry.to_numpy(), crs=table.crs
        )
        return shapes
    return frame


def _readable(
    column: Column, values: pd.Series, *, lang: Language, names: Mapping[str, Words]
) -> pd.Series:
    if is_date(column):
        return pd.Series(as_days(values), index=values.index)
    if column.name in CODED:
        words = {code: word_of(column.name, code, lang=lang, names=names) for code in set(values)}
        return values.map(words).astype("str")
    divisor = shown_as(column).divisor
    shown: pd.Series = values / divisor if divisor > 1 else values
    return shown
