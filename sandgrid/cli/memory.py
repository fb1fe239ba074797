"""How the process of a command holds its memory."""

import ctypes
import sys
from typing import Final

TRIM_THRESHOLD: Final = -1  # the numbers of glibc's malloc.h
MMAP_THRESHOLD: Final = -3
KEPT_BYTES: Final = 2**31 - 1
LARGE_BYTES: Final = 2**30


def keep_freed_memory() -> None:
    """Let the C library keep what is freed, up to 2 GiB, for the arrays to come.

    A run asks for arrays of many megabytes and frees them thousands of times; by default each
    goes back to the system, which clears its pages anew.  Where the C library is not glibc,
    nothing changes.
    """
    if sys.platform != "linux":
        return
    tune = getattr(ctypes.CDLL(None), "mallopt", None)
    if tune is not None:
        tune(TRIM_THRESHOLD, KEPT_BYTES)
        tune(MMAP_THRESHOLD, LARGE_BYTES)
