"""Six parcels of 1 km2 in two rows, two sites, two hubs, two years: small enough to count.

Row 1 (y 0..1000): P1 P2 P3, district A; row 2 (y 1000..2000): P4 P5 P6, district B.
Site S001 is P1 + P2 + P3, site S002 is P4.  One cell in P5 may not be treated.
A PV block is 10 MW on 20 ha, a turbine 5 MW on 2 ha; each MW owes 12 mu (PV) or 20 mu (wind).
"""

from collections.abc import Mapping
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import shapely
from affine import Affine
from odc.geo.geobox import GeoBox

from sandgrid.export.writing import Extras, write_tables
from sandgrid.land.eligibility import Eligibility
from sandgrid.optimize.solution import JointSolution
from sandgrid.optimize.treatment import TreatmentSolution
from sandgrid.options import judged
from sandgrid.params import Parameters, Value, default_parameters
from sandgrid.plan import (
    Choices,
    Drawing,
    Ground,
    Plan,
    Solved,
    TreatCells,
    assemble_plan,
    draw_builds,
    read_terms,
)
from sandgrid.plan.drawing import degrees
from sandgrid.scenario.resolved import scenario_sha256
from sandgrid.tables import column_names, conform_table, table_columns
from sandgrid.treatment import list_treatments

CRS = pyproj.CRS.from_user_input("+proj=laea +lat_0=44 +lon_0=121.5 +ellps=GRS80 +units=m")
GEOBOX = GeoBox((20, 30), Affine(100.0, 0, 0, 0, -100.0, 2000.0), CRS)
FORBIDDEN = (5, 15)
YEARS = (2024, 2025)
ROUTES = [
    [(100, 900), (-4900, 900), (-5000, 1000)],
    [(100, 900), (8900, 900), (9000, 1000)],
    [(900, 1900), (-4100, 1900), (-5000, 1000)],
    [(900, 1900), (8100, 1900), (9000, 1000)],
]
LINE_KM = [shapely.LineString(route).length / 1000 for route in ROUTES]
BLANKS: Mapping[str, Any] = {"str": "", "int": 0, "float": 0.0, "bool": False}


def table(name: str, rows: list[dict[str, Any]], shapes: Any = None) -> Any:
    """Return a table by its contract, columns that are not given left blank."""
    blank = {column.name: BLANKS[column.kind] for column in table_columns(name)}
    frame = pd.DataFrame([blank | row for row in rows], columns=column_names(name))
    if shapes is not None:
        frame = gpd.GeoDataFrame(frame, geometry=list(shapes), crs=CRS)
    return conform_table(frame, name)


