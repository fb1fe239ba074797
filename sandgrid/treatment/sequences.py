"""Which sequences fit a parcel, what they cost, and when their land counts."""

from datetime import date

import numpy as np
import numpy.typing as npt
import pandas as pd

from sandgrid.params import Parameters
from sandgrid.sand.erosion import soil_retained
from sandgrid.tables import conform_table
from sandgrid.treatment.catalogue import (
    OFFSETS,
    Sequence,
    read_sequences,
    season_months,
    seasons_of,
)
from sandgrid.units import mu_from_ha

Flags = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]


def list_treatments(parcels: pd.DataFrame, parameters: Parameters, *, as_of: date) -> pd.DataFrame:
    """List the sequences that fit each parcel and reach the cover that counts.

    Parameters
    ----------
    parcels : DataFrame
        parcel_id, dune_class, cover [1], slope_deg, rain_mm, access_km, treat_ha, on_site_ha.
    parameters : Parameters
        ``measure.*``, ``sequence.*``, ``treatment.*``, ``sand.*``.
    as_of : date
        Works start after this day.

    Returns
    -------
    DataFrame
        Contract ``treat_options``, by parcel, sequence and place. Costs depend on the sequence
        and on the distance to a road in few steps, so that alike parcels have alike options.

    """
    parts = [
        _fit(parcels, sequence, place, parameters, as_of)
        for sequence in read_sequences(parameters)
        for place in sequence.places
    ]
    options = pd.concat(parts, ignore_index=True)
    ordered = options.sort_values(["parcel_id", "sequence_id", "place"], kind="stable")
    return conform_table(ordered.reset_index(drop=True), "treat_options")


def _fit(
    parcels: pd.DataFrame, sequence: Sequence, place: str, parameters: Parameters, as_of: date
) -> pd.DataFrame:
    """Return the rows of one sequence at one place."""
    reaches = _reaches_cover(parcels, sequence, parameters)
    fits = parcels[_admissible(parcels, sequence, place) & reaches]
    factor = _access_factor(fits["access_km"].to_numpy(dtype=np.float64), parameters)
    soil = _soil(fits["dune_class"], sequence, parameters)
    rows = pd.DataFrame(
        {
            "parcel_id": fits["parcel_id"],
            "soil_t_per_ha": soil,
            "soil_t_per_ha_1": soil * _early_cut(sequence, 1),
            "soil_t_per_ha_2": soil * _early_cut(sequence, 2),
            "protection_per_ha": 0.0,
        }
    )
    return rows.assign(
        place=place,
        first_year=sequence.first_year(as_of.year, as_of.month),
        **_fixed(sequence, place, parameters),
        **_yearly(sequence, factor),
    )


def _fixed(
    sequence: Sequence, place: str, parameters: Parameters
) -> dict[str, str | float | int | bool]:
    """Return what is the same wherever a sequence is done."""
    months = season_months(parameters)
    days = sum(sequence.need("person_days", offset) for offset in OFFSETS)
    subsidy = sum(step.subsidy_cny_per_ha for step in sequence.steps)
    return {
        "sequence_id": sequence.sequence_id,
        "count_offset_years": sequence.counting_offset_years,
        "reaches_cover": True,
        "enclosure_only": sequence.enclosure_only,
        "industry": sequence.industry,
        **{f"seasons_{o}": " ".join(seasons_of(sequence, o, months)) for o in OFFSETS},
        "seedlings_per_ha": sum(sequence.need("seedlings", offset) for offset in OFFSETS),
        "machine_days_per_ha": sum(sequence.need("machine_days", offset) for offset in OFFSETS),
        "survival": sequence.survival,
        "life_years": sequence.life_years,
        "subsidy_cny_per_ha": subsidy if place == "off_site" else 0.0,
        "wages_cny_per_ha": days * parameters.number("treatment.wage_cny_per_day"),
    }


