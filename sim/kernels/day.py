"""The listing day: equation (7) of docs/model.md over the steps of a venue's sessions, one block of lanes at a time.

A block holds the state of ``LANES`` paths as rows of single-precision scratch. Steps are taken four at a time, as
many as one Philox call serves, with the state of a lane in registers; the loop over lanes is what LLVM
vectorises. :func:`advance` is the common day; :func:`advance_with_memory` also carries momentum and halts, and
with neither gives the same bits.
"""

from __future__ import annotations

import numpy as np

from sim.kernels._jit import kernel, scalar
from sim.kernels.arithmetic import exponential
from sim.kernels.rng import DAY, normal_pair_single, path_words, philox
from sim.kernels.stabilisation import lift_after, supported_price

LANES = 256

# Rows of the scratch of a block.
PRESSURE, LIFT, CAPACITY, SIGMA, HIGH, LOW, OPEN = 0, 1, 2, 3, 4, 5, 6
MEAN, SQUARE, AT_OFFER, UNBROKEN = 7, 8, 9, 10
MOMENTUM, HALTS, RESUME, PRICE = 11, 12, 13, 14
ROWS = 15

_F = np.float32
_ZERO = np.float32(0)


@scalar
def record(price, high, low, mean, square, at_offer, unbroken, volume, minutes):
    """What is kept of a step: extremes, volume-weighted moments, minutes at the offer and before a break."""
    high = price if price > high else high
    low = price if price < low else low
    weighted = volume * price
    mean = mean + weighted
    square = square + weighted * price
    at_offer = at_offer + (minutes if price == _ZERO else _ZERO)
    unbroken = unbroken + (minutes if low >= _ZERO else _ZERO)
    return high, low, mean, square, at_offer, unbroken


@scalar
def step(state, normal, sigma, capacity, volatility, drift, volume, absorption, minutes):
    """One step of a path without memory; ``state`` is the tuple that :func:`advance` carries."""
    pressure, lift, high, low, mean, square, at_offer, unbroken = state
    pressure = pressure + (volatility * sigma * normal + drift)
    lift = lift_after(pressure, lift, capacity, absorption)
    price = supported_price(pressure, lift, capacity)
    high, low, mean, square, at_offer, unbroken = record(
        price, high, low, mean, square, at_offer, unbroken, volume, minutes
    )
    return pressure, lift, high, low, mean, square, at_offer, unbroken


@kernel
def open_block(pressure, capacity, spare, day, scratch):
    """Open the lanes: ``pressure`` is ``y(0)``, ``capacity`` the lift of the whole short, ``spare`` a normal.

    The three are double precision; ``spare`` scales the volatility of the path's day.
    """
    for i in range(scratch.shape[1]):
        scratch[SIGMA, i] = exponential(day.sigma_log_sd * spare[i])
    absorption = _F(day.opening_absorption)
    sigma_base, sigma_slope = _F(day.sigma_base), _F(day.sigma_slope)
    volume = _F(day.opening_volume)
    for i in range(scratch.shape[1]):
        y, w = _F(pressure[i]), _F(capacity[i])
        lift = lift_after(y, _ZERO, w, absorption)
        price = supported_price(y, lift, w)
        magnitude = -y if y < _ZERO else y
        magnitude = _F(1) if magnitude > _F(1) else magnitude
        scratch[PRESSURE, i], scratch[LIFT, i], scratch[CAPACITY, i] = y, lift, w
        scratch[SIGMA, i] *= sigma_base + sigma_slope * magnitude
        scratch[OPEN, i], scratch[HIGH, i], scratch[LOW, i], scratch[PRICE, i] = price, price, price, price
        scratch[MEAN, i], scratch[SQUARE, i] = volume * price, volume * price * price
        scratch[AT_OFFER, i], scratch[UNBROKEN, i] = _ZERO, _ZERO
        scratch[MOMENTUM, i], scratch[HALTS, i], scratch[RESUME, i] = _ZERO, _ZERO, _ZERO


