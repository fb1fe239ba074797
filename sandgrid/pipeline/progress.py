"""What a run tells while it works."""

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Protocol


class Reporter(Protocol):
    """Receives what a run has to tell."""

    def begin(self, step: str) -> None:
        """Take note that a step begins; ``step`` is a message key."""

    def end(self, step: str, values: Mapping[str, object], seconds: float) -> None:
        """Take note that a step has ended; the values fill the text of ``step`` + ``-done``."""

    def search(self, step: str, bound_cny: float, objective_cny: float) -> None:
        """Take note of a new bound or plan [CNY]."""


class Silent:
    """A reporter that tells nothing."""

    def begin(self, step: str) -> None:
        """Tell nothing."""

    def end(self, step: str, values: Mapping[str, object], seconds: float) -> None:
        """Tell nothing."""

    def search(self, step: str, bound_cny: float, objective_cny: float) -> None:
        """Tell nothing."""


@dataclass
class Clock:
    """Seconds that each step took, for ``run.log.json``; never part of a plan.

    Parameters
    ----------
    reporter : Reporter
        Who is told.

    """

    reporter: Reporter
    seconds: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def step(self, name: str) -> Iterator[dict[str, object]]:
        """Time a step; what is put into the yielded dict fills its closing message."""
        values: dict[str, object] = {}
        self.reporter.begin(name)
        start = time.perf_counter()
        yield values
        self.seconds[name] = round(time.perf_counter() - start, 3)
        self.reporter.end(name, values, self.seconds[name])
