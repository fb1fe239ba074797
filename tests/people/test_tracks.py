"""Field tracks become works by the rule: loops enclose, passes are strips, nothing counts twice."""

from datetime import date
from pathlib import Path

import numpy as np
import pytest

from sandgrid.errors import InputError
from sandgrid.layers.crs import transform_points
from sandgrid.layers.tracks import read_tracks
from sandgrid.layers.works_tables import read_works_table
from sandgrid.people.tracking import WGS84
from sandgrid.pipeline import find_status, read_field_tracks
from tests.people import world
from tests.plan.world import CRS

MU = 2000 / 3
SQUARE = ((2100, 1100), (2500, 1100), (2500, 1500), (2100, 1500), (2100, 1110))


def gpx(path: Path, *tracks: str) -> Path:
    head = '<gpx version="1.1" creator="test" xmlns="http://www.topografix.com/GPX/1/1">'
    path.write_text(f"{head}{''.join(tracks)}</gpx>", encoding="utf-8")
    return path


def walk(name: str, points: tuple[tuple[float, float], ...], day: str = "2024-10-01") -> str:
    degrees = transform_points(np.array(points, dtype=float), CRS, WGS84)
    time = f"<time>{day}T08:00:00Z</time>" if day else ""
    places = "".join(f'<trkpt lat="{y}" lon="{x}">{time}</trkpt>' for x, y in degrees)
    return f"<trk><name>{name}</name><trkseg>{places}</trkseg></trk>"


def corner(name: str, x: float, y: float) -> str:
    ((lon, lat),) = transform_points(np.array([[x, y]], dtype=float), CRS, WGS84)
    return (f'<wpt lat="{lat}" lon="{lon}"><time>2024-10-02T08:00:00Z</time>'
            f"<name>{name}</name></wpt>")  # fmt: skip


def test_a_loop_encloses_the_land_of_its_parcel(tmp_path: Path) -> None:
    found = read_field_tracks(world.plan(), gpx(tmp_path / "a.gpx", walk("甲", SQUARE)),
                              measure="shrub")  # fmt: skip
    assert found.rows["parcel"].tolist() == ["P000006"]
    assert found.rows["area_mu"].iloc[0] == pytest.approx(160_000 / MU, abs=0.05)
    assert found.rows["date"].tolist() == ["2024-10-01"]
    assert len(found.outside) == 0


def test_an_open_track_is_a_strip_of_the_working_width(tmp_path: Path) -> None:
    line = ((2100, 1100), (2500, 1100), (2900, 1100))
    found = read_field_tracks(world.plan(), gpx(tmp_path / "a.gpx", walk("甲", line)),
                              measure="straw_mech")  # fmt: skip
    assert found.rows["area_mu"].iloc[0] == pytest.approx(800 * 6 / MU, abs=0.02)


def test_corners_enclose_and_a_second_walk_counts_only_what_is_new(tmp_path: Path) -> None:
    marks = [corner(f"A {k}", x, y) for k, (x, y) in enumerate(SQUARE[:4], start=1)]
    wide = ((2100, 1100), (2700, 1100), (2700, 1500), (2100, 1500), (2100, 1110))
    found = read_field_tracks(
        world.plan(), gpx(tmp_path / "a.gpx", *marks, walk("乙", wide, "2024-10-03")),
        measure="shrub",
    )  # fmt: skip
    assert found.rows["area_mu"].tolist() == pytest.approx([160_000 / MU, 80_000 / MU], abs=0.05)


def test_land_across_parcels_is_told_apart_and_land_beside_them_is_listed(tmp_path: Path) -> None:
    across = ((2800, 1400), (3200, 1400), (3200, 600), (2800, 600), (2800, 1395))
    found = read_field_tracks(world.plan(), gpx(tmp_path / "a.gpx", walk("甲", across)),
                              measure="shrub")  # fmt: skip
    assert found.rows["parcel"].tolist() == ["P000003", "P000006"]
    assert found.rows["area_mu"].sum() == pytest.approx(160_000 / MU, abs=0.1)
    assert found.outside["area_mu"].tolist() == [pytest.approx(160_000 / MU, abs=0.1)]


def test_the_table_of_tracks_is_a_table_of_works(tmp_path: Path) -> None:
    found = read_field_tracks(world.plan(), gpx(tmp_path / "a.gpx", walk("甲", SQUARE)),
                              measure="shrub")  # fmt: skip
    path = tmp_path / "works.csv"
    path.write_text(found.rows.to_csv(index=False), encoding="utf-8")
    assert read_works_table(path)["area_mu"].tolist() == found.rows["area_mu"].tolist()
    status = find_status(world.plan(), works=[path], as_of=date(2024, 10, 31))
    added = status.programme["done_centimu"] - 30_000
    assert added == round(found.rows["area_mu"].iloc[0] * 100)


@pytest.mark.parametrize(
    ("text", "match"),
    [
        ("<gpx", "no GPX"),
        ("<gpx></gpx>", "three points"),
        ('<!DOCTYPE x [<!ENTITY e "e">]><gpx></gpx>', "DOCTYPE"),
        ("not xml at all", "no GPX"),
    ],
)
def test_a_file_that_is_no_track_is_refused(tmp_path: Path, text: str, match: str) -> None:
    path = tmp_path / "a.gpx"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=match):
        read_tracks(path)


def test_a_track_without_times_is_refused(tmp_path: Path) -> None:
    path = gpx(tmp_path / "a.gpx", walk("甲", SQUARE, ""))
    with pytest.raises(InputError, match="has no time"):
        read_field_tracks(world.plan(), path, measure="shrub")
