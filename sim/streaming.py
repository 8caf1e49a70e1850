"""From a plan to the statistics of its paths, simulated and tallied by several threads at once."""

from __future__ import annotations

import math
import threading
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from functools import partial
from typing import Generic, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from sim.device import CPU
from sim.engine import BLOCK_PATHS, NO_TRACE, Batch, Plan, Sampler, batches, rows_of
from sim.kernels.driver import simulate_paths
from sim.kernels.parameters import QUANTITIES
from sim.tally import blocks_between

Told = TypeVar("Told")
"""Statistics of consecutive paths."""


class BlockTallier(Protocol[Told]):
    """Takes the statistics of paths; it may be used from several threads at once."""

    def tally(self, block: Batch) -> Told:
        """Return the statistics of a batch that does not reach beyond one block."""

    def joined(self, parts: Sequence[Told]) -> Told:
        """Join the statistics of consecutive paths."""


Keep = Callable[[Batch, int], None]
"""Keeps the paths of a batch, at their place among all paths of the stream."""

_LOOK_AHEAD = 4
"""Blocks a thread may be ahead of what was yielded: memory stays flat and no thread waits."""
_MANY_BLOCKS = 8
"""With this many blocks a thread, each block is one thread's work; with fewer, threads share a block."""
_MANY_DRAWN_BLOCKS = 2
"""The same where a sampler draws: only the simulation that follows its draws could be shared."""


def parts(
    plan: Plan,
    tallier: BlockTallier[Told],
    keep: Keep,
    paths: int,
    batch_paths: int,
    first: int = 0,
    threads: int = 1,
    device: str = CPU,
    sampler: Sampler | None = None,
    quantities: tuple[str, ...] = QUANTITIES,
) -> Generator[Told]:
    """Simulate consecutive paths and yield their statistics in order, one part a batch.

    Parameters
    ----------
    plan
        What to simulate.
    tallier
        Takes the statistics.
    keep
        Told of every path, from any thread, before the part that holds it is yielded.
    paths
        Paths to simulate.
    batch_paths
        Paths of a part, a multiple of BLOCK_PATHS; parts end at blocks, wherever the first path lies.
    first
        Number of the first path.
    threads
        Threads to use; no bit depends on it.
    device
        Where to simulate; the threads tally what a card has simulated.
    sampler
        Draws coverage, valuation and volatility; left out, the paths do, and a card may simulate them.
    quantities
        What ``tallier`` and ``keep`` read of the paths; all of them where a sampler draws.
    """
    many = _MANY_BLOCKS if sampler is None else _MANY_DRAWN_BLOCKS
    if device == CPU and (threads == 1 or paths >= many * threads * BLOCK_PATHS):
        work = _BlockWork(plan, sampler, tallier, keep, first, quantities)
        groups = _batches_of_blocks(first, paths, batch_paths)
        told = _in_turn(work, groups) if threads == 1 else _apart(work, groups, threads)
    else:
        shared = batches(plan, paths, batch_paths, first, threads, sampler, device, quantities)
        told = _together(shared, tallier, keep, first, threads)
    with closing(told):
        for blocks in told:
            yield tallier.joined(blocks)


Block = tuple[int, int]
"""First path and paths of a block."""


def _batches_of_blocks(first: int, paths: int, batch_paths: int) -> Iterator[list[Block]]:
    group: list[Block] = []
    wanted = math.ceil(batch_paths / BLOCK_PATHS)
    for block in blocks_between(first, paths):
        group.append(block)
        if len(group) == wanted:
            yield group
            group = []
    if group:
        yield group


_own = threading.local()
"""Memory of each thread: the last block that it simulated."""


class _BlockWork(Generic[Told]):
    """Simulates and tallies a block on the calling thread, in memory of that thread's own."""

    def __init__(
        self,
        plan: Plan,
        sampler: Sampler | None,
        tallier: BlockTallier[Told],
        keep: Keep,
        first: int,
        quantities: tuple[str, ...],
    ) -> None:
        self._plan, self._sampler, self._tallier = plan, sampler, tallier
        self._keep, self._first = keep, first
        self._quantities = quantities
        self._rows = rows_of(quantities)

    def __call__(self, block: Block) -> Told:
        start, count = block
        # Memory fresh from the system costs a twentieth of simulating into it.
        values: NDArray[np.float64] | None = getattr(_own, "values", None)
        if values is None or values.shape != (len(self._rows), count):
            # Never a part of a larger array: the kernels would compile again for its other layout.
            values = _own.values = np.empty((len(self._rows), count))
        drawn = None
        if self._sampler is None:
            simulate_paths(self._plan.parameters, start, values, NO_TRACE, 1, rows=self._rows)
        else:
            drawn = self._sampler.simulate(start, values, 1)
        batch = Batch(start, values, drawn, self._quantities)
        self._keep(batch, start - self._first)
        return self._tallier.tally(batch)


def _in_turn(work: _BlockWork[Told], groups: Iterable[list[Block]]) -> Generator[list[Told]]:
    for group in groups:
        yield [work(block) for block in group]


def _apart(work: _BlockWork[Told], groups: Iterable[list[Block]], threads: int) -> Generator[list[Told]]:
    """Give each thread blocks of its own: what a thread simulates it tallies while it is in its cache."""
    waiting: deque[list[Future[Told]]] = deque()
    pool = ThreadPoolExecutor(threads)
    try:
        for group in groups:
            waiting.append([pool.submit(work, block) for block in group])
            if sum(map(len, waiting)) >= _LOOK_AHEAD * threads + len(group):
                yield [future.result() for future in waiting.popleft()]
        while waiting:
            yield [future.result() for future in waiting.popleft()]
    finally:
        pool.shutdown(cancel_futures=True)


def _together(
    shared: Iterable[Batch], tallier: BlockTallier[Told], keep: Keep, first: int, threads: int
) -> Generator[list[Told]]:
    """Let threads share each batch: with few blocks some would else run out of work."""

    def tally(batch: Batch, block: Block) -> Told:
        start, count = block
        begin = start - batch.first
        own = batch.part(begin, begin + count)
        keep(own, start - first)
        return tallier.tally(own)

    with ThreadPoolExecutor(threads) as pool:
        for batch in shared:
            blocks = blocks_between(batch.first, batch.values.shape[1])
            yield list(pool.map(partial(tally, batch), blocks))
