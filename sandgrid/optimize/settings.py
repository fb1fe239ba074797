"""When a search and an explanation stop: counts, gaps and weights from the parameter file."""

from dataclasses import dataclass, field
from typing import Any

from sandgrid.params import Parameters, default_parameters


def _default(name: str) -> float:
    return default_parameters().number(f"optimize.{name}")


@dataclass(frozen=True)
class SolveSettings:
    """When the search stops and how wide it looks.

    Parameters
    ----------
    gap : float
        Proof asked for, as a share of the outlay [1].
    design_share, units_share : float
        Parts of that gap which the design and whole units may spend [1].
    design_gap : float
        What the first design may spend at least, as a share of the outlay [1].
    core_hub, core_price_mcny_per_mw : float
        What enters the core: hubs that the relaxation opens by more than this [1], options whose
        reduced cost is below this [million CNY/MW].
    units_price_mcny_per_mw : float
        Whole units are searched first among options below this reduced cost [million CNY/MW].
    units_loss_share : float
        Part of the gap that those may lose of a design; else the whole core is searched too [1].
    tail_price_mcny_per_mw : float
        Sites that the relaxation does not use are summed up in the first proof, later only those
        without an option below 3, 15, 63 times this reduced cost [million CNY/MW].
    tail_bins : int
        Most sums of options of such sites that count alike.
    opening_share : float
        A hub stays out of a proof where opening it costs more than is to be proven by this part
        of the gap [1].
    proof_share : float
        Part of the gap at which a proof stops [1].
    greedy_gap_mcny, greedy_price_mcny_per_mw, greedy_nodes
        When a repair of the greedy plan stops [million CNY], which options may take part
        [million CNY/MW], and most nodes.
    whole_columns : int
        A case of no more columns is relaxed at once, a larger one hub by hub.
    first_classes, let_in : float
        Classes of parcels that are in such a relaxation from the start, the cheapest, and most
        that are let in at once, as shares of all [1].
    whole_design : int
        A proof after the first with no more columns of the design keeps units whole.
    exact_columns : int
        A building half of no more columns keeps its whole units in the proof.
    joint_columns, joint_nodes : int
        A case of no more columns is solved whole where its halves leave the gap open; most nodes.
    design_nodes, units_nodes, proof_nodes, exact_nodes : int
        Most nodes of each tree; those of the proof grow fourfold from stage to stage.
    spare_circuits : int
        Circuits that whole units may add on every trunk of a design.
    stage_growth : int
        Nodes of a proof over those of the stage before.
    widening : float
        Part of the core's hub share, and inverse of its price's growth, where it holds no design.
    stages, rounds, seed : int
        Most stages of proof, neighbourhoods of each, seed.
    seconds : float
        Time limit of each step, 0 for none; a clock makes the plan not reproducible [s].
    presolve : bool
        Whether the solver simplifies first.

    """

    gap: float = field(default_factory=lambda: _default("gap"))
    design_share: float = field(default_factory=lambda: _default("design_share"))
    design_gap: float = field(default_factory=lambda: _default("design_gap"))
    units_share: float = field(default_factory=lambda: _default("units_share"))
    core_hub: float = field(default_factory=lambda: _default("core_hub"))
    core_price_mcny_per_mw: float = field(
        default_factory=lambda: _default("core_price_mcny_per_mw")
    )
    units_price_mcny_per_mw: float = field(
        default_factory=lambda: _default("units_price_mcny_per_mw")
    )
    units_loss_share: float = field(default_factory=lambda: _default("units_loss_share"))
    tail_price_mcny_per_mw: float = field(
        default_factory=lambda: _default("tail_price_mcny_per_mw")
    )
    tail_bins: int = field(default_factory=lambda: int(_default("tail_bins")))
    opening_share: float = field(default_factory=lambda: _default("opening_share"))
    proof_share: float = field(default_factory=lambda: _default("proof_share"))
    greedy_gap_mcny: float = field(default_factory=lambda: _default("greedy_gap_mcny"))
    greedy_price_mcny_per_mw: float = field(
        default_factory=lambda: _default("greedy_price_mcny_per_mw")
    )
    greedy_nodes: int = field(default_factory=lambda: int(_default("greedy_nodes")))
    design_nodes: int = field(default_factory=lambda: int(_default("design_nodes")))
    units_nodes: int = field(default_factory=lambda: int(_default("units_nodes")))
    proof_nodes: int = field(default_factory=lambda: int(_default("proof_nodes")))
    whole_columns: int = field(default_factory=lambda: int(_default("whole_columns")))
    first_classes: float = field(default_factory=lambda: _default("first_classes"))
    let_in: float = field(default_factory=lambda: _default("let_in"))
    whole_design: int = field(default_factory=lambda: int(_default("whole_design")))
    exact_columns: int = field(default_factory=lambda: int(_default("exact_columns")))
    exact_nodes: int = field(default_factory=lambda: int(_default("exact_nodes")))
    joint_columns: int = field(default_factory=lambda: int(_default("joint_columns")))
    joint_nodes: int = field(default_factory=lambda: int(_default("joint_nodes")))
    spare_circuits: int = field(default_factory=lambda: int(_default("spare_circuits")))
    stage_growth: int = field(default_factory=lambda: int(_default("stage_growth")))
    widening: float = field(default_factory=lambda: _default("widening"))
    stages: int = field(default_factory=lambda: int(_default("stages")))
    rounds: int = field(default_factory=lambda: int(_default("rounds")))
    seed: int = field(default_factory=lambda: int(_default("seed")))
    seconds: float = 0.0
    presolve: bool = True


