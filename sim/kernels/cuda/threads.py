"""The kernels of the card: a thread simulates one path, as a block of one lane.

The arrays of a block are the thread's own. Their sizes and nearly all their indices are known to the compiler,
which keeps the state of the day in registers.
"""

from __future__ import annotations

import numpy as np
from numba import cuda

from sim.kernels.cuda.compilation import card_kernel
from sim.kernels.day import ROWS
from sim.kernels.driver import RECORDED, simulate_block


@cuda.jit(device=True)
def simulate_thread(parameters, first_path, paths, rows, out):
    """Simulate path ``first_path`` plus the thread's number into column that number of ``out`` (rows, paths).

    ``rows`` are the places of the wanted quantities in ``QUANTITIES``.
    """
    i = cuda.grid(1)
    if i >= paths:
        return
    work = (
        cuda.local.array(1, np.float64),
        cuda.local.array(1, np.float64),
        cuda.local.array(1, np.float64),
        cuda.local.array(1, np.float64),
        cuda.local.array(1, np.float64),
        cuda.local.array(1, np.float64),
        cuda.local.array(1, np.float64),
        cuda.local.array(1, np.float64),
    )
    scratch = cuda.local.array((ROWS, 1), np.float32)
    recorded = cuda.local.array((RECORDED, 1), np.float64)
    no_trace = cuda.local.array((1, 1), np.float32)[1:]
    no_draws = cuda.local.array((1, 1), np.float64)[1:]
    path = np.uint64(first_path + np.uint64(i))
    simulate_block(path, parameters, work, scratch, recorded, 0, 1, no_trace, no_draws)
    for k in range(rows.shape[0]):
        # Neighbouring threads write neighbouring numbers.
        out[k * paths + i] = recorded[rows[k], 0]


@card_kernel
def simulate_first_day(key_low, key_high, coverage, demand, terms, day, ticks, first_path, paths, rows, out):
    """Simulate the first day of ``paths`` paths; ``out`` is flat, (rows, paths)."""
    first_day = key_low, key_high, coverage, demand, terms, day, ticks, None
    simulate_thread(first_day, first_path, paths, rows, out)


@card_kernel
def simulate_horizon(
    key_low, key_high, coverage, demand, terms, day, ticks, after, first_path, paths, rows, out
):
    """Simulate ``paths`` paths to the horizon; ``out`` is flat, (rows, paths)."""
    parameters = key_low, key_high, coverage, demand, terms, day, ticks, after
    simulate_thread(parameters, first_path, paths, rows, out)
