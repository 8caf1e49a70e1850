"""Sums over weighted paths by the group of their number: what a mixture and replicates are told by.

The groups of a row are the lanes of the processor, so each group is summed in the order of its paths.
"""

from __future__ import annotations

import numpy as np

from sim.kernels._jit import kernel

GROUPS = 32
"""Path ``i`` is of group ``i mod 32``: a replicate of Sobol points, a stratum of a mixture."""
SUMS = 12
"""Sums of a group: six of :func:`add_to_groups`, six of :func:`add_control_to_groups`."""
CELLS = 1024
"""Cells of the values between the least and the greatest, which has one of its own."""


@kernel
def add_to_groups(values, weights, sums):
    """Add a number ``x`` and a weight ``w`` of each path to the sums of its group.

    Parameters
    ----------
    values, weights
        (rows, GROUPS); where the value is NaN the path is left out.
    sums
        (6, GROUPS), added to: ``w``, ``w x``, ``w x^2``, ``w^2``, ``w^2 x`` and ``w^2 x^2``.

    Returns
    -------
    int
        Paths that have a value.
    """
    count = 0
    for row in range(values.shape[0]):
        for g in range(GROUPS):
            known = values[row, g] == values[row, g]
            w = weights[row, g] if known else 0.0
            x = values[row, g] if known else 0.0
            wx = w * x
            sums[0, g] += w
            sums[1, g] += wx
            sums[2, g] += wx * x
            sums[3, g] += w * w
            sums[4, g] += w * wx
            sums[5, g] += wx * wx
            count += known
    return count


@kernel
def add_control_to_groups(values, weights, control, sums):
    """Add what a control ``c`` of each path takes to be regressed on.

    Parameters
    ----------
    values, weights, control
        As in :func:`add_to_groups`.
    sums
        (6, GROUPS), added to: ``w c``, ``w x c``, ``w c^2``, ``w^2 c``, ``w^2 x c`` and ``w^2 c^2``.
    """
    for row in range(values.shape[0]):
        for g in range(GROUPS):
            known = values[row, g] == values[row, g]
            w = weights[row, g] if known else 0.0
            x = values[row, g] if known else 0.0
            wc = w * control[row, g]
            sums[0, g] += wc
            sums[1, g] += wc * x
            sums[2, g] += wc * control[row, g]
            sums[3, g] += w * wc
            sums[4, g] += w * x * wc
            sums[5, g] += wc * wc


@kernel
def add_up_to(values, weights, thresholds, sums):
    """Add the weight of each path to its group under the first threshold that its value does not exceed.

    Parameters
    ----------
    values, weights
        (paths,), from a path of group 0 on.
    thresholds
        (thresholds,), ascending.
    sums
        (2, thresholds + 1, GROUPS), added to: weights and their squares; the last entry is beyond all thresholds.
    """
    for i in range(values.shape[0]):
        place = 0
        for k in range(thresholds.shape[0]):
            place += 1 if values[i] > thresholds[k] else 0
        sums[0, place, i % GROUPS] += weights[i]
        sums[1, place, i % GROUPS] += weights[i] * weights[i]


@kernel
def into_cells(values, weights, low, scale, ends, cell_values, cell_weights):
    """Bring values together that lie in one of many cells of equal width, ``scale`` cells to a unit from ``low`` on.

    Parameters
    ----------
    values, weights
        (n,), no value is below ``low``.
    ends
        (cells,), filled with where each cell ends in the arrays that follow.
    cell_values, cell_weights
        (n,), filled: cell after cell, as they came within a cell.
    """
    n = values.shape[0]
    cells = np.empty(n, np.int32)
    ends[:] = 0
    for i in range(n):
        cells[i] = np.int32((values[i] - low) * scale)
    for i in range(n):
        ends[cells[i]] += 1
    up_to = 0
    for k in range(ends.shape[0]):
        up_to += ends[k]
        ends[k] = up_to - ends[k]
    for i in range(n):
        place = ends[cells[i]]
        cell_values[place], cell_weights[place] = values[i], weights[i]
        ends[cells[i]] = place + 1
