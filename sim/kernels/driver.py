"""The driver: from path numbers to recorded quantities.

Paths are simulated in blocks of ``LANES``. A block draws coverage and valuation, clears the open, walks the day
and rounds to ticks; blocks share nothing, so neither their order nor the thread matters to any bit. The jitted
part releases the interpreter lock and the threads are Python's own: see ``docs/decisions/threads.md``.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np

from sim.kernels._jit import kernel
from sim.kernels.aftermarket import no_aftermarket, walk_aftermarket
from sim.kernels.coverage import draw_nodes, draw_prior, take_nodes, take_prior
from sim.kernels.day import LANES, PRICE, ROWS, advance, advance_with_memory, closing_prices, open_block
from sim.kernels.opening import clear_opening
from sim.kernels.parameters import QUANTITIES, KernelParameters
from sim.kernels.recording import blank_withdrawn, record_block

RECORDED = len(QUANTITIES)
WORK_ROWS = 8
"""Rows of a block in double precision: coverages, valuation, pressure, capacity, a normal, and two for ticks."""
_WORDS = np.uint64(1 << 32)
_CLOSE = QUANTITIES.index("close")


NO_DRAWS = np.empty((0, 0))
ALL_ROWS = np.arange(RECORDED)
CHUNK_BLOCKS = 16
"""Blocks that a thread takes at a time: a millisecond or two of work."""


@kernel
def record_trace(scratch, row):
    """Copy the current prices of a block into a row of the trace."""
    for i in range(row.shape[0]):
        row[i] = scratch[PRICE, i]


@kernel
def copy_block(recorded, rows, start, stop, out, trace):
    """Copy the wanted rows of a block into its columns; a withdrawn path has no trace."""
    for k in range(rows.shape[0]):
        row = rows[k]
        for i in range(start, stop):
            out[k, i] = recorded[row, i - start]
    for row in range(trace.shape[0]):
        for i in range(start, stop):
            withdrawn = recorded[_CLOSE, i - start] != recorded[_CLOSE, i - start]
            trace[row, i] = np.float32(np.nan) if withdrawn else trace[row, i]


@kernel
def walk_on(after, first, key_low, key_high, demand, terms, day, ticks, scratch, bands, recorded):
    """Follow a block beyond its first day where there is an ``after``.

    A function of its own: only where an argument is ``None`` is the other branch not compiled.
    """
    if after is None:
        no_aftermarket(recorded)
    else:
        walk_aftermarket(first, key_low, key_high, demand, terms, day, ticks, after, scratch, bands, recorded)


@kernel
def simulate_block(first, parameters, work, scratch, recorded, start, stop, trace, draws):
    """Simulate a block of consecutive paths from path ``first`` on; its trace and draws begin in column ``start``.

    It allocates nothing, so that a thread of a graphics card runs it too, as a block of one lane.
    """
    key_low, key_high, coverage, demand, terms, day, ticks, after = parameters
    log_public, log_placing, valuation, pressure, capacity, spare, numerators, denominators = work
    bands = numerators, denominators
    remembers = day.momentum != 0.0 or day.halt_up.shape[0] > 0
    if draws.shape[0] > 0:
        if coverage.node_cumulative.shape[0] > 0:
            take_nodes(draws, start, coverage, log_public, log_placing, valuation, spare)
        else:
            take_prior(draws, start, coverage, log_public, log_placing, valuation, spare)
    elif coverage.node_cumulative.shape[0] > 0:
        draw_nodes(first, key_low, key_high, coverage, log_public, log_placing, valuation, spare)
    else:
        draw_prior(first, key_low, key_high, coverage, log_public, log_placing, valuation, spare)
    clear_opening(
        demand, terms, day, ticks, log_public, log_placing, valuation, bands, pressure, capacity, recorded
    )
    open_block(pressure, capacity, spare, day, scratch)
    if trace.shape[0] > 0:
        record_trace(scratch, trace[0, start:stop])
    for block in range(day.volatility.shape[0] // 4):
        if remembers:
            advance_with_memory(first, block, key_low, key_high, day, scratch)
        else:
            advance(first, block, key_low, key_high, day, scratch)
        if trace.shape[0] > 0:
            closing_prices(day, scratch)
            record_trace(scratch, trace[block + 1, start:stop])
    closing_prices(day, scratch)
    record_block(day, ticks, scratch, bands, recorded)
    walk_on(after, first, key_low, key_high, demand, terms, day, ticks, scratch, bands, recorded)
    if terms.may_withdraw:
        blank_withdrawn(terms, log_placing, recorded)


@kernel
def simulate_range(parameters, first_path, begin, end, rows, out, trace, draws):
    """Simulate the columns ``begin`` to ``end``, block after block, on the calling thread."""
    log_public, log_placing, valuation = np.empty(LANES), np.empty(LANES), np.empty(LANES)
    pressure, capacity, spare = np.empty(LANES), np.empty(LANES), np.empty(LANES)
    bands = np.empty(LANES), np.empty(LANES)
    work = (log_public, log_placing, valuation, pressure, capacity, spare, *bands)
    recorded = np.empty((RECORDED, LANES))
    scratch = np.empty((ROWS, LANES), np.float32)
    start = begin
    while start < end:
        first = np.uint64(first_path + np.uint64(start))
        # A block ends where the low word of the path number would wrap.
        room = int(_WORDS - np.uint64(first & np.uint64(_WORDS - np.uint64(1))))
        stop = min(start + LANES, end, start + room)
        simulate_block(first, parameters, work, scratch, recorded, start, stop, trace, draws)
        copy_block(recorded, rows, start, stop, out, trace)
        start = stop


def simulate_paths(
    parameters: KernelParameters, first_path: int, out, trace, threads: int = 1, draws=NO_DRAWS, rows=ALL_ROWS
) -> None:
    """Simulate consecutive paths.

    Parameters
    ----------
    parameters
        Everything a path depends on.
    first_path
        Number of the first path.
    out
        Array (rows, paths), ``float64``, filled with the recorded quantities.
    trace
        Array (1 + steps / 4, paths), ``float32``, filled with the log price at the open and after every fourth
        step; an array (0, 0) records none.
    threads
        Threads to use; the result does not depend on it.
    draws
        Array (5, paths) of what :func:`sim.kernels.coverage.take_prior` takes in place of the paths' own draws of
        coverage, valuation and volatility; an array (0, 0) leaves those. The day's normals are the path's own.
    rows
        Array of the quantities to record, by their place in ``QUANTITIES``; all of them by default. Writing them to
        memory is a twentieth of the work.

    Raises
    ------
    ValueError
        When ``out`` has another number of rows: the kernels do not look where they write.
    """
    if out.shape[0] != rows.shape[0]:
        raise ValueError(f"{rows.shape[0]} quantities do not go into {out.shape[0]} rows")
    chunk = CHUNK_BLOCKS * LANES
    starts = range(0, out.shape[1], chunk)

    def simulate(start: int) -> None:
        # Whole arrays and a range, not parts of arrays: those have another layout, to compile for once more.
        stop = min(start + chunk, out.shape[1])
        simulate_range(parameters, np.uint64(first_path), start, stop, rows, out, trace, draws)

    if threads == 1 or len(starts) == 1:
        for start in starts:
            simulate(start)
        return
    with ThreadPoolExecutor(min(threads, len(starts))) as pool:
        for done in [pool.submit(simulate, start) for start in starts]:
            done.result()
