"""Functions compiled for speed."""

from collections.abc import Callable
from typing import Any, TypeVar, cast

import numba

Function = TypeVar("Function", bound=Callable[..., Any])


def compiled(function: Function) -> Function:
    """Return a function compiled by numba, kept on disk and free of the interpreter's lock."""
    return cast("Function", numba.njit(cache=True, nogil=True)(function))
