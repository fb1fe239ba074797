"""Builds on the ground: exact areas, nothing over anything, earlier years first."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import shapely

from sandgrid.errors import InputError
from sandgrid.plan import Drawing, draw_builds, read_terms
from sandgrid.plan.pieces import cut_pieces, date_pieces, draw_pieces
from tests.plan import world

Row = tuple[str, str, str, int, float]
TREATMENT = ["parcel_id", "sequence_id", "place", "year", "ha"]


def drawn(*rows: Row) -> Drawing:
    builds = pd.DataFrame(rows, columns=["site_id", "technology", "hub_id", "year", "units"])
    terms = read_terms(world.record())
    return draw_builds(builds, world.ground(), choices=world.choices(), terms=terms)


def test_blocks_are_those_of_the_builds(drawing: Drawing) -> None:
    found = drawing.pv_blocks.groupby(["site_id", "year"])["block_id"].count()
    assert found.to_dict() == {("S001", 2024): 4, ("S001", 2025): 5, ("S002", 2025): 2}
    assert np.allclose(drawing.pv_blocks.geometry.area, 200_000, atol=1)


def test_earlier_blocks_lie_nearer_the_hub(drawing: Drawing) -> None:
    blocks = drawing.pv_blocks[drawing.pv_blocks["site_id"] == "S001"]
    away = blocks.geometry.centroid.x.groupby(blocks["year"]).mean()
    assert away[2024] < away[2025]


def test_turbines_take_the_first_positions(drawing: Drawing) -> None:
    assert drawing.turbines["turbine_id"].tolist() == ["S001-W001", "S001-W002", "S002-W005"]
    assert np.allclose(drawing.pads.geometry.area, 20_000)
    assert drawing.turbines["pad_centimu"].tolist() == [3000] * 3


def test_nothing_lies_over_anything(drawing: Drawing) -> None:
    shapes = [*drawing.pv_blocks.geometry, *drawing.pads.geometry]
    assert shapely.union_all(shapes).area == pytest.approx(sum(s.area for s in shapes), abs=0.1)


def test_all_land_is_charged_to_parcels(drawing: Drawing) -> None:
    used = drawing.use.groupby("unit_id")["area_m2"].sum()
    assert used["S001-W001"] == pytest.approx(20_000)
    assert (drawing.use["parcel_id"] != "").all()


def test_land_left_is_what_units_do_not_take(drawing: Drawing) -> None:
    left = drawing.land.set_index("parcel_id")
    taken = drawing.use.groupby("parcel_id")["area_m2"].sum() / 10_000
    for parcel in taken.index:
        assert left.loc[parcel, "off_site_ha"] == pytest.approx(100 - taken[parcel], abs=1e-3)
    assert left.loc["P000006", "off_site_ha"] == 100.0
    assert left.loc["P000005", "off_site_ha"] == 99.0


def test_on_site_land_is_the_share_under_panels(drawing: Drawing) -> None:
    left = drawing.land.set_index("parcel_id")["on_site_ha"]
    pv = drawing.use[drawing.use["technology"] == "pv"].groupby("parcel_id")["area_m2"].sum()
    share = world.parameters().number("programme.underpanel_share")
    for parcel in pv.index:
        assert left[parcel] == pytest.approx(pv[parcel] / 10_000 * share, abs=3e-3)
    assert left["P000006"] == 0.0


def test_forbidden_cells_are_not_treatable() -> None:
    everything = drawn(("S001", "pv", "H001", 2024, 1))
    assert everything.land.set_index("parcel_id").loc["P000005", "off_site_ha"] == 99.0


def test_nothing_built_leaves_all_land() -> None:
    nothing = drawn()
    assert len(nothing.pv_blocks) == len(nothing.turbines) == 0
    assert nothing.land["off_site_ha"].tolist() == [100, 100, 100, 100, 99, 100]


def test_too_few_positions_are_named() -> None:
    with pytest.raises(InputError, match="S002: 2 turbines are built but only 1 positions"):
        drawn(("S002", "wind", "H002", 2024, 2))


def test_a_build_that_is_no_option_is_named() -> None:
    with pytest.raises(InputError, match="S002-pv-H001 of the solution is not in"):
        drawn(("S002", "pv", "H001", 2024, 2))


def dated(drawing: Drawing, *rows: Row) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=TREATMENT)
    return date_pieces(frame, world.choices().treat_options, drawing)


def test_late_on_site_land_takes_late_plants(drawing: Drawing) -> None:
    rows = dated(drawing, ("P000001", "straw_underpanel", "on_site", 2026, 5.0))
    assert rows[["count_year", "deadline_year"]].to_numpy().tolist() == [[2026, 2026]]


def test_what_cannot_wait_starts_earlier(drawing: Drawing) -> None:
    rows = dated(drawing, ("P000001", "straw_underpanel", "on_site", 2026, 20.0))
    by_deadline = rows.set_index("deadline_year")
    assert by_deadline.loc[2025, ["year", "count_year"]].tolist() == [2025, 2025]
    assert by_deadline["ha"].sum() == pytest.approx(20.0)


def test_off_site_land_has_no_deadline(drawing: Drawing) -> None:
    rows = dated(drawing, ("P000006", "shrub_enclosure", "off_site", 2024, 7.0))
    assert rows[["count_year", "deadline_year"]].to_numpy().tolist() == [[2024, 0]]


def test_a_treatment_that_is_no_option_is_named(drawing: Drawing) -> None:
    with pytest.raises(InputError, match="P000006/straw_shrub/off_site of the solution"):
        dated(drawing, ("P000006", "straw_shrub", "off_site", 2024, 7.0))


def test_no_sliver_is_drawn_and_hardly_any_land_is_lost(drawing: Drawing) -> None:
    """Land of 1 ha with a hair of 1 cm2 beside it, all of it treated."""
    off = drawing.off_site_land.copy()
    field, hair = shapely.box(0, 0, 100, 100), shapely.box(150, 0, 150.0001, 1)
    off.loc[0, "geometry"] = shapely.MultiPolygon([field, hair])
    row = {"parcel_id": off["parcel_id"][0], "place": "off_site", "deadline_year": 0}
    pieces = pd.DataFrame([row | {"area_centimu": 500}, row | {"area_centimu": 1000}])
    drawn_land = draw_pieces(pieces, world.ground(), replace(drawing, off_site_land=off))
    assert shapely.area(shapely.get_parts(drawn_land.geometry.to_numpy())).min() > 1000
    assert drawn_land.geometry.area.sum() == pytest.approx(10_000, abs=1e-6)
    with pytest.raises(InputError, match="P000001"):
        cut_pieces(hair, [500], parcel_id="P000001")
