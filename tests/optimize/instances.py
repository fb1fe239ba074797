"""Two hundred tiny cases: forty ways to bend a case, each with five seeds."""

import numpy as np
from tiny import BENDS, plain_case

from sandgrid.optimize.case import Case

SEEDS = 5
RECIPES = (
    ("least_hub", "budget"),
    ("headroom", "budget"),
    ("least_site", "budget"),
    ("acceptance", "person_days"),
    ("least_units", "obligation", "core_share"),
    ("station_capacity", "person_days"),
    ("least_hub", "straw"),
    ("stays", "straw"),
    ("headroom", "straw"),
    ("stays", "water"),
    ("hub_flow", "water"),
    ("station_capacity", "water"),
    ("headroom", "working_capital"),
    ("least_units", "working_capital"),
    ("station_capacity", "working_capital"),
    ("stays", "person_days_season"),
    ("least_hub", "person_days_season"),
    ("land", "person_days_season"),
    ("bays", "straw_season"),
    ("station_capacity", "straw_season", "enclosure_share"),
    ("one_hub", "straw_season"),
    ("bays", "water_season"),
    ("least_units", "water_season"),
    ("least_hub", "water_season"),
    ("stays", "reach", "industry_share"),
    ("acceptance", "reach", "enclosure_share"),
    ("stays", "reach", "enclosure_share"),
    ("least_hub", "reach", "industry_share"),
    ("land", "border_in", "least_soil"),
    ("station_capacity", "border_in", "least_soil"),
    ("least_hub", "border_in", "least_soil"),
    ("least_site", "least_share", "industry_share"),
    ("headroom", "least_share", "core_share"),
    ("bays", "least_share", "core_share"),
    ("station_capacity", "most_share", "industry_share"),
    ("least_units", "most_share", "industry_share"),
    ("least_site", "most_share", "industry_share"),
    ("hub_flow", "quota-wages", "obligation-district"),
    ("headroom", "quota-wages", "least_soil"),
    ("hub_flow", "quota-amounts", "obligation-hub"),
)
COUNT = len(RECIPES) * SEEDS
ALSO_BINDING = {
    "land": ("land", "parcel_land"),
    "least_units": ("least_units", "most_units"),
    "headroom": ("headroom", "flow_station", "capacity"),
    "least_hub": ("least_hub", "treated", "counted_total"),
    "bays": ("bays", "circuit_capacity", "one_hub", "land"),
    "one_hub": ("one_hub", "site_hub"),
    "least_site": ("least_site", "site_hub", "built_total"),
    "stays": ("stays", "hub_total", "hub_flow", "acceptance"),
    "person_days": ("person_days", "acceptance"),
    "water": ("water", "parcel_land"),
    "water_season": ("water_season", "site_station", "station_circuit"),
    "person_days_season": ("person_days_season", "on_site_land"),
    "straw_season": ("straw_season", "on_site", "on_site_land"),
    "reach": ("reach", "feeds_station"),
    "border_in": ("border_in", "border_out"),
}


def recipe_of(number: int) -> tuple[str, ...]:
    """Return how an instance is bent."""
    return RECIPES[number // SEEDS]


def families_of(number: int) -> set[str]:
    """Return the families of rows that an instance is bent towards."""
    stems = [theme.partition("-")[0] for theme in recipe_of(number)]
    return {family for stem in stems for family in ALSO_BINDING.get(stem, (stem,))}


def instance(number: int) -> Case:
    """Return an instance; the same number gives the same case."""
    rng = np.random.default_rng(number)
    draft = plain_case(rng)
    for theme in recipe_of(number):
        draft = BENDS[theme](draft, rng)
    return draft.finished()
