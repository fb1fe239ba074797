"""The programme report: maps, targets, cost, proof, bottlenecks, placeholders and sources."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from sandgrid.export.content import PlanContent
from sandgrid.export.headline import total_lines
from sandgrid.export.maps import palette
from sandgrid.export.overview import energy_map, treatment_map
from sandgrid.export.styles import class_colours
from sandgrid.export.typesetting import Paper, read_template, typeset
from sandgrid.export.words import word_of
from sandgrid.messages import said

Rows = list[list[str]]
Record = Mapping[str, Any]
_WORDS: Final = ("figures", "targets", "capacity", "land", "bars", "cost", "treatment", "energy",
                 "proof", "bottlenecks", "placeholders", "sources", "rules")  # fmt: skip
_HEADS: Final = ("milestones", "costs", "sequences", "districts", "prices", "replacements",
                 "binding", "placeholders", "sources", "rules")  # fmt: skip
_GAINS: Final = ("energy_value", "soil_value")
_PROOF_MONEY: Final = ("objective_cny", "bound_cny", "gap_cny", "greedy_objective_cny")
_PROOF_SHARES: Final = ("gap", "treatment_gap", "gap_of_choice")
_COST_COLOUR: Final = "#7aa0cf"
_TOTAL_COLOUR: Final = "#1f5c7a"
_GAIN_COLOUR: Final = "#5aa469"
_MILLION: Final = 1_000_000
_MOST_ROWS: Final = 40


def report_pdf(content: PlanContent) -> bytes:
    """Return the report of a plan as PDF.

    Parameters
    ----------
    content : PlanContent
        The plan; its language is that of the report.

    Raises
    ------
    OutputError
        If no font holds a character of a name.

    """
    title = f"{content.title} {content.tell('report-title')}"
    footer = content.tell("sheet-as-of", {"date": content.as_of, "name": content.scenario["name"]})
    paper = Paper(title, content.as_of, content.lang, footer, content.fonts)
    return typeset(read_template("report"), report_data(content), paper=paper)


def report_data(content: PlanContent) -> dict[str, Any]:
    """Gather what the report says."""
    document, tables = content.document, content.tables
    status = word_of("status", document["status"], lang=content.lang)
    values = {"status": status, "as_of": content.as_of, "name": content.scenario["name"]}
    scale = content.tell("sheet-scale", {"metres": "{metres}"})
    return {
        "title": content.title,
        "subtitle": content.tell("report-subtitle", values),
        "notes": [*_notices(content)],
        "words": {key: content.tell(f"report-{key}") for key in _WORDS},
        "heads": {key: content.tell(f"report-heads-{key}").split("|") for key in _HEADS},
        "figures": [list(line) for line in total_lines(document, content.lang)],
        "bars": _bars(document["milestones"]),
        "milestones": [_milestone(row, content) for row in document["milestones"]],
        "waterfall": [*_waterfall(document["cost_cny"], content)],
        "costs": [*_costs(document, content)],
        "maps": {
            "treatment": treatment_map(tables, scale),
            "energy": energy_map(tables, scale),
        },
        "legends": {"treatment": _treatment_legend(content), "energy": _energy_legend(content)},
        "sequences": _sequences(content),
        "districts": [_district(row) for row in document.get("districts") or ()],
        **_meaning(content),
        **_origin(content),
    }


def _notices(content: PlanContent) -> Iterator[str]:
    if content.synthetic:
        yield content.tell("ledger-synthetic")
    yield content.tell("ledger-internal")
    for notice in content.document.get("notices") or ():
        yield said(notice, content.lang)


def _bars(milestones: Sequence[Record]) -> dict[str, list[list[Any]]]:
    """Return year, reached, asked and figure for the bars of capacity and of land."""
    pairs = {
        "capacity": ("capacity_mw", "capacity_target_mw"),
        "land": ("treated_mu", "treated_target_mu"),
    }
    return {
        key: [[f"{row['year']}", row[one], row[two], f"{row[one]:,.0f}"] for row in milestones]
        for key, (one, two) in pairs.items()
    }


def _milestone(row: Record, content: PlanContent) -> list[str]:
    keys = ("capacity_mw", "capacity_target_mw", "pv_mw", "wind_mw")
    land = ("treated_mu", "treated_target_mu")
    met = content.tell("ledger-yes" if row["met"] else "ledger-no")
    megawatts = [f"{row.get(key, 0.0):,.3f}" for key in keys]
    return [f"{row['year']}", *megawatts, *(f"{row[key]:,.2f}" for key in land), met]


def _waterfall(items: Mapping[str, int], content: PlanContent) -> Iterator[dict[str, Any]]:
    """Yield each block of the waterfall: costs up to the outlay, gains down to the objective."""
    level = 0
    for item, amount in items.items():
        if item in _GAINS or not amount:
            continue
        yield _block(word_of("item", item, lang=content.lang), level, amount, _COST_COLOUR)
        level += amount
    yield _block(content.tell("report-outlay"), 0, level, _TOTAL_COLOUR)
    for item in _GAINS:
        if items.get(item):
            name = word_of("item", item, lang=content.lang)
            yield _block(name, level, -items[item], _GAIN_COLOUR)
            level -= items[item]
    yield _block(content.tell("report-objective"), 0, level, _TOTAL_COLOUR)


def _block(name: str, start: int, amount: int, colour: str) -> dict[str, Any]:
    shown = f"{amount / _MILLION:,.1f}"
    return {"name": name, "from": start, "to": start + amount, "shown": shown, "colour": colour}


def _costs(document: Record, content: PlanContent) -> Iterator[list[str]]:
    outlay = document["outlay_cny"]
    for item, amount in document["cost_cny"].items():
        share = f"{amount / outlay:.1%}" if outlay and item not in _GAINS else "-"
        yield [word_of("item", item, lang=content.lang), f"{amount:,.0f}", share]
    yield [content.tell("report-outlay"), f"{outlay:,.0f}", "100.0%"]


def _treatment_legend(content: PlanContent) -> list[list[str]]:
    colours = class_colours("treatments", content.tables["treatments"])
    words = [
        [colour, word_of("sequence_id", code, lang=content.lang, names=content.names)]
        for code, colour in colours.items()
    ]
    return [*words, [palette.WORKS["1"], content.tell("table-name-works")]]


def _energy_legend(content: PlanContent) -> list[list[str]]:
    entries = {
        "pv_blocks": palette.TECHNOLOGIES["pv"],
        "turbines": palette.TECHNOLOGIES["wind"],
        "hubs": palette.HUB,
        "trunks": palette.TRUNK,
        "substations": palette.SUBSTATION,
    }
    return [[colour, content.tell(f"table-name-{name}")] for name, colour in entries.items()]


def _sequences(content: PlanContent) -> Rows:
    land = content.document.get("treated_mu_by_sequence") or {}
    whole = sum(land.values())
    return [
        [
            word_of("sequence_id", code, lang=content.lang, names=content.names),
            f"{mu:,.2f}",
            f"{mu / whole:.1%}" if whole else "-",
        ]
        for code, mu in land.items()
    ]


def _district(row: Record) -> list[str]:
    megawatts = [f"{row[key]:,.3f}" for key in ("capacity_mw", "pv_mw", "wind_mw")]
    return [
        str(row["district"]),
        *megawatts,
        f"{row['treated_mu']:,.2f}",
        f"{row['cost_cny']:,.0f}",
    ]


def _meaning(content: PlanContent) -> dict[str, Any]:
    """Return the proof, what it means, what holds the plan back and what a unit more saves."""
    document = content.document
    money = [
        (key, f"{document[key]:,.0f}") for key in _PROOF_MONEY if document.get(key) is not None
    ]
    shares = [
        (key, f"{document[key]:.2%}") for key in _PROOF_SHARES if document.get(key) is not None
    ]
    prices = document.get("prices") or ()
    losses = document.get("replacement") or ()
    binding = [[*_binding(str(name), content)] for name in document.get("binding") or ()]
    more = content.tell("report-more", {"count": len(binding) - _MOST_ROWS})
    words = [content.tell("report-bottleneck-meaning")]
    words += [] if prices else [content.tell("report-no-prices")]
    return {
        "proof": [[content.tell(f"ledger-line-{key}"), text] for key, text in (*money, *shares)],
        "proof_words": [*_proof_words(document, content)],
        "bottleneck_words": [*words, *_tightest(document, content)],
        "prices": [_price(row, content) for row in prices],
        "replacements": [_loss(row) for row in losses],
        "binding": binding[:_MOST_ROWS] + ([[more, ""]] if len(binding) > _MOST_ROWS else []),
    }


def _proof_words(document: Record, content: PlanContent) -> Iterator[str]:
    values = {"gap": f"{document['gap']:.2%}", "gap_cny": f"{document['gap_cny']:,.0f}"}
    yield content.tell("report-proof-meaning", values)
    greedy = document.get("greedy_objective_cny")
    if greedy is not None:
        saved = greedy - document["objective_cny"]
        yield content.tell("report-greedy-meaning", {"saved": f"{saved:,.0f}"})
    if document.get("reproducible") is False:
        yield content.tell("report-not-reproducible")


def _tightest(document: Record, content: PlanContent) -> list[str]:
    found = document.get("tightest") or ()
    if not found:
        return []
    return [content.tell("report-tightest", {"name": found[0], "year": found[1]})]


def _binding(name: str, content: PlanContent) -> tuple[str, str]:
    family, _, inside = name.rstrip("]").partition("[")
    return word_of("row", family, lang=content.lang), _where(inside, content)


def _where(inside: str, content: PlanContent) -> str:
    """Return what stands in the brackets of a row in the reader's words."""
    known = {"total": content.tell("report-total")}
    if content.lang == "zh":
        for table, name in (("districts", "district"), ("substations", "substation")):
            rows = content.tables[table]
            known |= dict(zip(rows[f"{name}_id"], rows[name], strict=True))
    words = [known.get(part) or _code_word(part, content) for part in inside.split(",")]
    return " ".join(words)


