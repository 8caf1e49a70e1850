"""Collects paths into the summary of a run: `summary.json` of the interface."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.collected import Collected
from sim.convergence import Convergence, ConvergenceCounter
from sim.engine import Batch, Plan
from sim.kernels.moments import merge_moments
from sim.order_statistics import OrderStatistics
from sim.statistics import HistogramCounter, LogReturnHistogram, Moments
from sim.tally import (
    PRICES,
    Part,
    Tallier,
    after_prices,
    blocks_between,
    one_price,
    return_of,
    tallied,
)


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

    Attributes
    ----------
    quantities
        What it reads of a path.
    """

    def __init__(
        self, plan: Plan, keep_paths: int, expected_paths: int, *, for_summary_only: bool = False
    ) -> None:
        self._plan = plan
        self._recorded = plan.recorded
        if for_summary_only:
            self._recorded = (*PRICES, *after_prices(plan), "offer_price")
        self.room: NDArray[np.float64] | None = None
        if expected_paths <= keep_paths:
            self.room = np.empty((len(self._recorded), expected_paths))
        self.tallier = Tallier(plan, self.room is None, not for_summary_only)
        self.quantities = tallied(plan) if for_summary_only or self.room is None else plan.recorded
        layout = self.tallier.layout
        self.paths = 0
        self._moments = np.zeros((len(layout.moments), 3))
        self._counts = np.zeros(len(layout.counts) + layout.days, dtype=np.int64)
        self._histograms = {name: HistogramCounter() for name in layout.histograms}
        self._convergence = ConvergenceCounter()

    def add(self, batch: Batch) -> None:
        """Add the next batch of paths."""
        self.keep(batch, self.paths)
        for first, count in blocks_between(batch.first, batch.values.shape[1]):
            start = first - batch.first
            self.merge(self.tallier.tally(batch.part(start, start + count)))

    def keep(self, batch: Batch, place: int) -> None:
        """Keep the paths of a batch from a place on, where paths are kept; several threads may do so at once."""
        if self.room is not None:
            stop = place + batch.values.shape[1]
            for row, name in enumerate(self._recorded):
                self.room[row, place:stop] = batch[name]

    def merge(self, part: Part) -> None:
        """Add the statistics of the next paths, which :meth:`keep` has seen."""
        marks = part.marks
        for number, block in enumerate(part.moments):
            if marks.size:
                self._convergence.merge(marks[marks[:, 0] == number, 1:], self._close)
            merge_moments(self._moments, block)
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
        return self._convergence.freeze(self.paths, self._close)

    @property
    def close_se(self) -> float:
        """Standard error of the mean return of the close."""
        return self._close.se

    @property
    def _close(self) -> Moments:
        """Moments of the return of the close so far."""
        return Moments.from_row(self._moments[self.tallier.moment_row[return_of("close")]])

    def collected(self) -> Collected:
        """Return all that the summary of the paths so far needs of them; it is small, whatever their number."""
        selected = None
        if self.room is not None:
            rows = (
                self._recorded.index(name) for name in (*PRICES, *after_prices(self._plan), "offer_price")
            )
            *prices, offers = (self.room[row, : self.paths] for row in rows)
            one = one_price(self._plan)
            selected = [OrderStatistics.of_prices(each, offers, one) for each in prices]
        return Collected(
            self._plan,
            self.paths,
            self.tallier.layout,
            self._moments,
            self._counts,
            selected,
            self._histograms,
        )

    def summary(self, partial: bool) -> dict[str, Any]:
        """Return the summary of the paths so far, see :func:`sim.summary_layout.summary_of`."""
        return self.collected().summary(partial)
