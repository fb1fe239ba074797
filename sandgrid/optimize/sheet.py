"""Columns of one length as plain arrays: what rules are written with, quick for few and for many.

A table of a handful of rows costs a data frame some hundred microseconds a step, and a compiler
takes hundreds of steps; plain arrays cost next to nothing, and no more for a city.
"""

from collections.abc import Iterable, Mapping
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

Array = npt.NDArray[Any]
Keys = tuple[Array, ...]
DENSE: Final = 1 << 22


class Sheet:
    """Named columns of one length.

    Parameters
    ----------
    arrays : mapping
        Name -> values; text is held as objects.

    Examples
    --------
    >>> sheet = Sheet({"year": np.array([2024, 2025]), "mw": np.array([10.0, 20.0])})
    >>> sheet.take(sheet["mw"] > 15.0)["year"].tolist()
    [2025]

    """

    def __init__(self, arrays: Mapping[str, Array]) -> None:
        self._arrays = dict(arrays)

    @classmethod
    def of(cls, frame: pd.DataFrame, *names: str) -> "Sheet":
        """Return columns of a frame, all if none is named."""
        return cls({name: frame[name].to_numpy() for name in names or frame.columns})

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(next(iter(self._arrays.values()), ()))

    def __contains__(self, name: str) -> bool:
        """Tell whether there is an array of this name."""
        return name in self._arrays

    def __getitem__(self, name: str) -> Array:
        """Return the values of a column."""
        return self._arrays[name]

    def get(self, name: str, otherwise: str) -> Array | str:
        """Return the values of a column, something else if there is none."""
        return self._arrays.get(name, otherwise)

    def only(self, *names: str) -> "Sheet":
        """Return some of the columns."""
        return Sheet({name: self._arrays[name] for name in names})

    def arrays(self) -> dict[str, Array]:
        """Return all columns by name."""
        return dict(self._arrays)

    def keys(self, names: Iterable[str]) -> Keys:
        """Return the columns that name a row."""
        return tuple(self._arrays[name] for name in names)

    def take(self, where: Array) -> "Sheet":
        """Return some of the rows: those of a mask, or those of given numbers in their order."""
        return Sheet({name: values[where] for name, values in self._arrays.items()})

    def having(self, **more: Array | str | float) -> "Sheet":
        """Return the sheet with columns added or put in place of others."""
        count = len(self)
        added = {
            name: value if isinstance(value, np.ndarray) else filled(count, value)
            for name, value in more.items()
        }
        return Sheet(self._arrays | added)

    def frame(self) -> pd.DataFrame:
        """Return the sheet as a frame."""
        return pd.DataFrame(
            {
                name: pd.array(values, dtype="str") if values.dtype == object else values
                for name, values in self._arrays.items()
            }
        )


def filled(count: int, value: str | float) -> Array:
    """Return an array that holds one value throughout."""
    return np.full(count, value, dtype=object if isinstance(value, str) else None)


def stacked(sheets: Iterable[Sheet], names: Iterable[str]) -> Sheet:
    """Return some columns of sheets one under the other."""
    parts = list(sheets)
    return Sheet({name: np.concatenate([part[name] for part in parts]) for name in names})


def among(values: Array, known: Iterable[object]) -> npt.NDArray[np.bool_]:
    """Tell which values are among some others.

    Examples
    --------
    >>> among(np.array(["pv", "wind"], dtype=object), ["wind"]).tolist()
    [False, True]

    """
    wanted = known if isinstance(known, set | frozenset | dict) else set(known)
    return np.fromiter((value in wanted for value in values.tolist()), np.bool_, len(values))


def looked_up(values: Array, table: Mapping[Any, float], missing: float = 0.0) -> Array:
    """Return what a mapping holds for each value."""
    return np.array([table.get(value, missing) for value in values.tolist()], dtype=np.float64)


def find(keys: Keys, places: Keys) -> npt.NDArray[np.int64]:
    """Return where each key stands among places that are told apart by theirs; -1 if nowhere.

    Parameters
    ----------
    keys, places : tuple of array
        As many arrays on both sides, each of one length: text or whole numbers.

    Examples
    --------
    >>> years = np.array([2024, 2025])
    >>> find((np.array([2025, 2026]),), (years,)).tolist()
    [1, -1]

    """
    count, size = len(places[0]), 1
    if not count or not len(keys[0]):
        return np.full(len(keys[0]), -1, dtype=np.int64)
    code = np.zeros(count + len(keys[0]), dtype=np.int64)
    for key, place in zip(keys, places, strict=True):
        part, kinds = _coded(np.concatenate([place, key]))
        code, size = code * kinds + part, size * kinds
        if size > DENSE:
            code, size = _coded(code)
    where = np.full(size, -1, dtype=np.int64)
    where[code[:count]] = np.arange(count)
    return where[code[count:]]


def _coded(values: Array) -> tuple[npt.NDArray[np.int64], int]:
    """Return whole numbers from 0 that tell values apart, and how many there may be."""
    if values.dtype != object:
        least, most = int(values.min()), int(values.max())
        if most - least < DENSE:
            return values.astype(np.int64) - least, most - least + 1
    part, kinds = pd.factorize(values)
    return part.astype(np.int64), len(kinds)


def named(keys: Keys) -> list[str]:
    """Return what stands in the brackets of names.

    Examples
    --------
    >>> named((np.array(["H1"], dtype=object), np.array([2024])))
    ['H1,2024']

    """
    columns = [key.tolist() for key in keys]
    if len(columns) == 1:
        return [str(value) for value in columns[0]]
    return [",".join(map(str, row)) for row in zip(*columns, strict=True)]
