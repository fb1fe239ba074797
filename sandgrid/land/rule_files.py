"""Rule files: rules as they are written, read strictly."""

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields
from importlib import resources
from pathlib import Path
from typing import Final, cast

from sandgrid.errors import InputError, ScenarioError
from sandgrid.land.exclusions import (
    AREA,
    BY_FEATURES,
    EFFECTS,
    KINDS,
    LARGEST_BIT,
    MEASURES,
    USES,
    Condition,
    Rule,
    Where,
    tip_height_m,
    uses_of,
)
from sandgrid.params import Parameters

NUMBERS: Final = (
    "low", "high", "distance_m", "minimum_m", "tip_height_factor", "minimum_ha",
    "point_radius_m", "point_mw_per_km2", "weight",
)  # fmt: skip


def load_rules(
    path_or_name: str | Path, parameters: Parameters, *, leave_out: tuple[str, ...] = ()
) -> tuple[Rule, ...]:
    """Read a rule file.

    Parameters
    ----------
    path_or_name : str or Path
        A file, or the name of a rule set that SandGrid ships ("tongliao").
    parameters : Parameters
        Answer for the numbers that the file gives by name.
    leave_out : tuple of str
        Rules that do not hold here; that has to be said, by their ids.

    Returns
    -------
    tuple of Rule
        In the order of the file, which is the order of the cascade.

    Raises
    ------
    InputError
        If the file is missing or broken, or a rule has an unknown key, an unknown value, or a
        bit that another rule of the same use has; if a rule to leave out is not there.
    ScenarioError
        If a number is a parameter that is UNKNOWN, naming all of them.

    """
    name, entries = _entries(path_or_name, leave_out)
    unset = _unset(entries, parameters)
    if unset:
        raise ScenarioError("rules-unset", {"file": name, "keys": ", ".join(unset)})
    rules = tuple(_rule(entry, parameters, name) for entry in entries)
    _require_bits(rules, name)
    return rules


def unset_numbers(
    path_or_name: str | Path, parameters: Parameters, *, leave_out: tuple[str, ...] = ()
) -> tuple[str, ...]:
    """Return the parameters that a rule file names and that are UNKNOWN: the user must set them."""
    return _unset(_entries(path_or_name, leave_out)[1], parameters)


def _unset(entries: Iterable[Mapping[str, object]], parameters: Parameters) -> tuple[str, ...]:
    named = (value for entry in entries for value in _named_numbers(entry))
    return tuple(dict.fromkeys(key for key in named if parameters[key].value is None))


def _named_numbers(entry: Mapping[str, object]) -> Iterator[str]:
    """Yield the parameters that stand for numbers in a rule and in its conditions."""
    districts = cast("Mapping[str, object]", entry.get("distance_m_by_district", {}))
    conditions = cast("list[Mapping[str, object]]", entry.get("only_where", []))
    for table in (entry, *conditions):
        yield from (
            value for key, value in table.items() if key in NUMBERS and isinstance(value, str)
        )
    yield from (value for value in districts.values() if isinstance(value, str))


def _entries(
    path_or_name: str | Path, leave_out: tuple[str, ...]
) -> tuple[str, list[Mapping[str, object]]]:
    """Return the name of a rule file and its rules as they are written."""
    name, entries = _written(path_or_name)
    strange = sorted(set(leave_out) - {str(entry.get("id")) for entry in entries})
    if strange:
        raise InputError("rules-no-such", {"file": name, "rules": ", ".join(strange)})
    return name, [entry for entry in entries if entry.get("id") not in leave_out]


def _written(path_or_name: str | Path) -> tuple[str, list[Mapping[str, object]]]:
    """Return the rules of a file below those of the set that it extends.

    A rule with the id of one of that set takes its place in the cascade.
    """
    name, text = _rule_text(path_or_name)
    try:
        table = tomllib.loads(text)
        entries = cast("list[Mapping[str, object]]", table["rule"])
    except (tomllib.TOMLDecodeError, KeyError) as error:
        raise InputError("rules-broken", {"file": name, "why": str(error)}) from error
    if "extends" not in table:
        return name, entries
    base = _written(str(table["extends"]))[1]
    own = {entry.get("id"): entry for entry in entries}
    replaced = [own.get(entry.get("id"), entry) for entry in base]
    known = {entry.get("id") for entry in base}
    return name, [*replaced, *(entry for entry in entries if entry.get("id") not in known)]


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
