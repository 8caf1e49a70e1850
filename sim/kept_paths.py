"""Paths of one scenario kept whole, for what needs each of them: the desks, comparisons, sensitivities."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from sim.engine import Plan, batches
from sim.kernels.parameters import QUANTITIES
from sim.scenario.scenario import Scenario
from sim.simulation import BATCH_PATHS, available_threads


@dataclass(frozen=True, slots=True)
class KeptPaths:
    """Paths of one scenario, kept whole: ``values`` (len(QUANTITIES), paths), NaN where the deal is withdrawn."""

    plan: Plan
    values: NDArray[np.float64] = field(repr=False)
    seconds: float

    def __getitem__(self, quantity: str) -> NDArray[np.float64]:
        row: NDArray[np.float64] = self.values[QUANTITIES.index(quantity)]
        return row

    @property
    def scenario(self) -> Scenario:
        """The deal."""
        return self.plan.scenario

    @property
    def count(self) -> int:
        """Paths, withdrawn ones included."""
        return int(self.values.shape[1])

    @property
    def listed(self) -> NDArray[np.bool_]:
        """(paths,), whether the deal lists."""
        mask: NDArray[np.bool_] = ~np.isnan(self["close"])
        return mask


def paths_of(plan: Plan, count: int, threads: int | None = None) -> KeptPaths:
    """Simulate the first ``count`` paths of a plan; the same paths of two plans share their random numbers."""
    started = time.perf_counter()
    values = np.empty((len(QUANTITIES), count))
    for batch in batches(plan, count, BATCH_PATHS, threads=threads or available_threads()):
        values[:, batch.first : batch.first + batch.values.shape[1]] = batch.values
    return KeptPaths(plan, values, time.perf_counter() - started)
