"""What a PV block or a turbine costs over its life, in money of the year it is commissioned."""

from dataclasses import dataclass

from sandgrid.params import Parameters
from sandgrid.units import KW_PER_MW, MU_PER_HA


@dataclass(frozen=True)
class UnitEconomics:
    """Costs and value of one unit; recurring ones as present value at commissioning.

    Parameters
    ----------
    unit_mw : float
        Capacity [MW].
    gross_ha : float
        Land of a unit: gross area of a PV block, or pads and roads of a turbine [ha].
    generation_cny : float
        Capital without the collector station, which the hub pays [CNY].
    operation_cny, lease_cny : float
        Upkeep, and lease of the land, over the life [CNY].
    value_cny_per_mwh_year : float
        Value over the life of one MWh generated each year, after curtailment [CNY].
    life_years : int
        Life [a].

    """

    unit_mw: float
    gross_ha: float
    generation_cny: float
    operation_cny: float
    lease_cny: float
    value_cny_per_mwh_year: float
    life_years: int


def annuity(rate: float, years: int) -> float:
    """Return the present value of 1 CNY at the end of each year.

    Parameters
    ----------
    rate : float
        Discount rate [1/a].
    years : int
        Number of payments.

    Notes
    -----
    (1 - (1 + r)^-n) / r, the inverse of the capital recovery factor r (1+r)^n / ((1+r)^n - 1).

    Examples
    --------
    >>> round(annuity(0.065, 25), 4), annuity(0.0, 20)
    (12.1979, 20.0)

    """
    if rate == 0:
        return float(years)
    return (1 - (1 + rate) ** -years) / rate


def unit_economics(parameters: Parameters, technology: str) -> UnitEconomics:
    """Return costs and value of one PV block or one turbine.

    Parameters
    ----------
    parameters : Parameters
        ``pv.*`` or ``wind.*``, ``energy.*``, ``finance.discount_rate``.
    technology : {"pv", "wind"}
        Which.

    Examples
    --------
    >>> from sandgrid.params import default_parameters
    >>> block = unit_economics(default_parameters(), "pv")
    >>> block.unit_mw, round(block.gross_ha, 4), block.generation_cny
    (3.125, 5.8333, 10937500.0)

    """
    unit_mw, gross_ha = _size(parameters, technology)
    unit_kw = unit_mw * KW_PER_MW
    life = int(parameters.number(f"{technology}.life_years"))
    factor = annuity(parameters.number("finance.discount_rate"), life)
    station = parameters.number(f"{technology}.station_cny_per_kw")
    capital = capex_cny_per_kw(parameters, technology) - station
    sold = 1 - parameters.number("energy.curtailment")
    price_cny_per_mwh = parameters.number(f"{technology}.price_cny_per_kwh") * KW_PER_MW
    return UnitEconomics(
        unit_mw=unit_mw,
        gross_ha=gross_ha,
        generation_cny=capital * unit_kw,
        operation_cny=parameters.number(f"{technology}.operation_cny_per_kw") * unit_kw * factor,
        lease_cny=parameters.number("energy.lease_cny_per_mu") * gross_ha * MU_PER_HA * factor,
        value_cny_per_mwh_year=price_cny_per_mwh * sold * factor,
        life_years=life,
    )


def capex_cny_per_kw(parameters: Parameters, technology: str) -> float:
    """Return the capital of a plant with its station and the storage that is asked for [CNY/kW].

    Examples
    --------
    >>> from sandgrid.params import default_parameters
    >>> bare = default_parameters().with_values({"storage.share": 0.0}, "test")
    >>> capex_cny_per_kw(bare, "pv")
    3730.0

    """
    given = parameters.number(f"{technology}.capex_cny_per_kw")
    contained = parameters.number(f"{technology}.storage_in_capex_cny_per_kw")
    stored_kwh = parameters.number("storage.share") * parameters.number("storage.hours")
    return given - contained + stored_kwh * parameters.number("storage.cny_per_kwh")


