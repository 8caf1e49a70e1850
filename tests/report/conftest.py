"""Fixtures of the report's tests: the made-up runs."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from made_up_runs import MAKERS, run_called
from run_shapes import FakeRun


@pytest.fixture(params=sorted(MAKERS))
def any_run(request: pytest.FixtureRequest) -> FakeRun:
    """Each of the made-up runs in turn."""
    return run_called(request.param)


@pytest.fixture
def biren() -> FakeRun:
    """The deal of the example, after allotment."""
    return run_called("biren")


@pytest.fixture
def make() -> Callable[[str], FakeRun]:
    """Make a run by its name."""
    return run_called