@kernel
def advance(first_path, block, key_low, key_high, day, scratch):
    """Four steps of every lane, from step ``4 block`` on, for a day without momentum or halts.

    No block crosses a multiple of 2**32 paths (:func:`sim.kernels.driver.simulate_range` sees to it): the high word
    of the path is the same in every lane, which saves the first rounds of Philox half their products.
    """
    first_word, high_word = path_words(first_path)
    j = 4 * block
    v0, v1, v2, v3 = day.volatility[j], day.volatility[j + 1], day.volatility[j + 2], day.volatility[j + 3]
    d0, d1, d2, d3 = day.drift[j], day.drift[j + 1], day.drift[j + 2], day.drift[j + 3]
    q0, q1, q2, q3 = day.volume[j], day.volume[j + 1], day.volume[j + 2], day.volume[j + 3]
    a0, a1, a2, a3 = day.absorption[j], day.absorption[j + 1], day.absorption[j + 2], day.absorption[j + 3]
    m0, m1, m2, m3 = day.minutes[j], day.minutes[j + 1], day.minutes[j + 2], day.minutes[j + 3]
    for i in range(scratch.shape[1]):
        low_word = np.uint32(first_word + np.uint32(i))
        b0, b1, b2, b3 = philox(low_word, high_word, np.uint32(block), DAY, key_low, key_high)
        z0, z1 = normal_pair_single(b0, b1)
        z2, z3 = normal_pair_single(b2, b3)
        sigma, capacity = scratch[SIGMA, i], scratch[CAPACITY, i]
        state = (
            scratch[PRESSURE, i],
            scratch[LIFT, i],
            scratch[HIGH, i],
            scratch[LOW, i],
            scratch[MEAN, i],
            scratch[SQUARE, i],
            scratch[AT_OFFER, i],
            scratch[UNBROKEN, i],
        )
        state = step(state, z0, sigma, capacity, v0, d0, q0, a0, m0)
        state = step(state, z1, sigma, capacity, v1, d1, q1, a1, m1)
        state = step(state, z2, sigma, capacity, v2, d2, q2, a2, m2)
        state = step(state, z3, sigma, capacity, v3, d3, q3, a3, m3)
        (
            scratch[PRESSURE, i],
            scratch[LIFT, i],
            scratch[HIGH, i],
            scratch[LOW, i],
            scratch[MEAN, i],
            scratch[SQUARE, i],
            scratch[AT_OFFER, i],
            scratch[UNBROKEN, i],
        ) = state


@scalar
def halted_price(price, held, opened, halts, resume, now, up, down, halt_steps, last_halt_step):
    """Price, halts so far and step of resumption, where a move of ``up`` or ``down`` from the open halts trading."""
    if now < resume:
        return held, halts, resume
    rose, fell = price - opened >= up, price - opened <= down
    if rose or fell:
        price = opened + up if rose else opened + down
        halts = halts + _F(1)
        resume = now + halt_steps
        resume = last_halt_step if resume > last_halt_step else resume
    return price, halts, resume


@kernel
def advance_with_memory(first_path, block, key_low, key_high, day, scratch):
    """Four steps of every lane with momentum (``phi_m`` of equation 7) and the venue's trading halts."""
    phi, decay = _F(day.momentum), _F(day.momentum_decay)
    halt_steps, last_halt_step = _F(day.halt_steps), _F(day.last_halt_step)
    levels = day.halt_up.shape[0]
    first_word, high_word = path_words(first_path)
    for i in range(scratch.shape[1]):
        low_word = np.uint32(first_word + np.uint32(i))
        b0, b1, b2, b3 = philox(low_word, high_word, np.uint32(block), DAY, key_low, key_high)
        z0, z1 = normal_pair_single(b0, b1)
        z2, z3 = normal_pair_single(b2, b3)
        capacity = scratch[CAPACITY, i]
        for k in range(4):
            j = 4 * block + k
            normal = z0 if k == 0 else (z1 if k == 1 else (z2 if k == 2 else z3))
            noise = day.volatility[j] * scratch[SIGMA, i] * normal + day.drift[j]
            move = noise + phi * scratch[MOMENTUM, i]
            scratch[MOMENTUM, i] = decay * scratch[MOMENTUM, i] + (_F(1) - decay) * move
            pressure = scratch[PRESSURE, i] + move
            lift = lift_after(pressure, scratch[LIFT, i], capacity, day.absorption[j])
            price = supported_price(pressure, lift, capacity)
            level = int(scratch[HALTS, i])
            now = _F(j)
            # From last_halt_step on no halt begins: a move in the closing auction is not cut at a halt's level.
            if (level < levels and now < last_halt_step) or now < scratch[RESUME, i]:
                # A halt in force outlasts the last level; its own level is the one that has just been passed.
                level = level if level < levels else levels - 1
                price, scratch[HALTS, i], scratch[RESUME, i] = halted_price(
                    price,
                    scratch[PRICE, i],
                    scratch[OPEN, i],
                    scratch[HALTS, i],
                    scratch[RESUME, i],
                    now,
                    day.halt_up[level],
                    day.halt_down[level],
                    halt_steps,
                    last_halt_step,
                )
            scratch[PRESSURE, i], scratch[LIFT, i], scratch[PRICE, i] = pressure, lift, price
            (
                scratch[HIGH, i],
                scratch[LOW, i],
                scratch[MEAN, i],
                scratch[SQUARE, i],
                scratch[AT_OFFER, i],
                scratch[UNBROKEN, i],
            ) = record(
                price,
                scratch[HIGH, i],
                scratch[LOW, i],
                scratch[MEAN, i],
                scratch[SQUARE, i],
                scratch[AT_OFFER, i],
                scratch[UNBROKEN, i],
                day.volume[j],
                day.minutes[j],
            )


@kernel
def closing_prices(day, scratch):
    """Bring the row ``PRICE`` up to date; the common day leaves it to this, its halted twin keeps it itself."""
    if day.halt_up.shape[0] == 0:
        for i in range(scratch.shape[1]):
            scratch[PRICE, i] = supported_price(scratch[PRESSURE, i], scratch[LIFT, i], scratch[CAPACITY, i])
