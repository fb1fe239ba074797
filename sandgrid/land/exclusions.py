"""Rules about land: what removes a cell from a use, by which document, from which layer."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Literal

from sandgrid.params import Parameters

Kind = Literal[
    "inside", "outside", "setback", "boundary", "class_in", "class_not_in", "range", "slope",
    "minimum_patch",
]  # fmt: skip
Effect = Literal["remove", "include", "weigh"]
KINDS: Final = (
    "inside", "outside", "setback", "boundary", "class_in", "class_not_in", "range", "slope",
    "minimum_patch",
)  # fmt: skip
BY_FEATURES: Final = ("inside", "outside", "setback", "boundary")
EFFECTS: Final = ("remove", "include", "weigh")
USES: Final = ("pv", "wind", "treatment")
MEASURES: Final = "treatment:"
AREA: Final = "area"
LARGEST_BIT: Final = 29
UNKNOWN_BIT: Final = 30
OUTSIDE_BIT: Final = 31
Where = tuple[tuple[str, tuple[object, ...]], ...]


@dataclass(frozen=True)
class Condition:
    """What a rule asks of one more layer.

    Parameters
    ----------
    layer : str
        Role of a raster, or of polygons if `inside` is given.
    low, high : float, optional
        It holds where low <= value < high; an end that is not given is open.
    classes : tuple of str
        It holds where the class is one of these (instead of low and high).
    inside : bool, optional
        It holds inside (true) or outside (false) of the polygons of the layer.
    where : tuple
        Column -> values of the polygons that are meant.

    """

    layer: str
    low: float | None = None
    high: float | None = None
    classes: tuple[str, ...] = ()
    inside: bool | None = None
    where: Where = ()


@dataclass(frozen=True)
class Rule:
    """One rule: where it holds, and what that means for its uses.

    Parameters
    ----------
    id : str
        Name.
    bit : int
        Bit of the reason, 0 to 29, one per rule and use.
    uses : tuple of str
        pv, wind, treatment, or treatment:<measure> for what holds for one measure alone.
    kind : str
        inside, outside: centre inside, or in none, of the polygons.  setback: centre within a
        distance of a feature.  boundary: centre within a distance of the outline of a polygon,
        on either side (layer "area": the edge of the area).  class_in, class_not_in: class of a
        raster among, or not among, some.  range: value of a raster below `low` or above `high`.
        slope: the same for the slope of a terrain.  minimum_patch: connected land (8
        neighbours) smaller than `minimum_ha`.
    layer : str
        Role of the layer; "" for minimum_patch.
    zh, en : str
        What the rule says.
    document, number, date, confidence : str
        Where it comes from.
    distance_m : float
        Setback [m], settled from `distance_m`, or `tip_height_factor` and `minimum_m`.
    low, high : float, optional
        Values that are allowed.
    classes : tuple of str
        Codes or classes of the layer's code table.
    where : mapping
        Column of a vector layer -> values of the features that the rule means.
    only_where : tuple of Condition
        The rule holds only where all of these hold too.
    minimum_ha : float
        Least patch [ha].
    point_radius_m : float
        Radius of the disc that stands for a feature known by a point [m].
    point_mw_per_km2 : float
        Density that turns the capacity of a point into a disc [MW/km2]; 0 for none.
    effect : str
        remove: the land is not eligible.  include: the rules above are overruled there; what is
        unknown or outside the area stays so.  weigh: only `weight` of the land counts.
    weight : float
        Share of the land that counts, 0 to 1.
    distance_by_district : tuple of pairs
        District -> setback on the land of that district [m], in place of `distance_m`.
    fractional : bool
        The rule takes the exact share of each cell that it covers, not the cells whose centre
        it covers, so that a road of 20 m takes a fifth of a cell of 100 m.

    """

    id: str
    bit: int
    uses: tuple[str, ...]
    kind: Kind
    layer: str
    zh: str
    en: str
    document: str = ""
    number: str = ""
    date: str = ""
    confidence: str = ""
    distance_m: float = 0.0
    low: float | None = None
    high: float | None = None
    classes: tuple[str, ...] = ()
    where: Where = ()
    only_where: tuple[Condition, ...] = ()
    minimum_ha: float = 0.0
    point_radius_m: float = 0.0
    point_mw_per_km2: float = 0.0
    effect: Effect = "remove"
    weight: float = 1.0
    distance_by_district: tuple[tuple[str, float], ...] = ()
    fractional: bool = False

    @property
    def layers(self) -> tuple[str, ...]:
        """Return the roles that the rule reads."""
        own = (self.layer,) if self.layer not in {"", AREA} else ()
        return tuple(dict.fromkeys((*own, *(item.layer for item in self.only_where))))

    def speaks_of(self, use: str) -> bool:
        """Return whether the rule holds for a use; a rule on treatment holds for each measure."""
        return use in self.uses or (use.startswith(MEASURES) and "treatment" in self.uses)

    @property
    def distances_m(self) -> tuple[float, ...]:
        """Return every setback of the rule [m]."""
        return (self.distance_m, *(distance for _, distance in self.distance_by_district))

    def says(self, lang: str) -> str:
        """Return what the rule says in the given language."""
        return self.zh if lang == "zh" else self.en


def uses_of(rules: Iterable[Rule]) -> tuple[str, ...]:
    """Return the uses that are judged: pv, wind, treatment, and measures with their own rules.

    Examples
    --------
    >>> rule = Rule("wet", 0, ("treatment:tree_pine",), "inside", "wet", "湿", "wet")
    >>> uses_of([rule])
    ('pv', 'wind', 'treatment', 'treatment:tree_pine')

    """
    own = {use for rule in rules for use in rule.uses if use.startswith(MEASURES)}
    return (*USES, *sorted(own))


def tip_height_m(parameters: Parameters) -> float:
    """Return the tip height of the turbine: hub plus half the rotor [m]."""
    return parameters.number("wind.hub_height_m") + parameters.number("wind.rotor_m") / 2


def without_layers(rules: Iterable[Rule], roles: Iterable[str]) -> tuple[Rule, ...]:
    """Return the rules that read none of some layers, in the same order.

    Leaving a layer out has to be said; a rule whose layer is merely missing is an error.

    Examples
    --------
    >>> rule = Rule("lakes", 0, ("pv",), "inside", "water", "湖", "lakes")
    >>> without_layers([rule], ["water"])
    ()

    """
    gone = set(roles)
    return tuple(rule for rule in rules if not gone & set(rule.layers))


def rule_layers(rules: Iterable[Rule]) -> tuple[str, ...]:
    """Return the roles that some rules read, each once, in order."""
    return tuple(dict.fromkeys(role for rule in rules for role in rule.layers))


def largest_distance_m(rules: Iterable[Rule]) -> float:
    """Return the largest setback [m], 0 if there is none."""
    return max((max(rule.distances_m) for rule in rules), default=0.0)
