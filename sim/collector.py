"""Collects batches of paths into the summary of a run: `summary.json` of the interface."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.aftermarket_collector import COVERED, AftermarketCollector
from sim.convergence import Convergence, ConvergenceCounter
from sim.engine import BLOCK_PATHS, Batch, Plan
from sim.kernels.parameters import QUANTITIES
from sim.statistics import HISTOGRAM_WIDTH, HistogramCounter, LogReturnHistogram, Moments, probability_se
from sim.summaries import (
    QUANTILES,
    Quantiles,
    described,
    exact_quantiles,
    histogram_quantiles,
    mean_of,
    scaled,
    share,
)

__all__ = ["PRICES", "QUANTILES", "Collector"]

PRICES = ("open", "high", "low", "close", "vwap")
_EVENTS = (
    "withdrawn",
    "open_below_offer",
    "open_at_offer",
    "close_below_offer",
    "close_at_offer",
    "stabilised",
    "support_exhausted",
)
_MEANS = (
    "offer_price",
    "float_at_listing",
    "purchases",
    "bought_of_short",
    "exercised",
    "lift",
    "pressure_move",
    "scarcity",
)


class Collector:
    """Consumes batches in the order of their paths; :meth:`summary` may be asked at any time.

    Parameters
    ----------
    plan
        What is being simulated.
    keep_paths
        Up to this many paths are kept whole, for exact quantiles and for the run directory; beyond it only the
        streamed statistics stay, and memory no longer grows.
    expected_paths
        Paths that are to come; more than ``keep_paths`` keeps none from the start.
    """

    def __init__(self, plan: Plan, keep_paths: int, expected_paths: int) -> None:
        self._plan = plan
        self._kept: NDArray[np.float64] | None = None
        if expected_paths <= keep_paths:
            self._kept = np.empty((len(plan.recorded), expected_paths))
        self._rows = [QUANTITIES.index(name) for name in plan.recorded]
        self._after = None
        if plan.parameters.aftermarket is not None:
            self._after = AftermarketCollector(plan, streamed=self._kept is None)
        self.paths = 0
        self._events = dict.fromkeys(_EVENTS, 0)
        self._returns = {name: Moments() for name in PRICES}
        self._prices = {name: Moments() for name in PRICES}
        self._means = {name: Moments() for name in _MEANS}
        self._histograms = {name: HistogramCounter() for name in PRICES}
        self._price_histograms = {name: HistogramCounter() for name in PRICES}
        self._convergence = ConvergenceCounter()

    def add(self, batch: Batch) -> None:
        """Add the next batch of paths."""
        count = batch.values.shape[1]
        if self._kept is not None:
            self._kept[:, self.paths : self.paths + count] = batch.values[self._rows]
        start = 0
        while start < count:
            stop = min(start + BLOCK_PATHS - (batch.first + start) % BLOCK_PATHS, count)
            self._add_block(Batch(batch.first + start, batch.values[:, start:stop]))
            start = stop
        self.paths += count

    def _add_block(self, block: Batch) -> None:
        offers = block["offer_price"]
        listed = ~np.isnan(block["close"])
        for name in PRICES:
            prices = block[name]
            ratios = prices / offers
            if name == "close":
                self._convergence.add(block.first, ratios - 1.0, self._returns[name])
            self._returns[name].add(ratios - 1.0)
            self._prices[name].add(prices)
            self._histograms[name].add(ratios)
            if self._kept is None:
                self._price_histograms[name].add(prices / self._price_unit)
        short = self._plan.over_allotment
        purchases = block["purchases"]
        opens, closes = block["open"], block["close"]
        self._count("withdrawn", ~listed)
        self._count("open_below_offer", opens < offers)
        self._count("open_at_offer", opens == offers)
        self._count("close_below_offer", closes < offers)
        self._count("close_at_offer", closes == offers)
        self._count("stabilised", purchases > 0.0)
        self._count("support_exhausted", (purchases >= COVERED * short) & (short > 0.0))
        bought = purchases / short if short > 0.0 else np.where(listed, 0.0, np.nan)
        means = self._means
        means["offer_price"].add(np.where(listed, offers, np.nan))
        means["float_at_listing"].add(block["float_at_listing"])
        means["purchases"].add(purchases)
        means["bought_of_short"].add(bought)
        # With only the first day known, what is still short is exercised where the close is above the offer price.
        exercised = np.where(closes > offers, 1.0 - bought, 0.0) if short > 0.0 else np.zeros_like(closes)
        means["exercised"].add(np.where(listed, exercised, np.nan))
        means["lift"].add(block["log_close"] - block["pressure_close"])
        means["pressure_move"].add(block["pressure_close"] - block["scarcity"])
        means["scarcity"].add(block["scarcity"])

        if self._after is not None:
            self._after.add(block)

    def _count(self, event: str, happened: NDArray[np.bool_]) -> None:
        self._events[event] += int(happened.sum())

    @property
    def _price_unit(self) -> float:
        """Price that the histogram of prices is measured in: the offer price, or the bottom of its range."""
        return float(self._plan.scenario.reference_price)

    @property
    def kept(self) -> Mapping[str, NDArray[np.float64]] | None:
        """The paths so far, one array a quantity of the horizon; ``None`` when they were too many to keep."""
        if self._kept is None:
            return None
        return {name: self._kept[row, : self.paths] for row, name in enumerate(self._plan.recorded)}

    @property
    def histograms(self) -> Mapping[str, LogReturnHistogram]:
        """Histogram of the log return of each price."""
        return {name: counter.freeze() for name, counter in self._histograms.items()}

    @property
    def convergence(self) -> Convergence:
        """Running mean return of the close."""
        return self._convergence.freeze(self.paths, self._returns["close"])

    @property
    def close_se(self) -> float:
        """Standard error of the mean return of the close."""
        return self._returns["close"].se

    def summary(self, partial: bool) -> dict[str, Any]:
        """Return the summary of the paths so far, as the interface lays it out.

        Events other than a withdrawal are shares of the paths that list. ``quantile_error`` bounds what reading
        quantiles off a histogram adds, in log price; 0 where they are exact.
        """
        scenario = self._plan.scenario
        means = {name: mean_of(moments) for name, moments in self._means.items()}
        base = scenario.offer.base_shares
        listed = self.paths - self._events["withdrawn"]
        returns, prices = {}, {}
        for name in PRICES:
            ratio_quantiles, price_quantiles = self._quantiles(name)
            returns[name] = described(self._returns[name], ratio_quantiles)
            prices[name] = described(self._prices[name], price_quantiles)
        probabilities = {}
        for event, hits in self._events.items():
            of = self.paths if event == "withdrawn" else listed
            probabilities[event] = {"value": share(hits, of), "se": probability_se(hits, of)}
        after = {} if self._after is None else {"aftermarket": self._after.summary(self.kept)}
        return {
            "scenario": scenario.name,
            "stage": scenario.stage,
            "paths": self.paths,
            "seed": scenario.simulation.seed,
            "partial": partial,
            "offer_price": scenario.offer.price or means["offer_price"],
            "float_shares": float(np.round(means["float_at_listing"] * base)),
            "float_shares_se": self._means["float_at_listing"].se * base,
            "returns": returns,
            "prices": prices,
            "probabilities": probabilities,
            "greenshoe": {
                "over_allotted_shares": scenario.over_allotted_shares(),
                "purchases_mean": means["purchases"] * base,
                "purchases_mean_se": self._means["purchases"].se * base,
                "purchases_fraction_of_short_mean": means["bought_of_short"],
                "exercised_fraction_mean": means["exercised"],
                "exercised_fraction_mean_se": self._means["exercised"].se,
            },
            "decomposition": {
                "valuation_and_heat": means["pressure_move"],
                "scarcity": means["scarcity"],
                "stabilisation": means["lift"],
            },
            "decomposition_se": {
                "valuation_and_heat": self._means["pressure_move"].se,
                "scarcity": self._means["scarcity"].se,
                "stabilisation": self._means["lift"].se,
            },
            "quantile_error": 0.0 if self._kept is not None else HISTOGRAM_WIDTH,
            **after,
        }

    def _quantiles(self, name: str) -> tuple[Quantiles, Quantiles]:
        """Quantiles of the return and of the price with their standard errors."""
        kept = self.kept
        if kept is not None:
            prices = kept[name]
            return exact_quantiles(prices / kept["offer_price"] - 1.0), exact_quantiles(prices)
        ratios = histogram_quantiles(self._histograms[name].freeze())
        prices_of = histogram_quantiles(self._price_histograms[name].freeze())
        return scaled(ratios, 1.0, -1.0), scaled(prices_of, self._price_unit)
