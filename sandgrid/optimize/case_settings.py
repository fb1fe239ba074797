"""Rules of counting, least sizes and what is off unless asked for."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Literal

Scope = Literal["programme", "district", "hub"]
NET_COST = "net_cost_cny"
SCOPES: tuple[Scope, ...] = ("programme", "district", "hub")


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
    obligation_scope : {"programme", "district", "hub"}
        What must carry its own capacity: the programme, the district of each site, or (hub) the
        district of each hub, where every hectare is pledged to one hub.
    min_share_industry : float
        Least share of new counted land under sequences of an industry [1].
    hybrid_coincidence : float
        Part of the smaller of PV and wind that a hub's connection must carry beside the larger
        [1]; 1 connects all that stands.
    wage_cny_per_day : float
        Wage of a person-day [CNY/d].
    repaid_after_years : int
        Years until money spent on treatment is repaid (先建后补) [a].
    within_reach : bool
        Whether only parcels in reach of a site that is used may be treated (table ``reaches``).
    perimeter_cny_per_m : float
        Price of a metre of border between treated and other land (table ``borders``) [CNY/m].
    goal : mapping
        Quantity -> weight of what is made as small as can be; the net cost by itself if not given.

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
    obligation_scope: Scope = "programme"
    min_share_industry: float = 0.0
    hybrid_coincidence: float = 1.0
    wage_cny_per_day: float = 0.0
    repaid_after_years: int = 0
    within_reach: bool = False
    perimeter_cny_per_m: float = 0.0
    goal: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({NET_COST: 1.0}))
