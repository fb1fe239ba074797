"""From the planning problem to the plan: solve, draw, treat what is left, count in integers."""

from collections.abc import Iterable, Mapping
from concurrent.futures import Executor
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from sandgrid.errors import InfeasibleError, UnprovenError
from sandgrid.land import removed_ha
from sandgrid.messages import tell
from sandgrid.optimize import (
    GoalPlan,
    JointSolution,
    compile_problem,
    greedy_plan,
    side_by_side,
    solve,
    solve_treatment,
    treat_for_goal,
    write_mps,
)
from sandgrid.params import Parameters
from sandgrid.pipeline.aims import goal_record, reach_goal, search_settings, settle_status
from sandgrid.pipeline.casing import unit_mw
from sandgrid.pipeline.inputs import list_inputs
from sandgrid.pipeline.pricing import price_records, replacement_records
from sandgrid.pipeline.progress import Clock, Reporter, Silent
from sandgrid.pipeline.sand import sand_record
from sandgrid.pipeline.stages import Land, Question, find_land, state_question
from sandgrid.pipeline.world import World, read_world
from sandgrid.plan import (
    Choices,
    Ground,
    Origin,
    Plan,
    Solved,
    TreatCells,
    assemble_plan,
    draw_builds,
    read_terms,
)
from sandgrid.plan.hybrids import with_curtailment
from sandgrid.scenario import Scenario
from sandgrid.scenario.resolved import resolve_scenario


@dataclass(frozen=True, eq=False)
class Run:
    """A plan with everything it was made from.

    Parameters
    ----------
    world, land, question
        What the stages before handed on.
    record : mapping
        The resolved scenario.
    plan : Plan, optional
        None where no plan can meet the targets.

    """

    world: World
    land: Land
    question: Question
    record: Mapping[str, Any]
    plan: Plan | None


def make_plan(scenario: Scenario, *, reporter: Reporter | None = None) -> Plan:
    """Make the plan of a scenario, from layers to integers; nothing is written.

    Parameters
    ----------
    scenario : Scenario
        What is asked.
    reporter : Reporter, optional
        Told of every step.

    Raises
    ------
    InfeasibleError
        If no plan can meet the targets within the limits.
    InputError, ScenarioError, ResourceError
        If something that is read is wrong.

    """
    run = plan_scenario(scenario, Clock(reporter or Silent()))
    if run.plan is None:
        raise InfeasibleError("run-infeasible", {"name": scenario.name})
    return run.plan


def plan_scenario(scenario: Scenario, clock: Clock, *, executor: Executor | None = None) -> Run:
    """Go through all stages; the plan is None where the targets cannot be met."""
    with clock.step("run-read") as told:
        world = read_world(scenario)
        told["layers"] = len(world.layers.roles)
    with clock.step("run-land") as told:
        world, land = find_land(world, executor=executor)
        told.update(parcels=len(land.sites.parcels), sites=len(land.sites.sites))
    with clock.step("run-options") as told:
        world, question = state_question(world, land)
        told["builds"] = len(question.options.build_options)
        told["treatments"] = len(question.options.treat_options)
    record = resolve_scenario(scenario, unit_mw(world.parameters), world.parameters)
    with clock.step("run-solve") as told:
        joint, greedy = _solve(scenario, world.parameters, question, clock.reporter)
        goal = reach_goal(scenario, world.parameters, question.case, joint)
        joint = joint if goal is None else goal.plan
        told.update(gap=f"{joint.gap:.2%}" if joint.outlay_cny else "-", status=joint.status)
    if joint.status == "infeasible":
        return Run(world, land, question, record, None)
    if joint.values is None:
        raise UnprovenError("optimize-no-plan-yet", {"name": scenario.name})
    with clock.step("run-draw") as told:
        plan = _draw_and_price(record, world, land, question, found=(joint, greedy, goal))
        plan = settle_status(plan, scenario.solver.gap)
        told.update(blocks=len(plan.pv_blocks), turbines=len(plan.turbines))
        told.update(treatments=len(plan.treatments), prices=len(plan.prices))
    others = {"sand.json": sand_record(plan, land.sand, world.parameters)}
    if scenario.export.problem_mps:
        others["problem.mps"] = write_mps(compile_problem(question.case)).encode()
    origin = Origin(
        world.layers,
        world.catalogue,
        land.eligibility,
        world.notices,
        others,
        land.sand.survey.coarse,
    )
    plan = _with_sources(replace(plan, origin=origin), world, land)
    return Run(world, land, question, record, plan)


def _solve(
    scenario: Scenario, parameters: Parameters, question: Question, reporter: Reporter
) -> tuple[JointSolution, JointSolution]:
    settings = search_settings(scenario, parameters)
    joint = solve(question.case, settings=settings, report=reporter.search)
    if joint.values is None:
        return joint, joint
    return joint, greedy_plan(question.case, seconds=settings.seconds)


