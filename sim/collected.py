"""What is left of paths once they are collected, and the summary that is made of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.engine import Plan
from sim.estimates import Estimate
from sim.order_statistics import OrderStatistics, Quantiles, quantiles_of
from sim.statistics import HistogramCounter, Moments, probability_se
from sim.summaries import described, histogram_quantiles, mean_of, scaled, share
from sim.summary_layout import Told, summary_of
from sim.tally import (
    AFTER,
    AFTER_MEANS,
    MEANS,
    PRICES,
    Layout,
    after_prices,
    one_price,
    price_of,
    return_of,
)


@dataclass(frozen=True, slots=True)
class Collected:
    """Statistics of the paths of a plan.

    Parameters
    ----------
    plan, paths
        What was simulated, and how many paths of it.
    layout
        Names of the statistics.
    moments
        (names, 3), count, mean and sum of squared deviations.
    counts, histograms
        As the layout names them. All three are a collector's own and change with the next path that it is given.
    selected
        Order statistics of the return and of the price of each name, where paths were kept.
    """

    plan: Plan
    paths: int
    layout: Layout
    moments: NDArray[np.float64]
    counts: NDArray[np.int64]
    selected: Sequence[tuple[OrderStatistics, OrderStatistics]] | None
    histograms: Mapping[str, HistogramCounter]

    def summary(self, partial: bool) -> dict[str, Any]:
        """Return the summary, see :func:`sim.summary_layout.summary_of`."""
        layout, counts = self.layout, self.counts.tolist()
        moments = {
            name: Moments.from_row(row) for name, row in zip(layout.moments, self.moments, strict=True)
        }
        listed = self.paths - counts[layout.counts.index("withdrawn")]
        shares = {}
        for event, hits in zip(layout.counts, counts, strict=False):
            of = self.paths if event == "withdrawn" else listed
            shares[event] = Estimate(share(hits, of), probability_se(hits, of))
        means = (*MEANS, *(AFTER + name for name in AFTER_MEANS if layout.days))
        told = Told(
            {name: Estimate(mean_of(moments[name]), moments[name].se) for name in means},
            shares,
            self._described(moments),
            self.counts[len(layout.counts) :],
            self.selected is None,
        )
        return summary_of(self.plan, self.paths, partial, told)

    def _described(self, moments: Mapping[str, Moments]) -> dict[str, tuple[dict[str, Any], dict[str, Any]]]:
        """Describe the return and the price of every name."""
        names = (*PRICES, *after_prices(self.plan))
        if self.selected is None:
            told = [quantiles for name in names for quantiles in self._streamed_quantiles(name)]
        else:
            told = quantiles_of([each for pair in self.selected for each in pair])
        return {
            name: (
                described(moments[return_of(name)], of_returns),
                described(moments[price_of(name)], of_prices),
            )
            for name, of_returns, of_prices in zip(names, told[::2], told[1::2], strict=True)
        }

    def _streamed_quantiles(self, name: str) -> tuple[Quantiles, Quantiles]:
        ratios = histogram_quantiles(self.histograms[return_of(name)].freeze())
        prices = ratios
        if not one_price(self.plan):
            prices = histogram_quantiles(self.histograms[price_of(name)].freeze())
        return scaled(ratios, 1.0, -1.0), scaled(prices, float(self.plan.scenario.reference_price))
