"""What is recorded of a path: prices on the tick grid, purchases, minutes, and the terms it opened with."""

from __future__ import annotations

import numpy as np

from sim.kernels._jit import kernel
from sim.kernels.arithmetic import exponential
from sim.kernels.day import AT_OFFER, HIGH, LIFT, LOW, MEAN, OPEN, PRESSURE, PRICE, SQUARE, UNBROKEN
from sim.kernels.demand import is_withdrawn
from sim.kernels.parameters import QUANTITIES
from sim.kernels.stabilisation import purchases
from sim.kernels.ticks import round_to_ticks

_OPEN, _HIGH, _LOW, _CLOSE, _VWAP, _OFFER, _PUBLIC, _PLACING, _ACTIVE, _PURCHASES = (
    QUANTITIES.index(name)
    for name in (
        "open",
        "high",
        "low",
        "close",
        "vwap",
        "offer_price",
        "public_coverage",
        "placing_coverage",
        "active_float",
        "purchases",
    )
)
_AT_OFFER, _UNTIL_BELOW, _PRESSURE_CLOSE, _LOG_CLOSE = (
    QUANTITIES.index(name)
    for name in ("minutes_at_offer", "minutes_until_below", "pressure_close", "log_close")
)


@kernel
def prices_on_ticks(offers, log_prices, ticks, bands, out):
    """Prices of single-precision log prices against the offer price, on the tick grid.

    An agreed offer price may lie between two ticks (202.50 where the tick is 0.20). No price is rounded across it,
    so a price held at the offer is the offer price.
    """
    for i in range(out.shape[0]):
        out[i] = offers[i] * exponential(np.float64(log_prices[i]))
    round_to_ticks(out, ticks, bands)
    for i in range(out.shape[0]):
        crosses_down = log_prices[i] >= np.float32(0) and out[i] < offers[i]
        crosses_up = log_prices[i] <= np.float32(0) and out[i] > offers[i]
        out[i] = offers[i] if crosses_down or crosses_up else out[i]


@kernel
def average_prices(offers, means, squares, out):
    """Volume-weighted average price from the first two moments of the log price over the day's volume.

    ``log VWAP = mean + variance / 2`` is exact to the second cumulant; the third, the skewness of a day's prices
    over its volume, is left out.
    """
    for i in range(out.shape[0]):
        mean = np.float64(means[i])
        variance = np.float64(squares[i]) - mean * mean
        variance = 0.0 if variance < 0.0 else variance
        out[i] = offers[i] * exponential(mean + 0.5 * variance)


@kernel
def bought(tradable, lifts, elasticity, out):
    """Stabilising purchases of each path, fraction of the base offer."""
    for i in range(out.shape[0]):
        out[i] = purchases(tradable[i], np.float64(lifts[i]), elasticity)


@kernel
def blank_withdrawn(terms, log_placing, out):
    """Put NaN into all but the offer price and the coverages of a withdrawn path."""
    for i in range(out.shape[1]):
        if is_withdrawn(terms, log_placing[i]):
            for row in range(out.shape[0]):
                if row != _OFFER and row != _PUBLIC and row != _PLACING:
                    out[row, i] = np.nan


@kernel
def record_block(day, ticks, scratch, bands, out):
    """Turn the state of a block at the close into the recorded quantities."""
    offers = out[_OFFER]
    prices_on_ticks(offers, scratch[OPEN], ticks, bands, out[_OPEN])
    prices_on_ticks(offers, scratch[HIGH], ticks, bands, out[_HIGH])
    prices_on_ticks(offers, scratch[LOW], ticks, bands, out[_LOW])
    prices_on_ticks(offers, scratch[PRICE], ticks, bands, out[_CLOSE])
    average_prices(offers, scratch[MEAN], scratch[SQUARE], out[_VWAP])
    bought(out[_ACTIVE], scratch[LIFT], day.stabilisation_elasticity, out[_PURCHASES])
    for i in range(out.shape[1]):
        out[_AT_OFFER, i] = scratch[AT_OFFER, i]
        out[_PRESSURE_CLOSE, i] = scratch[PRESSURE, i]
        out[_LOG_CLOSE, i] = scratch[PRICE, i]
    for i in range(out.shape[1]):
        out[_UNTIL_BELOW, i] = scratch[UNBROKEN, i] if scratch[LOW, i] < np.float32(0) else np.nan