def _admissible(parcels: pd.DataFrame, sequence: Sequence, place: str) -> Flags:
    """Return where dune class, cover, slope, rain, access and size allow every measure."""
    land = parcels["on_site_ha"] if place == "on_site" else parcels["treat_ha"]
    fits = (
        parcels["dune_class"].isin(sequence.dune_classes)
        & (parcels["cover"] >= sequence.cover_min)
        & (land > 0)
    )
    for step in sequence.steps:
        fits &= (
            (parcels["slope_deg"] <= step.slope_max_deg)
            & (parcels["rain_mm"] >= step.rain_min_mm)
            & (parcels["access_km"] <= step.access_max_km)
            & (mu_from_ha(1.0) * land >= step.area_min_mu)
        )
    return fits.to_numpy(dtype=bool)


def _reaches_cover(parcels: pd.DataFrame, sequence: Sequence, parameters: Parameters) -> Flags:
    """Return where the best step of the sequence reaches the cover target of the dune class."""
    today = parcels["cover"].to_numpy(dtype=np.float64)
    target = np.select(
        [parcels["dune_class"] == "mobile", parcels["dune_class"] == "semi_fixed"],
        [
            parameters.number("treatment.target_cover_mobile"),
            parameters.number("treatment.target_cover_semi_fixed"),
        ],
        default=today + parameters.number("treatment.target_gain_fixed"),
    )
    flags: Flags = _cover_after(today, sequence) >= target
    return flags


def _cover_after(today: Floats, sequence: Sequence) -> Floats:
    """Return the cover in year 3: that of the best planting or barrier; a fence adds to today's.

    A fence that guards a planting does not let a planting count that would miss the target itself.
    """
    grown = [step.cover for step in sequence.steps if not step.adds]
    if grown:
        return np.full_like(today, max(grown))
    after: Floats = today + max(step.cover for step in sequence.steps)
    return after


def _access_factor(access_km: Floats, parameters: Parameters) -> Floats:
    limits = np.asarray(parameters.numbers("treatment.access_limits_km"))
    factors = np.asarray(parameters.numbers("treatment.access_factors"))
    return np.asarray(factors[np.searchsorted(limits, access_km, side="left")], dtype=np.float64)


def _soil(dune_class: "pd.Series[str]", sequence: Sequence, parameters: Parameters) -> Floats:
    """Return the soil retained at the cover that is usual for the class [t/ha/a]."""
    classes = dune_class.astype("str")
    before = _by_class(classes, "sand.cover", parameters)
    return soil_retained(
        _by_class(classes, "sand.loss_t_per_ha", parameters),
        before,
        _cover_after(before, sequence) if len(before) else before,
        coefficient=parameters.number("sand.cover_coefficient"),
    )


def _early_cut(sequence: Sequence, year: int) -> float:
    """Return the share of the year-3 effect that a year after the start already has [1].

    Of each step done by then the cut of the sand flux goes from that of its first to that of its
    third year; cuts of steps multiply what passes.
    """
    now, late = (_flux_cut(sequence, when) for when in (year, 3))
    return min(now / late, 1.0)


def _flux_cut(sequence: Sequence, year: int) -> float:
    """Return the cut of the sand flux in a year after the start, 1 being the first [1]."""
    passes = 1.0
    for step in sequence.steps:
        age = year - step.offset_years
        if age > 0:
            passes *= 1.0 - float(np.interp(age, (1, 3), step.flux_cut))
    return 1.0 - passes


def _by_class(classes: "pd.Series[str]", key: str, parameters: Parameters) -> Floats:
    values = {name: parameters.number(f"{key}.{name}") for name in parameters.below(key)}
    return np.asarray(classes.map(values), dtype=np.float64)


def _yearly(sequence: Sequence, factor: Floats) -> dict[str, Floats]:
    """Return cost, person-days, straw and water of a hectare by year after the start."""
    columns: dict[str, Floats] = {}
    for offset in OFFSETS:
        columns[f"cost_cny_per_ha_{offset}"] = sequence.need("cost_cny", offset) * factor
        for name in ("person_days", "straw_t", "water_m3"):
            need = sequence.need(name, offset)
            columns[f"{name}_per_ha_{offset}"] = np.full(len(factor), need)
    return columns
