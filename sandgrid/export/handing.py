"""What ``sandgrid export`` can add to a plan folder, one writer per kind."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Final

from sandgrid.errors import OutputError
from sandgrid.export.cad import write_drawings
from sandgrid.export.coloured import coloured_rasters
from sandgrid.export.content import PlanContent
from sandgrid.export.corners import write_corners
from sandgrid.export.earth import corners_gpx, plan_kmz, turbines_gpx
from sandgrid.export.files import Staging
from sandgrid.export.labelled import write_labelled
from sandgrid.export.ledger import ledger_xlsx
from sandgrid.export.moving import Mended, write_mended
from sandgrid.export.report import report_pdf
from sandgrid.export.shapefiles import Encoding, ShapeProfile, write_shapefiles
from sandgrid.export.sheets import chosen_parcels, parcel_sheets
from sandgrid.export.zones import check_export_crs

Told = Callable[[str, int, int], None]


@dataclass(frozen=True)
class Wishes:
    """How files are wanted.

    Parameters
    ----------
    crs : str
        Export system, as for ``zones.export_epsg``; "" for that of the scenario.
    encoding : {"UTF-8", "GB18030"}
        Of shapefiles.
    sheets : int or tuple of str, optional
        Parcels that get a paper: how many of the largest, or which; None as the scenario says.
    told : callable
        Told kind, papers done and papers in all.

    """

    crs: str = ""
    encoding: Encoding = "UTF-8"
    sheets: int | tuple[str, ...] | None = None
    told: Told = lambda _kind, _done, _total: None


Writer = Callable[[Staging, PlanContent, Wishes], None]


def hand_over(staging: Staging, content: PlanContent, kinds: Sequence[str], wishes: Wishes) -> None:
    """Write the files of some kinds.

    Parameters
    ----------
    staging : Staging
        Where to write; rasters are made from those that lie there.
    content : PlanContent
        The plan.
    kinds : sequence of str
        Of ``KINDS``.
    wishes : Wishes
        How they are wanted.

    Raises
    ------
    OutputError
        If a kind is not known, or a file cannot be written.

    """
    check_kinds(kinds)
    export = content.scenario["export"]
    crs = wishes.crs or export["crs"]
    check_export_crs(crs)
    sheets = export["sheets"] if wishes.sheets is None else wishes.sheets
    for kind in kinds:
        wishes.told(kind, 0, 0)
        KINDS[kind](staging, content, replace(wishes, crs=crs, sheets=sheets))


def check_kinds(kinds: Sequence[str]) -> None:
    """Refuse a kind that is not known.

    Examples
    --------
    >>> check_kinds(["dxf", "dwg"])
    Traceback (most recent call last):
    sandgrid.errors.OutputError: 'dwg' is not a kind of file; choose from gpkg, shp, dxf, kmz, \
gpx, corners, tif, xlsx, sheets, report

    """
    unknown = [kind for kind in kinds if kind not in KINDS]
    if unknown:
        raise OutputError("export-unknown-kind", {"kind": unknown[0], "kinds": ", ".join(KINDS)})


def _layers(staging: Staging, content: PlanContent, _: Wishes) -> None:
    mended: list[Mended] = []
    write_labelled(staging.path(f"layers-{content.lang}.gpkg"), content, told=mended.append)
    write_mended(staging, f"layers-{content.lang}.mended.csv", mended, content.lang)


def _shapefiles(staging: Staging, content: PlanContent, wishes: Wishes) -> None:
    profile = ShapeProfile(wishes.crs, wishes.encoding, content.lang)
    write_shapefiles(staging, content.tables, as_of=content.as_of, profile=profile)


def _drawings(staging: Staging, content: PlanContent, wishes: Wishes) -> None:
    write_drawings(staging, content, crs=wishes.crs)


def _kmz(staging: Staging, content: PlanContent, _: Wishes) -> None:
    staging.write("plan.kmz", plan_kmz(content))


def _gpx(staging: Staging, content: PlanContent, wishes: Wishes) -> None:
    staging.write("gpx/turbines.gpx", turbines_gpx(content))
    staging.write("gpx/corners.gpx", corners_gpx(content, crs=wishes.crs))


def _corners(staging: Staging, content: PlanContent, wishes: Wishes) -> None:
    write_corners(staging, content, crs=wishes.crs)


def _rasters(staging: Staging, content: PlanContent, _: Wishes) -> None:
    for name, data in coloured_rasters(staging.folder, content.lang):
        staging.write(name, data)


def _ledger(staging: Staging, content: PlanContent, _: Wishes) -> None:
    staging.write("ledger.xlsx", ledger_xlsx(content))


def _sheets(staging: Staging, content: PlanContent, wishes: Wishes) -> None:
    sheets = wishes.sheets or ()
    total = len(chosen_parcels(content.tables["parcel_use"], sheets))
    for done, (name, paper) in enumerate(parcel_sheets(content, sheets), start=1):
        staging.write(name, paper)
        wishes.told("sheets", done, total)


def _report(staging: Staging, content: PlanContent, _: Wishes) -> None:
    staging.write("report.pdf", report_pdf(content))


KINDS: Final[Mapping[str, Writer]] = MappingProxyType(
    {
        "gpkg": _layers,
        "shp": _shapefiles,
        "dxf": _drawings,
        "kmz": _kmz,
        "gpx": _gpx,
        "corners": _corners,
        "tif": _rasters,
        "xlsx": _ledger,
        "sheets": _sheets,
        "report": _report,
    }
)
