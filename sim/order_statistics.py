"""Exact quantiles of kept values, from the few of them that they need."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby

import numpy as np
from numpy.typing import NDArray

from sim.kernels.selection import select_ranks
from sim.statistics import quantile_reach

QUANTILES = (0.01, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99)

Quantiles = dict[float, tuple[float, float]]
"""A quantile and its standard error by probability."""


@dataclass(frozen=True, slots=True)
class _Ranks:
    """Order statistics that the quantiles of ``n`` values need, and how to combine them.

    ``wanted`` are their ranks; the other arrays have an entry a quantile and index ``wanted``, but for ``share``,
    the weight of the statistic above.
    """

    wanted: NDArray[np.int64]
    below: NDArray[np.int64]
    above: NDArray[np.int64]
    share: NDArray[np.float64]
    low: NDArray[np.int64]
    high: NDArray[np.int64]

    @staticmethod
    @lru_cache(maxsize=64)
    def of(n: int) -> _Ranks:
        place = (n - 1) * np.array(QUANTILES)
        below = np.floor(place).astype(np.int64)
        reach = [quantile_reach(n, p) for p in QUANTILES]
        ranks = [below, np.minimum(below + 1, n - 1), *np.array(reach, dtype=np.int64).T]
        wanted, where = np.unique(np.concatenate(ranks), return_inverse=True)
        under, over, low, high = where.reshape(4, -1)
        return _Ranks(wanted, under, over, place - below, low, high)

    def quantiles(self, statistics: NDArray[np.float64]) -> list[Quantiles]:
        """Combine the wanted order statistics of each row, (rows, wanted), with the bits of ``numpy.quantile``."""
        under, over = statistics[:, self.below], statistics[:, self.above]
        step = over - under
        at = np.where(self.share < 0.5, under + step * self.share, over - step * (1.0 - self.share))
        errors = (statistics[:, self.high] - statistics[:, self.low]) / 2.0
        if len(self.wanted) == 1:
            # A single value has no spread to take an error from.
            errors = at * math.nan
        return [
            dict(zip(QUANTILES, zip(*row, strict=True), strict=True))
            for row in zip(at.tolist(), errors.tolist(), strict=True)
        ]


@dataclass(frozen=True, slots=True)
class OrderStatistics:
    """Those of many values that the quantiles need, in their order; no ``ranks`` where there was no value."""

    ranks: _Ranks | None
    values: NDArray[np.float64]

    @staticmethod
    def of(values: NDArray[np.float64]) -> OrderStatistics:
        """Select them, in a tenth of the time of sorting; NaN is left out."""
        if values.size == 0:
            return OrderStatistics(None, values)
        ranks = _Ranks.of(values.size)
        selected = np.empty(ranks.wanted.size)
        if select_ranks(np.ascontiguousarray(values), ranks.wanted, selected):
            return OrderStatistics(ranks, selected)
        return OrderStatistics.of(values[~np.isnan(values)])

    @staticmethod
    def of_prices(
        prices: NDArray[np.float64], offers: NDArray[np.float64], one_offer: bool
    ) -> tuple[OrderStatistics, OrderStatistics]:
        """Select those of the simple return and of the price.

        Parameters
        ----------
        prices
            (paths,), a kind of price, NaN where the deal is withdrawn.
        offers
            (paths,), offer price.
        one_offer
            Whether the offer price is the same on each path: a return then has the rank of its price.
        """
        told = OrderStatistics.of(prices)
        if one_offer:
            return OrderStatistics(told.ranks, told.values / offers[:1] - 1.0), told
        # Not of the returns themselves: those on either side of 0 are far from each other in their bits.
        ratios = OrderStatistics.of(prices / offers)
        return OrderStatistics(ratios.ranks, ratios.values - 1.0), told


def quantiles_of(found: Sequence[OrderStatistics]) -> list[Quantiles]:
    """Return the quantiles of each; those of equally many values are worked out together."""
    told: list[Quantiles] = []
    for _, group in groupby(found, key=lambda each: id(each.ranks)):
        same = list(group)
        ranks = same[0].ranks
        if ranks is None:
            told += (dict.fromkeys(QUANTILES, (math.nan, math.nan)) for _ in same)
        else:
            told += ranks.quantiles(np.stack([each.values for each in same]))
    return told
