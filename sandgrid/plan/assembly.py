"""The plan put together: drawn, dated, counted in integers, priced and charged."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from sandgrid.plan.charges import charge_parcels, use_of_parcels
from sandgrid.plan.connection import (
    connected_loads,
    hub_loads,
    send_power,
    substation_table,
    trunk_lines,
    until_each_year,
    with_connected,
)
from sandgrid.plan.costing import GAINS, present_outlay, price_plan, with_treat_options
from sandgrid.plan.drawing import Drawing, with_options
from sandgrid.plan.inputs import Choices, Ground, Solved
from sandgrid.plan.pieces import date_pieces, draw_pieces, land_by_key
from sandgrid.plan.quantise import LeastPart, largest_remainder, least_new_land, quantise_land
from sandgrid.plan.record import Plan, Proof
from sandgrid.plan.terms import TECHNOLOGIES, Record, Terms, read_terms
from sandgrid.plan.totals import total_plan
from sandgrid.tables import column_names, conform_table
from sandgrid.units import CENTIMU_PER_HA, KW_PER_MW

M2_PER_KM2 = 1_000_000
DIGITS = 6


@dataclass(frozen=True, eq=False)
class _Parts:
    """Tables on the way to a plan."""

    builds: pd.DataFrame
    works: gpd.GeoDataFrame
    treatments: gpd.GeoDataFrame
    costs: pd.DataFrame


def assemble_plan(
    record: Record, ground: Ground, *, choices: Choices, solved: Solved, drawing: Drawing
) -> Plan:
    """Make the plan of a solution.

    Parameters
    ----------
    record : mapping
        The resolved scenario, as in ``scenario.json``.
    ground : Ground
        Land, sites, districts, works.
    choices : Choices
        Options and the power system.
    solved : Solved
        Answers of the solvers.
    drawing : Drawing
        Its builds, as :func:`sandgrid.plan.drawing.draw_builds` drew them.

    Raises
    ------
    InputError
        If solution, options and drawing do not belong together.
    InfeasibleError
        If no land is left for what must count by a year.

    """
    terms = read_terms(record)
    builds = build_rows(solved.joint.builds, choices, ground, terms=terms)
    works = work_rows(ground.works)
    pieces = _pieces(builds, works, ground, (choices, solved, drawing, terms))
    costs = price_plan(
        builds, pieces, solved.joint, choices=choices, terms=terms, parcels=ground.parcels
    )
    parts = _Parts(
        builds=_priced(_balanced(builds, costs), costs, "build", "builds"),
        works=works,
        treatments=_treatment_rows(pieces, costs, choices, ground=ground, drawing=drawing),
        costs=costs,
    )
    tables = {
        **_land_tables(parts, drawing, ground, terms),
        **_power_tables(parts, solved, choices, terms=terms, ground=ground),
        **_option_tables(parts, choices),
        "turbines": drawing.turbines,
        "pv_blocks": drawing.pv_blocks,
    }
    return Plan(
        status=solved.joint.status,
        scenario=record,
        proof=_proof(tables, solved),
        binding=_binding(solved),
        **tables,
    )


def build_rows(
    builds: pd.DataFrame, choices: Choices, ground: Ground, *, terms: Terms
) -> pd.DataFrame:
    """Return the contract ``builds`` without its cost, with the columns of the options."""
    rows = with_options(builds, choices.build_options)
    parts = [rows["site_id"], rows["technology"], rows["year"].astype("str")]
    capacity = rows["units"] * np.rint(rows["unit_mw"] * KW_PER_MW)
    gross = rows["units"] * rows["gross_ha_per_unit"] * CENTIMU_PER_HA
    return rows.assign(
        build_id=parts[0] + "-" + parts[1] + "-" + parts[2],
        acceptance_year=rows["year"] + terms.acceptance_lag_years,
        capacity_kw=capacity.astype("int64"),
        gross_centimu=largest_remainder(gross),
        energy_mwh_per_year=(rows["units"] * rows["energy_mwh_per_unit_year"]).round(DIGITS),
        district_id=rows["site_id"].map(ground.sites.set_index("site_id")["district_id"]),
    )


def work_rows(works: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return the contract ``works``: the counting year is that of the date."""
    counted = works["date"].str[:4].astype("int64")
    rows = works.assign(count_year=counted).sort_values("work_id", kind="stable", ignore_index=True)
    return conform_table(rows[[*column_names("works"), "geometry"]], "works")


