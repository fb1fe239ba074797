"""The sections of a scenario: every key, its unit in its name, and what values it may take."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

Year = Annotated[int, Field(ge=1990, le=2100)]
Longitude = Annotated[float, Field(ge=-180, le=180)]
Latitude = Annotated[float, Field(ge=-90, le=90)]
Amount = Annotated[float, Field(ge=0, allow_inf_nan=False)]
ByYear = dict[Year, Amount]
Share = Annotated[float, Field(ge=0, le=1)]
Season = Literal["spring", "summer", "autumn"]
Interpolated = Literal["capacity_mw", "pv_mw", "wind_mw", "treated_mu"]


class Section(BaseModel):
    """Base of every part of a scenario: frozen, and an unknown key is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=False)


class Area(Section):
    """The area that is planned: districts of the district layer, cropped by a box if given."""

    districts: tuple[str, ...] = ()
    bbox_deg: tuple[Longitude, Latitude, Longitude, Latitude] | None = None


class Grid(Section):
    """The raster grid of the analysis."""

    resolution_m: Annotated[float, Field(ge=1, le=5_000)] = 100.0
    centre_deg: tuple[Longitude, Latitude] | None = None
    max_pixels: Annotated[int, Field(ge=1)] = 2_000_000_000


class LayerChoice(Section):
    """The layer catalogue, what is left out of it and what is put in its place."""

    catalogue: str
    leave_out: tuple[str, ...] = ()
    override: dict[str, dict[str, object]] = {}


class Rules(Section):
    """The rule file: a name that SandGrid ships, or a path; and rules that do not hold here."""

    file: str = "tongliao"
    leave_out: tuple[str, ...] = ()


class Years(Section):
    """First and last year of the plan."""

    first: Year
    last: Year


class Targets(Section):
    """What has to stand, or be counted, at the end of a year."""

    capacity_mw: ByYear = {}
    pv_mw: ByYear = {}
    wind_mw: ByYear = {}
    treated_mu: ByYear = {}
    interpolate: tuple[Interpolated, ...] = ()
    allow_surplus_mw: Amount = 0.0


class SeasonLimit(Section):
    """A limit that holds within one season of each year."""

    person_days: ByYear = {}
    straw_t: ByYear = {}
    water_m3: ByYear = {}


class YearlyLimits(Section):
    """Yearly limits, and those of seasons."""

    budget_cny: ByYear = {}
    person_days: ByYear = {}
    straw_t: ByYear = {}
    water_m3: ByYear = {}
    working_capital_cny: ByYear = {}
    season: dict[Season, SeasonLimit] = {}


class DistrictLimit(YearlyLimits):
    """A yearly limit that holds within one district."""

    district: str


class Limits(YearlyLimits):
    """Yearly limits of the programme."""

    district: tuple[DistrictLimit, ...] = ()


class Quota(Section):
    """Least or most of a quantity by a year, of one district or collective or of all."""

    quantity: Literal[
        "capacity_mw",
        "energy_mwh",
        "treated_mu",
        "industry_mu",
        "soil_t",
        "protection",
        "wages_cny",
    ]
    year: Year
    district: str | None = None
    collective: str | None = None
    minimum: Amount | None = None
    maximum: Amount | None = None
    minimum_share: Share | None = None
    maximum_share: Share | None = None


Aim = Literal["net_cost_cny", "soil_t", "wages_cny", "energy_mwh", "protection"]
Worth = Literal["soil_t", "wages_cny", "energy_mwh", "protection"]


class Objective(Section):
    """What the plan is to be best in, and what that may cost."""

    quantity: Aim = "net_cost_cny"
    max_net_cost_cny: Annotated[float, Field(allow_inf_nan=False)] | None = None
    max_extra_share: Amount | None = None
    worth_cny: dict[Worth, Amount] = {}


class Locks(Section):
    """Sites and parcels that must or must not be used."""

    sites_in: tuple[str, ...] = ()
    sites_out: tuple[str, ...] = ()
    parcels_in: tuple[str, ...] = ()
    parcels_out: tuple[str, ...] = ()


class Progress(Section):
    """Where works that come as tables stand (CSV or xlsx), relative to the scenario's folder."""

    works: tuple[str, ...] = ()


class Treatment(Section):
    """Files with measures and sequences of the user's own, relative to the scenario's folder."""

    files: tuple[str, ...] = ()


class People(Section):
    """Names for papers: implementer -> the person who is responsible for its work packages."""

    responsible: dict[str, str] = {}


class Solver(Section):
    """When the search for a better plan stops."""

    gap: Annotated[float, Field(gt=0, lt=1)] = 0.005
    max_rounds: Annotated[int, Field(ge=0, le=1_000)] = 3
    time_limit_s: Annotated[float, Field(gt=0)] | None = None
    seed: int = 0


class Export(Section):
    """What is written."""

    crs: str = "cgcs2000-3deg"
    lang: Literal["zh", "en"] = "zh"
    sheets: int | tuple[str, ...] = 12
    problem_mps: bool = False
    fonts: str = ""
