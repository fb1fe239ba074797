"""How far along a programme is: from a scenario or a plan folder, and the works files."""

from collections.abc import Iterable
from datetime import date
from pathlib import Path
from typing import Any, Final, cast

import geopandas as gpd
import pandas as pd

from sandgrid.errors import InputError
from sandgrid.layers.geobox import area_geobox
from sandgrid.layers.notices import SandGridWarning
from sandgrid.layers.stack import Layers
from sandgrid.layers.tracks import read_tracks
from sandgrid.layers.vector import Window, read_vector
from sandgrid.params import Parameters
from sandgrid.people import describe_people
from sandgrid.people.judging import judge_works
from sandgrid.people.progress import Status, status_table
from sandgrid.people.rules import record_parameters
from sandgrid.people.tabled import land_of_rows
from sandgrid.people.tracking import Tracked, works_from_tracks
from sandgrid.people.window import labour_window
from sandgrid.pipeline.casing import unit_mw
from sandgrid.pipeline.reading import read_plan
from sandgrid.pipeline.works import FinishedWorks, finished_works, read_works_tables
from sandgrid.pipeline.world import read_area, scenario_catalogue
from sandgrid.plan import Plan, read_terms
from sandgrid.scenario import Scenario, load_scenario
from sandgrid.scenario.resolved import resolve_scenario, scenario_parameters
from sandgrid.tables import conform_table, empty_table
from sandgrid.units import CENTIMU_PER_MU, KW_PER_MW

ROLES: Final = ("works", "villages", "inventory")
OF_PARCEL: Final = ("district_id", "collective")


def find_status(
    place: Scenario | Plan | str | Path,
    *,
    works: Iterable[str | Path] = (),
    as_of: date | None = None,
) -> Status:
    """Say what is done, accepted, left and on course.

    Parameters
    ----------
    place : Scenario, Plan, str or Path
        A scenario or its file: the programme's own targets. A plan or its folder: also those of
        each district, measure and party, and the work that the plan puts into the rest of the
        year.
    works : iterable of str or Path, optional
        Further tables of works (CSV, xlsx): parcel, measure, mu, date, accepted; or mw, date.
        With a scenario parcels are those of the sand inventory, with a plan its own.
    as_of : date, optional
        The day; that of the scenario by default.

    Returns
    -------
    Status
        Tables, contradictions, and what the rest of the year needs.

    Raises
    ------
    InputError, ScenarioError
        Naming the file, the row and the remedy.

    """
    tables = tuple(Path(path) for path in works)
    if isinstance(place, str | Path):
        path = Path(place)
        place = read_plan(path) if path.is_dir() else load_scenario(path)
    if isinstance(place, Plan):
        return _of_plan(place, tables, as_of)
    return _of_scenario(place, tables, as_of)


def _of_scenario(scenario: Scenario, tables: tuple[Path, ...], as_of: date | None) -> Status:
    parameters = scenario_parameters(scenario)
    rows = read_works_tables((*scenario.works_tables, *tables))
    day = as_of or scenario.as_of
    layers = _light_layers(scenario)
    found = finished_works(layers, day, parameters, rows=rows, report=_silent)
    record = resolve_scenario(scenario, unit_mw(parameters))
    return _status((record, parameters, layers.area), found, rows, None, day)


def _light_layers(scenario: Scenario) -> Layers:
    """Read the area, works, villages and inventory alone, without rasters."""
    catalogue = scenario_catalogue(scenario)
    area = read_area(scenario, catalogue, report=_silent)
    bounds = tuple(area.total_bounds.tolist())
    window = Window(cast("tuple[float, float, float, float]", bounds), 0.0)
    vectors = {
        role: read_vector(catalogue.vector(role), area.crs, window=window, report=_silent)
        for role in ROLES
        if role in catalogue
    }
    geobox = area_geobox(area, scenario.grid.resolution_m)
    return Layers(geobox=geobox, vectors=vectors, area=area)


def _silent(notice: SandGridWarning) -> None:
    """Tell nothing: a status lists every contradiction itself."""


def _of_plan(plan: Plan, tables: tuple[Path, ...], as_of: date | None) -> Status:
    parameters = record_parameters(plan.scenario)
    rows = read_works_tables(tables)
    day = as_of or date.fromisoformat(str(plan.scenario["as_of"]))
    found = _works_on_plan(plan, rows, parameters, day)
    return _status((plan.scenario, parameters, plan.districts), found, rows, plan, day)


def _works_on_plan(
    plan: Plan, rows: pd.DataFrame, parameters: Parameters, as_of: date
) -> FinishedWorks:
    """Return the works of the plan, which it has judged, and later ones on its parcels."""
    before = plan.works[plan.works["date"] <= as_of.isoformat()]
    if rows.empty or not rows["area_mu"].notna().any():
        return FinishedWorks(before, empty_table("works_issues"))
    told = rows.assign(parcel=_parcel_ids(plan, rows))
    land = told[told["area_mu"].notna()]
    _require_new(land, plan.works)
    inventory = plan.parcels.assign(source_id=plan.parcels["parcel_id"])
    drawn, beyond = land_of_rows(land, inventory, parameters)
    judged = judge_works(drawn, plan.districts, parameters, as_of=as_of)
    kept = judged.works.assign(
        sequence_id=judged.works["measure"],
        count_year=judged.works["date"].str[:4].astype("int64"),
        accepted=judged.works["accepted"].astype("int64").astype("bool"),
        **{name: _of_parcels(plan, land, judged.works, name) for name in OF_PARCEL},
    )
    extra = [part for part in (beyond, _unplanned(plan, land)) if len(part)]
    issues = pd.concat([judged.issues, *extra], ignore_index=True)
    both = pd.concat([before, conform_table(kept[before.columns], "works")], ignore_index=True)
    return FinishedWorks(cast("gpd.GeoDataFrame", both), conform_table(issues, "works_issues"))