def works_until(works: pd.DataFrame, years: tuple[int, ...]) -> dict[int, int]:
    """Return the finished land that counts at the end of each year [0.01 mu]."""
    return {
        year: int(works.loc[works["count_year"] <= year, "area_centimu"].sum()) for year in years
    }


def capacity_until(builds: pd.DataFrame, years: tuple[int, ...]) -> dict[int, dict[str, int]]:
    """Return the capacity of each technology at the end of each year [kW]."""
    table = until_each_year(builds, years, key="technology", value="capacity_kw")
    found = {(g, int(y)): int(kw) for g, y, kw in table.to_numpy().tolist()}
    return {year: {g: found.get((g, year), 0) for g in TECHNOLOGIES} for year in years}


def _least_parts(terms: Terms, parcels: pd.DataFrame, works: pd.DataFrame) -> Iterator[LeastPart]:
    """Tell what quotas ask of new land; finished works have no collective."""
    for quota in terms.treated_quotas:
        done = works[works["count_year"] <= quota.year]
        inside = parcels
        if quota.scope != "programme":
            inside = parcels[parcels[f"{quota.scope}_id"] == quota.scope_id]
            done = done[done["district_id"] == quota.scope_id]
        least = quota.least_centimu - int(done["area_centimu"].sum())
        if least > 0:
            yield LeastPart(quota.year, frozenset(inside["parcel_id"]), least)


def _pieces(
    builds: pd.DataFrame,
    works: pd.DataFrame,
    ground: Ground,
    answer: tuple[Choices, Solved, Drawing, Terms],
) -> pd.DataFrame:
    choices, solved, drawing, terms = answer
    dated = date_pieces(solved.treatment.treatments, choices.treat_options, drawing)
    least = least_new_land(
        terms, capacity_until(builds, terms.years), works_until(works, terms.years)
    )
    parts = _least_parts(terms, ground.parcels, works)
    pieces = quantise_land(dated, land_by_key(drawing), least, parts)
    order = ["parcel_id", "place", "deadline_year", "count_year", "year", "sequence_id"]
    pieces = pieces.sort_values(order, kind="stable", ignore_index=True)
    numbers = (pieces.index + 1).astype("str").str.zfill(6)
    home = ground.parcels.set_index("parcel_id")
    return pieces.assign(
        treatment_id="T" + numbers,
        district_id=pieces["parcel_id"].map(home["district_id"]),
        dune_class=pieces["parcel_id"].map(home["dune_class"]),
        site_id=pieces["parcel_id"].map(home["site_id"]).where(pieces["place"] == "on_site", ""),
    )


def _treatment_rows(
    pieces: pd.DataFrame,
    costs: pd.DataFrame,
    choices: Choices,
    *,
    ground: Ground,
    drawing: Drawing,
) -> gpd.GeoDataFrame:
    rows = with_treat_options(pieces, choices.treat_options)
    area_ha = rows["area_centimu"] / CENTIMU_PER_HA
    steps = (0, 1, 2)
    rows = rows.assign(
        person_days=(area_ha * rows[[f"person_days_per_ha_{o}" for o in steps]].sum(axis=1)).round(
            DIGITS
        ),
        straw_t=(area_ha * rows[[f"straw_t_per_ha_{o}" for o in steps]].sum(axis=1)).round(DIGITS),
        soil_t_per_year=(area_ha * rows["soil_t_per_ha"]).round(DIGITS),
    )
    priced = _priced(rows, costs, "treatment", "treatments")
    drawn = draw_pieces(priced, ground, drawing)
    return conform_table(drawn, "treatments")


def _priced(rows: pd.DataFrame, costs: pd.DataFrame, kind: str, table: str) -> pd.DataFrame:
    outlay = present_outlay(costs, kind, ["row_id"])
    owed = rows[f"{kind}_id"].map(outlay).fillna(0).astype("int64")
    return conform_table(rows.assign(cost_cny=owed)[column_names(table)], table)


