"""Every amount of the plan in whole CNY, by object, item and year."""

from collections.abc import Iterator

import geopandas as gpd
import numpy as np
import pandas as pd

from sandgrid.optimize.solution import JointSolution
from sandgrid.parcels.borders import find_borders
from sandgrid.plan.inputs import Choices
from sandgrid.plan.quantise import round_groups
from sandgrid.plan.terms import Terms
from sandgrid.tables import conform_table
from sandgrid.units import CENTIMU_PER_HA

GAINS = ("energy_value", "soil_value")
OFFSETS = (0, 1, 2)
NAMES = ["row_id", "object", "item", "year", "district_id", "amount"]
BUILD_ITEMS = (
    ("generation", ["generation_cny_per_unit", "collector_cny_per_unit"]),
    ("operation", ["operation_cny_per_unit"]),
    ("lease", ["lease_cny_per_unit"]),
    ("energy_value", ["energy_value_cny_per_unit"]),
)


def price_plan(
    builds: pd.DataFrame,
    treatments: pd.DataFrame,
    joint: JointSolution,
    *,
    choices: Choices,
    terms: Terms,
    parcels: gpd.GeoDataFrame,
) -> pd.DataFrame:
    """List every amount of the plan.

    Parameters
    ----------
    builds : DataFrame
        build_id, district_id, year, units and the columns of the build options.
    treatments : DataFrame
        treatment_id, parcel_id, sequence_id, place, year, count_year, area_centimu, district_id.
    joint : JointSolution
        Stations, circuits, bays and reinforcements.
    choices : Choices
        Unit costs.
    terms : Terms
        Discounting, value of soil and price of borders.
    parcels : GeoDataFrame
        parcel_id, treat_ha, district_id and polygons.

    Returns
    -------
    DataFrame
        Contract ``costs``.  Amounts are rounded by largest remainder within each item and year,
        and so are their present values, which are those of the rounded amounts.

    """
    parts = [
        *_build_parts(builds),
        *_power_parts(joint, choices),
        *_treatment_parts(treatments, choices.treat_options, terms),
        *_border_parts(treatments, parcels, terms),
    ]
    table = pd.concat([part[NAMES] for part in parts], ignore_index=True)
    table = table[table["amount"] > 0].astype({"year": "int64"})
    order = ["item", "year", "object", "row_id"]
    table = table.sort_values(order, kind="stable", ignore_index=True)
    groups = table[["item", "year"]]
    table["amount_cny"] = round_groups(table.pop("amount"), groups)
    table["present_cny"] = round_groups(table["amount_cny"] * terms.discount(table["year"]), groups)
    return conform_table(table, "costs")


def _build_parts(builds: pd.DataFrame) -> Iterator[pd.DataFrame]:
    named = builds.rename(columns={"build_id": "row_id"}).assign(object="build")
    for item, columns in BUILD_ITEMS:
        yield named.assign(item=item, amount=named["units"] * named[columns].sum(axis=1))


def _power_parts(joint: JointSolution, choices: Choices) -> Iterator[pd.DataFrame]:
    hubs = choices.hubs.set_index("hub_id")
    trunks = choices.trunk_options.set_index("trunk_id")
    stations = choices.substations.set_index("substation_id")
    home = hubs["district_id"]
    station, trunk, bay = joint.stations, joint.circuits, joint.bays_bought
    more = joint.reinforcements
    yield _rows(station, "station", "hub_id").assign(
        amount=station["hub_id"].map(hubs["station_cny"]), district_id=station["hub_id"].map(home)
    )
    yield _rows(trunk, "trunk", "trunk_id").assign(
        amount=trunk["added"] * trunk["trunk_id"].map(trunks["cost_cny_per_circuit"]),
        district_id=trunk["trunk_id"].map(trunks["hub_id"]).map(home),
    )
    yield _rows(bay, "bay", "substation_id").assign(
        amount=bay["count"] * bay["substation_id"].map(stations["bay_cost_cny"]),
        district_id=bay["substation_id"].map(stations["district_id"]),
    )
    yield _rows(more, "reinforcement", "substation_id").assign(
        amount=more["substation_id"].map(stations["reinforcement_cost_cny"]),
        district_id=more["substation_id"].map(stations["district_id"]),
    )


def _rows(frame: pd.DataFrame, kind: str, key: str) -> pd.DataFrame:
    return pd.DataFrame(
        {"row_id": frame[key], "object": kind, "item": "connection", "year": frame["year"]}
    )


def _treatment_parts(
    treatments: pd.DataFrame, options: pd.DataFrame, terms: Terms
) -> Iterator[pd.DataFrame]:
    rows = with_treat_options(treatments, options)
    area_ha = rows["area_centimu"] / CENTIMU_PER_HA
    named = rows.rename(columns={"treatment_id": "row_id"}).assign(object="treatment")
    for offset in OFFSETS:
        cost = area_ha * named[f"cost_cny_per_ha_{offset}"]
        yield named.assign(item="treatment", year=named["year"] + offset, amount=cost)
    soil = area_ha * named["soil_t_per_ha"] * terms.soil_value_cny_per_t
    yield named.assign(item="soil_value", year=named["count_year"], amount=soil)


def _border_parts(
    treatments: pd.DataFrame, parcels: gpd.GeoDataFrame, terms: Terms
) -> Iterator[pd.DataFrame]:
    """Price each border by how much more of one parcel is treated than of the other."""
    if terms.perimeter_cny_per_m <= 0:
        return
    area = parcels.set_index("parcel_id")["treat_ha"] * CENTIMU_PER_HA
    done = treatments.groupby("parcel_id")["area_centimu"].sum().reindex(area.index, fill_value=0)
    share = (done / area.where(area > 0)).fillna(0.0).clip(upper=1.0)
    edge = find_borders(parcels)
    apart = np.abs(edge["parcel_id"].map(share) - edge["other_id"].map(share).fillna(0.0))
    yield edge.assign(
        row_id=(edge["parcel_id"] + "-" + edge["other_id"]).str.rstrip("-"),
        object="border",
        item="perimeter",
        year=terms.years[-1],
        district_id=edge["parcel_id"].map(parcels.set_index("parcel_id")["district_id"]),
        amount=apart * edge["length_m"] * terms.perimeter_cny_per_m,
    )


def with_treat_options(treatments: pd.DataFrame, options: pd.DataFrame) -> pd.DataFrame:
    """Return treatments with the unit figures of their options."""
    keys = ["parcel_id", "sequence_id", "place"]
    return pd.DataFrame(treatments).merge(options, on=keys, how="left", validate="m:1")


def present_outlay(costs: pd.DataFrame, kind: str, keys: list[str]) -> "pd.Series[int]":
    """Return the present outlay of one kind of object, by ``row_id`` or by ``row_id`` and year."""
    rows = costs[(costs["object"] == kind) & ~costs["item"].isin(GAINS)]
    return rows.groupby(keys)["present_cny"].sum()
