"""What a plan costs: present outlay less present energy value and, if asked, soil value."""

from typing import NamedTuple

import numpy as np

from sandgrid.optimize.case import OFFSETS, Case
from sandgrid.optimize.columns import Columns
from sandgrid.optimize.problem import Floats
from sandgrid.optimize.sheet import Array
from sandgrid.units import CNY_PER_MILLION

PER_UNIT = {
    "generation": "generation_cny_per_unit",
    "operation": "operation_cny_per_unit",
    "lease": "lease_cny_per_unit",
    "collector": "collector_cny_per_unit",
    "energy_value": "energy_value_cny_per_unit",
}
GAINS = ("energy_value", "soil_value")


class ItemPrice(NamedTuple):
    """What an item costs in each of some columns [CNY]."""

    item: str
    column: Array
    value: Array


def objective(case: Case, columns: Columns) -> Floats:
    """Return the cost of every column [million CNY]."""
    total = np.zeros(len(columns))
    for price in unit_prices(case, columns):
        value = price.value / CNY_PER_MILLION
        np.add.at(total, price.column, -value if price.item in GAINS else value)
    return total


def unit_prices(case: Case, columns: Columns) -> list[ItemPrice]:
    """Return the present cost of one unit of every column by item [CNY].

    Gains (energy and soil value) are positive here and are taken off the objective.
    """
    return [*_generation(case, columns), *_power(case, columns), *_treatment(case, columns)]


def _discounts(case: Case, years: Array) -> Array:
    present: Array = (1.0 + case.discount_rate) ** -(years - case.base_year).astype(np.float64)
    return present


def _generation(case: Case, columns: Columns) -> list[ItemPrice]:
    build = columns.sheet("build")
    present = _discounts(case, build["year"])
    return [
        ItemPrice(item, build["column"], build[name] * present) for item, name in PER_UNIT.items()
    ]


def _power(case: Case, columns: Columns) -> list[ItemPrice]:
    priced = (
        ("station", columns.sheet("station"), "station_cny"),
        ("trunk", columns.sheet("circuits"), "cost_cny_per_circuit"),
        ("bay", columns.sheet("extra_bays"), "bay_cost_cny"),
        ("reinforcement", columns.sheet("reinforced"), "reinforcement_cost_cny"),
    )
    return [
        ItemPrice(item, t["column"], t[cost] * _held(case, t["year"])) for item, t, cost in priced
    ]


def _held(case: Case, years: Array) -> Array:
    """Weigh what stands in a year: bought in t costs d(t), so standing costs d(t) - d(t + 1)."""
    later = np.where(years < case.years[-1], _discounts(case, years + 1), 0.0)
    return _discounts(case, years) - later


def _treatment(case: Case, columns: Columns) -> list[ItemPrice]:
    start = columns.sheet("start")
    cost = np.zeros(len(start))
    for offset in OFFSETS:
        cost += start[f"cost_cny_per_ha_{offset}"] * _discounts(case, start["year"] + offset)
    soil = start["soil_t_per_ha"] * case.settings.soil_value_cny_per_t
    gained = soil * _discounts(case, start["count_year"])
    return [
        ItemPrice("treatment", start["column"], cost),
        ItemPrice("soil_value", start["column"], gained),
        _perimeter(case, columns),
    ]


def _perimeter(case: Case, columns: Columns) -> ItemPrice:
    """Price the borders of treated land as they lie in the last year."""
    price = case.settings.perimeter_cny_per_m * case.discount(case.years[-1])
    edge = columns.sheet("edge")
    return ItemPrice("perimeter", edge["column"], edge["length_m"] * price)
