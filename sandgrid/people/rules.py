"""Sharing rules: who advances money, who pays, who gains, as a scenario's parameters state them."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import isclose
from typing import Any, Final, cast

from sandgrid.errors import ScenarioError
from sandgrid.params import Parameter, Parameters, default_parameters

UNSET: Final = "UNKNOWN"
CHOICES: Final[Mapping[str, tuple[str, ...]]] = {
    "sharing.advance": ("implementer", "developer"),
    "sharing.treatment_payer": ("developer", "implementer"),
    "sharing.on_site_implementer": ("developer", "parcel"),
    "sharing.product_to": ("beneficiary", "implementer", "holder"),
    "subsidy.footprint": ("on_site", "parcel", "site"),
}


@dataclass(frozen=True)
class SharingRules:
    """Rules by which money and land are shared.

    Parameters
    ----------
    advance : {"implementer", "developer"}
        Who pays for works while they are done.
    treatment_payer : {"developer", "implementer"}
        Who bears in the end what no subsidy covers.
    on_site_implementer : {"developer", "parcel"}
        Who treats land inside a plant.
    product_to : {"beneficiary", "implementer", "holder"}
        Who gains from what grows.
    footprint : {"on_site", "parcel", "site"}
        What lies inside a base and gets no subsidy.
    local_wage_share, dividend_share, least_wage_share : float
        Shares, 0 to 1.
    wage_cny_per_day : float
        Wage of a person-day [CNY/d].
    step_shares, step_years : tuple
        Steps of the subsidy and the years after the start in which they are paid [1], [a].

    """

    advance: str
    treatment_payer: str
    on_site_implementer: str
    product_to: str
    footprint: str
    local_wage_share: float
    dividend_share: float
    least_wage_share: float
    wage_cny_per_day: float
    step_shares: tuple[float, ...]
    step_years: tuple[int, ...]


def read_rules(parameters: Parameters) -> SharingRules:
    """Read the sharing rules.

    Raises
    ------
    ScenarioError
        If a rule is none of its choices, a share lies outside 0 to 1, or the steps of the subsidy
        do not add up.

    Examples
    --------
    >>> from sandgrid.params import default_parameters
    >>> rules = read_rules(default_parameters())
    >>> rules.advance, rules.step_years
    ('implementer', (0, 1, 3))
    >>> read_rules(default_parameters().with_values({"sharing.advance": "bank"}, "example"))
    Traceback (most recent call last):
    sandgrid.errors.ScenarioError: parameter sharing.advance is 'bank'; it must be implementer or \
developer

    """
    steps = parameters.numbers("subsidy.step_shares")
    years = tuple(int(year) for year in parameters.numbers("subsidy.step_years"))
    if len(steps) != len(years) or not isclose(sum(steps), 1.0) or min(steps) < 0:
        raise ScenarioError("people-bad-steps", {"shares": list(steps), "years": list(years)})
    return SharingRules(
        advance=_choice(parameters, "sharing.advance"),
        treatment_payer=_choice(parameters, "sharing.treatment_payer"),
        on_site_implementer=_choice(parameters, "sharing.on_site_implementer"),
        product_to=_choice(parameters, "sharing.product_to"),
        footprint=_choice(parameters, "subsidy.footprint"),
        local_wage_share=_share(parameters, "sharing.local_wage_share"),
        dividend_share=_share(parameters, "sharing.dividend_share"),
        least_wage_share=_share(parameters, "sharing.least_wage_share"),
        wage_cny_per_day=parameters.number("treatment.wage_cny_per_day"),
        step_shares=steps,
        step_years=years,
    )


def _choice(parameters: Parameters, key: str) -> str:
    value = parameters.text(key)
    if value not in CHOICES[key]:
        detail = {"key": key, "value": repr(value), "choices": " or ".join(CHOICES[key])}
        raise ScenarioError("people-bad-choice", detail)
    return value


def _share(parameters: Parameters, key: str) -> float:
    value = parameters.number(key)
    if not 0.0 <= value <= 1.0:
        raise ScenarioError("people-bad-share", {"key": key, "value": value})
    return value


def record_parameters(record: Mapping[str, Any]) -> Parameters:
    """Return the parameters of a resolved scenario; rules that it does not hold are the defaults.

    Parameters
    ----------
    record : mapping
        The resolved scenario, as ``scenario.json`` holds it.

    Examples
    --------
    >>> entry = {"value": None, "unit": "kg", "source": "not found", "confidence": "low"}
    >>> record_parameters({"parameters": {"a": entry}})["a"].value is None
    True

    """
    stated = {key: _parameter(entry) for key, entry in record["parameters"].items()}
    return Parameters({**default_parameters(), **stated})


def _parameter(entry: Mapping[str, Any]) -> Parameter:
    value = entry["value"]
    return Parameter(
        value=tuple(value) if isinstance(value, list) else value,
        unit=str(entry["unit"]),
        source=str(entry["source"]),
        confidence=cast("Any", entry["confidence"]),
    )


def optional_number(parameters: Parameters, key: str) -> float | None:
    """Return a number, or None where the key is absent or UNKNOWN."""
    if key not in parameters or parameters[key].value is None:
        return None
    return parameters.number(key)
