"""Which sequences fit a parcel, what they cost, and when their land counts."""

from datetime import date

import numpy as np
import numpy.typing as npt
import pandas as pd

from sandgrid.params import Parameters
from sandgrid.sand.cover import detail_within
from sandgrid.sand.loss import share_kept
from sandgrid.sand.wind import periods
from sandgrid.tables import conform_table
from sandgrid.treatment.catalogue import (
    OFFSETS,
    Sequence,
    read_sequences,
    season_months,
    seasons_of,
)
from sandgrid.treatment.growth import LAST_YEAR, cover_after, density_share, flux_cut
from sandgrid.treatment.levels import level_means
from sandgrid.units import mu_from_ha

Flags = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]


def list_treatments(parcels: pd.DataFrame, parameters: Parameters, *, as_of: date) -> pd.DataFrame:
    """List the sequences that fit each parcel and reach the cover that counts.

    Parameters
    ----------
    parcels : DataFrame
        parcel_id, dune_class, cover [1], slope_deg, rain_mm, access_km, treat_ha, on_site_ha,
        erodibility [1], erosion_t_per_ha [t/ha/a], shelter_per_ha [1/ha].
    parameters : Parameters
        ``measure.*``, ``sequence.*``, ``treatment.*``, ``sand.*``, ``shelter.levels_per_ha``.
    as_of : date
        Works start after this day.

    Returns
    -------
    DataFrame
        Contract ``treat_options``, by parcel, sequence and place. Costs depend on the sequence
        and on the distance to a road in few steps, soil and protection on few levels, so that
        alike parcels have alike options.

    """
    classes = parcels["dune_class"].to_numpy(dtype=object)
    cover = parcels["cover"].to_numpy(dtype=np.float64)
    land = parcels.assign(dune_detail=detail_within(classes, cover, parameters))
    levels = level_means(land, parameters)
    parts = [
        _fit(land, levels, sequence, place, parameters, as_of)
        for sequence in read_sequences(parameters)
        for place in sequence.places
        if not sequence.irrigated or parameters.flag("treatment.water_licence")
    ]
    options = pd.concat(parts, ignore_index=True)
    ordered = options.sort_values(["parcel_id", "sequence_id", "place"], kind="stable")
    return conform_table(ordered.reset_index(drop=True), "treat_options")


def _fit(
    parcels: pd.DataFrame,
    levels: pd.DataFrame,
    sequence: Sequence,
    place: str,
    parameters: Parameters,
    as_of: date,
) -> pd.DataFrame:
    """Return the rows of one sequence at one place."""
    reaches = _reaches_cover(parcels, sequence, parameters)
    chosen = _admissible(parcels, sequence, place) & reaches
    fits = parcels[chosen]
    rows = fits[["parcel_id"]].assign(
        place=place,
        first_year=sequence.first_year(as_of.year, as_of.month),
        **_fixed(sequence, place, parameters),
        **_yearly(sequence, fits, parameters),
        **_effects(sequence, levels[chosen], fits, parameters),
    )
    return pd.DataFrame(rows)


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
        & parcels["dune_detail"].isin(sequence.dune_details)
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
    """Return where the sequence reaches the cover target of the dune class."""
    today = parcels["cover"].to_numpy(dtype=np.float64)
    rain = parcels["rain_mm"].to_numpy(dtype=np.float64)
    target = np.select(
        [parcels["dune_class"] == "mobile", parcels["dune_class"] == "semi_fixed"],
        [
            parameters.number("treatment.target_cover_mobile"),
            parameters.number("treatment.target_cover_semi_fixed"),
        ],
        default=today + parameters.number("treatment.target_gain_fixed"),
    )
    flags: Flags = cover_after(sequence, today, rain, parameters) >= target
    return flags


def _access_factor(access_km: Floats, parameters: Parameters) -> Floats:
    limits = np.asarray(parameters.numbers("treatment.access_limits_km"))
    factors = np.asarray(parameters.numbers("treatment.access_factors"))
    return np.asarray(factors[np.searchsorted(limits, access_km, side="left")], dtype=np.float64)


def _effects(
    sequence: Sequence, levels: pd.DataFrame, parcels: pd.DataFrame, parameters: Parameters
) -> dict[str, Floats]:
    """Return soil retained and receptors protected.

    In year 3 the smaller of two cuts counts: what RWEQ makes of the gain of cover, and what
    practice reports of the measures; before, practice alone.
    """
    rain = parcels["rain_mm"].to_numpy(dtype=np.float64)
    loss, erodibility, today, shelter = (
        levels[name].to_numpy(dtype=np.float64)
        for name in ("loss_t_per_ha", "erodibility", "cover", "shelter_per_ha")
    )
    weather = periods(np.asarray(parameters.numbers("sand.weather_kg_m")), parameters)
    computed = share_kept(
        weather,
        erodibility,
        today,
        cover_after(sequence, today, rain, parameters),
        coefficient=parameters.number("sand.cover_coefficient"),
    )
    cut = np.minimum(computed, flux_cut(sequence, LAST_YEAR))
    return {
        "soil_t_per_ha": loss * cut,
        "soil_t_per_ha_1": loss * flux_cut(sequence, 1),
        "soil_t_per_ha_2": loss * flux_cut(sequence, 2),
        "protection_per_ha": shelter * cut,
    }


def _yearly(sequence: Sequence, parcels: pd.DataFrame, parameters: Parameters) -> dict[str, Floats]:
    """Return cost, person-days, straw and water by year after the start, and all seedlings."""
    factor = _access_factor(parcels["access_km"].to_numpy(dtype=np.float64), parameters)
    rain = parcels["rain_mm"].to_numpy(dtype=np.float64)
    columns: dict[str, Floats] = {}
    density = {step.measure: density_share(step, rain, parameters) for step in sequence.steps}
    seedlings = np.zeros(len(parcels))
    for offset in OFFSETS:
        columns[f"cost_cny_per_ha_{offset}"] = sequence.need("cost_cny", offset) * factor
        for name in ("person_days", "straw_t"):
            columns[f"{name}_per_ha_{offset}"] = np.full(len(rain), sequence.need(name, offset))
        work = [(step.needs, density[step.measure]) for step in sequence.work_of(offset)]
        water = [needs["water_m3"] * share for needs, share in work]
        columns[f"water_m3_per_ha_{offset}"] = np.sum([np.zeros(len(rain)), *water], axis=0)
        seedlings = np.sum([seedlings, *(n["seedlings"] * share for n, share in work)], axis=0)
    return {**columns, "seedlings_per_ha": seedlings}
