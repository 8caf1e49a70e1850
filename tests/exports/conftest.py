"""Runs of every kind that exports must take."""

from __future__ import annotations

from pathlib import Path

import pytest
from small_deals import UNPRICED, small_deal, small_market

import sim.simulation
from sim.result import Result
from sim.scenario import load_scenario
from sim.simulation import simulate

ROOT = Path(__file__).resolve().parents[2]
NOBODY = {"coverage.placing.centre": {"intercept": -60.0}}
"""Changes of the market under which no book fills: an unpriced deal is always withdrawn."""


def _stopped(*_: object, **__: object) -> None:
    raise KeyboardInterrupt


def _interrupted() -> Result:
    def pressed(_: int, __: int) -> None:
        raise KeyboardInterrupt

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sim.simulation, "BATCH_PATHS", 1)
        return simulate(small_deal({"simulation.paths": 50_000}), market=small_market(), progress=pressed)


def _before_any() -> Result:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sim.simulation, "parts", _stopped)
        return simulate(small_deal(), market=small_market())


MAKERS = {
    "whole": lambda: simulate(small_deal(), market=small_market()),
    "summary_only": lambda: simulate(small_deal(), market=small_market(), keep_paths=0),
    "unpriced": lambda: simulate(small_deal(UNPRICED), market=small_market()),
    "withdrawn": lambda: simulate(small_deal(UNPRICED), market=small_market(NOBODY)),
    "lock_up": lambda: simulate(
        load_scenario(ROOT / "configs/biren_06082.yaml", {"horizon": "lock_up", "simulation.paths": 2_000})
    ),
    "star": lambda: simulate(load_scenario(ROOT / "configs/metax_688802.yaml", {"simulation.paths": 2_000})),
    "no_greenshoe": lambda: simulate(small_deal({"over_allotment": None}), market=small_market()),
    "interrupted": _interrupted,
    "interrupted_at_once": _before_any,
    "one_path": lambda: simulate(small_deal({"simulation.paths": 1}), market=small_market()),
}
_MADE: dict[str, Result] = {}


def run_called(name: str) -> Result:
    """Make a run once for all tests."""
    if name not in _MADE:
        _MADE[name] = MAKERS[name]()
    return _MADE[name]


@pytest.fixture(params=sorted(MAKERS))
def any_run(request: pytest.FixtureRequest) -> Result:
    """Each kind of run in turn."""
    return run_called(request.param)


@pytest.fixture
def whole() -> Result:
    """A run with its paths."""
    return run_called("whole")


@pytest.fixture
def summary_only() -> Result:
    """A run that kept no paths."""
    return run_called("summary_only")


@pytest.fixture
def named():
    """Return the run of a name."""
    return run_called
