"""A number that paths give, with its Monte Carlo standard error."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sim.statistics import probability_se, quantile_reach


@dataclass(frozen=True, slots=True)
class Estimate:
    """A number and its Monte Carlo standard error, in the same unit; an error of 0 is a number known exactly."""

    value: float
    se: float = 0.0

    def to_json(self) -> dict[str, float | None]:
        """Return ``{"value": x, "se": x}``, null where undefined."""
        return {"value": finite(self.value), "se": finite(self.se)}


def mean_of(values: NDArray[np.float64]) -> Estimate:
    """Mean of one number a path and its standard error; NaN is left out, without any the mean is NaN."""
    known = values[~np.isnan(values)]
    if known.size == 0:
        return Estimate(math.nan, math.nan)
    error = float(known.std(ddof=1)) / math.sqrt(known.size) if known.size > 1 else math.nan
    return Estimate(float(known.mean()), error)


def median_of(values: NDArray[np.float64]) -> Estimate:
    """Median of one number a path; its error is half the way between the order statistics a deviation around it."""
    if values.size == 0:
        return Estimate(math.nan, math.nan)
    low, high = quantile_reach(values.size, 0.5)
    ordered = np.partition(values, [low, high])
    return Estimate(float(np.median(values)), float(ordered[high] - ordered[low]) / 2.0)


def share_of(happened: NDArray[np.bool_]) -> Estimate:
    """Share of paths on which something happens, and its standard error."""
    if happened.size == 0:
        return Estimate(math.nan, math.nan)
    hits = int(happened.sum())
    return Estimate(hits / happened.size, probability_se(hits, happened.size))


def finite(value: float) -> float | None:
    """Return a number as JSON holds it: ``None`` for NaN and infinity."""
    return value if math.isfinite(value) else None
