"""Order statistics of many values without sorting them all."""

from __future__ import annotations

import numpy as np

from sim.kernels._jit import kernel

CELLS = 4096
_SHORT = 32
"""Values that are sorted by insertion; more are left to NumPy's sort."""
_SIGN = np.int64(63)
_ALL_BUT_SIGN = np.int64(0x7FFFFFFFFFFFFFFF)
_GREATEST = np.int64(0x7FF0000000000000)
"""Key of infinity; beyond it is NaN only."""
_LEAST = ~_GREATEST
"""Key of minus infinity: ``-_GREATEST - 1``."""


@kernel
def ordered_key(bits):
    """Whole number in the order of the double that has these bits."""
    return bits ^ ((bits >> _SIGN) & _ALL_BUT_SIGN)


@kernel
def sort_short(values, start, stop):
    """Sort ``values[start:stop]`` in place; quick where there are few."""
    for i in range(start + 1, stop):
        value, place = values[i], i
        while place > start and values[place - 1] > value:
            values[place] = values[place - 1]
            place -= 1
        values[place] = value


@kernel
def all_equal(values, start, stop):
    """Whether ``values[start:stop]`` are all one value, as of many paths that close at the offer price."""
    same = start + 1
    while same < stop and values[same] == values[start]:
        same += 1
    return same == stop


@kernel
def select_ranks(values, wanted, out):
    """Fill ``out`` with the values of the ranks ``wanted``, which ascend.

    Values are counted in up to ``CELLS`` cells of equal width in their bits, which is about equal width in the
    logarithm: prices of a hot deal reach far, and cells of equal width in price would crowd nearly all of them into
    a few. Only cells that hold a wanted rank are sorted. Values near 0, or on either side of it, are told as well but
    share few cells: it then takes as long as sorting.

    Parameters
    ----------
    values
        (paths,), contiguous, fewer than 2**31.
    wanted
        (ranks,), at least one; each from 0 to ``paths - 1``.
    out
        (ranks,).

    Returns
    -------
    bool
        Whether it was done: it is not where a value is NaN.
    """
    n = values.shape[0]
    bits = values.view(np.int64)
    low = high = ordered_key(bits[0])
    for i in range(n):
        key = ordered_key(bits[i])
        low, high = min(low, key), max(high, key)
    if low < _LEAST or high > _GREATEST:
        return False
    lowest, shift = np.uint64(low), np.uint64(0)
    while (np.uint64(high) - lowest) >> shift >= np.uint64(CELLS):
        shift += np.uint64(1)
    # Unsigned, so that no index is looked at for being negative.
    cells = np.empty(n, np.uint16)
    for i in range(n):
        cells[i] = np.uint16((np.uint64(ordered_key(bits[i])) - lowest) >> shift)
    counts = np.zeros(CELLS, np.int32)
    for i in range(n):
        counts[cells[i]] += 1
    free = np.full(CELLS, -1, np.int32)
    starts = np.empty(wanted.shape[0] + 1, np.int64)
    places = np.empty(wanted.shape[0], np.int64)
    cell = up_to = chosen = found = 0
    for k in range(wanted.shape[0]):
        while up_to + counts[cell] <= wanted[k]:
            up_to += counts[cell]
            cell += 1
        if free[cell] < 0:
            free[cell] = starts[chosen] = found
            chosen += 1
            found += counts[cell]
        places[k] = starts[chosen - 1] + wanted[k] - up_to
    starts[chosen] = found
    ordered = np.empty(found)
    for i in range(n):
        place = free[cells[i]]
        if place >= 0:
            ordered[place] = values[i]
            free[cells[i]] = place + 1
    for k in range(chosen):
        start, stop = starts[k], starts[k + 1]
        if stop - start <= _SHORT:
            sort_short(ordered, start, stop)
        elif not all_equal(ordered, start, stop):
            ordered[start:stop].sort()
    for k in range(places.shape[0]):
        out[k] = ordered[places[k]]
    return True
