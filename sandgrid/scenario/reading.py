"""Reading a scenario file, with errors that name the key and the likely spelling."""

import difflib
import tomllib
from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path
from typing import get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from sandgrid.errors import ScenarioError
from sandgrid.scenario.model import Scenario


def load_scenario(path: str | Path) -> Scenario:
    """Read a scenario file.

    Parameters
    ----------
    path : str or Path
        A TOML file.

    Raises
    ------
    ScenarioError
        If the file is absent, is not TOML, has an unknown key or a refused value.

    """
    file = Path(path)
    if not file.is_file():
        raise ScenarioError("scenario-missing-file", {"file": file})
    try:
        table = tomllib.loads(file.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ScenarioError("scenario-not-toml", {"file": file, "reason": error}) from error
    return parse_scenario(table, folder=file.parent, file=file.name)


def parse_scenario(
    table: Mapping[str, object], *, folder: Path = Path(), file: str = "scenario"
) -> Scenario:
    """Check a scenario that is given as a mapping.

    Raises
    ------
    ScenarioError
        Naming the first key that is unknown, missing or refused.

    """
    try:
        scenario = Scenario.model_validate(table)
    except ValidationError as error:
        raise _explained(error.errors()[0], file) from error
    scenario._folder = folder  # noqa: SLF001  (set once, by the only builder)
    _check_sense(scenario, file)
    return scenario


def change_scenario(scenario: Scenario, changes: Mapping[str, object]) -> Scenario:
    """Return a variant; see `Scenario.with_`."""
    table = scenario.model_dump(exclude_unset=True)
    for key, value in changes.items():
        _put(table, key, value)
    return parse_scenario(table, folder=scenario.folder)


def _put(table: dict[str, object], key: str, value: object) -> None:
    if key.startswith("parameters."):
        parts = ["parameters", key.removeprefix("parameters.")]
    else:
        parts = key.split(".")
    place: dict[object, object] = table  # type: ignore[assignment]
    for part in parts[:-1]:
        inner = place.setdefault(_as_key(part), {})
        if not isinstance(inner, dict):
            raise ScenarioError("scenario-bad-change", {"key": key})
        place = inner
    place[_as_key(parts[-1])] = value


def _as_key(part: str) -> object:
    return int(part) if part.isdigit() else part


def _explained(detail: ErrorDetails, file: str) -> ScenarioError:
    place = ".".join(str(part) for part in detail["loc"])
    if detail["type"] == "extra_forbidden":
        near = difflib.get_close_matches(str(detail["loc"][-1]), _siblings(detail["loc"]), n=1)
        key = "scenario-unknown-key-near" if near else "scenario-unknown-key"
        return ScenarioError(key, {"file": file, "key": place, "near": near[0] if near else ""})
    if detail["type"] == "missing":
        return ScenarioError("scenario-missing-key", {"file": file, "key": place})
    values = {"file": file, "key": place, "value": detail["input"], "reason": detail["msg"]}
    return ScenarioError("scenario-bad-value", values)


def _siblings(location: tuple[int | str, ...]) -> list[str]:
    model: type[BaseModel] = Scenario
    for part in location[:-1]:
        if isinstance(part, int) or part not in model.model_fields:
            continue
        annotation = model.model_fields[part].annotation
        inner = next((a for a in (annotation, *get_args(annotation)) if _is_model(a)), None)
        model = inner or model
    return list(model.model_fields)


def _is_model(annotation: object) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, BaseModel)


def _check_sense(scenario: Scenario, file: str) -> None:
    """Refuse what is well-formed but cannot be meant."""
    years = scenario.years
    if years.last < years.first:
        _refuse(file, "years.last", years.last, "before years.first")
    if scenario.as_of.year > years.first:
        _refuse(file, "as_of", scenario.as_of, "after years.first")
    for name in ("capacity_mw", "pv_mw", "wind_mw", "treated_mu"):
        _check_by_year(scenario, name, file)
    for number, quota in enumerate(scenario.quotas):
        if (quota.district is None) == (quota.collective is None):
            _refuse(file, f"quotas.{number}", "", "needs either district or collective")
    _check_box(scenario, file)


def _check_by_year(scenario: Scenario, name: str, file: str) -> None:
    by_year: dict[int, float] = getattr(scenario.targets, name)
    for year in by_year:
        if year not in scenario.year_range:
            _refuse(file, f"targets.{name}.{year}", by_year[year], "outside the years of the plan")
    for (early, low), (late, high) in pairwise(sorted(by_year.items())):
        if high < low:
            _refuse(file, f"targets.{name}.{late}", high, f"below {low} in {early}")


def _check_box(scenario: Scenario, file: str) -> None:
    box = scenario.area.bbox_deg
    if box is not None and (box[0] >= box[2] or box[1] >= box[3]):
        _refuse(file, "area.bbox_deg", box, "needs west < east and south < north")


def _refuse(file: str, key: str, value: object, reason: str) -> None:
    values = {"file": file, "key": key, "value": value, "reason": reason}
    raise ScenarioError("scenario-bad-value", values)
