"""Likelihood of the listing day: move from open to close, and range from low to high.

The volatility of a day is ``exp(volatility) exp(volatility_sd z)`` with one normal ``z`` a day, so that the move
is a scale mixture of normals, integrated by Gauss and Hermite. The log of the range of a Brownian motion over its
volatility has a mean of 0.42; here it is estimated (``range_level``), since prices are watched in ticks and a day
is not a Brownian motion. Deals that the stabilising bid may have held carry no move.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sim.market.fit.blocks import Block, LogLikelihood, Prior, Values
from sim.market.fit.data import FitData

Array = NDArray[np.float64]

DAY = Block(
    {
        "drift": Prior(-0.02, 0.03),
        "drift_size": Prior(0.0, 0.05),
        "volatility": Prior(-2.0, 0.5),
        "volatility_size": Prior(-0.3, 0.3),
        "volatility_heat": Prior(0.0, 0.6),
        "log_volatility_sd": Prior(-1.2, 0.5),
        "range_level": Prior(0.45, 0.2),
        "log_range_sd": Prior(-1.0, 0.5),
    }
)

HELD_ABOVE = -0.1
"""Between this log return and zero at the open the bid may have hidden the move."""
LEAST_RANGE = 0.01
NODES = 24


def day_log_likelihood(data: FitData, stabilised: bool = True) -> LogLikelihood:
    """Weighted log-likelihood of moves and ranges of deals whose open is known.

    Parameters
    ----------
    data
        Deals with an open.
    stabilised
        Whether a stabilising manager bids; without, every move counts.
    """
    from scipy.special import logsumexp

    points, weights = np.polynomial.hermite_e.hermegauss(NODES)
    log_weights = np.log(weights / weights.sum())
    move = (data.closed - data.opened)[:, None]
    free = (data.opened > 0) | (data.opened < HELD_ABOVE) | (not stabilised)
    ranged = np.isfinite(data.log_range)
    log_range = np.log(np.maximum(np.nan_to_num(data.log_range, nan=0.1), LEAST_RANGE))

    def log_likelihood(values: Values) -> Array:
        drift = (values["drift"] + values["drift_size"] * data.size)[..., None]
        log_scale = (
            values["volatility"]
            + values["volatility_size"] * data.size
            + values["volatility_heat"] * data.heat
        )
        log_sd = log_scale[..., None] + np.exp(values["log_volatility_sd"])[..., None] * points
        density = -0.5 * ((move - drift) * np.exp(-log_sd)) ** 2 - log_sd - 0.5 * np.log(2 * np.pi)
        out = free * logsumexp(density + log_weights, axis=-1)
        sd = np.exp(values["log_range_sd"])
        z = (log_range - values["range_level"] - log_scale) / sd
        out = out + ranged * (-0.5 * z**2 - np.log(sd) - 0.5 * np.log(2 * np.pi))
        return np.asarray((data.weight * out).sum(axis=1), dtype=np.float64)

    return log_likelihood
