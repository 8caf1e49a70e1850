"""The tasks of a sweep: which paths of which scenarios go together, and what simulating them leaves.

The tasks follow from the sweep alone, never from who does them, so that a part on disk means the same to every
later run. Small scenarios are bundled until a task is worth sending; a large one is cut at block boundaries.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np

from sim.collected import Collected
from sim.collector import Collector
from sim.engine import BLOCK_PATHS, Batch, Plan, prepare
from sim.errors import invalid
from sim.kernels._jit import kernel_hash
from sim.market.parameters import Market
from sim.scenario.scenario import Scenario
from sim.streaming import parts
from sim.studies.sweep.encoding import Statistics, encoded_part, encoded_statistics
from sim.studies.sweep.rows import statistics_of
from sim.tally import Part, Tallier, tallied

WHOLE_PATHS = 16 * BLOCK_PATHS
"""Up to this many paths a scenario is one task's and its quantiles are exact; beyond, they come from histograms."""
BUNDLES = 16
"""Bundles of small scenarios that a sweep is cut into, so that workers end together, ..."""
LEAST_BUNDLE, MOST_BUNDLE = 50_000, 500_000
"""... within these numbers of paths: 17 milliseconds to send a task, a third of a second for half a million paths."""
CHUNK_BLOCKS = 32
"""Half a million paths: a few tenths of a second of one core."""
MOST_CHUNKS = 1024
_KEPT_MEMORY = 31 << 20
_TOGETHER = 32


@dataclass(frozen=True, slots=True)
class Slice:
    """Consecutive paths of one scenario of a sweep."""

    scenario: int
    first: int
    paths: int


@dataclass(frozen=True, slots=True)
class Task:
    """Slices that are simulated together: whole scenarios, or one chunk of a large one."""

    number: int
    slices: tuple[Slice, ...]
    whole: bool

    @property
    def paths(self) -> int:
        """Paths of all slices."""
        return sum(each.paths for each in self.slices)


@dataclass(frozen=True, slots=True)
class Job:
    """A task with all that its worker needs.

    Parameters
    ----------
    task
        What to simulate.
    scenarios, markets
        One a slice.
    kernels
        Hash of the kernels that the sweep began with.
    """

    task: Task
    scenarios: tuple[Scenario, ...]
    markets: tuple[Market, ...]
    kernels: str


def tasks_of(paths: Sequence[int], replicates: int) -> Iterator[Task]:
    """Yield the tasks of a sweep in the order of their scenarios.

    Parameters
    ----------
    paths
        Paths of a replicate of each point.
    replicates
        Replicate ``r`` of a point has its paths ``r * paths`` to ``(r + 1) * paths``: no path is simulated twice.
    """
    number = bundled = 0
    bundle: list[Slice] = []
    small = replicates * sum(count for count in paths if count <= WHOLE_PATHS)
    bundle_paths = min(max(small // BUNDLES, LEAST_BUNDLE), MOST_BUNDLE)
    for point, count in enumerate(paths):
        for replicate in range(replicates):
            scenario = Slice(point * replicates + replicate, replicate * count, count)
            large = count > WHOLE_PATHS
            if bundle and (large or bundled + count > bundle_paths):
                yield Task(number, tuple(bundle), whole=True)
                number, bundle, bundled = number + 1, [], 0
            if large:
                for chunk in _chunks(scenario):
                    yield Task(number, (chunk,), whole=False)
                    number += 1
            else:
                bundle.append(scenario)
                bundled += count
    if bundle:
        yield Task(number, tuple(bundle), whole=True)


def _chunks(scenario: Slice) -> Iterator[Slice]:
    """Cut a scenario at block boundaries, into as many chunks as can be kept track of."""
    blocks = max(CHUNK_BLOCKS, math.ceil(scenario.paths / BLOCK_PATHS / MOST_CHUNKS))
    start, stop = scenario.first, scenario.first + scenario.paths
    while start < stop:
        end = min((start // BLOCK_PATHS + blocks) * BLOCK_PATHS, stop)
        yield Slice(scenario.scenario, start, end - start)
        start = end


def perform(job: Job) -> bytes:
    """Simulate a task and return what it leaves; runs in a worker.

    Raises
    ------
    InvalidInput
        When the worker has other kernels than the sweep began with.
    """
    if job.kernels != own_kernels():
        raise invalid(
            "--scheduler", "", "a worker has another version of firstday", "install the same one everywhere"
        )
    _keep_memory()
    if not job.task.whole:
        own, plan = job.task.slices[0], prepare(job.scenarios[0], job.markets[0])
        return encoded_part(chunk_of(plan, own.first, own.paths))
    whole = list(zip(job.task.slices, job.scenarios, job.markets, strict=True))
    found: list[Statistics] = []
    for start in range(0, len(whole), _TOGETHER):
        found += _statistics(whole[start : start + _TOGETHER])
    return encoded_statistics(found)


def _statistics(whole: Sequence[tuple[Slice, Scenario, Market]]) -> list[Statistics]:
    """Do each step for all of many scenarios before the next.

    The processor's caches then hold the code of a step for each of them, and the paths of one until no more is needed
    of them than its statistics: each scenario wholly before the next takes a twentieth longer.
    """
    plans = [prepare(scenario, market) for _, scenario, market in whole]
    collected = [_collected(own, plan) for (own, _, _), plan in zip(whole, plans, strict=True)]
    return [statistics_of(each.summary(partial=False)) for each in collected]


@cache
def own_kernels() -> str:
    """Hash of the kernels that this process has loaded; reading all their sources takes a millisecond."""
    return kernel_hash()


@cache
def _keep_memory() -> None:
    """Let the C library keep freed memory for the next scenario.

    It takes its threshold for giving memory back from the largest array freed so far, 32 MiB at most (mallopt(3),
    M_MMAP_THRESHOLD). Memory given back comes again page by page, which took a twentieth of a small scenario.
    """
    np.empty(_KEPT_MEMORY // 8)


def _collected(own: Slice, plan: Plan) -> Collected:
    collector = Collector(plan, own.paths, own.paths, for_summary_only=True)
    stream = parts(
        plan,
        collector.tallier,
        collector.keep,
        own.paths,
        WHOLE_PATHS,
        first=own.first,
        quantities=collector.quantities,
    )
    for part in stream:
        collector.merge(part)
    return collector.collected()


def chunk_of(plan: Plan, first: int, paths: int) -> Part:
    """Simulate consecutive paths of a large scenario on this thread and return their statistics."""
    tallier = Tallier(plan, streamed=True, with_marks=False)
    stream = parts(plan, tallier, _keep_nothing, paths, paths, first=first, quantities=tallied(plan))
    return Part.joined(list(stream))


def _keep_nothing(batch: Batch, place: int) -> None:
    """Chunks of a large scenario are streamed."""
    del batch, place


def collector_of_parts(scenario: Scenario, market: Market) -> Collector:
    """Return the collector that the chunks of a large scenario are merged into, in order."""
    return Collector(prepare(scenario, market), 0, scenario.simulation.paths, for_summary_only=True)
