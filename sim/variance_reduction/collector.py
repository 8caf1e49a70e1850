"""Collects paths that are weighted, or replicates, into the summary of a run.

What is counted and averaged is what :class:`sim.collector.Collector` counts and averages; only the estimators
differ. With weights of one and no control the two give the same summary, which a test holds them to.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.convergence import Convergence, marks_between
from sim.engine import Batch, Plan
from sim.kernels.parameters import QUANTITIES
from sim.statistics import HISTOGRAM_WIDTH, LogReturnHistogram
from sim.tally import COVERED, EVENTS, MEANS, PRICES, blocks_between
from sim.variance_reduction.aftermarket import WeightedAftermarket
from sim.variance_reduction.control import CloseControl
from sim.variance_reduction.method import Method
from sim.variance_reduction.prices import PriceTally
from sim.variance_reduction.sums import GROUPS, EventShare, Frame, WeightedMean

Array = NDArray[np.float64]

_MOVED_BY_THE_DAY = ("high", "low", "close", "vwap")


class WeightedCollector:
    """Consumes batches in the order of their paths, from path 0 on; :meth:`summary` may be asked at any time.

    Parameters
    ----------
    plan
        What is being simulated.
    keep_paths, expected_paths
        As for :class:`sim.collector.Collector`.
    method
        How the latent variables were drawn.
    threads
        Threads that sort the kept paths for a summary.
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
        mixture = method.name == "importance"
        self._kept: Array | None = None
        self._weights: Array | None = None
        if expected_paths <= keep_paths:
            self._kept = np.empty((len(plan.recorded), expected_paths))
            self._weights = np.empty(expected_paths) if mixture else None
        self._rows = [QUANTITIES.index(name) for name in plan.recorded]
        streamed = self._kept is None
        self._control = CloseControl(plan) if controlled else None
        self._prices = {name: PriceTally(plan, name, mixture, streamed) for name in PRICES}
        self._means = {name: WeightedMean(mixture) for name in MEANS}
        self._events = {name: EventShare(mixture) for name in EVENTS}
        self._after = None
        if plan.parameters.aftermarket is not None:
            self._after = WeightedAftermarket(plan, mixture, streamed)
        self._noted: list[tuple[int, float, float]] = []
        self.paths = 0

    def add(self, batch: Batch) -> None:
        """Add the next batch of paths."""
        count = batch.values.shape[1]
        if self._kept is not None:
            self._kept[:, self.paths : self.paths + count] = batch.values[self._rows]
        if self._weights is not None:
            self._weights[self.paths : self.paths + count] = _weights_of(batch)
        for first, length in blocks_between(batch.first, count):
            start = first - batch.first
            self._add_block(batch.part(start, start + length))
        self.paths += count

    def _add_block(self, block: Batch) -> None:
        weights = _weights_of(block)
        control = None if self._control is None else self._control.of(block)
        plain, controlled = Frame.of(weights, None), Frame.of(weights, control)
        self._note(block, control)
        for name, tally in self._prices.items():
            tally.add(block, controlled if name in _MOVED_BY_THE_DAY else plain)
        offers, closes, opens = block["offer_price"], block["close"], block["open"]
        listed = ~np.isnan(closes)
        short, purchases = self._plan.over_allotment, block["purchases"]
        every = np.ones_like(listed)
        happened = {
            "withdrawn": ~listed,
            "open_below_offer": opens < offers,
            "open_at_offer": opens == offers,
            "close_below_offer": closes < offers,
            "close_at_offer": closes == offers,
            "stabilised": purchases > 0.0,
            "support_exhausted": (purchases >= COVERED * short) & (short > 0.0),
        }
        for event, share in self._events.items():
            share.add(happened[event], every if event == "withdrawn" else listed, plain)
        bought = purchases / short if short > 0.0 else np.zeros_like(closes)
        # With only the first day known, what is still short is exercised where the close is above the offer price.
        exercised = np.where(closes > offers, 1.0 - bought, 0.0) if short > 0.0 else np.zeros_like(closes)
        numbers = {
            "offer_price": offers,
            "float_at_listing": block["float_at_listing"],
            "purchases": purchases,
            "bought_of_short": bought,
            "exercised": exercised,
            "lift": block["log_close"] - block["pressure_close"],
            "pressure_move": block["pressure_close"] - block["scarcity"],
            "scarcity": block["scarcity"],
        }
        for name, mean in self._means.items():
            mean.add(np.where(listed, numbers[name], np.nan), plain)
        if self._after is not None:
            self._after.add(block, plain)

    def _note(self, block: Batch, control: Array | None) -> None:
        """Note the running mean of the close."""
        close, weights = self._prices["close"], _weights_of(block)
        per_offer = self._plan.scenario.offer.price is None
        values = block["close"] / block["offer_price"] - 1.0 if per_offer else block["close"]
        for mark in marks_between(block.first, block.first + values.size):
            so_far = slice(0, mark - block.first)
            frame = Frame.of(
                None if weights is None else weights[so_far], None if control is None else control[so_far]
            )
            running = close.moments.copy()
            running.add(values[so_far], frame)
            self._noted.append((mark, *close.return_of(running)))

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
        return {name: tally.frozen() for name, tally in self._prices.items()}

    @property
    def convergence(self) -> Convergence:
        """Running mean return of the close."""
        close = self._prices["close"]
        noted = [entry for entry in self._noted if entry[0] < self.paths]
        if self.paths:
            noted.append((self.paths, *close.return_of(close.moments)))
        return Convergence(
            paths=np.array([paths for paths, _, _ in noted], dtype=np.int64),
            mean=np.array([mean for _, mean, _ in noted]),
            se=np.array([error for _, _, error in noted]),
        )

    @property
    def close_se(self) -> float:
        """Standard error of the mean return of the close."""
        close = self._prices["close"]
        return close.return_of(close.moments)[1]

    def summary(self, partial: bool) -> dict[str, Any]:
        """Return the summary of the paths so far, as the interface lays it out, with what the method gained."""
        scenario, means = self._plan.scenario, self._means
        base = scenario.offer.base_shares
        weights = None if self._weights is None else self._weights[: self.paths]
        kept = self.kept
        with ThreadPoolExecutor(self._threads) as pool:
            told = pool.map(lambda tally: tally.summary(kept, weights), self._prices.values())
            described = dict(zip(self._prices, told, strict=True))
        after = {} if self._after is None else {"aftermarket": self._after.summary(kept, weights)}
        parts = {"valuation_and_heat": "pressure_move", "scarcity": "scarcity", "stabilisation": "lift"}
        return {
            "scenario": scenario.name,
            "stage": scenario.stage,
            "paths": self.paths,
            "seed": scenario.simulation.seed,
            "partial": partial,
            "offer_price": scenario.offer.price or means["offer_price"].mean,
            "float_shares": float(np.round(means["float_at_listing"].mean * base)),
            "float_shares_se": means["float_at_listing"].se * base,
            "returns": {name: returns for name, (returns, _) in described.items()},
            "prices": {name: prices for name, (_, prices) in described.items()},
            "probabilities": {
                event: {"value": share.value, "se": share.se} for event, share in self._events.items()
            },
            "greenshoe": {
                "over_allotted_shares": scenario.over_allotted_shares(),
                "purchases_mean": means["purchases"].mean * base,
                "purchases_mean_se": means["purchases"].se * base,
                "purchases_fraction_of_short_mean": means["bought_of_short"].mean,
                "exercised_fraction_mean": means["exercised"].mean,
                "exercised_fraction_mean_se": means["exercised"].se,
            },
            "decomposition": {part: means[name].mean for part, name in parts.items()},
            "decomposition_se": {part: means[name].se for part, name in parts.items()},
            "quantile_error": 0.0 if self._kept is not None else HISTOGRAM_WIDTH,
            **after,
            "variance_reduction": self._reduction(),
        }

    def _reduction(self) -> dict[str, Any]:
        """What the method gained: variances of as many plain paths as multiples of its own, and sample sizes."""
        close = self._prices["close"].moments
        gain = {"close_mean": close.gain} | {event: share.gain for event, share in self._events.items()}
        if self._method.name == "sobol":
            return {**self._method.to_json(), "replicates": min(GROUPS, self.paths), "gain": gain}
        hits = {event: share.effective for event, share in self._events.items()}
        return {
            **self._method.to_json(),
            "gain": gain,
            "effective_paths": close.effective if close.count else math.nan,
            "effective_hits": hits,
        }


def _weights_of(block: Batch) -> Array | None:
    return None if block.drawn is None else block.drawn.weights
