"""A scenario says what is wrong with it, where, and what was probably meant."""

from datetime import date
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandgrid.errors import ScenarioError
from sandgrid.scenario import Scenario, load_scenario, parse_scenario
from sandgrid.scenario.resolved import resolve_scenario, scenario_parameters, scenario_sha256
from sandgrid.scenario.tables import limit_table, quota_table
from sandgrid.scenario.targets import capacity_targets, fill_years, treated_targets

UNITS = {"pv": 3.125, "wind": 6.25}


@pytest.fixture
def programme() -> Scenario:
    return parse_scenario(
        {
            "name": "programme",
            "as_of": date(2024, 6, 30),
            "years": {"first": 2024, "last": 2030},
            "layers": {"catalogue": "catalogue.toml"},
            "targets": {
                "capacity_mw": {2024: 1100, 2030: 3500},
                "pv_mw": {2024: 700, 2030: 2300},
                "treated_mu": {2024: 164_000, 2030: 516_000},
                "interpolate": ["capacity_mw", "treated_mu"],
            },
        }
    )


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"targets.capcity_mw": {}}, "targets.capcity_mw: unknown; did you mean capacity_mw?"),
        ({"solver.gaps": 1}, "solver.gaps: unknown; did you mean gap?"),
        ({"zebra": 1}, "zebra: unknown; remove it"),
        ({"years.last": 2023}, "years.last = 2023 is refused (before years.first)"),
        ({"as_of": date(2025, 1, 1)}, "after years.first"),
        ({"targets.treated_mu.2031": 1}, "outside the years of the plan"),
        ({"targets.treated_mu.2030": 1}, "below 164000.0 in 2024"),
        ({"area.bbox_deg": [122, 43, 121, 44]}, "west < east"),
        (
            {"quotas": [{"quantity": "soil_t", "year": 2030, "district": "D", "collective": "C"}]},
            "both a district and a collective",
        ),
        (
            {"quotas": [{"quantity": "capacity_mw", "year": 2030, "minimum_share": 0.1}]},
            "a share needs a district or a collective",
        ),
        ({"quotas": [{"quantity": "soil_t", "year": 2031}]}, "outside the years of the plan"),
        ({"limits.budget_cny": {2024: -5}}, "limits.budget_cny.2024 = -5 is refused"),
        ({"grid.resolution_m": 0}, "grid.resolution_m = 0 is refused"),
        ({"name.deeper": 1}, "cannot change name.deeper"),
    ],
)
def test_a_fault_is_named_with_its_key(
    programme: Scenario, changes: dict[str, object], said: str
) -> None:
    with pytest.raises(ScenarioError) as caught:
        programme.with_(changes)
    assert said in caught.value.text("en")
    assert caught.value.exit_code == 2
    assert caught.value.text("zh") != caught.value.text("en")


def test_files_that_are_absent_or_not_toml_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ScenarioError, match="does not exist"):
        load_scenario(tmp_path / "none.toml")
    twice = tmp_path / "twice.toml"
    twice.write_text('name = "a"\nname = "b"\n', encoding="utf-8")
    with pytest.raises(ScenarioError, match="not valid TOML"):
        load_scenario(twice)
    short = tmp_path / "short.toml"
    short.write_text('name = "a"\n', encoding="utf-8")
    with pytest.raises(ScenarioError, match="as_of is missing"):
        load_scenario(short)


def test_a_variant_leaves_the_first_scenario_alone(programme: Scenario) -> None:
    variant = programme.with_(
        {"targets.treated_mu.2030": 560_000, "parameters.finance.discount_rate": 0.05}
    )
    assert programme.targets.treated_mu[2030] == 516_000
    assert variant.targets.treated_mu[2030] == 560_000
    assert scenario_parameters(variant).number("finance.discount_rate") == 0.05
    assert scenario_parameters(variant)["finance.discount_rate"].confidence == "user"


