"""What a plan costs: present outlay less present energy value and, if asked, soil value."""

import numpy as np
import pandas as pd

from sandgrid.optimize.case import OFFSETS, Case
from sandgrid.optimize.columns import Columns
from sandgrid.units import CNY_PER_MILLION

PER_UNIT = {
    "generation": "generation_cny_per_unit",
    "operation": "operation_cny_per_unit",
    "lease": "lease_cny_per_unit",
    "collector": "collector_cny_per_unit",
    "energy_value": "energy_value_cny_per_unit",
}
GAINS = ("energy_value", "soil_value")


def price_columns(case: Case, columns: Columns) -> pd.DataFrame:
    """Return the present cost of one unit of every column by item [million CNY].

    Parameters
    ----------
    case : Case
        Costs in CNY of their year.
    columns : Columns
        The decisions.

    Returns
    -------
    DataFrame
        item, column, value; gains (energy and soil value) are positive here and are taken off
        the objective.

    """
    parts = [*_generation(case, columns), *_power(case, columns), *_treatment(case, columns)]
    joined = pd.concat(parts, ignore_index=True)
    return joined.assign(value=joined["value"] / CNY_PER_MILLION)


def objective(case: Case, columns: Columns) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """Return the cost of every column [million CNY]."""
    prices = price_columns(case, columns)
    signed = prices["value"].where(~prices["item"].isin(GAINS), -prices["value"])
    total = np.zeros(sum(len(table) for _, table in columns.tables()))
    np.add.at(total, prices["column"].to_numpy(), signed.to_numpy())
    return total


def _discounts(case: Case, years: pd.Series) -> pd.Series:
    return (1.0 + case.discount_rate) ** -(years - case.base_year).astype("float64")


def _item(item: str, frame: pd.DataFrame, value: pd.Series) -> pd.DataFrame:
    return pd.DataFrame({"item": item, "column": frame["column"], "value": value})


def _generation(case: Case, columns: Columns) -> list[pd.DataFrame]:
    build = columns.build
    present = _discounts(case, build["year"])
    return [_item(item, build, build[name] * present) for item, name in PER_UNIT.items()]


def _power(case: Case, columns: Columns) -> list[pd.DataFrame]:
    priced = (
        ("station", columns.station, "station_cny"),
        ("trunk", columns.circuits, "cost_cny_per_circuit"),
        ("bay", columns.extra_bays, "bay_cost_cny"),
        ("reinforcement", columns.reinforced, "reinforcement_cost_cny"),
    )
    return [_item(item, t, t[cost] * _held(case, t["year"])) for item, t, cost in priced]


def _held(case: Case, years: pd.Series) -> pd.Series:
    """Weigh what stands in a year: bought in t costs d(t), so standing costs d(t) - d(t + 1)."""
    later = _discounts(case, years + 1).where(years < case.years[-1], 0.0)
    return _discounts(case, years) - later


def _treatment(case: Case, columns: Columns) -> list[pd.DataFrame]:
    start = columns.start
    cost = sum(
        (start[f"cost_cny_per_ha_{o}"] * _discounts(case, start["year"] + o) for o in OFFSETS),
        start=pd.Series(0.0, index=start.index),
    )
    soil = start["soil_t_per_ha"] * case.settings.soil_value_cny_per_t
    gained = soil * _discounts(case, start["count_year"])
    return [
        _item("treatment", start, cost),
        _item("soil_value", start, gained),
        _perimeter(case, columns),
    ]


def _perimeter(case: Case, columns: Columns) -> pd.DataFrame:
    """Price the borders of treated land as they lie in the last year."""
    price = case.settings.perimeter_cny_per_m * case.discount(case.years[-1])
    return _item("perimeter", columns.edge, columns.edge["length_m"] * price)
