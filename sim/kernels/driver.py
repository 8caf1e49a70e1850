"""The driver: from path numbers to recorded quantities, the only ``prange`` of the project.

Paths are simulated in blocks of ``LANES``. A block draws coverage and valuation, clears the open, walks the day
and rounds to ticks; blocks share nothing, so neither their order nor the thread matters to any bit.
"""

from __future__ import annotations

import numpy as np
from numba import prange

from sim.kernels._jit import kernel, parallel_kernel
from sim.kernels.coverage import draw_nodes, draw_prior
from sim.kernels.day import LANES, PRICE, ROWS, advance, advance_with_memory, closing_prices, open_block
from sim.kernels.opening import clear_opening
from sim.kernels.parameters import QUANTITIES
from sim.kernels.recording import record_block

_RECORDED = len(QUANTITIES)


@kernel
def simulate_block(key_low, key_high, coverage, demand, terms, day, ticks, first_path, out, trace):
    """Simulate the paths ``first_path ...`` into the columns of ``out``, and their price path into ``trace``."""
    paths = out.shape[1]
    log_public, log_placing, valuation = np.empty(LANES), np.empty(LANES), np.empty(LANES)
    pressure, capacity = np.empty(LANES), np.empty(LANES)
    recorded = np.empty((_RECORDED, LANES))
    scratch = np.empty((ROWS, LANES), np.float32)
    if coverage.node_cumulative.shape[0] > 0:
        draw_nodes(first_path, key_low, key_high, coverage, log_public, log_placing, valuation)
    else:
        draw_prior(first_path, key_low, key_high, coverage, log_public, log_placing, valuation)
    clear_opening(demand, terms, day, ticks, log_public, log_placing, valuation, pressure, capacity, recorded)
    open_block(pressure, capacity, day, scratch)
    remembers = day.momentum != 0.0 or day.halt_up.shape[0] > 0
    if trace.shape[0] > 0:
        trace[0, :] = scratch[PRICE, :paths]
    for block in range(day.volatility.shape[0] // 4):
        if remembers:
            advance_with_memory(first_path, block, key_low, key_high, day, scratch)
        else:
            advance(first_path, block, key_low, key_high, day, scratch)
        if trace.shape[0] > 0:
            closing_prices(day, scratch)
            trace[block + 1, :] = scratch[PRICE, :paths]
    closing_prices(day, scratch)
    record_block(terms, day, ticks, log_placing, scratch, recorded)
    for row in range(_RECORDED):
        for i in range(paths):
            out[row, i] = recorded[row, i]


@parallel_kernel
def simulate_paths(key_low, key_high, coverage, demand, terms, day, ticks, first_path, out, trace):
    """Simulate consecutive paths on all threads.

    Parameters
    ----------
    key_low, key_high, coverage, demand, terms, day, ticks
        The fields of :class:`~sim.kernels.parameters.KernelParameters`, one argument each: a parallel loop takes
        tuples of numbers and arrays, not tuples of tuples. Call with ``simulate_paths(*parameters, ...)``.
    first_path
        Number of the first path, ``uint64``.
    out
        Array (len(QUANTITIES), paths), ``float64``, filled with the recorded quantities.
    trace
        Array (1 + steps / 4, paths), ``float32``, filled with the log price at the open and after every fourth
        step; an array (0, 0) records none.
    """
    paths = out.shape[1]
    for block in prange((paths + LANES - 1) // LANES):
        start = block * LANES
        stop = min(start + LANES, paths)
        simulate_block(
            key_low,
            key_high,
            coverage,
            demand,
            terms,
            day,
            ticks,
            np.uint64(first_path + np.uint64(start)),
            out[:, start:stop],
            trace[:, start:stop],
        )
