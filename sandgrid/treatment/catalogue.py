"""Measures and sequences of measures, as the parameter files state them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final, Literal, cast

from sandgrid.errors import InputError
from sandgrid.params import Parameters
from sandgrid.sand.cover import DETAILS
from sandgrid.units import KW_PER_MW, MU_PER_HA

Role = Literal["barrier", "planting", "fence"]
Growth = Literal["tree", "shrub", "herb", "none"]
COUNTING_ORDER: tuple[Role, ...] = ("barrier", "planting", "fence")
SEASONS: Final = ("spring", "summer", "autumn")
OFFSETS: Final = (0, 1, 2)
KG_PER_T = KW_PER_MW
NEEDS: Final[Mapping[str, tuple[str, float]]] = {
    "cost_cny": ("cost_cny_per_mu", MU_PER_HA),
    "person_days": ("labour_days_per_mu", MU_PER_HA),
    "straw_t": ("straw_kg_per_mu", MU_PER_HA / KG_PER_T),
    "water_m3": ("water_m3_per_mu", MU_PER_HA),
    "seedlings": ("seedlings_per_ha", 1.0),
    "machine_days": ("machine_days_per_mu", MU_PER_HA),
}


@dataclass(frozen=True)
class Step:
    """One measure of a sequence, so many years after its start.

    Parameters
    ----------
    measure : str
        Key of the measure.
    role : {"barrier", "planting", "fence"}
        What it is for.
    offset_years : int
        Years after the start [a].
    needs : mapping
        What a hectare takes: cost_cny, person_days, straw_t, water_m3, seedlings, machine_days.
    months : tuple of int
        Months in which it can be done.
    growth : {"tree", "shrub", "herb", "none"}
        What grows; trees and shrubs are capped by rain.
    survival : float
        Share alive after a year [1].
    flux_cut : tuple of float
        Cut of the sand flux in years 1 and 3 [1].
    life_years, subsidy_cny_per_ha : float
        How long it lasts [a]; what the central fund pays [CNY/ha].
    cover : float
        Cover in year 3, or gain over today's cover where ``adds`` is true [1].
    adds : bool
        Whether ``cover`` is a gain.
    slope_max_deg, rain_min_mm, access_max_km, area_min_mu : float
        Where it fits; infinite or zero where the catalogue sets no limit.

    """

    measure: str
    role: Role
    offset_years: int
    needs: Mapping[str, float]
    months: tuple[int, ...]
    growth: Growth
    survival: float
    flux_cut: tuple[float, float]
    life_years: float
    subsidy_cny_per_ha: float
    cover: float
    adds: bool
    slope_max_deg: float
    rain_min_mm: float
    access_max_km: float
    area_min_mu: float

    @property
    def cost_cny_per_ha(self) -> float:
        """Cost of a hectare [CNY/ha]."""
        return self.needs["cost_cny"]


@dataclass(frozen=True)
class Sequence:
    """An ordered list of measures that suits some dune classes.

    Parameters
    ----------
    sequence_id : str
        Key of the sequence.
    steps : tuple of Step
        In order.
    repairs : tuple of Step
        What is planted again a year after a step that survives below the target; it costs and
        takes work, and does not count again.
    dune_classes, places : tuple of str
        Where it may be done: mobile, semi_fixed, fixed; off_site, on_site.
    dune_details : tuple of str
        Classes in detail where it may be done: mobile, semi_mobile, semi_fixed, fixed.
    cover_min : float
        Least cover today (seed source) [1].
    industry : str
        Industry that it serves.
    treated_share : float
        Share of the land in belts where it is done in strips, else 1 [1].
    irrigated : bool
        Whether it needs a licence to take water.

    """

    sequence_id: str
    steps: tuple[Step, ...]
    repairs: tuple[Step, ...]
    dune_classes: tuple[str, ...]
    places: tuple[str, ...]
    dune_details: tuple[str, ...]
    cover_min: float
    industry: str
    treated_share: float
    irrigated: bool

    @property
    def counting_offset_years(self) -> int:
        """Years from the start to the step that makes land count: barrier, planting or fence."""
        for role in COUNTING_ORDER:
            offsets = [step.offset_years for step in self.steps if step.role == role]
            if offsets:
                return max(offsets)
        raise InputError("treatment-no-step", {"sequence": self.sequence_id})

    @property
    def enclosure_only(self) -> bool:
        """Whether nothing but a fence is put up."""
        return all(step.role == "fence" for step in self.steps)

    @property
    def survival(self) -> float:
        """Least share that is alive after a year, over all steps [1]."""
        return min(step.survival for step in self.steps)

    @property
    def life_years(self) -> float:
        """Life of the step that lasts longest [a]."""
        return max(step.life_years for step in self.steps)

    def work_of(self, offset: int) -> tuple[Step, ...]:
        """Return the steps and repairs of a year after the start."""
        return tuple(s for s in (*self.steps, *self.repairs) if s.offset_years == offset)

    def need(self, name: str, offset: int) -> float:
        """Return what a hectare takes in a year after the start, repairs included.

        Examples
        --------
        >>> from sandgrid.params import default_parameters
        >>> by_id = {s.sequence_id: s for s in read_sequences(default_parameters())}
        >>> [round(by_id["shrub"].need("cost_cny", offset)) for offset in OFFSETS]
        [7500, 375, 0]

        """
        return sum(step.needs[name] for step in self.work_of(offset))

    def first_year(self, year: int, month: int) -> int:
        """Return the earliest year of a start after the end of a month.

        Examples
        --------
        >>> from sandgrid.params import default_parameters
        >>> by_id = {s.sequence_id: s for s in read_sequences(default_parameters())}
        >>> by_id["straw_shrub"].first_year(2024, 6), by_id["shrub"].first_year(2024, 7)
        (2024, 2025)

        """
        first_steps = [step for step in self.steps if step.offset_years == 0]
        in_time = all(any(later > month for later in step.months) for step in first_steps)
        return year if in_time else year + 1


def read_sequences(parameters: Parameters) -> tuple[Sequence, ...]:
    """Return the sequences of the parameter files, in the order of their ids.

    Raises
    ------
    InputError
        If measures and offsets of a sequence differ in number, or a measure is not known.

    """
    return tuple(_sequence(parameters, name) for name in sorted(parameters.below("sequence")))


def season_months(parameters: Parameters) -> dict[str, frozenset[int]]:
    """Return the months of each season of work, in order: spring, summer, autumn."""
    return {
        season: frozenset(
            int(month) for month in parameters.numbers(f"treatment.season_months.{season}")
        )
        for season in SEASONS
    }


def seasons_of(
    sequence: Sequence, offset: int, months: Mapping[str, frozenset[int]]
) -> tuple[str, ...]:
    """Return the seasons in which the work of a year after the start can be done.

    A season fits where every step of the year has a month in it; where the steps share no
    season, each is done in its own, and the seasons of all of them are returned.

    Examples
    --------
    >>> from sandgrid.params import default_parameters
    >>> parameters = default_parameters()
    >>> by_id = {s.sequence_id: s for s in read_sequences(parameters)}
    >>> months = season_months(parameters)
    >>> [seasons_of(by_id["straw_shrub"], offset, months) for offset in OFFSETS]
    [('spring', 'autumn'), ('spring', 'summer'), ('spring', 'summer')]

    """
    fits = [
        {season for season, inside in months.items() if inside & set(step.months)}
        for step in sequence.work_of(offset)
    ]
    if not fits:
        return ()
    chosen = set.intersection(*fits) or set.union(*fits)
    return tuple(season for season in months if season in chosen)


def _sequence(parameters: Parameters, name: str) -> Sequence:
    key = f"sequence.{name}"
    measures = parameters.text(f"{key}.measures").split()
    offsets = [int(value) for value in parameters.numbers(f"{key}.offsets")]
    unknown = [m for m in measures if m not in parameters.below("measure")]
    if unknown or len(measures) != len(offsets):
        raise InputError(
            "treatment-bad-sequence", {"sequence": name, "measures": ", ".join(measures)}
        )
    share = _optional(parameters, f"{key}.treated_share", 1.0)
    steps = tuple(
        _in_strips(_step(parameters, m, o), share) for m, o in zip(measures, offsets, strict=True)
    )
    detail = f"{key}.dune_details"
    return Sequence(
        sequence_id=name,
        steps=steps,
        repairs=tuple(_repairs(steps, parameters.number("treatment.survival_target"))),
        dune_classes=tuple(parameters.text(f"{key}.dune_classes").split()),
        places=tuple(parameters.text(f"{key}.places").split()),
        dune_details=tuple(parameters.text(detail).split()) if detail in parameters else DETAILS,
        cover_min=_optional(parameters, f"{key}.cover_min", 0.0),
        industry=parameters.text(f"{key}.industry"),
        treated_share=share,
        irrigated=any(_irrigated(parameters, m) for m in measures),
    )


def _irrigated(parameters: Parameters, measure: str) -> bool:
    key = f"measure.{measure}.irrigated"
    return key in parameters and parameters.flag(key)


def _in_strips(step: Step, share: float) -> Step:
    """Return what a step takes where only belts are treated; a fence runs round the whole."""
    if step.role == "fence":
        return step
    return replace(
        step,
        needs={name: need * share for name, need in step.needs.items()},
        subsidy_cny_per_ha=step.subsidy_cny_per_ha * share,
    )


def _repairs(steps: tuple[Step, ...], target: float) -> Iterator[Step]:
    """Yield what is planted again where survival misses the target: the missing share of a step."""
    for step in steps:
        missing = target - step.survival
        if missing > 0:
            needs = {name: need * missing for name, need in step.needs.items()}
            year = min(step.offset_years + 1, OFFSETS[-1])
            yield replace(step, offset_years=year, needs=needs)


def _step(parameters: Parameters, measure: str, offset: int) -> Step:
    key = f"measure.{measure}"
    adds = f"{key}.cover_gain" in parameters
    low, high = parameters.numbers(f"{key}.cover_gain" if adds else f"{key}.cover_year3")
    infinite = float("inf")
    return Step(
        measure=measure,
        role=cast("Role", parameters.text(f"{key}.role")),
        offset_years=offset,
        needs={
            name: parameters.number(f"{key}.{column}") * per_ha
            for name, (column, per_ha) in NEEDS.items()
        },
        months=tuple(int(month) for month in parameters.numbers(f"{key}.window_months")),
        growth=cast("Growth", parameters.text(f"{key}.growth")),
        survival=parameters.number(f"{key}.survival"),
        flux_cut=cast("tuple[float, float]", parameters.numbers(f"{key}.flux_cut")),
        life_years=parameters.number(f"{key}.life_years"),
        subsidy_cny_per_ha=parameters.number(f"{key}.subsidy_cny_per_mu") * MU_PER_HA,
        cover=(low + high) / 2,
        adds=adds,
        slope_max_deg=_optional(parameters, f"{key}.slope_max_deg", infinite),
        rain_min_mm=_optional(parameters, f"{key}.rain_min_mm", 0.0),
        access_max_km=_optional(parameters, f"{key}.access_max_km", infinite),
        area_min_mu=_optional(parameters, f"{key}.area_min_mu", 0.0),
    )


def _optional(parameters: Parameters, key: str, default: float) -> float:
    return parameters.number(key) if key in parameters else default