def _balanced(builds: pd.DataFrame, costs: pd.DataFrame) -> pd.DataFrame:
    """Return builds with their present outlay less the present value of their energy."""
    rows = costs[costs["object"] == "build"]
    signed = rows["present_cny"].where(~rows["item"].isin(GAINS), -rows["present_cny"])
    net = builds["build_id"].map(signed.groupby(rows["row_id"]).sum())
    return builds.assign(net_present_cost_cny=net.fillna(0).astype("int64"))


def _land_tables(
    parts: _Parts, drawing: Drawing, ground: Ground, terms: Terms
) -> dict[str, pd.DataFrame]:
    site_use = charge_parcels(drawing, parts.builds, parts.treatments, parts.costs)
    return {
        "parcels": ground.parcels,
        "sites": ground.sites,
        "site_parcels": ground.site_parcels,
        "builds": parts.builds,
        "treatments": parts.treatments,
        "works": parts.works,
        "costs": parts.costs,
        "site_use": site_use,
        "parcel_use": use_of_parcels(site_use, parts.treatments, drawing),
        "milestones": milestone_rows(parts.builds, parts.treatments, parts.works, terms=terms),
        "districts": district_rows(parts, ground, terms),
    }


def milestone_rows(
    builds: pd.DataFrame, treatments: pd.DataFrame, works: pd.DataFrame, *, terms: Terms
) -> pd.DataFrame:
    """Return the contract ``milestones``."""
    capacity = capacity_until(builds, terms.years)
    done, new = works_until(works, terms.years), works_until(treatments, terms.years)
    rows = []
    for year in terms.years:
        kw = capacity[year]
        stands = {"total": sum(kw.values()), **kw}
        wanted = {g: terms.capacity_targets_kw.get((g, year), 0) for g in stands}
        target = terms.treated_targets_centimu.get(year, 0)
        owed = terms.obligation_centimu(kw)
        treated = done[year] + new[year]
        met = treated >= max(target, owed) and all(stands[g] >= wanted[g] for g in stands)
        rows.append((year, stands["total"], wanted["total"], kw["pv"], wanted["pv"], kw["wind"],
                     wanted["wind"], treated, target, owed, met))  # fmt: skip
    return conform_table(pd.DataFrame(rows, columns=column_names("milestones")), "milestones")


def district_rows(parts: _Parts, ground: Ground, terms: Terms) -> gpd.GeoDataFrame:
    """Return the contract ``districts``."""
    table = ground.districts.sort_values("district_id", kind="stable", ignore_index=True)
    ids = table["district_id"]
    last = terms.years[-1]

    def total(frame: pd.DataFrame, column: str) -> pd.Series:
        found = ids.map(frame.groupby("district_id")[column].sum()).fillna(0)
        return pd.Series(found.to_numpy("int64"), index=ids.index)

    counted = [frame[frame["count_year"] <= last] for frame in (parts.works, parts.treatments)]
    works, new = (total(frame, "area_centimu") for frame in counted)
    by = {
        g: total(parts.builds[parts.builds["technology"] == g], "capacity_kw") for g in TECHNOLOGIES
    }
    outlay = parts.costs[~parts.costs["item"].isin(GAINS)]
    rows = table[["district_id", "district", "geometry"]].assign(
        area_km2=table.geometry.area / M2_PER_KM2,
        capacity_kw=by["pv"] + by["wind"],
        pv_kw=by["pv"],
        wind_kw=by["wind"],
        treated_centimu=works + new,
        works_centimu=works,
        cost_cny=total(outlay, "present_cny"),
    )
    return conform_table(rows, "districts")


def _power_tables(
    parts: _Parts, solved: Solved, choices: Choices, *, terms: Terms, ground: Ground
) -> dict[str, pd.DataFrame]:
    crs = ground.parcels.crs
    trunks = trunk_lines(solved.joint.circuits, choices, crs)
    loads = hub_loads(parts.builds, terms.years)
    offers = substation_table(solved.joint, choices, terms)
    sent = connected_loads(parts.builds, terms.years, coincidence=terms.hybrid_coincidence)
    flows = send_power(sent, trunks, offers)
    hubs = choices.hubs[choices.hubs["hub_id"].isin(solved.joint.stations["hub_id"])]
    return {
        "hubs": _points(hubs.sort_values("hub_id", kind="stable"), "hubs", ground),
        "stations": _stations(loads, solved, choices, costs=parts.costs, last=terms.years[-1]),
        "trunks": _priced_trunks(trunks, parts.costs),
        "flows": flows,
        "substations": _points(
            choices.substations.sort_values("substation_id", kind="stable"), "substations", ground
        ),
        "substation_use": with_connected(offers, flows),
    }


