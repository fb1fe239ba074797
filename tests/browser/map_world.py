"""A plan made by hand: 20 x 20 km, two districts, every kind of thing that a map draws."""

from dataclasses import replace
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from affine import Affine
from odc.geo.geobox import GeoBox

from sandgrid.export.maps import Field, Ground, MapContent, MapTables, MapTexts, Source, Words
from sandgrid.export.maps.content import SequenceStep
from sandgrid.export.maps.underlay import Reasons, RuleText
from sandgrid.tables import column_names, conform_table, table_columns

CRS = "+proj=laea +lat_0=44 +lon_0=121.5 +ellps=GRS80 +units=m"
YEARS = tuple(range(2024, 2031))
SIDE = 20
STEP_M = 1000.0
DUNES = ("mobile", "semi_fixed", "fixed")
SEQUENCES = ("straw_shrub", "shrub", "enclosure")
BLANKS = {"str": "", "int": 0, "float": 0.0, "bool": False}


def contract_frame(table: str, rows: dict[str, list], geometry: list | None = None) -> pd.DataFrame:
    """Fill a table of the contract: blank where nothing is given."""
    count = len(next(iter(rows.values())))
    blank = {c.name: [BLANKS[c.kind]] * count for c in table_columns(table)}
    frame = pd.DataFrame({**blank, **rows})[column_names(table)]
    if geometry is None:
        return conform_table(frame, table)
    return conform_table(gpd.GeoDataFrame(frame, geometry=geometry, crs=CRS), table)


def _cell(number: int) -> shapely.Polygon:
    """A parcel with a dented edge, so that its centre of gravity is not all there is to it."""
    row, column = divmod(number, SIDE)
    x, y = column * STEP_M, row * STEP_M
    box = shapely.box(x + 20, y + 20, x + STEP_M - 20, y + STEP_M - 20)
    return shapely.difference(box, shapely.Point(x + 20, y + 500).buffer(260))


