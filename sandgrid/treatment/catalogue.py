"""Measures and sequences of measures, as the parameter files state them."""

from dataclasses import dataclass
from typing import Literal, cast

from sandgrid.errors import InputError
from sandgrid.params import Parameters
from sandgrid.units import KW_PER_MW, MU_PER_HA

Role = Literal["barrier", "planting", "fence"]
COUNTING_ORDER: tuple[Role, ...] = ("barrier", "planting", "fence")
KG_PER_T = KW_PER_MW


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
    cost_cny_per_ha, person_days_per_ha, straw_t_per_ha : float
        What a hectare takes [CNY/ha], [d/ha], [t/ha].
    months : tuple of int
        Months in which it can be done.
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
    cost_cny_per_ha: float
    person_days_per_ha: float
    straw_t_per_ha: float
    months: tuple[int, ...]
    cover: float
    adds: bool
    slope_max_deg: float
    rain_min_mm: float
    access_max_km: float
    area_min_mu: float


@dataclass(frozen=True)
class Sequence:
    """An ordered list of measures that suits some dune classes.

    Parameters
    ----------
    sequence_id : str
        Key of the sequence.
    steps : tuple of Step
        In order.
    dune_classes, places : tuple of str
        Where it may be done: mobile, semi_fixed, fixed; off_site, on_site.
    cover_min : float
        Least cover today (seed source) [1].

    """

    sequence_id: str
    steps: tuple[Step, ...]
    dune_classes: tuple[str, ...]
    places: tuple[str, ...]
    cover_min: float

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


def _sequence(parameters: Parameters, name: str) -> Sequence:
    key = f"sequence.{name}"
    measures = parameters.text(f"{key}.measures").split()
    offsets = [int(value) for value in parameters.numbers(f"{key}.offsets")]
    unknown = [m for m in measures if m not in parameters.below("measure")]
    if unknown or len(measures) != len(offsets):
        raise InputError(
            "treatment-bad-sequence", {"sequence": name, "measures": ", ".join(measures)}
        )
    return Sequence(
        sequence_id=name,
        steps=tuple(_step(parameters, m, o) for m, o in zip(measures, offsets, strict=True)),
        dune_classes=tuple(parameters.text(f"{key}.dune_classes").split()),
        places=tuple(parameters.text(f"{key}.places").split()),
        cover_min=_optional(parameters, f"{key}.cover_min", 0.0),
    )


def _step(parameters: Parameters, measure: str, offset: int) -> Step:
    key = f"measure.{measure}"
    adds = f"{key}.cover_gain" in parameters
    low, high = parameters.numbers(f"{key}.cover_gain" if adds else f"{key}.cover_year3")
    infinite = float("inf")
    return Step(
        measure=measure,
        role=cast("Role", parameters.text(f"{key}.role")),
        offset_years=offset,
        cost_cny_per_ha=parameters.number(f"{key}.cost_cny_per_mu") * MU_PER_HA,
        person_days_per_ha=parameters.number(f"{key}.labour_days_per_mu") * MU_PER_HA,
        straw_t_per_ha=parameters.number(f"{key}.straw_kg_per_mu") * MU_PER_HA / KG_PER_T,
        months=tuple(int(month) for month in parameters.numbers(f"{key}.window_months")),
        cover=(low + high) / 2,
        adds=adds,
        slope_max_deg=_optional(parameters, f"{key}.slope_max_deg", infinite),
        rain_min_mm=_optional(parameters, f"{key}.rain_min_mm", 0.0),
        access_max_km=_optional(parameters, f"{key}.access_max_km", infinite),
        area_min_mu=_optional(parameters, f"{key}.area_min_mu", 0.0),
    )


def _optional(parameters: Parameters, key: str, default: float) -> float:
    return parameters.number(key) if key in parameters else default
