"""The listing day that every peer simulates, and its plain float64 reference.

The step of MODEL.md section 4, with the greenshoe and without the momentum of the theme: per path the log
pressure `y`, the lift of stabilisation `s` and the log price `x`, all against the offer price,

    y += volatility_j * sigma * z + drift
    s  = min(w, s + a * max(-(y + s), 0))
    x  = 0 if s < w and y + s < 0 else y + s

and from `x` the high, the low, the VWAP, the minutes at the offer price and the minute of the first trade
below it; from `s` at the close the stabilising purchases.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

QUANTITIES = ("high", "low", "close", "vwap", "purchases", "minutes_at_offer", "minutes_before_break")
"""Recorded of each path; `minutes_before_break` is 0 for an open below the offer, steps + 1 for never."""


@dataclass(frozen=True, slots=True)
class DayInputs:
    """A batch of listing days just after the open.

    Parameters
    ----------
    pressure
        (paths,) float32, log of demand over float at the open against the offer price, by elasticity.
    sigma
        (paths,) float32, intraday volatility of the whole day.
    volatility
        (steps,) float32, share of `sigma` in each minute; the squares add up to one.
    weight
        (steps,) float32, share of the day's volume in each minute; adds up to one.
    drift
        Drift of `y` a minute.
    lift_bound
        `w`, lift when the whole short position is covered.
    opening_share
        `lambda0`, share of the excess supply that reaches the bid in the opening auction.
    selling_rate
        `a`, share of the excess supply that reaches the bid in a minute.
    elasticity, float_shares
        `eta` and `F0` (in base offers) of purchases = F0 (1 - exp(-eta s)).
    """

    pressure: NDArray[np.float32]
    sigma: NDArray[np.float32]
    volatility: NDArray[np.float32]
    weight: NDArray[np.float32]
    drift: np.float32
    lift_bound: np.float32
    opening_share: np.float32
    selling_rate: np.float32
    elasticity: np.float32
    float_shares: np.float32


def day_inputs(paths: int, steps: int, seed: int = 0) -> DayInputs:
    """Make the inputs of `paths` listing days that open near the offer price, where every branch is taken.

    Numbers of a usual deal, not of a fit: opens with mean 5% and standard deviation 20%, a U-shaped profile
    of volatility with a peak at the open, and a flatter one of volume.

    Parameters
    ----------
    paths, steps
        Size of the batch; minutes of the day.
    seed
        Seed of the opens.
    """
    pressure = np.random.default_rng(seed).normal(0.05, 0.2, paths).astype(np.float32)
    time_of_day = (np.arange(steps) + 0.5) / steps
    shape = 1.0 + 2.0 * np.exp(-time_of_day * 12.0) + 4.0 * (time_of_day - 0.6) ** 2
    volume = np.sqrt(shape)
    return DayInputs(
        pressure=pressure,
        sigma=np.float32(0.11) + np.float32(0.09) * np.minimum(np.abs(pressure), np.float32(1.0)),
        volatility=(shape / np.sqrt(np.sum(shape**2))).astype(np.float32),
        weight=(volume / volume.sum()).astype(np.float32),
        drift=np.float32(-0.01 / steps),
        lift_bound=np.float32(0.03),
        opening_share=np.float32(0.3),
        selling_rate=np.float32(5.0 / steps),
        elasticity=np.float32(1.5),
        float_shares=np.float32(0.9),
    )


def reference_day(inputs: DayInputs, seed: int) -> dict[str, NDArray[Any]]:
    """Simulate the day in float64, one line a formula, with NumPy's own normals.

    Returns
    -------
    dict
        One (paths,) array for each of :data:`QUANTITIES`.
    """
    rng = np.random.default_rng(seed)
    bound, rate = float(inputs.lift_bound), float(inputs.selling_rate)
    pressure = inputs.pressure.astype(float)
    lift = np.minimum(bound, float(inputs.opening_share) * np.maximum(-pressure, 0.0))
    price = np.where((lift < bound) & (pressure + lift < 0.0), 0.0, pressure + lift)
    high, low, vwap = price.copy(), price.copy(), np.zeros_like(price)
    at_offer, before_break = np.zeros(price.size, np.int64), (low >= 0.0).astype(np.int64)
    for volatility, weight in zip(inputs.volatility.tolist(), inputs.weight.tolist(), strict=True):
        pressure += volatility * inputs.sigma * rng.standard_normal(price.size) + float(inputs.drift)
        lift = np.minimum(bound, lift + rate * np.maximum(-(pressure + lift), 0.0))
        price = np.where((lift < bound) & (pressure + lift < 0.0), 0.0, pressure + lift)
        high, low = np.maximum(high, price), np.minimum(low, price)
        vwap += weight * price
        at_offer += price == 0.0
        before_break += low >= 0.0
    return {
        "high": high,
        "low": low,
        "close": price,
        "vwap": vwap,
        "purchases": float(inputs.float_shares) * -np.expm1(-float(inputs.elasticity) * lift),
        "minutes_at_offer": at_offer,
        "minutes_before_break": before_break,
    }
