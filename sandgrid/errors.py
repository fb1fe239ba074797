"""Errors that say what is wrong, show the values, and say what to do.

Every error carries a key of the message catalogue and the values of its fields, so that the
command line can print it in Chinese or English, and an exit code (0 is success):

==  =====================================================
 1  unexpected
 2  usage or scenario file
 3  input data
 4  targets infeasible
 5  stopped before the required proof, or interrupted
 6  cannot write
 7  resource limit
==  =====================================================
"""

from collections.abc import Mapping
from typing import ClassVar

from sandgrid.messages import Language, tell


class SandGridError(Exception):
    """Any error that SandGrid raises on purpose.

    Parameters
    ----------
    key : str
        Row of the message catalogue.
    values : mapping, optional
        What the ``{named}`` fields of the text stand for.

    Examples
    --------
    >>> str(InputError("layer-missing-file", {"layer": "dem", "file": "dem.tif"}))
    "layer 'dem': dem.tif does not exist; correct its path in the catalogue or the scenario"

    """

    exit_code: ClassVar[int] = 1

    def __init__(self, key: str, values: Mapping[str, object] | None = None) -> None:
        self.key = key
        self.values = dict(values or {})
        super().__init__(key, self.values)

    def text(self, lang: Language = "en") -> str:
        """Return the error as one sentence in the given language."""
        return tell(self.key, self.values, lang=lang)

    def __str__(self) -> str:
        """Return the error as one English sentence."""
        return self.text()


class ScenarioError(SandGridError):
    """The scenario file or the call is wrong."""

    exit_code = 2


class InputError(SandGridError):
    """A layer, table or parameter file is wrong."""

    exit_code = 3


class InfeasibleError(SandGridError):
    """No plan can meet the targets within the limits."""

    exit_code = 4


class UnprovenError(SandGridError):
    """The search stopped before the required proof, without a plan worth writing."""

    exit_code = 5


class OutputError(SandGridError):
    """A result could not be written whole."""

    exit_code = 6


class ResourceError(SandGridError):
    """An input asks for more memory or cells than the limits allow."""

    exit_code = 7


class AuditError(SandGridError):
    """A plan contradicts itself; it is not written as a plan."""

    exit_code = 1
