"""Parameters: numbers with unit, source and confidence, read from data files."""

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Literal, cast

from sandgrid.errors import InputError, ScenarioError
from sandgrid.messages import Language

Confidence = Literal["verified", "inferred", "high", "medium", "low", "user"]
Value = float | int | str | bool | tuple[float, ...] | None
UNKNOWN = "UNKNOWN"


@dataclass(frozen=True)
class Parameter:
    """One parameter.

    Parameters
    ----------
    value : float, int, str, bool, tuple of float or None
        The value; None stands for UNKNOWN, which the user must set before it is used.
    unit : str
        Unit, "1" for a bare number, "" for text.
    source : str
        Where the value comes from.
    confidence : str
        verified, inferred, high, medium, low, or user (set in the scenario).
    cited : str, optional
        Title or number of the source in Chinese, which only Chinese outputs print.

    """

    value: Value
    unit: str
    source: str
    confidence: Confidence
    cited: str = ""

    def cite(self, lang: Language) -> str:
        """Return the source as a reader of a language is told it.

        Examples
        --------
        >>> held = Parameter(250, "d", "notice [2008] No. 3", "high", "人社部发〔2008〕3号")
        >>> held.cite("en"), held.cite("zh")
        ('notice [2008] No. 3', 'notice [2008] No. 3 (人社部发〔2008〕3号)')

        """
        return f"{self.source} ({self.cited})" if self.cited and lang == "zh" else self.source


class Parameters(Mapping[str, Parameter]):
    """Parameters by dotted key, e.g. ``pv.capex_cny_per_kw``.

    Examples
    --------
    >>> parameters = Parameters({"pv.life_years": Parameter(25, "a", "made up", "high")})
    >>> parameters.number("pv.life_years")
    25.0

    """

    def __init__(self, entries: Mapping[str, Parameter]) -> None:
        self._entries = dict(sorted(entries.items()))
        self._used: set[str] = set()

    def __getitem__(self, key: str) -> Parameter:
        """Return one parameter; an unknown key is an error."""
        if key not in self._entries:
            raise ScenarioError("parameter-unknown-key", {"key": key})
        return self._entries[key]

    def __iter__(self) -> Iterator[str]:
        """Iterate over the keys in order."""
        return iter(self._entries)

    def __len__(self) -> int:
        """Return the number of parameters."""
        return len(self._entries)

    def __contains__(self, key: object) -> bool:
        """Return whether there is a parameter of that key."""
        return key in self._entries

    @property
    def used(self) -> tuple[str, ...]:
        """Keys whose values have been asked for, in order."""
        return tuple(sorted(self._used))

    def value(self, key: str) -> float | int | str | bool | tuple[float, ...]:
        """Return a value as it stands, and remember that it took part.

        Raises
        ------
        ScenarioError
            If the key is not known or the value is UNKNOWN.

        """
        value = self[key].value
        if value is None:
            raise ScenarioError("parameter-unset", {"key": key, "source": self[key].source})
        self._used.add(key)
        return value

    def number(self, key: str) -> float:
        """Return a value as a number; raises ScenarioError if it is not one."""
        value = self.value(key)
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise ScenarioError("parameter-not-number", {"key": key, "value": value})
        return float(value)

    def text(self, key: str) -> str:
        """Return a value as text; raises ScenarioError if it is not text."""
        value = self.value(key)
        if not isinstance(value, str):
            raise ScenarioError("parameter-not-text", {"key": key, "value": value})
        return value

    def flag(self, key: str) -> bool:
        """Return a value as true or false; raises ScenarioError if it is neither."""
        value = self.value(key)
        if not isinstance(value, bool):
            raise ScenarioError("parameter-not-flag", {"key": key, "value": value})
        return value

    def numbers(self, key: str) -> tuple[float, ...]:
        """Return a value as a tuple of numbers; raises ScenarioError if it is not one."""
        value = self.value(key)
        if not isinstance(value, tuple):
            raise ScenarioError("parameter-not-numbers", {"key": key, "value": value})
        return value

    def below(self, prefix: str) -> tuple[str, ...]:
        """Return the distinct next parts of the keys below a prefix, in order of the keys.

        Examples
        --------
        >>> entry = Parameter(1, "1", "made up", "high")
        >>> Parameters({"measure.straw.life": entry, "measure.aerial.life": entry}).below("measure")
        ('aerial', 'straw')

        """
        start = f"{prefix}."
        parts = (key[len(start) :].split(".")[0] for key in self if key.startswith(start))
        return tuple(dict.fromkeys(parts))

    def with_values(self, changes: Mapping[str, Value], source: str) -> "Parameters":
        """Return a copy in which the user's values replace the defaults.

        Raises
        ------
        ScenarioError
            If a key is not known.

        """
        entries = dict(self._entries)
        for key, value in changes.items():
            entries[key] = _reset(self[key], value, source, "user")
        return Parameters(entries)

    def with_computed(self, key: str, value: Value, source: str) -> "Parameters":
        """Return a copy with a value that a run computed; what took part so far is remembered.

        Examples
        --------
        >>> found = Parameters({"wind.mean_ms": Parameter(5, "m/s", "made up", "low")})
        >>> found.with_computed("wind.mean_ms", 6.5, "wind table").number("wind.mean_ms")
        6.5

        """
        entry = _reset(self[key], value, source, "inferred")
        copy = Parameters({**self._entries, key: entry})
        copy._used = set(self._used)
        return copy


