"""What the planner states: area, layers, rules, targets, limits, in one strict TOML file."""

from sandgrid.scenario.model import Scenario, load_scenario, parse_scenario

__all__ = ["Scenario", "load_scenario", "parse_scenario"]
