"""Waiting for a solve in a helper thread, which Ctrl-C or another hand can end."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Event, Thread, local

POLL_S = 0.05
_HAND = local()


def wait_for(run: Callable[[], object], cancel: Callable[[], object]) -> None:
    """Run in a helper thread, which has ended when this returns or raises.

    An event is waited for, since a join that Ctrl-C breaks off may take a thread for ended.

    Parameters
    ----------
    run : callable
        What is to be done.
    cancel : callable
        Makes it end soon.

    Raises
    ------
    KeyboardInterrupt
        After it has been made to end, by Ctrl-C or by another hand.

    Examples
    --------
    >>> wait_for(lambda: print("solved"), lambda: None)
    solved

    """
    _heed_stop()
    ended = Event()

    def work() -> None:
        try:
            run()
        finally:
            ended.set()

    Thread(target=work, daemon=True).start()
    try:
        while not ended.wait(POLL_S):
            _heed_stop()
    except KeyboardInterrupt:
        cancel()
        ended.wait()
        raise


@contextmanager
def stopped_by(stop: Event) -> Iterator[None]:
    """Let what this thread waits for end as by Ctrl-C once an event is set by another thread."""
    _HAND.stop = stop
    try:
        yield
    finally:
        del _HAND.stop


def _heed_stop() -> None:
    stop: Event | None = getattr(_HAND, "stop", None)
    if stop is not None and stop.is_set():
        raise KeyboardInterrupt
