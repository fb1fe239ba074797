"""Truth tables of yearly resources and quotas."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from rows import Point, Rule, kept_rows
from tiny import tiny_case

from sandgrid.optimize.case import Case
from sandgrid.optimize.columns import list_columns
from sandgrid.optimize.constraints import limits, quotas

CASE = tiny_case(0)


def _limited(resource: str, district: str, limit: float) -> Case:
    rows = {"resource": [resource], "district_id": [district], "year": [2025], "limit": [limit]}
    return replace(CASE, limits=pd.DataFrame(rows))


@pytest.mark.parametrize(
    ("rule", "resource", "name"),
    [
        (limits.budget, "budget_cny", "budget"),
        (limits.person_days, "person_days", "person_days"),
        (limits.straw, "straw_t", "straw"),
    ],
)
def test_resources_of_both_years_of_a_sequence_count(rule: Rule, resource: str, name: str) -> None:
    columns = list_columns(CASE)
    stem = limits.PER_HA[resource]
    start = columns.start.set_index("name")
    first = start.loc["start[P1,quick,off_site,2024]", f"{stem}_1"]
    second = start.loc["start[P1,quick,off_site,2025]", f"{stem}_0"]
    point = {"start[P1,quick,off_site,2024]": 2.0, "start[P1,quick,off_site,2025]": 3.0}
    used = 2 * first + 3 * second
    for district, key in (("", "2025"), ("D1", "D1,2025")):
        assert kept_rows(_limited(resource, district, used * 1.01), rule, point)[f"{name}[{key}]"]
        assert not kept_rows(_limited(resource, district, used * 0.99), rule, point)[
            f"{name}[{key}]"
        ]
    assert kept_rows(_limited(resource, "D2", 0.0), rule, point)[f"{name}[D2,2025]"]


def _quota(quantity: str, scope: str, scope_id: str, band: tuple[float, float]) -> Case:
    row = {
        "quantity": [quantity],
        "scope": [scope],
        "scope_id": [scope_id],
        "year": [2025],
        "minimum": [band[0]],
        "maximum": [band[1]],
    }
    return replace(CASE, quotas=pd.DataFrame(row))


@pytest.mark.parametrize(
    ("case", "point", "expected"),
    [
        (
            _quota("capacity_mw", "district", "D1", (20.0, np.nan)),
            {"build[S1,pv,H1,2024]": 2},
            True,
        ),
        (
            _quota("capacity_mw", "district", "D2", (20.0, np.nan)),
            {"build[S1,pv,H1,2024]": 2},
            False,
        ),
        (
            _quota("treated_ha", "district", "D1", (10.0, np.nan)),
            {"start[P1,quick,off_site,2024]": 6},
            True,
        ),
        (
            _quota("treated_ha", "district", "D1", (10.1, np.nan)),
            {"start[P1,quick,off_site,2024]": 6},
            False,
        ),
        (
            _quota("treated_ha", "collective", "C1", (np.nan, 5.0)),
            {"start[P1,quick,off_site,2024]": 6},
            False,
        ),
        (
            _quota("treated_ha", "collective", "C2", (np.nan, 5.0)),
            {"start[P1,quick,off_site,2024]": 6},
            True,
        ),
    ],
)
def test_quota_counts_works_of_the_district(case: Case, point: Point, expected: object) -> None:
    (kept,) = kept_rows(case, quotas.quota, point).values()
    assert kept == expected
