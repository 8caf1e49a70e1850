"""The deals that the desks are asked about."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from sim.desks.base import DeskPaths, simulate_desk
from sim.scenario import Scenario, load_scenario

CONFIGS = Path(__file__).parents[2] / "configs"


def biren(changes: Mapping[str, object] | None = None, stage: str = "") -> Scenario:
    """The shipped example, few paths; ``stage`` is the end of its file's name."""
    return load_scenario(
        CONFIGS / f"biren_06082{stage}.yaml", {"simulation.paths": 20_000, **(changes or {})}
    )


@pytest.fixture(scope="session")
def allotted() -> DeskPaths:
    """Biren once its allotment is known."""
    return simulate_desk(biren())


@pytest.fixture(scope="session")
def launched() -> DeskPaths:
    """Biren at launch: price and coverage differ from path to path, some are withdrawn."""
    return simulate_desk(biren(stage="_launch"))


@pytest.fixture
def deal() -> Callable[..., Scenario]:
    """Return the function that loads the example with changes."""
    return biren
