"""What the optimizer is asked: tables of options, power system, works, targets and limits.

A :class:`Case` is checked and sorted by id when it is made, so that the order in which rows
arrive can never change a plan.  All areas are ha, powers MW, money CNY.
"""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, fields
from types import MappingProxyType

import numpy as np
import pandas as pd

from sandgrid.errors import InputError
from sandgrid.tables import require_unique

TECHNOLOGIES = ("pv", "wind")
RESOURCES = ("budget_cny", "person_days", "straw_t")
OFFSETS = (0, 1, 2)
AREA_TOLERANCE = 1e-6


@dataclass(frozen=True)
class CaseSettings:
    """Rules of counting and the least sizes.

    Parameters
    ----------
    obligation_ha_per_mw : mapping
        Technology -> land to be treated per MW built [ha/MW].
    underpanel_share : float
        Share of PV gross area that on-site treatment may take [1].
    acceptance_lag_years : int
        Years from building to acceptance of a plant [a].
    max_share_enclosure : float
        Most that sequences of enclosure alone may hold of all counted land [1].
    min_share_mobile_semi_fixed : float
        Least share of new counted land on mobile and semi-fixed sand [1].
    min_hub_mw, min_site_mw : float
        Least final capacity of a hub and of a site that is used [MW].
    soil_value_cny_per_t : float
        Value of a tonne of soil retained, 0 for none [CNY/t].
    min_new_soil_t : float
        Least soil that new counted land retains [t/a].
    require_cover : bool
        Whether sequences that miss the cover target are refused.
    locked_in_sites, locked_out_sites, locked_in_parcels, locked_out_parcels : tuple of str
        Ids that must or must not be used; a locked-in parcel is treated whole.

    """

    obligation_ha_per_mw: Mapping[str, float] = field(
        default_factory=lambda: MappingProxyType({"pv": 0.0, "wind": 0.0})
    )
    underpanel_share: float = 0.0
    acceptance_lag_years: int = 1
    max_share_enclosure: float = 1.0
    min_share_mobile_semi_fixed: float = 0.0
    min_hub_mw: float = 0.0
    min_site_mw: float = 0.0
    soil_value_cny_per_t: float = 0.0
    min_new_soil_t: float = 0.0
    require_cover: bool = True
    locked_in_sites: tuple[str, ...] = ()
    locked_out_sites: tuple[str, ...] = ()
    locked_in_parcels: tuple[str, ...] = ()
    locked_out_parcels: tuple[str, ...] = ()


@dataclass(frozen=True)
class TableRule:
    """What one table of a case holds: kind of each column, its key, columns that may be NaN."""

    kinds: Mapping[str, str]
    key: tuple[str, ...]
    may_miss: tuple[str, ...] = ()


def _kinds(*, text: str, real: str = "", whole: str = "", flag: str = "") -> dict[str, str]:
    named = {"str": text, "float": real, "int": whole, "bool": flag}
    return {name: kind for kind, names in named.items() for name in names.split()}


_PER_HA = " ".join(
    f"{stem}_{offset}"
    for stem in ("cost_cny_per_ha", "person_days_per_ha", "straw_t_per_ha")
    for offset in OFFSETS
)

CASE_TABLES: Mapping[str, TableRule] = MappingProxyType(
    {
        "sites": TableRule(
            _kinds(
                text="site_id district_id",
                real="pv_ha wind_ha treat_ha pv_wind_ha pv_treat_ha wind_treat_ha any_ha",
            ),
            ("site_id",),
        ),
        "build_options": TableRule(
            _kinds(
                text="site_id technology hub_id",
                real="unit_mw gross_ha_per_unit energy_mwh_per_unit_year generation_cny_per_unit "
                "operation_cny_per_unit lease_cny_per_unit collector_cny_per_unit "
                "energy_value_cny_per_unit",
                whole="units_min units_max life_years",
            ),
            ("site_id", "technology", "hub_id"),
        ),
        "parcels": TableRule(
            _kinds(
                text="parcel_id site_id district_id collective_id dune_class",
                real="treat_ha on_site_ha",
            ),
            ("parcel_id",),
        ),
        "treat_options": TableRule(
            _kinds(
                text="parcel_id sequence_id place",
                real=f"{_PER_HA} soil_t_per_ha",
                whole="count_offset_years first_year",
                flag="reaches_cover enclosure_only",
            ),
            ("parcel_id", "sequence_id", "place"),
        ),
        "hubs": TableRule(
            _kinds(text="hub_id district_id", real="station_cny max_mw"), ("hub_id",)
        ),
        "trunk_options": TableRule(
            _kinds(
                text="trunk_id hub_id substation_id kind",
                real="circuit_mw cost_cny_per_circuit",
                whole="max_circuits",
            ),
            ("trunk_id",),
        ),
        "substations": TableRule(
            _kinds(
                text="substation_id",
                real="bay_cost_cny reinforcement_mw reinforcement_cost_cny",
                whole="max_extra_bays reinforcement_year",
            ),
            ("substation_id",),
        ),
        "substation_years": TableRule(
            _kinds(text="substation_id", real="headroom_mw", whole="year free_bays"),
            ("substation_id", "year"),
        ),
        "works_ha": TableRule(
            _kinds(text="district_id dune_class sequence_id", real="counted_ha"),
            ("district_id", "dune_class", "sequence_id"),
        ),
        "capacity_targets": TableRule(
            _kinds(text="technology", real="target_mw band_mw", whole="year"),
            ("technology", "year"),
            ("band_mw",),
        ),
        "treated_targets": TableRule(_kinds(text="", real="target_ha", whole="year"), ("year",)),
        "limits": TableRule(
            _kinds(text="resource district_id", real="limit", whole="year"),
            ("resource", "district_id", "year"),
        ),
        "quotas": TableRule(
            _kinds(text="quantity scope scope_id", real="minimum maximum", whole="year"),
            ("quantity", "scope", "scope_id", "year"),
            ("minimum", "maximum"),
        ),
    }
)


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


