"""The scenario: one question to SandGrid, read from a strict TOML file."""

import difflib
import tomllib
from collections.abc import Mapping
from datetime import date
from itertools import pairwise
from pathlib import Path
from typing import Annotated, get_args

from pydantic import BaseModel, Field, PrivateAttr, ValidationError
from pydantic_core import ErrorDetails

from sandgrid.errors import ScenarioError
from sandgrid.scenario.sections import (
    Area,
    Export,
    Grid,
    LayerChoice,
    Limits,
    Locks,
    Objective,
    People,
    Progress,
    Quota,
    Rules,
    Section,
    Solver,
    Targets,
    Treatment,
    Years,
)


class Scenario(Section):
    """One question to SandGrid; see ``docs/scenario.md`` for every key.

    Examples
    --------
    >>> from sandgrid.scenario import parse_scenario
    >>> scenario = parse_scenario({
    ...     "name": "two-years", "as_of": date(2024, 6, 30),
    ...     "years": {"first": 2024, "last": 2025},
    ...     "layers": {"catalogue": "catalogue.toml"},
    ...     "targets": {"capacity_mw": {2025: 100}},
    ... })
    >>> scenario.with_({"targets.capacity_mw.2025": 120}).targets.capacity_mw
    {2025: 120.0}
    >>> scenario.with_({"targets.capcity_mw": {}})
    Traceback (most recent call last):
    sandgrid.errors.ScenarioError: scenario: targets.capcity_mw: unknown; did you mean capacity_mw?

    """

    name: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,59}$")]
    title_zh: str = ""
    title_en: str = ""
    as_of: date
    years: Years
    area: Area = Area()
    grid: Grid = Grid()
    layers: LayerChoice
    paths: dict[str, str] = Field(default={})
    rules: Rules = Rules()
    parameters: dict[str, float | int | bool | str | list[float]] = Field(default={})
    targets: Targets = Targets()
    limits: Limits = Limits()
    quotas: tuple[Quota, ...] = ()
    objective: Objective = Objective()
    locks: Locks = Locks()
    treatment: Treatment = Treatment()
    progress: Progress = Progress()
    people: People = People()
    solver: Solver = Solver()
    export: Export = Export()

    _folder: Path = PrivateAttr(default=Path())

    @property
    def folder(self) -> Path:
        """Folder of the scenario file; relative paths start here."""
        return self._folder

    @property
    def works_tables(self) -> tuple[Path, ...]:
        """Tables of works, in order."""
        return tuple(self._folder / name for name in self.progress.works)

    @property
    def treatment_files(self) -> tuple[Path, ...]:
        """Files with the user's own measures and sequences, in order."""
        return tuple(self._folder / name for name in self.treatment.files)

    @property
    def fonts(self) -> Path | None:
        """Folder of further fonts for papers, if one is named."""
        return self._folder / self.export.fonts if self.export.fonts else None

    @property
    def year_range(self) -> tuple[int, ...]:
        """Every year of the plan, first to last."""
        return tuple(range(self.years.first, self.years.last + 1))

    def with_(self, changes: dict[str, object]) -> "Scenario":
        """Return a variant of the scenario.

        Parameters
        ----------
        changes : dict
            Dotted key -> new value, e.g. ``{"targets.treated_mu.2030": 560_000}``.

        Raises
        ------
        ScenarioError
            If a key is not known or a value is refused.

        """
        table = self.model_dump(exclude_unset=True)
        for key, value in changes.items():
            _put(table, key, value)
        return parse_scenario(table, folder=self.folder)


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
        if quota.district is not None and quota.collective is not None:
            _refuse(file, f"quotas.{number}", "", "has both a district and a collective")
        shared = quota.minimum_share is not None or quota.maximum_share is not None
        if shared and quota.district is None and quota.collective is None:
            _refuse(file, f"quotas.{number}", "", "a share needs a district or a collective")
        _check_quota_year(scenario, number, file)
    _check_box(scenario, file)
    _check_objective(scenario, file)


def _check_objective(scenario: Scenario, file: str) -> None:
    """Refuse another goal than cost without the one limit of what it may cost."""
    aim = scenario.objective
    limits = (aim.max_net_cost_cny, aim.max_extra_share)
    wanted = 0 if aim.quantity == "net_cost_cny" else 1
    if sum(limit is not None for limit in limits) != wanted:
        reason = ("has no limit of cost", "needs max_net_cost_cny or max_extra_share, not both")
        _refuse(file, "objective.quantity", aim.quantity, reason[wanted])
    if aim.worth_cny and wanted:
        _refuse(file, "objective.worth_cny", "", "goes with the quantity net_cost_cny only")


def _check_quota_year(scenario: Scenario, number: int, file: str) -> None:
    year = scenario.quotas[number].year
    if year not in scenario.year_range:
        _refuse(file, f"quotas.{number}.year", year, "outside the years of the plan")


def _check_by_year(scenario: Scenario, name: str, file: str) -> None:
    by_year: dict[int, float] = getattr(scenario.targets, name)
    for year, value in by_year.items():
        if year not in scenario.year_range:
            _refuse(file, f"targets.{name}.{year}", value, "outside the years of the plan")
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
