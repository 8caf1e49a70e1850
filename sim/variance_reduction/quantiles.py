"""Quantiles of weighted paths, and histograms of them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from sim.kernels.histograms import find_cells
from sim.kernels.weighted import CELLS, GROUPS, add_up_to, into_cells
from sim.order_statistics import QUANTILES, Quantiles
from sim.statistics import (
    HISTOGRAM_BINS,
    HISTOGRAM_CELLS,
    HISTOGRAM_EDGES,
    HISTOGRAM_WIDTH,
    LogReturnHistogram,
)
from sim.variance_reduction.sums import replicates_se, strata_se

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
    whole = bool(known.all())
    taken = weights
    if not whole:
        taken = known.astype(np.float64) if weights is None else np.where(known, weights, 0.0)
    numbers = values if whole else values[known]
    read: _InOrder | _Cells = (
        _InOrder(np.sort(numbers))
        if weights is None
        else _Cells.of(numbers, weights if whole else weights[known])
    )
    at = [read.quantile(p) for p in QUANTILES]
    reaches = _share_errors(values, np.ones_like(values) if taken is None else taken, weights is not None, at)
    quantiles = {}
    for p, value, reach in zip(QUANTILES, at, reaches, strict=True):
        if math.isfinite(reach):
            high, low = read.quantile(min(p + reach, 1.0)), read.quantile(max(p - reach, 0.0))
            quantiles[p] = (value, 0.5 * (high - low))
        else:
            quantiles[p] = (value, math.nan)
    return quantiles


def _share_errors(values: Array, weights: Array, mixture: bool, thresholds: Sequence[float]) -> list[float]:
    """Standard errors of the shares of paths up to each threshold, as :class:`WeightedMean` has them.

    Thresholds ascend; a path whose value is NaN weighs nothing. NaN where an error cannot be told.
    """
    sums = np.zeros((2, len(thresholds) + 1, GROUPS))
    add_up_to(values, weights, np.array(thresholds), sums)
    running = np.cumsum(sums, axis=1)
    weight, square = running[:, -1]
    total, errors = float(weight.sum()), []
    for up_to, squares in zip(running[0, :-1], running[1, :-1], strict=True):
        share = float(up_to.sum()) / total
        away = up_to - share * weight
        if mixture:
            spread = (1.0 - 2.0 * share) * squares + share * share * square
            errors.append(strata_se(away, spread, weight, values.size))
        else:
            errors.append(replicates_se(away, weight))
    return errors


@dataclass(frozen=True, slots=True)
class _InOrder:
    """Values of equal weight, in order."""

    values: Array

    def quantile(self, probability: float) -> float:
        """Value at a probability, between two as NumPy has it."""
        last = self.values.size - 1
        place = probability * last
        low = min(int(place), last - 1) if last else 0
        high = min(low + 1, last)
        return float(self.values[low] + (place - low) * (self.values[high] - self.values[low]))


class _Cells:
    """Weighted values in cells of equal width, of which only those are put in order that a quantile lies in.

    Sorting all of them takes ten times as long. Rounding keeps the order of values, so no value of a lower cell is
    above one of a higher.
    """

    def __init__(self, values: Array, weights: Array, ends: NDArray[np.int64]) -> None:
        self._values, self._weights, self._ends = values, weights, ends
        running = np.concatenate([[0.0], np.cumsum(weights)])
        self._total = float(running[-1])
        self._before = running[np.concatenate([[0], ends])]
        self._sorted: dict[int, tuple[Array, Array]] = {}

    @staticmethod
    def of(values: Array, weights: Array) -> _Cells:
        low, high = float(values.min()), float(values.max())
        width = high - low
        scale = CELLS / width if 0.0 < width < math.inf else math.inf
        if not math.isfinite(scale):
            return _Cells(values, weights, np.array([values.size]))
        ends = np.empty(CELLS + 1, dtype=np.int64)
        in_cells, of_cells = np.empty_like(values), np.empty_like(values)
        into_cells(values, weights, low, scale, ends, in_cells, of_cells)
        return _Cells(in_cells, of_cells, ends)

    def quantile(self, probability: float) -> float:
        """First value up to which the share of the weight reaches a probability."""
        wanted = probability * self._total
        cell = max(int(np.searchsorted(self._before, wanted)) - 1, 0)
        values, running = self._ordered(cell)
        return float(values[min(int(np.searchsorted(running, wanted)), values.size - 1)])

    def _ordered(self, cell: int) -> tuple[Array, Array]:
        """Values of a cell in order, and the weight up to each."""
        if cell not in self._sorted:
            start, stop = self._ends[cell - 1] if cell else 0, self._ends[cell]
            order = np.argsort(self._values[start:stop])
            running = self._before[cell] + np.cumsum(self._weights[start:stop][order])
            self._sorted[cell] = (self._values[start:stop][order], running)
        return self._sorted[cell]


@dataclass(slots=True)
class WeightedHistogram:
    """Weights, and their squares, by log return.

    ``cells`` (2, HISTOGRAM_CELLS) are those of :class:`sim.statistics.HistogramCounter`.
    """

    cells: Array = field(default_factory=lambda: np.zeros((2, HISTOGRAM_CELLS)))

    @staticmethod
    def of(ratios: Array, weights: Array) -> WeightedHistogram:
        """Histogram of some prices, see :meth:`add`."""
        told = WeightedHistogram()
        told.add(ratios, weights)
        return told

    def add(self, ratios: Array, weights: Array) -> None:
        """Add prices as multiples of the offer price; NaN is left out, exactly one is the atom."""
        known = ~np.isnan(ratios)
        if not known.all():
            ratios, weights = ratios[known], weights[known]
        cells = np.empty(ratios.size, dtype=np.int32)
        find_cells(ratios, HISTOGRAM_WIDTH, HISTOGRAM_BINS // 2, cells)
        self.cells[0] += np.bincount(cells, weights, minlength=HISTOGRAM_CELLS)
        self.cells[1] += np.bincount(cells, weights * weights, minlength=HISTOGRAM_CELLS)

    def freeze(self, paths: int) -> LogReturnHistogram:
        """Return the histogram of ``paths`` plain paths, each count to the nearest of the running total."""
        total = self.cells[0].sum()
        if total == 0.0:
            return _histogram(np.zeros(HISTOGRAM_CELLS, dtype=np.int64))
        running = np.rint(np.cumsum(self.cells[0] / total) * paths).astype(np.int64)
        return _histogram(np.diff(running, prepend=0))

    def quantiles(self) -> Quantiles:
        """Quantiles of the ratio; the standard error adds the bin's width to the sampling error.

        The error takes paths as independent, which is never too little for Sobol points of more than a few paths.
        """
        total = float(self.cells[0].sum())
        if total == 0.0:
            return dict.fromkeys(QUANTILES, (math.nan, math.nan))
        fine = _histogram(np.rint(self.cells[0] * (_FINE / total)).astype(np.int64))
        in_order = np.concatenate(
            [[0], np.arange(1, _MIDDLE), [HISTOGRAM_BINS + 2], np.arange(_MIDDLE, HISTOGRAM_BINS + 2)]
        )
        shares = np.cumsum(self.cells[0][in_order]) / total
        below = np.cumsum(self.cells[1][in_order]) / total**2
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
