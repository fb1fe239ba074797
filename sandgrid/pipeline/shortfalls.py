"""What is short where the targets cannot be met, and what would help."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sandgrid.pipeline.making import Run


@dataclass(frozen=True)
class Shortfalls:
    """The answer to targets that cannot be met.

    Parameters
    ----------
    shortfalls, repairs : list of dict
        As ``plan.json`` holds them.
    page : bytes
        Map of the shortfalls.

    """

    shortfalls: list[dict[str, Any]]
    repairs: list[dict[str, Any]]
    page: bytes


def find_shortfalls(run: "Run") -> Shortfalls:
    raise NotImplementedError
