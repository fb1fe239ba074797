"""Tables and lines that the command line prints."""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pandas as pd
from rich.table import Table

from sandgrid.messages import Language, said, tell
from sandgrid.pipeline.asking import Findings, use_name
from sandgrid.plan import Comparison
from sandgrid.units import MU_PER_WAN_MU

CNY_PER_BILLION = 1e9
CNY_PER_YI = 1e8
REMOVED = ("zone", "rule", "layer", "alone", "only", "in-order", "in-order-mu")


def summary_lines(figures: Mapping[str, Any], folder: Path, lang: Language) -> list[str]:
    """Return the closing lines of a run: what is met, what it costs, what is tight.

    Parameters
    ----------
    figures : mapping
        ``plan.json``.
    folder : Path
        Where the plan is.
    lang : {"zh", "en"}
        Language.

    """
    if figures["status"] == "infeasible":
        return _infeasible_lines(figures, folder, lang)
    milestones = figures["milestones"]
    met = all(row["met"] for row in milestones)
    greedy = figures["greedy_objective_cny"]
    more_cny = None if greedy is None else greedy - figures["objective_cny"]
    values = {
        "capacity_mw": f"{figures['capacity_mw']['total']:,.1f}",
        "treated_wan_mu": f"{figures['treated_mu'] / MU_PER_WAN_MU:,.2f}",
        "years": f"{milestones[0]['year']} … {milestones[-1]['year']}",
        "met": tell("summary-met" if met else "summary-not-met", lang=lang),
        "outlay_bn": f"{figures['outlay_cny'] / CNY_PER_BILLION:.2f}",
        "outlay_yi": f"{figures['outlay_cny'] / CNY_PER_YI:.1f}",
        "gap": f"{figures['gap']:.2%}",
        "greedy_bn": "-" if more_cny is None else f"{more_cny / CNY_PER_BILLION:.2f}",
        "greedy_yi": "-" if more_cny is None else f"{more_cny / CNY_PER_YI:.1f}",
        "choice": "-" if figures["gap_of_choice"] is None else f"{figures['gap_of_choice']:.1%}",
        "tightest": ", ".join(str(part) for part in figures["tightest"]) or "-",
        "placeholders": len(figures["placeholders"]),
        "map": (folder / "map.html").as_posix(),
    }
    lines = [tell("summary", values, lang=lang)]
    if figures["synthetic_layers"]:
        lines.append(
            tell("summary-synthetic", {"count": len(figures["synthetic_layers"])}, lang=lang)
        )
    lines += [tell("summary-price", {"text": text}, lang=lang) for text in _dearest(figures, lang)]
    lines += [
        tell("summary-notice", {"text": said(n, lang)}, lang=lang) for n in figures["notices"]
    ]
    return lines


SHOWN_UNITS = ("mu", "MW", "bay", "CNY", "d")


def _dearest(figures: Mapping[str, Any], lang: Language) -> list[str]:
    """Return the dearest row of each unit of which a planner asks first."""
    prices = figures.get("prices", ())
    lines = []
    for unit in SHOWN_UNITS:
        here = [row for row in prices if row["unit"] == unit]
        if here:
            lines.append(said(max(here, key=lambda row: row["price_cny"]), lang))
    return lines


def _infeasible_lines(figures: Mapping[str, Any], folder: Path, lang: Language) -> list[str]:
    return [
        tell("summary-infeasible", {"name": figures["scenario"]["name"]}, lang=lang),
        *_told("summary-supply", figures.get("supply", ()), lang),
        *_told("summary-short", figures["shortfalls"], lang),
        *_short_in(figures.get("short_in"), lang),
        *_told("summary-repair", figures["repairs"], lang),
        tell("summary-map", {"map": (folder / "map.html").as_posix()}, lang=lang),
    ]


def _short_in(kind: str | None, lang: Language) -> list[str]:
    """Say where fractional units would do, so that only whole ones fall short."""
    keys = {"whole units": "summary-whole-units", "unknown": "summary-not-settled"}
    return [tell(keys[kind], lang=lang)] if kind in keys else []


def _told(key: str, records: Iterable[Mapping[str, Any]], lang: Language) -> list[str]:
    return [tell(key, {"text": said(record, lang)}, lang=lang) for record in records]


def check_table(findings: Findings, lang: Language) -> Table:
    """Return what ``sandgrid check`` found."""
    table = Table(tell("check-kind", lang=lang), tell("check-finding", lang=lang))
    for name, count in findings.counts.items():
        table.add_row(tell(f"check-{name}", lang=lang), f"{count:,}")
    for zh, en in findings.notices:
        table.add_row(tell("check-notice", lang=lang), zh if lang == "zh" else en)
    for key in findings.required:
        table.add_row(tell("check-required", lang=lang), key)
    for key, parameter in findings.unset.items():
        table.add_row(tell("check-unset", lang=lang), f"{key}: {parameter.source}")
    for key, parameter in findings.placeholders.items():
        table.add_row(
            tell("check-placeholder", lang=lang),
            f"{key} = {parameter.value} {parameter.unit} ({parameter.source})",
        )
    return table


def removed_tables(removed: pd.DataFrame, lang: Language) -> Iterator[Table]:
    """Yield what each rule removes: one table per use, rules in the order of the cascade.

    Parameters
    ----------
    removed : DataFrame
        As `sandgrid.land.cascade` returns it.
    lang : {"zh", "en"}
        Language.

    """
    heads = [tell(f"removed-{name}", lang=lang) for name in REMOVED]
    for use, part in removed.groupby("use", sort=False):
        table = Table(*heads, title=use_name(str(use), lang))
        for row in part.to_dict("records"):
            names = [str(row[name]) for name in ("zone_id", "rule_id", "layer")]
            ways = ("alone_ha", "only_ha", "in_order_ha", "in_order_mu")
            table.add_row(*names, *(f"{row[name]:,.0f}" for name in ways))
        yield table


def comparison_table(comparison: Comparison, lang: Language) -> Table:
    """Return two plans side by side."""
    shown = comparison.summary(lang)
    table = Table(*[str(name) for name in shown.columns], title=comparison.headline(lang))
    for row in shown.itertuples(index=False):
        table.add_row(*[str(value) for value in row])
    return table
