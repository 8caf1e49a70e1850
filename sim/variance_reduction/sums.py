"""Weighted means with their standard errors, summed over paths that come in 32 groups by their number.

Of replicates (scrambled Sobol points) a group is one replicate, and the error is the spread of the replicates. Of a
mixture a group is a stratum of independent paths: even numbers follow the model's own law, odd ones the tilted
one. Either way the estimator is the ratio ``sum w x / sum w`` over the paths that have ``x``, with ``x`` corrected
by a control variate whose mean is zero.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from sim.estimates import Estimate
from sim.kernels.weighted import GROUPS, SUMS, add_control_to_groups, add_to_groups
from sim.statistics import probability_se

Array = NDArray[np.float64]

_ROUNDING = 1e-12
"""A difference below this share of what it was taken from is rounding: a constant would have an error of it."""


@dataclass(frozen=True, slots=True)
class Frame:
    """What the values of consecutive paths share.

    Parameters
    ----------
    first
        Number of the first path.
    weights
        (rows, GROUPS), 0 where there is no path.
    control
        (rows, GROUPS), a number of mean zero a path; ``None`` without one.
    """

    first: int
    weights: Array
    control: Array | None

    @staticmethod
    def of(weights: Array, control: Array | None = None, first: int = 0) -> Frame:
        """Lay out weights and control of the paths from path ``first`` on."""
        return Frame(
            first,
            laid_out(weights, first, 0.0),
            None if control is None else laid_out(control, first, 0.0),
        )


def laid_out(values: Array, first: int = 0, missing: float = math.nan) -> Array:
    """One number a path as (rows, GROUPS); rows that path ``first`` and the last one cut are filled up."""
    before = first % GROUPS
    rows = -(-(before + values.size) // GROUPS)
    if rows * GROUPS != values.size:
        filled = np.full(rows * GROUPS, missing)
        filled[before : before + values.size] = values
        values = filled
    return values.reshape(rows, GROUPS)


def group_sizes(paths: int) -> NDArray[np.int64]:
    """Paths of each group among the first ``paths``."""
    return (paths + GROUPS - 1 - np.arange(GROUPS)) // GROUPS


def replicates_se(away: Array, weight: Array) -> float:
    """Standard error of a ratio of sums from its replicates.

    Parameters
    ----------
    away
        (GROUPS,), what each replicate's sum is off the ratio times its weight.
    weight
        (GROUPS,), weight of each replicate; those without any take no part.
    """
    taking_part = int(np.count_nonzero(weight))
    if taking_part < 2:
        return math.nan
    return math.sqrt(taking_part / (taking_part - 1) * float((away**2).sum())) / float(weight.sum())


def strata_se(away: Array, squares: Array, weight: Array, paths: int) -> float:
    """Standard error of a ratio of sums over strata of independent paths.

    Parameters
    ----------
    away, weight
        As in :func:`replicates_se`.
    squares
        (GROUPS,), sum of the squares of what is summed in ``away``.
    paths
        All paths, those that take no part included.
    """
    sizes = group_sizes(paths)
    if sizes.min() < 2:
        return math.nan
    spread = sizes / (sizes - 1) * np.maximum(squares - away**2 / sizes, 0.0)
    return math.sqrt(float(spread.sum())) / float(weight.sum())


@dataclass(slots=True)
class WeightedMean:
    """Mean of a stream of numbers, one a path; NaN is left out.

    Parameters
    ----------
    mixture
        Whether paths are independent and weighted; otherwise groups are replicates.
    count, paths
        Paths that have a number, and all paths.
    sums
        (SUMS, GROUPS), see :mod:`sim.kernels.weighted`: without the control, then with it.
    """

    mixture: bool
    count: int = 0
    paths: int = 0
    sums: Array = field(default_factory=lambda: np.zeros((SUMS, GROUPS)))

    def add(self, values: Array, frame: Frame) -> None:
        """Add the values of the paths of a frame."""
        self.paths += values.size
        self.count += add_sums(self.sums, values, frame)

    @property
    def weight(self) -> float:
        """Sum of the weights."""
        return float(self.sums[0].sum())

    @property
    def slope(self) -> float:
        """Regression of the numbers on their control; 0 without one, or with fewer than three numbers."""
        return self._regressed()[1]

    @property
    def mean(self) -> float:
        """The mean; NaN of nothing."""
        return self._regressed()[0]

    def _regressed(self) -> tuple[float, float]:
        """Mean and slope."""
        w, wx, _, _, _, _, wc, wxc, wcc, _, _, _ = self.sums.sum(axis=1).tolist()
        if w <= 0.0:
            return math.nan, 0.0
        x, c = wx / w, wc / w
        variance = wcc / w - c * c
        # Two numbers lie on a line with their controls: nothing would be left to take an error from.
        regresses = variance > 0.0 and self.count > 2
        slope = (wxc / w - x * c) / variance if regresses else 0.0
        return x - slope * c, slope

    @property
    def sd(self) -> float:
        """Standard deviation of the numbers under the model's own law; NaN of fewer than two."""
        if self.count < 2:
            return math.nan
        w, wx, wxx = self.sums[:3].sum(axis=1).tolist()
        spread = max(float(_beyond_rounding(wxx / w - (wx / w) ** 2, wxx / w)), 0.0)
        return math.sqrt(spread * self.count / (self.count - 1))

    @property
    def se(self) -> float:
        """Monte Carlo standard error of the mean; NaN where it cannot be told."""
        return self.estimate.se

    @property
    def estimate(self) -> Estimate:
        """The mean with its error."""
        mean, slope = self._regressed()
        if self.count < 2:
            return Estimate(mean, math.nan)
        w, wx, _, ww, wwx, wwxx, wc, _, _, wwc, wwxc, wwcc = self.sums
        away = _beyond_rounding(wx - mean * w - slope * wc, wx)
        if not self.mixture:
            return Estimate(mean, replicates_se(away, w))
        squares = wwxx + mean**2 * ww - 2.0 * mean * wwx
        if slope:
            squares += slope**2 * wwcc - 2.0 * slope * (wwxc - mean * wwc)
        return Estimate(mean, strata_se(away, _beyond_rounding(squares, wwxx), w, self.paths))

    @property
    def effective(self) -> float:
        """Effective sample size of the weights, ``(sum w)^2 / sum w^2`` (Kong 1992)."""
        if not self.mixture:
            return float(self.count)
        squares = float(self.sums[3].sum())
        return self.weight**2 / squares if squares > 0.0 else 0.0

    @property
    def gain(self) -> float | None:
        """Variance of as many plain paths' mean, as a multiple of this one's; ``None`` where it cannot be told."""
        error = self.se
        if self.count < 2 or not error > 0.0:
            return None
        return self.sd**2 / self.count / error**2


