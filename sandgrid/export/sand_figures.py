"""Pictures of the sand: roses of wind and drift, the dune class, soil loss before and after."""

import io
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Final, cast

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
from matplotlib import font_manager, rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch
from matplotlib.projections.polar import PolarAxes

from sandgrid.errors import OutputError
from sandgrid.export.typesetting import font_files
from sandgrid.messages import Language, tell
from sandgrid.sand.drift import Drift
from sandgrid.sand.wind import DAYS, SECTORS, WindTable

Floats = npt.NDArray[np.float64]
CLASSES: Final = ("mobile", "semi_fixed", "fixed")
COLOURS: Final[Mapping[str, str]] = {
    "mobile": "#d55e00",
    "semi_fixed": "#e69f00",
    "fixed": "#009e73",
    "before": "#bdbdbd",
    "after": "#0072b2",
    "arrow": "#333333",
}
SPEEDS_MS: Final = (3.0, 5.0, 8.0, 11.0)
BLUES: Final = ("#deebf7", "#9ecae1", "#4292c6", "#2171b5", "#08306b")
M2_PER_KM2: Final = 1e6
BAR_RAD: Final = 0.36
DPI: Final = 84
SIZE_IN: Final = (5.2, 5.4)
WIDE_IN: Final = (7.6, 4.4)


def wind_rose(
    wind: WindTable, months: tuple[int, ...] = tuple(range(1, 13)), *, lang: Language = "zh"
) -> Figure:
    """Draw how often the wind blows from each sector, by speed.

    Parameters
    ----------
    wind : WindTable
        Frequencies of the 10 m wind.
    months : tuple of int
        Which months, weighted by their days.
    lang : {"zh", "en"}
        Language of the labels.

    Returns
    -------
    Figure
        North up, clockwise, calm air below the first speed left out.

    """
    chosen = np.asarray(months) - 1
    days = np.asarray(DAYS)[chosen]
    share = np.tensordot(days / days.sum(), wind.frequency[chosen], axes=1) * 100.0
    with _pictures():
        figure, axes = _polar(tell("figure-wind-rose", {}, lang=lang))
        low, base = wind.edges_ms[:-1], np.zeros(SECTORS)
        limits = (*SPEEDS_MS, np.inf)
        for colour, start, end in zip(BLUES[1:], limits[:-1], limits[1:], strict=True):
            part = share[:, (low >= start) & (low < end)].sum(axis=1)
            label = f"{start:g}–{end:g} m/s" if np.isfinite(end) else f"≥ {start:g} m/s"
            axes.bar(_angles(), part, bottom=base, width=BAR_RAD, color=colour, label=label)
            base = base + part
        axes.legend(loc="lower left", bbox_to_anchor=(-0.16, -0.14), fontsize=8, frameon=False)
        figure.text(0.98, 0.02, tell("figure-share", {}, lang=lang), ha="right", fontsize=8)
    return figure


def drift_rose(drift: Drift, *, lang: Language = "zh") -> Figure:
    """Draw the drift potential by the sector it comes from, and where the sand goes.

    Parameters
    ----------
    drift : Drift
        Drift potential of a period.
    lang : {"zh", "en"}
        Language of the labels.

    """
    values = {
        "dp": round(drift.total),
        "rdp": round(drift.resultant),
        "rdd": round(drift.toward_deg),
        "ratio": round(drift.ratio, 2),
    }
    with _pictures():
        figure, axes = _polar(tell("figure-drift-rose", {}, lang=lang))
        axes.bar(_angles(), drift.by_sector, width=BAR_RAD, color=COLOURS["semi_fixed"])
        most = float(drift.by_sector.max()) or 1.0
        axes.annotate(
            "",
            xy=(np.deg2rad(drift.toward_deg), most * drift.ratio),
            xytext=(0.0, 0.0),
            arrowprops={"arrowstyle": "-|>", "lw": 2.4, "color": COLOURS["arrow"]},
        )
        sums = tell("figure-drift-sums", values, lang=lang)
        figure.text(0.5, 0.015, sums, ha="center", fontsize=8)
    return figure


def dune_map(parcels: gpd.GeoDataFrame, area: gpd.GeoDataFrame, *, lang: Language = "zh") -> Figure:
    """Draw the dune class of parcels over the outline of the area.

    Parameters
    ----------
    parcels : GeoDataFrame
        ``dune_class`` and polygons.
    area : GeoDataFrame
        Districts, in the same CRS.
    lang : {"zh", "en"}
        Language of the labels.

    """
    with _pictures():
        figure = Figure(figsize=SIZE_IN, dpi=DPI, layout="constrained")
        axes = figure.subplots()
        area.boundary.plot(ax=axes, color="#777777", linewidth=0.6)
        legend = []
        for name in CLASSES:
            part = parcels[parcels["dune_class"] == name]
            if len(part):
                part.plot(ax=axes, color=COLOURS[name], linewidth=0)
            area_km2 = round(part.geometry.area.sum() / M2_PER_KM2)
            label = tell(f"figure-{name}", {"area": area_km2}, lang=lang)
            legend.append(Patch(color=COLOURS[name], label=label))
        axes.legend(handles=legend, loc="lower right", fontsize=8, frameon=False)
        axes.set_title(tell("figure-dune-class", {}, lang=lang), fontsize=11)
        axes.set_axis_off()
        _scale_bar(axes)
    return figure


