"""firstday: Monte Carlo simulation of the first trading day of an IPO.

>>> import sim
>>> result = sim.simulate(sim.load_scenario("configs/biren_06082.yaml"))
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sim.errors import InvalidInput
    from sim.result import Result
    from sim.scenario import Scenario, load_scenario, with_changes
    from sim.simulation import simulate

__all__ = ["InvalidInput", "Result", "Scenario", "load_scenario", "simulate", "with_changes"]

_HOMES = {
    "InvalidInput": "sim.errors",
    "Result": "sim.result",
    "Scenario": "sim.scenario",
    "load_scenario": "sim.scenario",
    "simulate": "sim.simulation",
    "with_changes": "sim.scenario",
}


def __getattr__(name: str) -> object:
    """Import a public name when it is first used, so that ``firstday --help`` does not pay for Numba."""
    from importlib import import_module

    if name not in _HOMES:
        raise AttributeError(f"module 'sim' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
