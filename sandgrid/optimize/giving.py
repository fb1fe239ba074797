"""Which rows may give way where no plan keeps them all, and in which units that is told."""

from sandgrid.messages import Language, tell

CEILINGS = (
    "headroom",
    "bays",
    "budget",
    "person_days",
    "straw",
    "water",
    "working_capital",
    "enclosure_share",
)
LEAST_SIZES = ("least_hub", "least_site")
LOCKS = ("one_hub", "parcel_land")
RULES = (*LEAST_SIZES, "least_units", *LOCKS)
DEMANDS = (
    "capacity",
    "treated",
    "obligation",
    "core_share",
    "industry_share",
    "least_soil",
    "quota",
    "least_share",
)
RAISED = (*CEILINGS, "quota")
LOWERED = (
    "capacity",
    "treated",
    "obligation",
    "core_share",
    "industry_share",
    "quota",
    *LEAST_SIZES,
    *LOCKS,
)
COUNTED = {"straw": "straw_t", "person_days": "person_days", "water": "water_m3"}
UNITS = {
    "headroom": "MW",
    "bays": "1",
    "budget": "million CNY",
    "person_days": "d",
    "straw": "t",
    "water": "m3",
    "working_capital": "million CNY",
    "enclosure_share": "ha",
    "capacity": "MW",
    "treated": "ha",
    "obligation": "ha",
    "core_share": "ha",
    "industry_share": "ha",
    "least_soil": "t/a",
    "least_hub": "MW",
    "least_site": "MW",
    "least_units": "1",
    "one_hub": "1",
    "parcel_land": "ha",
}
QUOTA_UNITS = {
    "capacity_mw": "MW",
    "energy_mwh": "GWh",
    "treated_ha": "ha",
    "industry_ha": "ha",
    "soil_t": "kt",
    "protection": "1",
    "wages_cny": "million CNY",
    "net_cost_cny": "million CNY",
}


def family_of(row: str) -> str:
    """Return the family of a row.

    Examples
    --------
    >>> family_of("treated[2027]")
    'treated'

    """
    return row.partition("[")[0]


def unit_text(unit: str, lang: Language) -> str:
    """Return a unit as a sentence holds it; a bare number has none.

    Examples
    --------
    >>> unit_text("million CNY", "zh"), unit_text("MW", "zh"), unit_text("1", "en")
    ('百万元', 'MW', '')

    """
    if unit == "million CNY":
        return tell("unit-million-cny", lang=lang)
    return "" if unit == "1" else unit
