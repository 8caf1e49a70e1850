"""The mean of the exponential of the valuation noise, ``E exp(clip(exp(s) t, -b, b))``, by quadrature."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.polynomial import chebyshev
from numpy.typing import NDArray

from sim.kernels.coverage import log_spreads
from sim.kernels.opening import exponentials
from sim.kernels.parameters import CoverageParameters
from sim.variance_reduction.student import StudentScores

Array = NDArray[np.float64]

_PANELS, _ORDER = 48, 12
_DEGREE = 64
_DIGITS = 13


@dataclass(frozen=True, slots=True)
class NoiseMean:
    """Log of the mean as a Chebyshev series in the log scale ``s`` over ``[low, high]``."""

    coverage: CoverageParameters
    low: float
    high: float
    series: Array

    @staticmethod
    def of(coverage: CoverageParameters, student: StudentScores) -> NoiseMean | None:
        """Integrate over the scores at the Chebyshev points; ``None`` of noise without a bound, which has no mean."""
        if not math.isfinite(coverage.noise_bound):
            return None
        reach = student.reach * coverage.public_sd * np.array([-1.0, 1.0])
        ends = _log_scales(coverage, coverage.public_mean + reach)
        low, high = float(ends.min()), float(ends.max())
        points = chebyshev.chebpts1(_DEGREE + 1) if high > low else np.zeros(1)
        scales = 0.5 * (low + high) + 0.5 * (high - low) * points
        logs = np.array([_log_mean(scale, coverage, student) for scale in scales])
        series = chebyshev.chebfit(points, logs, points.size - 1)
        # Rounded far below any error of a run, so that a library's last digits do not move a summary.
        return NoiseMean(coverage, low, high, np.array([round(float(term), _DIGITS) for term in series]))

    def noise_and_mean(self, log_public: Array, t: Array) -> tuple[Array, Array]:
        """The noise at each log public coverage and Student-t draw, and the mean of its exponential there."""
        scale = _log_scales(self.coverage, log_public)
        size, mean = np.empty_like(scale), np.empty_like(scale)
        exponentials(scale, size)
        noise = np.clip(size * t, -self.coverage.noise_bound, self.coverage.noise_bound)
        log_mean = np.full_like(scale, self.series[0])
        if self.series.size > 1:
            place = (2.0 * scale - self.low - self.high) / (self.high - self.low)
            log_mean[:] = chebyshev.chebval(place, self.series)
        exponentials(log_mean, mean)
        return noise, mean


def _log_scales(coverage: CoverageParameters, log_public: Array) -> Array:
    scales = np.empty_like(log_public)
    log_spreads(coverage, log_public, scales)
    return scales


def _log_mean(scale: float, coverage: CoverageParameters, student: StudentScores) -> float:
    """Gauss and Legendre between the scores at which the noise meets its bounds; the atoms beyond in closed form."""
    from scipy.special import ndtr, ndtri, stdtr

    bound, size = coverage.noise_bound, math.exp(scale)
    tail = float(stdtr(coverage.degrees, -bound / size))
    end = min(-float(ndtri(tail)), student.reach) if tail > 0.0 else student.reach
    nodes, weights = np.polynomial.legendre.leggauss(_ORDER)
    edges = np.linspace(-end, end, _PANELS + 1)
    half = 0.5 * (edges[1] - edges[0])
    scores: Array = (0.5 * (edges[1:] + edges[:-1])[:, None] + half * nodes).ravel()
    t = student.draws(scores)
    density = np.exp(-0.5 * scores**2) / math.sqrt(2.0 * math.pi)
    inside = float((density * np.exp(size * t) * np.tile(half * weights, _PANELS)).sum())
    return math.log(inside + 2.0 * math.cosh(bound) * float(ndtr(-end)))
