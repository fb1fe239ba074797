"""Every default has a unit, a source and a confidence; UNKNOWN stays unknown."""

import pytest

from sandgrid.errors import ScenarioError
from sandgrid.params import Parameter, Parameters, default_parameters


@pytest.mark.parametrize("key", list(default_parameters()))
def test_a_default_says_where_it_comes_from(key: str) -> None:
    parameter = default_parameters()[key]
    assert parameter.source
    assert parameter.confidence in {"verified", "inferred", "high", "medium", "low"}


def test_an_unknown_value_must_be_set_before_use() -> None:
    parameters = Parameters({"lease.dividend_share": Parameter(None, "1", "not found", "low")})
    with pytest.raises(ScenarioError, match="is UNKNOWN"):
        parameters.number("lease.dividend_share")
    changed = parameters.with_values({"lease.dividend_share": 0.1}, source="test")
    assert changed.number("lease.dividend_share") == 0.1


def test_the_kind_of_a_value_is_kept() -> None:
    parameters = Parameters(
        {
            "a": Parameter(1, "1", "made", "high"),
            "b": Parameter("text", "", "made", "high"),
            "c": Parameter(True, "", "made", "high"),
            "d": Parameter((1.0, 2.0), "1", "made", "high"),
        }
    )
    assert (parameters.number("a"), parameters.text("b"), parameters.flag("c")) == (1, "text", True)
    assert parameters.numbers("d") == (1, 2)
    for key in "bcd":
        with pytest.raises(ScenarioError, match="must be a number"):
            parameters.number(key)
    with pytest.raises(ScenarioError, match="does not exist"):
        parameters["e"]
