"""The problem of the city as a file: the written plan keeps it, and its proof follows from it."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import highspy
import numpy as np
import pandas as pd
import pytest
from scipy import sparse

from sandgrid.optimize import compile_problem, greedy_plan, write_mps
from sandgrid.optimize.compilation import compiled
from sandgrid.optimize.repair import workspace
from sandgrid.pipeline import Result
from sandgrid.pipeline.making import Run
from sandgrid.units import CENTIMU_PER_HA, CNY_PER_MILLION, KW_PER_MW

from .folders import read_table

pytestmark = [pytest.mark.end_to_end, pytest.mark.slow]
ROUNDING = 1e-4
Named = Iterator[tuple[str, float]]


@dataclass(frozen=True)
class File:
    """A problem as HiGHS reads it."""

    highs: highspy.Highs
    names: list[str]
    rows: list[str]

    def activity(self, values: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, float]:
        """Return activity and sides of the rows, and the objective [million CNY]."""
        model = self.highs.getLp()
        held = model.a_matrix_
        shape = (model.num_row_, model.num_col_)
        matrix = sparse.csc_array((held.value_, held.index_, held.start_), shape)
        cost = float(np.array(model.col_cost_) @ values) + model.offset_
        return matrix @ values, np.array(model.row_lower_), np.array(model.row_upper_), cost


@pytest.fixture(scope="module")
def problem(city_run: Run, tmp_path_factory: pytest.TempPathFactory) -> File:
    """Return the problem of the city, written and read back by HiGHS alone."""
    path = tmp_path_factory.mktemp("problem") / "problem.mps"
    path.write_text(write_mps(compile_problem(city_run.question.case)), encoding="utf-8")
    highs = highspy.Highs()
    highs.setOptionValue("output_flag", False)  # HiGHS' own signature
    highs.setOptionValue("threads", 1)
    assert highs.readModel(str(path)) == highspy.HighsStatus.kOk
    model = highs.getLp()
    return File(highs, list(model.col_names_), list(model.row_names_))


def _point(folder: Path, run: Run) -> dict[str, float]:
    """Return the columns of the problem that are not 0, from the tables of a plan folder."""
    years = run.question.case.years
    point: dict[str, float] = {}
    for part in (_built(folder, years), _connected(folder, years), _treated(folder, run)):
        for name, value in part:
            point[name] = point.get(name, 0.0) + value
    return point


def _built(folder: Path, years: tuple[int, ...]) -> Named:
    for row in read_table(folder, "builds").itertuples():
        yield f"build[{row.site_id},{row.technology},{row.hub_id},{row.year}]", row.units
        for year in years:
            if year >= row.year:
                yield f"hub_mw[{row.hub_id},{year}]", row.capacity_kw / KW_PER_MW
                yield f"built_mw[{row.technology},{year}]", row.capacity_kw / KW_PER_MW
    pairs = read_table(folder, "builds")[["site_id", "hub_id"]].drop_duplicates()
    for row in pairs.itertuples():
        yield f"feeds[{row.site_id},{row.hub_id}]", 1.0


def _connected(folder: Path, years: tuple[int, ...]) -> Named:
    for row in read_table(folder, "stations").groupby("hub_id")["year"].min().items():
        yield from ((f"station[{row[0]},{year}]", 1.0) for year in years if year >= row[1])
    for row in read_table(folder, "trunks").itertuples():
        for year in years:
            if year >= row.year:
                yield f"circuits[{row.trunk_id},{year}]", row.circuits
    for row in read_table(folder, "flows").itertuples():
        yield f"flow[{row.hub_id},{row.substation_id},{row.year}]", row.flow_kw / KW_PER_MW
    use = read_table(folder, "substation_use").sort_values(["substation_id", "year"])
    bought = (use["circuits"] - use["free_bays"]).clip(lower=0).groupby(use["substation_id"])
    for row, bays in zip(use.itertuples(), bought.cummax(), strict=True):
        yield f"extra_bays[{row.substation_id},{row.year}]", bays
        yield f"reinforced[{row.substation_id},{row.year}]", float(row.reinforcement_kw > 0)


def _treated(folder: Path, run: Run) -> Named:
    case = run.question.case
    members = compiled(case).columns.classes.members
    class_of = dict(zip(members["parcel_id"], members["class_id"], strict=True))
    for year in case.years:
        yield f"counted_ha[{year}]", float(case.works_ha["counted_ha"].sum())
    for row in read_table(folder, "treatments").itertuples():
        ha = row.area_centimu / CENTIMU_PER_HA
        key = f"{class_of[row.parcel_id]},{row.sequence_id},{row.place},{row.year}"
        yield f"start[{key}]", ha
        for year in case.years:
            if year >= row.count_year:
                yield f"counted_ha[{year}]", ha


@pytest.fixture(scope="module")
def values(problem: File, city: Result, city_run: Run) -> np.ndarray:
    point = _point(city.folder, city_run)
    used = {name: value for name, value in point.items() if value != 0}
    unknown = sorted(set(used) - set(problem.names))
    assert unknown == []
    return np.array([used.get(name, 0.0) for name in problem.names])


def test_the_written_plan_keeps_every_row_of_the_file(problem: File, values: np.ndarray) -> None:
    activity, low, high, _ = problem.activity(values)
    tolerance = ROUNDING * (1.0 + np.abs(activity))
    broken = (activity < low - tolerance) | (activity > high + tolerance)
    excess = pd.Series(np.maximum(low - activity, activity - high), index=problem.rows)
    assert excess[broken].to_dict() == {}


def test_the_written_plan_has_the_stated_objective(
    problem: File, values: np.ndarray, city: Result
) -> None:
    _, _, _, objective = problem.activity(values)
    stated, outlay = city.figures["objective_cny"], city.figures["outlay_cny"]
    assert abs(objective * CNY_PER_MILLION - stated) <= 1e-6 * outlay


def test_no_plan_lies_below_the_bound_and_the_file_has_the_same_relaxation(
    problem: File, city: Result, city_run: Run
) -> None:
    space = workspace(city_run.question.case)
    bound = city.figures["bound_cny"]
    assert city.figures["objective_cny"] >= bound
    assert greedy_plan(city_run.question.case).objective_cny >= bound
    assert space.bound_mcny * CNY_PER_MILLION <= bound + 1.0
    problem.highs.setOptionValue("solve_relaxation", True)
    problem.highs.run()
    assert problem.highs.getModelStatus() == highspy.HighsModelStatus.kOptimal
    found = problem.highs.getInfo().objective_function_value
    assert found == pytest.approx(space.relaxation.objective, rel=1e-6)
