"""Likelihood of the open given the grey-market close, the pressure's own parameters held.

``grey = m + bias + slope (y(0) - m) + exp(noise) t`` with ``m`` the pressure's location at allotment. Given the
scales of the two Student draws everything is Gaussian; the scales are laid out as equally likely nodes.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sim.market.fit.blocks import Block, LogLikelihood, Prior, Values
from sim.market.fit.data import FitData
from sim.market.fit.pressure import (
    LEAST_MASS,
    PINNED_WIDTH,
    degrees_of,
    full_lift,
    location,
    scale,
)

Array = NDArray[np.float64]

GREY = Block(
    {
        "bias": Prior(0.0, 0.03),
        "slope": Prior(1.0, 0.05),
        "log_noise": Prior(-2.8, 0.5),
        "noise_size": Prior(0.0, 0.2),
        "log_noise_degrees": Prior(1.0, 0.7),
    }
)
"""``degrees of freedom = 2.1 + exp(log_noise_degrees)``."""

NODES = 5


def variance_nodes(degrees: Array, count: int) -> Array:
    """``count`` equally likely values of ``degrees / chi2(degrees)``, along a new last axis."""
    from scipy.special import gammaincinv

    nu = np.asarray(degrees)[..., None]
    middles = (np.arange(count) + 0.5) / count
    return np.asarray(nu / (2 * gammaincinv(nu / 2, middles)), dtype=np.float64)


def grey_log_likelihood(data: FitData, pressure: Values) -> LogLikelihood:
    """Weighted log-likelihood of the opens of deals whose open and grey close are known.

    Parameters
    ----------
    data
        Deals with open and grey close.
    pressure
        A single vector of the pressure's parameters.
    """
    from scipy.special import logsumexp, ndtr

    centre, spread, lift = location(pressure, data), scale(pressure, data), full_lift(pressure, data)[0]
    width = (lift / pressure["opening_absorption"][0])[:, None]
    pinned = np.abs(data.opened) < PINNED_WIDTH
    target = np.where(data.opened < 0, data.opened - lift, data.opened)[:, None]
    valuation = (spread**2)[..., None, None] * variance_nodes(degrees_of(pressure)[:, 0], NODES)[
        :, None, :, None
    ]

    def log_likelihood(values: Values) -> Array:
        noise = np.exp(values["log_noise"] + values["noise_size"] * data.size)
        degrees = 2.1 + np.exp(values["log_noise_degrees"][:, 0])
        error = (noise**2)[..., None, None] * variance_nodes(degrees, NODES)[:, None, None, :]
        slope = values["slope"][..., None, None]
        total = slope**2 * valuation + error
        surprise = (data.grey - centre - values["bias"])[..., None, None]
        log_weight = -0.5 * surprise**2 / total - 0.5 * np.log(total)
        mean = centre[..., None, None] + slope * valuation / total * surprise
        sd = np.sqrt(valuation * error / total)
        shape = (*log_weight.shape[:2], NODES * NODES)
        log_weight, mean, sd = (each.reshape(shape) for each in (log_weight, mean, sd))
        log_weight = log_weight - logsumexp(log_weight, axis=-1, keepdims=True)
        density = -0.5 * ((target - mean) / sd) ** 2 - np.log(sd) - 0.5 * np.log(2 * np.pi)
        out = logsumexp(log_weight + density, axis=-1)
        if pinned.any():
            at, of = mean[:, pinned], sd[:, pinned]
            mass = ndtr(-at / of) - ndtr((-width[pinned] - at) / of)
            inside = (np.exp(log_weight[:, pinned]) * mass).sum(axis=-1)
            out[:, pinned] = np.log(np.maximum(inside, LEAST_MASS))
        return np.asarray((data.weight * out).sum(axis=1), dtype=np.float64)

    return log_likelihood
