"""The plan: what is built and treated where and when, drawn, counted in integers, priced.

After the joint model is solved, :func:`draw_builds` puts the builds on the ground; treatment is
solved again on the land that they leave; :func:`assemble_plan` makes the plan of both.
"""

from sandgrid.plan.assembly import assemble_plan
from sandgrid.plan.comparison import Comparison, compare_plans
from sandgrid.plan.drawing import Drawing, draw_builds
from sandgrid.plan.inputs import Choices, Ground, Solved, TreatCells
from sandgrid.plan.record import Origin, Plan, Proof
from sandgrid.plan.terms import Terms, read_terms
from sandgrid.plan.totals import Totals, total_plan

__all__ = [
    "Choices",
    "Comparison",
    "Drawing",
    "Ground",
    "Origin",
    "Plan",
    "Proof",
    "Solved",
    "Terms",
    "Totals",
    "TreatCells",
    "assemble_plan",
    "compare_plans",
    "draw_builds",
    "read_terms",
    "total_plan",
]
