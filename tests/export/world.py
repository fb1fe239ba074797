"""A plan of three parcels across the zone edge at 121.5 E, small enough to check by hand."""

import geopandas as gpd
import pandas as pd
import pyproj
import shapely

from sandgrid.export.content import PlanContent
from sandgrid.messages import Language
from sandgrid.params import default_parameters
from sandgrid.tables import column_names, conform_table, table_columns

AS_OF = "2024-06-30"
CRS = pyproj.CRS.from_user_input("+proj=laea +lat_0=43 +lon_0=121.5 +ellps=GRS80 +units=m")
NAME = "科尔沁左翼中旗花吐古拉镇"
FORMULA = '=HYPERLINK("http://evil","x")'
SCRIPT = "<script>alert(1)</script>"
BLANKS = {"str": "", "int": 0, "float": 0.0, "bool": False}


def table(
    name: str, rows: list[dict[str, object]], shapes: list[object] | None = None
) -> pd.DataFrame:
    """Return a table by its contract, columns not given left blank."""
    blank = {column.name: BLANKS[column.kind] for column in table_columns(name)}
    frame = pd.DataFrame([blank | row for row in rows], columns=column_names(name))
    if shapes is not None:
        frame = gpd.GeoDataFrame(frame, geometry=shapes, crs=CRS)
    return conform_table(frame, name)


def box(x: float, y: float, width: float = 1000.0) -> shapely.Polygon:
    return shapely.box(x, y, x + width, y + 1000)


