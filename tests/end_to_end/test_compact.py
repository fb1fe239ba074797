"""A price on borders draws treated land together; off, it changes nothing."""

from pathlib import Path

import pytest

from sandgrid.parcels.borders import find_borders
from sandgrid.pipeline import run_scenario
from sandgrid.plan import Plan
from tests.end_to_end.conftest import stated

PRICE = "parameters.programme.perimeter_price_cny_per_m"


def made(folder: Path, price: float) -> Plan:
    scenario = stated("mini-20km").with_({PRICE: price, "export.sheets": 0})
    plan = run_scenario(scenario, folder / f"{price:g}").plan  # audited before it is written
    assert plan is not None
    return plan


def border_m(plan: Plan) -> float:
    """Return the borders of treated land, those of land treated in part by its share [m]."""
    area = plan.parcels.set_index("parcel_id")["treat_ha"] * 1500
    done = plan.treatments.groupby("parcel_id")["area_centimu"].sum()
    share = (done.reindex(area.index, fill_value=0) / area.where(area > 0)).fillna(0).clip(upper=1)
    edge = find_borders(plan.parcels)
    apart = (edge["parcel_id"].map(share) - edge["other_id"].map(share).fillna(0.0)).abs()
    return float((apart * edge["length_m"]).sum())


@pytest.mark.slow  # two whole runs
def test_the_dearer_a_border_the_fewer_there_are(tmp_path: Path) -> None:
    free, priced = made(tmp_path, 0.0), made(tmp_path, 10.0)
    assert border_m(priced) < 0.6 * border_m(free)
    assert priced.proof.outlay_cny >= free.proof.outlay_cny
    paid = priced.costs.loc[priced.costs["item"] == "perimeter", "amount_cny"].sum()
    assert paid == pytest.approx(10.0 * border_m(priced), abs=1.0)
    assert "perimeter" not in free.figures()["cost_cny"]
    treated = [plan.figures()["treated_mu"] for plan in (free, priced)]
    assert min(treated) >= 30_000
