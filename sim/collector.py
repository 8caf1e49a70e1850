"""Collects paths into the summary of a run: `summary.json` of the interface."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.convergence import Convergence, ConvergenceCounter
from sim.engine import Batch, Plan
from sim.estimates import Estimate
from sim.kernels.parameters import QUANTITIES
from sim.statistics import HistogramCounter, LogReturnHistogram, Moments, probability_se
from sim.summaries import (
    QUANTILES,
    Quantiles,
    described,
    exact_quantiles_of_returns,
    histogram_quantiles,
    mean_of,
    scaled,
    share,
)
from sim.summary_layout import Told, summary_of
from sim.tally import (
    AFTER,
    AFTER_MEANS,
    MEANS,
    PRICES,
    Part,
    Tallier,
    after_prices,
    blocks_between,
    one_price,
    price_of,
    return_of,
)

__all__ = ["PRICES", "QUANTILES", "Collector"]


class Collector:
    """Consumes paths in their order; :meth:`summary` may be asked at any time.

    Paths come as batches, or tallied already as parts of :attr:`tallier`; see :mod:`sim.tally` for why the bits do
    not depend on which.

    Parameters
    ----------
    plan
        What is being simulated.
    keep_paths
        Up to this many paths are kept whole, for exact quantiles and for the run directory; beyond it only the
        streamed statistics stay, and memory no longer grows.
    expected_paths
        Paths that are to come; more than ``keep_paths`` keeps none from the start.
    for_summary_only
        Keep no more than the quantiles need, and note no running mean.
    """

    def __init__(
        self, plan: Plan, keep_paths: int, expected_paths: int, *, for_summary_only: bool = False
    ) -> None:
        self._plan = plan
        self._recorded = plan.recorded
        if for_summary_only:
            self._recorded = (*PRICES, *after_prices(plan), "offer_price")
        self._rows = [QUANTITIES.index(name) for name in self._recorded]
        self.room: NDArray[np.float64] | None = None
        if expected_paths <= keep_paths:
            self.room = np.empty((len(self._recorded), expected_paths))
        self.tallier = Tallier(plan, self.room is None, not for_summary_only)
        layout = self.tallier.layout
        self.paths = 0
        self._moments = {name: Moments() for name in layout.moments}
        self._counts = np.zeros(len(layout.counts) + layout.days, dtype=np.int64)
        self._histograms = {name: HistogramCounter() for name in layout.histograms}
        self._convergence = ConvergenceCounter()

    def add(self, batch: Batch) -> None:
        """Add the next batch of paths."""
        self.keep(batch, self.paths)
        for first, count in blocks_between(batch.first, batch.values.shape[1]):
            start = first - batch.first
            self.merge(self.tallier.tally(Batch(first, batch.values[:, start : start + count])))

    def keep(self, batch: Batch, place: int) -> None:
        """Keep the paths of a batch from a place on, where paths are kept; several threads may do so at once."""
        if self.room is not None:
            stop = place + batch.values.shape[1]
            for row, recorded in enumerate(self._rows):
                self.room[row, place:stop] = batch.values[recorded]

    def merge(self, part: Part) -> None:
        """Add the statistics of the next paths, which :meth:`keep` has seen."""
        marks = part.marks
        for number, block in enumerate(part.moments.tolist()):
            self._convergence.merge(marks[marks[:, 0] == number, 1:], self._moments[return_of("close")])
            for moments, (count, mean, squares) in zip(self._moments.values(), block, strict=True):
                moments.merge(Moments(int(count), mean, squares))
        self._counts += part.counts
        for counter, cells in zip(self._histograms.values(), part.cells, strict=True):
            counter.merge(cells)
        self.paths += part.paths

    @property
    def kept(self) -> Mapping[str, NDArray[np.float64]] | None:
        """The paths so far, one array a quantity of the horizon; ``None`` when they were too many to keep."""
        if self.room is None:
            return None
        return {name: self.room[row, : self.paths] for row, name in enumerate(self._recorded)}

    @property
    def histograms(self) -> Mapping[str, LogReturnHistogram]:
        """Histogram of the log return of each price of the first day."""
        kept = self.kept
        if kept is None:
            return {name: self._histograms[return_of(name)].freeze() for name in PRICES}
        counters = {name: HistogramCounter() for name in PRICES}
        for name, counter in counters.items():
            counter.add(kept[name] / kept["offer_price"])
        return {name: counter.freeze() for name, counter in counters.items()}

    @property
    def convergence(self) -> Convergence:
        """Running mean return of the close."""
        return self._convergence.freeze(self.paths, self._moments[return_of("close")])

    @property
    def close_se(self) -> float:
        """Standard error of the mean return of the close."""
        return self._moments[return_of("close")].se

    def summary(self, partial: bool) -> dict[str, Any]:
        """Return the summary of the paths so far, see :func:`sim.summary_layout.summary_of`."""
        layout, counts = self.tallier.layout, self._counts.tolist()
        listed = self.paths - counts[layout.counts.index("withdrawn")]
        shares = {}
        for event, hits in zip(layout.counts, counts, strict=False):
            of = self.paths if event == "withdrawn" else listed
            shares[event] = Estimate(share(hits, of), probability_se(hits, of))
        means = (*MEANS, *(AFTER + name for name in AFTER_MEANS if layout.days))
        told = Told(
            {name: Estimate(mean_of(self._moments[name]), self._moments[name].se) for name in means},
            shares,
            self._all_described(),
            self._counts[len(layout.counts) :],
            self.room is None,
        )
        return summary_of(self._plan, self.paths, partial, told)

    def _all_described(self) -> dict[str, tuple[dict[str, Any], dict[str, Any]]]:
        """Describe the return and the price of every name."""
        names = (*PRICES, *after_prices(self._plan))
        return {
            name: (
                described(self._moments[return_of(name)], of_returns),
                described(self._moments[price_of(name)], of_prices),
            )
            for name, (of_returns, of_prices) in zip(names, self._quantiles(names), strict=True)
        }

    def _quantiles(self, names: Sequence[str]) -> list[tuple[Quantiles, Quantiles]]:
        """Quantiles of the return and of the price of each name with their standard errors."""
        if self.room is None:
            return [self._streamed_quantiles(name) for name in names]
        rows = [self._recorded.index(quantity) for quantity in (*names, "offer_price")]
        *prices, offers = (self.room[row, : self.paths] for row in rows)
        return exact_quantiles_of_returns(prices, offers, one_price(self._plan))

    def _streamed_quantiles(self, name: str) -> tuple[Quantiles, Quantiles]:
        ratios = histogram_quantiles(self._histograms[return_of(name)].freeze())
        prices = ratios
        if not one_price(self._plan):
            prices = histogram_quantiles(self._histograms[price_of(name)].freeze())
        return scaled(ratios, 1.0, -1.0), scaled(prices, float(self._plan.scenario.reference_price))
