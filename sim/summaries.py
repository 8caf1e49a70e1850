"""What a summary says of one quantity: mean, spread and quantiles, each with its Monte Carlo error."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from sim.order_statistics import QUANTILES, Quantiles
from sim.statistics import LogReturnHistogram, Moments

_LEVELS = {p: f"{p:g}" for p in QUANTILES}


def mean_of(moments: Moments) -> float:
    """Mean of what was seen, NaN of nothing."""
    return moments.mean if moments.count else math.nan


def share(hits: int, of: int) -> float:
    """Share of paths, NaN of none."""
    return hits / of if of else math.nan


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
