"""The scenario with every default filled in, as it is written to ``scenario.json``."""

import csv
import hashlib
import json
import math
from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Final

import pandas as pd

from sandgrid.errors import InputError
from sandgrid.messages import Language
from sandgrid.params import Parameter, Parameters, default_parameters, read_parameters
from sandgrid.scenario.model import Scenario
from sandgrid.scenario.tables import limit_table, quota_table
from sandgrid.scenario.targets import capacity_targets, treated_targets

SCHEMA_VERSION = 1
INDUSTRY: Final = "industry"
TREATMENTS: Final = ("measure", "sequence")
RANGES: Final = "treatment_ranges.csv"
YEAR3: Final = ".cover_year3"
GAIN: Final = ".cover_gain"
PATTERN: Final = "forage"
ADDED: Final = "not known: set it in the scenario"


def scenario_parameters(scenario: Scenario) -> Parameters:
    """Return the default parameters with the scenario's own values put in.

    Raises
    ------
    ScenarioError
        If the scenario sets a parameter that does not exist.
    InputError
        If a file of measures and sequences is wrong.

    """
    defaults = default_parameters()
    for path in scenario.treatment_files:
        defaults = with_treatments(defaults, path)
    return with_industries(defaults, scenario.parameters).with_values(
        {
            key: tuple(value) if isinstance(value, list) else value
            for key, value in scenario.parameters.items()
        },
        source=f"scenario {scenario.name}",
    )


def with_treatments(parameters: Parameters, path: Path) -> Parameters:
    """Return parameters with the measures and sequences of a user's file put in.

    Parameters
    ----------
    parameters : Parameters
        The defaults.
    path : Path
        TOML as of the catalogue: ``measure.NAME.PART`` and ``sequence.NAME.PART``, each with value,
        unit, source and confidence; what it says of a known name replaces the default.

    Raises
    ------
    InputError
        If an entry belongs to neither, a number is out of its range, or a new name lacks a part
        that every other has.

    """
    own = read_parameters(path)
    for key in own:
        _check_entry(own, key, path)
    stated = {key.removesuffix(YEAR3) + GAIN for key in own if key.endswith(YEAR3)}
    both = Parameters({**{k: v for k, v in parameters.items() if k not in stated}, **own})
    for kind in TREATMENTS:
        needed = _common_parts(parameters, kind)
        for name in own.below(kind):
            lacks = sorted(needed - set(both.below(f"{kind}.{name}")))
            if lacks:
                values = {"file": path, "name": f"{kind}.{name}", "lacks": ", ".join(lacks)}
                raise InputError("treatment-file-lacks", values)
    return both


def _check_entry(own: Parameters, key: str, path: Path) -> None:
    """Refuse an entry of neither a measure nor a sequence, and a number out of its range."""
    kind, _, rest = key.partition(".")
    if kind not in TREATMENTS or "." not in rest:
        raise InputError("treatment-file-key", {"file": path, "key": key})
    value = own[key].value
    numbers = value if isinstance(value, tuple) else (value,)
    least, most = _ranges().get(key.rpartition(".")[2], (-math.inf, math.inf))
    for number in numbers:
        if isinstance(number, str | bool) or number is None:
            continue
        if not least <= number <= most:
            values = {"file": path, "key": key, "value": number, "least": least, "most": most}
            raise InputError("treatment-file-range", values)


@cache
def _ranges() -> dict[str, tuple[float, float]]:
    """Return the least and most that a part of a measure or sequence can be."""
    text = (resources.files("sandgrid") / "reference" / RANGES).read_text(encoding="utf-8")
    return {
        row["part"]: (float(row["least"]), float(row["most"] or "inf"))
        for row in csv.DictReader(text.splitlines())
    }


def _common_parts(parameters: Parameters, kind: str) -> set[str]:
    """Return the parts that every measure, or every sequence, of the catalogue has."""
    parts = [set(parameters.below(f"{kind}.{name}")) for name in parameters.below(kind)]
    return set.intersection(*parts)


def with_industries(parameters: Parameters, keys: Iterable[str]) -> Parameters:
    """Return parameters with an entry for every figure of an industry that the user adds.

    What the scenario does not set of a new industry is UNKNOWN.

    Parameters
    ----------
    parameters : Parameters
        The defaults.
    keys : iterable of str
        Keys that a scenario sets, such as ``industry.tourism.price_cny``.

    Examples
    --------
    >>> more = with_industries(default_parameters(), ["industry.tourism.price_cny"])
    >>> more["industry.tourism.yield_per_mu"].value is None
    True

    """
    known = set(parameters.below(INDUSTRY))
    named = {key.split(".")[1] for key in keys if key.startswith(f"{INDUSTRY}.")}
    added = {
        f"{INDUSTRY}.{name}.{part}": replace(
            parameters[f"{INDUSTRY}.{PATTERN}.{part}"],
            value=None,
            source=ADDED,
            confidence="low",
            cited="",
        )
        for name in sorted(named - known)
        for part in parameters.below(f"{INDUSTRY}.{PATTERN}")
    }
    return Parameters({**parameters, **added}) if added else parameters


def resolve_scenario(
    scenario: Scenario, unit_mw: Mapping[str, float], parameters: Parameters | None = None
) -> dict[str, object]:
    """Return the scenario with all defaults as plain values that JSON can hold.

    Parameters
    ----------
    scenario : Scenario
        What the planner stated.
    unit_mw : mapping
        Technology -> capacity of one unit [MW].
    parameters : Parameters, optional
        Those of a run, which may hold values that it computed; those of the scenario by default.

    """
    held = scenario_parameters(scenario) if parameters is None else parameters
    stated = scenario.model_dump(mode="json")
    parts = ("name", "title_zh", "title_en", "as_of", "area", "grid", "rules", "layers", "solver")
    return {
        "schema_version": SCHEMA_VERSION,
        **{part: stated[part] for part in parts},
        "locks": stated["locks"],
        "treatment": stated["treatment"],
        "progress": stated["progress"],
        "people": stated["people"],
        "export": {
            **stated["export"],
            "fonts": scenario.fonts.as_posix() if scenario.fonts else "",
        },
        "years": list(scenario.year_range),
        "base_year": scenario.as_of.year,
        "targets": {
            "capacity": _records(capacity_targets(scenario, unit_mw)),
            "treated": _records(treated_targets(scenario)),
        },
        "limits": _records(limit_table(scenario)),
        "quotas": _records(quota_table(scenario)),
        "objective": stated["objective"],
        "parameters": {key: _entry(held[key], scenario.export.lang) for key in held},
    }


def _records(frame: pd.DataFrame) -> list[dict[str, object]]:
    whole = frame.astype("object").where(frame.notna(), None)
    return [dict(zip(frame.columns, row, strict=True)) for row in whole.to_numpy().tolist()]


def _entry(parameter: Parameter, lang: Language) -> dict[str, object]:
    value = list(parameter.value) if isinstance(parameter.value, tuple) else parameter.value
    return {
        "value": value,
        "unit": parameter.unit,
        "source": parameter.cite(lang),
        "confidence": parameter.confidence,
    }


def scenario_sha256(resolved: Mapping[str, object]) -> str:
    """Return the SHA-256 of a resolved scenario, the same on every machine."""
    text = json.dumps(resolved, ensure_ascii=False, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()