def _size(parameters: Parameters, technology: str) -> tuple[float, float]:
    """Return capacity [MW] and land [ha] of a unit."""
    if technology == "pv":
        unit_mw = parameters.number("pv.block_mw")
        return unit_mw, unit_mw * parameters.number("pv.gross_mu_per_mw") / MU_PER_HA
    unit_mw = parameters.number("wind.turbine_mw")
    return unit_mw, unit_mw * parameters.number("wind.direct_ha_per_mw")


def collector_cny_per_mw(distance_km: float, parameters: Parameters) -> float:
    """Return the cost of feeders from a site to its hub, per MW [CNY/MW].

    Examples
    --------
    >>> from sandgrid.params import default_parameters
    >>> round(collector_cny_per_mw(10.0, default_parameters()))
    261818

    """
    length_km = distance_km * parameters.number("collector.route_factor")
    feeder_cny = length_km * parameters.number("collector.cost_cny_per_km")
    return feeder_cny / parameters.number("collector.feeder_mw")


def net_present_cost_cny(
    parameters: Parameters, technology: str, *, full_load_hours: float, connection_cny: float = 0.0
) -> float:
    """Return what one unit costs over its life less what it earns, at commissioning [CNY].

    Parameters
    ----------
    parameters : Parameters
        As for :func:`unit_economics`.
    technology : {"pv", "wind"}
        Which.
    full_load_hours : float
        Yearly yield before curtailment [MWh/MW/a].
    connection_cny : float
        Feeders, and shares of station and trunk, of the unit [CNY].

    """
    unit = unit_economics(parameters, technology)
    earned = full_load_hours * unit.unit_mw * unit.value_cny_per_mwh_year
    spent = unit.generation_cny + unit.operation_cny + unit.lease_cny + connection_cny
    return spent - earned


def levelised_cost_cny_per_mwh(
    parameters: Parameters, technology: str, *, full_load_hours: float, connection_cny: float = 0.0
) -> float:
    """Return the price at which one unit earns what it costs [CNY/MWh].

    Parameters
    ----------
    parameters, technology, full_load_hours, connection_cny
        As for :func:`net_present_cost_cny`.

    Notes
    -----
    (capital x CRF + operation + lease) / (energy x (1 - curtailment)), the capital recovery
    factor CRF being the inverse of the annuity.

    Examples
    --------
    >>> from sandgrid.params import default_parameters
    >>> round(levelised_cost_cny_per_mwh(default_parameters(), "wind", full_load_hours=2900.0))
    167

    """
    unit = unit_economics(parameters, technology)
    spent = unit.generation_cny + unit.operation_cny + unit.lease_cny + connection_cny
    sold = full_load_hours * unit.unit_mw * (1 - parameters.number("energy.curtailment"))
    factor = annuity(parameters.number("finance.discount_rate"), unit.life_years)
    return spent / (sold * factor)


def sensitivities(
    parameters: Parameters, technology: str, *, full_load_hours: float, change: float
) -> dict[str, tuple[float, float]]:
    """Return the levelised cost when one thing at a time is lower and higher [CNY/MWh].

    Parameters
    ----------
    parameters, technology, full_load_hours
        As for :func:`net_present_cost_cny`.
    change : float
        Share by which each is moved down and up [1].

    Returns
    -------
    dict
        Key of the parameter, or ``full_load_hours`` -> cost when it is lower, when it is higher.

    Examples
    --------
    >>> from sandgrid.params import default_parameters
    >>> found = sensitivities(default_parameters(), "pv", full_load_hours=1700.0, change=0.1)
    >>> low, high = found["full_load_hours"]
    >>> low > high
    True

    """
    names = ("capex_cny_per_kw", "operation_cny_per_kw")
    keys = [f"{technology}.{name}" for name in names]
    keys += ["finance.discount_rate", "energy.curtailment", "energy.lease_cny_per_mu"]
    found = {}
    for key in (*keys, "full_load_hours"):
        pair = []
        for factor in (1 - change, 1 + change):
            hours = full_load_hours * (factor if key == "full_load_hours" else 1)
            moved = parameters
            if key != "full_load_hours":
                moved = parameters.with_values({key: parameters.number(key) * factor}, "what if")
            pair.append(levelised_cost_cny_per_mwh(moved, technology, full_load_hours=hours))
        found[key] = (pair[0], pair[1])
    return found
