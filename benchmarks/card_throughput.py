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

from sim.device import CUDA, usable_device
from sim.engine import batches, prepare
from sim.scenario import load_scenario
from sim.simulation import BATCH_PATHS, CARD_BATCH_PATHS

THREADS, ROUNDS, WANTED = 2, 7, 50.0
BIREN = Path(__file__).resolve().parents[1] / "configs" / "biren_06082.yaml"

used, why = usable_device(CUDA)
if used != CUDA:
    print(why)
    raise SystemExit(3)
from numba import cuda  # noqa: E402

paths = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000_000
plan = prepare(load_scenario(BIREN))
steps = plan.profile.volatility.size


def last_log_closes(device: str, batch: int) -> float:
    """Simulate all paths; touch each batch so that it must have come."""
    return float(np.sum([each["log_close"][-1] for each in batches(plan, paths, batch, 0, THREADS, device)]))


def seconds(work: Callable[[], object]) -> list[float]:
    work()
    found = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        work()
        found.append(time.perf_counter() - began)
    return found


print(
    f"{cuda.get_current_device().name.decode()}: {paths:,} paths of {steps} steps, medians of {ROUNDS} rounds"
)
card = seconds(lambda: last_log_closes(CUDA, CARD_BATCH_PATHS))
cpu = seconds(lambda: last_log_closes("cpu", BATCH_PATHS))
for name, times in (("card", card), (f"{THREADS} CPU threads", cpu)):
    median = statistics.median(times)
    print(
        f"{name}: {median:.3f} s ({min(times):.3f} to {max(times):.3f}), {paths / median:,.0f} paths a second, "
        f"{1e9 * median / paths / steps:.4f} ns a path-step"
    )
ratio = statistics.median(cpu) / statistics.median(card)
print(f"the card is {ratio:.0f} times as fast; {WANTED:.0f} were aimed for on an H100")
