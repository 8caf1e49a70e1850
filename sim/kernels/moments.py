"""Mean and spread of many values, summed in lanes: the processor adds eight at a time, whatever processor it is."""

from __future__ import annotations

import numpy as np

from sim.kernels._jit import kernel

LANES = 8


@kernel
def mean_and_squares(values):
    """Mean of at least one value, and the sum of the squared deviations from it.

    Two passes: the values are in the processor's cache, and deviations from the mean itself lose no digits. Values
    that are all the same have that mean, and no deviation, to the last bit.
    """
    n = values.shape[0]
    same = 1
    while same < n and values[same] == values[0]:
        same += 1
    if same == n:
        return values[0], 0.0
    whole = n - n % LANES
    a = b = c = d = e = f = g = h = 0.0
    for i in range(0, whole, LANES):
        a += values[i]
        b += values[i + 1]
        c += values[i + 2]
        d += values[i + 3]
        e += values[i + 4]
        f += values[i + 5]
        g += values[i + 6]
        h += values[i + 7]
    total = ((a + b) + (c + d)) + ((e + f) + (g + h))
    for i in range(whole, n):
        total += values[i]
    mean = total / n
    a = b = c = d = e = f = g = h = 0.0
    for i in range(0, whole, LANES):
        a += (values[i] - mean) ** 2
        b += (values[i + 1] - mean) ** 2
        c += (values[i + 2] - mean) ** 2
        d += (values[i + 3] - mean) ** 2
        e += (values[i + 4] - mean) ** 2
        f += (values[i + 5] - mean) ** 2
        g += (values[i + 6] - mean) ** 2
        h += (values[i + 7] - mean) ** 2
    squares = ((a + b) + (c + d)) + ((e + f) + (g + h))
    for i in range(whole, n):
        squares += (values[i] - mean) ** 2
    return mean, squares


@kernel
def tell_moments(values, out):
    """Fill ``out`` (3,) with the count of the values, their mean and the sum of squared deviations from it.

    NaN is left out; without any value all three are 0.
    """
    out[:] = 0.0
    if values.shape[0] == 0:
        return
    mean, squares = mean_and_squares(values)
    known = values.shape[0]
    if mean != mean:
        numbers = values[~np.isnan(values)]
        known = numbers.shape[0]
        mean, squares = mean_and_squares(numbers) if known > 0 else (0.0, 0.0)
    out[0], out[1], out[2] = known, mean, squares


@kernel
def merge_moments(total, other):
    """Add moments to others, row by row, by Chan, Golub and LeVeque (1983).

    Parameters
    ----------
    total
        (rows, 3), count, mean and sum of squared deviations; those of all values afterwards.
    other
        (rows, 3), those of further values.
    """
    for row in range(total.shape[0]):
        count, mean, squares = total[row]
        more = other[row, 0]
        if count == 0.0:
            # Not 0 + mean x n / n, which may differ from the mean in its last digit.
            # One by one: of whole rows Numba compiles for three seconds.
            total[row, 0], total[row, 1], total[row, 2] = more, other[row, 1], other[row, 2]
        elif more > 0.0:
            both, shift = count + more, other[row, 1] - mean
            total[row, 0] = both
            total[row, 1] = mean + shift * more / both
            total[row, 2] = squares + (other[row, 2] + shift * shift * count * more / both)