def solve_settings(parameters: Parameters, *, seconds: float = 0.0) -> SolveSettings:
    """Return the settings that a set of parameters asks for.

    Examples
    --------
    >>> solve_settings(default_parameters()) == SolveSettings()
    True

    """
    asked: dict[str, Any] = {}
    for name, known in vars(SolveSettings()).items():
        if name not in NOT_IN_FILE:
            asked[name] = type(known)(parameters.number(f"optimize.{name}"))
    return SolveSettings(**asked, seconds=seconds)


NOT_IN_FILE = ("seconds", "presolve")


def _explain(name: str) -> float:
    return default_parameters().number(f"explain.{name}")


@dataclass(frozen=True)
class ExplainSettings:
    """How much is tried where no plan meets the targets.

    Parameters
    ----------
    ha_per_mw : float
        What a MW short weighs beside a ha short [ha/MW].
    obligation_weight, rule_weight : float
        What a ha of the obligation and a unit of a rule weigh beside a ha of a target [1].
    limits_per_family : int
        Most limits of a kind that are told.
    small_columns : int
        A case of no more columns is explained with whole units, and every change is tried.
    small_gap, whole_gap : float
        Gaps at which shortfalls of whole units stop in small and in large cases [1].
    small_nodes, whole_nodes : int
        Most nodes there.
    repairs, repairs_tried_beyond, repair_nodes : int
        Most single changes told, tried beyond those in large cases, most nodes of one.
    repair_price_mcny : float
        Price of a unit of a change while its least amount is sought [million CNY].

    """

    ha_per_mw: float = field(default_factory=lambda: _explain("ha_per_mw"))
    obligation_weight: float = field(default_factory=lambda: _explain("obligation_weight"))
    rule_weight: float = field(default_factory=lambda: _explain("rule_weight"))
    limits_per_family: int = field(default_factory=lambda: int(_explain("limits_per_family")))
    small_columns: int = field(default_factory=lambda: int(_explain("small_columns")))
    small_gap: float = field(default_factory=lambda: _explain("small_gap"))
    small_nodes: int = field(default_factory=lambda: int(_explain("small_nodes")))
    whole_gap: float = field(default_factory=lambda: _explain("whole_gap"))
    whole_nodes: int = field(default_factory=lambda: int(_explain("whole_nodes")))
    repairs: int = field(default_factory=lambda: int(_explain("repairs")))
    repairs_tried_beyond: int = field(default_factory=lambda: int(_explain("repairs_tried_beyond")))
    repair_nodes: int = field(default_factory=lambda: int(_explain("repair_nodes")))
    repair_price_mcny: float = field(default_factory=lambda: _explain("repair_price_mcny"))


def _what_if(name: str) -> float:
    return default_parameters().number(f"what_if.{name}")


@dataclass(frozen=True)
class MoveSettings:
    """How far a place is sought for the units that a change takes from a plan.

    Parameters
    ----------
    circuits : int
        Circuits that may be added on each trunk of the plan.
    gap : float
        Gap at which the search of places stops [1].
    nodes : int
        Most nodes of it.

    """

    circuits: int = field(default_factory=lambda: int(_what_if("circuits")))
    gap: float = field(default_factory=lambda: _what_if("gap"))
    nodes: int = field(default_factory=lambda: int(_what_if("nodes")))


def explain_settings(parameters: Parameters) -> ExplainSettings:
    """Return the settings of an explanation that a set of parameters asks for.

    Examples
    --------
    >>> explain_settings(default_parameters()) == ExplainSettings()
    True

    """
    known = vars(ExplainSettings()).items()
    asked: dict[str, Any] = {
        name: type(value)(parameters.number(f"explain.{name}")) for name, value in known
    }
    return ExplainSettings(**asked)
