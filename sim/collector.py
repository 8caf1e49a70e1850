"""Collects batches of paths into the summary of a run: `summary.json` of the interface."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.engine import BLOCK_PATHS, Batch, Plan
from sim.kernels.parameters import QUANTITIES
from sim.statistics import (
    HISTOGRAM_WIDTH,
    HistogramCounter,
    LogReturnHistogram,
    Moments,
    probability_se,
    quantile_se,
)

PRICES = ("open", "high", "low", "close", "vwap")
QUANTILES = (0.01, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99)
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
_EXHAUSTED = 1.0 - 1e-5
"""Share of the short from which it counts as covered: purchases come from a single-precision lift."""


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
            self._kept = np.empty((len(QUANTITIES), expected_paths))
        self.paths = 0
        self._events = dict.fromkeys(_EVENTS, 0)
        self._returns = {name: Moments() for name in PRICES}
        self._prices = {name: Moments() for name in PRICES}
        self._means = {name: Moments() for name in _MEANS}
        self._histograms = {name: HistogramCounter() for name in PRICES}
        self._price_histograms = {name: HistogramCounter() for name in PRICES}

    def add(self, batch: Batch) -> None:
        """Add the next batch of paths."""
        count = batch.values.shape[1]
        if self._kept is not None:
            self._kept[:, self.paths : self.paths + count] = batch.values
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
        self._count("support_exhausted", (purchases >= _EXHAUSTED * short) & (short > 0.0))
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

    def _count(self, event: str, happened: NDArray[np.bool_]) -> None:
        self._events[event] += int(happened.sum())

    @property
    def _price_unit(self) -> float:
        """Price that the histogram of prices is measured in: the offer price, or the bottom of its range."""
        return float(self._plan.scenario.reference_price)

    @property
    def kept(self) -> Mapping[str, NDArray[np.float64]] | None:
        """The paths so far, one array a recorded quantity; ``None`` when they were too many to keep."""
        if self._kept is None:
            return None
        return {name: self._kept[row, : self.paths] for row, name in enumerate(QUANTITIES)}

    @property
    def histograms(self) -> Mapping[str, LogReturnHistogram]:
        """Histogram of the log return of each price."""
        return {name: counter.freeze() for name, counter in self._histograms.items()}

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
        means = {name: _mean(moments) for name, moments in self._means.items()}
        base = scenario.offer.base_shares
        listed = self.paths - self._events["withdrawn"]
        returns, prices = {}, {}
        for name in PRICES:
            ratio_quantiles, price_quantiles = self._quantiles(name)
            returns[name] = _described(self._returns[name], ratio_quantiles)
            prices[name] = _described(self._prices[name], price_quantiles)
        probabilities = {}
        for event, hits in self._events.items():
            of = self.paths if event == "withdrawn" else listed
            probabilities[event] = {"value": _share(hits, of), "se": probability_se(hits, of)}
        return {
            "scenario": scenario.name,
            "stage": scenario.stage,
            "paths": self.paths,
            "seed": scenario.simulation.seed,
            "partial": partial,
            "offer_price": scenario.offer.price or means["offer_price"],
            "float_shares": means["float_at_listing"] * base,
            "returns": returns,
            "prices": prices,
            "probabilities": probabilities,
            "greenshoe": {
                "over_allotted_shares": scenario.over_allotted_shares(),
                "purchases_mean": means["purchases"] * base,
                "purchases_mean_se": self._means["purchases"].se * base,
                "purchases_fraction_of_short_mean": means["bought_of_short"],
                "exercised_fraction_mean": means["exercised"],
            },
            "decomposition": {
                "valuation_and_heat": means["pressure_move"],
                "scarcity": means["scarcity"],
                "stabilisation": means["lift"],
            },
            "quantile_error": 0.0 if self._kept is not None else HISTOGRAM_WIDTH,
        }

    def _quantiles(
        self, name: str
    ) -> tuple[dict[float, tuple[float, float]], dict[float, tuple[float, float]]]:
        """Quantiles of the return and of the price with their standard errors."""
        if self._kept is not None:
            rows = self._kept[:, : self.paths]
            prices = rows[QUANTITIES.index(name)]
            offers = rows[QUANTITIES.index("offer_price")]
            return _exact_quantiles(prices / offers - 1.0), _exact_quantiles(prices)
        ratios = _histogram_quantiles(self._histograms[name].freeze())
        prices_of = _histogram_quantiles(self._price_histograms[name].freeze())
        unit = self._price_unit
        return (
            {p: (q - 1.0, se) for p, (q, se) in ratios.items()},
            {p: (unit * q, unit * se) for p, (q, se) in prices_of.items()},
        )


def _mean(moments: Moments) -> float:
    return moments.mean if moments.count else math.nan


def _share(hits: int, of: int) -> float:
    return hits / of if of else math.nan


def _exact_quantiles(values: NDArray[np.float64]) -> dict[float, tuple[float, float]]:
    ordered = np.sort(values[~np.isnan(values)])
    if ordered.size == 0:
        return dict.fromkeys(QUANTILES, (math.nan, math.nan))
    at = np.quantile(ordered, QUANTILES)
    return {p: (float(q), quantile_se(ordered, p)) for p, q in zip(QUANTILES, at, strict=True)}


def _histogram_quantiles(histogram: LogReturnHistogram) -> dict[float, tuple[float, float]]:
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


def _described(moments: Moments, quantiles: Mapping[float, tuple[float, float]]) -> dict[str, Any]:
    return {
        "mean": _mean(moments),
        "mean_se": moments.se,
        "sd": moments.sd,
        "quantiles": {f"{p:g}": value for p, (value, _) in quantiles.items()},
        "quantiles_se": {f"{p:g}": se for p, (_, se) in quantiles.items()},
    }
