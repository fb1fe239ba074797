"""HiGHS, and nothing else that knows it.

One thread and a fixed seed; stopped by nodes or gap, never by a clock unless the user gives one.
A run happens in a helper thread so that Ctrl-C reaches the caller at once.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import highspy
import numpy as np
from scipy import sparse

from sandgrid.errors import UnprovenError
from sandgrid.optimize.problem import Floats, Integers, Problem
from sandgrid.optimize.waiting import wait_for

Status = Literal["optimal", "infeasible", "unbounded", "limit", "interrupted"]
Watch = Callable[[float, float], None]


@dataclass(frozen=True)
class Effort:
    """When a solve stops.

    Parameters
    ----------
    gap : float
        Relative gap of the solver's own objective [1].
    gap_mcny : float
        Absolute gap [million CNY].
    nodes : int
        Most nodes of the tree, 0 for no limit.
    stall_nodes : int
        Most nodes after the last improvement, 0 for no limit.
    seconds : float
        Time limit; 0 for none. A clock makes a run that cannot be repeated exactly.
    presolve : bool
        Whether the solver simplifies first.
    seed : int
        Random seed.
    heuristics : float
        Share of effort on heuristics [1].
    restart : bool
        Whether a tree may begin anew after many columns have been fixed at its root.
    bound_mcny : float
        Bound at which a tree stops, infinite for none [million CNY].

    """

    gap: float = 1e-9
    gap_mcny: float = 1e-9
    nodes: int = 0
    stall_nodes: int = 0
    seconds: float = 0.0
    presolve: bool = True
    seed: int = 0
    heuristics: float = 0.05
    restart: bool = True
    bound_mcny: float = np.inf


@dataclass(frozen=True)
class Answer:
    """What came back.

    Parameters
    ----------
    status : str
        optimal, infeasible, unbounded, limit or interrupted.
    values : array or None
        One per column; None if there is no feasible point.
    objective : float
        Of ``values`` [million CNY]; infinite without one.
    bound : float
        Nothing is cheaper [million CNY].
    row_duals, reduced_costs : array or None
        Of the relaxation, where the problem has no integers.

    """

    status: Status
    values: Floats | None
    objective: float
    bound: float
    row_duals: Floats | None = None
    reduced_costs: Floats | None = None


AT_LOWER = int(highspy.HighsBasisStatus.kLower)
BASIC = int(highspy.HighsBasisStatus.kBasic)
# by number, as making them one by one takes longer than some solves
_BASIS_STATUS = np.array([highspy.HighsBasisStatus(n) for n in range(5)], dtype=object)


@dataclass(frozen=True)
class Basis:
    """A vertex: for every column and row whether it is basic or at which side.

    Parameters
    ----------
    columns, rows : array of int
        Numbers of HiGHS' basis status.

    """

    columns: Integers
    rows: Integers

    def followed_by(self, columns: Integers, rows: Integers) -> "Basis":
        """Return a vertex of more columns and rows."""
        return Basis(np.concatenate([self.columns, columns]), np.concatenate([self.rows, rows]))


class _Quiet(highspy.Highs):
    """HiGHS without its greeting, which would go to standard output."""

    def enableCallbacks(self) -> None:  # noqa: N802  # HiGHS' own name
        self.setOptionValue("output_flag", False)  # noqa: FBT003  # HiGHS' own signature
        super().enableCallbacks()  # type: ignore[no-untyped-call]  # HiGHS is typed in part


class Solver:
    """One problem held by HiGHS, so that the next solve starts from the last.

    Parameters
    ----------
    problem : Problem
        What to solve.
    effort : Effort
        When to stop.

    """

    def __init__(self, problem: Problem, effort: Effort | None = None) -> None:
        self._highs = _Quiet()  # type: ignore[no-untyped-call]  # HiGHS is typed in part
        self._highs.setOptionValue("threads", 1)
        self._integers = bool(problem.columns["integer"].any())
        self._highs.passModel(_model(problem))
        self.set_effort(effort or Effort())

    def set_effort(self, effort: Effort) -> None:
        """Set when the next solve stops."""
        options = {
            "mip_rel_gap": effort.gap,
            "mip_abs_gap": effort.gap_mcny,
            "mip_max_nodes": effort.nodes or highspy.kHighsIInf,
            "mip_max_stall_nodes": effort.stall_nodes or highspy.kHighsIInf,
            "time_limit": effort.seconds or highspy.kHighsInf,
            "presolve": "choose" if effort.presolve else "off",
            "random_seed": effort.seed,
            "mip_heuristic_effort": effort.heuristics,
            "mip_allow_restart": effort.restart,
        }
        for name, value in options.items():
            self._highs.setOptionValue(name, value)

    def set_bounds(self, columns: Integers, lower: Floats, upper: Floats) -> None:
        """Change the bounds of some columns."""
        where = columns.astype("int32")
        self._highs.changeColsBounds(
            len(where), where, lower.astype("float64"), upper.astype("float64")
        )

    def set_row_bounds(self, rows: Integers, lower: Floats, upper: Floats) -> None:
        """Change the bounds of some rows."""
        where = rows.astype("int32")
        low, high = lower.astype("float64"), upper.astype("float64")
        self._highs.changeRowsBounds(  # type: ignore[attr-defined]  # missing in HiGHS' stubs
            len(where), where, low, high
        )

    def set_costs(self, columns: Integers, cost: Floats) -> None:
        """Change the cost of some columns."""
        self._highs.changeColsCost(len(columns), columns.astype("int32"), cost.astype("float64"))

    def add_rows(self, matrix: sparse.csr_array, lower: Floats, upper: Floats) -> None:
        """Add rows."""
        rows = sparse.csr_array(matrix)
        self._highs.addRows(
            rows.shape[0],
            lower.astype("float64"),
            upper.astype("float64"),
            rows.nnz,
            rows.indptr[:-1].astype("int32"),
            rows.indices.astype("int32"),
            rows.data.astype("float64"),
        )

    def add_columns(
        self, matrix: sparse.csc_array, cost: Floats, lower: Floats, upper: Floats
    ) -> None:
        """Add columns, continuous ones."""
        columns = sparse.csc_array(matrix)
        self._highs.addCols(
            columns.shape[1],
            cost.astype("float64"),
            lower.astype("float64"),
            upper.astype("float64"),
            columns.nnz,
            columns.indptr[:-1].astype("int32"),
            columns.indices.astype("int32"),
            columns.data.astype("float64"),
        )

    def basis(self) -> Basis | None:
        """Return where the last solve left its columns and rows; None before the first."""
        found = self._highs.getBasis()
        if not found.valid:
            return None
        columns, rows = (
            np.array([status.value for status in side], dtype=np.int64)
            for side in (found.col_status, found.row_status)
        )
        return Basis(columns, rows)

    def start_at(self, basis: Basis) -> None:
        """Let the next solve begin at a vertex."""
        at = highspy.HighsBasis()
        at.col_status = _BASIS_STATUS[basis.columns].tolist()
        at.row_status = _BASIS_STATUS[basis.rows].tolist()
        at.valid = True
        self._highs.setBasis(at)

    def dual_ray(self) -> Floats | None:
        """Return multipliers of the rows along which the bound grows for ever, if there are any."""
        _, exists, ray = self._highs.getDualRay()  # type: ignore[attr-defined]  # missing in HiGHS' stubs
        return np.array(ray) if exists else None

    def start_from(self, values: Floats) -> None:
        """Offer a point to start from."""
        solution = highspy.HighsSolution()
        solution.col_value = list(values)
        self._highs.setSolution(solution)

    def watch(self, tell: Watch) -> None:
        """Tell every new bound and every better point of a tree while it grows."""
        known = [-np.inf, np.inf]

        def look(event: highspy.HighsCallbackEvent) -> None:
            now = [event.data_out.mip_dual_bound, event.data_out.mip_primal_bound]
            if now != known:
                known[:] = now
                tell(now[0], now[1])

        self._highs.cbMipInterrupt.subscribe(look)

    def stop_at(self, bound_mcny: float) -> None:
        """Let a tree end once nothing cheaper is left."""

        def look(event: highspy.HighsCallbackEvent) -> None:
            if event.data_out.mip_dual_bound >= bound_mcny:
                self._highs.cancelSolve()  # type: ignore[no-untyped-call]  # typed in part

        self._highs.cbMipInterrupt.subscribe(look)

    def solve(self) -> Answer:
        """Solve, and read the status before anything else.

        What presolve cannot tell apart, unbounded or infeasible, is solved again without it.

        Raises
        ------
        KeyboardInterrupt
            After the solver has been stopped.
        UnprovenError
            If HiGHS reports numerical or other trouble.

        """
        _run(self._highs)
        if self._highs.getModelStatus() == highspy.HighsModelStatus.kUnboundedOrInfeasible:
            self._highs.setOptionValue("presolve", "off")
            _run(self._highs)
        return _read(self._highs, integers=self._integers)


def solve_problem(
    problem: Problem,
    effort: Effort | None = None,
    start: Floats | None = None,
    watch: Watch | None = None,
) -> Answer:
    """Solve a problem once."""
    solver = Solver(problem, effort)
    if effort is not None and np.isfinite(effort.bound_mcny):
        solver.stop_at(effort.bound_mcny)
    if watch is not None:
        solver.watch(watch)
    if start is not None:
        solver.start_from(start)
    return solver.solve()


def read_mps(path: str) -> Callable[[], Answer]:
    """Return a solve of a problem in a file."""
    highs = _Quiet()  # type: ignore[no-untyped-call]  # HiGHS is typed in part
    highs.setOptionValue("threads", 1)
    highs.setOptionValue("mip_rel_gap", 0.0)
    if highs.readModel(path) != highspy.HighsStatus.kOk:
        raise UnprovenError("optimize-unreadable-mps", {"file": path})

    def run() -> Answer:
        _run(highs)
        return _read(highs, integers=True)

    return run


def _model(problem: Problem) -> highspy.HighsLp:
    matrix = sparse.csc_array(problem.matrix)
    model = highspy.HighsLp()
    model.num_row_, model.num_col_ = matrix.shape
    model.col_cost_ = problem.columns["cost"].to_numpy("float64")
    model.col_lower_ = problem.columns["lower"].to_numpy("float64")
    model.col_upper_ = problem.columns["upper"].to_numpy("float64")
    model.row_lower_ = problem.rows["lower"].to_numpy("float64")
    model.row_upper_ = problem.rows["upper"].to_numpy("float64")
    model.a_matrix_.format_ = highspy.MatrixFormat.kColwise
    model.a_matrix_.start_ = matrix.indptr.astype("int32")
    model.a_matrix_.index_ = matrix.indices.astype("int32")
    model.a_matrix_.value_ = matrix.data.astype("float64")
    kinds = (highspy.HighsVarType.kContinuous, highspy.HighsVarType.kInteger)
    if problem.columns["integer"].any():
        model.integrality_ = [kinds[int(flag)] for flag in problem.columns["integer"]]
    return model


def _run(highs: highspy.Highs) -> None:
    """Run in a helper thread, so that Ctrl-C reaches the caller at once."""
    highs.HandleUserInterrupt = True
    wait_for(highs.run, highs.cancelSolve)


_STATUS: dict[highspy.HighsModelStatus, Status] = {
    highspy.HighsModelStatus.kOptimal: "optimal",
    highspy.HighsModelStatus.kModelEmpty: "optimal",
    highspy.HighsModelStatus.kInfeasible: "infeasible",
    highspy.HighsModelStatus.kUnbounded: "unbounded",
    highspy.HighsModelStatus.kTimeLimit: "limit",
    highspy.HighsModelStatus.kIterationLimit: "limit",
    highspy.HighsModelStatus.kSolutionLimit: "limit",
    highspy.HighsModelStatus.kObjectiveBound: "limit",
    highspy.HighsModelStatus.kInterrupt: "interrupted",
}


def _read(highs: highspy.Highs, *, integers: bool) -> Answer:
    found = highs.getModelStatus()
    if found not in _STATUS:
        raise UnprovenError("optimize-solver-trouble", {"status": highs.modelStatusToString(found)})
    status, info = _STATUS[found], highs.getInfo()
    feasible = info.primal_solution_status == highspy.SolutionStatus.kSolutionStatusFeasible
    if status == "infeasible" or not feasible:
        known = info.mip_dual_bound if integers else -np.inf
        return Answer(status, None, np.inf, np.inf if status == "infeasible" else known)
    solution = highs.getSolution()
    values = np.array(solution.col_value)
    if integers:
        return Answer(status, values, info.objective_function_value, info.mip_dual_bound)
    return Answer(
        status=status,
        values=values,
        objective=info.objective_function_value,
        bound=info.objective_function_value if status == "optimal" else -np.inf,
        row_duals=np.array(solution.row_dual),
        reduced_costs=np.array(solution.col_dual),
    )