def empty_case_table(name: str) -> pd.DataFrame:
    """Return a table of a case without rows.

    Examples
    --------
    >>> list(empty_case_table("treated_targets").columns)
    ['target_ha', 'year']

    """
    return tidy_table(pd.DataFrame(columns=list(CASE_TABLES[name].kinds)), name)


def tidy_table(frame: pd.DataFrame, name: str) -> pd.DataFrame:
    """Return the columns of a table's rule, typed, checked and sorted by key.

    Raises
    ------
    InputError
        For a missing column, a missing or infinite value, or a repeated key.

    """
    rule = CASE_TABLES[name]
    missing = [column for column in rule.kinds if column not in frame.columns]
    if missing:
        raise InputError("table-missing-columns", {"table": name, "columns": ", ".join(missing)})
    typed = {c: _typed(frame[c], kind, name, c in rule.may_miss) for c, kind in rule.kinds.items()}
    result = pd.DataFrame(typed)
    require_unique(result, rule.key, name)
    return result.sort_values(list(rule.key), kind="stable", ignore_index=True)


def _typed(values: pd.Series, kind: str, table: str, may_miss: bool) -> pd.Series:  # noqa: FBT001
    values = values.reset_index(drop=True)
    bad = values.isna() if kind != "float" else ~np.isfinite(values.astype("float64"))
    if may_miss:
        bad = pd.Series(data=False, index=values.index)
    if bad.any():
        where = {"table": table, "column": values.name, "row": int(np.flatnonzero(bad)[0])}
        raise InputError("table-missing-value", where)
    dtype = {"str": "str", "float": "float64", "int": "int64", "bool": "bool"}[kind]
    result: pd.Series = values.astype(dtype)  # type: ignore[call-overload]  # stubs ask for literals
    return result


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
)


def _check_ids(case: Case) -> None:
    for table, column, target in _REFERENCES:
        known = set(getattr(case, target)[column]) | ({""} if table == "parcels" else set())
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
        ("quotas", "quantity", {"capacity_mw", "treated_ha"}),
        ("quotas", "scope", {"district", "collective"}),
    )
    for table, column, words in allowed:
        _refuse_unknown(getattr(case, table)[column], words, table, column)
    quotas = case.quotas
    wrong = (quotas["quantity"] == "capacity_mw") & (quotas["scope"] == "collective")
    if wrong.any():
        raise InputError("case-capacity-collective", {"scope": quotas["scope_id"][wrong].iloc[0]})


def _refuse_unknown(values: pd.Series, known: AbstractSet[object], table: str, column: str) -> None:
    unknown = [value for value in values if value not in known]
    if unknown:
        raise InputError(
            "case-unknown-value", {"table": table, "column": column, "value": unknown[0]}
        )


_SIGNED = ("energy_value_cny_per_unit", "headroom_mw")


def _check_signs(case: Case) -> None:
    for name, rule in CASE_TABLES.items():
        frame = getattr(case, name)
        for column in rule.kinds:
            if rule.kinds[column] in ("float", "int") and column not in _SIGNED:
                wrong = frame[column] < 0
                if wrong.any():
                    where = {"table": name, "column": column, "value": frame[column][wrong].iloc[0]}
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
