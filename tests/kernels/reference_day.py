"""The listing day in NumPy and double precision, every step kept: what the kernels must do, written plainly.

Equations (5) to (7) of docs/model.md with momentum and trading halts, all paths at once, from the kernels' normals.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from sim.kernels import rng
from sim.kernels.parameters import DayParameters, KernelParameters
from sim.kernels.rng import fill_normals


class ReferenceDay(NamedTuple):
    """Arrays (1 + steps, paths): log price and lift at the open and after each step."""

    prices: np.ndarray
    lifts: np.ndarray
    halted: np.ndarray


def day_normals(deal: KernelParameters, paths: int) -> np.ndarray:
    """Normals (steps, paths) that the day of each path draws."""
    out = np.empty((deal.day.volatility.size, paths), np.float32)
    fill_normals(np.uint64(0), rng.DAY, deal.key_low, deal.key_high, out)
    return out.astype(np.float64)


def walk(day: DayParameters, normals, pressure, capacity, sigma) -> ReferenceDay:
    """Walk the day from the pressure at the open; ``capacity`` is the lift of the whole short."""

    def supported(y, lift):
        held = (lift < capacity) & (y + lift <= 0.0)
        return np.where(held, 0.0, y + lift)

    y = pressure.copy()
    lift = np.minimum(capacity, day.opening_absorption * np.maximum(-y, 0.0))
    price = opened = supported(y, lift)
    ups, downs = np.append(day.halt_up, np.inf), np.append(day.halt_down, -np.inf)
    momentum, resume = np.zeros((2, y.size))
    halts = np.zeros(y.size, int)
    prices, lifts, halted = [price], [lift], [np.zeros(y.size, bool)]
    for step in range(day.volatility.size):
        move = day.volatility[step] * sigma * normals[step] + day.drift[step] + day.momentum * momentum
        momentum = day.momentum_decay * momentum + (1.0 - day.momentum_decay) * move
        y = y + move
        lift = np.minimum(capacity, lift + day.absorption[step] * np.maximum(-(y + lift), 0.0))
        waiting = step < resume
        price = np.where(waiting, price, supported(y, lift))
        up, down = ups[halts].astype(np.float64), downs[halts].astype(np.float64)
        stops = ~waiting & ((price - opened >= up) | (price - opened <= down)) & (step < day.last_halt_step)
        price = np.where(stops, opened + np.where(price > opened, up, down), price)
        resume = np.where(stops, min(step + day.halt_steps, day.last_halt_step), resume)
        halts = halts + stops
        prices.append(price)
        lifts.append(lift)
        halted.append(waiting | stops)
    return ReferenceDay(np.array(prices), np.array(lifts), np.array(halted))
