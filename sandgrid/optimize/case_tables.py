"""The tables of a case: kind of each column, keys, what may be left out."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from types import MappingProxyType
from typing import Final

import numpy as np
import pandas as pd

from sandgrid.errors import InputError
from sandgrid.tables import require_unique

OFFSETS = (0, 1, 2)


@dataclass(frozen=True)
class TableRule:
    """What one table of a case holds.

    Parameters
    ----------
    kinds : mapping
        Column -> kind: str, float, int, bool.
    key : tuple of str
        Columns that name a row.
    may_miss : tuple of str
        Columns that may be NaN.
    defaults : mapping
        Columns that may be left out -> what stands there then.

    """

    kinds: Mapping[str, str]
    key: tuple[str, ...]
    may_miss: tuple[str, ...] = ()
    defaults: Mapping[str, str | float] = field(default_factory=lambda: MappingProxyType({}))


def _kinds(*, text: str, real: str = "", whole: str = "", flag: str = "") -> dict[str, str]:
    named = {"str": text, "float": real, "int": whole, "bool": flag}
    return {name: kind for kind, names in named.items() for name in names.split()}


_PER_HA = " ".join(
    f"{stem}_{offset}"
    for stem in ("cost_cny_per_ha", "person_days_per_ha", "straw_t_per_ha", "water_m3_per_ha")
    for offset in OFFSETS
)
_SEASONS = " ".join(f"seasons_{offset}" for offset in OFFSETS)
_LEFT_OUT: dict[str, str | float] = {"industry": "", "protection_per_ha": 0.0}
_LEFT_OUT |= {f"seasons_{offset}": "" for offset in OFFSETS}
_LEFT_OUT |= {f"water_m3_per_ha_{offset}": 0.0 for offset in OFFSETS}

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
                text=f"parcel_id sequence_id place industry {_SEASONS}",
                real=f"{_PER_HA} soil_t_per_ha protection_per_ha",
                whole="count_offset_years first_year",
                flag="reaches_cover enclosure_only",
            ),
            ("parcel_id", "sequence_id", "place"),
            defaults=_LEFT_OUT,
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
            _kinds(text="resource district_id season", real="limit", whole="year"),
            ("resource", "district_id", "year", "season"),
            defaults={"season": ""},
        ),
        "quotas": TableRule(
            _kinds(
                text="quantity scope scope_id",
                real="minimum maximum minimum_share maximum_share",
                whole="year",
            ),
            ("quantity", "scope", "scope_id", "year"),
            ("minimum", "maximum", "minimum_share", "maximum_share"),
            {"minimum_share": np.nan, "maximum_share": np.nan},
        ),
        "borders": TableRule(
            _kinds(text="parcel_id other_id", real="length_m"), ("parcel_id", "other_id")
        ),
        "reaches": TableRule(_kinds(text="parcel_id site_id"), ("parcel_id", "site_id")),
    }
)


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
    absent = {c: value for c, value in rule.defaults.items() if c not in frame.columns}
    missing = [c for c in rule.kinds if c not in frame.columns and c not in absent]
    if missing:
        raise InputError("table-missing-columns", {"table": name, "columns": ", ".join(missing)})
    given = frame.assign(**absent) if absent else frame
    chosen = given[list(rule.kinds)].reset_index(drop=True)
    _refuse_gaps(chosen, rule, name)
    other = {c: DTYPES[k] for c, k in rule.kinds.items() if chosen[c].dtype != DTYPES[k]}
    result = chosen.astype(other) if other else chosen
    if _strictly_sorted(result, rule.key):
        return result
    require_unique(result, rule.key, name)
    return result.sort_values(list(rule.key), kind="stable", ignore_index=True)


DTYPES: Final = {"str": "str", "float": "float64", "int": "int64", "bool": "bool"}


def _strictly_sorted(frame: pd.DataFrame, key: tuple[str, ...]) -> bool:
    """Tell whether rows stand in order of their key and no key stands twice."""
    keys = list(zip(*(frame[column].tolist() for column in key), strict=True))
    return all(one < other for one, other in pairwise(keys))


def _refuse_gaps(frame: pd.DataFrame, rule: TableRule, table: str) -> None:
    for column, kind in rule.kinds.items():
        if column in rule.may_miss or frame[column].dtype in ("int64", "bool"):
            continue
        values = frame[column]
        bad = values.isna() if kind != "float" else ~np.isfinite(values.to_numpy("float64"))
        if bad.any():
            where = {"table": table, "column": column, "row": int(np.flatnonzero(bad)[0])}
            raise InputError("table-missing-value", where)