def _draw_and_price(
    record: Mapping[str, Any],
    world: World,
    land: Land,
    question: Question,
    *,
    found: tuple[JointSolution, JointSolution, GoalPlan | None],
) -> Plan:
    """Draw the plan and price what binds; beside that, price each used site and large parcels."""
    joint, greedy, goal = found
    parcels = int(world.parameters.number("optimize.priced_parcels"))
    names, case = place_names(land, question), question.case

    def draw() -> Plan:
        plan = _draw(record, land, question, joint=joint, greedy=greedy, goal=goal)
        plan = _with_curtailment(plan, world.parameters)
        return replace(plan, prices=tuple(price_records(case, joint, names)))

    lose = partial(replacement_records, case, joint, parcels=parcels)
    plan, replacement = side_by_side(draw, lose)
    return replace(plan, replacement=tuple(replacement))


def _draw(
    record: Mapping[str, Any],
    land: Land,
    question: Question,
    *,
    joint: JointSolution,
    greedy: JointSolution,
    goal: GoalPlan | None,
) -> Plan:
    """Draw the builds, solve treatment on the land they leave, and count in integers."""
    ground, choices, terms = plan_ground(land), plan_choices(question), read_terms(record)
    drawing = draw_builds(joint.builds, ground, choices=choices, terms=terms)
    if goal is None:
        treatment = solve_treatment(question.case, joint.builds, drawing.land)
    else:
        treatment = treat_for_goal(question.case, goal, joint.builds, drawing.land)
    if treatment.status != "optimal":
        key = "run-treatment-infeasible" if goal is None else "run-goal-treatment"
        raise InfeasibleError(key, {})
    compared = goal is None and greedy.status == "feasible"
    solved = Solved(joint, treatment, greedy.objective_cny if compared else None)
    plan = assemble_plan(record, ground, choices=choices, solved=solved, drawing=drawing)
    return plan if goal is None else replace(plan, goal=goal_record(goal, plan))


def _with_curtailment(plan: Plan, parameters: Parameters) -> Plan:
    """Add what the connections of hybrids cut off."""
    stations = with_curtailment(plan.stations, plan.builds, plan.sites, parameters)
    return replace(plan, stations=stations)


def place_names(land: Land, question: Question) -> dict[str, str]:
    """Return the Chinese names of districts, substations and technologies by id."""
    area, stations = land.districts, question.connections.substations
    names = dict(zip(area["district_id"], area["district"], strict=True))
    names |= dict(zip(stations["substation_id"], stations["substation"], strict=True))
    names |= {use: tell(f"why-use-{use}", lang="zh") for use in ("pv", "wind")}
    return {str(key): str(name) for key, name in names.items()}


def plan_ground(land: Land) -> Ground:
    """Return the land on which a plan is drawn."""
    cells = TreatCells(land.eligibility.mask("treatment"), land.eligibility.geobox)
    return Ground(
        parcels=land.sites.parcels,
        sites=land.sites.sites,
        site_parcels=land.sites.site_parcels,
        turbine_positions=land.sites.turbine_positions,
        pv_land=land.sites.pv_land,
        districts=land.districts,
        works=land.works,
        treat_cells=cells,
    )


def plan_choices(question: Question) -> Choices:
    """Return what a plan could choose from."""
    return Choices(
        build_options=question.options.build_options,
        treat_options=question.options.treat_options,
        hubs=question.connections.hubs,
        trunk_options=question.connections.trunk_options,
        substations=question.connections.substations,
        substation_years=question.connections.substation_years,
    )


def _with_sources(plan: Plan, world: World, land: Land) -> Plan:
    """Add what each layer removed, the files read, and the placeholders used."""
    return replace(
        plan,
        layers=tuple(removed_layers(land)),
        inputs=tuple(list_inputs(world)),
        placeholders=placeholders(world.parameters, plan.treatments["sequence_id"]),
    )


def removed_layers(land: Land) -> list[dict[str, Any]]:
    """Return the hectares that each layer removed, for ``plan.json``."""
    table = removed_ha(land.eligibility, by="layer")
    return [
        {
            "name": row["layer"],
            "removed_ha": {use: float(row[f"{use}_ha"]) for use in land.eligibility.reasons},
        }
        for row in table.to_dict("records")
    ]


def placeholders(parameters: Parameters, sequences: Iterable[str]) -> tuple[str, ...]:
    """Return the parameters of low confidence that took part in a plan.

    Parameters
    ----------
    parameters : Parameters
        Remember which values were asked for.
    sequences : iterable of str
        Sequences of the plan; those and the measures of others took no part.

    """
    chosen = {f"sequence.{name}" for name in sequences}
    for name in list(chosen):
        chosen |= {f"measure.{m}" for m in parameters.text(f"{name}.measures").split()}
    return tuple(
        key
        for key in parameters.used
        if parameters[key].confidence == "low"
        and (not key.startswith(("sequence.", "measure.")) or key.rsplit(".", 1)[0] in chosen)
    )
