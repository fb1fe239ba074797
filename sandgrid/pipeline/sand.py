"""The sand in a run: the survey before the options, the record of what was protected after."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from sandgrid.layers.notices import Report
from sandgrid.layers.stack import read_table
from sandgrid.params import Parameters
from sandgrid.parcels import Sites
from sandgrid.parcels.shelter import mean_on
from sandgrid.parcels.surveying import Survey, survey_sand
from sandgrid.pipeline.world import World
from sandgrid.plan import Plan
from sandgrid.sand.drift import Drift, drift_of_wind, rose_share
from sandgrid.sand.greenness import Greenness
from sandgrid.sand.wind import SECTORS, WindTable, monthly_wind, weather_factors, wind_table
from sandgrid.treatment.levels import level_means
from sandgrid.units import CENTIMU_PER_HA

Floats = npt.NDArray[np.float64]
WIND: Final = "wind_frequencies"
WEATHER: Final = "sand.weather_kg_m"
SPRING: Final = (3, 4, 5)
DIGITS: Final = 6
EVEN: Final = np.full(SECTORS, 1.0 / SECTORS)


@dataclass(frozen=True, eq=False)
class Sand:
    """The survey of a run, and the wind it was made with.

    Parameters
    ----------
    survey : Survey
        What was found.
    wind : WindTable or None
        None where the scenario has no wind table.
    greenness : Greenness or None
        How cover was made from NDVI; None where it came as cover.

    """

    survey: Survey
    wind: WindTable | None
    greenness: Greenness | None = None


def survey_world(world: World, sites: Sites, *, report: Report) -> tuple[Parameters, Sand]:
    """Survey the sand of a world.

    Parameters
    ----------
    world : World
        Layers and parameters; the table ``wind_frequencies`` where the catalogue has one.
    sites : Sites
        Parcels and sites.
    report : callable
        Told what is missing or disagrees.

    Returns
    -------
    tuple
        What the run goes on with, the weather factors of the wind table in it, and the survey.

    """
    parameters, wind = world.parameters, None
    rose = EVEN
    if WIND in world.catalogue:
        wind = wind_table(read_table(world.catalogue.table(WIND)))
        rose = rose_share(drift_of_wind(wind))
        parameters = _with_weather(parameters, wind, sites.parcels)
    survey = survey_sand(
        sites.parcels, sites.sites, world.layers, parameters, rose=rose, report=report
    )
    return parameters, Sand(survey, wind, world.greenness)


def _with_weather(parameters: Parameters, wind: WindTable, parcels: pd.DataFrame) -> Parameters:
    """Return parameters with the weather factors of the wind, unless the scenario sets its own."""
    if parameters[WEATHER].confidence == "user":
        return parameters
    area = parcels["area_ha"] / parcels["area_ha"].sum()
    factors = weather_factors(
        wind,
        parameters,
        rain_mm=float((parcels["rain_mm"] * area).sum()),
        ghi_kwh_m2=float((parcels["ghi_kwh_m2"] * area).sum()),
    )
    source = f"RWEQ weather factor of the layer {WIND}"
    return parameters.with_computed(WEATHER, tuple(factors.round(DIGITS).tolist()), source)


def sand_record(plan: Plan, sand: Sand, parameters: Parameters) -> bytes:
    """Return ``sand.json``: wind, drift, loss before and after by district, who is protected.

    Parameters
    ----------
    plan : Plan
        The plan.
    sand : Sand
        The survey.
    parameters : Parameters
        What it was surveyed with.

    """
    survey = sand.survey
    record: dict[str, Any] = {
        "schema_version": 1,
        "weather_kg_m": list(parameters.numbers(WEATHER)),
        "wind": None if sand.wind is None else _wind(sand.wind, parameters),
        "cover_from_ndvi": None if sand.greenness is None else _greenness(sand.greenness),
        "districts": district_losses(plan, survey).to_dict("records"),
        "dune_class": survey.differences.round(DIGITS).to_dict("records"),
        "protection": protection(plan, survey, parameters),
    }
    return (json.dumps(record, ensure_ascii=False, indent=1, allow_nan=False) + "\n").encode()


def _greenness(found: Greenness) -> dict[str, Any]:
    return {
        "end_members": {name: list(pair) for name, pair in found.members.items()},
        "mean_cover": found.mean_cover,
        "difference": found.difference,
    }


def _wind(wind: WindTable, parameters: Parameters) -> dict[str, Any]:
    monthly = monthly_wind(wind, parameters)
    spring = sum(monthly[month - 1] for month in SPRING) / monthly.sum()
    return {
        "factor_by_month": monthly.round(DIGITS).tolist(),
        "spring_share": round(float(spring), DIGITS),
        "year": _drift(drift_of_wind(wind)),
        "spring": _drift(drift_of_wind(wind, SPRING)),
    }


def _drift(drift: Drift) -> dict[str, Any]:
    return {
        "dp_by_sector_vu": drift.by_sector.round(3).tolist(),
        "dp_vu": round(drift.total, 3),
        "rdp_vu": round(drift.resultant, 3),
        "rdd_toward_deg": round(drift.toward_deg, 3),
        "ratio": round(drift.ratio, 4),
        "energy": drift.energy,
        "variability": drift.variability,
    }


def district_losses(plan: Plan, survey: Survey) -> pd.DataFrame:
    """Return area, dune classes and soil loss of each district, before and after the plan.

    Returns
    -------
    DataFrame
        district_id, district, area_ha, mobile_ha, semi_fixed_ha, fixed_ha, loss_t, kept_t,
        loss_t_per_ha, after_t_per_ha.

    """
    kept = plan.treatments.groupby("district_id")["soil_t_per_year"].sum()
    names = plan.districts.set_index("district_id")["district"]
    table = survey.districts
    found = table["district_id"].map(kept).fillna(0.0).astype("float64")
    return table.assign(
        district=table["district_id"].map(names).fillna(""),
        kept_t=found.round(3),
        loss_t_per_ha=(table["loss_t"] / table["area_ha"]).round(3),
        after_t_per_ha=((table["loss_t"] - found) / table["area_ha"]).round(3),
    )


def protection(plan: Plan, survey: Survey, parameters: Parameters) -> Mapping[str, float]:
    """Return the receptor units protected: as planned by levels, and as the drawn land gives.

    Each treatment protects what lies downwind of its own polygon, times the share by which it
    cuts the sand, which is that of its option.
    """
    keys = ["parcel_id", "sequence_id", "place"]
    rows = pd.DataFrame(plan.treatments).merge(plan.treat_options, on=keys, validate="m:1")
    area_ha = (rows["area_centimu"] / CENTIMU_PER_HA).to_numpy(dtype=np.float64)
    planned = rows["protection_per_ha"].to_numpy(dtype=np.float64)
    shelter = level_means(plan.parcels, parameters)["shelter_per_ha"]
    levels = pd.Series(shelter.to_numpy(), index=plan.parcels["parcel_id"])
    level = rows["parcel_id"].map(levels).to_numpy(dtype=np.float64)
    cut = np.divide(planned, level, out=np.zeros(len(rows)), where=level > 0)
    shapes = plan.treatments.set_index("treatment_id").geometry.loc[rows["treatment_id"]]
    drawn = mean_on(shapes.to_numpy(), survey.coarse, survey.shelter)
    return {
        "receptor_units": round(survey.units, DIGITS),
        "planned_units": round(float(area_ha @ planned), DIGITS),
        "actual_units": round(float(area_ha @ (drawn * cut)), DIGITS),
    }
