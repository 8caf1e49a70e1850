"""What a summary says of one quantity: mean, spread and quantiles, each with its Monte Carlo error."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.kernels.selection import CELLS, select_ranks
from sim.statistics import LogReturnHistogram, Moments, quantile_reach

QUANTILES = (0.01, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99)

_LEVELS = {p: f"{p:g}" for p in QUANTILES}

Quantiles = dict[float, tuple[float, float]]
"""A quantile and its standard error by probability."""


def mean_of(moments: Moments) -> float:
    """Mean of what was seen, NaN of nothing."""
    return moments.mean if moments.count else math.nan


def share(hits: int, of: int) -> float:
    """Share of paths, NaN of none."""
    return hits / of if of else math.nan


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

    def quantiles(self, statistics: NDArray[np.float64]) -> Quantiles:
        """Combine the wanted order statistics, with the bits of ``numpy.quantile``."""
        return self.quantiles_of_rows(statistics[None])[0]

    def quantiles_of_rows(self, statistics: NDArray[np.float64]) -> list[Quantiles]:
        """Combine the wanted order statistics of each row, (rows, wanted)."""
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


def _undefined() -> Quantiles:
    return dict.fromkeys(QUANTILES, (math.nan, math.nan))


def _order_statistics(values: NDArray[np.float64]) -> tuple[_Ranks | None, NDArray[np.float64]]:
    """Return the order statistics that the quantiles need; selecting them takes a sixth of the time of sorting."""
    if values.size == 0:
        return None, values
    low, high = float(values.min()), float(values.max())
    if math.isnan(low):
        return _order_statistics(values[~np.isnan(values)])
    ranks, width = _Ranks.of(values.size), high - low
    scale = CELLS / width if 0.0 < width < math.inf else math.inf
    if not math.isfinite(scale):
        return ranks, np.asarray(np.sort(values)[ranks.wanted])
    statistics = np.empty(ranks.wanted.size)
    select_ranks(np.ascontiguousarray(values), low, scale, ranks.wanted, statistics)
    return ranks, statistics


def exact_quantiles(values: NDArray[np.float64]) -> Quantiles:
    """Quantiles of kept values; NaN is left out."""
    ranks, statistics = _order_statistics(values)
    return _undefined() if ranks is None else ranks.quantiles(statistics)


def exact_quantiles_of_returns(
    prices: Sequence[NDArray[np.float64]], offers: NDArray[np.float64], one_offer: bool
) -> list[tuple[Quantiles, Quantiles]]:
    """Quantiles of the simple returns and of the prices of kept paths, a pair for each kind of price.

    Parameters
    ----------
    prices
        One array (paths,) a kind of price, NaN where the deal is withdrawn.
    offers
        (paths,), offer price.
    one_offer
        Whether the offer price is the same on each path: a return then has the rank of its price.
    """
    if not one_offer:
        return [(exact_quantiles(each / offers - 1.0), exact_quantiles(each)) for each in prices]
    told: list[tuple[Quantiles, Quantiles]] = []
    found = [_order_statistics(each) for each in prices]
    # Prices of one number of paths are told together: there are many, and the work on each is small.
    for _, group in groupby(found, key=lambda each: id(each[0])):
        same = list(group)
        ranks, statistics = same[0][0], np.stack([each for _, each in same])
        if ranks is None:
            told += [(_undefined(), _undefined()) for _ in same]
            continue
        of_returns = ranks.quantiles_of_rows(statistics / offers[0] - 1.0)
        told += zip(of_returns, ranks.quantiles_of_rows(statistics), strict=True)
    return told


def histogram_quantiles(histogram: LogReturnHistogram) -> Quantiles:
    """Quantiles of the ratio to the unit; the standard error adds the bin's width to the sampling error."""
    total = max(histogram.total, 1)
    quantiles = {}
    for p in QUANTILES:
        reach = math.sqrt(p * (1.0 - p) / total)
        value = math.exp(histogram.quantile(p))
        high = math.exp(histogram.quantile(min(p + reach, 1.0)))
        low = math.exp(histogram.quantile(max(p - reach, 0.0)))
        width = value * (histogram.edges[1] - histogram.edges[0])
        quantiles[p] = (value, math.hypot((high - low) / 2.0, width))
    return quantiles


def scaled(quantiles: Quantiles, factor: float, shift: float = 0.0) -> Quantiles:
    """Quantiles of ``factor x + shift``, for a positive factor."""
    return {p: (factor * value + shift, factor * error) for p, (value, error) in quantiles.items()}


def described(moments: Moments, quantiles: Mapping[float, tuple[float, float]]) -> dict[str, Any]:
    """Return a quantity as the summary lays it out."""
    return laid_out(mean_of(moments), moments.se, moments.sd, quantiles)


def laid_out(
    mean: float, error: float, sd: float, quantiles: Mapping[float, tuple[float, float]]
) -> dict[str, Any]:
    """Return a quantity as the summary lays it out: mean, its standard error, standard deviation and quantiles."""
    return {
        "mean": mean,
        "mean_se": error,
        "sd": sd,
        "quantiles": {_LEVELS[p]: value for p, (value, _) in quantiles.items()},
        "quantiles_se": {_LEVELS[p]: error for p, (_, error) in quantiles.items()},
    }
