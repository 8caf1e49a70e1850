"""After the first day: daily steps to the end of the stabilisation period and on to the expiry of the lock-up.

The pressure ``y`` goes on from the close of the first day, one step a trading day. While the stabilisation period
lasts the manager bids at the offer price as on the first day. At its end what is still short is covered: by the
option, at the offer price, where the share stands above it; in the market otherwise, which lifts the price as any
purchase does. When a locked tranche comes free the float grows by what is sold of it, and the price falls by
``(1/eta) log((F + sold) / F)``, less the part that buyers had seen coming.
"""

from __future__ import annotations

import numpy as np

from sim.kernels._jit import kernel, scalar
from sim.kernels.arithmetic import exponential, logarithm
from sim.kernels.day import CAPACITY, LANES, LIFT, OPEN, PRESSURE
from sim.kernels.parameters import QUANTITIES
from sim.kernels.rng import (
    AFTERMARKET,
    AFTERMARKET_VOLATILITY,
    normal_pair,
    normal_pair_single,
    path_words,
    philox,
)
from sim.kernels.stabilisation import lift_after, purchases, supported_price
from sim.kernels.ticks import round_to_ticks

_OFFER, _LOCKED, _ACTIVE = (QUANTITIES.index(q) for q in ("offer_price", "cornerstones", "active_float"))
_END, _BEFORE, _EXPIRY, _TOTAL, _EXERCISED, _GAIN, _EXHAUSTED = (
    QUANTITIES.index(q)
    for q in (
        "stabilisation_close",
        "before_expiry",
        "expiry_close",
        "purchases_total",
        "exercised",
        "manager_gain",
        "exhausted_day",
    )
)
_F = np.float32
_ZERO = np.float32(0)
_HALF = np.float32(0.5)


@kernel
def draw_daily_volatility(first_path, key_low, key_high, after, sigma):
    """Daily volatility of each path, log-normal around the market's and at most ``volatility_most``."""
    for i in range(sigma.shape[0]):
        low, high = path_words(np.uint64(first_path + np.uint64(i)))
        b0, b1, b2, b3 = philox(low, high, np.uint32(0), AFTERMARKET_VOLATILITY, key_low, key_high)
        z, _ = normal_pair(b0, b1, b2, b3)
        own = after.volatility * exponential(after.volatility_log_sd * z)
        sigma[i] = _F(own if own < after.volatility_most else after.volatility_most)


@scalar
def daily_move(pressure, normal, sigma, drift):
    """Pressure after a day; ``drift`` is of the expected price: a wild path has a lower median, not a higher mean."""
    return pressure + (sigma * normal + (drift - _HALF * sigma * sigma))


@kernel
def draw_days(first_path, block, key_low, key_high, normals):
    """Normals of four days of every lane, (4, lanes)."""
    first_word, high_word = path_words(first_path)
    for i in range(normals.shape[1]):
        low_word = np.uint32(first_word + np.uint32(i))
        b0, b1, b2, b3 = philox(low_word, high_word, np.uint32(block), AFTERMARKET, key_low, key_high)
        normals[0, i], normals[1, i] = normal_pair_single(b0, b1)
        normals[2, i], normals[3, i] = normal_pair_single(b2, b3)


@kernel
def stabilised_day(normals, sigma, drift, absorption, day, scratch, exhausted):
    """One day while the manager bids; the first day on which the short is used up is kept."""
    for i in range(sigma.shape[0]):
        pressure = daily_move(scratch[PRESSURE, i], normals[i], sigma[i], drift)
        capacity = scratch[CAPACITY, i]
        lift = lift_after(pressure, scratch[LIFT, i], capacity, absorption)
        now = day if lift >= capacity else exhausted[i]
        exhausted[i] = now if exhausted[i] < _ZERO else exhausted[i]
        scratch[PRESSURE, i], scratch[LIFT, i] = pressure, lift


@kernel
def free_day(normals, sigma, drift, scratch):
    """One day after the stabilisation period."""
    for i in range(sigma.shape[0]):
        scratch[PRESSURE, i] = daily_move(scratch[PRESSURE, i], normals[i], sigma[i], drift)


