"""Warnings about layers: what is legal but probably a mistake."""

import warnings
from collections.abc import Callable, Mapping

from sandgrid.messages import Language, tell


class SandGridWarning(UserWarning):
    """A warning that can be told in Chinese or English.

    Parameters
    ----------
    key : str
        Row of the message catalogue.
    values : mapping, optional
        What the ``{named}`` fields of the text stand for.

    Examples
    --------
    >>> notice = SandGridWarning("layer-encoding-guessed", {
    ...     "layer": "works", "file": "works.dbf", "encoding": "GB18030"})
    >>> str(notice)
    "layer 'works': works.dbf has no .cpg; its text was read as GB18030; add `encoding` to be sure"

    """

    def __init__(self, key: str, values: Mapping[str, object] | None = None) -> None:
        self.key = key
        self.values = dict(values or {})
        super().__init__(key, self.values)

    def text(self, lang: Language = "en") -> str:
        """Return the warning as one sentence in the given language."""
        return tell(self.key, self.values, lang=lang)

    def __str__(self) -> str:
        """Return the warning as one English sentence."""
        return self.text()


Report = Callable[[SandGridWarning], None]


def warn(notice: SandGridWarning) -> None:
    """Issue a warning through Python's warnings."""
    warnings.warn(notice, stacklevel=2)
