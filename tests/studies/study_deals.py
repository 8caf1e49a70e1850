"""Scenarios of studies: shipped deals and made-up ones, with few paths."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from small_deals import small_deal, small_market

from sim.engine import prepare
from sim.scenario import Scenario, load_scenario
from sim.studies.samples import Sample, samples_of

COLD = small_market({"coverage.placing.centre.intercept": -1.5})
"""The made-up market with placings that are barely covered: a tenth of the deals is withdrawn at launch."""
CONFIGS = Path(__file__).parents[2] / "configs"


def shipped(name: str, changes: Mapping[str, object] | None = None) -> Scenario:
    """A shipped scenario with changes."""
    return load_scenario(CONFIGS / f"{name}.yaml", changes or {})


def small_samples(*variants: Mapping[str, object], paths: int = 4_000, seed: int = 7) -> tuple[Sample, ...]:
    """Samples of the made-up deal under changes, on common random numbers, in a market that withdraws deals."""
    plans = [prepare(small_deal({**changes, "simulation.seed": seed}), COLD) for changes in variants]
    return samples_of(plans, paths, threads=1)[0]
