"""What a user writes: a scenario of one deal, read with the place of every value and checked as a whole."""

from sim.scenario.changes import parse_changes
from sim.scenario.loading import load_scenario, scenario_from_mapping, with_changes
from sim.scenario.markets import shipped_markets
from sim.scenario.models import (
    Cornerstones,
    LockedHolder,
    LockedTranche,
    LockUp,
    Observed,
    Offer,
    OverAllotment,
    Peer,
    Regime,
    Simulation,
    Stage,
    VenueName,
)
from sim.scenario.scenario import Scenario
from sim.scenario.schema import scenario_schema

__all__ = [
    "Cornerstones",
    "LockUp",
    "LockedHolder",
    "LockedTranche",
    "Observed",
    "Offer",
    "OverAllotment",
    "Peer",
    "Regime",
    "Scenario",
    "Simulation",
    "Stage",
    "VenueName",
    "load_scenario",
    "parse_changes",
    "scenario_from_mapping",
    "scenario_schema",
    "shipped_markets",
    "with_changes",
]
