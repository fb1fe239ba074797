"""The first repair is the cheapest of all single repairs; supply is told before solving."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
from brute import cheapest
from tiny import tiny_case

from sandgrid.optimize import explain_infeasible
from sandgrid.optimize.case import Case
from sandgrid.optimize.columns import list_columns
from sandgrid.optimize.supply import check_supply


def _no_bays() -> Case:
    case = tiny_case(3)
    years = case.substation_years.assign(free_bays=[1, 1, 0, 0])
    case = replace(case, substation_years=years)
    case = replace(case, substations=case.substations.assign(max_extra_bays=0))
    targets = case.capacity_targets.assign(target_mw=[20.0, 40.0], band_mw=np.nan)
    return replace(case, capacity_targets=targets)


def _single_repairs(case: Case) -> Iterator[Case]:
    """Every change of one place or one demand, in steps of a whole unit, the least that helps."""
    for station in ("T1", "T2"):
        for first in (2024, 2025):
            yield from _least(case, lambda n, s=station, y=first: _more_bays(case, s, y, n), 4)
    for row in range(len(case.capacity_targets)):
        yield from _least(case, lambda n, r=row: _fewer_mw(case, r, 5.0 * n), 9)
    for row in range(len(case.treated_targets)):
        yield from _least(case, lambda n, r=row: _fewer_ha(case, r, 4.0 * n), 12)


def _least(case: Case, change: object, most: int) -> Iterator[Case]:
    for amount in range(1, most + 1):
        changed = change(amount)
        if changed is not None and np.isfinite(cheapest(changed)):
            yield changed
            return


def _more_bays(case: Case, station: str, first: int, more: int) -> Case:
    years = case.substation_years
    here = (years["substation_id"] == station) & (years["year"] >= first)
    return replace(case, substation_years=years.assign(free_bays=years["free_bays"] + here * more))


def _fewer_mw(case: Case, row: int, less: float) -> Case | None:
    targets = case.capacity_targets.copy()
    targets.loc[row, "target_mw"] -= less
    return replace(case, capacity_targets=targets) if (targets["target_mw"] >= 0).all() else None


def _fewer_ha(case: Case, row: int, less: float) -> Case | None:
    targets = case.treated_targets.copy()
    targets.loc[row, "target_ha"] -= less
    return replace(case, treated_targets=targets) if (targets["target_ha"] >= 0).all() else None


@pytest.mark.slow  # half a minute of brute force
def test_the_first_repair_is_the_cheapest_of_all_single_repairs() -> None:
    case = _no_bays()
    assert not np.isfinite(cheapest(case))
    found = explain_infeasible(case)
    first = found.repairs[0]
    assert first.whole
    others = [cheapest(changed) for changed in _single_repairs(case)]
    assert len(others) >= 2
    assert first.objective_cny <= min(others) + 1.0
    assert [r.objective_cny for r in found.repairs] == sorted(
        r.objective_cny for r in found.repairs
    )


def test_each_repair_makes_a_plan_possible() -> None:
    case = _no_bays()
    bays = [repair for repair in explain_infeasible(case).repairs if repair.action == "bays"]
    for bay in bays:
        count = int(np.ceil(bay.amount - 1e-6))
        repaired = _more_bays(case, bay.scope, bay.year, count)
        assert cheapest(repaired) == pytest.approx(bay.objective_cny, abs=5.0)
        assert not np.isfinite(cheapest(_more_bays(case, bay.scope, bay.year, count - 1)))
    assert bays


def test_supply_is_told_by_year_class_and_resource() -> None:
    case = tiny_case(0)
    asked = case.treated_targets.assign(target_ha=[150.0, 200.0])
    settings = replace(
        case.settings,
        min_share_mobile_semi_fixed=0.9,
        obligation_ha_per_mw={"pv": 9.0, "wind": 9.0},
    )
    case = replace(case, treated_targets=asked, settings=settings)
    table = check_supply(case, list_columns(case)).set_index(["check", "year"])
    area = case.parcels["treat_ha"]
    assert table.loc[("land", 2025), "supply"] == pytest.approx(area.sum() + 4.0)
    assert table.loc[("land", 2024), "short"] == pytest.approx(150.0 - area.sum() - 4.0)
    core = area[case.parcels["dune_class"] != "fixed"].sum()
    assert table.loc[("core_land", 2025), "short"] == pytest.approx(0.9 * 196.0 - core)
    assert table.loc[("obligation", 2024), "demand"] == pytest.approx(9.0 * 20.0)
