"""Student-t draws as a function of normal scores, from a table that the kernels interpolate."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sim.kernels.scores import student_of_scores

Array = NDArray[np.float64]

_STEP = 1.0 / 64.0
_REACH = 12.0
"""Scores beyond it come with a probability of 1e-33."""
_DIGITS = 12


@dataclass(frozen=True, slots=True)
class StudentScores:
    """Student-t quantiles at the scores ``0, 1/64, ...``, and their slopes.

    They are rounded to twelve digits, which the interpolation does not have anyway: the last digits of a library's
    quantile are not the same on every machine.
    """

    values: Array
    slopes: Array

    @staticmethod
    def of(degrees: float) -> StudentScores:
        """Tabulate the law of some degrees of freedom."""
        from scipy.special import gammaln, ndtr, stdtrit

        scores = np.arange(round(_REACH / _STEP) + 1) * _STEP
        values = -stdtrit(degrees, ndtr(-scores))
        values[0] = 0.0
        log_density = (
            gammaln(0.5 * (degrees + 1.0))
            - gammaln(0.5 * degrees)
            - 0.5 * np.log(degrees * np.pi)
            - 0.5 * (degrees + 1.0) * np.log1p(values**2 / degrees)
        )
        slopes = np.exp(-0.5 * scores**2 - 0.5 * np.log(2.0 * np.pi) - log_density)
        return StudentScores(_rounded(values), _rounded(slopes))

    @property
    def reach(self) -> float:
        """Largest score of the table."""
        return _REACH

    def settle(self, scores: Array) -> None:
        """Turn scores into draws, in place."""
        student_of_scores(self.values, self.slopes, _STEP, scores)

    def draws(self, scores: Array) -> Array:
        """Draws at some scores."""
        draws = np.array(scores, dtype=np.float64)
        self.settle(draws)
        return draws


def _rounded(values: Iterable[float]) -> Array:
    return np.array([float(f"{value:.{_DIGITS - 1}e}") for value in values])
