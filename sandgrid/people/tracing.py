"""Where each number of a statement comes from: parameters with value, source and confidence."""

import csv
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache
from importlib import resources
from typing import Final

import pandas as pd

from sandgrid.params import Parameter, Parameters
from sandgrid.people.products import NONE

NUMBERED: Final = ("_cny", "_centimu", "_days")


@dataclass(frozen=True)
class Trace:
    """One parameter behind a number.

    Parameters
    ----------
    column : str
        Column of the statement.
    key : str
        Key of the parameter.
    parameter : Parameter
        Value, unit, source, confidence.

    """

    column: str
    key: str
    parameter: Parameter

    @property
    def placeholder(self) -> bool:
        """Whether the value is of low confidence or UNKNOWN."""
        return self.parameter.confidence == "low" or self.parameter.value is None


@cache
def trace_patterns() -> Mapping[str, tuple[str, ...]]:
    """Return column of a statement -> patterns of the parameters behind it."""
    path = resources.files("sandgrid") / "reference" / "people_traces.csv"
    rows = csv.DictReader(path.read_text(encoding="utf-8").splitlines())
    return {row["column"]: tuple(row["parameters"].split()) for row in rows}


def traced_columns(statement: pd.DataFrame) -> list[str]:
    """Return the columns of a statement that hold amounts and are not zero in every year."""
    return [
        str(name)
        for name in statement.columns
        if str(name).endswith(NUMBERED) and (statement[name] != 0).any()
    ]


def trace_numbers(
    columns: Sequence[str], parameters: Parameters, names: Mapping[str, Sequence[str]]
) -> tuple[Trace, ...]:
    """Return the parameters behind the columns of a statement.

    Parameters
    ----------
    columns : sequence of str
        Columns of the statement.
    parameters : Parameters
        Of the plan.
    names : mapping
        measure, sequence and industry -> codes that play a part in the village.

    Returns
    -------
    tuple of Trace
        At least one per column, in order.

    Raises
    ------
    KeyError
        If a column has no trace.

    """
    return tuple(
        Trace(column, key, parameters[key])
        for column in columns
        for key in _keys(trace_patterns()[column], parameters, names)
    )


def _keys(
    patterns: Sequence[str], parameters: Parameters, names: Mapping[str, Sequence[str]]
) -> Iterator[str]:
    for pattern in patterns:
        for filled in _filled(pattern, names):
            yield from (key for key in parameters if fnmatchcase(key, filled))


def _filled(pattern: str, names: Mapping[str, Sequence[str]]) -> list[str]:
    for word, codes in names.items():
        if f"{{{word}}}" in pattern:
            return [pattern.replace(f"{{{word}}}", code) for code in codes if code != NONE]
    return [pattern]
