"""Trunk lines from hubs to substations: straight distance times a route factor."""

import numpy as np
import pandas as pd

from sandgrid.errors import InputError
from sandgrid.params import Parameters
from sandgrid.power.hubs import M_PER_KM
from sandgrid.tables import conform_table


def list_trunks(
    hubs: pd.DataFrame, substations: pd.DataFrame, parameters: Parameters
) -> pd.DataFrame:
    """List the circuits that may connect hubs to substations.

    A circuit of a kind may end at the voltages that the kind names; of each kind a hub sees its
    nearest ``power.substations_per_hub`` substations within the kind's reach.

    Parameters
    ----------
    hubs : DataFrame
        hub_id, x_m, y_m.
    substations : DataFrame
        substation_id, voltage_kv, x_m, y_m.
    parameters : Parameters
        ``power.route_factor``, ``power.circuit.*``.

    Returns
    -------
    DataFrame
        Contract ``trunk_options``; ids such as ``H001-B03-220``.

    Raises
    ------
    InputError
        If no hub can reach any substation, or there is none.

    """
    kinds = parameters.below("power.circuit")
    pairs = hubs[["hub_id", "x_m", "y_m"]].merge(
        substations[["substation_id", "voltage_kv", "x_m", "y_m"]],
        how="cross",
        suffixes=("", "_end"),
    )
    straight_m = np.hypot(pairs["x_m"] - pairs["x_m_end"], pairs["y_m"] - pairs["y_m_end"])
    pairs["length_km"] = straight_m / M_PER_KM * parameters.number("power.route_factor")
    trunks = pd.concat([_of_kind(pairs, kind, parameters) for kind in kinds], ignore_index=True)
    if trunks.empty:
        raise InputError("power-no-trunk", {"hubs": len(hubs), "substations": len(substations)})
    ordered = trunks.sort_values("trunk_id", kind="stable", ignore_index=True)
    return conform_table(ordered, "trunk_options")


def _of_kind(pairs: pd.DataFrame, kind: str, parameters: Parameters) -> pd.DataFrame:
    key = f"power.circuit.{kind}"
    fits = pairs["voltage_kv"].isin(parameters.numbers(f"{key}.connects_to_kv"))
    near = fits & (pairs["length_km"] <= parameters.number(f"{key}.reach_km"))
    ordered = pairs[near].sort_values(["hub_id", "length_km", "substation_id"], kind="stable")
    kept = ordered.groupby("hub_id", sort=False).head(
        int(parameters.number("power.substations_per_hub"))
    )
    line_cny = kept["length_km"] * parameters.number(f"{key}.line_cny_per_km")
    return kept[["hub_id", "substation_id", "length_km"]].assign(
        trunk_id=kept["hub_id"] + "-" + kept["substation_id"] + f"-{kind}",
        kind=kind,
        circuit_mw=parameters.number(f"{key}.circuit_mw"),
        cost_cny_per_circuit=line_cny,
        max_circuits=int(parameters.number(f"{key}.max_circuits")),
    )
