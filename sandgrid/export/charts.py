"""Charts as SVG: works against milestones, and the season calendar of a district."""

import html
from collections.abc import Iterable, Sequence
from datetime import date
from math import floor, log10
from typing import Final

import pandas as pd

from sandgrid.export.words import word_of
from sandgrid.messages import Language, tell
from sandgrid.people.progress import Status
from sandgrid.units import CENTIMU_PER_MU, MU_PER_WAN_MU

WIDE: Final = 760
HIGH: Final = 360
LEFT: Final = 70
RIGHT: Final = 20
TOP: Final = 46
FOOT: Final = 40
ROW: Final = 18
NAMES: Final = 230
COLOURS: Final = {"target": "#8A4B08", "done": "#1F5C7A", "accepted": "#5AA469"}
SEASON_COLOURS: Final = {"spring": "#5AA469", "summer": "#E0A030", "autumn": "#B5532A"}
WAN_CENTIMU: Final = MU_PER_WAN_MU * CENTIMU_PER_MU
FONT: Final = "Microsoft YaHei, Noto Sans SC, Noto Sans CJK SC, sans-serif"
Point = tuple[float, float]


def burn_up_svg(status: Status, *, lang: Language = "zh") -> str:
    """Return the burn-up chart: target, done and accepted land over the years.

    Parameters
    ----------
    status : Status
        How far along the programme is.
    lang : {"zh", "en"}
        Language of the labels.

    Returns
    -------
    str
        SVG, the same for the same status.

    """
    goal = _goal(status)
    done = _steps(status.works, status.as_of)
    accepted = _steps(status.works[status.works["accepted"]], status.as_of)
    days = [day for day, _ in (*goal, *done)]
    first, last = min(days), max(days)
    most = _round_up(max([amount for _, amount in (*goal, *done)] + [0.1]))

    def place(points: Iterable[tuple[date, float]]) -> list[Point]:
        span = max((last - first).days, 1)
        return [
            (
                LEFT + (day - first).days / span * (WIDE - LEFT - RIGHT),
                HIGH - FOOT - amount / most * (HIGH - TOP - FOOT),
            )
            for day, amount in points
        ]

    parts = [_axes(first, last, most, lang)]
    for name, points in (("target", goal), ("done", done), ("accepted", accepted)):
        dash = ' stroke-dasharray="6 4"' if name == "target" else ""
        parts.append(_line(place(points), COLOURS[name], dash))
    parts += _legend(lang)
    today = place([(status.as_of, 0.0)])[0][0]
    parts.append(
        f'<line x1="{today:.1f}" x2="{today:.1f}" y1="{TOP}" y2="{HIGH - FOOT}" '
        f'stroke="#888" stroke-width="1"/>'
    )
    title = tell("chart-burn-up", {"day": status.as_of}, lang=lang)
    return _svg(WIDE, HIGH, title, parts)


def _round_up(amount: float) -> float:
    """Return four equal round steps that hold an amount.

    Examples
    --------
    >>> _round_up(51.6), _round_up(0.9)
    (60.0, 1.0)

    """
    size = 10.0 ** floor(log10(amount / 4))
    step = next(size * k for k in (1, 1.5, 2, 2.5, 5, 10) if 4 * size * k >= amount)
    return round(4 * step, 9)


def _goal(status: Status) -> list[tuple[date, float]]:
    years = sorted(status.targets)
    start = [(date(years[0], 1, 1), 0.0)] if years else [(date(status.as_of.year, 1, 1), 0.0)]
    return start + [(date(year, 12, 31), status.targets[year] / WAN_CENTIMU) for year in years]


def _steps(works: pd.DataFrame, as_of: date) -> list[tuple[date, float]]:
    """Return the running sum of land by day, as a staircase that ends on the day."""
    by_day = works.groupby("date")["area_centimu"].sum().sort_index()
    points: list[tuple[date, float]] = []
    total = 0.0
    for day, amount in by_day.items():
        at = date.fromisoformat(str(day))
        points.append((at, total))
        total += float(amount) / WAN_CENTIMU
        points.append((at, total))
    return [*(points or [(as_of, 0.0)]), (as_of, total)]