def _require_new(land: pd.DataFrame, works: pd.DataFrame) -> None:
    twice = sorted(set(land["work_id"]) & set(works["work_id"]))
    if twice:
        raise InputError("works-table-id-twice", {"file": "works", "work": twice[0]})


def _parcel_ids(plan: Plan, rows: pd.DataFrame) -> "pd.Series[str]":
    """Return the plan's parcel that each row means, by its own id or that of the inventory."""
    source = plan.parcels[~plan.parcels["source_id"].duplicated(keep=False)]
    by_source = dict(zip(source["source_id"], source["parcel_id"], strict=True))
    return rows["parcel"].map(lambda one: by_source.get(one, one))


def _of_parcels(plan: Plan, land: pd.DataFrame, works: pd.DataFrame, column: str) -> list[str]:
    """Return what the parcel of each work has in a column."""
    parcel = dict(zip(land["work_id"], land["parcel"], strict=True))
    known = dict(zip(plan.parcels["parcel_id"], plan.parcels[column], strict=True))
    return [str(known[parcel[work]]) for work in works["work_id"]]


def _unplanned(plan: Plan, land: pd.DataFrame) -> pd.DataFrame:
    """List works on parcels that the plan does not treat; they count all the same."""
    strange = land[~land["parcel"].isin(plan.treatments["parcel_id"])]
    centimu = (strange["area_mu"] * CENTIMU_PER_MU).round().astype("int64")
    return strange[["work_id", "date"]].assign(
        issue="unplanned", other=strange["parcel"], stated_centimu=centimu, counted_centimu=centimu
    )


def _status(
    asked: tuple[Any, Parameters, gpd.GeoDataFrame],
    found: FinishedWorks,
    rows: pd.DataFrame,
    plan: Plan | None,
    as_of: date,
) -> Status:
    record, parameters, area = asked
    terms = read_terms(record)
    works = pd.DataFrame(found.works.drop(columns="geometry"))
    targets = terms.treated_targets_centimu
    planned = None if plan is None else _planned(plan)
    table = status_table(works, targets, planned, parameters, as_of=as_of)
    packages = None if plan is None else pd.DataFrame(describe_people(plan).packages)
    left = int(table.loc[table["scope"] == "programme", "left_centimu"].iloc[0])
    power = {year: kw for (kind, year), kw in terms.capacity_targets_kw.items() if kind == "total"}
    reached = [kw for year, kw in sorted(power.items()) if year <= as_of.year]
    return Status(
        as_of=as_of,
        targets=targets,
        table=table,
        works=works,
        issues=found.issues,
        window=labour_window(left, packages, parameters, as_of=as_of),
        names=dict(zip(area["district_id"], area["district"], strict=True)),
        connected_kw=_connected_kw(rows, as_of),
        capacity_target_kw=reached[-1] if reached else 0,
    )


def _planned(plan: Plan) -> pd.DataFrame:
    names = ["count_year", "area_centimu", "district_id", "sequence_id", "collective"]
    home = plan.parcels.set_index("parcel_id")["collective"]
    new = pd.DataFrame(plan.treatments).assign(
        collective=plan.treatments["parcel_id"].map(home).fillna("")
    )
    return pd.concat([new[names], pd.DataFrame(plan.works)[names]], ignore_index=True)


def _connected_kw(rows: pd.DataFrame, as_of: date) -> int:
    if rows.empty:
        return 0
    done = rows[rows["mw"].notna() & (rows["date"] <= as_of.isoformat())]
    return round(float(done["mw"].sum()) * KW_PER_MW)


def read_field_tracks(
    place: Scenario | Plan | str | Path, tracks: str | Path, *, measure: str
) -> Tracked:
    """Turn a GPX file of the field into a table of works, by the rule of ``tracks.*``.

    Parameters
    ----------
    place : Scenario, Plan, str or Path
        A scenario: land is that of the sand inventory; a plan or its folder: its parcels.
    tracks : str or Path
        GPX file.
    measure : str
        What was done: a measure or sequence of the catalogue.

    """
    if isinstance(place, str | Path):
        path = Path(place)
        place = read_plan(path) if path.is_dir() else load_scenario(path)
    if isinstance(place, Plan):
        parameters = record_parameters(place.scenario)
        parcels = place.parcels.assign(source_id=place.parcels["parcel_id"])
    else:
        parameters = scenario_parameters(place)
        parcels = _light_layers(place).vector("inventory")
    return works_from_tracks(read_tracks(Path(tracks)), parcels, parameters, measure=measure)
