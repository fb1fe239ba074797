"""Units are exact."""

from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from sandgrid import units
from sandgrid.params import default_parameters


def test_known_conversions() -> None:
    assert units.MU_M2 * units.MU_PER_HA == units.M2_PER_HA
    assert units.ha_from_mu(516_000) == 34_400
    assert units.mu_from_ha(34_400) == 516_000
    assert Fraction(2000, 3) == units.MU_M2
    assert units.ha_from_centimu(51_600_000) == 34_400


def test_the_obligation_of_the_programme() -> None:
    parameters = default_parameters()
    pv = parameters.number("programme.obligation_pv_mu_per_mw")
    wind = parameters.number("programme.obligation_wind_mu_per_mw")
    assert pv * 2_300 + wind * 1_200 == 516_000
    assert pv * 700 + wind * 400 == 164_000
    assert pv * 2_755 + wind * 1_345 == 599_600


@given(st.integers(0, 10**12))
def test_there_and_back(hectares: int) -> None:
    assert units.ha_from_mu(units.mu_from_ha(hectares)) == hectares
