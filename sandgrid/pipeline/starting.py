"""A first scenario for a new place: commented files with the layer slots to fill."""

import re
from importlib import resources
from pathlib import Path
from typing import Final

from sandgrid.errors import OutputError, ScenarioError
from sandgrid.export.files import write_text

FILES: Final = ("scenario.toml", "catalogue.toml", "rules.toml")


def write_starter(folder: Path) -> Path:
    """Write a commented scenario, catalogue and rule file into a new folder.

    Parameters
    ----------
    folder : Path
        Does not exist yet; its name becomes the scenario's.

    Returns
    -------
    Path
        The folder.

    Raises
    ------
    ScenarioError
        If the name would not do as the name of a scenario.
    OutputError
        If the folder is there already.

    """
    if not re.fullmatch(r"[a-z0-9][a-z0-9-]*", folder.name):
        raise ScenarioError("init-name", {"name": folder.name})
    if folder.exists():
        raise OutputError("init-exists", {"folder": folder})
    folder.mkdir(parents=True)
    source = resources.files("sandgrid") / "reference" / "starter"
    for name in FILES:
        text = (source / name).read_text(encoding="utf-8")
        write_text(folder / name, text.replace("NEW-PLACE", folder.name))
    return folder
