"""A case that is still being bent: the tables of a case, not yet checked."""

from dataclasses import fields, make_dataclass

from sandgrid.optimize.case import Case


def _finished(draft: object) -> Case:
    """Return the case, checked and sorted."""
    return Case(**{item.name: getattr(draft, item.name) for item in fields(Case)})


# The fields of a case; bends replace them and only the end is checked.
Draft = make_dataclass(
    "Draft",
    [(item.name, item.type) for item in fields(Case)],
    frozen=True,
    namespace={"finished": _finished},
)
