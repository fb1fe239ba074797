"""Colours of the map: told apart by colour-blind readers, strong on a pale ground."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

Rgb = tuple[int, int, int]

SEQUENCES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "straw_shrub": "#b0228c",
        "straw_mech_shrub": "#d874b8",
        "willow_shrub": "#8c510a",
        "willow_aerial": "#bf812d",
        "shrub": "#117733",
        "shrub_enclosure": "#5aae61",
        "grass": "#b8a800",
        "pine_grass": "#00441b",
        "aerial": "#44aa99",
        "enclosure": "#88b83a",
        "underpanel": "#2b8cbe",
        "straw_underpanel": "#6a3d9a",
        "net_underpanel": "#807dba",
    }
)
OTHER_SEQUENCES: Final = ("#5c5c5c", "#cc6677", "#332288", "#999933", "#661100", "#88ccee")
DUNES: Final[Mapping[str, str]] = MappingProxyType(
    {"mobile": "#c9a24b", "semi_fixed": "#b5a878", "fixed": "#93a27c"}
)
TECHNOLOGIES: Final[Mapping[str, str]] = MappingProxyType(
    {"pv": "#d55e00", "wind": "#0060b0", "hybrid": "#7a2e8e"}
)
PARCEL: Final = "#2b2b2b"
PV_BLOCK: Final = "#1f3a5f"
HUB: Final = "#b3003c"
TRUNK: Final = "#b3003c"
SUBSTATION: Final = "#1a1a1a"
WORKS: Final[Mapping[str, str]] = MappingProxyType({"1": "#4d7c3a", "0": "#9dbb7f"})
UNKNOWN: Final = "#8a8a8a"
DISTRICT: Final = "#4a4a4a"
SHORT: Final = "#b2182b"
ELIGIBLE: Final[Mapping[str, Rgb]] = MappingProxyType(
    {"pv": (213, 94, 0), "wind": (0, 96, 176), "treatment": (17, 119, 51)}
)

NEUTRAL_COVER: Final[Rgb] = (236, 234, 226)
EROSION: Final[tuple[Rgb, ...]] = (  # from light to severe; slight loss is not drawn
    (254, 240, 160),
    (254, 196, 79),
    (240, 130, 45),
    (204, 76, 25),
    (128, 38, 20),
)
COVERS: Final[Mapping[str, Rgb]] = MappingProxyType(
    {
        "arable": (241, 232, 206),
        "orchard": (228, 228, 190),
        "tree_forest": (186, 209, 174),
        "shrubland": (203, 219, 186),
        "other_forest": (208, 222, 194),
        "grassland": (224, 231, 206),
        "wetland": (201, 221, 214),
        "built": (221, 210, 206),
        "mining": (214, 204, 204),
        "transport": (224, 216, 212),
        "facility": (224, 216, 212),
        "water": (176, 206, 226),
        "saline": (234, 226, 232),
        "sand": (248, 231, 176),
        "bare": (231, 222, 210),
        "unused": (234, 230, 220),
    }
)


def sequence_colours(sequences: list[str]) -> dict[str, str]:
    """Give each sequence a colour: its own, or one by place for a sequence that the user added.

    Examples
    --------
    >>> sequence_colours(["enclosure", "my_own"])
    {'enclosure': '#88b83a', 'my_own': '#5c5c5c'}

    """
    added = [name for name in sequences if name not in SEQUENCES]
    last = len(OTHER_SEQUENCES) - 1
    spare = {name: OTHER_SEQUENCES[min(place, last)] for place, name in enumerate(added)}
    return {name: SEQUENCES.get(name) or spare[name] for name in sequences}
