"""What a run writes for people: tables, workbook, calendar, and pages of villages and packages."""

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

import pandas as pd

from sandgrid.errors import OutputError
from sandgrid.export.files import check_target, staged_folder
from sandgrid.export.people_book import people_xlsx
from sandgrid.export.people_papers import calendar_html, largest, package_papers, village_papers
from sandgrid.export.vector import write_geopackage
from sandgrid.messages import Language
from sandgrid.people import People, describe_people
from sandgrid.pipeline.reading import read_plan
from sandgrid.plan import Plan

PEOPLE_GPKG: Final = "people.gpkg"
PEOPLE_XLSX: Final = "people.xlsx"
CALENDAR: Final = "people/calendar.html"
MANY: Final = 1_000_000


def people_files(
    people: People, plan: Plan, *, villages: Sequence[str], packages: Sequence[str]
) -> Iterator[tuple[str, bytes]]:
    """Make the files about people.

    Parameters
    ----------
    people : People
        Of the plan.
    plan : Plan
        The plan.
    villages, packages : sequence of str
        Collectives and packages that get a page.

    Yields
    ------
    tuple of (str, bytes)
        Name within the folder, and content.

    """
    lang: Language = plan.scenario["export"]["lang"]
    yield PEOPLE_GPKG, geopackage_bytes(people.tables, str(plan.scenario["as_of"]), lang)
    yield PEOPLE_XLSX, people_xlsx(people, plan.scenario, lang=lang)
    yield CALENDAR, calendar_html(people, plan, lang=lang).encode()
    yield from village_papers(people, plan, villages, lang=lang)
    yield from package_papers(people, plan, packages, lang=lang)


def geopackage_bytes(
    tables: Mapping[str, pd.DataFrame], as_of: str, lang: Language = "zh"
) -> bytes:
    """Return tables as the bytes of a GeoPackage, read back before they count as written."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / PEOPLE_GPKG
        write_geopackage(path, tables, as_of=as_of, lang=lang)
        return path.read_bytes()


def chosen_papers(people: People, count: int) -> tuple[list[str], list[str]]:
    """Return the villages with most income and the packages with most counted land."""
    return (
        largest(people.statements, "income_cny", "collective_id", count),
        largest(pd.DataFrame(people.packages), "counted_centimu", "package_id", count),
    )


def write_people(folder: str | Path, out: str | Path, *, count: int | None = None) -> Path:
    """Write everything about the people of a plan into a folder of its own.

    Parameters
    ----------
    folder : str or Path
        A plan folder.
    out : str or Path
        The new folder; an older one of the same kind is replaced.
    count : int, optional
        How many villages and packages get a page; all by default.

    Returns
    -------
    Path
        The folder.

    Raises
    ------
    OutputError
        If the folder cannot be written whole, or is the plan's own.

    """
    target = Path(out)
    if target.resolve() == Path(folder).resolve():
        raise OutputError("people-own-folder", {"folder": target})
    check_target(target)
    plan = read_plan(folder)
    people = describe_people(plan)
    villages, packages = chosen_papers(people, MANY if count is None else count)
    with staged_folder(target) as staging:
        for name, content in people_files(people, plan, villages=villages, packages=packages):
            staging.write(name, content)
    return target
