"""Cells of a histogram of log prices; the logarithm is the kernels' own, so a cell is the same on any processor."""

from __future__ import annotations

import numpy as np

from sim.kernels._jit import kernel
from sim.kernels.arithmetic import logarithm

_LEAST, _MOST = 1e-300, 1e300


@kernel
def find_cells(ratios, width, reach, out):
    """Fill ``out`` with the cell of each price as a multiple of the offer price.

    Parameters
    ----------
    ratios
        (paths,), not negative; NaN counts as 0.
    width
        Of a cell, in log price.
    reach
        Cells on either side of the offer price.
    out
        (paths,), int32: 0 below the grid, 1 to ``2 reach`` on it, one more above it, two more exactly at the offer
        price.
    """
    at_offer, lowest = np.int32(2 * reach + 2), -1.0 * reach - 1.0
    for i in range(ratios.shape[0]):
        x = ratios[i] if ratios[i] > _LEAST else _LEAST
        x = x if x < _MOST else _MOST
        place = np.floor(logarithm(x) / width)
        place = place if place > lowest else lowest
        place = place if place < reach else 1.0 * reach
        cell = np.int32(place - lowest)
        out[i] = at_offer if ratios[i] == 1.0 else cell


@kernel
def count_cells(ratios, width, reach, counts):
    """Add the paths in each cell of :func:`find_cells` to ``counts`` (2 reach + 3,); NaN is left out."""
    cells = np.empty(ratios.shape[0], np.int32)
    find_cells(ratios, width, reach, cells)
    for i in range(ratios.shape[0]):
        if ratios[i] == ratios[i]:
            counts[cells[i]] += 1
