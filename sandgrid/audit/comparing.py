"""Comparing columns of numbers: what is compared, and which rows are wrong."""

from collections.abc import Iterable, Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from sandgrid.audit.report import Fault, Outcome

Numbers = npt.ArrayLike
NOTHING = Outcome(0)


def at_least(
    where: Sequence[str], found: Numbers, limit: Numbers, *, slack: Numbers = 0.0
) -> Outcome:
    """Compare numbers with what they must reach; a number that is missing is wrong.

    Examples
    --------
    >>> at_least(["a", "b"], [1.0, 3.0], 2.0).faults
    (Fault(where='a', found=1.0, relation='>=', limit=2.0),)

    """
    left, right = _floats(where, found), _floats(where, limit)
    return _told(where, left, ">=", right, left >= right - _floats(where, slack))


def at_most(
    where: Sequence[str], found: Numbers, limit: Numbers, *, slack: Numbers = 0.0
) -> Outcome:
    """Compare numbers with what they must keep to; a number that is missing is wrong."""
    left, right = _floats(where, found), _floats(where, limit)
    return _told(where, left, "<=", right, left <= right + _floats(where, slack))


def equal(where: Sequence[str], found: Numbers, limit: Numbers, *, slack: Numbers = 0.0) -> Outcome:
    """Compare numbers with what they must be; a number that is missing is wrong."""
    left, right = _floats(where, found), _floats(where, limit)
    return _told(where, left, "=", right, np.abs(left - right) <= _floats(where, slack))


def alike(where: Sequence[str], found: Iterable[object], limit: Iterable[object]) -> Outcome:
    """Compare texts with what they must be."""
    pairs = list(zip(where, found, limit, strict=True))
    faults = tuple(Fault(name, f"'{a}'", "=", f"'{b}'") for name, a, b in pairs if not _same(a, b))
    return Outcome(len(pairs), faults)


def known(where: Sequence[str], found: Iterable[str], ids: Iterable[str], table: str) -> Outcome:
    """Compare ids with those of a table."""
    have = set(ids)
    pairs = list(zip(where, found, strict=True))
    faults = tuple(Fault(name, f"'{one}'", "in", table) for name, one in pairs if one not in have)
    return Outcome(len(pairs), faults)


def same_sums(found: pd.Series, expected: pd.Series, what: str, *, slack: float = 0.0) -> Outcome:
    """Compare two sums by their keys; a key that one side lacks counts as zero there.

    Examples
    --------
    >>> one, two = pd.Series({"a": 1.0}), pd.Series({"a": 1.0, "b": 2.0})
    >>> same_sums(one, two, "land").faults[0].where
    'b land'

    """
    left, right = found.align(expected, join="outer", fill_value=0)
    return equal([_joined(key, what) for key in left.index], left, right, slack=slack)


def named(frame: pd.DataFrame, keys: Iterable[str], what: str) -> list[str]:
    """Return the name of each row for a fault: its keys and what is compared.

    Examples
    --------
    >>> named(pd.DataFrame({"site_id": ["S001"], "year": [2026]}), ["site_id", "year"], "units")
    ['S001 2026 units']

    """
    columns = [frame[key].astype("str").tolist() for key in keys]
    return [" ".join((*parts, what)) for parts in zip(*columns, strict=True)]


def gather(outcomes: Iterable[Outcome]) -> Outcome:
    """Return outcomes together."""
    return sum(outcomes, start=NOTHING)


def totals(frame: pd.DataFrame, keys: list[str], column: str) -> pd.Series:
    """Return the sum of a column by keys, as float64."""
    return frame.groupby(keys, sort=True)[column].sum().astype("float64")


def running(
    frame: pd.DataFrame, years: Sequence[int], *, keys: list[str], column: str
) -> pd.Series:
    """Return what has come together by each year's end, by keys and year.

    Examples
    --------
    >>> rows = pd.DataFrame({"hub_id": ["H1", "H1"], "year": [2024, 2026], "kw": [5, 7]})
    >>> running(rows, [2024, 2025, 2026], keys=["hub_id"], column="kw").tolist()
    [5.0, 5.0, 12.0]

    """
    crossed = (
        frame[[*keys, "year", column]]
        .rename(columns={"year": "since"})
        .merge(pd.DataFrame({"year": list(years)}), how="cross")
    )
    return totals(crossed[crossed["since"] <= crossed["year"]], [*keys, "year"], column)


def _told(
    where: Sequence[str],
    found: npt.NDArray[np.float64],
    relation: str,
    limit: npt.NDArray[np.float64],
    right: npt.NDArray[np.bool_],
) -> Outcome:
    wrong = np.flatnonzero(~right)
    faults = (Fault(where[i], float(found[i]), relation, float(limit[i])) for i in wrong.tolist())
    return Outcome(len(where), tuple(faults))


def _floats(where: Sequence[str], values: Numbers) -> npt.NDArray[np.float64]:
    return np.broadcast_to(np.asarray(values, dtype=np.float64), (len(where),))


def _same(one: object, two: object) -> bool:
    return bool(one == two)


def _joined(key: object, what: str) -> str:
    parts = key if isinstance(key, tuple) else (key,)
    return " ".join([*(str(part) for part in parts), what])
