"""What ``sandgrid export`` is asked for, and how it shows its progress."""

from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from sandgrid.errors import ScenarioError
from sandgrid.export.handing import Told, Wishes
from sandgrid.messages import Language, tell

_EVERY = 10**9


def stated_wishes(*, crs: str, encoding: str, parcels: str, told: Told) -> Wishes:
    """Return what the options of the command ask for.

    Parameters
    ----------
    crs : str
        Export system, "" for that of the scenario.
    encoding : str
        UTF-8 or GB18030, in any case.
    parcels : str
        Ids joined by commas, a number, ``all``, or "" as the scenario says.
    told : callable
        Told of progress.

    Raises
    ------
    ScenarioError
        If the encoding is another.

    Examples
    --------
    >>> wishes = stated_wishes(crs="", encoding="gb18030", parcels="P1,P2", told=print)
    >>> wishes.encoding, wishes.sheets
    ('GB18030', ('P1', 'P2'))

    """
    sheets = _sheets(parcels)
    if encoding.upper() == "UTF-8":
        return Wishes(crs, "UTF-8", sheets, told)
    if encoding.upper() == "GB18030":
        return Wishes(crs, "GB18030", sheets, told)
    raise ScenarioError("cli-bad-encoding", {"encoding": encoding})


def _sheets(parcels: str) -> int | tuple[str, ...] | None:
    if not parcels:
        return None
    if parcels == "all":
        return _EVERY
    return int(parcels) if parcels.isdigit() else tuple(parcels.split(","))


class ExportProgress:
    """A bar for the papers and a line for everything else.

    Parameters
    ----------
    console : rich.console.Console
        Where to.
    lang : {"zh", "en"}
        Language.

    """

    def __init__(self, console: Console, lang: Language) -> None:
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
        self._progress = Progress(*columns, TimeRemainingColumn(), console=console)
        self._task = self._progress.add_task("", total=None)
        self._lang = lang

    def __enter__(self) -> Self:
        """Show the bar."""
        self._progress.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Take the bar away."""
        self._progress.stop()

    def told(self, kind: str, done: int, total: int) -> None:
        """Show which kind is being written, and how many of its papers are done."""
        text = tell("cli-writing", {"kind": kind}, lang=self._lang)
        self._progress.update(self._task, description=text, completed=done, total=total or None)
