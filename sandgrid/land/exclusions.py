"""Rules about land: what removes a cell from a use, by which document, from which layer."""

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from importlib import resources
from pathlib import Path
from typing import Final, Literal, cast

from sandgrid.errors import InputError
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
NUMBERS: Final = (
    "low", "high", "distance_m", "minimum_m", "tip_height_factor", "minimum_ha",
    "point_radius_m", "point_mw_per_km2", "weight",
)  # fmt: skip
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


def load_rules(path_or_name: str | Path, parameters: Parameters) -> tuple[Rule, ...]:
    """Read a rule file.

    Parameters
    ----------
    path_or_name : str or Path
        A file, or the name of a rule set that SandGrid ships ("tongliao").
    parameters : Parameters
        Answer for the numbers that the file gives by name.

    Returns
    -------
    tuple of Rule
        In the order of the file, which is the order of the cascade.

    Raises
    ------
    InputError
        If the file is missing or broken, or a rule has an unknown key, an unknown value, or a
        bit that another rule of the same use has.

    """
    name, text = _rule_text(path_or_name)
    try:
        entries = tomllib.loads(text)["rule"]
    except (tomllib.TOMLDecodeError, KeyError) as error:
        raise InputError("rules-broken", {"file": name, "why": str(error)}) from error
    rules = tuple(_rule(entry, parameters, name) for entry in entries)
    _require_bits(rules, name)
    return rules


def _rule_text(path_or_name: str | Path) -> tuple[str, str]:
    shipped = resources.files("sandgrid") / "reference" / "rules" / f"{path_or_name}.toml"
    path = Path(path_or_name)
    if path.is_file():
        return path.name, path.read_text(encoding="utf-8")
    if path.name == str(path_or_name) and shipped.is_file():
        return shipped.name, shipped.read_text(encoding="utf-8")
    raise InputError("rules-missing", {"file": str(path_or_name)})


def _rule(entry: Mapping[str, object], parameters: Parameters, file: str) -> Rule:
    named = {"file": file, "rule": entry.get("id", "?")}
    values = {key: _number(key, value, parameters) for key, value in entry.items()}
    factor = values.pop("tip_height_factor", None)
    least = cast("float", values.pop("minimum_m", 0.0))
    if factor is not None:
        values["distance_m"] = max(cast("float", factor) * tip_height_m(parameters), least)
    table = cast("Mapping[str, object]", values.pop("distance_m_by_district", {}))
    values["distance_by_district"] = tuple(
        (name, cast("float", _number("distance_m", told, parameters)))
        for name, told in table.items()
    )
    _require_keys(values, named)
    for key in ("uses", "classes"):
        if key in values:
            values[key] = tuple(str(item) for item in cast("list[object]", values[key]))
    values["where"] = _where(values.get("where", {}))
    conditions = cast("list[Mapping[str, object]]", values.get("only_where", []))
    values["only_where"] = tuple(_condition(item, parameters, named) for item in conditions)
    rule = Rule(**values)  # type: ignore[arg-type]  # keys are checked above
    _require_sense(rule, named)
    return rule


def _where(table: object) -> Where:
    kept = cast("Mapping[str, list[object]]", table)
    return tuple((column, tuple(values)) for column, values in kept.items())


def _number(key: str, value: object, parameters: Parameters) -> object:
    """Return a number, or the parameter that the text names."""
    if key in NUMBERS:
        return parameters.number(value) if isinstance(value, str) else float(cast("float", value))
    return value


def _condition(
    item: Mapping[str, object], parameters: Parameters, named: Mapping[str, object]
) -> Condition:
    values = {key: _number(key, value, parameters) for key, value in item.items()}
    unknown = set(values) - {"layer", "low", "high", "classes", "inside", "where"}
    if unknown or "layer" not in values:
        raise InputError("rule-key", {**named, "keys": ", ".join(sorted(unknown)) or "layer"})
    if "classes" in values:
        values["classes"] = tuple(str(name) for name in cast("list[object]", values["classes"]))
    values["where"] = _where(values.get("where", {}))
    return Condition(**values)  # type: ignore[arg-type]  # keys are checked above


def _require_keys(values: Mapping[str, object], named: Mapping[str, object]) -> None:
    known = {item.name for item in fields(Rule)}
    unknown = sorted(set(values) - known)
    missing = sorted({"id", "bit", "uses", "kind", "layer", "zh", "en"} - set(values))
    if unknown or missing:
        raise InputError("rule-key", {**named, "keys": ", ".join([*unknown, *missing])})


def _require_sense(rule: Rule, named: Mapping[str, object]) -> None:
    ranged = rule.kind in {"range", "slope"}
    by_features = rule.kind in BY_FEATURES
    patch = rule.kind == "minimum_patch"
    checks = {
        "kind": rule.kind in KINDS,
        "effect": rule.effect in EFFECTS and (rule.effect == "remove" or not patch),
        "weight": (0 <= rule.weight <= 1) and (rule.weight == 1 or rule.effect == "weigh"),
        "bit": isinstance(rule.bit, int) and 0 <= rule.bit <= LARGEST_BIT,
        "uses": bool(rule.uses) and all(_is_use(use) for use in rule.uses),
        "distance_m": all(distance >= 0 for distance in rule.distances_m)
        and (rule.kind != "boundary" or min(rule.distances_m) > 0),
        "distance_m_by_district": rule.kind in {"setback", "boundary"}
        or not rule.distance_by_district,
        "classes": rule.kind not in {"class_in", "class_not_in"} or bool(rule.classes),
        "low, high": not ranged or rule.low is not None or rule.high is not None,
        "minimum_ha": not patch or rule.minimum_ha > 0,
        "layer": bool(rule.layer) != patch and (rule.layer != AREA or rule.kind == "boundary"),
        "fractional": not rule.fractional or _may_be_fractional(rule, by_features=by_features),
        "only_where": not (patch and rule.only_where),
    }
    wrong = [key for key, holds in checks.items() if not holds]
    if wrong:
        raise InputError("rule-value", {**named, "keys": ", ".join(wrong)})


def _is_use(use: str) -> bool:
    return use in USES or re.fullmatch(rf"{MEASURES}[a-z][a-z0-9_]*", use) is not None


def _may_be_fractional(rule: Rule, *, by_features: bool) -> bool:
    """Return whether the shares of cells that a rule takes can be told."""
    plain = not rule.only_where and not rule.distance_by_district and rule.effect == "remove"
    return by_features and plain and rule.kind != "outside"


def _require_bits(rules: tuple[Rule, ...], file: str) -> None:
    taken: dict[tuple[str, int], str] = {}
    uses = uses_of(rules)
    names: set[str] = set()
    for rule in rules:
        if rule.id in names:
            raise InputError("rule-twice", {"file": file, "rule": rule.id})
        names.add(rule.id)
        for use in filter(rule.speaks_of, uses):
            other = taken.setdefault((use, rule.bit), rule.id)
            if other != rule.id:
                values = {"file": file, "rule": rule.id, "other": other, "bit": rule.bit}
                raise InputError("rule-bit-taken", {**values, "use": use})


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
