"""The layers of the map: which rows are drawn, in what groups, with which card."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

import geopandas as gpd
import numpy as np
import pandas as pd

from sandgrid.export.maps import palette
from sandgrid.export.maps.cards import card_columns
from sandgrid.export.maps.content import MapContent
from sandgrid.export.maps.layer import Group, MapLayer, Twin, find_twins, make_layer
from sandgrid.export.maps.reasons import judge_parcels
from sandgrid.export.maps.words import Words
from sandgrid.messages import message_catalogue

PARCEL_USE: Final = (
    "kind",
    "treated_centimu",
    "on_site_centimu",
    "pv_kw",
    "wind_kw",
    "gross_centimu",
    "first_year",
    "count_year",
    "treatment_cny",
    "lease_cny",
    "person_days",
    "straw_t",
    "seedlings",
)
PARCEL_PLACE: Final = (
    "source_id",
    "dune_class",
    "degree",
    "cover",
    "area_ha",
    "district",
    "township",
    "village",
    "collective",
    "holder",
    "implementer",
    "beneficiary",
    "site_id",
)
OTHER_PLACE: Final = ("source_id", "dune_class", "area_ha", "district", "village", "collective")
TREATMENTS: Final = (
    "parcel_id",
    "sequence_id",
    "place",
    "year",
    "count_year",
    "area_centimu",
    "cost_cny",
    "person_days",
    "straw_t",
    "seedlings",
    "water_m3",
)
BLOCKS: Final = ("block_id", "site_id", "hub_id", "year", "capacity_kw", "area_ha")
TURBINES: Final = ("turbine_id", "site_id", "parcel_id", "hub_id", "year", "capacity_kw")
TRUNKS: Final = ("trunk_id", "hub_id", "substation_id", "year", "circuits", "length_km", "cost_cny")
SUBSTATIONS: Final = ("substation_id", "substation", "voltage_kv", "district_id")
SUBSTATION_USE: Final = (
    "connected_kw",
    "headroom_kw",
    "reinforcement_kw",
    "circuits",
    "free_bays",
    "bays_bought",
)
WORKS: Final = ("work_id", "sequence_id", "date", "area_centimu", "accepted", "dune_class")
DISTRICTS: Final = (
    "district_id",
    "area_km2",
    "capacity_kw",
    "pv_kw",
    "wind_kw",
    "treated_centimu",
    "works_centimu",
)


def plan_layers(content: MapContent) -> list[MapLayer]:
    """Return the layers of the plan, the lowest first; layers without rows are left out."""
    parcels, others = _judged(content)
    layers = (
        _districts(content),
        others,
        _works(content),
        parcels,
        _treatments(content, parcels),
        _sites(content),
        _pv_blocks(content),
        _trunks(content),
        _turbines(content),
        _hubs(content),
        _substations(content),
    )
    return [layer for layer in layers if len(layer.frame)]


def _marked(frame: gpd.GeoDataFrame, year: object, group: object) -> gpd.GeoDataFrame:
    return frame.assign(layer_year=year, layer_group=group).reset_index(drop=True)


def _single(name: str, colour: str) -> tuple[Group, ...]:
    return (Group("", Words.of(f"map-layer-{name.replace('_', '-')}"), colour),)


def _chosen(colours: Mapping[str, str]) -> tuple[Group, ...]:
    return tuple(Group(key, Words.of(f"code-{key}"), colour) for key, colour in colours.items())


def _sequence_groups(content: MapContent, sequences: pd.Series) -> tuple[Group, ...]:
    colours = palette.sequence_colours(sorted(set(sequences)))
    names = content.texts.names
    return tuple(Group(k, names.get(k) or _sequence(k), colour) for k, colour in colours.items())


def _sequence(name: str) -> Words:
    known = f"sequence-{name}" in message_catalogue()
    return Words.of(f"sequence-{name}") if known else Words.same(name)


def _districts(content: MapContent) -> MapLayer:
    frame = _marked(content.tables.districts, 0, "")
    columns = card_columns(frame, "districts", DISTRICTS)
    tolerance = content.settings.ground_tolerance_m
    return make_layer(
        "districts", frame, _single("districts", palette.DISTRICT), columns, tolerance
    )


def _judged(content: MapContent) -> tuple[MapLayer, MapLayer]:
    """Return the parcels of the plan and the others, with the reasons against each."""
    layers = _parcels(content), _other_parcels(content)
    told = _parcel_reasons(content)
    first, second = (
        replace(
            layer,
            reasons={
                use: [lines.get(name) for name in layer.frame["parcel_id"]]
                for use, lines in told.items()
            },
        )
        for layer in layers
    )
    return first, second


def _parcel_reasons(content: MapContent) -> Mapping[str, Mapping[str, list[int] | None]]:
    """Return use -> parcel -> the reasons against it."""
    ground, table = content.ground, content.tables.parcels
    if ground.reasons is not None:
        found = judge_parcels(table, ground.reasons)
        return {use: dict(zip(table["parcel_id"], f, strict=True)) for use, f in found.items()}
    return {} if ground.carried is None else ground.carried.parcel_reasons


def _other_parcels(content: MapContent) -> MapLayer:
    parcels = content.tables.parcels
    rest = parcels[~parcels["parcel_id"].isin(content.tables.parcel_use["parcel_id"])]
    frame = _marked(rest, 0, rest["dune_class"])
    columns = card_columns(frame, "parcels", ("parcel_id", *OTHER_PLACE))
    tolerance = content.settings.other_tolerance_m
    return make_layer("other_parcels", frame, _chosen(palette.DUNES), columns, tolerance)


def _parcels(content: MapContent) -> MapLayer:
    parcels, use = content.tables.parcels, content.tables.parcel_use
    rows = use.set_index("parcel_id").drop(columns=[c for c in use if c in PARCEL_PLACE])
    used = parcels[parcels["parcel_id"].isin(rows.index)]
    joined = used.join(rows, on="parcel_id", validate="one_to_one")
    frame = _marked(joined, joined["first_year"], joined["sequences"].str.split("+").str[0])
    by_sequence = _sequence_groups(content, frame["layer_group"][frame["layer_group"] != ""])
    columns = [
        *card_columns(frame, "parcels", ("parcel_id",)),
        *card_columns(frame, "parcel_use", [name for name in PARCEL_USE if name in frame]),
        *card_columns(frame, "parcels", PARCEL_PLACE),
    ]
    tolerance = content.settings.planned_tolerance_m
    groups = (*_single("parcels", palette.PARCEL), *by_sequence)
    return make_layer("parcels", frame, groups, columns, tolerance)


def _treatments(content: MapContent, parcels: MapLayer) -> MapLayer:
    rows = content.tables.treatments
    frame = _marked(rows, rows["year"], rows["sequence_id"])
    groups = _sequence_groups(content, rows["sequence_id"])
    columns = card_columns(frame, "treatments", [name for name in TREATMENTS if name in frame])
    tolerance = content.settings.planned_tolerance_m
    layer = make_layer("treatments", frame, groups, columns, tolerance)
    return replace(layer, twin=Twin("parcels", find_twins(frame, parcels.frame, "parcel_id")))


def _works(content: MapContent) -> MapLayer:
    rows = content.tables.works
    frame = _marked(rows, 0, rows["accepted"].astype("int64").astype("str"))
    groups = tuple(
        Group(key, Words.of(f"map-value-accepted-{key}"), colour)
        for key, colour in palette.WORKS.items()
    )
    columns = card_columns(frame, "works", WORKS)
    return make_layer("works", frame, groups, columns, content.settings.planned_tolerance_m)


def _sites(content: MapContent) -> MapLayer:
    built = _built_sites(content.tables.builds)
    rows = content.tables.sites
    rows = rows[rows["site_id"].isin(built.index)].join(built, on="site_id")
    frame = _marked(rows, rows["year"], rows["technology"])
    columns = [
        *card_columns(frame, "sites", ("site_id", "district_id", "parcels", "area_ha")),
        *card_columns(frame, "parcel_use", ("pv_kw", "wind_kw")),
        *card_columns(frame, "builds", ("year", "gross_centimu", "energy_mwh_per_year")),
        *card_columns(frame, "builds", ("cost_cny",)),
    ]
    groups = _chosen(palette.TECHNOLOGIES)
    return make_layer("sites", frame, groups, columns, content.settings.planned_tolerance_m)


def _built_sites(builds: pd.DataFrame) -> pd.DataFrame:
    """Sum the builds of each site: capacity by technology, land, energy, cost, first year."""
    pv = builds["technology"] == "pv"
    split = builds.assign(
        pv_kw=builds["capacity_kw"].where(pv, 0), wind_kw=builds["capacity_kw"].where(~pv, 0)
    )
    sums = ["pv_kw", "wind_kw", "gross_centimu", "energy_mwh_per_year", "cost_cny"]
    result = split.groupby("site_id")[sums].sum()
    result["year"] = split.groupby("site_id")["year"].min()
    only = np.where(result["wind_kw"] == 0, "pv", "wind")
    both = (result["pv_kw"] > 0) & (result["wind_kw"] > 0)
    return result.assign(technology=np.where(both, "hybrid", only))


def _pv_blocks(content: MapContent) -> MapLayer:
    rows = content.tables.pv_blocks
    frame = _marked(rows, rows["year"], "")
    columns = card_columns(frame, "pv_blocks", BLOCKS)
    tolerance = content.settings.planned_tolerance_m
    return make_layer(
        "pv_blocks", frame, _single("pv_blocks", palette.PV_BLOCK), columns, tolerance
    )


def _turbines(content: MapContent) -> MapLayer:
    rows = content.tables.turbines
    frame = _marked(rows, rows["year"], "")
    groups = _single("turbines", palette.TECHNOLOGIES["wind"])
    return make_layer("turbines", frame, groups, card_columns(frame, "turbines", TURBINES))


def _hubs(content: MapContent) -> MapLayer:
    stations = content.tables.stations.groupby("hub_id").agg(
        year=("year", "min"), capacity_kw=("capacity_kw", "max"), cost_cny=("cost_cny", "sum")
    )
    rows = content.tables.hubs
    rows = rows[rows["hub_id"].isin(stations.index)].join(stations, on="hub_id")
    frame = _marked(rows, rows["year"], "")
    columns = [
        *card_columns(frame, "hubs", ("hub_id", "district_id")),
        *card_columns(frame, "stations", ("year", "capacity_kw", "cost_cny")),
    ]
    return make_layer("hubs", frame, _single("hubs", palette.HUB), columns)


def _trunks(content: MapContent) -> MapLayer:
    rows = content.tables.trunks
    frame = _marked(rows, rows["year"], "")
    columns = card_columns(frame, "trunks", TRUNKS)
    tolerance = content.settings.planned_tolerance_m
    return make_layer("trunks", frame, _single("trunks", palette.TRUNK), columns, tolerance)


def _substations(content: MapContent) -> MapLayer:
    frame = _marked(content.tables.substations, 0, "")
    columns = card_columns(frame, "substations", SUBSTATIONS)
    columns += _columns_by_year(content, frame)
    return make_layer("substations", frame, _single("substations", palette.SUBSTATION), columns)


def _columns_by_year(content: MapContent, frame: gpd.GeoDataFrame) -> list[dict[str, object]]:
    """Return the use of each substation year by year; the page shows the slider's year."""
    use = content.tables.substation_use.set_index(["substation_id", "year"])
    found: list[dict[str, object]] = []
    for year in content.years:
        index = pd.MultiIndex.from_product([frame["substation_id"], [year]])
        columns = card_columns(use.reindex(index), "substation_use", SUBSTATION_USE)
        found.extend({**column, "only_year": year} for column in columns)
    return found
