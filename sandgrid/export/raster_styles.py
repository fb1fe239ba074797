"""Styles with which QGIS shows the reasons of eligibility.tif by name, each combination its own."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Final
from xml.sax.saxutils import quoteattr

import numpy as np
import numpy.typing as npt

from sandgrid.land.eligibility import OUTSIDE, UNKNOWN, Eligibility
from sandgrid.land.exclusions import Rule
from sandgrid.messages import Language, tell

ELIGIBLE_COLOUR: Final = "#009e73"
UNKNOWN_COLOUR: Final = "#999999"
OTHER_COLOUR: Final = "#dddddd"
# Okabe and Ito, told apart by all; rules further down take them again.
RULE_COLOURS: Final = (
    "#d55e00", "#0072b2", "#e69f00", "#cc79a7", "#56b4e9", "#f0e442", "#000000",
)  # fmt: skip


def style_names(uses: Iterable[str], stem: str = "eligibility") -> dict[str, str]:
    """Return the file of each use's style; QGIS takes that of the first use by itself.

    A file beside the raster with its name and ``.qml`` is what QGIS applies on opening.

    Examples
    --------
    >>> style_names(["pv", "treatment:shrub"], "north")
    {'pv': 'north.qml', 'treatment:shrub': 'north-treatment-shrub.qml'}

    """
    first, *others = uses
    plain = {use: f"{stem}-{use.replace(':', '-')}.qml" for use in others}
    return {first: f"{stem}.qml", **plain}


def eligibility_style(eligibility: Eligibility, use: str, lang: Language) -> bytes:
    """Return a QGIS style that names every combination of reasons that occurs against a use.

    Parameters
    ----------
    eligibility : Eligibility
        Reasons.
    use : str
        Which band is shown.
    lang : {"zh", "en"}
        Language of the legend.

    Returns
    -------
    bytes
        As `counted_style`.

    """
    band = list(eligibility.reasons).index(use) + 1
    rules = tuple(rule for rule in eligibility.rules if rule.speaks_of(use))
    return counted_style(rules, band, count_reasons([eligibility.reasons[use]]), lang)


def count_reasons(parts: Iterable[npt.NDArray[np.uint32]]) -> dict[int, int]:
    """Return each combination of reasons inside the area with its number of cells.

    Examples
    --------
    >>> count_reasons([np.array([0, 2, 2], np.uint32), np.array([0, 2**31 + 2], np.uint32)])
    {0: 2, 2: 2}

    """
    found: Counter[int] = Counter()
    for part in parts:
        values, cells = np.unique(part[part & OUTSIDE == 0], return_counts=True)
        found.update(dict(zip(values.tolist(), cells.tolist(), strict=True)))
    return dict(sorted(found.items()))


def counted_style(
    rules: tuple[Rule, ...], band: int, counts: Mapping[int, int], lang: Language
) -> bytes:
    """Return a QGIS style of one band.

    Parameters
    ----------
    rules : tuple of Rule
        Those that speak of the use of the band.
    band : int
        Band that is shown, from 1.
    counts : mapping
        Combination of reasons -> cells, as `count_reasons` returns them.
    lang : {"zh", "en"}
        Language of the legend.

    Returns
    -------
    bytes
        A .qml with one entry per combination, the most frequent first; a combination takes the
        colour of its first rule in the cascade.  Land outside the area is clear.  None is left
        out, however rare: QGIS draws a value without an entry as if nothing were there.

    """
    entries = "\n".join(_entries(rules, counts, lang))
    return (
        "<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>\n"
        '<qgis version="3.28" styleCategories="Symbology">\n<pipe>\n'
        f'<rasterrenderer type="paletted" band="{band}" opacity="1" alphaBand="-1" '
        'nodataColor="">\n<rasterTransparency/>\n<colorPalette>\n'
        f"{entries}\n</colorPalette>\n</rasterrenderer>\n</pipe>\n</qgis>\n"
    ).encode()


def _entries(rules: tuple[Rule, ...], counts: Mapping[int, int], lang: Language) -> Iterator[str]:
    removing = [rule for rule in rules if rule.effect == "remove"]
    for bits, _ in sorted(counts.items(), key=lambda item: (-item[1], item[0])):
        held = [rule for rule in removing if bits >> rule.bit & 1]
        yield _entry(bits, _colour(bits, held, removing), _label(bits, held, lang))
    outside = tell("eligibility-bit-outside", lang=lang)
    yield _entry(int(OUTSIDE), OTHER_COLOUR, outside, alpha=0)


def _entry(value: int, colour: str, label: str, alpha: int = 255) -> str:
    return (
        f'<paletteEntry value="{value}" color="{colour}" alpha="{alpha}" label={quoteattr(label)}/>'
    )


def _colour(bits: int, held: list[Rule], rules: list[Rule]) -> str:
    if not bits:
        return ELIGIBLE_COLOUR
    return RULE_COLOURS[rules.index(held[0]) % len(RULE_COLOURS)] if held else UNKNOWN_COLOUR


def _label(bits: int, held: list[Rule], lang: Language) -> str:
    if not bits:
        return tell("eligibility-style-eligible", lang=lang)
    names = [rule.says(lang) for rule in held]
    if bits & int(UNKNOWN):
        names.append(tell("eligibility-bit-unknown", lang=lang))
    return " + ".join(names)
