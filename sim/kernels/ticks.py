"""Prices on the venue's tick grid."""

from __future__ import annotations

import numpy as np

from sim.kernels._jit import kernel


@kernel
def round_to_ticks(prices, ticks, bands):
    """Round every price to the nearest tick of its band, in place; the lowest price is one tick.

    ``bands``, two arrays of as many entries, are lent for the tick of every price.
    """
    numerators, denominators = bands
    numerator, denominator = ticks.numerators[0], ticks.denominators[0]
    for i in range(prices.shape[0]):
        numerators[i] = numerator
    for i in range(prices.shape[0]):
        denominators[i] = denominator
    for k in range(1, ticks.lower_bounds.shape[0]):
        bound, numerator, denominator = ticks.lower_bounds[k], ticks.numerators[k], ticks.denominators[k]
        for i in range(prices.shape[0]):
            numerators[i] = numerator if prices[i] >= bound else numerators[i]
            denominators[i] = denominator if prices[i] >= bound else denominators[i]
    for i in range(prices.shape[0]):
        count = np.floor(prices[i] * denominators[i] / numerators[i] + 0.5)
        count = 1.0 if count < 1.0 else count
        # One division of two whole numbers gives the double nearest to the decimal price, 19.6 for 1960/100.
        prices[i] = count * numerators[i] / denominators[i]