def _parcels() -> gpd.GeoDataFrame:
    ids = [f"P{n:06d}" for n in range(1, SIDE * SIDE + 1)]
    n = np.arange(len(ids))
    shapes = [_cell(k) for k in n]
    rows = {
        "parcel_id": ids,
        "source_id": [f"TB-{k:04d}" for k in n],
        "district_id": ["150524" if k % SIDE < 10 else "150522" for k in n],
        "village": [f"哈图嘎查{k // 40}" for k in n],
        "collective": [f"哈图嘎查{k // 40}经济合作社" for k in n],
        "holder": [f"哈图嘎查{k // 40}" for k in n],
        "implementer": ["库伦旗林草局"] * len(ids),
        "dune_class": [DUNES[k % 3] for k in n],
        "cover": (0.05 + 0.01 * (n % 30)).tolist(),
        "area_ha": [shape.area / 10_000 for shape in shapes],
        "site_id": ["S001" if k % SIDE in (4, 5) and k // SIDE < 6 else "" for k in n],
    }
    return contract_frame("parcels", rows, shapes)


def _use(parcels: gpd.GeoDataFrame) -> tuple[pd.DataFrame, gpd.GeoDataFrame]:
    used = parcels[(np.arange(len(parcels)) % 2 == 0) | (parcels["site_id"] != "")]
    n = np.arange(len(used))
    on_site = used["site_id"] != ""
    centimu = (used["area_ha"] * 1500).astype("int64")
    years = [2024 + int(k) % 7 for k in n]
    sequences = used["dune_class"].map(dict(zip(DUNES, SEQUENCES, strict=True))).tolist()
    use = contract_frame(
        "parcel_use",
        {
            "parcel_id": used["parcel_id"].tolist(),
            "kind": np.where(on_site, "treatment+pv", "treatment").tolist(),
            "first_year": years,
            "count_year": [year + 1 for year in years],
            "sequences": sequences,
            "treated_centimu": centimu.tolist(),
            "pv_kw": np.where(on_site, 10_000 + n, 0).tolist(),
            "wind_kw": np.where(on_site, 6_250, 0).tolist(),
            "treatment_cny": (centimu * 9).tolist(),
            "person_days": (centimu / 50).tolist(),
            "straw_t": (centimu / 400).tolist(),
        },
    )
    treatments = contract_frame(
        "treatments",
        {
            "treatment_id": [f"T{k:06d}" for k in n],
            "parcel_id": used["parcel_id"].tolist(),
            "sequence_id": sequences,
            "place": ["off_site"] * len(used),
            "year": years,
            "count_year": [year + 1 for year in years],
            "area_centimu": centimu.tolist(),
            "cost_cny": (centimu * 9).tolist(),
            "person_days": (centimu / 50).tolist(),
            "straw_t": (centimu / 400).tolist(),
            "district_id": used["district_id"].tolist(),
        },
        [shape.buffer(-30) for shape in used.geometry],
    )
    return use, treatments


def _power() -> dict[str, pd.DataFrame]:
    outline = shapely.box(4000, 0, 6000, 6000)
    blocks = [
        shapely.box(4100 + 220 * c, 100 + 320 * r, 4300 + 220 * c, 400 + 320 * r)
        for r in range(6)
        for c in range(8)
    ]
    spots = [shapely.Point(4500 + 900 * (k % 2), 2600 + 700 * (k // 2)) for k in range(10)]
    blank = [0] * len(YEARS)
    return {
        "sites": contract_frame(
            "sites",
            {"site_id": ["S001"], "district_id": ["150524"], "parcels": [12], "area_ha": [1200.0]},
            [outline],
        ),
        "builds": contract_frame(
            "builds",
            {
                "site_id": ["S001", "S001"],
                "technology": ["pv", "wind"],
                "hub_id": ["H001", "H001"],
                "year": [2025, 2026],
                "capacity_kw": [480_000, 62_500],
                "gross_centimu": [12_000_000, 30_000],
            },
        ),
        "pv_blocks": contract_frame(
            "pv_blocks",
            {
                "block_id": [f"S001-B{k:03d}" for k in range(len(blocks))],
                "site_id": ["S001"] * len(blocks),
                "year": [2025 + k % 2 for k in range(len(blocks))],
                "capacity_kw": [10_000] * len(blocks),
                "area_ha": [6.0] * len(blocks),
            },
            blocks,
        ),
        "turbines": contract_frame(
            "turbines",
            {
                "turbine_id": [f"S001-W{k:03d}" for k in range(len(spots))],
                "site_id": ["S001"] * len(spots),
                "year": [2026 + k % 3 for k in range(len(spots))],
                "capacity_kw": [6_250] * len(spots),
            },
            spots,
        ),
        "hubs": contract_frame(
            "hubs",
            {"hub_id": ["H001", "H002"], "district_id": ["150524", "150522"]},
            [shapely.Point(6500, 6200), shapely.Point(15_000, 3000)],
        ),
        "stations": contract_frame(
            "stations", {"hub_id": ["H001"], "year": [2025], "capacity_kw": [542_500]}
        ),
        "trunks": contract_frame(
            "trunks",
            {
                "trunk_id": ["H001-T01-220"],
                "hub_id": ["H001"],
                "substation_id": ["B01"],
                "year": [2025],
                "circuits": [2],
                "length_km": [10.2],
            },
            [shapely.LineString([(6500, 6200), (9000, 9000), (14_000, 13_000)])],
        ),
        "substations": contract_frame(
            "substations",
            {
                "substation_id": ["B01"],
                "substation": ["库伦 220 千伏变电站"],
                "district_id": ["150522"],
                "voltage_kv": [220.0],
            },
            [shapely.Point(14_000, 13_000)],
        ),
        "substation_use": contract_frame(
            "substation_use",
            {
                "substation_id": ["B01"] * len(YEARS),
                "year": list(YEARS),
                "connected_kw": [100_000 * k for k in range(len(YEARS))],
                "headroom_kw": [700_000] * len(YEARS),
                "circuits": blank,
            },
        ),
    }


def _frame_tables() -> dict[str, pd.DataFrame]:
    districts = contract_frame(
        "districts",
        {"district_id": ["150524", "150522"], "district": ["库伦旗", "科尔沁左翼后旗"]},
        [shapely.box(0, 0, 10_000, 20_000), shapely.box(10_000, 0, 20_000, 20_000)],
    )
    works = contract_frame(
        "works",
        {
            "work_id": ["G001", "G002"],
            "sequence_id": ["straw_shrub", "shrub"],
            "date": ["2023-10-15", "2024-05-20"],
            "area_centimu": [150_000, 90_000],
            "accepted": [True, False],
            "district_id": ["150522", "150522"],
        },
        [shapely.box(16_000, 16_000, 17_500, 17_000), shapely.box(13_000, 17_500, 14_000, 18_400)],
    )
    milestones = contract_frame(
        "milestones",
        {
            "year": list(YEARS),
            "capacity_kw": [1_100_000 + 400_000 * k for k in range(7)],
            "capacity_target_kw": [1_100_000 + 400_000 * k for k in range(7)],
            "treated_centimu": [16_400_000 + 5_866_667 * k for k in range(7)],
            "treated_target_centimu": [16_400_000 + 5_866_667 * k for k in range(7)],
            "met": [True] * 7,
        },
    )
    return {"districts": districts, "works": works, "milestones": milestones}


def _ground() -> Ground:
    geobox = GeoBox((200, 200), Affine(100, 0, 0, 0, -100, 20_000), CRS)
    row, column = np.mgrid[0:200, 0:200]
    shade = (0.7 + 0.25 * np.sin(row / 9) * np.cos(column / 7)).astype(np.float32)
    cover = ((row // 25 + column // 30) % 3).astype(np.float32)
    rules = tuple(
        RuleText(
            (use,), k, Words(f"{use} 不得占用第 {k} 类地", f"{use}: class {k} is kept free"), "条例"
        )
        for k, use in USES
    )
    bits = {use: np.where(cover == k, 1 << k, 0).astype(np.uint32) for k, use in USES}
    reasons = Reasons(bits, geobox, rules)
    roads = gpd.GeoDataFrame(
        {"road_class": ["national", "county"]},
        geometry=[
            shapely.LineString([(0, 9000), (9000, 9500), (20_000, 12_000)]),
            shapely.LineString([(3000, 0), (3500, 20_000)]),
        ],
        crs=CRS,
    )
    river = gpd.GeoDataFrame(
        geometry=[shapely.LineString([(0, 15_000), (8000, 14_000), (20_000, 16_500)])], crs=CRS
    )
    lake = gpd.GeoDataFrame(geometry=[shapely.Point(9000, 17_500).buffer(700)], crs=CRS)
    places = gpd.GeoDataFrame(
        {"name": ["库伦镇", "哈图嘎查", "额勒顺"], "kind": ["city", "village", "town"]},
        geometry=[
            shapely.Point(9000, 9800),
            shapely.Point(3600, 8000),
            shapely.Point(15_000, 6000).buffer(300),
        ],
        crs=CRS,
    )
    lines = {"roads": roads, "rivers": river, "water": lake}
    shaded = Field(shade, geobox)
    covers = ("grassland", "sand", "shrubland")
    return Ground(shaded, Field(cover, geobox), covers, reasons, lines, places)


USES = tuple(enumerate(("pv", "wind", "treatment")))


def hand_made_content(**changes: Any) -> MapContent:
    """Return the map of the hand-made plan."""
    parcels = _parcels()
    use, treatments = _use(parcels)
    tables = MapTables(
        parcels=parcels, parcel_use=use, treatments=treatments, **_power(), **_frame_tables()
    )
    texts = MapTexts(
        title=Words("库伦试点：治沙与风光一体化方案", "Hure pilot: sand, wind, solar"),
        status=Words("542.5 MW · 98,000 亩 · 24.1 亿元", "542.5 MW · 98,000 mu · 2.41 bn CNY"),
        as_of="2024-06-30",
        sources=(
            Source(Words("沙化图斑", "Sand inventory"), "SandGrid demo", "CC0", "2024-06-30", True),
        ),
        names={key: Words.of(f"sequence-{key}") for key in SEQUENCES},
    )
    steps = {
        "straw_shrub": (
            SequenceStep("straw_grid", 0, (3, 4, 5, 9)),
            SequenceStep("shrub", 1, (4,)),
        ),
        "enclosure": (SequenceStep("enclosure", 0, ()),),
    }
    content = MapContent(texts=texts, years=YEARS, tables=tables, ground=_ground(), steps=steps)
    return replace(content, **changes)


def shortfall_content() -> MapContent:
    """Return the map of a run that cannot meet its targets."""
    content = hand_made_content()
    full = content.tables
    tables = MapTables.without_plan(full.parcels, full.districts)
    shortfalls = pd.DataFrame(
        {
            "district_id": ["150524", "150522"],
            "year": [2030, 2027],
            "zh": [
                "库伦旗：2030 年末治沙 12,000 亩，目标 16,000 亩，缺 4,000 亩",
                "科尔沁左翼后旗：2027 年末可接入容量缺 120 MW",
            ],
            "en": [
                "Hure: 12,000 mu of 16,000 mu by the end of 2030, 4,000 mu short",
                "Horqin Left Rear: 120 MW of headroom short at the end of 2027",
            ],
            "share": [0.25, 0.8],
        }
    )
    texts = replace(
        content.texts,
        title=Words.of("map-title-infeasible", {"name": "库伦试点"}),
        status=Words.of("map-status-infeasible"),
    )
    repairs = (Words("库伦旗坡度上限放宽到 25 度", "allow slopes to 25 degrees in Hure"),)
    return replace(content, tables=tables, shortfalls=shortfalls, repairs=repairs, texts=texts)
