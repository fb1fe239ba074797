"""Questions that a planner asks besides the plan itself."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import shapely

from sandgrid.audit import AuditReport, audit_plan
from sandgrid.land import explain_point, find_eligibility, removed_ha
from sandgrid.layers.notices import SandGridWarning
from sandgrid.messages import Language, tell
from sandgrid.params import Parameter
from sandgrid.pipeline.reading import read_plan
from sandgrid.pipeline.stages import find_land, state_question
from sandgrid.pipeline.world import read_world
from sandgrid.plan import Comparison, compare_plans
from sandgrid.scenario import Scenario

GEOGRAPHIC = "EPSG:4490"


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
        Layers, parcels, sites, options.

    """

    notices: tuple[tuple[str, str], ...]
    unset: dict[str, Parameter]
    placeholders: dict[str, Parameter]
    counts: dict[str, int]

    def as_dict(self) -> dict[str, Any]:
        """Return the findings as values that JSON can hold."""
        return {
            "notices": [{"zh": zh, "en": en} for zh, en in self.notices],
            "unset": sorted(self.unset),
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
    world, land = find_land(read_world(scenario))
    world, question = state_question(world, land)
    parameters = world.parameters
    return Findings(
        notices=tuple((notice.text("zh"), notice.text("en")) for notice in world.notices),
        unset={key: parameters[key] for key in parameters if parameters[key].value is None},
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


def removed_land(scenario: Scenario) -> pd.DataFrame:
    """Return what each rule removes, in hectares per use; see `sandgrid.land.removed_ha`."""
    world = read_world(scenario)
    return removed_ha(find_eligibility(world.rules, world.layers, report=_ignore))


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
    world = read_world(scenario)
    eligibility = find_eligibility(world.rules, world.layers, report=_ignore)
    point = gpd.GeoSeries([shapely.Point(*place_deg)], crs=GEOGRAPHIC).to_crs(
        world.layers.area.crs
    )[0]
    lines = []
    for answer in explain_point(eligibility, point.x, point.y):
        use = tell(f"why-use-{answer.use}", lang=lang)
        if answer.eligible:
            lines.append(tell("why-eligible", {"use": use}, lang=lang))
        if answer.outside:
            lines.append(tell("why-outside", {"use": use}, lang=lang))
        if answer.unknown:
            lines.append(tell("why-unknown", {"use": use}, lang=lang))
        for rule in answer.rules:
            values = {
                "use": use,
                "rule": rule.zh if lang == "zh" else rule.en,
                "document": f"{rule.document} {rule.number}".strip(),
            }
            lines.append(tell("why-rule", values, lang=lang))
    return lines


def _ignore(notice: SandGridWarning) -> None:
    """Tell nothing: ``check`` and ``plan`` tell the notices of a scenario."""


def verify_folder(folder: Path) -> AuditReport:
    """Audit a plan folder from its files alone."""
    return audit_plan(folder)


def compare_folders(first: Path, second: Path) -> Comparison:
    """Compare two written plans."""
    return compare_plans(read_plan(first), read_plan(second))
