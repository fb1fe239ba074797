"""Measures and sequences of the user's own: offered like those of the catalogue, or refused."""

from datetime import date
from pathlib import Path

import pytest

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
    ],
)
def test_what_is_wrong_is_named(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(InputError) as caught:
        scenario_parameters(stated(tmp_path, text))
    assert said in caught.value.text("en")
    assert OWN in caught.value.text("en")


def test_a_sequence_of_a_measure_that_is_not_there(tmp_path: Path) -> None:
    parameters = scenario_parameters(stated(tmp_path, SEQUENCE))
    with pytest.raises(InputError, match="licorice"):
        read_sequences(parameters)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    scenario = stated(tmp_path, "").with_({"treatment.files": ["none.toml"]})
    with pytest.raises(InputError, match=r"none\.toml does not exist"):
        scenario_parameters(scenario)
