"""Order statistics of many values without sorting them all."""

from __future__ import annotations

import numpy as np

from sim.kernels._jit import kernel

CELLS = 2048


@kernel
def select_ranks(values, low, scale, wanted, out):
    """Fill ``out`` with the values of the ranks ``wanted``, which ascend.

    Values are counted in ``CELLS + 1`` cells of equal width from ``low`` on, ``scale`` cells to a unit, and only the
    cells that hold a wanted rank are sorted. Rounding keeps the order of values, so no value of a lower cell is above
    one of a higher.
    """
    n = values.shape[0]
    cells = np.empty(n, np.int32)
    counts = np.zeros(CELLS + 1, np.int64)
    for i in range(n):
        cells[i] = np.int32((values[i] - low) * scale)
    for i in range(n):
        counts[cells[i]] += 1
    chosen = np.zeros(CELLS + 1, np.int64)
    places = np.empty(wanted.shape[0], np.int64)
    cell = up_to = skipped = 0
    for k in range(wanted.shape[0]):
        while up_to + counts[cell] <= wanted[k]:
            if chosen[cell] == 0:
                skipped += counts[cell]
            up_to += counts[cell]
            cell += 1
        chosen[cell] = 1
        places[k] = wanted[k] - skipped
    ordered = np.empty(n + 1)
    found = 0
    for i in range(n):
        ordered[found] = values[i]
        found += chosen[cells[i]]
    kept = np.sort(ordered[:found])
    for k in range(places.shape[0]):
        out[k] = kept[places[k]]
