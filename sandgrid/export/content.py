"""What the files of a plan are made from."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from sandgrid.export.words import Words
from sandgrid.messages import Language, tell


@dataclass(frozen=True)
class PlanContent:
    """A plan as its files see it: tables, figures, question, names and language.

    Parameters
    ----------
    tables : mapping
        Tables of the plan by their contracts.
    document : mapping
        The plan in figures, as in ``plan.json``.
    scenario : mapping
        The resolved scenario, as in ``scenario.json``.
    names : mapping
        Code -> name, before those of the message catalogue.
    lang : {"zh", "en"}
        Language of all labels.

    """

    tables: Mapping[str, pd.DataFrame]
    document: Mapping[str, Any]
    scenario: Mapping[str, Any]
    names: Mapping[str, Words] = field(default_factory=dict)
    lang: Language = "zh"

    @property
    def as_of(self) -> str:
        """Date of the plan, YYYY-MM-DD; it stands for the time of writing in every file."""
        return str(self.scenario["as_of"])

    @property
    def title(self) -> str:
        """Title of the scenario in the language, its name where it has none."""
        scenario = self.document["scenario"]
        return str(scenario.get(f"title_{self.lang}") or scenario["name"])

    @property
    def synthetic(self) -> bool:
        """Whether layers behind the plan are made up."""
        return bool(self.document.get("synthetic_layers"))

    @property
    def fonts(self) -> Path | None:
        """Folder of fonts that papers use besides their own."""
        folder = self.scenario["export"].get("fonts")
        return Path(folder) if folder else None

    def tell(self, key: str, values: Mapping[str, object] | None = None) -> str:
        """Return a text of the message catalogue in the language of the files."""
        return tell(key, values, lang=self.lang)

    def parameter(self, key: str, default: object) -> Any:  # noqa: ANN401  # as JSON holds it
        """Return the value of a parameter of the scenario."""
        entry = self.scenario["parameters"].get(key)
        return default if entry is None else entry["value"]
