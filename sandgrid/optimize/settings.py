"""When the search stops: counts and gaps from the parameter file."""

from dataclasses import dataclass, field

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
    core_hub, core_price_mcny_per_mw : float
        What enters the core: hubs that the relaxation opens by more than this [1], options whose
        reduced cost is below this [million CNY/MW].
    exact_columns : int
        A building half of no more columns keeps its whole units in the proof.
    joint_columns, joint_nodes : int
        A case of no more columns is solved whole where its halves leave the gap open; most nodes.
    design_nodes, units_nodes, proof_nodes, exact_nodes : int
        Most nodes of each tree; those of the proof grow fourfold from stage to stage.
    stages, rounds, seed : int
        Most stages of proof, neighbourhoods of each, seed.
    seconds : float
        Time limit of each step, 0 for none; a clock makes the plan not reproducible [s].
    presolve : bool
        Whether the solver simplifies first.

    """

    gap: float = field(default_factory=lambda: _default("gap"))
    design_share: float = field(default_factory=lambda: _default("design_share"))
    units_share: float = field(default_factory=lambda: _default("units_share"))
    core_hub: float = field(default_factory=lambda: _default("core_hub"))
    core_price_mcny_per_mw: float = field(
        default_factory=lambda: _default("core_price_mcny_per_mw")
    )
    design_nodes: int = field(default_factory=lambda: int(_default("design_nodes")))
    units_nodes: int = field(default_factory=lambda: int(_default("units_nodes")))
    proof_nodes: int = field(default_factory=lambda: int(_default("proof_nodes")))
    exact_columns: int = field(default_factory=lambda: int(_default("exact_columns")))
    exact_nodes: int = field(default_factory=lambda: int(_default("exact_nodes")))
    joint_columns: int = field(default_factory=lambda: int(_default("joint_columns")))
    joint_nodes: int = field(default_factory=lambda: int(_default("joint_nodes")))
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
    whole = (
        "design_nodes",
        "units_nodes",
        "proof_nodes",
        "stages",
        "rounds",
        "seed",
        "exact_columns",
        "exact_nodes",
        "joint_columns",
        "joint_nodes",
    )
    real = ("gap", "design_share", "units_share", "core_hub", "core_price_mcny_per_mw")
    numbers = {name: parameters.number(f"optimize.{name}") for name in (*real, *whole)}
    return SolveSettings(
        gap=numbers["gap"],
        design_share=numbers["design_share"],
        units_share=numbers["units_share"],
        core_hub=numbers["core_hub"],
        core_price_mcny_per_mw=numbers["core_price_mcny_per_mw"],
        design_nodes=int(numbers["design_nodes"]),
        units_nodes=int(numbers["units_nodes"]),
        proof_nodes=int(numbers["proof_nodes"]),
        exact_columns=int(numbers["exact_columns"]),
        exact_nodes=int(numbers["exact_nodes"]),
        joint_columns=int(numbers["joint_columns"]),
        joint_nodes=int(numbers["joint_nodes"]),
        stages=int(numbers["stages"]),
        rounds=int(numbers["rounds"]),
        seed=int(numbers["seed"]),
        seconds=seconds,
    )
