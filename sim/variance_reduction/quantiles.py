"""Quantiles of weighted paths, and histograms of them."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from sim.statistics import (
    HISTOGRAM_BINS,
    HISTOGRAM_EDGES,
    HISTOGRAM_WIDTH,
    LogReturnHistogram,
)
from sim.summaries import QUANTILES, Quantiles
from sim.variance_reduction.sums import laid_out, replicates_se, strata_se

Array = NDArray[np.float64]

_MIDDLE = 1 + HISTOGRAM_BINS // 2
_FINE = float(1 << 40)


def kept_quantiles(values: Array, weights: Array | None) -> Quantiles:
    """Quantiles of kept values, one a path from path 0 on; NaN is left out.

    The standard error is that of the share of paths up to the quantile, read back through the quantiles themselves.
    """
    known = ~np.isnan(values)
    if not known.any():
        return dict.fromkeys(QUANTILES, (math.nan, math.nan))
    read = _Ordered.of(values[known], None if weights is None else weights[known])
    shares = _Shares(values, known, weights)
    quantiles = {}
    for p in QUANTILES:
        value = read.quantile(p)
        reach = shares.se(value)
        if math.isfinite(reach):
            high, low = read.quantile(min(p + reach, 1.0)), read.quantile(max(p - reach, 0.0))
            quantiles[p] = (value, 0.5 * (high - low))
        else:
            quantiles[p] = (value, math.nan)
    return quantiles


class _Shares:
    """Standard errors of the shares of paths up to a value, as :class:`WeightedMean` has them."""

    def __init__(self, values: Array, known: NDArray[np.bool_], weights: Array | None) -> None:
        self._paths = values.size
        # No value is below a missing one.
        self._values = laid_out(np.where(known, values, np.inf), np.inf)
        taken = known.astype(np.float64) if weights is None else np.where(known, weights, 0.0)
        self._mixture = weights is not None
        self._weights = laid_out(taken, 0.0)
        self._squares = self._weights**2
        self._weight, self._square = self._weights.sum(axis=0), self._squares.sum(axis=0)

    def se(self, value: float) -> float:
        """Standard error of the share up to a value; NaN where it cannot be told."""
        below = self._values <= value
        up_to = np.where(below, self._weights, 0.0).sum(axis=0)
        total = float(self._weight.sum())
        share = float(up_to.sum()) / total
        away = up_to - share * self._weight
        if not self._mixture:
            return replicates_se(away, self._weight)
        squares = (1.0 - 2.0 * share) * np.where(below, self._squares, 0.0).sum(axis=0)
        return strata_se(away, squares + share * share * self._square, self._weight, self._paths)


@dataclass(frozen=True, slots=True)
class _Ordered:
    """Values in order, and the share of weight up to each; ``None`` where every one weighs the same."""

    values: Array
    cumulative: Array | None

    @staticmethod
    def of(values: Array, weights: Array | None) -> _Ordered:
        if weights is None:
            return _Ordered(np.sort(values), None)
        order = np.argsort(values)
        cumulative = np.cumsum(weights[order])
        return _Ordered(values[order], cumulative / cumulative[-1])

    def quantile(self, probability: float) -> float:
        """Value at a probability: between two of equal weight as NumPy has it, else the first one to reach it."""
        last = self.values.size - 1
        if self.cumulative is None:
            place = probability * last
            low = min(int(place), last - 1) if last else 0
            high = min(low + 1, last)
            return float(self.values[low] + (place - low) * (self.values[high] - self.values[low]))
        return float(self.values[min(int(np.searchsorted(self.cumulative, probability)), last)])


@dataclass(slots=True)
class WeightedHistogram:
    """Weights, and their squares, by log return: below the grid, its bins, above it, exactly at the offer price."""

    mass: Array = field(default_factory=lambda: np.zeros(HISTOGRAM_BINS + 3))
    squares: Array = field(default_factory=lambda: np.zeros(HISTOGRAM_BINS + 3))

    def add(self, ratios: Array, weights: Array | None) -> None:
        """Add prices as multiples of the offer price; NaN is left out, exactly one is the atom."""
        known = ~np.isnan(ratios)
        ratios = ratios[known]
        bins = np.floor(np.log(ratios) / HISTOGRAM_WIDTH)
        cells = np.clip(bins, -HISTOGRAM_BINS // 2 - 1, HISTOGRAM_BINS // 2).astype(np.int64) + _MIDDLE
        cells[ratios == 1.0] = HISTOGRAM_BINS + 2
        if weights is None:
            counts = np.bincount(cells, minlength=self.mass.size)
            self.mass += counts
            self.squares += counts
        else:
            listed = weights[known]
            self.mass += np.bincount(cells, listed, minlength=self.mass.size)
            self.squares += np.bincount(cells, listed * listed, minlength=self.mass.size)

    def freeze(self, paths: int) -> LogReturnHistogram:
        """Return the histogram of ``paths`` plain paths, each count to the nearest of the running total."""
        total = self.mass.sum()
        if total == 0.0:
            return _histogram(np.zeros(self.mass.size, dtype=np.int64))
        running = np.rint(np.cumsum(self.mass / total) * paths).astype(np.int64)
        return _histogram(np.diff(running, prepend=0))

    def quantiles(self) -> Quantiles:
        """Quantiles of the ratio; the standard error adds the bin's width to the sampling error.

        The error takes paths as independent, which is never too little for Sobol points of more than a few paths.
        """
        total = float(self.mass.sum())
        if total == 0.0:
            return dict.fromkeys(QUANTILES, (math.nan, math.nan))
        fine = _histogram(np.rint(self.mass * (_FINE / total)).astype(np.int64))
        in_order = np.concatenate(
            [[0], np.arange(1, _MIDDLE), [HISTOGRAM_BINS + 2], np.arange(_MIDDLE, HISTOGRAM_BINS + 2)]
        )
        shares = np.cumsum(self.mass[in_order]) / total
        below = np.cumsum(self.squares[in_order]) / total**2
        quantiles = {}
        for p in QUANTILES:
            at = min(int(np.searchsorted(shares, p)), shares.size - 1)
            reach = math.sqrt(max((1.0 - 2.0 * p) * below[at] + p * p * below[-1], 0.0))
            value, high, low = (
                math.exp(fine.quantile(q)) for q in (p, min(p + reach, 1.0), max(p - reach, 0.0))
            )
            quantiles[p] = (value, math.hypot((high - low) / 2.0, value * HISTOGRAM_WIDTH))
        return quantiles


def _histogram(cells: NDArray[np.int64]) -> LogReturnHistogram:
    below, above, at_offer = (int(cells[place]) for place in (0, -2, -1))
    return LogReturnHistogram(HISTOGRAM_EDGES, cells[1:-2].copy(), at_offer, below, above)
