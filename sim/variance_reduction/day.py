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

    @property
    def has_memory(self) -> bool:
        """Whether a move goes on into later steps."""
        return self.day.momentum != 0.0

    def fallen(self, by: float) -> DayParameters:
        """The day with a log price that is expected to end lower by ``by``, each step in the share of its variance.

        Without memory only: see :meth:`log_ratio`.
        """
        share = self.day.volatility.astype(np.float64) ** 2 / self.spread
        return self.day._replace(drift=(self.day.drift - by * share).astype(np.float32))

    def log_ratio(self, by: float, pressure: Array, closed: Array, variance: Array) -> Array:
        """``log(g / f)`` of a day seen from its ends, ``g`` the law of :meth:`fallen` and ``f`` the day's own.

        Each normal is moved in proportion to its volatility, so the likelihood ratio (Girsanov) depends on the steps
        through their sum alone.
        """
        move = closed - pressure - self.drift
        return -by * (move + 0.5 * by) / variance

    def variance(self, pressure: Array, volatility_scores: Array) -> Array:
        """Variance of the day's move at a log opening pressure and a normal score of the day's volatility."""
        size = np.minimum(np.abs(pressure), 1.0)
        wildness = np.empty_like(pressure)
        exponentials(2.0 * self.day.sigma_log_sd * volatility_scores, wildness)
        return self.spread * wildness * (self.day.sigma_base + self.day.sigma_slope * size) ** 2