def tables() -> dict[str, pd.DataFrame]:
    """P000001 west of 121.5 E, P000002 on the edge with its centroid east, P000003 east."""
    parcels = table(
        "parcels",
        [
            {"parcel_id": "P000001", "district_id": "150524", "district": "库伦旗",
             "village": NAME, "holder": FORMULA, "implementer": "国有治沙站",
             "dune_class": "mobile", "cover": 0.05, "area_ha": 100.0,
             "treat_ha": 100.0, "lon_deg": 121.48, "lat_deg": 43},
            {"parcel_id": "P000002", "district_id": "150524", "district": "库伦旗",
             "village": SCRIPT, "holder": "+86 138", "dune_class": "semi_fixed", "cover": 0.2,
             "area_ha": 100.0, "site_id": "S001", "lon_deg": 121.505, "lat_deg": 43},
            {"parcel_id": "P000003", "district_id": "150522", "district": "科尔沁左翼后旗",
             "village": "../../evil", "holder": "O'Brien & 子", "dune_class": "fixed",
             "cover": 0.35, "area_ha": 100.0, "lon_deg": 121.52, "lat_deg": 43},
        ],
        [box(-2000, 0), box(-400, 0), box(2000, 0)],
    )  # fmt: skip
    return {
        "parcels": parcels,
        "sites": table(
            "sites",
            [{"site_id": "S001", "district_id": "150524", "district": "库伦旗", "parcels": 1,
              "area_ha": 100.0, "lon_deg": 121.505, "lat_deg": 43.0}],
            [box(-400, 0)],
        ),
        "site_parcels": table("site_parcels", [{"site_id": "S001", "parcel_id": "P000002"}]),
        "site_use": table(
            "site_use",
            [{"site_id": "S001", "parcel_id": "P000002", "technology": "pv",
              "capacity_kw": 6250, "gross_centimu": 17500, "lease_cny": 300_000,
              "on_site_centimu": 9000}],
        ),
        "parcel_use": table(
            "parcel_use",
            [
                {"parcel_id": "P000001", "kind": "treatment", "first_year": 2024,
                 "count_year": 2024, "sequences": "straw_shrub", "treated_centimu": 150_000,
                 "treatment_cny": 2_550_000, "person_days": 6000.0, "straw_t": 712.5},
                {"parcel_id": "P000002", "kind": "pv+treatment", "first_year": 2024,
                 "count_year": 2025, "sequences": "underpanel", "treated_centimu": 9000,
                 "on_site_centimu": 9000, "gross_centimu": 17500, "pv_kw": 6250,
                 "treatment_cny": 54_000, "lease_cny": 300_000, "person_days": 90.0},
            ],
        ),
        "builds": table(
            "builds",
            [
                {"build_id": "S001-pv-2024", "site_id": "S001", "technology": "pv",
                 "hub_id": "H001", "year": 2024, "acceptance_year": 2025, "units": 2,
                 "capacity_kw": 6250, "gross_centimu": 17500, "energy_mwh_per_year": 10_500.5,
                 "cost_cny": 20_000_001, "district_id": "150524"},
                {"build_id": "S001-wind-2025", "site_id": "S001", "technology": "wind",
                 "hub_id": "H001", "year": 2025, "acceptance_year": 2026, "units": 1,
                 "capacity_kw": 6250, "gross_centimu": 4219, "energy_mwh_per_year": 17_000.25,
                 "cost_cny": 30_000_002, "district_id": "150524"},
            ],
        ),
        "treatments": table(
            "treatments",
            [
                {"treatment_id": "T000001", "parcel_id": "P000001", "sequence_id": "straw_shrub",
                 "place": "off_site", "year": 2024, "count_year": 2024, "area_centimu": 150_000,
                 "cost_cny": 2_550_000, "person_days": 6000.0, "straw_t": 712.5,
                 "soil_t_per_year": 3400.125, "district_id": "150524", "dune_class": "mobile"},
                {"treatment_id": "T000002", "parcel_id": "P000002", "sequence_id": "underpanel",
                 "place": "on_site", "year": 2025, "count_year": 2025, "deadline_year": 2025,
                 "area_centimu": 9000, "cost_cny": 54_000, "person_days": 90.0, "straw_t": 0.0,
                 "soil_t_per_year": 50.0, "district_id": "150524", "dune_class": "semi_fixed",
                 "site_id": "S001"},
            ],
            [box(-2000, 0), box(-400, 0, 60)],
        ),
        "turbines": table(
            "turbines",
            [{"turbine_id": "S001-W001", "site_id": "S001", "parcel_id": "P000002",
              "hub_id": "H001", "year": 2025, "capacity_kw": 6250, "pad_centimu": 4219,
              "pad_radius_m": 94.6, "lon_deg": 121.497, "lat_deg": 43.0}],
            [shapely.Point(-250, 500)],
        ),
        "pv_blocks": table(
            "pv_blocks",
            [{"block_id": "S001-B001", "site_id": "S001", "hub_id": "H001", "year": 2024,
              "capacity_kw": 6250, "area_ha": 11.7, "lon_deg": 121.498, "lat_deg": 43.0}],
            [shapely.MultiPolygon([box(-400, 0, 60), box(-200, 0, 57)])],
        ),
        "stations": table(
            "stations",
            [{"hub_id": "H001", "year": 2024, "district_id": "150524", "capacity_kw": 12_500,
              "cost_cny": 40_000_000}],
        ),
        "hubs": table(
            "hubs",
            [{"hub_id": "H001", "district_id": "150524", "x_m": 0.0, "y_m": 500.0,
              "lon_deg": 121.5, "lat_deg": 43.0, "station_cny": 40_000_000.5, "max_mw": 400.0}],
            [shapely.Point(0, 500)],
        ),
        "trunks": table(
            "trunks",
            [{"trunk_id": "H001-T03-220", "hub_id": "H001", "substation_id": "T03",
              "kind": "220", "year": 2024, "circuits": 1, "circuit_mw": 300.0,
              "length_km": 5.5, "cost_cny": 9_000_000, "district_id": "150524"}],
            [shapely.LineString([(0, 500), (5000, 500)])],
        ),
        "flows": table(
            "flows",
            [{"hub_id": "H001", "substation_id": "T03", "year": 2024, "flow_kw": 6250},
             {"hub_id": "H001", "substation_id": "T03", "year": 2025, "flow_kw": 12_500}],
        ),
        "substations": table(
            "substations",
            [{"substation_id": "T03", "substation": "库伦 220 千伏变电站", "district_id": "150524",
              "voltage_kv": 220.0, "lon_deg": 121.56, "lat_deg": 43.0}],
            [shapely.Point(5000, 500)],
        ),
        "substation_use": table(
            "substation_use",
            [{"substation_id": "T03", "year": 2024, "connected_kw": 6250, "headroom_kw": 100_000,
              "circuits": 1, "free_bays": 2},
             {"substation_id": "T03", "year": 2025, "connected_kw": 12_500,
              "headroom_kw": 100_000, "circuits": 1, "free_bays": 2}],
        ),
        "districts": table(
            "districts",
            [{"district_id": "150522", "district": "科尔沁左翼后旗", "area_km2": 11_499.0},
             {"district_id": "150524", "district": "库伦旗", "area_km2": 4709.0,
              "capacity_kw": 12_500, "pv_kw": 6250, "wind_kw": 6250, "treated_centimu": 259_000,
              "works_centimu": 100_000, "cost_cny": 101_604_003}],
            [box(1000, -5000, 9000), box(-9000, -5000, 10_000)],
        ),
        "works": table(
            "works",
            [{"work_id": "W01", "sequence_id": "enclosure", "date": "2024-05-20",
              "count_year": 2024, "area_centimu": 100_000, "accepted": True,
              "dune_class": "fixed", "district_id": "150524"}],
            [box(-6000, 0, 667)],
        ),
        "costs": table(
            "costs",
            [
                {"row_id": "S001-pv-2024", "object": "build", "item": "generation", "year": 2024,
                 "district_id": "150524", "amount_cny": 19_700_001, "present_cny": 19_700_001},
                {"row_id": "S001-pv-2024", "object": "build", "item": "lease", "year": 2024,
                 "district_id": "150524", "amount_cny": 300_000, "present_cny": 300_000},
                {"row_id": "S001-wind-2025", "object": "build", "item": "generation",
                 "year": 2025, "district_id": "150524", "amount_cny": 31_950_002,
                 "present_cny": 30_000_002},
                {"row_id": "H001", "object": "station", "item": "connection", "year": 2024,
                 "district_id": "150524", "amount_cny": 49_000_000, "present_cny": 49_000_000},
                {"row_id": "T000001", "object": "treatment", "item": "treatment", "year": 2024,
                 "district_id": "150524", "amount_cny": 2_604_000, "present_cny": 2_604_000},
                {"row_id": "S001-pv-2024", "object": "build", "item": "energy_value",
                 "year": 2024, "district_id": "150524", "amount_cny": 50_000_000,
                 "present_cny": 50_000_000},
            ],
        ),
        "milestones": table(
            "milestones",
            [
                {"year": 2024, "capacity_kw": 6250, "capacity_target_kw": 6000, "pv_kw": 6250,
                 "treated_centimu": 250_000, "treated_target_centimu": 250_000,
                 "obligation_centimu": 75_000, "met": True},
                {"year": 2025, "capacity_kw": 12_500, "capacity_target_kw": 12_000,
                 "pv_kw": 6250, "wind_kw": 6250, "treated_centimu": 259_000,
                 "treated_target_centimu": 255_000, "obligation_centimu": 200_000, "met": True},
            ],
        ),
    }  # fmt: skip


