"""What a summary says of one quantity: mean, spread and quantiles, each with its Monte Carlo error."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.statistics import LogReturnHistogram, Moments, quantile_se

QUANTILES = (0.01, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99)

Quantiles = dict[float, tuple[float, float]]
"""A quantile and its standard error by probability."""


def mean_of(moments: Moments) -> float:
    """Mean of what was seen, NaN of nothing."""
    return moments.mean if moments.count else math.nan


def share(hits: int, of: int) -> float:
    """Share of paths, NaN of none."""
    return hits / of if of else math.nan


def exact_quantiles(values: NDArray[np.float64]) -> Quantiles:
    """Quantiles of kept values; NaN is left out."""
    ordered = np.sort(values[~np.isnan(values)])
    if ordered.size == 0:
        return dict.fromkeys(QUANTILES, (math.nan, math.nan))
    at = np.quantile(ordered, QUANTILES)
    return {p: (float(q), quantile_se(ordered, p)) for p, q in zip(QUANTILES, at, strict=True)}


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
    return {
        "mean": mean_of(moments),
        "mean_se": moments.se,
        "sd": moments.sd,
        "quantiles": {f"{p:g}": value for p, (value, _) in quantiles.items()},
        "quantiles_se": {f"{p:g}": error for p, (_, error) in quantiles.items()},
    }
