"""What a case refuses, and that order never matters."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tiny import tiny_case

from sandgrid.errors import InputError
from sandgrid.optimize.case import CASE_TABLES, Case, empty_case_table
from sandgrid.optimize.classes import group_parcels, spread_over_parcels
from sandgrid.optimize.compilation import compile_problem, write_mps

CASE = tiny_case(1)


def _changed(table: str, column: str, value: object) -> dict[str, pd.DataFrame]:
    frame = getattr(CASE, table).copy()
    frame[column] = frame[column].astype("object")
    frame.loc[0, column] = value
    return {table: frame}


@pytest.mark.parametrize(
    ("changes", "key"),
    [
        (_changed("build_options", "site_id", "S9"), "case-unknown-value"),
        (_changed("build_options", "hub_id", "H9"), "case-unknown-value"),
        (_changed("build_options", "technology", "solar"), "case-unknown-value"),
        (_changed("treat_options", "place", "anywhere"), "case-unknown-value"),
        (_changed("treat_options", "cost_cny_per_ha_0", np.nan), "table-missing-value"),
        (_changed("treat_options", "cost_cny_per_ha_0", np.inf), "table-missing-value"),
        (_changed("sites", "pv_ha", -1.0), "case-negative"),
        (_changed("parcels", "on_site_ha", 99.0), "case-on-site-area"),
        (_changed("parcels", "site_id", "S9"), "case-unknown-value"),
        (_changed("treated_targets", "year", 2031), "case-unknown-value"),
        ({"sites": pd.concat([CASE.sites, CASE.sites])}, "table-duplicate-key"),
        ({"hubs": CASE.hubs.drop(columns="max_mw")}, "table-missing-columns"),
        ({"substation_years": CASE.substation_years.iloc[:-1]}, "case-substation-year"),
        ({"years": (2024, 2026)}, "case-years"),
        ({"settings": replace(CASE.settings, locked_in_sites=("S9",))}, "case-unknown-value"),
        (
            {
                "quotas": pd.DataFrame(
                    {
                        "quantity": ["capacity_mw"],
                        "scope": ["collective"],
                        "scope_id": ["C1"],
                        "year": [2025],
                        "minimum": [1.0],
                        "maximum": [2.0],
                    }
                )
            },
            "case-capacity-collective",
        ),
    ],
)
def test_refuses(changes: dict[str, object], key: str) -> None:
    with pytest.raises(InputError) as caught:
        replace(CASE, **changes)
    assert caught.value.key == key
    assert caught.value.text("zh")
    assert caught.value.text("en")


def _shuffled(case: Case, seed: int) -> Case:
    frames = {name: getattr(case, name).sample(frac=1.0, random_state=seed) for name in CASE_TABLES}
    return replace(case, **frames)


@settings(max_examples=5, derandomize=True, deadline=None)
@given(seed=st.integers(0, 100))
def test_the_order_of_rows_changes_nothing(seed: int) -> None:
    other = _shuffled(CASE, seed)
    assert other == CASE
    assert write_mps(compile_problem(other)) == write_mps(compile_problem(CASE))


def test_empty_tables_have_their_columns() -> None:
    for name, rule in CASE_TABLES.items():
        assert list(empty_case_table(name).columns) == list(rule.kinds)


def _twins() -> Case:
    """P2 becomes a twin of P1 in everything but area."""
    parcels = CASE.parcels.set_index("parcel_id")
    for column in ("site_id", "district_id", "dune_class"):
        parcels.loc["P2", column] = parcels.loc["P1", column]
    options = CASE.treat_options
    first = options[options["parcel_id"] == "P1"]
    rest = options[~options["parcel_id"].isin(["P1", "P2"])]
    twin = first.assign(parcel_id="P2")
    return replace(
        CASE, parcels=parcels.reset_index(), treat_options=pd.concat([rest, first, twin])
    )


def test_twins_are_planned_together_and_told_apart_in_order_of_id() -> None:
    case = _twins()
    classes = group_parcels(case)
    assert classes.table["class_id"].tolist() == ["P1", "P3", "P4", "P5"]
    one, two = (case.parcels.set_index("parcel_id").loc[p] for p in ("P1", "P2"))
    chosen = pd.DataFrame(
        {
            "class_id": ["P1", "P1"],
            "sequence_id": ["quick", "slow"],
            "place": ["on_site", "off_site"],
            "year": [2024, 2024],
            "ha": [one.on_site_ha + 1.0, one.treat_ha],
        }
    )
    spread = spread_over_parcels(chosen, classes.members)
    assert spread["ha"].sum() == pytest.approx(chosen["ha"].sum())
    by_parcel = spread.groupby("parcel_id")["ha"].sum()
    assert by_parcel["P1"] == pytest.approx(one.treat_ha)
    assert by_parcel["P2"] <= two.treat_ha


def test_a_collective_quota_keeps_owners_apart() -> None:
    quota = pd.DataFrame(
        {
            "quantity": ["treated_ha"],
            "scope": ["collective"],
            "scope_id": ["C1"],
            "year": [2025],
            "minimum": [1.0],
            "maximum": [np.nan],
        }
    )
    assert len(group_parcels(replace(_twins(), quotas=quota)).table) == 5


def test_locked_out_parcels_have_no_columns() -> None:
    case = replace(CASE, settings=replace(CASE.settings, locked_out_parcels=("P1",)))
    assert not compile_problem(case).columns["name"].str.contains(r"start\[P1,", regex=True).any()
