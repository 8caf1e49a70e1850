"""Deals of every kind that a thread of a card meets, as kernel parameters."""

from __future__ import annotations

from pathlib import Path

from sim.engine import prepare
from sim.kernels.parameters import KernelParameters
from sim.scenario import load_scenario

CONFIGS = Path(__file__).resolve().parents[2] / "configs"
HORIZONS = ("first_day", "stabilisation", "lock_up")
NOTHING_LOCKED_UP = {"boan_06955"}
"""Without a lock-up to simulate to."""
BIREN, LAUNCH, STAR = "biren_06082", "biren_06082_launch", "moore_threads_688795"


def parameters_of(name: str, **changes: object) -> KernelParameters:
    """Kernel parameters of a shipped scenario with some fields changed, ``observed__x`` for ``observed.x``."""
    fields = {field.replace("__", "."): value for field, value in changes.items()}
    return prepare(load_scenario(CONFIGS / f"{name}.yaml", fields)).parameters


def wild_star() -> KernelParameters:
    """A STAR deal that moves enough to be halted on most paths, with momentum."""
    deal = parameters_of(STAR)
    return deal._replace(day=deal.day._replace(sigma_base=0.5, momentum=0.1))


def cuda_deals() -> dict[str, KernelParameters]:
    """Every shipped scenario at every horizon, every stage, nodes of the grey market, halts and momentum."""
    deals = {
        f"{path.stem}, {horizon}": parameters_of(path.stem, horizon=horizon)
        for path in sorted(CONFIGS.glob("*_[0-9]*.yaml"))
        for horizon in HORIZONS
        if not (horizon == "lock_up" and path.stem in NOTHING_LOCKED_UP)
    }
    deals["t0.9"] = parameters_of(LAUNCH, observed__partial_public_coverage=300.0)
    deals["t2"] = parameters_of(BIREN, observed__grey_return=0.4)
    deals["t2, lock_up"] = parameters_of(BIREN, observed__grey_return=-0.05, horizon="lock_up")
    deals["no over-allotment"] = parameters_of(BIREN, over_allotment__fraction=0.0)
    deals["halts and momentum"] = wild_star()
    return deals
