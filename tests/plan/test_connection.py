"""Flows in whole kW within circuits and headroom."""

import pandas as pd

from sandgrid.plan.connection import send_power

Rows = list[tuple[object, ...]]
LOADS = ["hub_id", "year", "load_kw"]
TRUNKS = ["hub_id", "substation_id", "year", "circuits", "circuit_mw"]
OFFERS = ["substation_id", "year", "headroom_kw", "reinforcement_kw"]


def flows(loads: Rows, trunks: Rows, offers: Rows) -> dict[tuple[str, str], int]:
    frames = (
        pd.DataFrame(rows, columns=names)
        for rows, names in ((loads, LOADS), (trunks, TRUNKS), (offers, OFFERS))
    )
    found = send_power(*frames)
    return dict(zip(zip(found["hub_id"], found["substation_id"], strict=True), found["flow_kw"],
                    strict=True))  # fmt: skip


TWO_ENDS = [("H1", "T1", 2024, 1, 60.0), ("H1", "T2", 2024, 1, 60.0)]


def test_one_way_out_takes_all() -> None:
    offers = [("T1", 2024, 50_000, 0)]
    assert flows([("H1", 2024, 40_000)], TWO_ENDS[:1], offers) == {("H1", "T1"): 40_000}


def test_what_one_station_cannot_take_goes_to_the_other() -> None:
    offers = [("T1", 2024, 30_000, 0), ("T2", 2024, 5_000, 20_000)]
    found = flows([("H1", 2024, 50_000)], TWO_ENDS, offers)
    assert sum(found.values()) == 50_000
    assert found[("H1", "T1")] <= 30_000


def test_no_flow_beyond_circuits() -> None:
    offers = [("T1", 2024, 500_000, 0)]
    assert flows([("H1", 2024, 90_000)], TWO_ENDS[:1], offers) == {("H1", "T1"): 60_000}


def test_hubs_share_a_station() -> None:
    trunks = [("H1", "T1", 2024, 1, 60.0), ("H2", "T1", 2024, 1, 60.0), ("H2", "T2", 2024, 1, 60.0)]
    offers = [("T1", 2024, 40_000, 0), ("T2", 2024, 30_000, 0)]
    found = flows([("H1", 2024, 40_000), ("H2", 2024, 30_000)], trunks, offers)
    assert found == {("H1", "T1"): 40_000, ("H2", "T2"): 30_000}


def test_no_load_no_flow() -> None:
    assert flows([], [], []) == {}
