"""The commands; each is a thin caller of the pipeline and loads what it needs when it is called."""

import atexit
import gc
import json
import os
import sys
import traceback
import warnings
from enum import Enum
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Final

import typer
from rich.console import Console

from sandgrid.errors import SandGridError, UnprovenError
from sandgrid.messages import Language, tell
from sandgrid.scenario import load_scenario

RARELY: Final = (100_000, 20, 20)
NO_PLACE: Final = "Dataset has no geotransform"

app = typer.Typer(add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False)


class ByZone(Enum):
    """What the cascade is told for."""

    AREA = "area"
    DISTRICT = "district"
    PARCEL = "parcel"


def _language() -> Language:
    """Return the language of the user: SANDGRID_LANG, else Chinese."""
    return "en" if os.environ.get("SANDGRID_LANG") == "en" else "zh"


def _spoken(asked: str, default: str) -> Language:
    chosen = asked or os.environ.get("SANDGRID_LANG") or default
    return "en" if chosen == "en" else "zh"


def _asked_language(arguments: list[str]) -> str:
    """Return the language that the arguments ask for, else that of the user."""
    for flag, value in pairwise([*arguments, ""]):
        if flag == "--lang":
            return value
        if flag.startswith("--lang="):
            return flag.removeprefix("--lang=")
    return _language()


def _help(key: str) -> str:
    return tell(key, lang=_spoken(_asked_language(sys.argv), "zh"))


ScenarioFile = Annotated[Path, typer.Argument(help=_help("cli-scenario-file"))]
PlanFolder = Annotated[Path, typer.Argument(help=_help("cli-plan-folder"))]
Lang = Annotated[str, typer.Option("--lang", help=_help("cli-lang"))]
AsJson = Annotated[bool, typer.Option("--json", help=_help("cli-json"))]


@app.command(help=_help("cli-plan"))
def plan(
    scenario: ScenarioFile,
    out: Annotated[Path | None, typer.Option(help=_help("cli-out"))] = None,
    *,
    as_json: AsJson = False,
    lang: Annotated[str, typer.Option("--lang", help=_help("cli-plan-lang"))] = "",
    scheduler: Annotated[str, typer.Option(help=_help("cli-scheduler"))] = "",
) -> None:
    """Make, audit and write a plan; a language that is asked for is that of its files too."""
    from sandgrid.cli.console import ConsoleReporter
    from sandgrid.cli.tables import summary_lines
    from sandgrid.pipeline import run_scenario
    from sandgrid.pipeline.tiled import executor_at

    stated = load_scenario(scenario)
    if lang:
        stated = stated.with_({"export.lang": lang})
    spoken = _spoken(lang, stated.export.lang)
    console = Console(stderr=True)
    folder = out or Path("out") / stated.name
    reporter = ConsoleReporter(console, spoken)
    try:
        with executor_at(scheduler) as executor:
            result = run_scenario(stated, folder, reporter=reporter, executor=executor)
    except KeyboardInterrupt:
        raise UnprovenError("run-broken-off", {"name": stated.name, "folder": folder}) from None
    for line in summary_lines(result.figures, folder, spoken):
        console.print(line, highlight=False, soft_wrap=True, markup=False)
    if as_json:
        sys.stdout.write(json.dumps(result.figures, ensure_ascii=False, indent=1) + "\n")
    raise typer.Exit(result.exit_code)


@app.command(help=_help("cli-init"))
def init(
    name: Annotated[str, typer.Argument(help=_help("cli-init-name"))], *, lang: Lang = ""
) -> None:
    """Write a scenario with the layer slots to fill."""
    from sandgrid.pipeline.starting import write_starter

    folder = write_starter(Path(name))
    told = {"folder": folder}
    Console(stderr=True).print(tell("init-done", told, lang=_spoken(lang, _language())))


@app.command(help=_help("cli-check"))
def check(scenario: ScenarioFile, *, as_json: AsJson = False, lang: Lang = "") -> None:
    """Read everything a scenario needs and list what is unset or doubtful."""
    from sandgrid.cli.tables import check_table
    from sandgrid.pipeline import check_scenario

    stated = load_scenario(scenario)
    findings = check_scenario(stated)
    if as_json:
        sys.stdout.write(json.dumps(findings.as_dict(), ensure_ascii=False, indent=1) + "\n")
    else:
        Console().print(check_table(findings, _spoken(lang, stated.export.lang)))
    raise typer.Exit(2 if findings.required else 0)


