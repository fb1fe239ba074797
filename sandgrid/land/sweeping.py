"""Tiles through an executor: threads here, or the workers of a cluster."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import Final, TypeVar

import numpy as np
import numpy.typing as npt

Work = TypeVar("Work")
Answer = TypeVar("Answer")
Reasons = npt.NDArray[np.uint32]
THREADS: Final = 2
AHEAD: Final = 4


@contextmanager
def threads_or(executor: Executor | None) -> Iterator[Executor]:
    """Give an executor: the caller's, who closes it, or threads that end with the block."""
    if executor is not None:
        yield executor
        return
    with ThreadPoolExecutor(THREADS) as threads:
        yield threads


def in_order(
    function: Callable[[Work], Answer],
    work: Iterable[Work],
    executor: Executor,
    *,
    ahead: int = AHEAD,
) -> Iterator[Answer]:
    """Yield what a function makes of each piece of work, in the order of the work.

    No more than some pieces are under way at once, so that memory is bounded by them.

    Parameters
    ----------
    function : callable
        Pure; it and its pieces of work can be pickled where the executor needs that.
    work : iterable
        Made one by one as room comes free.
    executor : Executor
        Of `concurrent.futures`, or of anything that behaves like it.
    ahead : int
        Most pieces under way.

    Examples
    --------
    >>> with ThreadPoolExecutor(2) as threads:
    ...     list(in_order(abs, [-3, 2, -1], threads))
    [3, 2, 1]

    """
    waiting: deque[Future[Answer]] = deque()
    try:
        for piece in work:
            waiting.append(executor.submit(function, piece))
            if len(waiting) >= ahead:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    finally:
        for future in waiting:
            future.cancel()
