"""The ledger (台账): a workbook in which every total can be followed down to its parcel."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cache
from typing import Final

import pandas as pd

from sandgrid.export.content import PlanContent
from sandgrid.export.ledger_summary import add_summary
from sandgrid.export.readable import shown_as, shown_label
from sandgrid.export.words import word_of
from sandgrid.export.workbook import FIRST_ROW, Field, Page, add_page, new_workbook
from sandgrid.messages import tell
from sandgrid.tables import Column, table_columns

PAGES: Final[Mapping[str, tuple[str, tuple[str, ...]]]] = {
    "districts": (
        "districts",
        (
            "district_id", "district", "area_km2", "capacity_kw", "pv_kw", "wind_kw",
            "treated_centimu", "works_centimu", "cost_cny",
        ),
    ),
    "substations": (
        "substation_use",
        (
            "substation_id", "substation", "district", "voltage_kv", "year", "connected_kw",
            "headroom_kw", "reinforcement_kw", "circuits", "free_bays", "bays_bought",
        ),
    ),
    "parcels": (
        "parcel_use",
        (
            "parcel_id", "district", "township", "village", "collective_id", "collective",
            "holder_kind", "holder", "implementer", "beneficiary", "dune_class", "kind",
            "sequences", "first_year", "count_year", "treated_centimu", "on_site_centimu",
            "gross_centimu", "pv_kw", "wind_kw", "treatment_cny", "lease_cny", "person_days",
            "straw_t", "lon_deg", "lat_deg",
        ),
    ),
    "treatments": (
        "treatments",
        (
            "treatment_id", "parcel_id", "district", "township", "village", "collective",
            "holder", "implementer", "dune_class", "sequence_id", "place", "year", "count_year",
            "area_centimu", "cost_cny", "person_days", "straw_t", "soil_t_per_year", "site_id",
        ),
    ),
    "builds": (
        "builds",
        (
            "build_id", "site_id", "district", "technology", "hub_id", "year", "acceptance_year",
            "units", "capacity_kw", "gross_centimu", "energy_mwh_per_year", "cost_cny",
            "net_present_cost_cny", "levelised_cny_per_mwh", "lon_deg", "lat_deg",
        ),
    ),
    "works": (
        "works",
        (
            "work_id", "district", "dune_class", "sequence_id", "date", "count_year",
            "area_centimu", "accepted",
        ),
    ),
}  # fmt: skip
YEAR_COLUMNS: Final = (
    "year", "new_pv_kw", "new_wind_kw", "pv_kw", "wind_kw", "capacity_kw", "capacity_target_kw",
    "new_treated_centimu", "treated_centimu", "treated_target_centimu", "obligation_centimu",
    "amount_cny", "met",
)  # fmt: skip
COLLECTIVE_SUMS: Final = (
    "treated_centimu", "on_site_centimu", "gross_centimu", "pv_kw", "wind_kw", "treatment_cny",
    "lease_cny", "person_days", "straw_t",
)  # fmt: skip
SITE_SUMS: Final = ("pv_kw", "wind_kw", "gross_centimu", "energy_mwh_per_year", "cost_cny")
ORDER: Final = (
    "years", "districts", "substations", "collectives", "parcels", "treatments", "sites",
    "builds", "works",
)  # fmt: skip
_NO_COLLECTIVE: Final = "-"
_PARENTS: Final = {
    "parcels": "parcel_id",
    "sites": "site_id",
    "substations": "substation_id",
    "districts": "district_id",
}
_SUMMED: Final[Mapping[str, frozenset[str]]] = {
    "years": frozenset({"new_pv_kw", "new_wind_kw", "new_treated_centimu", "amount_cny"}),
    "districts": frozenset(PAGES["districts"][1][2:]),
    "substations": frozenset(),
    "collectives": frozenset(COLLECTIVE_SUMS),
    "parcels": frozenset(COLLECTIVE_SUMS),
    "treatments": frozenset(
        {"area_centimu", "cost_cny", "person_days", "straw_t", "soil_t_per_year"}
    ),
    "sites": frozenset(SITE_SUMS),
    "builds": frozenset(
        {
            "units",
            "capacity_kw",
            "gross_centimu",
            "energy_mwh_per_year",
            "cost_cny",
            "net_present_cost_cny",
        }
    ),
    "works": frozenset({"area_centimu"}),
}


def ledger_xlsx(ledger: PlanContent) -> bytes:
    """Return the ledger as a workbook, the same bytes on every run.

    Parameters
    ----------
    ledger : PlanContent
        The plan.

    Returns
    -------
    bytes
        The file: summary, then a page each by year, district, substation, treated parcel, build
        and finished work, of the rows that bind and of the placeholders used.

    """
    pages = ledger_pages(ledger)
    title = tell("ledger-title", lang=ledger.lang)
    with new_workbook(title, ledger.document["scenario"]["as_of"]) as (book, styles, stream):
        add_summary((book, styles), ledger.document, pages=pages, lang=ledger.lang)
        for page in pages.values():
            add_page(book, styles, page, lang=ledger.lang)
    return stream.getvalue()


def ledger_pages(ledger: PlanContent) -> dict[str, Page]:
    """Return the pages behind the summary, by the key of their name."""
    frames = {"years": year_table(ledger.tables)}
    for key, (table, columns) in PAGES.items():
        frames[key] = _joined(ledger.tables, table, columns)
    frames["sites"] = site_table(ledger.tables)
    frames["parcels"] = frames["parcels"].replace({"collective_id": {"": _NO_COLLECTIVE}})
    frames["collectives"] = collective_table(frames["parcels"])
    pages = {key: _page(key, frames[key], ledger) for key in ORDER}
    pages["collectives"] = _live(pages["collectives"], pages["parcels"])
    return {**pages, "binding": _binding_page(ledger), "placeholders": _placeholder_page(ledger)}


def _binding_page(ledger: PlanContent) -> Page:
    """Return the rows that hold with equality, ``family[object,year]``, in the reader's words."""
    names = [str(name) for name in ledger.document.get("binding") or ()]
    parts = [name.rstrip("]").partition("[") for name in names]
    families = [word_of("row", family, lang=ledger.lang) for family, _, _ in parts]
    return _text_page("binding", (names, families, [key for _, _, key in parts]), ledger)