def _points(frame: pd.DataFrame, table: str, ground: Ground) -> gpd.GeoDataFrame:
    plain = pd.DataFrame(frame)[column_names(table)].reset_index(drop=True)
    shapes = shapely.points(plain[["x_m", "y_m"]].to_numpy("float64"))
    return conform_table(gpd.GeoDataFrame(plain, geometry=shapes, crs=ground.parcels.crs), table)


def _stations(
    loads: pd.DataFrame, solved: Solved, choices: Choices, *, costs: pd.DataFrame, last: int
) -> pd.DataFrame:
    rows = solved.joint.stations.sort_values("hub_id", kind="stable", ignore_index=True)
    final = loads[loads["year"] == last].set_index("hub_id")["load_kw"]
    home = choices.hubs.set_index("hub_id")["district_id"]
    outlay = present_outlay(costs, "station", ["row_id"])
    rows = rows.assign(
        district_id=rows["hub_id"].map(home),
        capacity_kw=rows["hub_id"].map(final).fillna(0).astype("int64"),
        cost_cny=rows["hub_id"].map(outlay).fillna(0).astype("int64"),
        curtailed_share=np.nan,
    )
    return conform_table(rows[column_names("stations")], "stations")


def _priced_trunks(trunks: gpd.GeoDataFrame, costs: pd.DataFrame) -> gpd.GeoDataFrame:
    outlay = present_outlay(costs, "trunk", ["row_id", "year"])
    keys = pd.MultiIndex.from_frame(pd.DataFrame(trunks[["trunk_id", "year"]]))
    owed = outlay.reindex(keys).fillna(0).to_numpy("int64")
    return conform_table(
        trunks.assign(cost_cny=owed)[[*column_names("trunks"), "geometry"]], "trunks"
    )


def _option_tables(parts: _Parts, choices: Choices) -> dict[str, pd.DataFrame]:
    """Keep the options that the plan uses, and the years of all substations."""
    build_keys, treat_keys = (
        ["site_id", "technology", "hub_id"],
        ["parcel_id", "sequence_id", "place"],
    )
    return {
        "build_options": _used(choices.build_options, parts.builds, build_keys, "build_options"),
        "treat_options": _used(
            choices.treat_options, parts.treatments, treat_keys, "treat_options"
        ),
        "substation_years": conform_table(
            choices.substation_years.sort_values(
                ["substation_id", "year"], kind="stable", ignore_index=True
            ),
            "substation_years",
        ),
    }


def _used(options: pd.DataFrame, rows: pd.DataFrame, keys: list[str], table: str) -> pd.DataFrame:
    chosen = pd.DataFrame(rows)[keys].drop_duplicates()
    kept = options.merge(chosen, on=keys).sort_values(keys, kind="stable", ignore_index=True)
    return conform_table(kept[column_names(table)], table)


def _proof(tables: Mapping[str, pd.DataFrame], solved: Solved) -> Proof:
    totals = total_plan(tables)
    treatment = totals.cost_cny["treatment"] + totals.cost_cny.get("perimeter", 0)
    net = treatment - totals.cost_cny["soil_value"]
    bound = int(np.floor(solved.treatment.bound_cny))
    above = max(net - bound, 0)
    greedy = solved.greedy_objective_cny
    return Proof(
        objective_cny=totals.objective_cny,
        outlay_cny=totals.outlay_cny,
        bound_cny=min(int(np.floor(solved.joint.bound_cny)), totals.objective_cny),
        treatment_gap=above / treatment if treatment else 0.0,
        greedy_objective_cny=None if greedy is None else round(greedy),
        reproducible=solved.joint.reproducible,
        treatment_bound_cny=bound,
    )


def _binding(solved: Solved) -> tuple[str, ...]:
    return tuple(sorted(set(solved.joint.binding) | set(solved.treatment.binding)))
