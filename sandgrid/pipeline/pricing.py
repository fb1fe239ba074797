"""What the optimum means, for plan.json and the closing lines of a run."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from sandgrid.messages import Language, tell
from sandgrid.optimize import (
    Case,
    JointSolution,
    Price,
    Replacement,
    price_rows,
    replace_parcels,
    sites_in_design,
)


def price_records(
    case: Case, joint: JointSolution, names: Mapping[str, str]
) -> list[dict[str, Any]]:
    """Return the price of a unit of every row that binds, with a sentence in both languages.

    Parameters
    ----------
    case : Case
        What was asked.
    joint : JointSolution
        The plan of the joint problem.
    names : mapping
        Chinese names of districts, substations and technologies by id.

    """
    return [
        {
            "row": price.row,
            "price_cny": round(price.price_cny, DIGITS),
            "unit": price.unit,
            "basis": price.basis,
            "zh": _sentence(price, names, "zh"),
            "en": _sentence(price, {}, "en"),
        }
        for price in price_rows(case, joint)
    ]


DIGITS = 4


def _sentence(price: Price, names: Mapping[str, str], lang: Language) -> str:
    family, _, inside = price.row.rstrip("]").partition("[")
    words = [names.get(word, word) for word in inside.split(",") if word]
    values = {
        "rule": tell(f"row-{family}", lang=lang),
        "where": " ".join(words),
        "price": f"{price.price_cny:,.2f}",
        "unit": tell(f"price-unit-{price.unit.lower()}", lang=lang),
        "basis": tell(f"price-basis-{price.basis.replace(' ', '-')}", lang=lang),
    }
    return tell("price-line", values, lang=lang)


def replacement_records(case: Case, joint: JointSolution, *, parcels: int) -> list[dict[str, Any]]:
    """Return what losing each used site and the most treated parcels costs.

    Parameters
    ----------
    case : Case
        What was asked.
    joint : JointSolution
        The plan of the joint problem.
    parcels : int
        How many parcels, by hectares treated.

    """
    treated = joint.treatments.groupby("parcel_id", sort=True)["ha"].sum()
    largest = treated.sort_values(ascending=False, kind="stable").index[:parcels]
    found = (*sites_in_design(case, joint), *replace_parcels(case, joint, sorted(largest)))
    return [_record(lost) for lost in found]


def _record(lost: Replacement) -> dict[str, Any]:
    replaceable = bool(np.isfinite(lost.cost_cny))
    return {
        "kind": lost.kind,
        "id": lost.lost,
        "cost_cny": round(lost.cost_cny) if replaceable else None,
        "replaceable": replaceable,
        "basis": lost.basis,
    }
