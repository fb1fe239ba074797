"""Gathering what a map shows from the tables, figures and layers of a run."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields
from typing import Any, Final

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
from rasterio.features import geometry_mask

from sandgrid.export.maps import palette
from sandgrid.export.maps.content import (
    SHORTFALL_COLUMNS,
    MapContent,
    MapTables,
    MapTexts,
    SequenceStep,
)
from sandgrid.export.maps.underlay import Field, Ground, Reasons, RuleText
from sandgrid.export.maps.words import Source, Words
from sandgrid.land.eligibility import Eligibility
from sandgrid.land.exclusions import OUTSIDE_BIT, UNKNOWN_BIT, USES
from sandgrid.layers.catalogue import Catalogue, LayerSource
from sandgrid.layers.geobox import cell_m
from sandgrid.layers.raster import Raster
from sandgrid.layers.stack import Layers
from sandgrid.layers.terrain import hillshade
from sandgrid.messages import Language
from sandgrid.parcels.shelter import LOSS, Coarse
from sandgrid.units import CENTIMU_PER_MU, KW_PER_MW

LEAST_SPAN: Final = 0.25  # of brightness; steps of a metre in a plain would show below it
LEVEL_GROUND: Final = 0.8
CNY_PER_YI: Final = 100_000_000
CNY_PER_BILLION: Final = 1_000_000_000
LINE_ROLES: Final = ("water", "rivers", "railways", "power_lines", "roads")
Mask = npt.NDArray[np.bool_]


def plan_content(
    tables: Mapping[str, pd.DataFrame],
    texts: MapTexts,
    *,
    ground: Ground | None = None,
    scenario: Mapping[str, Any] | None = None,
    lang: Language = "zh",
) -> MapContent:
    """Return the map of a plan.

    Parameters
    ----------
    tables : mapping
        Tables of the plan by their contracts, as in ``plan.gpkg``.
    texts : MapTexts
        See ``plan_texts``.
    ground : Ground, optional
        See ``find_ground``.
    scenario : mapping, optional
        The resolved scenario; its parameters tell the steps of each sequence.
    lang : {"zh", "en"}
        Language in which the page opens.

    """
    shown = MapTables(**{entry.name: tables[entry.name] for entry in fields(MapTables)})
    years = tuple(int(year) for year in shown.milestones["year"])
    steps = find_steps(scenario or {})
    return MapContent(texts, years, shown, ground=ground or Ground(), lang=lang, steps=steps)


def find_steps(scenario: Mapping[str, Any]) -> dict[str, tuple[SequenceStep, ...]]:
    """Return the measures of each sequence, with the months in which they may be done.

    Parameters
    ----------
    scenario : mapping
        The resolved scenario, as in ``scenario.json``.

    Examples
    --------
    >>> entry = lambda value: {"value": value}
    >>> find_steps({"parameters": {
    ...     "sequence.fence.measures": entry("enclosure"),
    ...     "measure.enclosure.window_months": entry([3, 4]),
    ... }})
    {'fence': (SequenceStep(measure='enclosure', offset_years=0, months=(3, 4)),)}

    """
    values = {key: entry["value"] for key, entry in scenario.get("parameters", {}).items()}
    names = [key.split(".")[1] for key in values if key.startswith("sequence.")]
    return {name: tuple(_steps(name, values)) for name in dict.fromkeys(names)}


def _steps(sequence: str, values: Mapping[str, Any]) -> Iterator[SequenceStep]:
    measures = str(values.get(f"sequence.{sequence}.measures", "")).split()
    offsets = values.get(f"sequence.{sequence}.offsets", [0] * len(measures))
    for measure, offset in zip(measures, offsets, strict=True):
        months = values.get(f"measure.{measure}.window_months") or ()
        yield SequenceStep(measure, int(offset), tuple(int(month) for month in months))


def shortfall_content(
    tables: Mapping[str, pd.DataFrame],
    texts: MapTexts,
    shortfalls: pd.DataFrame,
    *,
    repairs: Iterable[Words] = (),
    ground: Ground | None = None,
    lang: Language = "zh",
) -> MapContent:
    """Return the map of a run whose targets cannot be met.

    Parameters
    ----------
    tables : mapping
        ``districts`` and ``parcels`` by their contracts, in the analysis CRS.
    texts : MapTexts
        See ``shortfall_texts``.
    shortfalls : DataFrame
        Columns ``district_id`` ("" for the whole area), ``year``, ``zh``, ``en``, ``share``.
    repairs : iterable of Words
        What would help, the cheapest first.
    ground : Ground, optional
        See ``find_ground``.
    lang : {"zh", "en"}
        Language in which the page opens.

    """
    shown = MapTables.without_plan(tables["parcels"], tables["districts"])
    rows = shortfalls[list(SHORTFALL_COLUMNS)]
    return MapContent(
        texts,
        (),
        shown,
        ground=ground or Ground(),
        shortfalls=rows,
        repairs=tuple(repairs),
        lang=lang,
    )


def plan_texts(
    title: Words, milestones: pd.DataFrame, *, outlay_cny: float, as_of: str
) -> MapTexts:
    """Return heading and status line of a plan; add sources and names with ``replace``.

    Parameters
    ----------
    title : Words
        Title of the scenario.
    milestones : DataFrame
        By its contract; the last year is told.
    outlay_cny : float
        Present outlay [CNY].
    as_of : str
        Date of the plan, YYYY-MM-DD.

    Examples
    --------
    >>> reached = pd.DataFrame({"capacity_kw": [3_500_000], "treated_centimu": [51_600_000]})
    >>> texts = plan_texts(Words.same("A"), reached, outlay_cny=24e9, as_of="2024-06-30")
    >>> texts.status.en
    '3,500.0 MW · 516,000 mu · present outlay 24.00 bn CNY'

    """
    last = milestones.iloc[-1]
    values = {
        "capacity_mw": f"{last['capacity_kw'] / KW_PER_MW:,.1f}",
        "treated_mu": f"{last['treated_centimu'] / CENTIMU_PER_MU:,.0f}",
        "outlay_yi": f"{outlay_cny / CNY_PER_YI:,.1f}",
        "outlay_bn": f"{outlay_cny / CNY_PER_BILLION:,.2f}",
    }
    return MapTexts(title, Words.of("map-status-plan", values), as_of)


def shortfall_texts(title: Words, *, as_of: str) -> MapTexts:
    """Return heading and status line of a run whose targets cannot be met."""
    heading = Words(
        Words.of("map-title-infeasible", {"name": title.zh}).zh,
        Words.of("map-title-infeasible", {"name": title.en}).en,
    )
    return MapTexts(heading, Words.of("map-status-infeasible"), as_of)


def find_sources(catalogue: Catalogue, roles: Iterable[str]) -> tuple[Source, ...]:
    """Return where layers come from.

    Parameters
    ----------
    catalogue : Catalogue
        The layer catalogue.
    roles : iterable of str
        Layers that were read; one that was made from another has no source of its own.

    """
    return tuple(_source(catalogue[role]) for role in roles if role in catalogue)


def _source(entry: LayerSource) -> Source:
    title = Words(entry.title_zh or entry.role, entry.title_en or entry.role)
    return Source(title, entry.source, entry.licence, entry.date, entry.synthetic)


def find_ground(layers: Layers, eligibility: Eligibility | None = None) -> Ground:
    """Gather hillshade, land cover, reasons, lines and names; what is absent is left out.

    Parameters
    ----------
    layers : Layers
        Rasters ``dem`` and ``land_class``, vectors ``roads``, ``rivers``, ``railways``,
        ``power_lines``, ``water`` and ``settlements`` are used.
    eligibility : Eligibility, optional
        Reasons against each use.

    """
    outside = _outside(layers)
    classes = tuple(palette.COVERS)
    return Ground(
        hillshade=_shade(layers, outside),
        cover=_cover(layers, classes),
        covers=classes,
        reasons=None if eligibility is None else find_reasons(eligibility),
        lines={
            role: _clipped(layers.vectors[role], layers)
            for role in LINE_ROLES
            if role in layers.vectors
        },
        places=layers.vectors.get("settlements"),
    )


def erosion_field(coarse: Coarse) -> Field:
    """Return the loss to the wind as a map draws it; what loses nothing is not drawn.

    Parameters
    ----------
    coarse : Coarse
        The sand on a coarse grid.

    """
    loss = coarse.shares[LOSS]
    return Field(np.where(loss > 0, loss, np.nan).astype(np.float32), coarse.geobox)


def find_reasons(eligibility: Eligibility) -> Reasons:
    """Return the reasons against each use with what each bit means.

    Parameters
    ----------
    eligibility : Eligibility
        Reasons against each use.

    """
    uses = tuple(use for use in eligibility.reasons if use in USES)
    unknown = RuleText(uses, UNKNOWN_BIT, Words.of("map-reason-unknown"), "")
    rules = tuple(
        RuleText(
            rule.uses, rule.bit, Words(rule.zh, rule.en), f"{rule.document} {rule.number}".strip()
        )
        for rule in eligibility.rules
    )
    return Reasons(
        {use: eligibility.reasons[use] for use in uses},
        eligibility.geobox,
        (*rules, unknown),
        outside_bits=1 << OUTSIDE_BIT,
    )


def _outside(layers: Layers) -> Mask:
    mask: Mask = geometry_mask(
        layers.area.geometry, out_shape=layers.geobox.shape, transform=layers.geobox.affine
    )
    return mask


def _clipped(frame: gpd.GeoDataFrame, layers: Layers) -> gpd.GeoDataFrame:
    """Keep what lies in the bounds of the area; its whole extent would pull the map apart."""
    west, south, east, north = layers.area.total_bounds.tolist()
    return frame.cx[west:east, south:north]


def _shade(layers: Layers, outside: Mask) -> Field | None:
    """Return the hillshade inside the area."""
    if "dem" not in layers.rasters:
        return None
    heights = layers.rasters["dem"].values  # noqa: PD011  # an array, not a frame
    light = hillshade(heights, cell_m(layers.geobox))
    light = np.where(outside, np.nan, light)
    return Field(_stretched(light), layers.geobox)


def _stretched(light: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Stretch between the darkest and brightest hundredth; a plain stays nearly even."""
    low, high = np.nanpercentile(light, [1, 99]) if np.isfinite(light).any() else (0.0, 1.0)
    span = max(float(high - low), LEAST_SPAN)
    darkest = float(low) - LEVEL_GROUND * (span - float(high - low))
    return ((light - darkest) / span).clip(0, 1).astype(np.float32)


def _cover(layers: Layers, classes: tuple[str, ...]) -> Field | None:
    if "land_class" not in layers.rasters:
        return None
    raster: Raster = layers.rasters["land_class"]
    number = np.full(layers.geobox.shape, np.nan, dtype=np.float32)
    for place, name in enumerate(classes):
        number[np.isin(raster.values, raster.codes.get(name, ()))] = place
    return Field(number, layers.geobox)