def _reset(entry: Parameter, value: Value, source: str, confidence: Confidence) -> Parameter:
    return Parameter(_tidy(value), entry.unit, source, confidence)


@cache
def default_parameters() -> Parameters:
    """Read the parameter files of the package.

    Raises
    ------
    InputError
        If an entry lacks one of value, unit, source, confidence.

    """
    entries: dict[str, Parameter] = {}
    folder = resources.files("sandgrid") / "reference" / "params"
    for path in sorted(folder.iterdir(), key=lambda entry: entry.name):
        if path.name.endswith(".toml"):
            table = tomllib.loads(path.read_text(encoding="utf-8"))
            entries.update(_flatten(table, prefix="", file=path.name))
    return Parameters(entries)


def read_parameters(path: Path) -> Parameters:
    """Read a parameter file of the user, written as those of the package are.

    Raises
    ------
    InputError
        If the file is absent or no TOML, or an entry lacks one of value, unit, source, confidence.

    """
    if not path.is_file():
        raise InputError("parameter-no-file", {"file": path})
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError("parameter-not-toml", {"file": path, "reason": error}) from error
    return Parameters(_flatten(table, prefix="", file=path.name))


def _flatten(table: Mapping[str, object], *, prefix: str, file: str) -> dict[str, Parameter]:
    found: dict[str, Parameter] = {}
    for name, entry in table.items():
        key = f"{prefix}{name}"
        if not isinstance(entry, dict):
            raise InputError("parameter-bad-entry", {"file": file, "key": key})
        if "value" in entry:
            found[key] = _parameter(entry, key=key, file=file)
        else:
            found.update(_flatten(entry, prefix=f"{key}.", file=file))
    return found


def _parameter(entry: Mapping[str, object], *, key: str, file: str) -> Parameter:
    if set(entry) - {"cited"} != {"value", "unit", "source", "confidence"}:
        raise InputError("parameter-bad-entry", {"file": file, "key": key})
    return Parameter(
        value=_tidy(entry["value"]),
        unit=str(entry["unit"]),
        source=str(entry["source"]),
        confidence=cast("Confidence", entry["confidence"]),
        cited=str(entry.get("cited", "")),
    )


def _tidy(value: object) -> Value:
    if value == UNKNOWN:
        return None
    if isinstance(value, list):
        return tuple(float(number) for number in value)
    return cast("Value", value)
