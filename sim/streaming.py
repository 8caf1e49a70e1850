"""From a plan to the statistics of its paths, simulated and tallied by several threads at once."""

from __future__ import annotations

import math
import threading
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial

import numpy as np
from numpy.typing import NDArray

from sim.device import CPU
from sim.engine import BLOCK_PATHS, NO_TRACE, Batch, Plan, batches
from sim.kernels.driver import simulate_paths
from sim.kernels.parameters import QUANTITIES
from sim.tally import Part, Tallier, blocks_between

Keep = Callable[[Batch, int], None]
"""Keeps the paths of a batch, at their place among all paths of the stream."""

_LOOK_AHEAD = 4
"""Blocks a thread may be ahead of what was yielded: memory stays flat and no thread waits."""
_MANY_BLOCKS = 8
"""With this many blocks a thread, each block is one thread's work; with fewer, threads share a block."""


def parts(
    plan: Plan,
    tallier: Tallier,
    keep: Keep,
    paths: int,
    batch_paths: int,
    first: int = 0,
    threads: int = 1,
    device: str = CPU,
) -> Generator[Part]:
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
        Paths of a part, rounded up to whole blocks.
    first
        Number of the first path.
    threads
        Threads to use; no bit depends on it.
    device
        Where to simulate; the threads tally what a card has simulated.
    """
    if device != CPU:
        yield from _together(plan, tallier, keep, paths, batch_paths, first, threads, device)
    elif threads == 1:
        work = _BlockWork(plan, tallier, keep, first)
        for group in _batches_of_blocks(first, paths, batch_paths):
            yield Part.joined([work(block) for block in group])
    elif paths < _MANY_BLOCKS * threads * BLOCK_PATHS:
        yield from _together(plan, tallier, keep, paths, batch_paths, first, threads)
    else:
        yield from _apart(plan, tallier, keep, _batches_of_blocks(first, paths, batch_paths), first, threads)


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


class _BlockWork:
    """Simulates and tallies a block on the calling thread, in memory of that thread's own."""

    def __init__(self, plan: Plan, tallier: Tallier, keep: Keep, first: int) -> None:
        self._plan, self._tallier, self._keep, self._first = plan, tallier, keep, first

    def __call__(self, block: Block) -> Part:
        start, count = block
        # Memory fresh from the system costs a twentieth of simulating into it.
        values: NDArray[np.float64] | None = getattr(_own, "values", None)
        if values is None or values.shape[1] != count:
            # Never a part of a larger array: the kernels would compile again for its other layout.
            values = _own.values = np.empty((len(QUANTITIES), count))
        simulate_paths(self._plan.parameters, start, values, NO_TRACE, 1)
        batch = Batch(start, values)
        self._keep(batch, start - self._first)
        return self._tallier.tally(batch)


def _apart(
    plan: Plan, tallier: Tallier, keep: Keep, groups: Iterable[list[Block]], first: int, threads: int
) -> Generator[Part]:
    """Give each thread blocks of its own: what a thread simulates it tallies while it is in its cache."""
    work = _BlockWork(plan, tallier, keep, first)
    waiting: deque[list[Future[Part]]] = deque()
    pool = ThreadPoolExecutor(threads)
    try:
        for group in groups:
            waiting.append([pool.submit(work, block) for block in group])
            if sum(map(len, waiting)) >= _LOOK_AHEAD * threads + len(group):
                yield Part.joined([future.result() for future in waiting.popleft()])
        while waiting:
            yield Part.joined([future.result() for future in waiting.popleft()])
    finally:
        pool.shutdown(cancel_futures=True)


def _together(
    plan: Plan,
    tallier: Tallier,
    keep: Keep,
    paths: int,
    batch_paths: int,
    first: int,
    threads: int,
    device: str = CPU,
) -> Generator[Part]:
    """Let threads share each batch: with few blocks some would else run out of work."""

    def tally(batch: Batch, block: Block) -> Part:
        start, count = block
        begin = start - batch.first
        own = Batch(start, batch.values[:, begin : begin + count])
        keep(own, start - first)
        return tallier.tally(own)

    with ThreadPoolExecutor(threads) as pool:
        for batch in batches(plan, paths, batch_paths, first, threads, device=device):
            blocks = blocks_between(batch.first, batch.values.shape[1])
            yield Part.joined(list(pool.map(partial(tally, batch), blocks)))