def test_an_unknown_parameter_is_refused(programme: Scenario) -> None:
    with pytest.raises(ScenarioError, match=r"finance\.rate does not exist"):
        scenario_parameters(programme.with_({"parameters.finance.rate": 1}))


def test_the_ramp_of_the_programme_is_exact(programme: Scenario) -> None:
    targets = treated_targets(programme).set_index("year")
    assert targets.loc[2030, "target_ha"] == 34_400
    assert targets.loc[2024, "target_centimu"] == 16_400_000
    assert targets.loc[2025, "target_centimu"] == 22_266_667  # 222,666 2/3 mu, rounded up
    capacity = capacity_targets(programme, UNITS)
    total = capacity[capacity["technology"] == "total"].set_index("year")["target_mw"]
    assert total.tolist() == [1100, 1500, 1900, 2300, 2700, 3100, 3500]
    assert capacity[capacity["technology"] == "pv"]["year"].tolist() == [2024, 2030]
    assert set(capacity[capacity["technology"] == "pv"]["band_mw"]) == {3.125}
    assert set(capacity[capacity["technology"] == "total"]["band_mw"]) == {6.25}


def test_obligation_and_target_coincide_on_the_ramp_of_the_programme(programme: Scenario) -> None:
    parameters = scenario_parameters(programme)
    pv_mu = Fraction(parameters.number("programme.obligation_pv_mu_per_mw"))
    wind_mu = Fraction(parameters.number("programme.obligation_wind_mu_per_mw"))
    pv = fill_years({2024: 700, 2030: 2300}, linear=True)
    wind = fill_years({2024: 400, 2030: 1200}, linear=True)
    treated = fill_years({2024: 164_000, 2030: 516_000}, linear=True)
    assert {year: pv_mu * pv[year] + wind_mu * wind[year] for year in pv} == treated
    assert treated[2030] / 15 == 34_400


@given(
    st.dictionaries(st.integers(2024, 2040), st.integers(0, 10**6), min_size=2, max_size=6),
)
def test_filled_years_keep_what_was_given_and_lie_between(given_years: dict[int, int]) -> None:
    filled = fill_years(given_years, linear=True)
    assert all(filled[year] == value for year, value in given_years.items())
    assert list(filled) == list(range(min(given_years), max(given_years) + 1))
    assert min(given_years.values()) <= min(filled.values())
    assert max(filled.values()) <= max(given_years.values())


def test_limits_and_quotas_become_tables(programme: Scenario) -> None:
    scenario = programme.with_(
        {
            "limits": {
                "person_days": {2024: 60_000},
                "season": {"spring": {"person_days": {2025: 9_000}}},
                "district": [{"district": "150525", "straw_t": {2024: 9}}],
            },
            "quotas": [
                {"quantity": "treated_mu", "district": "150525", "year": 2030, "minimum": 15_000},
                {"quantity": "wages_cny", "year": 2030, "minimum": 1e6},
            ],
        }
    )
    assert limit_table(scenario).to_numpy().tolist() == [
        ["person_days", "", 2024, "", 60_000.0],
        ["person_days", "", 2025, "spring", 9_000.0],
        ["straw_t", "150525", 2024, "", 9.0],
    ]
    row = quota_table(scenario).iloc[0]
    assert (row["quantity"], row["minimum"]) == ("treated_ha", 1_000.0)
    assert quota_table(scenario)["scope"].tolist() == ["district", "programme"]


def test_the_resolved_scenario_names_its_sources_and_hashes_alike(programme: Scenario) -> None:
    resolved = resolve_scenario(programme, UNITS)
    assert resolved["parameters"]["finance.discount_rate"]["confidence"] == "medium"  # type: ignore[index]
    assert scenario_sha256(resolved) == scenario_sha256(resolve_scenario(programme, UNITS))
    other = resolve_scenario(programme.with_({"targets.treated_mu.2030": 516_001}), UNITS)
    assert scenario_sha256(other) != scenario_sha256(resolved)
