"""Two samples of one law, or not: the Kolmogorov-Smirnov test at a false-alarm rate under 1e-6."""

from __future__ import annotations

import math

import numpy as np
from scipy.stats import ks_2samp

from sim.engine import BLOCK_PATHS, batches, prepare
from sim.kernels.parameters import QUANTITIES
from sim.market.parameters import Market
from sim.scenario import Scenario

FALSE_ALARM = 1e-6


def distance(one: np.ndarray, other: np.ndarray) -> float:
    """Largest distance of the two empirical distributions."""
    return float(ks_2samp(one, other, method="asymp").statistic)


def threshold(one: np.ndarray, other: np.ndarray) -> float:
    """Distance that samples of one law exceed with a probability of at most :data:`FALSE_ALARM`.

    The tail of the Kolmogorov distribution is at most ``2 exp(-2 x^2)``, ``x`` the distance over
    ``sqrt((n + m) / (n m))``; atoms only make it smaller.
    """
    return math.sqrt(math.log(2.0 / FALSE_ALARM) / 2.0 * (one.size + other.size) / (one.size * other.size))


def same_law(one: np.ndarray, other: np.ndarray) -> bool:
    """Whether the two samples pass for draws of one law."""
    assert min(one.size, other.size) > 5_000
    return distance(one, other) <= threshold(one, other)


def sees(one: np.ndarray, other: np.ndarray, shift: float = 0.1, stretch: float = 1.1) -> bool:
    """Whether the test would notice the first sample off by a tenth of its deviation, or a tenth too wide."""
    centre, sd = float(np.median(one)), float(one.std())
    stretched = centre + stretch * (one - centre)
    return not same_law(one + shift * sd, other) and not same_law(stretched, other)


def simulated(scenario: Scenario, market: Market, paths: int) -> dict[str, np.ndarray]:
    """Recorded quantities of the first paths of a scenario, and its opening pressure ``y(0)``."""
    plan = prepare(scenario, market)
    values = np.concatenate(
        [batch.values.copy() for batch in batches(plan, paths, 8 * BLOCK_PATHS, threads=2)], axis=1
    )
    recorded = dict(zip(QUANTITIES, values, strict=True))
    recorded["pressure"] = recorded["scarcity"] + recorded["valuation"]
    return recorded
