"""After the first day: daily steps to the end of the stabilisation period and on to the expiry of the lock-up.

The pressure ``y`` goes on from the close of the first day, one step a trading day. While the stabilisation period
lasts the manager bids at the offer price as on the first day, until a close well above it, when the option is
exercised for all that is still short. At its end what is still short is covered: in the
market as far as shares are offered at or below the offer price, which lifts the price as any purchase does; by the
option, at the offer price, for the rest. When a locked tranche comes free the float grows by what is sold of it, and
the price falls by ``(1/eta) log((F + sold) / F)``, less the part that buyers had seen coming.
"""

from __future__ import annotations

import numpy as np

from sim.kernels._jit import kernel, scalar
from sim.kernels.arithmetic import exponential, logarithm
from sim.kernels.day import CAPACITY, LIFT, MEAN, MOMENTUM, OPEN, PRESSURE, PRICE, SIGMA
from sim.kernels.parameters import QUANTITIES
from sim.kernels.recording import prices_on_ticks
from sim.kernels.rng import (
    AFTERMARKET,
    AFTERMARKET_VOLATILITY,
    normal_pair,
    normal_pair_single,
    path_words,
    philox,
)
from sim.kernels.stabilisation import lift_after, purchases

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
_ONE = np.float32(1)
# Rows of the scratch that the first day is done with.
_NORMALS, _USED_UP = MEAN, MOMENTUM
_COVERED = 1.0 - 1e-5
# Days on which the short was used up are not negative.
_SHORT, _LEFT = np.float32(-1), np.float32(-2)


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
def exercise_early(level, scratch, exhausted):
    """Exercise what is still short where the share closed well above its offer price, and leave the market.

    A short that is closed has no capacity left: no later purchase, and no price held.
    """
    for i in range(exhausted.shape[0]):
        pressure, lift, capacity = scratch[PRESSURE, i], scratch[LIFT, i], scratch[CAPACITY, i]
        leaves = exhausted[i] == _SHORT and lift < capacity and pressure + lift > level
        scratch[CAPACITY, i] = lift if leaves else capacity
        exhausted[i] = _LEFT if leaves else exhausted[i]


@kernel
def stabilised_day(normals, sigma, drift, absorption, day, scratch, exhausted):
    """One day while the manager bids; the first day on which the short is used up is kept."""
    for i in range(sigma.shape[0]):
        pressure = daily_move(scratch[PRESSURE, i], normals[i], sigma[i], drift)
        capacity = scratch[CAPACITY, i]
        lift = lift_after(pressure, scratch[LIFT, i], capacity, absorption)
        now = day if lift >= capacity else exhausted[i]
        exhausted[i] = now if exhausted[i] == _SHORT else exhausted[i]
        scratch[PRESSURE, i], scratch[LIFT, i] = pressure, lift


@kernel
def free_day(normals, sigma, drift, scratch):
    """One day after the stabilisation period."""
    for i in range(sigma.shape[0]):
        scratch[PRESSURE, i] = daily_move(scratch[PRESSURE, i], normals[i], sigma[i], drift)


@kernel
def cover_short(terms, day, ticks, scratch, bands, out):
    """End the stabilisation period: buy what is offered at or below the offer price, exercise for the rest.

    Where the share stands above its offer price nothing is offered there. Where it is still held at it, the last
    purchases bring it to where it stands without a bid; buying more would cost more than exercising.
    """
    elasticity, short = day.stabilisation_elasticity, terms.over_allotment
    for i in range(out.shape[1]):
        pressure, capacity = scratch[PRESSURE, i], scratch[CAPACITY, i]
        below = pressure + scratch[LIFT, i] < _ZERO
        lift = lift_after(pressure, scratch[LIFT, i], capacity, _ONE)
        held = below and lift < capacity
        scratch[LIFT, i] = lift
        bought = purchases(out[_ACTIVE, i], np.float64(lift), elasticity)
        # All of the short, but for the single precision of the lift; less where the float is too small for it.
        bought = short if bought > _COVERED * short else bought
        # Bought below the offer price only in an opening auction that broke; the bid never stands lower later.
        opened = np.float64(scratch[OPEN, i])
        opened = opened if opened < 0.0 else 0.0
        # Single precision leaves a held price a hair off the offer price.
        scratch[PRICE, i] = _ZERO if held else pressure + lift
        out[_TOTAL, i] = bought
        out[_EXERCISED, i] = short - bought
        out[_GAIN, i] = out[_OFFER, i] * bought * (1.0 - exponential(opened))
    prices_on_ticks(out[_OFFER], scratch[PRICE], ticks, bands, out[_END])