def _placeholder_page(ledger: PlanContent) -> Page:
    """Return the parameters of low confidence that the plan rests on."""
    keys = [str(key) for key in ledger.document.get("placeholders") or ()]
    entries = [ledger.scenario["parameters"].get(key, {}) for key in keys]
    columns = [[str(e.get(part, "")) for e in entries] for part in ("value", "unit", "source")]
    return _text_page("placeholders", (keys, *columns), ledger)


def _text_page(key: str, columns: Sequence[Sequence[str]], ledger: PlanContent) -> Page:
    name = tell(f"ledger-page-{key}", lang=ledger.lang)
    heads = tell(f"ledger-heads-{key}", lang=ledger.lang).split("|")
    fields = zip(heads, columns, strict=True)
    return Page(name, tuple(Field(head, head, tuple(values)) for head, values in fields))


def year_table(tables: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Return one row per year: what is added, what stands, what was asked, what falls due.

    Parameters
    ----------
    tables : mapping
        Tables of the plan by their contracts.

    """
    years, builds, costs = tables["milestones"].copy(), tables["builds"], tables["costs"]
    first = int(years["year"].min()) if len(years) else 0
    treated = pd.concat(
        [tables[name][["count_year", "area_centimu"]] for name in ("treatments", "works")]
    ).set_axis(["year", "area_centimu"], axis=1)
    sums = {
        "new_pv_kw": (builds[builds["technology"] == "pv"], "capacity_kw"),
        "new_wind_kw": (builds[builds["technology"] == "wind"], "capacity_kw"),
        "new_treated_centimu": (treated, "area_centimu"),
        "amount_cny": (costs[~costs["item"].str.endswith("_value")], "amount_cny"),
    }
    for name, (table, column) in sums.items():
        by_year = table.groupby(table["year"].clip(lower=first))[column].sum()
        years[name] = years["year"].map(by_year).fillna(0).astype("int64")
    return years[list(YEAR_COLUMNS)]


def site_table(tables: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Return one row per site that is built on: technologies, years, capacity, land, cost.

    Parameters
    ----------
    tables : mapping
        Tables of the plan by their contracts.

    """
    builds, sites = tables["builds"], tables["sites"]
    megawatts = {
        f"{technology}_kw": builds["capacity_kw"].where(builds["technology"] == technology, 0)
        for technology in ("pv", "wind")
    }
    rows = builds.assign(**megawatts, first_year=builds["year"]).groupby("site_id", sort=True)
    sums = rows[list(SITE_SUMS)].sum()
    sums["technology"] = rows["technology"].agg(lambda kinds: "+".join(sorted(set(kinds))))
    sums["hub_id"] = rows["hub_id"].first()
    sums["first_year"] = rows["first_year"].min()
    names = ("site_id", "district", "area_ha", "lon_deg", "lat_deg")
    known = pd.DataFrame(sites[list(names)])
    joined = sums.reset_index().merge(known, on="site_id", how="left", validate="1:1")
    order = ("site_id", "district", "technology", "hub_id", "first_year", "area_ha", *SITE_SUMS)
    return joined[[*order, "lon_deg", "lat_deg"]]


def collective_table(parcels: pd.DataFrame) -> pd.DataFrame:
    """Return the sums over the parcels of each collective; land without one under a dash.

    Parameters
    ----------
    parcels : DataFrame
        The rows of the page of parcels.

    """
    rows = parcels.groupby("collective_id", sort=True)
    sums = rows[list(COLLECTIVE_SUMS)].sum()
    sums.insert(0, "parcels", rows.size())
    for name in ("district", "collective"):
        sums.insert(0, name, rows[name].first())
    return sums.reset_index()


def _live(page: Page, parcels: Page) -> Page:
    """Return the page of collectives with formulas that add up the page of parcels.

    A spreadsheet reads signs such as ``>`` or ``*`` in an id as a condition, so ids that hold
    one keep their figures without formulas.
    """
    ids = [str(value) for value in page.fields[0].values]  # noqa: PD011  # of a page, not a frame
    if any(mark in text for text in ids for mark in "*?~<>="):
        return page
    rows = range(FIRST_ROW + 1, FIRST_ROW + 1 + len(ids))
    fields = [
        replace(
            field,
            formulas=tuple(parcels.sum_where(field.key, "collective_id", f"$A{r}") for r in rows),
        )
        if field.key in COLLECTIVE_SUMS
        else field
        for field in page.fields
    ]
    return Page(page.name, tuple(fields))


def _joined(tables: Mapping[str, pd.DataFrame], name: str, columns: Sequence[str]) -> pd.DataFrame:
    """Return a table with the columns that its parcel, site, substation and district give it."""
    frame = pd.DataFrame(tables[name].drop(columns="geometry", errors="ignore"))
    for parent, key in _PARENTS.items():
        wanted = dict.fromkeys((*columns, "district_id"))
        missing = [c for c in wanted if c not in frame and c in tables[parent]]
        if key in frame and missing:
            known = pd.DataFrame(tables[parent][[key, *missing]])
            frame = frame.merge(known, on=key, how="left", validate="m:1")
    return frame[list(columns)]


def _page(key: str, frame: pd.DataFrame, ledger: PlanContent) -> Page:
    name = tell(f"ledger-page-{key}", lang=ledger.lang)
    fields = (
        _field(frame[column], ledger, summed=column in _SUMMED[key]) for column in frame.columns
    )
    return Page(name, tuple(fields))


def _field(values: pd.Series, ledger: PlanContent, *, summed: bool) -> Field:
    name, lang = str(values.name), ledger.lang
    column = _known_columns()[name]
    form, label = shown_as(column), shown_label(column, lang)
    if form.kind == "text":
        words = tuple(_text(name, value, ledger) for value in values.tolist())
        return Field(name, label, words)
    total = float(values.sum()) / form.divisor if summed else None
    shown = (values / form.divisor if form.divisor > 1 else values).tolist()
    return Field(name, label, tuple(shown), form.kind, total)


def _text(name: str, value: object, ledger: PlanContent) -> str:
    if isinstance(value, bool):
        return tell("ledger-yes" if value else "ledger-no", lang=ledger.lang)
    if not isinstance(value, str):
        return ""
    return word_of(name, value, lang=ledger.lang, names=ledger.names)


@cache
def _known_columns() -> dict[str, Column]:
    """Return how each column of the ledger is labelled: as in its table, or by a message."""
    tables = ("milestones", *(table for table, _ in PAGES.values()), *_PARENTS)
    known = {column.name: column for table in tables for column in table_columns(table)}
    for name, unit in (
        ("new_pv_kw", "kW"),
        ("new_wind_kw", "kW"),
        ("new_treated_centimu", "0.01 mu"),
        ("amount_cny", "CNY"),
    ):
        zh, en = (tell(f"ledger-column-{name}", lang=lang) for lang in ("zh", "en"))
        known[name] = Column(name, "int", unit, zh, en, "", required=True, meaning=en)
    return known
