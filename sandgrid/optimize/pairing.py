"""Two hands: a search for the plan beside a search for the bound, exchanged at numbered steps.

Both hands start a step from the same knowledge and neither sees what the other finds before both
have ended.  So it does not matter which is faster: the same case gives the same plan.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Event
from typing import TypeVar

from sandgrid.optimize.solver import stopped_by

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
    stop = Event()

    def work() -> Other:
        with stopped_by(stop):
            return far()

    with ThreadPoolExecutor(1) as pool:
        other = pool.submit(work)
        try:
            return near(), other.result()
        except BaseException:
            stop.set()
            raise
