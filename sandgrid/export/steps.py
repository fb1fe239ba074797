"""Steps of a treatment as a paper lists them: measures with their season, and subsidy."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from sandgrid.export.content import PlanContent
from sandgrid.export.words import word_of
from sandgrid.units import CENTIMU_PER_MU, MU_PER_HA

Row = Mapping[str, Any]
_RATE: Final = "subsidy_cny_per_mu"
_NONE: Final = "-"


def steps_of(row: Row, option: Row, content: PlanContent) -> list[list[str]]:
    """Return number, measure, year, season and months, straw, labour and seedlings of each step.

    Parameters
    ----------
    row : mapping
        The treatment.
    option : mapping
        Its option with the seasons of each year, empty where there is none.
    content : PlanContent
        Parameters and language.

    """
    return [
        [str(number), *step] for number, step in enumerate(_steps(row, option, content), start=1)
    ]


def _steps(row: Row, option: Row, content: PlanContent) -> Iterator[list[str]]:
    sequence = row["sequence_id"]
    measures = str(content.parameter(f"sequence.{sequence}.measures", "")).split()
    offsets = content.parameter(f"sequence.{sequence}.offsets", [0] * len(measures))
    for measure, offset in zip(measures, offsets, strict=True):
        months = content.parameter(f"measure.{measure}.window_months", ())
        straw = float(content.parameter(f"measure.{measure}.straw_kg_per_mu", 0))
        labour = float(content.parameter(f"measure.{measure}.labour_days_per_mu", 0))
        plants = float(content.parameter(f"measure.{measure}.seedlings_per_ha", 0)) / MU_PER_HA
        yield [
            word_of("measure", measure, lang=content.lang, names=content.names),
            f"{row['year'] + int(offset)}",
            _season(option.get(f"seasons_{int(offset)}", ""), months, content),
            f"{straw:,.0f}" if straw else _NONE,
            f"{labour:,.2f}",
            f"{plants:,.0f}" if plants else _NONE,
        ]


def _season(seasons: str, months: Sequence[float], content: PlanContent) -> str:
    words = [
        word_of("season", season, lang=content.lang, names=content.names)
        for season in str(seasons).replace("+", " ").replace(",", " ").split()
    ]
    span = content.tell("sheet-month-span", {"months": month_runs([int(m) for m in months])})
    return f"{'、'.join(words) if content.lang == 'zh' else ', '.join(words)} {span}".strip()


def month_runs(months: Sequence[int]) -> str:
    """Return months as runs.

    Examples
    --------
    >>> month_runs([3, 4, 5, 9, 10]), month_runs([])
    ('3-5, 9-10', '-')

    """
    runs: list[list[int]] = []
    for month in months:
        if runs and month == runs[-1][-1] + 1:
            runs[-1].append(month)
        else:
            runs.append([month])
    shown = (f"{run[0]}-{run[-1]}" if len(run) > 1 else str(run[0]) for run in runs)
    return ", ".join(shown) or _NONE


def subsidy_of(row: Row, content: PlanContent) -> tuple[list[list[str]], str]:
    """Return the subsidy by step: year, condition, share and most that can be claimed; and a note.

    Parameters
    ----------
    row : mapping
        The treatment.
    content : PlanContent
        Rates, shares and years of the steps.

    Returns
    -------
    tuple
        Rows of text, none on land inside a base, and one sentence on what the rates are.

    """
    if row["place"] == "on_site":
        return [], content.tell("sheet-subsidy-on-site")
    rates = _rates(row["sequence_id"], content)
    shares = content.parameter("subsidy.step_shares", [])
    years = content.parameter("subsidy.step_years", [])
    most = sum(rate for _, rate in rates if rate is not None) * row["area_centimu"]
    rows = [
        [
            f"{row['year'] + int(offset)}",
            content.tell("sheet-subsidy-start" if number == 1 else "sheet-subsidy-accepted",
                         {"year": int(offset)}),
            f"{float(share):.0%}",
            _amount(most / CENTIMU_PER_MU * float(share), rates, content),
        ]
        for number, (share, offset) in enumerate(zip(shares, years, strict=True), start=1)
    ]  # fmt: skip
    told = [_told(measure, rate, content) for measure, rate in rates]
    return rows, content.tell("sheet-subsidy-note", {"rates": "; ".join(told)})


def _amount(
    most_cny: float, rates: Sequence[tuple[str, float | None]], content: PlanContent
) -> str:
    """Return the most that can be claimed; rates that are not set are never taken for nothing."""
    unknown = sum(rate is None for _, rate in rates)
    if unknown == len(rates):
        return content.tell("sheet-subsidy-unknown")
    return f"{most_cny:,.0f}" + (f" + {content.tell('sheet-subsidy-unknown')}" if unknown else "")


def _rates(sequence: str, content: PlanContent) -> list[tuple[str, float | None]]:
    measures = str(content.parameter(f"sequence.{sequence}.measures", "")).split()
    found = [(m, content.parameter(f"measure.{m}.{_RATE}", None)) for m in measures]
    return [(m, float(rate) if isinstance(rate, int | float) else None) for m, rate in found]


def _told(measure: str, rate: float | None, content: PlanContent) -> str:
    word = word_of("measure", measure, lang=content.lang, names=content.names)
    if rate is None:
        return f"{word} {content.tell('sheet-subsidy-unknown')}"
    return f"{word} {rate:,.0f} {content.tell('unit-cny')}/{content.tell('unit-mu')}"
