"""From path numbers to recorded quantities, on a card.

The records of a path have to come to the host: up to 26 doubles, 11 where a first day is only to be summarised. That
transfer, not the simulation, bounds the driver, so it runs beside it: there are two slots, each with a stream, an
array on the card and page-locked memory on the host; while one is copied and read the card fills the other.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Iterator

import numpy as np
from numba import cuda
from numba.core.errors import NumbaPerformanceWarning

from sim.kernels.cuda.compilation import SIMULATED, without_contraction
from sim.kernels.cuda.threads import simulate_first_day, simulate_horizon
from sim.kernels.driver import ALL_ROWS
from sim.kernels.parameters import KernelParameters

THREADS = 128
"""Threads of a block; 64 registers each leave room for eight blocks on a multiprocessor."""


def on_card(value):
    """The same parameters with their arrays copied to the card."""
    if isinstance(value, tuple):
        return type(value)(*map(on_card, value))
    # The simulator hands them to the functions of the CPU, which take NumPy's.
    return cuda.to_device(value) if isinstance(value, np.ndarray) and not SIMULATED else value


class Slot:
    """A place for one batch: a stream, memory on the card, and page-locked memory on the host."""

    def __init__(self, rows: int, most: int) -> None:
        self._rows = rows
        self._stream = cuda.stream()
        self._device = cuda.device_array(rows * most, np.float64)
        self._host = cuda.pinned_array(rows * most, np.float64)
        self._paths, self._first = most, 0

    def start(self, parameters: KernelParameters, rows, first: int, paths: int) -> None:
        """Start to simulate ``paths`` paths from path ``first`` on, and to copy their records; does not wait."""
        self._first, self._paths, size = first, paths, self._rows * paths
        *first_day, after = parameters
        kernel = simulate_first_day if after is None else simulate_horizon
        arguments = first_day if after is None else parameters
        with without_contraction(), warnings.catch_warnings():
            # A few thousand paths do not fill a card; nobody asked for more.
            warnings.simplefilter("ignore", NumbaPerformanceWarning)
            launch = kernel[-(-paths // THREADS), THREADS, self._stream]
            launch(*arguments, np.uint64(first), paths, rows, self._device)
        self._device[:size].copy_to_host(self._host[:size], stream=self._stream)

    def wait(self) -> tuple[int, np.ndarray]:
        """The first path of the batch and its records (rows, paths), once they are there."""
        self._stream.synchronize()
        return self._first, self._host[: self._rows * self._paths].reshape(self._rows, self._paths)


def simulate_spans(
    parameters: KernelParameters, spans: Iterable[tuple[int, int]], most: int, rows: np.ndarray = ALL_ROWS
) -> Iterator[tuple[int, np.ndarray]]:
    """Simulate spans of consecutive paths, one after the other.

    Parameters
    ----------
    parameters
        Everything a path depends on.
    spans
        First path and number of paths of each span.
    most
        The most paths of a span.
    rows
        Quantities to record, by their place in ``QUANTITIES``; all of them by default.

    Yields
    ------
    first
        First path of a span.
    values
        (rows, paths) recorded quantities; used again once the next span is asked for.
    """
    carried, wanted = on_card(parameters), on_card(rows)
    free, busy = [Slot(rows.size, most), Slot(rows.size, most)], []
    try:
        for first, paths in spans:
            slot = free.pop()
            busy.append(slot)
            slot.start(carried, wanted, first, paths)
            if not free:
                done = busy.pop(0)
                yield done.wait()
                free.append(done)
        for done in busy:
            yield done.wait()
    finally:
        # A reader that leaves early must not free memory that the card still writes to.
        for slot in busy:
            slot.wait()
