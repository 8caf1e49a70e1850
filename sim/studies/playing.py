"""Metrics of a deal at settings of its inputs, always on the same random numbers."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from sim.engine import Plan, batches
from sim.simulation import BATCH_PATHS, available_threads
from sim.studies.metrics import ROWS, Metric
from sim.studies.samples import Sample, row_numbers
from sim.studies.setting import BASE, Deal, Setting


@dataclass(frozen=True, slots=True)
class Playing:
    """A deal played at settings: so many paths, with so many threads; the numbers do not depend on the threads."""

    deal: Deal
    paths: int
    threads: int | None = None

    def sample(self, setting: Setting = BASE) -> Sample:
        """Play the deal at a setting.

        Raises
        ------
        InvalidInput
            When scenario or market cannot be used with the fields so set.
        """
        return play(self.deal.plan(setting), self.paths, self.threads or available_threads())

    def values(self, settings: Iterable[Setting], metrics: Sequence[Metric]) -> Iterator[NDArray[np.float64]]:
        """Yield the metrics' values at one setting after the other, (metrics,) each, in order.

        Few paths fill one thread, so settings are played beside each other, a thread each.
        """
        workers = self.threads or available_threads()

        def measured(setting: Setting) -> NDArray[np.float64]:
            sample = play(self.deal.plan(setting), self.paths, 1)
            return np.array([metric.measure(sample).value for metric in metrics])

        todo = iter(settings)
        with ThreadPoolExecutor(workers) as pool:
            ahead: deque[Future[NDArray[np.float64]]] = deque()
            try:
                for setting in islice(todo, 2 * workers):
                    ahead.append(pool.submit(measured, setting))
                while ahead:
                    yield ahead.popleft().result()
                    for setting in islice(todo, 1):
                        ahead.append(pool.submit(measured, setting))
            finally:
                for future in ahead:
                    future.cancel()


def play(plan: Plan, count: int, threads: int, first: int = 0) -> Sample:
    """Simulate ``count`` paths of a plan from path ``first`` on and keep what metrics read."""
    values, rows = np.empty((len(ROWS), count)), row_numbers()
    for batch in batches(plan, count, BATCH_PATHS, first=first, threads=threads):
        start = batch.first - first
        values[:, start : start + batch.values.shape[1]] = batch.values[rows]
    return Sample(plan, values)
