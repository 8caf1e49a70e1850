"""Throughput of a CUDA card beside two CPU threads: `python benchmarks/card_throughput.py [paths]`.

Simulates the first day of the shipped Biren deal, 10 million paths unless told otherwise. Both sides end with the
records of every path in the memory of the host. Compilation and first runs are not counted; of seven rounds the
median counts. Leaves with exit code 3 where there is no card.
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from sim.device import CPU, CUDA, usable_device
from sim.engine import Plan, batches, prepare
from sim.scenario import load_scenario
from sim.simulation import BATCH_PATHS, CARD_BATCH_PATHS

THREADS, ROUNDS, WANTED = 2, 7, 50.0
BIREN = Path(__file__).resolve().parents[1] / "configs" / "biren_06082.yaml"


def last_log_closes(plan: Plan, paths: int, device: str, batch: int) -> float:
    """Simulate all paths; touch each batch so that it must have come."""
    streamed = batches(plan, paths, batch, threads=THREADS, device=device, quantities=plan.recorded)
    return float(np.sum([each["log_close"][-1] for each in streamed]))


def seconds(work: Callable[[], object]) -> list[float]:
    """Times of the rounds, after one that compiles and warms up."""
    work()
    found = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        work()
        found.append(time.perf_counter() - began)
    return found


def main() -> int:
    """Print both throughputs and their ratio; 3 without a card."""
    used, why = usable_device(CUDA)
    if used != CUDA:
        print(why)
        return 3
    # Importing it takes a driver's library, which a machine without a card need not have.
    from numba import cuda

    paths = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000_000
    plan = prepare(load_scenario(BIREN))
    steps = plan.profile.volatility.size
    name = cuda.get_current_device().name.decode()
    print(f"{name}: {paths:,} paths of {steps} steps, medians of {ROUNDS} rounds")
    card = seconds(lambda: last_log_closes(plan, paths, CUDA, CARD_BATCH_PATHS))
    cpu = seconds(lambda: last_log_closes(plan, paths, CPU, BATCH_PATHS))
    for who, times in (("card", card), (f"{THREADS} CPU threads", cpu)):
        median = statistics.median(times)
        print(
            f"{who}: {median:.3f} s ({min(times):.3f} to {max(times):.3f}), {paths / median:,.0f} paths a second, "
            f"{1e9 * median / paths / steps:.4f} ns a path-step"
        )
    ratio = statistics.median(cpu) / statistics.median(card)
    print(f"the card is {ratio:.0f} times as fast; {WANTED:.0f} were aimed for on an H100")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