@kernel
def unlock(terms, after, elasticity, tranche, scratch, out):
    """Bring a locked tranche to market: the price falls by what its sold shares add to the float.

    Tranches come in the order of their days; the float holds what was sold of the earlier ones.
    """
    surprise = (1.0 - after.anticipated) / elasticity
    money, fixed = after.unlock_money[tranche], after.unlock_fixed[tranche]
    earlier_money, earlier_fixed = 0.0, 0.0
    for k in range(tranche):
        earlier_money += after.unlock_money[k]
        earlier_fixed += after.unlock_fixed[k]
    for i in range(out.shape[1]):
        bought = out[_LOCKED, i] - terms.locked
        float_before = out[_ACTIVE, i] + after.sold * (earlier_fixed + earlier_money * bought)
        fall = surprise * logarithm(1.0 + after.sold * (fixed + money * bought) / float_before)
        scratch[PRESSURE, i] = _F(np.float64(scratch[PRESSURE, i]) - fall)


@kernel
def free_prices(scratch, offers, ticks, bands, out):
    """Prices without a bid, on the tick grid."""
    for i in range(out.shape[0]):
        scratch[PRICE, i] = scratch[PRESSURE, i] + scratch[LIFT, i]
    prices_on_ticks(offers, scratch[PRICE], ticks, bands, out)


@kernel
def walk_aftermarket(first_path, key_low, key_high, demand, terms, day, ticks, after, scratch, bands, out):
    """Follow a block from the close of the first day to the horizon, and record it.

    Rows that the first day has no more use for hold the normals, the daily volatility and the day of exhaustion.
    """
    lanes = scratch.shape[1]
    normals, sigma, exhausted = scratch[_NORMALS : _NORMALS + 4], scratch[SIGMA], scratch[_USED_UP]
    draw_daily_volatility(first_path, key_low, key_high, after, sigma)
    drift, absorption, level = _F(after.drift), _F(after.absorption), _F(after.exercise_above)
    for i in range(lanes):
        used = terms.over_allotment > 0.0 and scratch[LIFT, i] >= scratch[CAPACITY, i]
        exhausted[i] = _ZERO if used else _SHORT
    exercise_early(level, scratch, exhausted)
    if after.stabilisation_days == 0:
        cover_short(terms, day, ticks, scratch, bands, out)
    for step in range(after.days):
        if step % 4 == 0:
            draw_days(first_path, step // 4, key_low, key_high, normals)
        z = normals[step % 4]
        if step < after.stabilisation_days:
            stabilised_day(z, sigma, drift, absorption, _F(step + 1), scratch, exhausted)
            exercise_early(level, scratch, exhausted)
            if step + 1 == after.stabilisation_days:
                cover_short(terms, day, ticks, scratch, bands, out)
        else:
            free_day(z, sigma, drift, scratch)
        if step + 1 == after.days:
            free_prices(scratch, out[_OFFER], ticks, bands, out[_BEFORE])
        for tranche in range(after.unlock_days.shape[0]):
            if after.unlock_days[tranche] == step + 1:
                unlock(terms, after, demand.elasticity, tranche, scratch, out)
    free_prices(scratch, out[_OFFER], ticks, bands, out[_EXPIRY])
    none = terms.over_allotment == 0.0
    for i in range(lanes):
        out[_EXHAUSTED, i] = np.nan if none or exhausted[i] < _ZERO else np.float64(exhausted[i])


@kernel
def no_aftermarket(out):
    """Put NaN into what only the days after the first would tell."""
    for row in (_END, _BEFORE, _EXPIRY, _TOTAL, _EXERCISED, _GAIN, _EXHAUSTED):
        for i in range(out.shape[1]):
            out[row, i] = np.nan