@app.command(help=_help("cli-eligibility"))
def eligibility(
    scenario: ScenarioFile,
    by: Annotated[ByZone, typer.Option(help=_help("cli-by"))] = ByZone.AREA,
    *,
    as_json: AsJson = False,
    lang: Lang = "",
    out: Annotated[Path | None, typer.Option(help=_help("cli-eligibility-out"))] = None,
    scheduler: Annotated[str, typer.Option(help=_help("cli-scheduler"))] = "",
) -> None:
    """Say how much land each rule removes, or write the reasons of an area of any size."""
    from sandgrid.cli.tables import removed_tables
    from sandgrid.pipeline import removed_land
    from sandgrid.pipeline.tiled import executor_at, write_eligibility

    stated = load_scenario(scenario)
    if out is not None:
        write_eligibility(stated, out, scheduler=scheduler)
        return
    with executor_at(scheduler) as executor:
        removed = removed_land(stated, by.value, executor=executor)
    if as_json:
        sys.stdout.write(removed.to_json(orient="records", force_ascii=False, indent=1) + "\n")
    else:
        for table in removed_tables(removed, _spoken(lang, stated.export.lang)):
            Console().print(table)


@app.command(help=_help("cli-why"))
def why(
    scenario: ScenarioFile,
    lon: Annotated[float, typer.Argument(min=-180, max=180, help=_help("cli-lon"))],
    lat: Annotated[float, typer.Argument(min=-90, max=90, help=_help("cli-lat"))],
    *,
    lang: Lang = "",
) -> None:
    """Say what may stand at a place and, if nothing, why not."""
    from sandgrid.pipeline import explain_place

    stated = load_scenario(scenario)
    for line in explain_place(stated, (lon, lat), lang=_spoken(lang, stated.export.lang)):
        sys.stdout.write(line + "\n")


@app.command(help=_help("cli-verify"))
def verify(folder: PlanFolder, *, lang: Lang = "") -> None:
    """Audit a plan folder from its files alone."""
    from sandgrid.pipeline import verify_folder

    report = verify_folder(folder)
    spoken = _spoken(lang, _language())
    for check in report.checks:
        mark = "✓" if check.passed else "✗"
        sys.stdout.write(f"{mark} {check.name}  {check.text(spoken)}\n")
    raise typer.Exit(0 if report.passed else 3)


@app.command(name="export", help=_help("cli-export"))
def export_files(
    folder: PlanFolder,
    what: Annotated[str, typer.Option(help=_help("cli-what"))] = "all",
    crs: Annotated[str, typer.Option(help=_help("cli-crs"))] = "",
    encoding: Annotated[str, typer.Option(help=_help("cli-encoding"))] = "UTF-8",
    parcels: Annotated[str, typer.Option(help=_help("cli-parcels"))] = "",
    *,
    lang: Lang = "",
) -> None:
    """Add files for engineers and the office to a plan folder."""
    from sandgrid.cli.exporting import ExportProgress, stated_wishes
    from sandgrid.export.handing import KINDS
    from sandgrid.pipeline import export_plan

    kinds = tuple(KINDS) if what == "all" else tuple(what.split(","))
    chosen = _spoken(lang, _language()) if lang else None
    with ExportProgress(Console(stderr=True), _spoken(lang, _language())) as progress:
        wishes = stated_wishes(crs=crs, encoding=encoding, parcels=parcels, told=progress.told)
        written = export_plan(folder, kinds, lang=chosen, wishes=wishes)
    for name in written:
        sys.stdout.write(f"{name}\n")


@app.command(help=_help("cli-compare"))
def compare(
    first: PlanFolder,
    second: PlanFolder,
    *,
    map_file: Annotated[Path | None, typer.Option("--map", help=_help("cli-compare-map"))] = None,
    lang: Lang = "",
) -> None:
    """Set two plans side by side."""
    from sandgrid.cli.tables import comparison_table
    from sandgrid.pipeline import compare_folders, write_map

    spoken = _spoken(lang, _language())
    Console().print(comparison_table(compare_folders(first, second), spoken))
    if map_file is not None:
        write_map(first, map_file, beside=second, lang=spoken)


@app.command(name="map", help=_help("cli-map"))
def draw(
    folder: PlanFolder,
    out: Annotated[Path, typer.Option("--out", help=_help("cli-map-out"))],
    *,
    public: Annotated[bool, typer.Option("--public", help=_help("cli-map-public"))] = False,
    basemap: Annotated[list[str] | None, typer.Option(help=_help("cli-map-basemap"))] = None,
    key: Annotated[str, typer.Option(help=_help("cli-map-key"))] = "",
    lang: Lang = "",
) -> None:
    """Write the map of a plan folder to a file of its own."""
    from sandgrid.pipeline import MapChoices, write_map

    choices = MapChoices(public=public, basemaps=tuple(basemap or ()), tianditu_key=key)
    write_map(folder, out, lang=_spoken(lang, _language()), choices=choices)


