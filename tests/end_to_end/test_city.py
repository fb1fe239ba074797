"""The whole bundled city: 3.5 GW and 516,000 mu by 2030, proven, with every kind of scarcity."""

import pytest

from sandgrid.pipeline import Result, run_scenario

from .conftest import stated
from .figures import check_drawings, check_plan_json, check_totals
from .folders import listed_hashes, read_table, true_hashes

pytestmark = pytest.mark.end_to_end
FAMILIES = ("land", "headroom", "bays", "person_days", "quota", "obligation")
YEARS = list(range(2024, 2031))


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Result:
    return run_scenario(stated("tongliao-2030"), tmp_path_factory.mktemp("city") / "plan")


def test_the_plan_is_proven_and_audited(city: Result) -> None:
    assert city.exit_code == 0
    check_plan_json(city.figures)
    assert listed_hashes(city.folder) == true_hashes(city.folder)


def test_the_city_is_as_large_as_it_should_be(city: Result) -> None:
    assert len(read_table(city.folder, "parcels")) >= 5_000
    assert 150 <= len(read_table(city.folder, "sites")) <= 300


def test_every_year_has_its_targets(city: Result) -> None:
    rows = city.figures["milestones"]
    assert [row["year"] for row in rows] == YEARS
    assert [row["capacity_target_mw"] for row in rows] == [1100 + 400 * n for n in range(7)]
    assert rows[0]["treated_target_mu"] == 164_000
    assert rows[-1]["treated_target_mu"] == 516_000
    assert (rows[-1]["pv_target_mw"], rows[-1]["wind_target_mw"]) == (2300, 1200)


def test_totals_are_the_sums_of_the_layers(city: Result) -> None:
    check_totals(city.folder, city.figures)
    check_drawings(city.folder)


@pytest.mark.parametrize("family", FAMILIES)
def test_every_kind_of_scarcity_binds(city: Result, family: str) -> None:
    names = [name for name in city.figures["binding"] if name.partition("[")[0] == family]
    assert names, f"no row of {family} binds"


def test_finished_works_are_counted_once(city: Result) -> None:
    works = read_table(city.folder, "works")
    assert works["area_centimu"].sum() == 11_000_000
    assert city.figures["works_mu"] == 110_000
    assert works["date"].max() <= "2024-06-30"
    assert not works["accepted"].astype(bool).all()


def test_the_quota_is_kept(city: Result) -> None:
    districts = {row["district_id"]: row["treated_mu"] for row in city.figures["districts"]}
    assert districts["150526"] >= 60_000
    assert sum(districts.values()) == pytest.approx(city.figures["treated_mu"])