def _beyond_rounding(difference: Array | float, of: Array | float) -> Array:
    """Differences from some sums, 0 where rounding makes as much."""
    return np.where(np.abs(difference) < _ROUNDING * np.abs(of), 0.0, difference)


def add_sums(sums: Array, values: Array, frame: Frame) -> int:
    """Add the values of the paths of a frame to the sums of a :class:`WeightedMean`; how many are no NaN."""
    x = laid_out(values, frame.first)
    if frame.control is not None:
        add_control_to_groups(x, frame.weights, frame.control, sums[SUMS // 2 :])
    return int(add_to_groups(x, frame.weights, sums[: SUMS // 2]))


@dataclass(frozen=True, slots=True)
class EventShare:
    """Share of paths on which something happens.

    Parameters
    ----------
    told
        Mean of a number that is one where it happens and zero elsewhere.
    hits
        Paths on which it happens.
    """

    told: WeightedMean
    hits: int

    @property
    def certain(self) -> bool:
        """Whether it happened on all of the paths, or on none; sums of weights round, so paths are counted."""
        return self.hits in (0, self.told.count)

    @property
    def estimate(self) -> Estimate:
        """The share, NaN of no path, with its error; none or all of the paths do not read as certainty."""
        told = self.told.estimate
        if not self.certain:
            return told
        # Of a mixture half of the paths follow the model's own law.
        paths = self.told.count // 2 if self.told.mixture else self.told.count
        return Estimate(float(round(told.value)) if self.told.count else told.value, probability_se(0, paths))

    @property
    def gain(self) -> float | None:
        """As :attr:`WeightedMean.gain`; ``None`` where it happened on all of the paths, or on none."""
        return None if self.certain else self.told.gain

    @property
    def effective(self) -> float:
        """Hits of equal weight that would say as much, ``(sum w 1)^2 / sum w^2 1``."""
        hits = float(self.told.sums[1].sum())
        if not self.told.mixture:
            return hits
        squares = float(self.told.sums[4].sum())
        return hits**2 / squares if squares > 0.0 else 0.0
