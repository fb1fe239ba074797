"""What an audit found, as values that can be told in Chinese and English."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Final

import numpy as np

from sandgrid.messages import Language, tell

_NO_VALUES: Final[Mapping[str, object]] = MappingProxyType({})
DIGITS: Final = 6


@dataclass(frozen=True)
class Fault:
    """One value that is not what it should be.

    Parameters
    ----------
    where : str
        Ids and column, e.g. ``S001 2026 flow_kw``.
    found : object
        The value.
    relation : str
        How it should relate to the limit: =, >=, <=.
    limit : object
        What it should be, reach or keep to.

    """

    where: str
    found: object
    relation: str
    limit: object

    @property
    def values(self) -> dict[str, object]:
        """Return the fields by name, numbers as plain Python numbers."""
        return {
            "where": self.where,
            "found": plain(self.found),
            "relation": self.relation,
            "limit": plain(self.limit),
        }


@dataclass(frozen=True)
class Outcome:
    """How many values were compared and which of them are wrong.

    Parameters
    ----------
    compared : int
        Number of values.
    faults : tuple of Fault
        The wrong ones.

    """

    compared: int
    faults: tuple[Fault, ...] = ()

    def __add__(self, other: "Outcome") -> "Outcome":
        """Return both together."""
        return Outcome(self.compared + other.compared, self.faults + other.faults)


@dataclass(frozen=True)
class Check:
    """One check of a plan folder.

    Parameters
    ----------
    name : str
        Its name, e.g. ``treated_once``.
    passed : bool
        Whether nothing is wrong.
    detail_values : mapping
        ``compared`` and ``wrong``; the first fault as ``where``, ``found``, ``relation`` and
        ``limit``; or ``reason``, the message key of why the check does not apply.

    """

    name: str
    passed: bool
    detail_values: Mapping[str, object] = field(default_factory=lambda: _NO_VALUES)

    @property
    def applicable(self) -> bool:
        """Return whether there was anything to check."""
        return "reason" not in self.detail_values

    def text(self, lang: Language = "en") -> str:
        """Return the check as one sentence.

        Examples
        --------
        >>> Check("gap", passed=True, detail_values={"compared": 3, "wrong": 0}).text()
        'gap to the bound: 3 values, all right'

        """
        values = {**self.detail_values, "title": tell(f"audit-check-{self.name}", lang=lang)}
        if not self.applicable:
            reason = tell(str(values["reason"]), lang=lang)
            return tell("audit-not-checked", {**values, "reason": reason}, lang=lang)
        return tell("audit-passed" if self.passed else "audit-failed", values, lang=lang)


@dataclass(frozen=True)
class AuditReport:
    """All checks of a plan folder.

    Parameters
    ----------
    checks : tuple of Check
        In the order in which they are made.

    """

    checks: tuple[Check, ...]

    @property
    def passed(self) -> bool:
        """Return whether every check that applies has passed."""
        return all(check.passed for check in self.checks)

    @property
    def failed(self) -> tuple[Check, ...]:
        """Return the checks that have not passed."""
        return tuple(check for check in self.checks if not check.passed)

    def record(self) -> dict[str, Any]:
        """Return the report as ``plan.json`` holds it under ``audit``."""
        checks = [
            {"name": check.name, "passed": check.passed, **check.detail_values}
            for check in self.checks
        ]
        return {"passed": self.passed, "checks": checks}

    def text(self, lang: Language = "en") -> str:
        """Return one line per check."""
        return "\n".join(check.text(lang) for check in self.checks)


def judged(name: str, outcome: Outcome) -> Check:
    """Return the check of a name with what was found.

    Examples
    --------
    >>> check = judged("bays", Outcome(2, (Fault("T03 2026 circuits", 4, "<=", 3),)))
    >>> check.passed, check.detail_values["wrong"]
    (False, 1)

    """
    values: dict[str, object] = {"compared": outcome.compared, "wrong": len(outcome.faults)}
    if outcome.faults:
        values |= outcome.faults[0].values
    return Check(name, passed=not outcome.faults, detail_values=values)


def not_checked(name: str, reason: str, *, passed: bool = True) -> Check:
    """Return a check that could not be made, with the message key of the reason."""
    return Check(name, passed=passed, detail_values={"reason": reason})


def plain(value: object) -> object:
    """Return a number as a plain Python number, rounded; anything else as text.

    Examples
    --------
    >>> plain(np.float64(2.0)), plain(np.int64(3)), plain(0.1234567)
    (2, 3, 0.123457)

    """
    if isinstance(value, bool | np.bool_):
        return bool(value)
    if isinstance(value, int | np.integer):
        return int(value)
    if isinstance(value, float | np.floating):
        number = round(float(value), DIGITS)
        return _whole(number)
    return str(value)


def _whole(number: float) -> object:
    if not np.isfinite(number):
        return str(number)
    return int(number) if number.is_integer() else number
