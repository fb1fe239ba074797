"""The whole bundled city: 3.5 GW and 516,000 mu by 2030, proven, with every kind of scarcity."""

import json

import pytest

from sandgrid.pipeline import Result

from .figures import check_drawings, check_plan_json, check_totals
from .folders import listed_hashes, read_table, true_hashes

pytestmark = pytest.mark.end_to_end
FAMILIES = ("headroom", "bays", "person_days", "quota", "obligation", "least_soil")
YEARS = list(range(2024, 2031))


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


def test_treatment_costs_what_the_trade_pays_and_suits_the_land(city: Result) -> None:
    """300 to 2,500 yuan a mu; straw where sand moves or blows out, no trees below 380 mm."""
    treatments, costs = (read_table(city.folder, name) for name in ("treatments", "costs"))
    spent = costs.loc[costs["item"] == "treatment", "amount_cny"].sum()
    assert 300 <= spent / (treatments["area_centimu"].sum() / 100) <= 2_500
    parcels = read_table(city.folder, "parcels").set_index("parcel_id")
    straw = treatments[treatments["straw_t"] > 0]
    cover, dune = (straw["parcel_id"].map(parcels[name]) for name in ("cover", "dune_class"))
    moving = (dune == "mobile") | ((dune == "semi_fixed") & (cover < 0.20))
    assert (moving | (straw["sequence_id"] == "patch_straw_shrub")).all()
    assert not straw.empty
    trees = treatments[treatments["sequence_id"].str.startswith("pine")]
    assert (trees["parcel_id"].map(parcels["rain_mm"]) >= 380).all()


def test_the_sand_is_reported(city: Result) -> None:
    record = json.loads((city.folder / "sand.json").read_text(encoding="utf-8"))
    districts = {row["district_id"]: row for row in record["districts"]}
    assert 16 <= districts["150522"]["loss_t_per_ha"] <= 34
    kept = sum(row["kept_t"] for row in record["districts"])
    assert kept == pytest.approx(read_table(city.folder, "treatments")["soil_t_per_year"].sum())
    assert kept >= 3_600_000 - 1
    assert 0 < record["protection"]["actual_units"] < record["protection"]["receptor_units"]
    assert 90 <= record["wind"]["year"]["rdd_toward_deg"] <= 135
