"""What the optimizer is asked: tables of options, power system, works, targets and limits.

A :class:`Case` is checked and sorted by id when it is made, so that the order in which rows
arrive can never change a plan.  All areas are ha, powers MW, money CNY.
"""

from collections.abc import Mapping
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
    """What one table of a case must hold: kinds by column, key, columns that may be NaN."""

    kinds: Mapping[str, str]
    key: tuple[str, ...]
    may_miss: tuple[str, ...] = ()


def _by_offset(*stems: str) -> dict[str, str]:
    return {f"{stem}_{offset}": "float" for stem in stems for offset in OFFSETS}


def _rule(text: str, floats: str = "", ints: str = "", key: int = 1, **_: str) -> TableRule:
    ids, reals, whole = text.split(), floats.split(), ints.split()
    kinds = dict.fromkeys(ids, "str") | dict.fromkeys(reals, "float") | dict.fromkeys(whole, "int")
    return TableRule(kinds=kinds, key=tuple([*ids, *whole][:key]))
