"""Who pays whom: sums close to the yuan, and one rule changes only what it should."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandgrid.energy.cost import annuity
from sandgrid.errors import ScenarioError
from sandgrid.people import People, describe_people
from sandgrid.people.statements import gini
from sandgrid.people.yearly import level_payments, split_whole
from tests.people import world

ONCE = ("generation", "connection", "treatment")
AGAIN = ("operation", "lease", "energy_value")


@pytest.fixture(scope="module")
def people() -> People:
    return world.people()


def test_what_falls_due_once_is_shared_to_the_yuan(people: People) -> None:
    costs = world.plan().costs
    for item in ONCE:
        planned = costs[costs["item"] == item].groupby("year")["amount_cny"].sum()
        shared = people.transfers[people.transfers["plan_item"] == item]
        assert shared.groupby("year")["amount_cny"].sum().to_dict() == planned.to_dict()
        assert len(planned)


def test_what_returns_every_year_is_worth_what_the_plan_says(people: People) -> None:
    """Discounted to commissioning by hand, the payments of a build are its amount in the plan."""
    made, rate = world.plan(), 0.065
    for item in AGAIN:
        rows = made.costs[made.costs["item"] == item]
        shared = people.transfers[people.transfers["plan_item"] == item]
        exact: dict[int, float] = {}
        for year, worth, build in rows[["year", "amount_cny", "row_id"]].to_numpy().tolist():
            life = 20 if "-wind-" in build else 25
            for k in range(1, life + 1):
                exact[year + k] = exact.get(year + k, 0.0) + worth / annuity(rate, life)
        found = shared.groupby("year")["amount_cny"].sum()
        assert sorted(exact) == found.index.tolist()
        differences = [abs(found[year] - exact[year]) for year in exact]
        assert max(differences) < 1.0 * len(rows)
        assert abs(found.sum() - sum(exact.values())) < 1.0 * len(rows)


def test_every_item_and_year_closes(people: People) -> None:
    closing = people.closing
    assert set(closing["plan_item"]) == {*ONCE, *AGAIN}
    assert (closing["plan_cny"] == closing["parties_cny"]).all()
    assert people.figures()["closes"] is True


def test_nothing_is_made_or_lost_between_parties(people: People) -> None:
    accounts = people.accounts
    assert int(accounts["net_cny"].sum()) == 0
    assert (accounts.groupby("year")["net_cny"].sum() == 0).all()
    assert int(accounts["received_cny"].sum()) == int(people.transfers["amount_cny"].sum())


def test_the_payers_bear_the_plans_cash_flow(people: People) -> None:
    """Developer, implementers and the power buyer together: energy less every cost of the plan."""
    costs = world.plan().costs
    spent = {item: int(people.closing.loc[people.closing["plan_item"] == item, "plan_cny"].sum())
             for item in (*ONCE, *AGAIN)}  # fmt: skip
    own = people.transfers[people.transfers["plan_item"] != ""]
    paid = own.loc[own["payer_kind"] != "power_buyer", "amount_cny"].sum()
    earned = own.loc[own["payer_kind"] == "power_buyer", "amount_cny"].sum()
    assert paid == sum(v for k, v in spent.items() if k != "energy_value")
    assert earned == spent["energy_value"]
    once = costs[costs["item"].isin(ONCE)]["amount_cny"].sum()
    assert once == sum(spent[item] for item in ONCE)


def test_one_parcel_in_the_head(people: People) -> None:
    """P6: 1,500 mu of shrubs with a fence at 600 CNY/mu, 1.05 d/mu at 200 CNY/d, subsidy 500/mu."""
    rows = people.statements[people.statements["collective_id"] == "C2"].set_index("year")
    first = rows.loc[2024]
    own = people.transfers[people.transfers["collective_id"] == "C2"]
    steps = own[own["item"] == "subsidy"].groupby("year")["amount_cny"].sum()
    # P5 adds 902 mu of straw, shrubs and fence from 2024 (subsidy 500/mu) and 303 mu from 2025
    p6, p5 = 750_000, world.plan().treatments
    started = {
        year: round(
            p5[(p5["parcel_id"] == "P000005") & (p5["year"] == year)]["area_centimu"].sum() * 5
        )
        for year in (2024, 2025)
    }
    assert steps[2024] == pytest.approx(0.4 * (p6 + started[2024]), abs=2)
    assert steps[2025] == pytest.approx(0.3 * (p6 + started[2024]) + 0.4 * started[2025], abs=2)
    assert steps[2027] == pytest.approx(0.3 * (p6 + started[2024]), abs=2)
    straw = p5[(p5["parcel_id"] == "P000005") & (p5["year"] == 2024)]["area_centimu"].sum() / 100
    assert first["wages_cny"] == pytest.approx(0.7 * 200 * (1.05 * 1500 + 3 * straw), abs=2)
    assert first["person_days"] == pytest.approx(0.7 * (1.05 * 1500 + 3 * straw), abs=0.01)
    assert first["spent_cny"] == pytest.approx(600 * 1500 + 1200 * straw, abs=2)
    assert first["treated_centimu"] == pytest.approx(150_000 + 100 * straw)
    assert first["advanced_cny"] == first["spent_cny"] - steps[2024]  # repairs are due in 2025
    assert rows["advanced_cny"].iloc[-1] == 0
    assert rows["peak_cny"].iloc[-1] == rows["peak_cny"].max() == rows["advanced_cny"].max()


def test_land_under_panels_is_the_developers_and_gets_no_subsidy(people: People) -> None:
    on_site = world.plan().treatments.set_index("treatment_id")
    assert (on_site["place"] == "on_site").any()
    subsidy = people.transfers[people.transfers["item"] == "subsidy"]
    assert set(subsidy["payee_kind"]) == {"collective"}
    assert "P000004" not in set(subsidy["payee"])
    works = people.transfers[people.transfers["plan_item"] == "treatment"]
    assert {"developer", "collective", "state_farm"} == set(works["payer_kind"])


def test_lease_goes_to_the_holder_of_the_land(people: People) -> None:
    lease = people.transfers[people.transfers["item"] == "lease"]
    kinds = lease.groupby("payee_kind")["amount_cny"].sum()
    assert set(kinds.index) == {"collective", "household", "state_farm"}
    late = lease[(lease["collective_id"] == "C1") & (lease["year"] > 2045)]  # no wind any more
    village = late.groupby("payee_kind")["amount_cny"].sum()
    assert village["household"] / village.sum() == pytest.approx(126_798 / 270_000, abs=1e-5)


RULES = [
    ("sharing__dividend_share", 0.9, {"dividend"}, {"dividend_cny", "kept_cny"}),
    ("sharing__local_wage_share", 0.5, {"wages", "wages_away"},
     {"wages_cny", "person_days", "income_cny"}),
    ("subsidy__step_years", [1, 2, 4], {"subsidy"}, {"subsidy_cny", "advanced_cny", "peak_cny"}),
    ("measure__shrub__subsidy_cny_per_mu", 300, {"subsidy", "reimbursement"},
     {"subsidy_cny", "reimbursed_cny", "advanced_cny", "peak_cny"}),
    ("subsidy__footprint", "site", {"subsidy", "reimbursement"},
     {"subsidy_cny", "reimbursed_cny", "advanced_cny", "peak_cny"}),
    ("sharing__advance", "developer",
     {"wages", "wages_away", "material", "subsidy", "reimbursement"},
     {"spent_cny", "subsidy_cny", "reimbursed_cny", "advanced_cny", "peak_cny"}),
    ("sharing__treatment_payer", "implementer", {"reimbursement"},
     {"reimbursed_cny", "advanced_cny", "peak_cny"}),
    ("treatment__wage_cny_per_day", 150, {"wages", "wages_away", "material"},
     {"wages_cny", "income_cny"}),
    ("sharing__least_wage_share", 0.9, set(), set()),
    ("party__developer", "另一家", set(), set()),
]  # fmt: skip


def _amounts(frame: pd.DataFrame) -> pd.DataFrame:
    names = [c for c in frame.columns if c.endswith(("_cny", "_centimu", "_days"))]
    return frame.set_index(["collective_id", "year"])[names]


@pytest.mark.parametrize(("rule", "value", "items", "columns"), RULES)
def test_one_rule_changes_only_what_it_should(
    people: People, rule: str, value: object, items: set[str], columns: set[str]
) -> None:
    changed = world.people(**{rule: value})
    keys = ["year", "item", "plan_item", "payer_kind", "payee_kind", "collective_id"]
    both = [p.transfers.groupby(keys)["amount_cny"].sum() for p in (people, changed)]
    joined = pd.concat(both, axis=1).fillna(0)
    moved = joined[joined.iloc[:, 0] != joined.iloc[:, 1]]
    assert set(moved.index.get_level_values("item")) <= items
    assert bool(items) == bool(len(moved))
    before, after = _amounts(people.statements), _amounts(changed.statements)
    after = after.reindex(before.index)
    different = {c for c in before.columns if not np.array_equal(before[c], after[c])}
    assert different <= columns
    assert columns <= different
    assert (changed.closing["plan_cny"] == changed.closing["parties_cny"]).all()
    pd.testing.assert_frame_equal(changed.closing, people.closing)


def test_a_floor_on_wages_per_central_money_is_reported() -> None:
    kept, missed = world.people(), world.people(sharing__least_wage_share=0.999)
    share = kept.shares["wage_share"].iloc[-1]
    assert share == pytest.approx(
        kept.shares["wages_cny"].iloc[-1] / kept.shares["subsidy_cny"].iloc[-1]
    )
    assert kept.figures()["wage_share_met"] is bool(share >= 0.3)
    assert missed.figures()["wage_share_met"] is bool(share >= 0.999)


def test_income_that_is_unknown_stays_unknown_until_it_is_set(people: People) -> None:
    assert "industry.forage" in people.unknown
    forage = people.industries[people.industries["industry"] == "forage"]
    assert forage["income_cny"].isna().all()
    known = world.people(industry__forage__yield_per_mu=100, industry__forage__price_cny=2)
    assert "industry.forage" not in known.unknown
    grass = world.plan().treatments.query("sequence_id == 'grass'")
    farm = known.transfers[known.transfers["item"] == "product"]
    assert set(farm["payee_kind"]) == {"state_farm"}
    assert farm["year"].tolist() == list(range(2026, 2032))
    assert set(farm["amount_cny"]) == {round(grass["area_centimu"].sum() * 2)}
    assert known.closing.equals(people.closing)


def test_land_of_unknown_income_stands_on_the_statement(people: People) -> None:
    """Medicine under the panels of P1 bears from the third year: after the plan."""
    rows = people.statements[people.statements["collective_id"] == "C1"]
    area = world.plan().treatments.query("place == 'on_site'")["area_centimu"].sum()
    assert rows["unknown_centimu"].tolist()[-1] == 6 * area
    assert rows["product_cny"].sum() == 0


@pytest.mark.parametrize(
    ("rule", "value", "text"),
    [
        ("sharing__advance", "bank", "must be implementer or developer"),
        ("sharing__dividend_share", 1.5, "between 0 and 1"),
        ("subsidy__step_shares", [0.5, 0.4], "add up to 1"),
        ("subsidy__step_shares", [0.5, 0.4, 0.2], "add up to 1"),
        ("party__developer", None, "is UNKNOWN"),
    ],
)
def test_a_rule_that_cannot_be_meant_is_refused(rule: str, value: object, text: str) -> None:
    with pytest.raises(ScenarioError, match=text):
        world.people(**{rule: value})


def test_wages_are_held_at_the_cost_and_told() -> None:
    held = world.people(treatment__wage_cny_per_day=900)
    assert "T000007" in held.capped
    assert held.figures()["capped"] == list(held.capped)
    assert held.figures()["closes"] is True
    assert not len(held.transfers[held.transfers["amount_cny"] < 0])
    assert world.people().capped == ()


@pytest.mark.parametrize("kept", [("builds", "treatments"), ("builds",), ("treatments",), ()])
def test_land_without_collectives_and_plans_of_one_kind_close_too(kept: tuple[str, ...]) -> None:
    made = world.plan()
    parcels = made.parcels.assign(collective_id="", collective="", holder_kind="")
    treated = made.costs["item"] == "treatment"
    costs = made.costs[(treated & ("treatments" in kept)) | (~treated & ("builds" in kept))]
    plan = replace(
        made,
        parcels=parcels,
        costs=costs,
        builds=made.builds if "builds" in kept else made.builds.head(0),
        site_use=made.site_use if "builds" in kept else made.site_use.head(0),
        treatments=made.treatments if "treatments" in kept else made.treatments.head(0),
    )
    people = describe_people(plan)
    assert people.figures()["closes"] is True
    assert len(people.statements) == 0
    assert people.closing["plan_cny"].sum() == people.closing["parties_cny"].sum()
    assert (len(people.packages) > 0) == ("treatments" in kept)


def test_every_parcel_and_site_has_its_parties(people: People) -> None:
    parties = people.parties
    roles = parties.groupby(["object", "object_id"])["role"].agg(set)
    assert set(roles.map(frozenset)) == {frozenset({"holder", "implementer", "beneficiary"})}
    assert len(roles) == 6 + 2
    s1 = parties[(parties["object_id"] == "S001") & (parties["role"] == "holder")]
    assert dict(zip(s1["party"], s1["area_ha"], strict=True)) == {"甲村集体": 200, "农户巴图": 100}


@given(st.lists(st.integers(0, 10**12), min_size=1, max_size=5),
       st.lists(st.floats(0.01, 1e6), min_size=1, max_size=7))  # fmt: skip
def test_split_amounts_add_up(totals: list[int], shares: list[float]) -> None:
    parts = split_whole(totals, shares)
    assert parts.sum(axis=1).tolist() == totals
    assert (parts >= 0).all()
    exact = np.outer(totals, np.array(shares) / sum(shares))
    assert np.abs(parts - exact).max() <= 1 + 1e-3


@given(st.floats(0, 1e9), st.integers(1, 40))
def test_level_payments_follow_the_exact_sum(amount: float, years: int) -> None:
    until = np.cumsum(level_payments(amount, years))
    assert np.abs(until - amount * np.arange(1, years + 1)).max() <= 0.5 + 1e-3


@given(st.lists(st.integers(0, 10**9), min_size=1, max_size=30), st.integers(2, 9))
def test_gini_is_a_share_and_knows_no_currency(incomes: list[int], factor: int) -> None:
    if not sum(incomes):
        assert np.isnan(gini(incomes))
        return
    found = gini(incomes)
    assert -1e-12 <= found <= (len(incomes) - 1) / len(incomes) + 1e-12
    assert gini([factor * x for x in incomes]) == pytest.approx(found, abs=1e-9)
    pairs = np.abs(np.subtract.outer(incomes, incomes)).sum()
    assert found == pytest.approx(pairs / (2 * len(incomes) * sum(incomes)), abs=1e-9)
