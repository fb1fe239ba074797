"""The proof: a tree over the building half whose bound holds for all plans."""

# values of an answer, not of a frame

from dataclasses import replace

import numpy as np

from sandgrid.optimize.counting import count_together
from sandgrid.optimize.knowledge import Knowledge
from sandgrid.optimize.problem import Floats, Integers
from sandgrid.optimize.repair import DESIGN, UNITS, far_columns, half_mw, needed_rows
from sandgrid.optimize.solver import Answer, Effort, solve_problem
from sandgrid.optimize.tail import Tail, sum_up


def is_small(run: Knowledge) -> bool:
    """Tell whether the building half keeps whole units in its proof."""
    return bool(run.space.half.problem.shape[1] <= run.settings.exact_columns)


def search_bound(run: Knowledge, start: Floats | None, times: int) -> Answer:
    """Search the building half over all options.

    A small half keeps its whole units; a large one lets them be fractional and sums up sites
    that look dear, fewer of them from stage to stage.

    Parameters
    ----------
    run : Knowledge
        What is known; it is told of bounds while the tree grows.
    start : array or None
        A point of the building half.
    times : int
        Nodes over those of the first proof; its tolerance falls with the root.

    Returns
    -------
    Answer
        Values, objective and bound of the building half; units of summed sites are left out of
        the values.

    """
    half, settings = run.space.half.problem, run.settings
    if is_small(run):
        effort = run.effort(settings.proof_share, times * settings.exact_nodes)
        return solve_problem(half, _until(run, effort, 0.0), start, run.watch_bound)
    effort = run.effort(settings.proof_share / np.sqrt(times), times * settings.proof_nodes)
    kept, dropped = _worth_proving(run, start, effort)
    tail = _shorten(run, kept, start, settings.tail_price_mcny_per_mw * (times - 1))
    counted, sums = count_together(tail.problem, _station_years(run, kept, tail))
    first = None if start is None else tail.shorten(start[kept])
    first = None if first is None else np.concatenate([first, sums @ first])

    def tell(bound: float, objective: float) -> None:
        run.watch_bound(min(bound + tail.constant_mcny, dropped), objective)

    effort = _until(run, effort, tail.constant_mcny)
    answer = solve_problem(counted, effort, first, tell)
    values = None if answer.values is None else np.zeros(half.shape[1])
    if values is not None and answer.values is not None:
        values[kept] = tail.lengthen(answer.values)
    bound, cost = min(answer.bound + tail.constant_mcny, dropped), answer.objective
    status = "limit" if answer.status == "infeasible" and np.isfinite(dropped) else answer.status
    cost += tail.constant_mcny
    return replace(answer, status=status, values=values, objective=cost, bound=bound)


def _worth_proving(run: Knowledge, start: Floats | None, effort: Effort) -> tuple[Integers, float]:
    """Return the columns that a proof looks at, and a bound of all plans that use others.

    Hubs whose opening alone costs more than is to be proven are left out.
    """
    half, hub = run.space.half, run.space.model.columns.hub_of_column[run.space.half.columns]
    if start is None:
        return np.arange(len(hub)), np.inf
    reached = float(half.problem.columns["cost"].to_numpy() @ start) + half.offset_mcny
    margin = run.settings.opening_share * run.settings.gap * run.outlay()
    aim = min(reached - effort.gap_mcny, run.enough()) + margin
    opened = np.append(run.space.opening_mcny, -np.inf)
    opened[hub[start != 0]] = -np.inf
    out = opened >= aim
    least = float(opened[out].min(initial=np.inf)) - half.offset_mcny
    return np.flatnonzero(~out[hub]), least


def _until(run: Knowledge, effort: Effort, constant_mcny: float) -> Effort:
    """Let a proof end once it proves the best plan as well as asked."""
    enough = run.enough() - run.space.half.offset_mcny - constant_mcny
    return replace(effort, bound_mcny=enough)


def _shorten(
    run: Knowledge, kept: Integers, start: Floats | None, price_mcny_per_mw: float
) -> Tail:
    """Let units be fractional and sum up the sites that look dear.

    Where the design has few decisions the units of other sites stay whole after the first proof,
    that is from a price above 0 on.
    """
    half, needed = run.space.half, needed_rows(run.space)
    far = far_columns(run.space, price_mcny_per_mw, start)
    design = np.count_nonzero(half.problem.family_mask(*DESIGN)[kept])
    few = price_mcny_per_mw > 0 and design <= run.settings.whole_design
    whole = half.problem.family_mask("build") & ~far & few
    part = half.problem.relaxed(UNITS, but=whole).keep_columns(kept)
    rows = np.flatnonzero(needed & (np.diff(part.matrix.tocsr().indptr) > 0))
    return sum_up(
        part.keep_rows(rows),
        half.row_duals[rows],
        far[kept],
        half_mw(run.space)[kept],
        bins=run.settings.tail_bins,
    )


def _station_years(run: Knowledge, kept: Integers, tail: Tail) -> Integers:
    """Return the number of its year for every column that is a station, -1 for all others."""
    space, station = run.space, run.space.model.columns.station
    year = np.full(space.half.problem.shape[1], -1)
    year[space.in_half(station)] = np.unique(station["year"], return_inverse=True)[1]
    summed = np.full(tail.sums.shape[0], -1)
    return np.concatenate([year[kept][tail.kept], summed])
