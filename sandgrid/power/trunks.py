"""Trunk lines from hubs to substations along their cheapest routes."""

import geopandas as gpd
import numpy as np
import pandas as pd

from sandgrid.errors import InputError
from sandgrid.params import Parameters
from sandgrid.power.hubs import M_PER_KM
from sandgrid.power.routes import Routes, find_routes
from sandgrid.power.surface import Surface
from sandgrid.tables import conform_table


def list_trunks(
    hubs: pd.DataFrame, substations: pd.DataFrame, surface: Surface, parameters: Parameters
) -> gpd.GeoDataFrame:
    """List the circuits that may connect hubs to substations.

    A circuit of a kind may end at the voltages that the kind names; of each kind a hub sees the
    ``power.substations_per_hub`` substations to which its line is cheapest, within the kind's
    reach along the route.

    Parameters
    ----------
    hubs : DataFrame
        hub_id, x_m, y_m.
    substations : DataFrame
        substation_id, substation, voltage_kv, x_m, y_m.
    surface : Surface
        What a metre of line costs.
    parameters : Parameters
        ``power.substations_per_hub``, ``power.circuit.*``.

    Returns
    -------
    GeoDataFrame
        Contract ``trunk_options`` with the routes; ids such as ``H001-B03-220``.

    Raises
    ------
    InputError
        If no hub can reach any substation, or there is none.

    """
    kinds = parameters.below("power.circuit")
    pairs = _pairs(hubs, substations)
    near = [_within_reach(pairs, kind, parameters) for kind in kinds]
    asked = pd.concat(near)[["hub_id", "substation_id"]].drop_duplicates()
    routes = find_routes(asked, hubs, substations, surface)
    found = [_of_kind(one, routes, kind, parameters) for kind, one in zip(kinds, near, strict=True)]
    trunks = pd.concat(found, ignore_index=True)
    if trunks.empty:
        names = {"hubs": ", ".join(hubs["hub_id"]), "names": ", ".join(substations["substation"])}
        raise InputError("power-no-trunk", names)
    ordered = trunks.sort_values("trunk_id", kind="stable", ignore_index=True)
    lines = routes.lines[ordered.pop("route").to_numpy()]
    drawn = gpd.GeoDataFrame(ordered, geometry=lines, crs=surface.geobox.crs)
    return conform_table(drawn, "trunk_options")


def _pairs(hubs: pd.DataFrame, substations: pd.DataFrame) -> pd.DataFrame:
    ends = substations[["substation_id", "voltage_kv", "x_m", "y_m"]]
    pairs = hubs[["hub_id", "x_m", "y_m"]].merge(ends, how="cross", suffixes=("", "_end"))
    straight_m = np.hypot(pairs["x_m"] - pairs["x_m_end"], pairs["y_m"] - pairs["y_m_end"])
    return pairs.assign(straight_km=straight_m / M_PER_KM)


def _within_reach(pairs: pd.DataFrame, kind: str, parameters: Parameters) -> pd.DataFrame:
    """Return the pairs that a kind may join and whose straight distance is within its reach."""
    key = f"power.circuit.{kind}"
    fits = pairs["voltage_kv"].isin(parameters.numbers(f"{key}.connects_to_kv"))
    near = pairs["straight_km"] <= parameters.number(f"{key}.reach_km")
    return pairs.loc[fits & near, ["hub_id", "substation_id"]]


def _of_kind(
    pairs: pd.DataFrame, routes: Routes, kind: str, parameters: Parameters
) -> pd.DataFrame:
    """Return the circuits of a kind, the cheapest of each hub."""
    key = f"power.circuit.{kind}"
    table = routes.table.assign(route=np.arange(len(routes.table)))
    rows = pairs.merge(table, on=["hub_id", "substation_id"], validate="1:1")
    rows = rows[rows["length_km"] <= parameters.number(f"{key}.reach_km")]
    per_km = parameters.number(f"{key}.line_cny_per_km")
    rows = rows.assign(cost_cny_per_circuit=rows["length_km"] * rows["cost_factor"] * per_km)
    ordered = rows.sort_values(["hub_id", "cost_cny_per_circuit", "substation_id"], kind="stable")
    most = int(parameters.number("power.substations_per_hub"))
    kept = ordered.groupby("hub_id", sort=False).head(most)
    return kept.assign(
        trunk_id=kept["hub_id"] + "-" + kept["substation_id"] + f"-{kind}",
        kind=kind,
        circuit_mw=parameters.number(f"{key}.circuit_mw"),
        max_circuits=int(parameters.number(f"{key}.max_circuits")),
    )


def no_way(hubs: pd.DataFrame, substations: pd.DataFrame) -> InputError:
    """Return the error that no line leads from any of the hubs to any of the substations."""
    names = {"hubs": ", ".join(hubs["hub_id"]), "names": ", ".join(substations["substation"])}
    return InputError("power-no-trunk", names)
