"""Measures and sequences of the user's own: offered like those of the catalogue, or refused."""

from datetime import date
from pathlib import Path

import pytest

import sandgrid.scenario.resolved
from sandgrid.errors import InputError
from sandgrid.params import default_parameters
from sandgrid.scenario import Scenario, parse_scenario
from sandgrid.scenario.resolved import resolve_scenario, scenario_parameters
from sandgrid.treatment import read_sequences

OWN = "own.toml"
MEASURE = "measure.licorice"
SEQUENCE = """
[sequence.licorice]
measures = { value = "licorice", unit = "", source = "trial of the station", confidence = "medium" }
offsets = { value = [0], unit = "a", source = "one step", confidence = "high" }
dune_classes = { value = "semi_fixed", unit = "", source = "trial", confidence = "medium" }
places = { value = "off_site", unit = "", source = "trial", confidence = "medium" }
industry = { value = "licorice", unit = "", source = "roots sold in year 4", confidence = "low" }
"""


def measure(**changes: str) -> str:
    """Return the entry of a measure: that of sown grass, some parts changed; "" leaves one out."""
    parameters = default_parameters()
    parts = {}
    for part in parameters.below("measure.grass_seed"):
        value = parameters[f"measure.grass_seed.{part}"].value
        text = f'"{value}"' if isinstance(value, str) else str(value)
        parts[part] = str(list(value)) if isinstance(value, tuple) else text
    lines = [
        f'{part} = {{ value = {value}, unit = "1", source = "trial", confidence = "medium" }}'
        for part, value in (parts | changes).items()
        if value
    ]
    return "\n".join([f"[{MEASURE}]", *lines]) + "\n"


def stated(folder: Path, text: str) -> Scenario:
    (folder / OWN).write_text(text, encoding="utf-8")
    table = {
        "name": "own",
        "as_of": date(2024, 6, 30),
        "years": {"first": 2024, "last": 2026},
        "layers": {"catalogue": "catalogue.toml"},
        "treatment": {"files": [OWN]},
        "parameters": {"industry.licorice.price_cny": 8},
    }
    return parse_scenario(table, folder=folder)


def test_an_own_sequence_is_one_of_the_catalogue(tmp_path: Path) -> None:
    scenario = stated(tmp_path, measure(cost_cny_per_mu="260") + SEQUENCE)
    by_id = {s.sequence_id: s for s in read_sequences(scenario_parameters(scenario))}
    assert set(by_id) == {s.sequence_id for s in read_sequences(default_parameters())} | {
        "licorice"
    }
    assert by_id["licorice"].need("cost_cny", 0) == pytest.approx(260 * 15)
    assert by_id["licorice"].industry == "licorice"
    record = resolve_scenario(scenario, {"pv": 3.125, "wind": 6.25})
    assert record["treatment"] == {"files": [OWN]}
    assert record["parameters"][f"{MEASURE}.cost_cny_per_mu"]["source"] == "trial"


def test_a_known_name_is_replaced_in_part(tmp_path: Path) -> None:
    cheaper = '[measure.shrub]\ncost_cny_per_mu = { value = 111, unit = "CNY/mu", '
    scenario = stated(tmp_path, cheaper + 'source = "tender", confidence = "high" }\n')
    parameters = scenario_parameters(scenario)
    assert parameters.number("measure.shrub.cost_cny_per_mu") == 111
    assert parameters["measure.shrub.survival"] == default_parameters()["measure.shrub.survival"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (measure(survival="") + SEQUENCE, f"{MEASURE} lacks survival"),
        (SEQUENCE.replace("industry", "industri"), "sequence.licorice lacks industry"),
        ("[wind]\nrotor_m = 1\n", "wind.rotor_m needs exactly value, unit, source"),
        (
            '[wind]\nrotor_m = { value = 1, unit = "m", source = "x", confidence = "low" }\n',
            "wind.rotor_m is neither measure.NAME.PART nor sequence.NAME.PART",
        ),
        ("[measure.x\n", "is not TOML"),
        (measure(survival="7") + SEQUENCE, "licorice.survival = 7 lies outside 0.0 to 1.0"),
        (measure(window_months="[4, 13]") + SEQUENCE, "window_months = 13.0 lies outside 1.0 to"),
        (measure(cost_cny_per_mu="-1") + SEQUENCE, "cost_cny_per_mu = -1 lies outside 0.0 to inf"),
    ],
)
def test_what_is_wrong_is_named(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(InputError) as caught:
        scenario_parameters(stated(tmp_path, text))
    assert said in caught.value.text("en")
    assert OWN in caught.value.text("en")


def entry(part: str, value: str) -> str:
    return f'{part} = {{ value = {value}, unit = "1", source = "trial", confidence = "high" }}\n'


def test_a_cover_that_is_stated_replaces_a_gain(tmp_path: Path) -> None:
    name = next(n for n in default_parameters().below("measure") if gains(n))
    text = f"[measure.{name}]\n" + entry("cover_year3", "[0.5, 0.7]")
    parameters = scenario_parameters(stated(tmp_path, text))
    assert f"measure.{name}.cover_gain" not in parameters
    steps = [s for q in read_sequences(parameters) for s in q.steps if s.measure == name]
    assert {(step.cover, step.adds) for step in steps} == {(0.6, False)}


def gains(measure_name: str) -> bool:
    return f"measure.{measure_name}.cover_gain" in default_parameters()


def test_a_measure_that_is_not_irrigated_needs_no_licence(tmp_path: Path) -> None:
    parameters = scenario_parameters(
        stated(tmp_path, "[measure.forage]\n" + entry("irrigated", "false"))
    )
    by_id = {s.sequence_id: s for s in read_sequences(parameters)}
    assert not by_id["forage"].irrigated


def test_every_range_is_that_of_a_part_of_the_catalogue() -> None:
    text = Path(sandgrid.scenario.resolved.__file__).parents[1] / "reference/treatment_ranges.csv"
    parts = {line.split(",")[0] for line in text.read_text(encoding="utf-8").splitlines()[1:]}
    parameters = default_parameters()
    held = {p for n in parameters.below("measure") for p in parameters.below(f"measure.{n}")}
    held |= {p for n in parameters.below("sequence") for p in parameters.below(f"sequence.{n}")}
    assert parts <= held


def test_a_sequence_of_a_measure_that_is_not_there(tmp_path: Path) -> None:
    parameters = scenario_parameters(stated(tmp_path, SEQUENCE))
    with pytest.raises(InputError, match="licorice"):
        read_sequences(parameters)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    scenario = stated(tmp_path, "").with_({"treatment.files": ["none.toml"]})
    with pytest.raises(InputError, match=r"none\.toml does not exist"):
        scenario_parameters(scenario)
