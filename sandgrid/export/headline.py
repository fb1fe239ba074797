"""The totals that every file carries, in the same words and digits."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from sandgrid.messages import Language, tell

_LINES: Final[tuple[tuple[str, str, str], ...]] = (
    ("capacity_mw", "total", ",.3f"),
    ("pv_mw", "pv", ",.3f"),
    ("wind_mw", "wind", ",.3f"),
    ("treated_mu", "", ",.2f"),
    ("on_site_mu", "", ",.2f"),
    ("energy_gwh_per_year", "", ",.3f"),
    ("outlay_cny", "", ",.0f"),
)


def total_lines(document: Mapping[str, Any], lang: Language) -> Iterator[tuple[str, str]]:
    """Yield label and figure of each total of a plan.

    Parameters
    ----------
    document : mapping
        The plan in figures, as in ``plan.json``.
    lang : {"zh", "en"}
        Language of the labels.

    Examples
    --------
    >>> document = {"capacity_mw": {"total": 12.5, "pv": 6.25, "wind": 6.25}, "treated_mu": 2590.0,
    ...             "on_site_mu": 90.0, "energy_gwh_per_year": 27.5, "outlay_cny": 101604003}
    >>> dict(total_lines(document, "en"))["Treated land (mu)"]
    '2,590.00'

    """
    for key, part, form in _LINES:
        value = document["capacity_mw"][part] if part else document[key]
        yield tell(f"ledger-line-{key}", lang=lang), format(value, form)
