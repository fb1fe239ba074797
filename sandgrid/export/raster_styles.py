"""Styles with which QGIS shows the reasons of eligibility.tif by name, each combination its own."""

from collections.abc import Iterator
from typing import Final
from xml.sax.saxutils import quoteattr

import pandas as pd

from sandgrid.land.eligibility import OUTSIDE, UNKNOWN, Eligibility
from sandgrid.land.exclusions import Rule
from sandgrid.messages import Language, tell

MOST_ENTRIES: Final = 250
ELIGIBLE_COLOUR: Final = "#009e73"
UNKNOWN_COLOUR: Final = "#999999"
OTHER_COLOUR: Final = "#dddddd"
# Okabe and Ito, told apart by all; rules further down take them again.
RULE_COLOURS: Final = (
    "#d55e00", "#0072b2", "#e69f00", "#cc79a7", "#56b4e9", "#f0e442", "#000000",
)  # fmt: skip
FIRST: Final = "eligibility.qml"


def style_names(eligibility: Eligibility) -> dict[str, str]:
    """Return the file of each use's style; QGIS takes that of the first use by itself.

    A file beside the raster with its name and ``.qml`` is what QGIS applies on opening.
    """
    first, *others = eligibility.reasons
    plain = {use: f"eligibility-{use.replace(':', '-')}.qml" for use in others}
    return {first: FIRST, **plain}


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
        A .qml with one entry per combination, the most frequent first; a combination takes the
        colour of its first rule in the cascade.  Land outside the area is clear.

    """
    band = list(eligibility.reasons).index(use) + 1
    entries = "\n".join(_entries(eligibility, use, lang))
    return (
        "<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>\n"
        '<qgis version="3.28" styleCategories="Symbology">\n<pipe>\n'
        f'<rasterrenderer type="paletted" band="{band}" opacity="1" alphaBand="-1" '
        'nodataColor="">\n<rasterTransparency/>\n<colorPalette>\n'
        f"{entries}\n</colorPalette>\n</rasterrenderer>\n</pipe>\n</qgis>\n"
    ).encode()


def _entries(eligibility: Eligibility, use: str, lang: Language) -> Iterator[str]:
    reasons = eligibility.reasons[use].ravel()
    found = pd.Series(reasons[reasons & OUTSIDE == 0]).value_counts()
    counted = sorted(found.items(), key=lambda item: (-int(item[1]), int(str(item[0]))))
    rules = [r for r in eligibility.rules if r.effect == "remove" and r.speaks_of(use)]
    for value, _ in counted[:MOST_ENTRIES]:
        bits = int(str(value))
        held = [rule for rule in rules if bits >> rule.bit & 1]
        yield _entry(bits, _colour(bits, held, rules), _label(bits, held, lang))
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
