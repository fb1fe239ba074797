"""What a plan is counted against, read from the resolved scenario record."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from sandgrid.units import CENTIMU_PER_HA, CENTIMU_PER_MU, KW_PER_MW

TECHNOLOGIES = ("pv", "wind")
Record = Mapping[str, Any]


@dataclass(frozen=True)
class TreatedQuota:
    """Least treated land of the programme, a district or a collective by a year.

    Parameters
    ----------
    scope : str
        programme, district or collective.
    scope_id : str
        Code of the district or collective; empty for the programme.
    year : int
        By the end of this year.
    least_centimu : int
        Least treated land, finished works of a district or the programme included [0.01 mu].

    """

    scope: str
    scope_id: str
    year: int
    least_centimu: int


@dataclass(frozen=True)
class Terms:
    """Targets and rules of counting.

    Parameters
    ----------
    years : tuple of int
        Planning years.
    base_year : int
        Year to whose money everything is discounted.
    discount_rate : float
        Discount rate [1/a].
    obligation_centimu_per_kw : mapping
        Technology -> land that each kW must carry [0.01 mu/kW].
    underpanel_share : float
        Share of PV land that on-site treatment may take [1].
    acceptance_lag_years : int
        Years from building to acceptance [a].
    soil_value_cny_per_t : float
        Value of a tonne of soil retained [CNY/t].
    perimeter_cny_per_m : float
        Price of a metre of border between treated and other parcels [CNY/m].
    hybrid_coincidence : float
        Part of the smaller of PV and wind that a connection carries beside the larger [1].
    capacity_targets_kw : mapping
        (technology, year) -> target [kW]; technology is total, pv or wind.
    treated_targets_centimu : mapping
        Year -> target [0.01 mu].
    treated_quotas : tuple of TreatedQuota
        Least treated land by district and collective.

    """

    years: tuple[int, ...]
    base_year: int
    discount_rate: float
    obligation_centimu_per_kw: Mapping[str, float]
    underpanel_share: float
    acceptance_lag_years: int
    soil_value_cny_per_t: float
    perimeter_cny_per_m: float
    hybrid_coincidence: float
    capacity_targets_kw: Mapping[tuple[str, int], int]
    treated_targets_centimu: Mapping[int, int]
    treated_quotas: tuple[TreatedQuota, ...] = ()

    def discount(self, years: pd.Series) -> pd.Series:
        """Return the present value of 1 CNY due in each year."""
        return (1.0 + self.discount_rate) ** -(years - self.base_year).astype("float64")

    def obligation_centimu(self, capacity_kw: Mapping[str, int]) -> int:
        """Return the land that a capacity by technology must carry, rounded up [0.01 mu]."""
        land = sum(self.obligation_centimu_per_kw[g] * capacity_kw[g] for g in TECHNOLOGIES)
        return int(np.ceil(round(land, 6)))


def read_terms(record: Record) -> Terms:
    """Read the terms from a resolved scenario record, as ``scenario.json`` holds it.

    Parameters
    ----------
    record : mapping
        Needs ``as_of`` (its year is the base year), ``years``, ``targets``, ``parameters``.

    """
    years = tuple(int(year) for year in record["years"])
    return Terms(
        years=years,
        base_year=int(str(record["as_of"])[:4]),
        discount_rate=_number(record, "finance.discount_rate"),
        obligation_centimu_per_kw={
            g: _number(record, f"programme.obligation_{g}_mu_per_mw") * CENTIMU_PER_MU / KW_PER_MW
            for g in TECHNOLOGIES
        },
        underpanel_share=_number(record, "programme.underpanel_share"),
        acceptance_lag_years=int(_number(record, "programme.acceptance_lag_years")),
        soil_value_cny_per_t=_number(record, "programme.soil_value_cny_per_t"),
        perimeter_cny_per_m=_perimeter_price(record),
        hybrid_coincidence=_number(record, "programme.hybrid_coincidence"),
        capacity_targets_kw={
            (row["technology"], int(row["year"])): _ceiling(row["target_mw"] * KW_PER_MW)
            for row in record["targets"]["capacity"]
        },
        treated_targets_centimu={
            int(row["year"]): _ceiling(row["target_mu"] * CENTIMU_PER_MU)
            for row in record["targets"]["treated"]
        },
        treated_quotas=tuple(
            TreatedQuota(
                row["scope"],
                row["scope_id"],
                int(row["year"]),
                _ceiling(row["minimum"] * CENTIMU_PER_HA),
            )
            for row in record["quotas"]
            if row["quantity"] == "treated_ha" and row["minimum"] is not None
        ),
    )


def _number(record: Record, key: str) -> float:
    return float(record["parameters"][key]["value"])


def _perimeter_price(record: Record) -> float:
    """Return the price of a border; plans of before it could be priced do not state it."""
    key = "programme.perimeter_price_cny_per_m"
    return _number(record, key) if key in record["parameters"] else 0.0


def _ceiling(value: float) -> int:
    return int(np.ceil(round(value, 6)))
