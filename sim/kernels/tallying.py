"""What a block of listed paths adds to the summary of a run: the moments and events of its first day.

One call a block: NumPy would take a pass over memory for each operation, and the time of a call for each pass.
"""

from __future__ import annotations

import numpy as np

from sim.kernels._jit import kernel
from sim.kernels.moments import tell_moments


@kernel
def tell_price(prices, offers, unit, one_price, of_return, of_price):
    """Tell the moments of a kind of price and of its simple return.

    Parameters
    ----------
    prices, offers
        (paths,), the price and the offer price.
    unit, one_price
        Whether the offer price is ``unit`` on every path: the price then says what its return says.
    of_return, of_price
        (3,), filled as by :func:`tell_moments`.
    """
    returns = np.empty(prices.shape[0])
    for i in range(prices.shape[0]):
        returns[i] = prices[i] / offers[i] - 1.0
    tell_moments(returns, of_return)
    if one_price:
        count, mean, squares = of_return
        of_price[0], of_price[1], of_price[2] = count, unit * mean + unit, unit * unit * squares
    else:
        tell_moments(prices, of_price)


@kernel
def tell_events(opens, closes, purchases, offers, exhausted, counts):
    """Count the paths on which the events of the first day come.

    Parameters
    ----------
    opens, closes, purchases, offers
        (paths,).
    exhausted
        Purchases from which the short counts as covered; infinite without one.
    counts
        (6,), filled: open below the offer price, open at it, close below it, close at it, any purchases, all covered.
    """
    open_below = open_at = close_below = close_at = stabilised = covered = 0
    for i in range(offers.shape[0]):
        open_below += opens[i] < offers[i]
        open_at += opens[i] == offers[i]
        close_below += closes[i] < offers[i]
        close_at += closes[i] == offers[i]
        stabilised += purchases[i] > 0.0
        covered += purchases[i] >= exhausted
    counts[0], counts[1], counts[2] = open_below, open_at, close_below
    counts[3], counts[4], counts[5] = close_at, stabilised, covered


@kernel
def tell_means(closes, purchases, offers, tradable, log_closes, pressures, scarcities, short, out):
    """Tell the moments of the first day's other quantities.

    Parameters
    ----------
    closes, purchases, offers, tradable, log_closes, pressures, scarcities
        (paths,).
    short
        Over-allotted shares, fraction of the base offer.
    out
        (8, 3), filled as by :func:`tell_moments`: offer price, float at listing, purchases, their share of the short,
        the share of it that is exercised, lift, pressure's move, scarcity.
    """
    tell_moments(offers, out[0])
    tell_moments(tradable, out[1])
    tell_moments(purchases, out[2])
    bought, other = np.zeros(offers.shape[0]), np.zeros(offers.shape[0])
    if short > 0.0:
        for i in range(bought.shape[0]):
            bought[i] = purchases[i] / short
            # With only the first day known, what is still short is exercised where the close is above the offer.
            other[i] = 1.0 - bought[i] if closes[i] > offers[i] else 0.0
    tell_moments(bought, out[3])
    tell_moments(other, out[4])
    for i in range(other.shape[0]):
        other[i] = log_closes[i] - pressures[i]
    tell_moments(other, out[5])
    for i in range(other.shape[0]):
        other[i] = pressures[i] - scarcities[i]
    tell_moments(other, out[6])
    tell_moments(scarcities, out[7])
