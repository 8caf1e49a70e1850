"""The tilted law of importance sampling: a Gaussian of the scores, fitted to where the rare event comes from.

Given its latent draws a path meets the event with a chance that is known in closed form, but for the gradual
absorption of the manager: the close falls short of ``-w`` by a normal move. The day is tilted as a whole, by one
expected fall; given that, the law of the scores with the least variance is proportional to ``f sqrt(m)``, ``m`` the
second moment of a weighted hit. The Gaussian of its mean and covariance is found by the cross-entropy method
(Rubinstein 1999; de Boer and others 2005), the fall by trying a few. Only the efficiency depends on how good they
are: the weights are exact for any.
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

_PILOT = 2_048
_ROUNDS = 3
"""Four times as many points and a fourth round take 25 ms more and leave the errors where they are."""
_FIRST_WIDTH = 2.0
"""Standard deviations of the first look, wide enough to see the event from afar."""
_WIDENED = 1.2
"""The fitted covariance is widened by it: a tail too thin costs far more than one too wide."""
_LEAST_VARIANCE = 0.02
_LEAST_SD = 1e-6
_FALLS = np.linspace(0.0, 4.0, 17)
"""Falls of the day that are tried, in standard deviations of a day of usual volatility."""
_NEAR = 2
"""Falls to either side of the last best one that a later round tries."""
_WORST = 1e3
"""Times that a fall may raise the second moment of a calm day's hit, for the fit."""
_DIGITS = 4
"""Decimals of the law: few, so that the last bits of a library do not change which paths are drawn."""


@dataclass(frozen=True, slots=True)
class Tilt:
    """Normal law of the scores: ``mean`` (d,), Cholesky factor ``root`` (d, d), its inverse and log determinant.

    The day is tilted too: its log price is expected to end lower by ``fall``.
    """

    mean: Array
    root: Array
    inverse: Array
    log_determinant: float
    fall: float = 0.0

    @staticmethod
    def of(mean: Array, covariance: Array, fall: float = 0.0) -> Tilt:
        """Round a law to a few decimals and factorise it."""
        root = np.round(np.linalg.cholesky(covariance), _DIGITS)
        inverse = np.zeros_like(root)
        for column in range(root.shape[0]):
            inverse[column, column] = 1.0 / root[column, column]
            for row in range(column + 1, root.shape[0]):
                known = sum(root[row, k] * inverse[k, column] for k in range(column, row))
                inverse[row, column] = -known / root[row, row]
        log_determinant = float(np.log(np.diag(root)).sum())
        return Tilt(np.round(mean, _DIGITS), root, inverse, log_determinant, round(fall, _DIGITS))


def shortfall(event: RareEvent, latents: Latents, law: DayLaw, draws: Array) -> tuple[Array, Array]:
    """How far the day must fall for paths with these draws to meet the event, roughly, and its standard deviation.

    Both in log price; ``inf`` where the deal does not list. The support is exhausted when ``y`` has been below
    ``-w`` for long enough: a level ``w`` further down stands for the time that absorption takes.
    """
    opening = latents.opening(draws)
    level = opening.capacity if event == "close_below_offer" else 2.0 * opening.capacity
    pressure = np.where(opening.listed, opening.pressure, 0.0)
    sd = np.sqrt(law.variance(pressure, draws[VOLATILITY])) + _LEAST_SD
    return np.where(opening.listed, pressure + law.drift + level, np.inf), sd


def log_second_moment(event: RareEvent, needed: Array, sd: Array, fall: float) -> Array:
    """Log of the second moment of a path's weighted hit given its latent draws, the day tilted to fall by ``fall``.

    With ``t = fall / sd`` it is ``exp(t^2) Phi(-needed / sd - t)``; without a tilt the chance of the event. The
    lowest pressure of a day falls short of a level about twice as often as the last (the reflection principle).

    It is taken as at most ``_WORST`` times that chance: on a day of next to no volatility it has no bound, and a
    point of the fit out there would draw the whole law to it. Of the mixture it has one, by the paths of the model's
    own law.
    """
    from scipy.special import log_ndtr

    tilt = fall / sd
    log_hit, log_chance = log_ndtr(-needed / sd - tilt), log_ndtr(-needed / sd)
    if event == "support_exhausted":
        log_hit = np.minimum(log_hit + np.log(2.0), 0.0)
        log_chance = np.minimum(log_chance + np.log(2.0), 0.0)
    return np.asarray(np.minimum(tilt**2 + log_hit, log_chance + np.log(_WORST)), dtype=np.float64)


def fitted_tilt(
    event: RareEvent,
    latents: Latents,
    day: DayParameters,
    columns: NDArray[np.uint64],
    shifts: NDArray[np.uint64],
) -> Tilt | None:
    """Fit the tilted law on Sobol points, one replicate of them; ``None`` where the event has no chance at all."""
    dimensions, law = latents.rows.size, DayLaw.of(day)
    standard = np.zeros((STANDARD_DRAWS, _PILOT))
    sobol_scores(np.uint64(0), columns, shifts, latents.rows, standard)
    normals = standard[latents.rows]
    mean, width = np.zeros(dimensions), _FIRST_WIDTH
    covariance = np.eye(dimensions)
    # The tilt of a day with memory would ask for every step of it.
    falls = np.zeros(1) if law.has_memory else _FALLS * day.sigma_base
    tried, best = np.arange(falls.size), 0
    for _ in range(_ROUNDS):
        root = width * np.linalg.cholesky(covariance)
        scores = mean[:, None] + np.einsum("ij,jk->ik", root, normals)
        draws = np.zeros_like(standard)
        draws[latents.rows] = scores
        log_drawn = -0.5 * (normals**2).sum(axis=0) - np.log(np.diag(root)).sum()
        log_nominal = -0.5 * (scores**2).sum(axis=0)
        needed, sd = shortfall(event, latents, law, latents.settle(draws))
        told = [
            log_nominal - log_drawn + 0.5 * log_second_moment(event, needed, sd, fall)
            for fall in falls[tried]
        ]
        sizes = [_log_sum(log_weight) for log_weight in told]
        least = int(np.argmin(sizes))
        if not np.isfinite(sizes[least]):
            return None
        weight, best = np.exp(told[least] - sizes[least]), int(tried[least])
        tried = np.arange(max(best - _NEAR, 0), min(best + _NEAR + 1, falls.size))
        mean = (scores * weight).sum(axis=1)
        away = scores - mean[:, None]
        covariance = np.einsum("ik,jk,k->ij", away, away, weight) + _LEAST_VARIANCE * np.eye(dimensions)
        width = _WIDENED
    return Tilt.of(mean, _WIDENED * covariance, float(falls[best]))


def _log_sum(log_weights: Array) -> float:
    """Log of the sum of the exponentials."""
    highest = float(log_weights.max())
    return highest + float(np.log(np.exp(log_weights - highest).sum())) if np.isfinite(highest) else highest
