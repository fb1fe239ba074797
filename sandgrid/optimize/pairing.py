"""Two hands: a search for the plan beside a search for the bound, exchanged at numbered steps.

Both hands start a step from the same knowledge and neither sees what the other finds before both
have ended.  So it does not matter which is faster: the same case gives the same plan.
"""

import sys
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from threading import Event
from typing import TypeVar

from sandgrid.optimize.waiting import stopped_by

# The solver asks Python at every few pivots whether to go on, and waits this long for its turn
# while the other hand runs Python: at the usual 5 ms a relaxation took a half longer.
SWITCH_S = 5e-5

One = TypeVar("One")
Other = TypeVar("Other")


def side_by_side(near: Callable[[], One], far: Callable[[], Other]) -> tuple[One, Other]:
    """Do two things at once and wait for both.

    Parameters
    ----------
    near : callable
        Done by the caller's own thread.
    far : callable
        Done by another one, which ends where the near one fails or is interrupted.

    Returns
    -------
    tuple
        What both return.

    Raises
    ------
    KeyboardInterrupt
        After both have been stopped.

    Examples
    --------
    >>> side_by_side(lambda: 1 + 1, lambda: "two")
    (2, 'two')

    """
    with _beside(far) as (other, _):
        return near(), other.result()


def near_or_both(
    near: Callable[[], One], far: Callable[[], Other], enough: Callable[[One], bool]
) -> tuple[One, Other | None]:
    """Do two things at once, and do without the far one where the near one is enough.

    The far result is then dropped even if it has come first, so that it does not matter which is
    faster.  Else as ``side_by_side``.

    Parameters
    ----------
    near, far : callable
        Done by the caller's own thread, and by another one.
    enough : callable
        Tells of a near result whether it is enough.

    Examples
    --------
    >>> near_or_both(lambda: 1 + 1, lambda: "two", lambda number: number == 2)
    (2, None)

    """
    with _beside(far) as (other, stop):
        first = near()
        if enough(first):
            stop.set()
            return first, None
        return first, other.result()


@contextmanager
def _beside(far: Callable[[], Other]) -> Iterator[tuple[Future[Other], Event]]:
    """Do something in another thread, and stop it where the block ends by an error."""
    stop = Event()

    def work() -> Other:
        with stopped_by(stop):
            return far()

    interval_s = sys.getswitchinterval()
    sys.setswitchinterval(min(interval_s, SWITCH_S))
    try:
        with ThreadPoolExecutor(1) as pool:
            try:
                yield pool.submit(work), stop
            except BaseException:
                stop.set()
                raise
    finally:
        sys.setswitchinterval(interval_s)
