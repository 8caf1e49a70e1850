"""The tilted law of importance sampling: a Gaussian of the scores, fitted to where the rare event comes from.

Given its latent draws a path meets the event with a chance that is known in closed form, but for the gradual
absorption of the manager: the close falls short of ``-w`` by a normal move. With the day left to chance, the law of
the scores with the least variance is proportional to ``f sqrt(chance)``; the Gaussian of its mean and covariance
is found by the cross-entropy method (Rubinstein 1999; de Boer and others 2005). Only the efficiency depends on how
good it is: the weights are exact for any.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sim.kernels.parameters import DayParameters
from sim.kernels.scores import STANDARD_DRAWS, sobol_scores
from sim.variance_reduction.day import DayLaw
from sim.variance_reduction.latents import VOLATILITY, Latents
from sim.variance_reduction.method import RareEvent

Array = NDArray[np.float64]

_PILOT = 8_192
_ROUNDS = 4
_FIRST_WIDTH = 2.0
"""Standard deviations of the first look, wide enough to see the event from afar."""
_WIDENED = 1.3
"""The fitted covariance is widened by it: a tail too thin costs far more than one too wide."""
_LEAST_VARIANCE = 0.02
_DIGITS = 4
"""Decimals of the law: few, so that the last bits of a library do not change which paths are drawn."""


@dataclass(frozen=True, slots=True)
class Tilt:
    """Normal law of the scores: ``mean`` (d,), Cholesky factor ``root`` (d, d), its inverse and log determinant."""

    mean: Array
    root: Array
    inverse: Array
    log_determinant: float

    @staticmethod
    def of(mean: Array, covariance: Array) -> Tilt:
        """Round a law to a few decimals and factorise it."""
        root = np.round(np.linalg.cholesky(covariance), _DIGITS)
        inverse = np.zeros_like(root)
        for column in range(root.shape[0]):
            inverse[column, column] = 1.0 / root[column, column]
            for row in range(column + 1, root.shape[0]):
                known = sum(root[row, k] * inverse[k, column] for k in range(column, row))
                inverse[row, column] = -known / root[row, row]
        return Tilt(np.round(mean, _DIGITS), root, inverse, float(np.log(np.diag(root)).sum()))


def log_chance(event: RareEvent, latents: Latents, day: DayParameters, draws: Array) -> Array:
    """Log of the chance that paths with these latent draws meet the event, roughly; ``-inf`` where they do not list.

    The support is exhausted when ``y`` has been below ``-w`` for long enough: by the reflection principle about twice
    as likely as a close below it, and a level ``w`` further down stands for the time that absorption takes.
    """
    from scipy.special import log_ndtr

    opening = latents.opening(draws)
    law = DayLaw.of(day)
    sd = np.sqrt(law.variance(opening.pressure, draws[VOLATILITY])) + 1e-12
    if event == "close_below_offer":
        chance = log_ndtr((-opening.capacity - law.drift - opening.pressure) / sd)
    else:
        deep = -2.0 * opening.capacity - law.drift - opening.pressure
        chance = np.minimum(np.log(2.0) + log_ndtr(deep / sd), 0.0)
    return np.where(opening.listed, chance, -np.inf)


def fitted_tilt(
    event: RareEvent,
    latents: Latents,
    day: DayParameters,
    columns: NDArray[np.uint64],
    shifts: NDArray[np.uint64],
) -> Tilt | None:
    """Fit the tilted law on Sobol points, one replicate of them; ``None`` where the event has no chance at all."""
    dimensions = latents.rows.size
    standard = np.zeros((STANDARD_DRAWS, _PILOT))
    sobol_scores(np.uint64(0), columns, shifts, latents.rows, standard)
    normals = standard[latents.rows]
    mean, width = np.zeros(dimensions), _FIRST_WIDTH
    covariance = np.eye(dimensions)
    for _ in range(_ROUNDS):
        root = width * np.linalg.cholesky(covariance)
        scores = mean[:, None] + np.einsum("ij,jk->ik", root, normals)
        draws = np.zeros_like(standard)
        draws[latents.rows] = scores
        log_nominal = -0.5 * (scores**2).sum(axis=0)
        log_drawn = -0.5 * (normals**2).sum(axis=0)
        log_weight = 0.5 * log_chance(event, latents, day, latents.settle(draws)) + log_nominal - log_drawn
        if not np.isfinite(log_weight).any():
            return None
        weight = np.exp(log_weight - log_weight.max())
        weight /= weight.sum()
        mean = (scores * weight).sum(axis=1)
        away = scores - mean[:, None]
        covariance = np.einsum("ik,jk,k->ij", away, away, weight) + _LEAST_VARIANCE * np.eye(dimensions)
        width = _WIDENED
    return Tilt.of(mean, _WIDENED * covariance)
