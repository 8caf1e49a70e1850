"""The deals that the desks are asked about."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from desk_deals import biren

from sim.desks.base import simulate_desk
from sim.kept_paths import KeptPaths
from sim.scenario import Scenario


@pytest.fixture(scope="session")
def allotted() -> KeptPaths:
    """Biren once its allotment is known."""
    return simulate_desk(biren())


@pytest.fixture(scope="session")
def launched() -> KeptPaths:
    """Biren at launch: price and coverage differ from path to path, some are withdrawn."""
    return simulate_desk(biren(stage="_launch"))


@pytest.fixture
def deal() -> Callable[..., Scenario]:
    """Return the function that loads the example with changes."""
    return biren
