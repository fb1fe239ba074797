"""Texts of the map in both languages."""

from collections.abc import Mapping
from dataclasses import dataclass

from sandgrid.messages import tell


@dataclass(frozen=True)
class Words:
    """One text in both languages.

    Parameters
    ----------
    zh, en : str
        The text.

    Examples
    --------
    >>> Words.of("unit-mu")
    Words(zh='亩', en='mu')

    """

    zh: str
    en: str

    @classmethod
    def of(cls, key: str, values: Mapping[str, object] | None = None) -> "Words":
        """Return a text of the message catalogue in both languages."""
        return cls(tell(key, values, lang="zh"), tell(key, values, lang="en"))

    @classmethod
    def same(cls, text: str) -> "Words":
        """Return a name that reads the same in both languages."""
        return cls(text, text)


@dataclass(frozen=True)
class Source:
    """Where something on the map comes from.

    Parameters
    ----------
    title : Words
        What it is.
    source, licence, date : str
        Who made it, on what terms, when.
    synthetic : bool
        Whether it was made up.

    """

    title: Words
    source: str
    licence: str
    date: str
    synthetic: bool
