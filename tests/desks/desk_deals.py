"""The deal that the desks are asked about."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from sim.scenario import Scenario, load_scenario

CONFIGS = Path(__file__).parents[2] / "configs"


def biren(changes: Mapping[str, object] | None = None, stage: str = "") -> Scenario:
    """The shipped example, few paths; ``stage`` is the end of its file's name."""
    return load_scenario(
        CONFIGS / f"biren_06082{stage}.yaml", {"simulation.paths": 20_000, **(changes or {})}
    )
