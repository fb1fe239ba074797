"""State, compile, solve: what to build and treat, where and when, and how near to the best."""

from sandgrid.optimize.case import Case, CaseSettings, empty_case_table
from sandgrid.optimize.compilation import compile_problem, write_mps
from sandgrid.optimize.explanation import Explanation, Shortfall, explain_infeasible
from sandgrid.optimize.goals import Goal, GoalPlan, pursue, treat_for_goal
from sandgrid.optimize.greedy_plans import greedy_plan
from sandgrid.optimize.meaning import (
    Price,
    Replacement,
    price_rows,
    replace_parcels,
    replace_sites,
    sites_in_design,
)
from sandgrid.optimize.pairing import side_by_side
from sandgrid.optimize.problem import Problem
from sandgrid.optimize.repairs import Repair
from sandgrid.optimize.search import solve
from sandgrid.optimize.settings import (
    ExplainSettings,
    SolveSettings,
    explain_settings,
    solve_settings,
)
from sandgrid.optimize.solution import JointSolution
from sandgrid.optimize.treatment import TreatmentSolution, solve_treatment
from sandgrid.optimize.whatif import Certificate, WhatIf

__all__ = [
    "Case",
    "CaseSettings",
    "Certificate",
    "ExplainSettings",
    "Explanation",
    "Goal",
    "GoalPlan",
    "JointSolution",
    "Price",
    "Problem",
    "Repair",
    "Replacement",
    "Shortfall",
    "SolveSettings",
    "TreatmentSolution",
    "WhatIf",
    "compile_problem",
    "empty_case_table",
    "explain_infeasible",
    "explain_settings",
    "greedy_plan",
    "price_rows",
    "pursue",
    "replace_parcels",
    "replace_sites",
    "side_by_side",
    "sites_in_design",
    "solve",
    "solve_settings",
    "solve_treatment",
    "treat_for_goal",
    "write_mps",
]
