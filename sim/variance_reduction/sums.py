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

from sim.statistics import probability_se
from sim.variance_reduction.sobol import REPLICATES

Array = NDArray[np.float64]

GROUPS = REPLICATES


@dataclass(frozen=True, slots=True)
class Frame:
    """What the values of a block of paths share.

    Parameters
    ----------
    weights
        (rows, GROUPS), 0 beyond the last path; ``None`` where every path weighs one.
    control
        (rows, GROUPS), a number of mean zero a path; ``None`` without one.
    """

    weights: Array | None
    control: Array | None

    @staticmethod
    def of(weights: Array | None, control: Array | None) -> Frame:
        """Lay out weights and control of a block whose first path is of group 0."""
        return Frame(
            None if weights is None else laid_out(weights, 0.0),
            None if control is None else laid_out(control, 0.0),
        )


def laid_out(values: Array, beyond: float = math.nan) -> Array:
    """One number a path as (rows, GROUPS); the last row is filled up."""
    rows = -(-values.size // GROUPS)
    if rows * GROUPS != values.size:
        values = np.concatenate([values, np.full(rows * GROUPS - values.size, beyond)])
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
    """

    mixture: bool
    count: int = 0
    paths: int = 0
    # Of w, w x and w c, a group; then over all, of w x^2, w x c and w c^2.
    first: Array = field(default_factory=lambda: np.zeros((3, GROUPS)))
    second: Array = field(default_factory=lambda: np.zeros(3))
    # Of w^2 times 1, x, c, x^2, x c and c^2, a group.
    squared: Array = field(default_factory=lambda: np.zeros((6, GROUPS)))

    def add(self, values: Array, frame: Frame) -> None:
        """Add a block of values."""
        self.paths += values.size
        x = laid_out(values)
        unknown = np.isnan(x)
        whole = not unknown.any()
        if not whole:
            x = np.where(unknown, 0.0, x)
        self.count += int(x.size - np.count_nonzero(unknown))
        w, c = frame.weights, frame.control
        if w is None:
            w = np.ones_like(x) if whole else (~unknown).astype(np.float64)
            wx = x
        else:
            w = w if whole else np.where(unknown, 0.0, w)
            wx = w * x
        wc = None if c is None else w * c
        self.first[0] += w.sum(axis=0)
        self.first[1] += wx.sum(axis=0)
        self.second[0] += (wx * x).sum()
        if wc is not None and c is not None:
            self.first[2] += wc.sum(axis=0)
            self.second[1] += (wx * c).sum()
            self.second[2] += (wc * c).sum()
        if self.mixture:
            self._add_squared(w, wx, wc)

    def _add_squared(self, w: Array, wx: Array, wc: Array | None) -> None:
        self.squared[0] += (w * w).sum(axis=0)
        self.squared[1] += (w * wx).sum(axis=0)
        self.squared[3] += (wx * wx).sum(axis=0)
        if wc is not None:
            self.squared[2] += (w * wc).sum(axis=0)
            self.squared[4] += (wx * wc).sum(axis=0)
            self.squared[5] += (wc * wc).sum(axis=0)

    def copy(self) -> WeightedMean:
        """Return one that can be added to on its own."""
        return WeightedMean(
            self.mixture, self.count, self.paths, self.first.copy(), self.second.copy(), self.squared.copy()
        )

    @property
    def weight(self) -> float:
        """Sum of the weights."""
        return float(self.first[0].sum())

    @property
    def slope(self) -> float:
        """Regression of the numbers on their control; 0 without one."""
        total = self.weight
        if total <= 0.0:
            return 0.0
        x, c = float(self.first[1].sum()) / total, float(self.first[2].sum()) / total
        variance = float(self.second[2]) / total - c * c
        return (float(self.second[1]) / total - x * c) / variance if variance > 0.0 else 0.0

    @property
    def mean(self) -> float:
        """The mean; NaN of nothing."""
        total = self.weight
        if total <= 0.0:
            return math.nan
        return float(self.first[1].sum() - self.slope * self.first[2].sum()) / total

    @property
    def sd(self) -> float:
        """Standard deviation of the numbers under the model's own law; NaN of fewer than two."""
        if self.count < 2:
            return math.nan
        total = self.weight
        plain = float(self.first[1].sum()) / total
        spread = max(float(self.second[0]) / total - plain * plain, 0.0)
        return math.sqrt(spread * self.count / (self.count - 1))

    @property
    def se(self) -> float:
        """Monte Carlo standard error of the mean; NaN where it cannot be told."""
        if self.count < 2:
            return math.nan
        mean, slope = self.mean, self.slope
        away = self.first[1] - mean * self.first[0] - slope * self.first[2]
        if not self.mixture:
            return replicates_se(away, self.first[0])
        one, x, c, xx, xc, cc = self.squared
        squares = xx + mean**2 * one + slope**2 * cc - 2.0 * (mean * x + slope * xc - mean * slope * c)
        return strata_se(away, squares, self.first[0], self.paths)

    @property
    def effective(self) -> float:
        """Effective sample size of the weights, ``(sum w)^2 / sum w^2`` (Kong 1992)."""
        if not self.mixture:
            return float(self.count)
        squares = float(self.squared[0].sum())
        return self.weight**2 / squares if squares > 0.0 else 0.0

    @property
    def gain(self) -> float | None:
        """Variance of as many plain paths' mean, as a multiple of this one's; ``None`` where it cannot be told."""
        error = self.se
        if self.count < 2 or not error > 0.0:
            return None
        return self.sd**2 / self.count / error**2


class EventShare:
    """Share of paths on which something happens."""

    def __init__(self, mixture: bool) -> None:
        self.told = WeightedMean(mixture)
        self._hits = 0

    def add(self, happened: NDArray[np.bool_], among: NDArray[np.bool_], frame: Frame) -> None:
        """Add a block; ``among`` are the paths that count."""
        self._hits += int(np.count_nonzero(happened & among))
        self.told.add(np.where(among, happened.astype(np.float64), np.nan), frame)

    @property
    def certain(self) -> bool:
        """Whether it happened on all of the paths, or on none; sums of weights round, so paths are counted."""
        return self._hits in (0, self.told.count)

    @property
    def value(self) -> float:
        """The share; NaN of no path."""
        return float(round(self.told.mean)) if self.certain and self.told.count else self.told.mean

    @property
    def se(self) -> float:
        """Its Monte Carlo standard error; none or all of the paths do not read as certainty."""
        if not self.certain:
            return self.told.se
        # Of a mixture half of the paths follow the model's own law.
        paths = self.told.count // 2 if self.told.mixture else self.told.count
        return probability_se(0, paths)

    @property
    def gain(self) -> float | None:
        """As :attr:`WeightedMean.gain`; ``None`` where it happened on all of the paths, or on none."""
        return None if self.certain else self.told.gain

    @property
    def effective(self) -> float:
        """Hits of equal weight that would say as much, ``(sum w 1)^2 / sum w^2 1``."""
        if not self.told.mixture:
            return float(self.told.first[1].sum())
        squares = float(self.told.squared[1].sum())
        return float(self.told.first[1].sum()) ** 2 / squares if squares > 0.0 else 0.0
