"""How the command line speaks: people on stderr, data on stdout."""

from collections.abc import Mapping
from dataclasses import dataclass

from rich.console import Console
from rich.status import Status

from sandgrid.messages import Language, tell
from sandgrid.units import CNY_PER_MILLION


@dataclass
class ConsoleReporter:
    """Tells the steps of a run on a terminal.

    Parameters
    ----------
    console : rich.console.Console
        Where to.
    lang : {"zh", "en"}
        Language.

    """

    console: Console
    lang: Language
    _status: Status | None = None

    def begin(self, step: str) -> None:
        """Show that a step has begun."""
        self._status = self.console.status(tell(step, lang=self.lang))
        self._status.start()

    def end(self, step: str, values: Mapping[str, object], seconds: float) -> None:
        """Print what a step did and how long it took."""
        if self._status is not None:
            self._status.stop()
        text = tell(f"{step}-done", values, lang=self.lang)
        self.console.print(f"[dim]{seconds:6.1f} s[/]  {text}", highlight=False)

    def search(self, step: str, bound_cny: float, objective_cny: float) -> None:
        """Show bound and plan while the search runs."""
        values = {
            "step": step,
            "bound": f"{bound_cny / CNY_PER_MILLION:,.1f}",
            "objective": f"{objective_cny / CNY_PER_MILLION:,.1f}",
        }
        if self._status is not None:
            self._status.update(tell("run-search", values, lang=self.lang))
