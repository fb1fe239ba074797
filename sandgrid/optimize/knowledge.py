"""What a search knows so far: the bound, the best plan, and when that is enough."""

# values of an answer, not of a frame

from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np

from sandgrid.optimize.problem import Floats
from sandgrid.optimize.repair import Workspace
from sandgrid.optimize.settings import SolveSettings
from sandgrid.optimize.solution import JointSolution, read_solution
from sandgrid.optimize.solver import Answer, Effort
from sandgrid.units import CNY_PER_MILLION

Report = Callable[[str, float, float], None]


@dataclass
class Knowledge:
    """What the search knows so far.

    Parameters
    ----------
    space : Workspace
        The case with its relaxation.
    settings : SolveSettings
        When to stop.
    report : callable
        Called with step, bound [CNY], incumbent [CNY].
    bound : float
        Proven at the end of a step [million CNY].
    seen : list of float
        Proven while a step goes on, for one who breaks the search off [million CNY].
    best : JointSolution or None
        The incumbent.
    best_half : array or None
        Its values in the building half.
    found : list of Answer
        All answers with a plan, for one who breaks the search off.
    tried : set of bytes
        Designs that have been made whole.
    log : list of str
        Steps with their bound and incumbent.

    """

    space: Workspace
    settings: SolveSettings
    report: Report
    bound: float = -np.inf
    seen: list[float] = field(default_factory=list)
    best: JointSolution | None = None
    best_half: Floats | None = None
    found: list[Answer] = field(default_factory=list)
    tried: set[bytes] = field(default_factory=set)
    log: list[str] = field(default_factory=list)

    def aside(self) -> "Knowledge":
        """Return the same knowledge for a hand that works on its own for a step."""
        return replace(self, tried=set(self.tried), log=[])

    def learn(self, other: "Knowledge | None") -> None:
        """Take over what the other hand has found in its step."""
        if other is not None:
            self.best, self.best_half = other.best, other.best_half
            self.tried, self.log = other.tried, [*self.log, *other.log]

    def note(self, step: str) -> None:
        """Report and log where the search stands after a step."""
        incumbent = np.inf if self.best is None else self.best.objective_cny
        self.report(step, self.bound * CNY_PER_MILLION, incumbent)
        self.log.append(f"{step}: bound {self.bound:.3f}, plan {incumbent / 1e6:.3f} MCNY")

    def watch_bound(self, bound: float, objective: float) -> None:
        """Tell a bound of the building half as one of the whole while its tree grows.

        It is proven as it is told, so it stands if the tree is broken off.
        """
        del objective
        whole = max(self.bound, bound + self.space.half.offset_mcny)
        self.seen.append(whole)
        incumbent = np.inf if self.best is None else self.best.objective_cny
        if np.isfinite(whole):
            self.report("proof", whole * CNY_PER_MILLION, incumbent)

    def offer(self, answer: Answer) -> bool:
        """Take a plan if it is better; return whether it is one."""
        if answer.values is None:
            return False
        model = self.space.model
        found = read_solution(model.case, model.columns, model.problem, answer.values)
        if self.best is None or found.objective_cny < self.best.objective_cny:
            self.best, self.best_half = found, answer.values[self.space.half.columns]
        return True

    def effort(self, share: float, nodes: int) -> Effort:
        """Return when a step stops: part of the gap, nodes, and the clock if one is set."""
        settings = self.settings
        return Effort(
            gap=0.0,
            gap_mcny=settings.gap * share * self.outlay(),
            nodes=nodes,
            seconds=settings.seconds,
            presolve=settings.presolve,
            seed=settings.seed,
        )

    def outlay(self) -> float:
        """Outlay by the plan, or by the relaxation while there is none."""
        if self.best is not None:
            return self.best.outlay_cny / CNY_PER_MILLION
        model, values = self.space.model, self.space.relaxation.values
        if values is None:
            message = "the relaxation has no values: ask for its status first"
            raise ValueError(message)
        relaxed = read_solution(model.case, model.columns, model.problem, values)
        return relaxed.outlay_cny / CNY_PER_MILLION

    def proven(self) -> bool:
        """Tell whether the gap asked for is proven."""
        return self.bound >= self.enough()

    def enough(self) -> float:
        """Return the bound that would prove the best plan [million CNY]."""
        if self.best is None:
            return np.inf
        return self.best.objective_cny / CNY_PER_MILLION - self.settings.gap * self.outlay()

    def proves(self, half: Answer) -> bool:
        """Tell whether a bound of the building half proves the best plan."""
        return half.bound + self.space.half.offset_mcny >= self.enough()