def located(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return features with the longitude and latitude of a point inside."""
    lon, lat = degrees(frame.representative_point().to_numpy(), CRS)
    return frame.assign(lon_deg=lon, lat_deg=lat)


def at(x_m: float, y_m: float) -> dict[str, float]:
    lon, lat = degrees(np.array([shapely.Point(x_m, y_m)]), CRS)
    return {"lon_deg": float(lon[0]), "lat_deg": float(lat[0])}


def square(number: int) -> shapely.Polygon:
    row, column = divmod(number - 1, 3)
    return shapely.box(column * 1000, row * 1000, column * 1000 + 1000, row * 1000 + 1000)


def reasons(*, forbidden_wind: bool = True) -> Eligibility:
    """Every cell is eligible but one, for treatment; wind may not stand in P5 and P6."""
    treatment, wind = (np.zeros(GEOBOX.shape, np.uint32) for _ in range(2))
    treatment[FORBIDDEN] = 1
    if forbidden_wind:
        wind[:10, 10:] = 1
    pv = np.zeros(GEOBOX.shape, np.uint32)
    return Eligibility(GEOBOX, {"pv": pv, "wind": wind, "treatment": treatment}, ())


def parcels() -> gpd.GeoDataFrame:
    site = {1: "S001", 2: "S001", 3: "S001", 4: "S002"}
    rows = []
    for number in range(1, 7):
        treat = 99.0 if number == 5 else 100.0
        inside = 96.0 if number in (1, 2) else 98.0
        rows.append(
            {"parcel_id": f"P{number:06d}", "district_id": "A" if number <= 3 else "B",
             "collective_id": f"C{number}", "dune_class": "mobile" if number % 2 else "semi_fixed",
             "cover": 0.05 if number % 2 else 0.15, "slope_deg": 2.0, "rain_mm": 380.0,
             "access_km": 0.5, "area_ha": 100.0, "pv_ha": 100.0, "wind_ha": 100.0,
             "treat_ha": treat,
             "pv_wind_ha": 100.0, "pv_treat_ha": 100.0, "wind_treat_ha": 100.0, "any_ha": 100.0,
             "on_site_ha": inside if number in site else 0.0, "site_id": site.get(number, "")}
        )  # fmt: skip
    return located(table("parcels", rows, map(square, range(1, 7))))


def positions() -> gpd.GeoDataFrame:
    places = [("S001", 1, 300, 500), ("S001", 1, 800, 500), ("S001", 2, 1500, 500),
              ("S001", 3, 2500, 500), ("S002", 4, 500, 1500)]  # fmt: skip
    rows = [
        {"position_id": f"{site}-W{i:03d}", "site_id": site, "parcel_id": f"P{parcel:06d}",
         "x_m": float(x), "y_m": float(y)}
        for i, (site, parcel, x, y) in enumerate(places, start=1)
    ]  # fmt: skip
    return table("turbine_positions", rows, [shapely.Point(p[2], p[3]) for p in places])


def ground() -> Ground:
    land = {"S001": shapely.box(0, 0, 3000, 1000), "S002": square(4)}
    pads = [shapely.Point(x, y).buffer(85) for x, y in positions()[["x_m", "y_m"]].to_numpy()]
    pv = [shape.difference(shapely.union_all(pads)) for shape in land.values()]
    whole = {"pv_ha": 100.0, "wind_ha": 100.0, "treat_ha": 100.0}
    sites = [
        {
            "site_id": "S001",
            "district_id": "A",
            "parcels": 3,
            "area_ha": 300.0,
            "pv_mu_per_mw": 30.0,
            **whole,
        },
        {
            "site_id": "S002",
            "district_id": "B",
            "parcels": 1,
            "area_ha": 100.0,
            "pv_mu_per_mw": 30.0,
            **whole,
        },
    ]
    works = [
        {"work_id": "W1", "sequence_id": "enclosure", "date": "2024-05-01", "count_year": 2024,
         "area_centimu": 30_000, "accepted": True, "dune_class": "fixed", "district_id": "A"},
    ]  # fmt: skip
    districts = [{"district_id": "A", "district": "甲"}, {"district_id": "B", "district": "乙"}]
    links = [("S001", 1), ("S001", 2), ("S001", 3), ("S002", 4)]
    return Ground(
        parcels=parcels(),
        sites=located(table("sites", sites, land.values())),
        site_parcels=table(
            "site_parcels", [{"site_id": s, "parcel_id": f"P{p:06d}"} for s, p in links]
        ),
        turbine_positions=positions(),
        pv_land=gpd.GeoDataFrame({"site_id": list(land)}, geometry=pv, crs=CRS),
        districts=table(
            "districts",
            districts,
            [shapely.box(0, 0, 3000, 1000), shapely.box(0, 1000, 3000, 2000)],
        ),
        works=table("works", works, [shapely.box(3000, 0, 3100, 200)]),
        treat_cells=TreatCells(reasons().mask("treatment"), GEOBOX),
    )


def choices() -> Choices:
    pv = {"unit_mw": 10.0, "units_min": 1, "units_max": 14, "gross_ha_per_unit": 20.0,
          "energy_mwh_per_unit_year": 16_000.5, "generation_cny_per_unit": 40_000_000.25,
          "operation_cny_per_unit": 4_000_000.0, "lease_cny_per_unit": 300_000.75,
          "collector_cny_per_unit": 100_000.0, "energy_value_cny_per_unit": 45_000_000.0,
          "life_years": 25}  # fmt: skip
    wind = pv | {"unit_mw": 5.0, "units_max": 4, "gross_ha_per_unit": 2.0, "life_years": 20}
    builds = [
        {"site_id": s, "technology": g, "hub_id": h, **figures}
        for s, h in (("S001", "H001"), ("S002", "H002"))
        for g, figures in (("pv", pv), ("wind", wind))
    ]
    hubs = [
        {"hub_id": "H001", "district_id": "A", "x_m": 100.0, "y_m": 900.0, **at(100.0, 900.0),
         "station_cny": 50_000_000.0, "max_mw": 300.0},
        {"hub_id": "H002", "district_id": "B", "x_m": 900.0, "y_m": 1900.0, **at(900.0, 1900.0),
         "station_cny": 50_000_000.0, "max_mw": 300.0},
    ]  # fmt: skip
    trunks = [
        {"trunk_id": f"{h}-{t}-66", "hub_id": h, "substation_id": t, "kind": "66",
         "circuit_mw": 60.0, "length_km": km, "cost_factor": 1.2, "crossings": 1,
         "cost_cny_per_circuit": 1.2 * km * 750_000.0, "max_circuits": 2}
        for h, t, km in (("H001", "T1", LINE_KM[0]), ("H001", "T2", LINE_KM[1]),
                         ("H002", "T1", LINE_KM[2]), ("H002", "T2", LINE_KM[3]))
    ]  # fmt: skip
    stations = [
        {"substation_id": t, "substation": t, "district_id": d, "voltage_kv": 220.0, "x_m": x,
         "y_m": 1000.0, **at(x, 1000.0), "bay_cost_cny": 1_500_000.0, "max_extra_bays": 2,
         "reinforcement_mw": 100.0, "reinforcement_cost_cny": 60_000_000.0,
         "reinforcement_year": 2025}
        for t, d, x in (("T1", "A", -5000.0), ("T2", "B", 9000.0))
    ]  # fmt: skip
    years = [
        {"substation_id": t, "year": y, "headroom_mw": 50.0 + 20 * (y - 2024), "free_bays": 1}
        for t in ("T1", "T2") for y in YEARS
    ]  # fmt: skip
    return Choices(
        build_options=table(
            "build_options", judged(pd.DataFrame(builds), parameters()).to_dict("records")
        ),
        treat_options=list_treatments(parcels(), parameters(), as_of=date(2024, 6, 30)),
        hubs=table("hubs", hubs),
        trunk_options=table("trunk_options", trunks, map(shapely.LineString, ROUTES)),
        substations=table("substations", stations),
        substation_years=table("substation_years", years),
    )


def joint() -> JointSolution:
    """90 MW PV and 10 MW wind at S001 (H001), 25 MW at S002 (H002)."""
    builds = pd.DataFrame(
        [("S001", "pv", "H001", 2024, 4), ("S001", "pv", "H001", 2025, 5),
         ("S001", "wind", "H001", 2025, 2), ("S002", "pv", "H002", 2025, 2),
         ("S002", "wind", "H002", 2025, 1)],
        columns=["site_id", "technology", "hub_id", "year", "units"],
    )  # fmt: skip
    circuits = [("H001-T1-66", 2024, 1), ("H001-T2-66", 2025, 1), ("H002-T2-66", 2025, 1)]
    return JointSolution(
        status="optimal",
        builds=builds,
        stations=pd.DataFrame({"hub_id": ["H001", "H002"], "year": [2024, 2025]}),
        circuits=pd.DataFrame(circuits, columns=["trunk_id", "year", "added"]),
        bays_bought=pd.DataFrame({"substation_id": ["T2"], "year": [2025], "count": [1]}),
        reinforcements=pd.DataFrame({"substation_id": ["T2"], "year": [2025]}),
        treatments=pd.DataFrame(),
        objective_cny=0.0,
        outlay_cny=0.0,
        bound_cny=20_000_000.0,
        binding=("headroom[T1,2024]",),
    )


def treatment() -> TreatmentSolution:
    """P6 whole, P5 and P3 in part, P4 what is left in part, P1 under panels of two years."""
    rows = pd.DataFrame(
        [("P000006", "shrub_enclosure", "off_site", 2024, 100.0),
         ("P000005", "straw_shrub", "off_site", 2024, 60.123_456),
         ("P000005", "willow_shrub", "off_site", 2025, 20.2),
         ("P000003", "straw_shrub", "off_site", 2024, 40.2),
         ("P000004", "grass", "off_site", 2025, 10.0 + 1 / 3),
         ("P000001", "straw_underpanel", "on_site", 2024, 20.0)],
        columns=["parcel_id", "sequence_id", "place", "year", "ha"],
    )  # fmt: skip
    return TreatmentSolution("optimal", rows, 0.0, 0.0, 1_800_000.0, ("treated[2025]",))


@cache
def parameters() -> Parameters:
    changes: dict[str, Value] = {
        "programme.obligation_pv_mu_per_mw": 12,
        "programme.obligation_wind_mu_per_mw": 20,
        "programme.min_share_mobile_semi_fixed": 0.5,
        "wind.turbine_mw": 5.0,
        "wind.rotor_m": 60.0,
        "wind.direct_ha_per_mw": 0.4,
        "pv.block_mw": 10.0,
        "pv.gross_mu_per_mw": 30.0,
        "programme.min_hub_mw": 20,
    }
    return default_parameters().with_values(changes, "world of the tests")


def record() -> dict[str, Any]:
    """Return the resolved scenario of the world, as scenario.json holds it."""
    targets = [("total", 2024, 40.0, 10.0), ("total", 2025, 125.0, 10.0)]
    return {
        "schema_version": 1,
        "name": "six-parcels",
        "title_zh": "六地块",
        "title_en": "Six parcels",
        "as_of": "2024-06-30",
        "years": list(YEARS),
        "grid": {"crs_wkt": CRS.to_wkt(), "resolution_m": 100.0},
        "export": {"crs": "cgcs2000-3deg", "lang": "zh", "sheets": 2, "problem_mps": False},
        "locks": {"sites_in": [], "sites_out": [], "parcels_in": [], "parcels_out": []},
        "targets": {
            "capacity": [
                {"technology": g, "year": y, "target_mw": mw, "band_mw": band}
                for g, y, mw, band in targets
            ],
            "treated": [
                {"year": 2024, "target_mu": 2500.0, "target_ha": 2500 / 15,
                 "target_centimu": 250_000},
                {"year": 2025, "target_mu": 3000.0, "target_ha": 200.0,
                 "target_centimu": 300_000},
            ],
        },
        "limits": [
            {"resource": "person_days", "district_id": "", "year": 2024,
             "season": "", "limit": 8000.0},
            {"resource": "budget_cny", "district_id": "B", "year": 2024,
             "season": "", "limit": 2_200_000.0},
            {"resource": "straw_t", "district_id": "", "year": 2024,
             "season": "", "limit": 1000.0},
        ],
        "quotas": [
            {"quantity": "treated_ha", "scope": "district", "scope_id": "B", "year": 2025,
             "minimum": 100.0, "maximum": 200.0,
             "minimum_share": None, "maximum_share": None},
            {"quantity": "capacity_mw", "scope": "district", "scope_id": "A", "year": 2025,
             "minimum": None, "maximum": 100.0,
             "minimum_share": None, "maximum_share": None},
            {"quantity": "treated_ha", "scope": "collective", "scope_id": "C6", "year": 2025,
             "minimum": 50.0, "maximum": None,
             "minimum_share": None, "maximum_share": None},
        ],
        "parameters": {
            key: {"value": list(p.value) if isinstance(p.value, tuple) else p.value,
                  "unit": p.unit, "source": p.source, "confidence": p.confidence}
            for key, p in parameters().items()
        },
    }  # fmt: skip


def drawing() -> Drawing:
    terms = read_terms(record())
    return draw_builds(joint().builds, ground(), choices=choices(), terms=terms)


def plan(changes: Mapping[str, Value] | None = None) -> Plan:
    """Return the plan of the world, some parameters set."""
    stated = record()
    for key, value in (changes or {}).items():
        stated["parameters"][key]["value"] = value
    solved = Solved(joint(), treatment(), greedy_objective_cny=90_000_000.0)
    return assemble_plan(stated, ground(), choices=choices(), solved=solved, drawing=drawing())


def write_plan(folder: Path) -> Path:
    """Write the plan of the world as a run does."""
    made = plan()
    scenario = {"name": "six-parcels", "as_of": made.scenario["as_of"]}
    scenario["sha256"] = scenario_sha256(made.scenario)
    figures = {"schema_version": 1, "scenario": scenario, **made.figures()}
    extras = Extras(made.scenario, figures, lambda: b"<html></html>", eligibility=reasons())
    return write_tables(made.tables, folder, extras=extras)