def loss_by_district(districts: pd.DataFrame, *, lang: Language = "zh") -> Figure:
    """Draw soil loss by district before and after the plan.

    Parameters
    ----------
    districts : DataFrame
        district, loss_t_per_ha, after_t_per_ha [t/ha/a], kept_t [t/a], as in ``sand.json``.
    lang : {"zh", "en"}
        Language of the labels.

    """
    table = districts.sort_values("loss_t_per_ha", kind="stable")
    place = np.arange(len(table))
    with _pictures():
        figure = Figure(figsize=WIDE_IN, dpi=DPI, layout="constrained")
        axes = figure.subplots()
        for offset, column, name in (
            (0.2, "loss_t_per_ha", "before"),
            (-0.2, "after_t_per_ha", "after"),
        ):
            label = tell(f"figure-{name}", {}, lang=lang)
            axes.barh(place + offset, table[column], height=0.38, color=COLOURS[name], label=label)
        _tell_kept(axes, table, lang)
        axes.set_yticks(place, table["district"])
        axes.set_xlim(0.0, float(table["loss_t_per_ha"].max()) * 1.25)
        axes.set_xlabel(tell("figure-loss-unit", {}, lang=lang))
        axes.set_title(tell("figure-loss", {}, lang=lang), fontsize=11)
        axes.legend(loc="lower right", fontsize=8, frameon=False)
        axes.spines[["top", "right"]].set_visible(False)
    return figure


def _tell_kept(axes: Axes, table: pd.DataFrame, lang: Language) -> None:
    """Write beside each bar how much less is lost."""
    for row, (loss, kept) in enumerate(zip(table["loss_t_per_ha"], table["kept_t"], strict=True)):
        text = tell("figure-kept", {"kept": round(kept / 1_000.0, 1)}, lang=lang)
        axes.annotate(
            text, (loss, row), (4, 0), textcoords="offset points", va="center", fontsize=8
        )


def figure_png(figure: Figure) -> bytes:
    r"""Return a picture as PNG, the same bytes on every run.

    Raises
    ------
    OutputError
        If the font lacks a character; it is named.

    Examples
    --------
    >>> picture = drift_rose(Drift(np.ones(16), 16.0, 0.0, 0.0))
    >>> figure_png(picture)[:4]
    b'\x89PNG'

    """
    with _pictures(), io.BytesIO() as file:
        options = {"optimize": True}
        figure.savefig(file, format="png", metadata={"Software": None}, pil_kwargs=options)
        return file.getvalue()


@contextmanager
def _pictures() -> Iterator[None]:
    """Set the font, and refuse a character that it lacks."""
    path = str(font_files()[0])
    font_manager.fontManager.addfont(path)
    family = font_manager.FontProperties(fname=path).get_name()
    with (
        rc_context({"font.family": family, "axes.unicode_minus": False}),
        warnings.catch_warnings(),
    ):
        warnings.filterwarnings("error", message="Glyph .* missing")
        try:
            yield
        except UserWarning as error:
            raise OutputError("figure-glyph", {"why": str(error)}) from error


def _polar(title: str) -> tuple[Figure, PolarAxes]:
    figure = Figure(figsize=SIZE_IN, dpi=DPI)
    axes = cast("PolarAxes", figure.add_axes((0.12, 0.12, 0.76, 0.74), projection="polar"))
    axes.set_theta_zero_location("N")
    axes.set_theta_direction(-1)
    axes.set_thetagrids(np.arange(0, 360, 45), ["N", "NE", "E", "SE", "S", "SW", "W", "NW"])
    axes.tick_params(axis="y", labelsize=7)
    axes.set_axisbelow(True)
    figure.suptitle(title, fontsize=11)
    return figure, axes


def _angles() -> Floats:
    return np.asarray(np.arange(SECTORS) * (2.0 * np.pi / SECTORS), dtype=np.float64)


def _scale_bar(axes: Axes) -> None:
    """Draw a bar of a round length in the lower left."""
    west, east = axes.get_xlim()
    south, north = axes.get_ylim()
    length = 10.0 ** np.floor(np.log10((east - west) / 3.0))
    x, y = west + 0.04 * (east - west), south + 0.04 * (north - south)
    axes.plot([x, x + length], [y, y], color="black", linewidth=2)
    axes.text(x, y + 0.012 * (north - south), f"{length / 1000:g} km", fontsize=8)
