"""The six parcels with people: two villages, a household and a state farm.

P1 and P3 belong to village C1, P2 to a household of C1, P4 to a state farm beside C2, P5 and P6
to village C2.  P1, P2 and P4 carry generation land; P3 lies in a site and carries none.
"""

from dataclasses import replace
from functools import cache
from typing import Any

from sandgrid.people import People, describe_people
from sandgrid.plan import Plan
from tests.plan import world

HOLDERS = {
    "P000001": ("C1", "collective", "甲村集体", "甲村集体"),
    "P000002": ("C1", "household", "甲村集体", "农户巴图"),
    "P000003": ("C1", "collective", "甲村集体", "甲村集体"),
    "P000004": ("C2", "state_farm", "乙村集体", "国有林场"),
    "P000005": ("C2", "collective", "乙村集体", "乙村集体"),
    "P000006": ("C2", "collective", "乙村集体", "乙村集体"),
}


@cache
def plan() -> Plan:
    """Return the plan of the six parcels with holders on them."""
    return with_people(world.plan())


def with_people(made: Plan) -> Plan:
    parcels = made.parcels.copy()
    for column, place in (("collective_id", 0), ("holder_kind", 1), ("collective", 2),
                          ("holder", 3)):  # fmt: skip
        parcels[column] = [HOLDERS[one][place] for one in parcels["parcel_id"]]
    farm = parcels["holder_kind"] == "state_farm"
    parcels["implementer"] = parcels["collective"].where(~farm, parcels["holder"])
    alone = parcels["holder_kind"] == "collective"
    parcels["beneficiary"] = parcels["collective"].where(alone, parcels["holder"])
    return replace(made, parcels=parcels)


def people(**changes: Any) -> People:
    """Return what the plan means for people under changed parameters, dots written as ``__``."""
    made = plan()
    parameters = dict(made.scenario["parameters"])
    for name, value in changes.items():
        key = name.replace("__", ".")
        parameters[key] = {**parameters[key], "value": value, "confidence": "user"}
    return describe_people(replace(made, scenario={**made.scenario, "parameters": parameters}))
