"""Weighted statistics of one price and of its return against the offer price."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.engine import Batch, Plan
from sim.statistics import LogReturnHistogram
from sim.summaries import Quantiles, scaled
from sim.variance_reduction.quantiles import WeightedHistogram, kept_quantiles
from sim.variance_reduction.sums import Frame, WeightedMean

Array = NDArray[np.float64]


class PriceTally:
    """One recorded price of a plan; where every path has one offer price, its return is the price itself, scaled.

    Parameters
    ----------
    plan
        What is simulated.
    name
        Row of the price.
    mixture
        Whether paths carry weights.
    streamed
        Whether paths are not kept, so that quantiles are read off histograms.
    """

    def __init__(self, plan: Plan, name: str, mixture: bool, streamed: bool) -> None:
        self.name, self._mixture, self._streamed = name, mixture, streamed
        self._offer = plan.scenario.offer.price
        self._unit = float(plan.scenario.reference_price)
        self._prices, self._returns = WeightedMean(mixture), WeightedMean(mixture)
        self.histogram, self._price_histogram = WeightedHistogram(), WeightedHistogram()

    def add(self, block: Batch, frame: Frame) -> None:
        """Add a block of paths."""
        weights = None if block.drawn is None else block.drawn.weights
        prices = block[self.name]
        ratios = prices / block["offer_price"]
        self._prices.add(prices, frame)
        self.histogram.add(ratios, weights)
        if self._offer is None:
            self._returns.add(ratios - 1.0, frame)
            if self._streamed:
                self._price_histogram.add(prices / self._unit, weights)

    def frozen(self) -> LogReturnHistogram:
        """Histogram of the log return, of as many plain paths as list."""
        return self.histogram.freeze(self._prices.count)

    def return_of(self, told: WeightedMean) -> tuple[float, float]:
        """Mean return and its standard error from the moments that :meth:`moments` gives."""
        if self._offer is None:
            return told.mean, told.se
        return told.mean / self._offer - 1.0, told.se / self._offer

    @property
    def moments(self) -> WeightedMean:
        """Moments of the return, or of the price where that says it all."""
        return self._returns if self._offer is None else self._prices

    def summary(
        self, kept: Mapping[str, Array] | None, weights: Array | None
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        """Return the return and the price as the summary lays them out."""
        returns, prices = self._quantiles(kept, weights)
        mean, error = self.return_of(self.moments)
        sd = self.moments.sd / (1.0 if self._offer is None else self._offer)
        price = self._prices
        return laid_out_as(mean, error, sd, returns), laid_out_as(price.mean, price.se, price.sd, prices)

    def _quantiles(
        self, kept: Mapping[str, Array] | None, weights: Array | None
    ) -> tuple[Quantiles, Quantiles]:
        offer = self._offer
        if kept is None:
            ratios = self.histogram.quantiles()
            of_price = self.histogram if offer is not None else self._price_histogram
            unit = self._unit if offer is None else offer
            return scaled(ratios, 1.0, -1.0), scaled(of_price.quantiles(), unit)
        prices = kept_quantiles(kept[self.name], weights)
        if offer is None:
            return kept_quantiles(kept[self.name] / kept["offer_price"] - 1.0, weights), prices
        return {p: (value / offer - 1.0, error / offer) for p, (value, error) in prices.items()}, prices


def laid_out_as(mean: float, error: float, sd: float, quantiles: Quantiles) -> dict[str, Any]:
    """Return a quantity as the summary lays it out."""
    return {
        "mean": mean,
        "mean_se": error,
        "sd": sd,
        "quantiles": {f"{p:g}": value for p, (value, _) in quantiles.items()},
        "quantiles_se": {f"{p:g}": error for p, (_, error) in quantiles.items()},
    }
