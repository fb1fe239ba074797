"""What the optimizer is asked: tables of options, power system, works, targets and limits.

A :class:`Case` is checked and sorted by id when it is made, so that the order in which rows
arrive can never change a plan.  All areas are ha, powers MW, money CNY.
"""

from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, fields
from functools import partial

import numpy as np
import pandas as pd

from sandgrid.errors import InputError
from sandgrid.optimize.case_settings import CaseSettings
from sandgrid.optimize.case_tables import CASE_TABLES, OFFSETS, empty_case_table, tidy_table

__all__ = ["CASE_TABLES", "OFFSETS", "Case", "CaseSettings", "empty_case_table", "tidy_table"]

TECHNOLOGIES = ("pv", "wind")
RESOURCES = ("budget_cny", "person_days", "straw_t", "water_m3", "working_capital_cny")
SEASONS = ("spring", "summer", "autumn")
SCOPES = ("programme", "district", "collective")
BUILT_QUANTITIES = ("capacity_mw", "energy_mwh")
TREATED_QUANTITIES = ("treated_ha", "wages_cny", "soil_t", "protection", "industry_ha")
QUANTITIES = (*BUILT_QUANTITIES, *TREATED_QUANTITIES, "net_cost_cny")
AREA_TOLERANCE = 1e-6


@dataclass(frozen=True)
class Case:
    """One planning problem in tables; checked and sorted when it is made.

    Parameters
    ----------
    years : tuple of int
        Planning years, consecutive.
    base_year : int
        Year to whose money everything is discounted.
    discount_rate : float
        Discount rate [1/a].
    settings : CaseSettings
        Counting rules and least sizes.
    sites, build_options, parcels, treat_options, hubs, trunk_options : DataFrame
        What may be built, treated and connected; see :data:`CASE_TABLES`.
    substations, substation_years, works_ha : DataFrame
        What there is.
    capacity_targets, treated_targets, limits, quotas : DataFrame
        What is asked.
    borders, reaches : DataFrame
        Lengths of common borders of parcels (``other_id`` is "" for the outside); sites that each
        parcel is in reach of.

    Raises
    ------
    InputError
        For a missing column or value, a repeated key, an id that is not known, a negative area,
        or years that do not follow one another.

    """

    years: tuple[int, ...]
    base_year: int
    discount_rate: float
    settings: CaseSettings
    sites: pd.DataFrame
    build_options: pd.DataFrame
    parcels: pd.DataFrame
    treat_options: pd.DataFrame
    hubs: pd.DataFrame
    trunk_options: pd.DataFrame
    substations: pd.DataFrame
    substation_years: pd.DataFrame
    works_ha: pd.DataFrame
    capacity_targets: pd.DataFrame
    treated_targets: pd.DataFrame
    limits: pd.DataFrame
    quotas: pd.DataFrame
    borders: pd.DataFrame = field(default_factory=partial(empty_case_table, "borders"))
    reaches: pd.DataFrame = field(default_factory=partial(empty_case_table, "reaches"))

    def __post_init__(self) -> None:
        """Check and sort every table."""
        _check_years(self)
        for name in CASE_TABLES:
            object.__setattr__(self, name, tidy_table(getattr(self, name), name))
        for check in (_check_ids, _check_words, _check_signs, _check_areas, _check_grid_years):
            check(self)

    def discount(self, year: int) -> float:
        """Return the present value of 1 CNY spent in a year."""
        return float((1.0 + self.discount_rate) ** -(year - self.base_year))

    def __eq__(self, other: object) -> bool:
        """Compare by value."""
        return isinstance(other, Case) and all(
            _same(getattr(self, item.name), getattr(other, item.name)) for item in fields(self)
        )

    __hash__ = None  # type: ignore[assignment]


def _same(left: object, right: object) -> bool:
    if isinstance(left, pd.DataFrame) and isinstance(right, pd.DataFrame):
        return left.equals(right)
    return left == right


def _check_years(case: Case) -> None:
    years = case.years
    if not years or list(years) != list(range(years[0], years[0] + len(years))):
        raise InputError("case-years", {"years": ", ".join(map(str, years))})