def _axes(first: date, last: date, most: float, lang: Language) -> str:
    span = max((last - first).days, 1)
    marks = []
    for year in range(first.year, last.year + 2):
        day = date(year, 1, 1)
        if first <= day <= last:
            x = LEFT + (day - first).days / span * (WIDE - LEFT - RIGHT)
            marks.append(_text((x, HIGH - FOOT + 18), str(year), "middle"))
            marks.append(f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{TOP}" y2="{HIGH - FOOT}" '
                         'stroke="#eee"/>')  # fmt: skip
    for k in range(5):
        amount = most * k / 4
        y = HIGH - FOOT - amount / most * (HIGH - TOP - FOOT)
        marks.append(f'<line x1="{LEFT}" x2="{WIDE - RIGHT}" y1="{y:.1f}" y2="{y:.1f}" '
                     'stroke="#ddd"/>')  # fmt: skip
        marks.append(_text((LEFT - 6, y + 4), f"{amount:,g}", "end"))
    marks.append(_text((LEFT - 6, TOP - 8), tell("unit-wan-mu", lang=lang), "end"))
    return "".join(marks)


def _legend(lang: Language) -> list[str]:
    parts = []
    for k, name in enumerate(COLOURS):
        x = LEFT + 20 + k * 150
        parts.append(f'<rect x="{x}" y="{TOP - 14}" width="14" height="4" fill="{COLOURS[name]}"/>')
        parts.append(_text((x + 20, TOP - 8), tell(f"chart-{name}", lang=lang), "start"))
    return parts


def gantt_svg(packages: pd.DataFrame, year: int, *, lang: Language = "zh") -> str:
    """Return the season calendar of the packages of one district in one year.

    Parameters
    ----------
    packages : DataFrame
        Contract ``packages``, those of one district.
    year : int
        The year.
    lang : {"zh", "en"}
        Language of the labels.

    """
    rows = packages[packages["year"] == year].sort_values(
        ["start_date", "package_id"], kind="stable"
    )
    high = TOP + ROW * max(len(rows), 1) + FOOT
    first, days = date(year, 1, 1), 366.0
    scale = (WIDE - NAMES - RIGHT) / days
    parts = []
    for month in range(1, 13):
        x = NAMES + (date(year, month, 1) - first).days * scale
        parts.append(f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{TOP - 6}" y2="{high - FOOT + 4}" '
                     'stroke="#e4e4e4"/>')  # fmt: skip
        parts.append(_text((x + 4, TOP - 10), str(month), "start"))
    for k, row in enumerate(rows.to_dict("records")):
        start, end = (date.fromisoformat(str(row[n])) for n in ("start_date", "end_date"))
        x = NAMES + (start - first).days * scale
        wide = max(((end - start).days + 1) * scale, 2.0)
        y = TOP + k * ROW
        colour = SEASON_COLOURS[str(row["season"])]
        parts.append(_text((6, y + 12), _row_name(row, lang), "start"))
        parts.append(f'<rect x="{x:.1f}" y="{y + 3}" width="{wide:.1f}" height="11" rx="2" '
                     f'fill="{colour}"/>')  # fmt: skip
        label = f"{row['area_centimu'] / CENTIMU_PER_MU:,.0f}"
        parts.append(_text((x + wide + 4, y + 12), label, "start"))
    parts.append(_text((6, high - 12), tell("chart-gantt-note", lang=lang), "start"))
    return _svg(WIDE, high, tell("chart-gantt", {"year": year}, lang=lang), parts)


def _row_name(row: dict[object, object], lang: Language) -> str:
    measures = word_of("measure", str(row["measures"]), lang=lang)
    name = f"{row['package_id']} {measures}"
    return name if len(name) <= 24 else f"{name[:23]}…"  # noqa: PLR2004  # what fits in NAMES


def _line(points: Sequence[Point], colour: str, dash: str) -> str:
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    return f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"{dash}/>'


def _text(at: Point, text: str, anchor: str) -> str:
    return (
        f'<text x="{at[0]:.1f}" y="{at[1]:.1f}" text-anchor="{anchor}" font-size="11">'
        f"{html.escape(text)}</text>"
    )


def _svg(wide: int, high: int, title: str, parts: Iterable[str]) -> str:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {wide} {high}" width="{wide}" '
        f'height="{high}" font-family="{FONT}"><rect width="100%" height="100%" fill="white"/>'
        f'<text x="{wide / 2}" y="18" text-anchor="middle" font-size="14" font-weight="bold">'
        f"{html.escape(title)}</text>{''.join(parts)}</svg>"
    )
