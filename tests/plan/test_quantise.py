"""Integers: sums kept, targets reached, land never exceeded."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandgrid.errors import InfeasibleError
from sandgrid.plan.quantise import largest_remainder, quantise_land, round_groups, whole_centimu
from sandgrid.plan.terms import read_terms
from tests.plan import world

PIECES = ["parcel_id", "sequence_id", "place", "year", "count_year", "deadline_year", "ha"]
amounts = st.lists(st.floats(min_value=0, max_value=1e7), max_size=20)


def pieces(*rows: tuple[str, int, float]) -> pd.DataFrame:
    full = [(p, "shrub", "off_site", y, y, 0, ha) for p, y, ha in rows]
    return pd.DataFrame(full, columns=PIECES)


def land(**centimu: int) -> pd.Series:
    names = ["parcel_id", "place", "deadline_year"]
    keys = pd.MultiIndex.from_tuples([(p, "off_site", 0) for p in centimu], names=names)
    return pd.Series(list(centimu.values()), index=keys, dtype="int64")


@given(amounts)
def test_largest_remainder_keeps_the_sum_and_stays_within_one(values: list[float]) -> None:
    exact = np.array(values)
    whole = largest_remainder(exact)
    assert whole.sum() == round(exact.sum())
    assert (np.abs(whole - exact) <= 1 + 1e-6).all()


@given(amounts, st.integers(min_value=0, max_value=10**6))
def test_largest_remainder_reaches_any_total(values: list[float], total: int) -> None:
    if values:
        assert largest_remainder(np.array(values), total).sum() == total


def test_equals_are_served_in_order() -> None:
    assert largest_remainder(np.array([0.5, 0.5, 0.5, 0.5])).tolist() == [1, 1, 0, 0]


def test_each_group_keeps_its_own_sum() -> None:
    groups = pd.DataFrame({"item": ["a", "b", "a"], "year": [1, 1, 1]})
    assert round_groups(pd.Series([0.6, 7.0, 0.6]), groups).tolist() == [1, 7, 0]


def test_land_is_rounded_down_but_not_below_what_floats_lose() -> None:
    assert whole_centimu(pd.Series([0.1 + 0.2, 1 / 1500 - 1e-5])).tolist() == [450, 0]


def test_land_counted_by_a_year_is_rounded_up() -> None:
    done = quantise_land(pieces(("P1", 2024, 0.0003), ("P2", 2024, 0.001)), land(P1=9, P2=9), {})
    assert dict(zip(done["parcel_id"], done["area_centimu"], strict=True)) == {"P2": 2}


def test_a_target_that_floats_miss_by_a_hair_is_reached() -> None:
    done = quantise_land(pieces(("P1", 2024, 1.0 - 1e-5)), land(P1=1500), {2024: 1500})
    assert done["area_centimu"].tolist() == [1500]


def test_units_go_where_land_is_left() -> None:
    rows = pieces(("P1", 2024, 1.0006), ("P2", 2024, 1.0002))
    done = quantise_land(rows, land(P1=1500, P2=1600), {2024: 3002})
    assert done["area_centimu"].tolist() == [1500, 1502]


def test_later_land_does_not_help_an_earlier_year() -> None:
    rows = pieces(("P1", 2024, 1.0), ("P2", 2025, 1.0))
    with pytest.raises(InfeasibleError, match=r"by 2024 is 1.0 mu short"):
        quantise_land(rows, land(P1=1500, P2=3000), {2024: 1600, 2025: 3000})


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["P1", "P2", "P3"]),
            st.sampled_from([2024, 2025]),
            st.floats(min_value=0.0, max_value=2.0),
        ),
        max_size=6,
        unique_by=lambda row: row[:2],
    )
)
def test_no_parcel_gives_more_than_it_has_and_no_year_counts_less(
    rows: list[tuple[str, int, float]],
) -> None:
    room = land(P1=10_000, P2=10_000, P3=10_000)
    done = quantise_land(pieces(*rows), room, {})
    assert (done.groupby("parcel_id")["area_centimu"].sum() <= 10_000).all()
    for year in (2024, 2025):
        exact = sum(ha for _, y, ha in rows if y <= year) * 1500
        found = done.loc[done["count_year"] <= year, "area_centimu"].sum()
        assert exact - 0.02 <= found <= exact + 2


def test_nothing_is_made_of_nothing() -> None:
    assert len(quantise_land(pieces(), land(), {})) == 0


def test_terms_are_those_of_the_record() -> None:
    terms = read_terms(world.record())
    assert terms.capacity_targets_kw[("total", 2025)] == 125_000
    assert terms.treated_targets_centimu == {2024: 250_000, 2025: 300_000}
    assert terms.obligation_centimu({"pv": 10_000, "wind": 5_000}) == 22_000
    assert terms.base_year == 2024


def test_the_programme_owes_516_000_mu() -> None:
    record = world.record()
    for technology, mu in (("pv", 120), ("wind", 200)):
        record["parameters"][f"programme.obligation_{technology}_mu_per_mw"]["value"] = mu
    owed = read_terms(record).obligation_centimu({"pv": 2_300_000, "wind": 1_200_000})
    assert owed == 51_600_000