_REFERENCES = (
    ("build_options", "site_id", "sites"),
    ("build_options", "hub_id", "hubs"),
    ("treat_options", "parcel_id", "parcels"),
    ("trunk_options", "hub_id", "hubs"),
    ("trunk_options", "substation_id", "substations"),
    ("substation_years", "substation_id", "substations"),
    ("parcels", "site_id", "sites"),
    ("borders", "parcel_id", "parcels"),
    ("borders", "other_id", "parcels"),
    ("reaches", "parcel_id", "parcels"),
    ("reaches", "site_id", "sites"),
)
_KEY_OF = {"parcels": "parcel_id", "sites": "site_id"}
_MAY_BE_NONE = (("parcels", "site_id"), ("borders", "other_id"))


def _check_ids(case: Case) -> None:
    for table, column, target in _REFERENCES:
        known = set(getattr(case, target)[_KEY_OF.get(target, column)])
        known |= {""} if (table, column) in _MAY_BE_NONE else set()
        _refuse_unknown(getattr(case, table)[column], known, table, column)
    for name in ("locked_in_sites", "locked_out_sites", "locked_in_parcels", "locked_out_parcels"):
        column = "site_id" if name.endswith("sites") else "parcel_id"
        known = set(getattr(case, name.split("_")[-1])[column])
        _refuse_unknown(pd.Series(getattr(case.settings, name), dtype="str"), known, name, column)
    for table in ("capacity_targets", "treated_targets", "limits", "quotas"):
        _refuse_unknown(getattr(case, table)["year"], set(case.years), table, "year")


def _check_words(case: Case) -> None:
    allowed = (
        ("build_options", "technology", set(TECHNOLOGIES)),
        ("capacity_targets", "technology", {"total", *TECHNOLOGIES}),
        ("treat_options", "place", {"off_site", "on_site"}),
        ("parcels", "dune_class", {"mobile", "semi_fixed", "fixed"}),
        ("limits", "resource", set(RESOURCES)),
        ("limits", "season", {"", *SEASONS}),
        ("quotas", "quantity", set(QUANTITIES)),
        ("quotas", "scope", set(SCOPES)),
    )
    for table, column, words in allowed:
        _refuse_unknown(getattr(case, table)[column], words, table, column)
    for offset in OFFSETS:
        named = case.treat_options[f"seasons_{offset}"].drop_duplicates()
        found = pd.Series(" ".join(named).split(), dtype="str")
        _refuse_unknown(found, set(SEASONS), "treat_options", f"seasons_{offset}")
    _check_quotas(case.quotas)


def _check_quotas(quotas: pd.DataFrame) -> None:
    built = quotas["quantity"].isin([*BUILT_QUANTITIES, "net_cost_cny"])
    wrong = built & (quotas["scope"] == "collective")
    if wrong.any():
        raise InputError("case-capacity-collective", {"scope": quotas["scope_id"][wrong].iloc[0]})


def _refuse_unknown(values: pd.Series, known: AbstractSet[object], table: str, column: str) -> None:
    given = values.tolist()
    if set(given) <= known:
        return
    first = next(value for value in given if value not in known)
    raise InputError("case-unknown-value", {"table": table, "column": column, "value": first})


_SIGNED = ("energy_value_cny_per_unit", "headroom_mw", "minimum", "maximum")


def _check_signs(case: Case) -> None:
    for name, rule in CASE_TABLES.items():
        frame = getattr(case, name)
        columns = [c for c, k in rule.kinds.items() if k in ("float", "int") and c not in _SIGNED]
        values = frame[columns].to_numpy(dtype=np.float64)
        wrong = np.argwhere((values < 0).T)
        if len(wrong):
            column, row = wrong[0]
            value = frame[columns[column]].iloc[row]
            where = {"table": name, "column": columns[column], "value": value}
            raise InputError("case-negative", where)


def _check_areas(case: Case) -> None:
    parcels = case.parcels
    wrong = parcels["on_site_ha"] > parcels["treat_ha"] * (1 + AREA_TOLERANCE) + AREA_TOLERANCE
    if wrong.any():
        first = parcels[wrong].iloc[0]
        raise InputError(
            "case-on-site-area",
            {"parcel": first["parcel_id"], "on": first["on_site_ha"], "all": first["treat_ha"]},
        )


def _check_grid_years(case: Case) -> None:
    have = set(
        zip(case.substation_years["substation_id"], case.substation_years["year"], strict=True)
    )
    for station in case.substations["substation_id"]:
        for year in case.years:
            if (station, year) not in have:
                raise InputError("case-substation-year", {"substation": station, "year": year})
