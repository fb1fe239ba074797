"""Checks of treatment: what fits where, when it counts, what it costs and takes."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from sandgrid.audit.comparing import alike, at_least, at_most, equal, gather, totals
from sandgrid.audit.folder import PlanFolder, tolerance
from sandgrid.audit.report import Outcome
from sandgrid.params import Parameters
from sandgrid.units import CENTIMU_PER_MU, MU_PER_HA

Floats = npt.NDArray[np.float64]
KG_PER_T: Final = 1_000
LAST_OFFSET: Final = 2
WOODY: Final = frozenset({"tree", "shrub"})
COUNTING_ROLES: Final = ("barrier", "planting", "fence")
BOUNDS: Final = (
    ("slope_deg", "slope_max_deg", at_most),
    ("rain_mm", "rain_min_mm", at_least),
    ("access_km", "access_max_km", at_most),
    ("land_mu", "area_min_mu", at_least),
)
NEEDS: Final = {
    "cost_cny": "cost_cny_per_mu",
    "person_days": "labour_days_per_mu",
    "straw_t": "straw_kg_per_mu",
}


@dataclass(frozen=True)
class Course:
    """A sequence of measures as the question states it.

    Parameters
    ----------
    steps : tuple of (str, int)
        Measure and years after the start.
    roles : tuple of str
        Role of each step.
    dune_classes, places : frozenset of str
        Where it is admissible.
    cover_min : float
        Least cover today [1].
    details : frozenset of str or None
        Classes in detail where it is admissible; None where all are.
    treated_share : float
        Share of the land that belts take [1].
    irrigated : bool
        Whether it needs a licence to take water.

    """

    steps: tuple[tuple[str, int], ...]
    roles: tuple[str, ...]
    dune_classes: frozenset[str]
    places: frozenset[str]
    cover_min: float
    details: frozenset[str] | None
    treated_share: float
    irrigated: bool

    @property
    def counting_offset(self) -> int:
        """Return the years from the start to the counting step."""
        by_role: dict[str, list[int]] = {role: [] for role in COUNTING_ROLES}
        for role, (_, offset) in zip(self.roles, self.steps, strict=True):
            by_role[role].append(offset)
        return next(max(by_role[role]) for role in COUNTING_ROLES if by_role[role])

    @property
    def fence_only(self) -> bool:
        """Return whether nothing but a fence is put up."""
        return set(self.roles) == {"fence"}


def read_courses(parameters: Parameters) -> Mapping[str, Course]:
    """Return the sequences of the question by id."""
    return {name: _course(parameters, f"sequence.{name}") for name in parameters.below("sequence")}


def _course(parameters: Parameters, key: str) -> Course:
    measures = parameters.text(f"{key}.measures").split()
    offsets = (int(offset) for offset in parameters.numbers(f"{key}.offsets"))
    detail, share = f"{key}.dune_details", _number(parameters, f"{key}.treated_share")
    return Course(
        steps=tuple(zip(measures, offsets, strict=True)),
        roles=tuple(parameters.text(f"measure.{name}.role") for name in measures),
        dune_classes=frozenset(parameters.text(f"{key}.dune_classes").split()),
        places=frozenset(parameters.text(f"{key}.places").split()),
        cover_min=_number(parameters, f"{key}.cover_min") or 0.0,
        details=frozenset(parameters.text(detail).split()) if detail in parameters else None,
        treated_share=1.0 if share is None else share,
        irrigated=any(f"measure.{name}.irrigated" in parameters for name in measures),
    )


def _number(parameters: Parameters, key: str) -> float | None:
    return parameters.number(key) if key in parameters else None


def treatments_by_course(plan: PlanFolder) -> Iterator[tuple[Course, pd.DataFrame]]:
    """Yield each sequence with its treatments and what their parcels are like."""
    courses = read_courses(plan.parameters)
    parcels = plan["parcels"].set_index("parcel_id")
    names = ["cover", "slope_deg", "rain_mm", "access_km", "treat_ha", "on_site_ha"]
    rows = plan["treatments"].join(parcels[names], on="parcel_id")
    inside = (rows["place"] == "on_site").to_numpy()
    rows["land_mu"] = np.where(inside, rows["on_site_ha"], rows["treat_ha"]) * MU_PER_HA
    for name, part in rows.groupby("sequence_id", sort=True):
        yield courses[str(name)], part


def check_count_years(plan: PlanFolder) -> Outcome:
    """Check that land counts in the year of its counting step; nothing starts too early."""
    return gather(_count_years(plan, *part) for part in treatments_by_course(plan))


def _count_years(plan: PlanFolder, course: Course, rows: pd.DataFrame) -> Outcome:
    ids = rows["treatment_id"].tolist()
    counted = equal(
        [f"{one} count_year" for one in ids],
        rows["count_year"],
        rows["year"] + course.counting_offset,
    )
    where = [f"{one} year" for one in ids]
    earliest = _first_year(plan, course)
    last = at_most(where, rows["count_year"], plan.years[-1])
    return counted + last + at_least(where, rows["year"], earliest)


def _first_year(plan: PlanFolder, course: Course) -> int:
    """Return the earliest year in which the first steps can still be done after the as-of day."""
    year, month = (int(part) for part in str(plan.question["as_of"]).split("-")[:2])
    first = [measure for measure, offset in course.steps if offset == 0]
    windows = [plan.parameters.numbers(f"measure.{measure}.window_months") for measure in first]
    in_time = all(max(window) > month for window in windows)
    return max(year if in_time else year + 1, plan.years[0])


def check_sequences(plan: PlanFolder) -> Outcome:
    """Check that sequences suit dune class, cover, slope, rain, access and size of parcels."""
    return gather(_admissible(plan, *part) for part in treatments_by_course(plan))


def _admissible(plan: PlanFolder, course: Course, rows: pd.DataFrame) -> Outcome:
    ids = rows["treatment_id"].tolist()
    listed = gather(
        alike([f"{one} {column}" for one in ids], rows[column].isin(allowed), [True] * len(rows))
        for column, allowed in (("dune_class", course.dune_classes), ("place", course.places))
    )
    seed = at_least([f"{one} cover" for one in ids], rows["cover"], course.cover_min)
    licensed = not course.irrigated or plan.parameters.flag("treatment.water_licence")
    watered = alike([f"{one} licence" for one in ids], [licensed] * len(rows), [True] * len(rows))
    fits = _fits(plan, course, rows) + _reaches_cover(plan, course, rows)
    return listed + seed + watered + _in_detail(plan, course, rows) + fits


def _in_detail(plan: PlanFolder, course: Course, rows: pd.DataFrame) -> Outcome:
    """Compare sparse and denser semi-fixed sand with what the sequence suits."""
    if course.details is None:
        return gather(())
    sparse = rows["cover"] < plan.number("sand.class_below.semi_mobile")
    semi = (rows["dune_class"] == "semi_fixed") & sparse
    detail = rows["dune_class"].where(~semi, "semi_mobile")
    where = [f"{one} dune_detail" for one in rows["treatment_id"]]
    return alike(where, detail.isin(course.details), [True] * len(rows))


def _fits(plan: PlanFolder, course: Course, rows: pd.DataFrame) -> Outcome:
    limits = (
        (column, compare, _number(plan.parameters, f"measure.{measure}.{name}"))
        for measure, _ in course.steps
        for column, name, compare in BOUNDS
    )
    return gather(
        compare([f"{one} {column}" for one in rows["treatment_id"]], rows[column], limit)
        for column, compare, limit in limits
        if limit is not None
    )


def _reaches_cover(plan: PlanFolder, course: Course, rows: pd.DataFrame) -> Outcome:
    """Compare the cover of year 3 with what counts."""
    columns = (rows[name].to_numpy(dtype=np.float64) for name in ("cover", "rain_mm"))
    after = cover_after(plan.parameters, course, *columns)
    gain = plan.number("treatment.target_gain_fixed")
    targets = {
        name: plan.number(f"treatment.target_cover_{name}") for name in ("mobile", "semi_fixed")
    }
    target = rows["dune_class"].map(targets).fillna(rows["cover"] + gain)
    where = [f"{one} cover in year 3" for one in rows["treatment_id"]]
    return at_least(where, after, target, slack=tolerance("relative"))


def cover_after(parameters: Parameters, course: Course, today: Floats, rain_mm: Floats) -> Floats:
    """Return the cover in year 3: the best that is planted or laid; else today's with its gain.

    Trees and shrubs cover at most what rain allows and what comes up behind a fence; in strips,
    the land between the belts is only fenced.
    """
    measures = [measure for measure, _ in course.steps]
    gain = max(_mean(parameters, f"measure.{one}.cover_gain") or 0.0 for one in measures)
    fenced = np.minimum(today + gain, 1.0)
    limits = parameters.numbers("treatment.rain_limits_mm")
    band = np.sum([rain_mm >= limit for limit in limits], axis=0, dtype=np.int64)
    woody = np.asarray(parameters.numbers("treatment.woody_cover_max"))[band] + gain
    best = np.full(len(today), -1.0)
    for one in measures:
        made = _mean(parameters, f"measure.{one}.cover_year3")
        if made is not None:
            grows = parameters.text(f"measure.{one}.growth") in WOODY
            best = np.maximum(best, np.minimum(made, woody) if grows else made)
    whole = course.treated_share * best + (1.0 - course.treated_share) * (today + gain)
    return np.asarray(np.where(best < 0, fenced, np.minimum(whole, 1.0)))


def _mean(parameters: Parameters, key: str) -> float | None:
    """Return the middle of a range; None where it is not given."""
    return float(np.mean(parameters.numbers(key))) if key in parameters else None


def yearly_needs(plan: PlanFolder) -> pd.DataFrame:
    """Return what each treatment takes in each year of its steps.

    Returns
    -------
    DataFrame
        treatment_id, district_id, area_centimu, year, cost_cny, person_days, straw_t.

    """
    parts = [
        _step_needs(plan, rows, measure, when=when, share=share * _in_belts(course, role))
        for course, rows in treatments_by_course(plan)
        for role, (measure, offset) in zip(course.roles, course.steps, strict=True)
        for when, share in _times(plan, measure, offset)
    ]
    names = ["treatment_id", "district_id", "area_centimu", "year", *NEEDS]
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=names)


def _in_belts(course: Course, role: str) -> float:
    """Return the share of the land on which a step is done: a fence runs round the whole."""
    return 1.0 if role == "fence" else course.treated_share


def _times(plan: PlanFolder, measure: str, offset: int) -> Iterator[tuple[int, float]]:
    """Yield when a measure is done and on what share: what dies below the target is done again."""
    yield offset, 1.0
    missing = plan.number("treatment.survival_target") - plan.number(f"measure.{measure}.survival")
    if missing > 0:
        yield min(offset + 1, LAST_OFFSET), missing


def _step_needs(
    plan: PlanFolder, rows: pd.DataFrame, measure: str, *, when: int, share: float
) -> pd.DataFrame:
    mu = rows["area_centimu"] / CENTIMU_PER_MU * share
    needs = {
        name: mu * plan.number(f"measure.{measure}.{column}") for name, column in NEEDS.items()
    }
    needs["cost_cny"] *= _access_factor(plan, rows["access_km"])
    needs["straw_t"] /= KG_PER_T
    names = ["treatment_id", "district_id", "area_centimu"]
    return rows[names].assign(year=rows["year"] + when, **needs)


def _access_factor(plan: PlanFolder, access_km: pd.Series) -> Floats:
    """Return the cost factor of carrying material in, by steps of the distance to a road."""
    limits = plan.parameters.numbers("treatment.access_limits_km")
    factors = np.asarray(plan.parameters.numbers("treatment.access_factors"))
    step = np.sum([access_km.to_numpy() > limit for limit in limits], axis=0, dtype=np.int64)
    return np.asarray(factors[step], dtype=np.float64)


def check_treatment_cost(plan: PlanFolder) -> Outcome:
    """Check that cost, person-days and straw of each treatment follow from its steps."""
    needs = yearly_needs(plan)
    needs["cost_cny"] *= plan.discount(needs["year"])
    rows = plan["treatments"].set_index("treatment_id")
    thousandth = tolerance("thousandth")
    slack = {"cost_cny": tolerance("price_cny"), "person_days": thousandth, "straw_t": thousandth}
    return gather(_needed(rows, needs, name, slack[name]) for name in NEEDS)


def _needed(rows: pd.DataFrame, needs: pd.DataFrame, name: str, slack: float) -> Outcome:
    expected = totals(needs, ["treatment_id"], name).reindex(rows.index).to_numpy()
    where = [f"{one} {name}" for one in rows.index]
    return equal(where, rows[name], expected, slack=slack + tolerance("relative") * expected)


def check_on_site_share(plan: PlanFolder) -> Outcome:
    """Check that on-site treatment takes at most its share of the PV land accepted with it."""
    inside = plan["treatments"]
    inside = inside[inside["place"] == "on_site"].rename(
        columns={"deadline_year": "acceptance_year"}
    )
    keys = ["site_id", "acceptance_year"]
    treated = totals(inside, keys, "area_centimu")
    most = _pv_gross(plan).reindex(treated.index).fillna(0.0)
    where = [f"{site} {year} 0.01 mu" for site, year in treated.index]
    return at_most(where, treated, most * plan.programme("underpanel_share"), slack=1.0)


def _pv_gross(plan: PlanFolder) -> pd.Series:
    builds = plan["builds"]
    return totals(
        builds[builds["technology"] == "pv"], ["site_id", "acceptance_year"], "gross_centimu"
    )


def check_deadlines(plan: PlanFolder) -> Outcome:
    """Check that on-site land counts by the acceptance of its plant."""
    rows = plan["treatments"]
    inside = rows[rows["place"] == "on_site"]
    outside = rows[rows["place"] != "on_site"]
    accepted = set(_pv_gross(plan).index)
    stated = zip(inside["site_id"], inside["deadline_year"], strict=True)
    where = [f"{one} deadline_year" for one in inside["treatment_id"]]
    real = alike(where, [pair in accepted for pair in stated], [True] * len(inside))
    kept = at_most(where, inside["count_year"], inside["deadline_year"])
    free = equal(
        [f"{one} deadline_year" for one in outside["treatment_id"]], outside["deadline_year"], 0
    )
    return real + kept + free
