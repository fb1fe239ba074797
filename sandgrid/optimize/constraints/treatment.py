"""Rows on treated land: running total, targets, what counts."""

import numpy as np
import pandas as pd

from sandgrid.optimize.case import Case
from sandgrid.optimize.columns import Columns
from sandgrid.optimize.constraints.terms import a_year_later, bounded, keyed
from sandgrid.optimize.problem import Rows, make_rows, no_rows

CORE_CLASSES = ("mobile", "semi_fixed")


def counted_total(case: Case, columns: Columns) -> Rows:
    """Land counted by a year: that of the year before, finished works and what is new."""
    totals = columns.counted_ha
    works = case.works_ha["counted_ha"].sum()
    first = totals["year"] == case.years[0]
    before = pd.Series(np.where(first, works, 0.0), index=totals.index)
    new = columns.start.drop(columns="year").rename(columns={"count_year": "year"})
    terms = (
        keyed(totals, ["year"]),
        keyed(a_year_later(totals, case.years), ["year"], -1.0),
        keyed(new, ["year"], -1.0),
    )
    return make_rows("counted_total", bounded(totals, ["year"], before, before), terms)


def treated(case: Case, columns: Columns) -> Rows:
    """Land counted by a year meets the target."""
    targets = case.treated_targets
    asked = columns.counted_ha[columns.counted_ha["year"].isin(targets["year"])]
    table = bounded(targets, ["year"], targets["target_ha"], np.inf)
    return make_rows("treated", table, [keyed(asked, ["year"])])


def enclosure_share(case: Case, columns: Columns) -> Rows:
    """Enclosure alone holds at most its share of all counted land."""
    share = case.settings.max_share_enclosure
    if share >= 1.0:
        return no_rows("enclosure_share")
    fenced = columns.start[columns.start["enclosure_only"]]
    return _last_row(
        "enclosure_share",
        case,
        (-np.inf, -works_enclosed_ha(case)),
        [
            keyed(fenced.assign(year=case.years[-1]), ["year"]),
            keyed(_last(columns.counted_ha, case), ["year"], -share),
        ],
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
    inside = columns.start["dune_class"].isin(CORE_CLASSES)
    value = inside.astype("float64") - share
    new = columns.start.assign(year=case.years[-1])
    return _last_row("core_share", case, (0.0, np.inf), [keyed(new, ["year"], value)])


def industry_share(case: Case, columns: Columns) -> Rows:
    """Ask that new land serves an industry for at least its share."""
    share = case.settings.min_share_industry
    if share <= 0.0:
        return no_rows("industry_share")
    value = (columns.start["industry"] != "").astype("float64") - share
    new = columns.start.assign(year=case.years[-1])
    return _last_row("industry_share", case, (0.0, np.inf), [keyed(new, ["year"], value)])


def least_soil(case: Case, columns: Columns) -> Rows:
    """Ask that new land retains at least so much soil."""
    least = case.settings.min_new_soil_t
    if least <= 0.0:
        return no_rows("least_soil")
    new = columns.start.assign(year=case.years[-1])
    return _last_row("least_soil", case, (least, np.inf), [keyed(new, ["year"], "soil_t_per_ha")])


def _last(frame: pd.DataFrame, case: Case) -> pd.DataFrame:
    return frame[frame["year"] == case.years[-1]]


def _last_row(
    family: str, case: Case, band: tuple[float, float], terms: list[pd.DataFrame]
) -> Rows:
    table = pd.DataFrame({"key": [str(case.years[-1])], "lower": [band[0]], "upper": [band[1]]})
    return make_rows(family, table, terms)
