"""Every shipped scenario validates and simulates."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from sim.scenario import load_scenario
from sim.simulation import simulate

CONFIGS = Path(__file__).parents[2] / "configs"
SCENARIOS = sorted(path for path in CONFIGS.glob("*.yaml") if not path.name.startswith("sweep_"))


def test_there_are_scenarios():
    assert len(SCENARIOS) >= 6


def test_all_validate(firstday):
    said = firstday("validate", *SCENARIOS)
    assert said.code == 0, said.err
    assert len(said.err.splitlines()) == len(SCENARIOS)


@pytest.mark.parametrize("path", SCENARIOS, ids=lambda path: path.stem)
def test_each_simulates(path):
    scenario = load_scenario(path, {"simulation.paths": 1_000})
    result = simulate(scenario, folder=path.parent)
    assert result.paths == 1_000
    summary = result.summary
    for block in ("returns", "prices"):
        for told in summary[block].values():
            assert all(math.isfinite(told[key]) for key in ("mean", "mean_se", "sd"))
            assert all(map(math.isfinite, told["quantiles"].values()))
    prices = summary["prices"]
    assert prices["low"]["mean"] <= prices["open"]["mean"] <= prices["high"]["mean"]
    assert prices["low"]["mean"] <= prices["close"]["mean"] <= prices["high"]["mean"]
    assert summary["returns"]["close"]["sd"] > 0.0
    if scenario.offer.price is not None:
        assert summary["float_shares"] == pytest.approx(scenario.float_shares())