def _code_word(part: str, content: PlanContent) -> str:
    return word_of("technology", part, lang=content.lang)


def _price(row: Record, content: PlanContent) -> list[str]:
    family, inside = _binding(str(row["row"]), content)
    unit = content.tell(f"price-unit-{str(row['unit']).lower()}")
    basis = content.tell(f"price-basis-{str(row['basis']).replace(' ', '-')}")
    return [f"{family} {inside}", unit, f"{row['price_cny']:,.2f}", basis]


def _loss(row: Record) -> list[str]:
    return [str(row["id"]), f"{row['cost_cny']:,.0f}" if row["replaceable"] else "∞"]


def _origin(content: PlanContent) -> dict[str, Any]:
    """Return the placeholders, the sources of the data and the documents of the rules."""
    keys = [str(key) for key in content.document.get("placeholders") or ()]
    entries = [content.scenario["parameters"].get(key, {}) for key in keys]
    lang = content.lang
    return {
        "placeholder_words": content.tell("report-placeholder-words", {"count": len(keys)}),
        "placeholders": [
            [key, *(_cell(entry.get(part, "")) for part in ("value", "unit", "source"))]
            for key, entry in zip(keys, entries, strict=True)
        ],
        "sources": [
            [str(row[f"title_{lang}"]), _credit(row), str(row["date"])]
            for row in content.document.get("sources") or ()
        ],
        "rules": [
            [said(row, lang), " ".join(part for part in (row["document"], row["number"]) if part),
             str(row["date"])]
            for row in content.document.get("rules") or ()
        ],
    }  # fmt: skip


def _cell(value: object) -> str:
    if isinstance(value, list):
        return ", ".join(_cell(part) for part in value)
    return f"{value:g}" if isinstance(value, float) else str(value)


def _credit(row: Record) -> str:
    return " · ".join(str(row[part]) for part in ("source", "licence") if row[part])