def document() -> dict[str, object]:
    """Return the figures of the plan by the schema of plan.json."""
    return {
        "schema_version": 1,
        "scenario": {"name": "three-parcels", "sha256": "0" * 64, "as_of": AS_OF,
                     "title_zh": "三地块", "title_en": "Three parcels"},
        "status": "optimal",
        "objective_cny": 51_604_003,
        "bound_cny": 51_000_000,
        "gap_cny": 604_003,
        "gap": 604_003 / 101_604_003,
        "treatment_gap": 0.0,
        "gap_of_choice": 0.034,
        "outlay_cny": 101_604_003,
        "greedy_objective_cny": 55_000_000,
        "capacity_mw": {"total": 12.5, "pv": 6.25, "wind": 6.25},
        "treated_mu": 2590.0,
        "on_site_mu": 90.0,
        "energy_gwh_per_year": 27.50075,
        "cost_cny": {"generation": 49_700_003, "connection": 49_000_000, "treatment": 2_604_000,
                     "lease": 300_000, "energy_value": 50_000_000},
        "milestones": [
            {"year": 2024, "capacity_mw": 6.25, "capacity_target_mw": 6.0, "treated_mu": 2500.0,
             "treated_target_mu": 2500.0, "met": True},
            {"year": 2025, "capacity_mw": 12.5, "capacity_target_mw": 12.0,
             "treated_mu": 2590.0, "treated_target_mu": 2550.0, "met": True},
        ],
        "binding": ["headroom[T03,2025]"],
        "placeholders": ["programme.underpanel_share"],
        "synthetic_layers": ["dem"],
    }  # fmt: skip


def scenario() -> dict[str, object]:
    """Return the question, as scenario.json holds it."""
    parameters = {
        key: {"value": list(entry.value) if isinstance(entry.value, tuple) else entry.value,
              "unit": entry.unit, "source": entry.source, "confidence": entry.confidence}
        for key, entry in default_parameters().items()
    }  # fmt: skip
    return {
        "schema_version": 1,
        "name": "three-parcels",
        "as_of": AS_OF,
        "export": {"crs": "cgcs2000-3deg", "lang": "zh", "sheets": 5, "problem_mps": False},
        "parameters": parameters,
    }


def content(lang: Language = "zh") -> PlanContent:
    """Return the plan as its files see it."""
    return PlanContent(tables(), document(), scenario(), {}, lang)
