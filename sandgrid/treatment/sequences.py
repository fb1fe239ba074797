"""Which sequences fit a parcel, what they cost, and when their land counts."""

from datetime import date

import numpy as np
import numpy.typing as npt
import pandas as pd

from sandgrid.params import Parameters
from sandgrid.sand.erosion import soil_retained
from sandgrid.tables import conform_table
from sandgrid.treatment.catalogue import Sequence, read_sequences
from sandgrid.units import mu_from_ha

LAST_OFFSET = 2
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
    rows = pd.DataFrame(
        {
            "parcel_id": fits["parcel_id"],
            "sequence_id": sequence.sequence_id,
            "place": place,
            "soil_t_per_ha": _soil(fits["dune_class"], sequence, parameters),
            "count_offset_years": sequence.counting_offset_years,
            "first_year": sequence.first_year(as_of.year, as_of.month),
            "reaches_cover": True,
            "enclosure_only": sequence.enclosure_only,
        }
    )
    return rows.assign(**_yearly(sequence, factor))


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


def _by_class(classes: "pd.Series[str]", key: str, parameters: Parameters) -> Floats:
    values = {name: parameters.number(f"{key}.{name}") for name in parameters.below(key)}
    return np.asarray(classes.map(values), dtype=np.float64)


def _yearly(sequence: Sequence, factor: Floats) -> dict[str, Floats]:
    """Return cost, person-days and straw of a hectare by year after the start."""
    columns: dict[str, Floats] = {}
    for offset in range(LAST_OFFSET + 1):
        steps = [step for step in sequence.steps if step.offset_years == offset]
        cost = sum(step.cost_cny_per_ha for step in steps)
        columns[f"cost_cny_per_ha_{offset}"] = cost * factor
        days = sum(step.person_days_per_ha for step in steps)
        columns[f"person_days_per_ha_{offset}"] = np.full(len(factor), days)
        straw = sum(step.straw_t_per_ha for step in steps)
        columns[f"straw_t_per_ha_{offset}"] = np.full(len(factor), straw)
    return columns
