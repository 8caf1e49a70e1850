"""Collects paths that are weighted, or replicates, into the summary of a run.

What is counted and averaged is what :class:`sim.collector.Collector` counts and averages; only the estimators
differ. With weights of one and no control the two give the same summary, which a test holds them to.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.convergence import Convergence
from sim.engine import Batch, Plan
from sim.estimates import Estimate
from sim.kernels.parameters import QUANTITIES
from sim.kernels.weighted import GROUPS, SUMS
from sim.order_statistics import Quantiles
from sim.statistics import LogReturnHistogram
from sim.summaries import laid_out, scaled
from sim.summary_layout import Told, summary_of
from sim.tally import EVENTS, PRICES, after_prices, blocks_between, price_of, return_of
from sim.variance_reduction.method import Method
from sim.variance_reduction.quantiles import WeightedHistogram, kept_quantiles
from sim.variance_reduction.sums import EventShare, WeightedMean
from sim.variance_reduction.tally import Blocks, WeightedBlock, WeightedTallier, weights_of

Array = NDArray[np.float64]


class WeightedCollector:
    """Consumes paths in their order, from path 0 on; :meth:`summary` may be asked at any time.

    Paths come as batches, or tallied already as blocks of :attr:`tallier`; sums are only ever added block after
    block, so no bit depends on which.

    Parameters
    ----------
    plan
        What is being simulated.
    keep_paths, expected_paths
        As for :class:`sim.collector.Collector`.
    method
        How the latent variables were drawn.
    threads
        Threads that find the quantiles of kept paths.
    controlled
        Whether the control variate of the close is used.
    """

    def __init__(
        self,
        plan: Plan,
        keep_paths: int,
        expected_paths: int,
        method: Method,
        threads: int = 1,
        controlled: bool = True,
    ) -> None:
        self._plan, self._method, self._threads = plan, method, threads
        self._mixture = method.name == "importance"
        self._kept: Array | None = None
        self._weights: Array | None = None
        if expected_paths <= keep_paths:
            self._kept = np.empty((len(plan.recorded), expected_paths))
            self._weights = np.empty(expected_paths) if self._mixture else None
        self._recorded = plan.recorded
        self.tallier = WeightedTallier(plan, self._kept is None, controlled)
        layout, names = self.tallier.layout, len(self.tallier.rows)
        self._sums = np.zeros((names, SUMS, GROUPS))
        self._counts = np.zeros(names, dtype=np.int64)
        self._hits = np.zeros(len(layout.counts), dtype=np.int64)
        self._histograms = {name: WeightedHistogram() for name in layout.histograms}
        self._days = np.zeros(layout.days)
        self._noted: list[tuple[int, Estimate]] = []
        self.paths = 0
        self.quantities: tuple[str, ...] = QUANTITIES

    def add(self, batch: Batch) -> None:
        """Add the next batch of paths."""
        self.keep(batch, self.paths)
        for first, length in blocks_between(batch.first, batch.values.shape[1]):
            start = first - batch.first
            self.merge(self.tallier.tally(batch.part(start, start + length)))

    def keep(self, batch: Batch, place: int) -> None:
        """Keep the paths of a batch from a place on, where paths are kept; several threads may do so at once."""
        stop = place + batch.values.shape[1]
        if self._kept is not None:
            for row, name in enumerate(self._recorded):
                self._kept[row, place:stop] = batch[name]
        if self._weights is not None:
            self._weights[place:stop] = weights_of(batch)

    def merge(self, part: Blocks) -> None:
        """Add the statistics of the next paths, which :meth:`keep` has seen."""
        for block in part:
            self._note(block)
            self._sums += block.sums
            self._counts += block.counts
            self._hits += block.hits
            for told, cells in zip(self._histograms.values(), block.mass, strict=True):
                told.cells += cells
            self._days += block.days
            self.paths += block.paths

    def _note(self, block: WeightedBlock) -> None:
        """Note the running mean of the close."""
        before = self._mean(return_of("close"))
        for mark in block.marks:
            count, sums = before.count + mark.count, before.sums + mark.sums
            running = WeightedMean(self._mixture, count, mark.path, sums)
            self._noted.append((mark.path, running.estimate))

    def _mean(self, name: str) -> WeightedMean:
        row = self.tallier.rows[name]
        return WeightedMean(self._mixture, int(self._counts[row]), self.paths, self._sums[row])

    def _shares(self) -> dict[str, EventShare]:
        events = self.tallier.layout.counts
        hits = self._hits.tolist()
        return {name: EventShare(self._mean(name), told) for name, told in zip(events, hits, strict=True)}

    @property
    def kept(self) -> Mapping[str, Array] | None:
        """The paths so far, and their weights; ``None`` when they were too many to keep."""
        if self._kept is None:
            return None
        kept = {name: self._kept[row, : self.paths] for row, name in enumerate(self._plan.recorded)}
        return kept if self._weights is None else kept | {"weight": self._weights[: self.paths]}

    @property
    def histograms(self) -> Mapping[str, LogReturnHistogram]:
        """Histogram of the log return of each price, of as many plain paths as list."""
        kept = self.kept
        told = self._histograms
        if kept is not None:
            weights = kept.get("weight", np.ones(self.paths))
            ratios = [kept[name] / kept["offer_price"] for name in PRICES]
            with ThreadPoolExecutor(self._threads) as pool:
                filled = pool.map(partial(WeightedHistogram.of, weights=weights), ratios)
                told = dict(zip(map(return_of, PRICES), filled, strict=True))
        return {name: told[return_of(name)].freeze(self._mean(return_of(name)).count) for name in PRICES}

    @property
    def convergence(self) -> Convergence:
        """Running mean return of the close."""
        noted = [entry for entry in self._noted if entry[0] < self.paths]
        if self.paths:
            noted.append((self.paths, self._mean(return_of("close")).estimate))
        return Convergence(
            paths=np.array([paths for paths, _ in noted], dtype=np.int64),
            mean=np.array([told.value for _, told in noted]),
            se=np.array([told.se for _, told in noted]),
        )

    @property
    def close_se(self) -> float:
        """Standard error of the mean return of the close."""
        return self._mean(return_of("close")).se

    def summary(self, partial: bool) -> dict[str, Any]:
        """Return the summary of the paths so far, see :func:`sim.summary_layout.summary_of`, and what was gained."""
        shares = self._shares()
        told = Told(
            {name: self._mean(name).estimate for name in self.tallier.layout.moments},
            {event: share.estimate for event, share in shares.items()},
            self._all_described(),
            self._days,
            self._kept is None,
        )
        summary = summary_of(self._plan, self.paths, partial, told)
        first_day = {event: shares[event] for event in EVENTS}
        return {**summary, "variance_reduction": self._reduction(first_day)}

    def _all_described(self) -> dict[str, tuple[dict[str, Any], dict[str, Any]]]:
        """Describe the return and the price of every name."""
        names = (*PRICES, *after_prices(self._plan))
        with ThreadPoolExecutor(self._threads) as pool:
            quantiles = list(pool.map(self._quantiles, names))
        return {
            name: (
                self._described(return_of(name), of_returns),
                self._described(price_of(name), of_prices),
            )
            for name, (of_returns, of_prices) in zip(names, quantiles, strict=True)
        }

    def _described(self, name: str, quantiles: Quantiles) -> dict[str, Any]:
        told = self._mean(name)
        mean = told.estimate
        return laid_out(mean.value, mean.se, told.sd, quantiles)

    def _quantiles(self, name: str) -> tuple[Quantiles, Quantiles]:
        """Quantiles of the return and of the price of a name with their standard errors."""
        offer, kept = self._plan.scenario.offer.price, self.kept
        if kept is None:
            ratios = self._histograms[return_of(name)].quantiles()
            prices = ratios if offer is not None else self._histograms[price_of(name)].quantiles()
            return scaled(ratios, 1.0, -1.0), scaled(prices, float(self._plan.scenario.reference_price))
        weights = kept.get("weight")
        of_prices = kept_quantiles(kept[name], weights)
        if offer is None:
            return kept_quantiles(kept[name] / kept["offer_price"] - 1.0, weights), of_prices
        return {p: (value / offer - 1.0, error / offer) for p, (value, error) in of_prices.items()}, of_prices

    def _reduction(self, shares: Mapping[str, EventShare]) -> dict[str, Any]:
        """What the method gained: variances of as many plain paths as multiples of its own, and sample sizes."""
        close = self._mean(return_of("close"))
        gain = {"close_mean": close.gain} | {event: share.gain for event, share in shares.items()}
        if self._method.name == "sobol":
            return {**self._method.to_json(), "replicates": min(GROUPS, self.paths), "gain": gain}
        return {
            **self._method.to_json(),
            "gain": gain,
            "effective_paths": close.effective if close.count else math.nan,
            "effective_hits": {event: share.effective for event, share in shares.items()},
        }