@app.command(help=_help("cli-status"))
def status(
    place: Annotated[Path, typer.Argument(help=_help("cli-status-place"))],
    works: Annotated[list[Path] | None, typer.Option(help=_help("cli-status-works"))] = None,
    as_of: Annotated[str, typer.Option(help=_help("cli-status-as-of"))] = "",
    chart: Annotated[Path | None, typer.Option(help=_help("cli-status-chart"))] = None,
    *,
    as_json: AsJson = False,
    lang: Lang = "",
) -> None:
    """Say what is done, accepted, left, and on course or not."""
    from sandgrid.cli.status import read_day, status_lines, status_record, status_tables
    from sandgrid.export.charts import burn_up_svg
    from sandgrid.export.files import write_text
    from sandgrid.pipeline import find_status

    found = find_status(place, works=works or (), as_of=read_day(as_of))
    spoken = _spoken(lang, _language())
    if chart is not None:
        write_text(chart, burn_up_svg(found, lang=spoken))
    if as_json:
        sys.stdout.write(json.dumps(status_record(found), ensure_ascii=False, indent=1) + "\n")
        return
    console = Console()
    for line in status_lines(found, spoken):
        console.print(line, highlight=False, soft_wrap=True, markup=False)
    for table in status_tables(found, spoken):
        console.print(table)


@app.command(help=_help("cli-tracks"))
def tracks(
    place: Annotated[Path, typer.Argument(help=_help("cli-status-place"))],
    gpx: Annotated[Path, typer.Argument(help=_help("cli-tracks-file"))],
    measure: Annotated[str, typer.Option(help=_help("cli-tracks-measure"))],
    *,
    lang: Lang = "",
) -> None:
    """Turn field tracks into a table of works on stdout; what lies on no parcel is told."""
    from sandgrid.pipeline import read_field_tracks

    found = read_field_tracks(place, gpx, measure=measure)
    sys.stdout.write(found.rows.to_csv(index=False))
    for row in found.outside.to_dict("records"):
        text = tell("tracks-outside", {str(k): v for k, v in row.items()},
                    lang=_spoken(lang, _language()))  # fmt: skip
        sys.stderr.write(f"{text}\n")


@app.command(help=_help("cli-people"))
def people(
    folder: PlanFolder,
    out: Annotated[Path, typer.Option(help=_help("cli-people-out"))],
    count: Annotated[int | None, typer.Option(min=0, help=_help("cli-people-count"))] = None,
) -> None:
    """Write statements of villages, work packages, payments and the calendar of a plan."""
    from sandgrid.pipeline import write_people

    write_people(folder, out, count=count)


@app.command(name="demo-data", help=_help("cli-demo-data"))
def demo_data(
    folder: Annotated[Path, typer.Argument(help=_help("cli-demo-folder"))],
    seed: Annotated[int, typer.Option(help=_help("cli-seed"))] = 0,
    resolution_m: Annotated[int, typer.Option(help=_help("cli-resolution"))] = 100,
    district: Annotated[str | None, typer.Option(help=_help("cli-district"))] = None,
    *,
    rhode_island: Annotated[bool, typer.Option(help=_help("cli-rhode-island"))] = False,
) -> None:
    """Write the synthetic city, or the made layers of the Rhode Island scenario."""
    from sandgrid.demo import write_demo_data, write_rhode_island

    if rhode_island:
        write_rhode_island(folder, seed=seed)
        return
    write_demo_data(folder, seed=seed, resolution_m=resolution_m, district_id=district)


def main() -> None:
    """Run the command line and turn every error into one sentence and an exit code.

    Millions of objects live through a run and few of them in cycles: the collector looks for
    those less often than by default, and not once more at the end.  rasterio silences a warning of
    its own in-memory rasters by a switch of the process that two threads undo for each other; a
    file without a place is refused where it is read.
    """
    gc.set_threshold(*RARELY)
    atexit.register(gc.freeze)
    warnings.filterwarnings("ignore", message=NO_PLACE)
    try:
        app()
    except SandGridError as error:
        if "--debug" in sys.argv or os.environ.get("SANDGRID_DEBUG"):
            traceback.print_exc()
        spoken = _spoken(_asked_language(sys.argv), "zh")
        sys.stderr.write(f"{error.text(spoken)}\n")
        sys.exit(error.exit_code)
