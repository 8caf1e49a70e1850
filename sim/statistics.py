"""Streamed statistics of paths: moments, histograms and counts that do not depend on the size of a batch.

Everything is summed over blocks of a fixed size that end at fixed path numbers, and blocks are merged in order,
so the same paths give the same bits however they were batched or split.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from sim.kernels.histograms import count_cells
from sim.kernels.moments import merge_moments, tell_moments

HISTOGRAM_WIDTH = 0.001
HISTOGRAM_REACH = 4.0
HISTOGRAM_BINS = round(2 * HISTOGRAM_REACH / HISTOGRAM_WIDTH)
HISTOGRAM_CELLS = HISTOGRAM_BINS + 3
"""What a histogram counts: below the grid, its bins, above the grid, and exactly at the offer price."""
HISTOGRAM_EDGES: NDArray[np.float64] = np.linspace(-HISTOGRAM_REACH, HISTOGRAM_REACH, HISTOGRAM_BINS + 1)


@dataclass(slots=True)
class Moments:
    """Count, mean and sum of squared deviations of a stream."""

    count: int = 0
    mean: float = 0.0
    squares: float = 0.0

    @staticmethod
    def of(values: NDArray[np.float64]) -> Moments:
        """Moments of a block of values; NaN is left out."""
        told = np.empty(3)
        tell_moments(values, told)
        return Moments.from_row(told)

    @staticmethod
    def from_row(row: NDArray[np.float64]) -> Moments:
        """Moments that a kernel told: count, mean and sum of squared deviations."""
        count, mean, squares = row.tolist()
        return Moments(int(count), mean, squares)

    def merge(self, other: Moments) -> None:
        """Add the values that another one has seen."""
        both = np.array([[self.count, self.mean, self.squares], [other.count, other.mean, other.squares]])
        merge_moments(both[:1], both[1:])
        merged = Moments.from_row(both[0])
        self.count, self.mean, self.squares = merged.count, merged.mean, merged.squares

    @property
    def sd(self) -> float:
        """Standard deviation of the values; NaN for fewer than two."""
        return math.sqrt(self.squares / (self.count - 1)) if self.count > 1 else math.nan

    @property
    def se(self) -> float:
        """Monte Carlo standard error of the mean."""
        return self.sd / math.sqrt(self.count) if self.count > 1 else math.nan


@dataclass(frozen=True, slots=True)
class LogReturnHistogram:
    """Counts of log returns against the offer price on a fixed grid, the atom at the offer price apart.

    Parameters
    ----------
    edges
        (B + 1,), log price over offer price.
    counts
        (B,), paths in each bin, without those exactly at the offer price.
    at_offer, below, above
        Paths exactly at the offer price, and outside the grid on either side.
    """

    edges: NDArray[np.float64]
    counts: NDArray[np.int64]
    at_offer: int
    below: int
    above: int

    @property
    def total(self) -> int:
        """All paths counted."""
        return int(self.counts.sum()) + self.at_offer + self.below + self.above

    def quantile(self, probability: float) -> float:
        """Log return at a probability, linear inside a bin; off by at most a bin's width. NaN without paths.

        A quantile outside the grid is its nearest edge; that at 0 is the lower edge of the lowest bin with a path.
        """
        if self.total == 0:
            return math.nan
        rank = max(probability * self.total, math.ulp(0.0))
        middle = HISTOGRAM_BINS // 2
        counts = np.concatenate([[self.below], self.counts[:middle], [self.at_offer], self.counts[middle:]])
        cumulative = np.cumsum(counts)
        index = min(int(np.searchsorted(cumulative, rank)), counts.size - 1)
        if index == 0:
            return float(self.edges[0])
        if index == middle + 1:
            return 0.0
        cell = index - 1 if index <= middle else index - 2
        before = cumulative[index - 1]
        # The rank falls into an empty bin only beyond the last one, among the paths above the grid.
        share = min((rank - before) / counts[index], 1.0) if counts[index] else 1.0
        return float(self.edges[cell] + share * (self.edges[cell + 1] - self.edges[cell]))


@dataclass(slots=True)
class HistogramCounter:
    """Fills a :class:`LogReturnHistogram` batch by batch; ``cells`` (HISTOGRAM_CELLS,) counts, see there."""

    cells: NDArray[np.int64] = field(default_factory=lambda: np.zeros(HISTOGRAM_CELLS, dtype=np.int64))

    def add(self, ratios: NDArray[np.float64]) -> None:
        """Add prices as multiples of the offer price; NaN is left out, exactly one is the atom."""
        count_cells(ratios, HISTOGRAM_WIDTH, HISTOGRAM_BINS // 2, self.cells)

    def merge(self, cells: NDArray[np.int64]) -> None:
        """Add the counts of another one."""
        self.cells += cells

    def freeze(self) -> LogReturnHistogram:
        """Return the counts so far."""
        below, above, at_offer = (int(self.cells[place]) for place in (0, -2, -1))
        return LogReturnHistogram(HISTOGRAM_EDGES, self.cells[1:-2].copy(), at_offer, below, above)


def probability_se(hits: int, paths: int) -> float:
    """Monte Carlo standard error of a share of paths.

    Half a hit and half a miss are added, so that none or all of the paths do not read as certainty.
    """
    if paths == 0:
        return math.nan
    share = (hits + 0.5) / (paths + 1.0)
    return math.sqrt(share * (1.0 - share) / paths)


def quantile_reach(n: int, probability: float) -> tuple[int, int]:
    """Ranks of the order statistics of ``n`` values one binomial deviation to either side of a quantile."""
    middle, reach = (n - 1) * probability, math.sqrt(n * probability * (1.0 - probability))
    return max(math.floor(middle - reach), 0), min(math.ceil(middle + reach), n - 1)


def quantile_se(ordered: NDArray[np.float64], probability: float) -> float:
    """Monte Carlo standard error of a quantile: half the distance of the statistics at :func:`quantile_reach`."""
    if ordered.size < 2:
        return math.nan
    low, high = quantile_reach(ordered.size, probability)
    return float(ordered[high] - ordered[low]) / 2.0
