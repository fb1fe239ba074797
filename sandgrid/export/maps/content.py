"""What a map shows: plain records of tables, ground and texts."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Final

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
from odc.geo.geobox import GeoBox

from sandgrid.messages import Language, tell
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
class Words:
    """One text in both languages.

    Parameters
    ----------
    zh, en : str
        The text.

    Examples
    --------
    >>> Words.of("unit-mu")
    Words(zh='亩', en='mu')

    """

    zh: str
    en: str

    @classmethod
    def of(cls, key: str, values: Mapping[str, object] | None = None) -> "Words":
        """Return a text of the message catalogue in both languages."""
        return cls(tell(key, values, lang="zh"), tell(key, values, lang="en"))

    @classmethod
    def same(cls, text: str) -> "Words":
        """Return a name that reads the same in both languages."""
        return cls(text, text)


@dataclass(frozen=True)
class Source:
    """Where something on the map comes from.

    Parameters
    ----------
    title : Words
        What it is.
    source, licence, date : str
        Who made it, on what terms, when.
    synthetic : bool
        Whether it was made up.

    """

    title: Words
    source: str
    licence: str
    date: str
    synthetic: bool


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
class Field:
    """A raster that lies under the plan.

    Parameters
    ----------
    cells : ndarray of shape geobox.shape
        Quantity or category; NaN is not drawn.
    geobox : GeoBox
        Where it lies.

    """

    cells: npt.NDArray[np.float32]
    geobox: GeoBox


@dataclass(frozen=True)
class RuleText:
    """A rule that removes land, as a reader sees it.

    Parameters
    ----------
    uses : tuple of str
        Uses that it removes land from.
    bit : int
        Its bit in the reasons of these uses.
    title : Words
        What it keeps free.
    document : str
        The document that asks for it.

    """

    uses: tuple[str, ...]
    bit: int
    title: Words
    document: str


@dataclass(frozen=True, eq=False)
class Reasons:
    """Why land may not be used, cell by cell.

    Parameters
    ----------
    bits : mapping
        Use (pv, wind, treatment) -> uint32, shape of the geobox; 0 is eligible.
    geobox : GeoBox
        Where it lies.
    rules : tuple of RuleText
        What each bit means.
    outside_bits : int
        Bits of cells that are not shown at all.

    """

    bits: Mapping[str, npt.NDArray[np.uint32]]
    geobox: GeoBox
    rules: tuple[RuleText, ...] = ()
    outside_bits: int = 0


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
class Basemap:
    """An online map that a reader may lay under the plan.

    Parameters
    ----------
    name : str
        Fixed name.
    title : Words
        Text of the choice.
    addresses : tuple of str
        Tile addresses, the lowest first; ``KEY`` stands for the user's key.
    subdomains : str
        Letters for ``{s}``.
    hosts : tuple of str
        Hosts that the page may then ask for pictures.
    attribution : str
        Who made it.
    shifted : bool
        Whether it is drawn in GCJ-02.
    max_zoom : int
        Finest level it is drawn at.

    """

    name: str
    title: Words
    addresses: tuple[str, ...]
    subdomains: str
    hosts: tuple[str, ...]
    attribution: str
    shifted: bool
    max_zoom: int = 18

    def with_key(self, key: str) -> "Basemap":
        """Return the basemap with the user's key in its addresses."""
        return replace(self, addresses=tuple(a.replace("KEY", key) for a in self.addresses))


@dataclass(frozen=True)
class Ground:
    """What the plan lies on; anything absent is not drawn.

    Parameters
    ----------
    hillshade : Field, optional
        0 dark to 1 bright; NaN outside the area [1].
    cover : Field, optional
        Number of the land cover class.
    covers : tuple of str
        Class of each number from 0 (see ``palette.COVERS``); what it lacks is drawn neutral.
    reasons : Reasons, optional
        Where each rule speaks against each use.
    lines : mapping
        Role (roads, railways, rivers, power_lines, water) -> lines or polygons.
    places : GeoDataFrame, optional
        Points with ``name`` and ``kind`` (city, town, village).

    """

    hillshade: Field | None = None
    cover: Field | None = None
    covers: tuple[str, ...] = ()
    reasons: Reasons | None = None
    lines: Mapping[str, gpd.GeoDataFrame] = field(default_factory=lambda: MappingProxyType({}))
    places: gpd.GeoDataFrame | None = None


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
    lang: Language = "zh"
    settings: MapSettings = field(default_factory=MapSettings.read)
    steps: Mapping[str, tuple[SequenceStep, ...]] = field(
        default_factory=lambda: MappingProxyType({})
    )
    basemaps: tuple[Basemap, ...] = ()
    public: bool = False
    approval: str = ""
