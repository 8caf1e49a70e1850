"""The law of the pressure at the close given the open: normal, for the day adds normals to it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sim.kernels.opening import exponentials
from sim.kernels.parameters import DayParameters

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class DayLaw:
    """Law of ``y(1) - y(0)`` given the open: mean ``drift``, variance ``spread`` times the path's ``sigma^2``."""

    day: DayParameters
    drift: float
    spread: float

    @staticmethod
    def of(day: DayParameters) -> DayLaw:
        """Sum the steps of a day, each with what momentum makes of it in the steps after it."""
        steps = day.volatility.size
        gain = (1.0 - day.momentum_decay) * day.momentum
        kept = day.momentum_decay + gain
        later = np.arange(steps)[::-1].astype(np.float64)
        echoes = later if kept == 1.0 else (1.0 - kept**later) / (1.0 - kept)
        response = 1.0 + gain * echoes
        volatility, drift = day.volatility.astype(np.float64), day.drift.astype(np.float64)
        return DayLaw(day, float((response * drift).sum()), float(((response * volatility) ** 2).sum()))

    def variance(self, pressure: Array, volatility_scores: Array) -> Array:
        """Variance of the day's move at a log opening pressure and a normal score of the day's volatility."""
        size = np.minimum(np.abs(pressure), 1.0)
        wildness = np.empty_like(pressure)
        exponentials(2.0 * self.day.sigma_log_sd * volatility_scores, wildness)
        return self.spread * wildness * (self.day.sigma_base + self.day.sigma_slope * size) ** 2
