"""Where each use may stand: rules as values, masks with a reason for every cell."""

from sandgrid.land.accounts import grid_access_km, removed_ha
from sandgrid.land.cascade import cascade
from sandgrid.land.eligibility import Eligibility, find_eligibility
from sandgrid.land.exclusions import Rule, rule_layers, without_layers
from sandgrid.land.places import PointAnswer, explain_point, judge_point
from sandgrid.land.rule_files import load_rules, unset_numbers

__all__ = [
    "Eligibility",
    "PointAnswer",
    "Rule",
    "cascade",
    "explain_point",
    "find_eligibility",
    "grid_access_km",
    "judge_point",
    "load_rules",
    "removed_ha",
    "rule_layers",
    "unset_numbers",
    "without_layers",
]