@kernel
def cover_short(terms, day, scratch, out):
    """End the stabilisation period: exercise above the offer price, buy in the market at or below it."""
    elasticity, short = day.stabilisation_elasticity, terms.over_allotment
    for i in range(out.shape[1]):
        price = supported_price(scratch[PRESSURE, i], scratch[LIFT, i], scratch[CAPACITY, i])
        bought = purchases(out[_ACTIVE, i], np.float64(scratch[LIFT, i]), elasticity)
        bought = bought if bought < short else short
        left = short - bought
        above = price > _ZERO
        scratch[LIFT, i] = scratch[LIFT, i] if above else scratch[CAPACITY, i]
        # Bought under the offer price: all of the short in an auction that broke, the rest at the end.
        ended = np.float64(price if above else scratch[PRESSURE, i] + scratch[LIFT, i])
        opened = np.float64(scratch[OPEN, i])
        opened = opened if opened < 0.0 else 0.0
        cheaper = 0.0 if above else 1.0 - exponential(ended if ended < 0.0 else 0.0)
        out[_END, i] = out[_OFFER, i] * exponential(ended)
        out[_TOTAL, i] = bought if above else short
        out[_EXERCISED, i] = left if above else 0.0
        out[_GAIN, i] = out[_OFFER, i] * (bought * (1.0 - exponential(opened)) + left * cheaper)


@kernel
def unlock(terms, after, elasticity, tranche, scratch, out):
    """Bring a locked tranche to market: the price falls by what its sold shares add to the float."""
    surprise = (1.0 - after.anticipated) / elasticity
    money, fixed = after.unlock_money[tranche], after.unlock_fixed[tranche]
    for i in range(out.shape[1]):
        released = fixed + money * (out[_LOCKED, i] - terms.locked)
        fall = surprise * logarithm(1.0 + after.sold * released / out[_ACTIVE, i])
        scratch[PRESSURE, i] = _F(np.float64(scratch[PRESSURE, i]) - fall)


@kernel
def free_prices(scratch, row, offers, out):
    """Prices without a bid, into a row of ``out``."""
    for i in range(offers.shape[0]):
        out[row, i] = offers[i] * exponential(np.float64(scratch[PRESSURE, i] + scratch[LIFT, i]))


@kernel
def walk_aftermarket(first_path, key_low, key_high, demand, terms, day, ticks, after, scratch, out):
    """Follow a block from the close of the first day to the horizon, and record it."""
    normals = np.empty((4, LANES), np.float32)
    sigma, exhausted = np.empty(LANES, np.float32), np.empty(LANES, np.float32)
    draw_daily_volatility(first_path, key_low, key_high, after, sigma)
    drift, absorption = _F(after.drift), _F(after.absorption)
    for i in range(LANES):
        used = terms.over_allotment > 0.0 and scratch[LIFT, i] >= scratch[CAPACITY, i]
        exhausted[i] = _ZERO if used else _F(-1)
    if after.stabilisation_days == 0:
        cover_short(terms, day, scratch, out)
    for step in range(after.days):
        if step % 4 == 0:
            draw_days(first_path, step // 4, key_low, key_high, normals)
        z = normals[step % 4]
        if step < after.stabilisation_days:
            stabilised_day(z, sigma, drift, absorption, _F(step + 1), scratch, exhausted)
            if step + 1 == after.stabilisation_days:
                cover_short(terms, day, scratch, out)
        else:
            free_day(z, sigma, drift, scratch)
        if step + 1 == after.days:
            free_prices(scratch, _BEFORE, out[_OFFER], out)
        for tranche in range(after.unlock_days.shape[0]):
            if after.unlock_days[tranche] == step + 1:
                unlock(terms, after, demand.elasticity, tranche, scratch, out)
    free_prices(scratch, _EXPIRY, out[_OFFER], out)
    for row in (_END, _BEFORE, _EXPIRY):
        round_to_ticks(out[row], ticks)
    none = terms.over_allotment == 0.0
    for i in range(LANES):
        out[_EXHAUSTED, i] = np.nan if none or exhausted[i] < _ZERO else np.float64(exhausted[i])


@kernel
def no_aftermarket(out):
    """Put NaN into what only the days after the first would tell."""
    for row in (_END, _BEFORE, _EXPIRY, _TOTAL, _EXERCISED, _GAIN, _EXHAUSTED):
        for i in range(out.shape[1]):
            out[row, i] = np.nan
