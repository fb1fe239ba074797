"""Rows on treated land: running total, targets, what counts."""

import numpy as np

from sandgrid.optimize.case import Case
from sandgrid.optimize.columns import Columns
from sandgrid.optimize.constraints.terms import a_year_later, bounded, keyed, wanted
from sandgrid.optimize.problem import Rows, Terms, make_rows, no_rows
from sandgrid.optimize.sheet import Array, Sheet, among, filled

CORE_CLASSES = ("mobile", "semi_fixed")


def counted_total(case: Case, columns: Columns) -> Rows:
    """Land counted by a year: that of the year before, finished works and what is new."""
    totals, start = columns.sheet("counted_ha"), columns.sheet("start")
    works = float(case.works_ha["counted_ha"].sum())
    before = np.where(totals["year"] == case.years[0], works, 0.0)
    terms = (
        keyed(totals, ["year"]),
        keyed(a_year_later(totals, case.years), ["year"], -1.0),
        keyed(start, ["count_year"], -1.0),
    )
    return make_rows("counted_total", bounded(totals, ["year"], before, before), terms)


def treated(case: Case, columns: Columns) -> Rows:
    """Land counted by a year meets the target."""
    targets = Sheet.of(case.treated_targets)
    bands = bounded(targets, ["year"], targets["target_ha"], np.inf)
    return make_rows(
        "treated", bands, [wanted(keyed(columns.sheet("counted_ha"), ["year"]), bands)]
    )


def enclosure_share(case: Case, columns: Columns) -> Rows:
    """Enclosure alone holds at most its share of all counted land."""
    share = case.settings.max_share_enclosure
    if share >= 1.0:
        return no_rows("enclosure_share")
    start, counted = columns.sheet("start"), columns.sheet("counted_ha")
    fenced = start.only("column").take(start["enclosure_only"])
    held = counted.only("column").take(counted["year"] == case.years[-1])
    return _last_row(
        "enclosure_share",
        case,
        (-np.inf, -works_enclosed_ha(case)),
        [(fenced["column"], np.ones(len(fenced))), (held["column"], np.full(len(held), -share))],
    )


def works_enclosed_ha(case: Case) -> float:
    """Return finished works whose sequence is enclosure alone [ha]."""
    options = case.treat_options
    fences = set(options["sequence_id"][options["enclosure_only"]])
    return float(case.works_ha["counted_ha"][case.works_ha["sequence_id"].isin(fences)].sum())


def core_share(case: Case, columns: Columns) -> Rows:
    """Ask that new land lies on mobile and semi-fixed sand for at least its share."""
    share = case.settings.min_share_mobile_semi_fixed
    if share <= 0.0:
        return no_rows("core_share")
    start = columns.sheet("start")
    value = among(start["dune_class"], CORE_CLASSES).astype(np.float64) - share
    return _last_row("core_share", case, (0.0, np.inf), [(start["column"], value)])


def industry_share(case: Case, columns: Columns) -> Rows:
    """Ask that new land serves an industry for at least its share."""
    share = case.settings.min_share_industry
    if share <= 0.0:
        return no_rows("industry_share")
    start = columns.sheet("start")
    value = (start["industry"] != "").astype(np.float64) - share
    return _last_row("industry_share", case, (0.0, np.inf), [(start["column"], value)])


def least_soil(case: Case, columns: Columns) -> Rows:
    """Ask that new land retains at least so much soil."""
    least = case.settings.min_new_soil_t
    if least <= 0.0:
        return no_rows("least_soil")
    start = columns.sheet("start")
    new = (start["column"], start["soil_t_per_ha"])
    return _last_row("least_soil", case, (least, np.inf), [new])


def _last_row(
    family: str, case: Case, band: tuple[float, float], entries: list[tuple[Array, Array]]
) -> Rows:
    """Return a single row, named by the last year, of columns and their values."""
    key, last = ["year"], case.years[-1]
    row = bounded(Sheet({"year": np.array([last])}), key, *band)
    terms = [Terms((filled(len(at), last),), at, value) for at, value in entries]
    return make_rows(family, row, terms)
