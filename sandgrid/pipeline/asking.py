"""Questions that a planner asks besides the plan itself."""

from collections.abc import Iterator
from concurrent.futures import Executor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import geopandas as gpd
import pandas as pd
import shapely

from sandgrid.audit import AuditReport, audit_plan
from sandgrid.land import (
    PointAnswer,
    Rule,
    cascade,
    find_eligibility,
    judge_point,
    rule_layers,
    unset_numbers,
)
from sandgrid.land.exclusions import MEASURES
from sandgrid.layers.notices import SandGridWarning
from sandgrid.layers.stack import Layers
from sandgrid.messages import Language, tell
from sandgrid.params import Parameter, Parameters
from sandgrid.pipeline.reading import read_plan
from sandgrid.pipeline.stages import find_land, state_question
from sandgrid.pipeline.tiled import layers_in_files
from sandgrid.pipeline.world import read_world, rule_file, scenario_catalogue, scenario_rules
from sandgrid.plan import Comparison, compare_plans
from sandgrid.sand.greenness import cover_needs_all
from sandgrid.scenario import Scenario
from sandgrid.scenario.resolved import scenario_parameters

GEOGRAPHIC = "EPSG:4490"
By = Literal["area", "district", "parcel"]


@dataclass(frozen=True)
class Findings:
    """What ``sandgrid check`` found.

    Parameters
    ----------
    notices : tuple of (zh, en)
        What is legal but probably a mistake.
    unset : mapping
        Parameters that are UNKNOWN and must be set before they are used.
    placeholders : mapping
        Parameters of low confidence.
    counts : mapping
        Layers, parcels, sites, options; empty if the rules need a value that is not set.
    required : tuple of str
        UNKNOWN parameters without which the rules cannot be read.

    """

    notices: tuple[tuple[str, str], ...]
    unset: dict[str, Parameter]
    placeholders: dict[str, Parameter]
    counts: dict[str, int]
    required: tuple[str, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """Return the findings as values that JSON can hold."""
        return {
            "notices": [{"zh": zh, "en": en} for zh, en in self.notices],
            "unset": sorted(self.unset),
            "required": list(self.required),
            "placeholders": sorted(self.placeholders),
            "counts": self.counts,
        }


def check_scenario(scenario: Scenario) -> Findings:
    """Read everything a scenario needs and list what is unset or doubtful; nothing is solved.

    Raises
    ------
    SandGridError
        If anything that is read is wrong.

    """
    parameters = scenario_parameters(scenario)
    required = unset_numbers(rule_file(scenario), parameters, leave_out=scenario.rules.leave_out)
    if required:
        return Findings((), _unset(parameters), {}, {}, required)
    world, land = find_land(read_world(scenario))
    world, question = state_question(world, land)
    parameters = world.parameters
    return Findings(
        notices=tuple((notice.text("zh"), notice.text("en")) for notice in world.notices),
        unset=_unset(parameters),
        placeholders={
            key: parameters[key] for key in parameters.used if parameters[key].confidence == "low"
        },
        counts={
            "layers": len(world.layers.roles),
            "parcels": len(land.sites.parcels),
            "sites": len(land.sites.sites),
            "build_options": len(question.options.build_options),
            "treat_options": len(question.options.treat_options),
        },
    )


def _unset(parameters: Parameters) -> dict[str, Parameter]:
    return {key: parameters[key] for key in parameters if parameters[key].value is None}


def removed_land(
    scenario: Scenario, by: By = "area", *, executor: Executor | None = None
) -> pd.DataFrame:
    """Return what each rule removes from the area, each district or each parcel.

    Parameters
    ----------
    scenario : Scenario
        Layers and rules.
    by : {"area", "district", "parcel"}
        One cascade for each of these; see `sandgrid.land.cascade`.
    executor : Executor, optional
        Where tiles are judged; threads here by default.

    """
    world = read_world(scenario)
    if by == "parcel":
        world, land = find_land(world, executor)
        return cascade(land.eligibility, land.sites.parcels, id_column="parcel_id")
    eligibility = find_eligibility(world.rules, world.layers, executor=executor, report=_ignore)
    zones = None if by == "area" else world.layers.area
    return cascade(eligibility, zones, id_column="district_id")


def explain_place(
    scenario: Scenario, place_deg: tuple[float, float], *, lang: Language = "zh"
) -> list[str]:
    """Say what may stand at a place, and which rule of which document is against the rest.

    Parameters
    ----------
    scenario : Scenario
        Layers and rules.
    place_deg : tuple of float
        Longitude and latitude [deg].
    lang : {"zh", "en"}
        Language.

    """
    rules = scenario_rules(scenario, scenario_parameters(scenario))
    layers = _layers_for_a_place(scenario, rules)
    place = gpd.GeoSeries([shapely.Point(*place_deg)], crs=GEOGRAPHIC)
    point = place.to_crs(layers.area.crs)[0]
    answers = judge_point(rules, layers, point.x, point.y)
    return [line for answer in answers for line in _lines(answer, lang)]


def _layers_for_a_place(scenario: Scenario, rules: tuple[Rule, ...]) -> Layers:
    """Return what the rules read; rasters stay in their files where a part of them will do."""
    if cover_needs_all(scenario_catalogue(scenario), scenario_parameters(scenario)):
        return read_world(scenario).layers
    return layers_in_files(scenario, rule_layers(rules), None, _ignore)


def _lines(answer: PointAnswer, lang: Language) -> Iterator[str]:
    """Yield what there is to say about one use at a place."""
    use = use_name(answer.use, lang)
    told = {
        "why-eligible": answer.eligible,
        "why-outside": answer.outside,
        "why-unknown": answer.unknown,
    }
    yield from (tell(key, {"use": use}, lang=lang) for key, holds in told.items() if holds)
    if answer.share < 1:
        yield tell("why-share", {"use": use, "share": answer.share}, lang=lang)
    for key, rules in (("why-rule", answer.rules), ("why-overruled", answer.overruled)):
        for rule in rules:
            yield tell(key, {"use": use, **_cited(rule, lang)}, lang=lang)


def use_name(use: str, lang: Language) -> str:
    """Return what a use is called; a measure with rules of its own by its id."""
    if use.startswith(MEASURES):
        measure = use.removeprefix(MEASURES)
        return tell("why-use-measure", {"measure": measure}, lang=lang)
    return tell(f"why-use-{use}", lang=lang)


def _cited(rule: Rule, lang: Language) -> dict[str, str]:
    """Return what a rule says, by which document of which day, and how sure that is."""
    parts = (rule.document, rule.number, rule.date)
    confidence = tell(f"confidence-{rule.confidence or 'none'}", lang=lang)
    cited = {"document": " ".join(part for part in parts if part), "confidence": confidence}
    return {"rule": rule.says(lang), **cited}


def _ignore(notice: SandGridWarning) -> None:
    """Tell nothing: ``check`` and ``plan`` tell the notices of a scenario."""


def verify_folder(folder: Path) -> AuditReport:
    """Audit a plan folder from its files alone."""
    return audit_plan(folder)


def compare_folders(first: Path, second: Path) -> Comparison:
    """Compare two written plans."""
    return compare_plans(read_plan(first), read_plan(second))
