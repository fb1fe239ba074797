"""Exact conversions between the units of the trade and those of the package.

1 mu = 2000/3 m2 exactly, so 1 ha = 15 mu; 1 wan-kW (万千瓦) = 10 MW; 1 wan mu (万亩) = 10,000 mu.
The plan is kept in integers: kW of capacity, hundredths of a mu of land, CNY of money.
"""

from fractions import Fraction
from typing import Final

MU_M2: Final = Fraction(2000, 3)
MU_PER_HA: Final = 15
M2_PER_HA: Final = 10_000
KW_PER_MW: Final = 1_000
MW_PER_WAN_KW: Final = 10
CENTIMU_PER_MU: Final = 100
CENTIMU_PER_HA: Final = MU_PER_HA * CENTIMU_PER_MU
MU_PER_WAN_MU: Final = 10_000
CNY_PER_MILLION: Final = 1_000_000
HOURS_PER_YEAR: Final = 8_760


def ha_from_mu(area_mu: float) -> float:
    """Convert mu to hectares.

    Examples
    --------
    >>> ha_from_mu(516_000)
    34400.0

    """
    return area_mu / MU_PER_HA


def mu_from_ha(area_ha: float) -> float:
    """Convert hectares to mu.

    Examples
    --------
    >>> mu_from_ha(34_400)
    516000

    """
    return area_ha * MU_PER_HA


def ha_from_centimu(area_centimu: float) -> float:
    """Convert hundredths of a mu to hectares.

    Examples
    --------
    >>> ha_from_centimu(51_600_000)
    34400.0

    """
    return area_centimu / CENTIMU_PER_HA
