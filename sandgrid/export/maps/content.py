"""What a map shows: plain records of tables, ground and texts."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

import geopandas as gpd
import pandas as pd

from sandgrid.export.maps.underlay import Basemap, Ground
from sandgrid.export.maps.words import Source, Words
from sandgrid.messages import Language
from sandgrid.params import Parameters, default_parameters
from sandgrid.tables import empty_table

DRAWN: Final = (
    "treatments",
    "sites",
    "pv_blocks",
    "turbines",
    "hubs",
    "trunks",
    "substations",
    "works",
)
PLAIN: Final = ("builds", "parcel_use", "stations", "substation_use", "milestones")
SHORTFALL_COLUMNS: Final = ("district_id", "year", "zh", "en", "share")


@dataclass(frozen=True)
class MapTexts:
    """Texts of the page.

    Parameters
    ----------
    title, status : Words
        Heading, and one line on what the plan reaches.
    as_of : str
        Date of the plan, YYYY-MM-DD.
    sources : tuple of Source
        Layers behind the plan, in order.
    names : mapping
        Code (sequence, district, substation ...) -> name.

    """

    title: Words
    status: Words
    as_of: str
    sources: tuple[Source, ...] = ()
    names: Mapping[str, Words] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True)
class MapTables:
    """Tables of a plan by their contracts, drawn ones with geometry in the analysis CRS.

    Parameters
    ----------
    parcels, treatments, sites, pv_blocks, turbines, hubs, trunks, substations, districts, works : \
GeoDataFrame
        As in ``plan.gpkg``; ``sites`` and ``hubs`` may hold unused ones, which are not drawn.
    builds, parcel_use, stations, substation_use, milestones : DataFrame
        As in ``plan.gpkg``.

    """

    parcels: gpd.GeoDataFrame
    treatments: gpd.GeoDataFrame
    sites: gpd.GeoDataFrame
    pv_blocks: gpd.GeoDataFrame
    turbines: gpd.GeoDataFrame
    hubs: gpd.GeoDataFrame
    trunks: gpd.GeoDataFrame
    substations: gpd.GeoDataFrame
    districts: gpd.GeoDataFrame
    works: gpd.GeoDataFrame
    builds: pd.DataFrame
    parcel_use: pd.DataFrame
    stations: pd.DataFrame
    substation_use: pd.DataFrame
    milestones: pd.DataFrame

    @classmethod
    def without_plan(cls, parcels: gpd.GeoDataFrame, districts: gpd.GeoDataFrame) -> "MapTables":
        """Return the tables of a run that has no plan: parcels and districts, nothing chosen."""
        drawn = {
            name: gpd.GeoDataFrame(empty_table(name), geometry=[], crs=districts.crs)
            for name in DRAWN
        }
        plain = {name: empty_table(name) for name in PLAIN}
        return cls(**{**drawn, **plain, "parcels": parcels, "districts": districts})


@dataclass(frozen=True)
class SequenceStep:
    """One measure of a sequence.

    Parameters
    ----------
    measure : str
        Code of the measure.
    offset_years : int
        Years after the start.
    months : tuple of int
        Months in which it may be done; empty where nothing says so.

    """

    measure: str
    offset_years: int
    months: tuple[int, ...]


@dataclass(frozen=True)
class MapSettings:
    """How finely the map is drawn.

    Parameters
    ----------
    ground_width_px : int
        Most columns of the picture below the plan [px].
    ground_cell_m, eligibility_cell_m : float
        Least side of a pixel of the ground, and of the cells that tell eligibility [m].
    planned_tolerance_m, other_tolerance_m, ground_tolerance_m : float
        How far a drawn edge may lie from the true one: land of the plan, other parcels, lines of
        the ground [m].
    rounding_m : float
        Least step of positions; 0 unless the map is for the public [m].

    """

    ground_width_px: int
    ground_cell_m: float
    eligibility_cell_m: float
    planned_tolerance_m: float
    other_tolerance_m: float
    ground_tolerance_m: float
    rounding_m: float = 0.0

    @classmethod
    def read(cls, parameters: Parameters | None = None) -> "MapSettings":
        """Return the settings of the parameter files, or of the given parameters."""
        found = default_parameters() if parameters is None else parameters
        return cls(
            ground_width_px=int(found.number("map.ground_width_px")),
            ground_cell_m=found.number("map.ground_cell_m"),
            eligibility_cell_m=found.number("map.eligibility_cell_m"),
            planned_tolerance_m=found.number("map.planned_tolerance_m"),
            other_tolerance_m=found.number("map.other_tolerance_m"),
            ground_tolerance_m=found.number("map.ground_tolerance_m"),
        )


@dataclass(frozen=True)
class MapContent:
    """Everything one map shows.

    Parameters
    ----------
    texts : MapTexts
        Title, status, sources, names.
    years : tuple of int
        Years of the slider, in order.
    tables : MapTables
        The plan; of an infeasible run only parcels and districts hold rows.
    ground : Ground
        What lies under the plan.
    shortfalls : DataFrame
        What is short: ``district_id`` ("" for the whole area), ``year`` (0 for all), ``zh`` and
        ``en`` (one sentence each) and ``share`` (missing part, 0 to 1); empty for a plan.
    repairs : tuple of Words
        What would help where something is short, the cheapest first.
    lang : {"zh", "en"}
        Language in which the page opens.
    settings : MapSettings
        How finely it is drawn.
    steps : mapping
        Sequence -> its measures in order.
    basemaps : tuple of Basemap
        Online maps that a reader may switch on.
    public : bool
        Whether the page says that it is for the public (see ``publishing.publish``).
    approval : str
        Number of the map review (审图号), shown as it is.

    """

    texts: MapTexts
    years: tuple[int, ...]
    tables: MapTables
    ground: Ground = field(default_factory=Ground)
    shortfalls: pd.DataFrame = field(
        default_factory=lambda: pd.DataFrame(columns=list(SHORTFALL_COLUMNS))
    )
    repairs: tuple[Words, ...] = ()
    lang: Language = "zh"
    settings: MapSettings = field(default_factory=MapSettings.read)
    steps: Mapping[str, tuple[SequenceStep, ...]] = field(
        default_factory=lambda: MappingProxyType({})
    )
    basemaps: tuple[Basemap, ...] = ()
    public: bool = False
    approval: str = ""
