"""What is short where the targets cannot be met, and what would help."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import geopandas as gpd
import pandas as pd

from sandgrid.export.maps import (
    Words,
    find_ground,
    find_sources,
    map_html,
    shortfall_content,
    shortfall_texts,
)
from sandgrid.messages import Language, tell
from sandgrid.optimize.explanation import Explanation, Shortfall, explain_infeasible
from sandgrid.optimize.repairs import Repair
from sandgrid.optimize.settings import explain_settings
from sandgrid.pipeline.easing import find_easings
from sandgrid.pipeline.making import Run, place_names
from sandgrid.tables import conform_table
from sandgrid.units import MU_PER_HA

M2_PER_KM2 = 1_000_000.0


@dataclass(frozen=True)
class Shortfalls:
    """The answer to targets that cannot be met.

    Parameters
    ----------
    kind : str
        As ``Explanation.kind``: what already falls short.
    supply : list of dict
        What is short before anything is solved.
    shortfalls, repairs : list of dict
        As ``plan.json`` holds them, with a sentence in both languages.
    limits : list of str
        Names of the rows that hold the plan back, dearest first.
    page : bytes
        Map of the shortfalls.

    """

    kind: str
    supply: list[dict[str, Any]]
    shortfalls: list[dict[str, Any]]
    repairs: list[dict[str, Any]]
    limits: list[str]
    page: bytes


def find_shortfalls(run: Run, title: Words) -> Shortfalls:
    """Say what is short, by how much, in which year, and which single changes would help.

    Parameters
    ----------
    run : Run
        A run without a plan.
    title : Words
        Title of the scenario, for the map.

    """
    found = explain_infeasible(run.question.case, settings=explain_settings(run.world.parameters))
    names = place_names(run.land, run.question)
    short = [_short_record(item, names) for item in found.shortfalls]
    eased = find_easings(
        run.world.scenario,
        run.world.parameters,
        run.question.case,
        [item.row for item in found.shortfalls],
    )
    repairs = [_repair_record(item, names) for item in found.repairs]
    repairs += [item.record() for item in eased]
    repairs.sort(key=lambda row: (row["objective_cny"], row["action"]))
    return Shortfalls(
        kind=found.kind,
        supply=supply_records(found.supply, names),
        shortfalls=short,
        repairs=repairs,
        limits=list(found.limits),
        page=_page(run, found, repairs, title=title, names=names),
    )


def supply_records(supply: pd.DataFrame, names: Mapping[str, str]) -> list[dict[str, Any]]:
    """Return what cannot be met however it is planned, each with a sentence."""
    rows = supply[supply["short"] > 0].to_dict("records")
    return [
        {
            **{str(key): value for key, value in row.items()},
            "zh": _supply_text(row, names.get(str(row["scope"]), str(row["scope"])), "zh"),
            "en": _supply_text(row, str(row["scope"]), "en"),
        }
        for row in rows
    ]


def _supply_text(row: Mapping[Any, Any], scope: str, lang: Language) -> str:
    in_mu = row["unit"] == "ha"
    times = MU_PER_HA if in_mu else 1
    values = {
        "what": tell(f"supply-{row['check']}", lang=lang),
        "scope": scope or tell("explain-programme", lang=lang),
        "year": row["year"],
        "unit": tell("price-unit-mu", lang=lang) if in_mu else row["unit"],
        **{name: f"{row[name] * times:,.0f}" for name in ("short", "supply", "demand")},
    }
    return tell("supply-line", values, lang=lang)


def _short_record(item: Shortfall, names: Mapping[str, str]) -> dict[str, Any]:
    return {
        "row": item.row,
        "scope": item.scope,
        "year": item.year or None,
        "amount": item.amount,
        "needed": item.needed,
        "unit": item.unit,
        "zh": replace(item, scope=names.get(item.scope, item.scope)).text("zh"),
        "en": item.text("en"),
    }


def _repair_record(item: Repair, names: Mapping[str, str]) -> dict[str, Any]:
    return {
        "action": item.action,
        "scope": item.scope,
        "year": item.year or None,
        "amount": item.amount,
        "unit": item.unit,
        "objective_cny": item.objective_cny,
        "verified_with_whole_units": item.whole,
        "zh": replace(item, scope=names.get(item.scope, item.scope)).text("zh"),
        "en": item.text("en"),
    }


def _idle_districts(run: Run) -> gpd.GeoDataFrame:
    """Return the districts by their contract, with nothing built and only finished works."""
    area, works = run.land.districts, run.land.works
    done = area["district_id"].map(works.groupby("district_id")["area_centimu"].sum()).fillna(0)
    table = area[["district_id", "district", "geometry"]].assign(
        area_km2=area.geometry.area / M2_PER_KM2,
        capacity_kw=0,
        pv_kw=0,
        wind_kw=0,
        treated_centimu=done.astype("int64"),
        works_centimu=done.astype("int64"),
        cost_cny=0,
    )
    return conform_table(table, "districts")


def _page(
    run: Run,
    found: Explanation,
    repairs: list[dict[str, Any]],
    *,
    title: Words,
    names: Mapping[str, str],
) -> bytes:
    """Draw the map: districts that are short, or the whole area, with the sentences."""
    districts = set(run.land.districts["district_id"])
    rows = [
        {
            "district_id": item.scope if item.scope in districts else "",
            "year": item.year,
            "zh": _short_record(item, names)["zh"],
            "en": item.text("en"),
            "share": item.share,
        }
        for item in found.shortfalls
    ]
    table = pd.DataFrame(rows, columns=["district_id", "year", "zh", "en", "share"])
    texts = replace(
        shortfall_texts(title, as_of=str(run.record["as_of"])),
        sources=find_sources(run.world.catalogue, run.world.layers.roles),
    )
    content = shortfall_content(
        {"districts": _idle_districts(run), "parcels": run.land.sites.parcels},
        texts,
        table,
        repairs=[Words(row["zh"], row["en"]) for row in repairs],
        ground=find_ground(run.world.layers, run.land.eligibility),
        lang=run.world.scenario.export.lang,
    )
    return map_html(content)
